#include "worker/runtime/histogram.h"

#include "common/sbuf.h"

#include <inttypes.h>

enum { SECOND_US = 1000000 };

static const struct {
    int64_t us;
    const char *label;
} bounds[][HISTOGRAM_BUCKETS] = {
#define X(us, label) {INT64_C(us), label},
    [HISTOGRAM_SHORT] = {HISTOGRAM_SHORT_BOUNDS(X)},
    [HISTOGRAM_LONG] = {HISTOGRAM_LONG_BOUNDS(X)},
#undef X
};

void histogram_add(struct histogram *histogram, enum histogram_scale scale, int64_t us)
{
    int bucket = 0;

    if (us < 0)
        us = 0;
    while (bucket < HISTOGRAM_BUCKETS && us > bounds[scale][bucket].us)
        bucket++;
    histogram->counts[bucket]++;
    histogram->sum_us += us;
}

void histogram_print(const struct histogram *histogram, enum histogram_scale scale, const char *name,
                     const char *label, struct sbuf *page)
{
    const char *comma = label[0] ? "," : "", *open = label[0] ? "{" : "", *close = label[0] ? "}" : "";
    uint64_t count = 0;

    for (int i = 0; i < HISTOGRAM_BUCKETS; i++) {
        count += histogram->counts[i];
        sbuf_printf(page, "%s_bucket{%s%sle=\"%s\"} %" PRIu64 "\n", name, label, comma,
                    bounds[scale][i].label, count);
    }
    count += histogram->counts[HISTOGRAM_BUCKETS];
    sbuf_printf(page, "%s_bucket{%s%sle=\"+Inf\"} %" PRIu64 "\n", name, label, comma, count);
    sbuf_printf(page, "%s_sum%s%s%s %" PRId64 ".%06d\n", name, open, label, close,
                histogram->sum_us / SECOND_US, (int)(histogram->sum_us % SECOND_US));
    sbuf_printf(page, "%s_count%s%s%s %" PRIu64 "\n", name, open, label, close, count);
}
