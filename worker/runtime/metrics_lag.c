/* How far behind this worker is: by partition, in records and in seconds, read and unread. */
#include "common/sbuf.h"
#include "worker/core/view.h"
#include "worker/runtime/metrics.h"
#include "worker/runtime/reactor.h"

#include <inttypes.h>

/* One partition's number as series of a metric. False: not known now, so no series. */
typedef bool (*number_fn)(struct reactor *r, const struct source_position *position, int64_t *number);

static bool lag_records(struct reactor *r, const struct source_position *position, int64_t *number)
{
    *number = why_partition_lag(r, position);
    return *number >= 0;
}

static bool unread(struct reactor *r, const struct source_position *position, int64_t *number)
{
    (void)r;
    *number = unread_records(position->reached, position->high);
    return *number >= 0;
}

/* Of the record that keeps a partition's committable offset where it is; 0 where nothing is open. */
static bool oldest_open_ms(struct reactor *r, const struct source_position *position, int64_t *number)
{
    int64_t wall_ms = reactor_wall_ms();
    struct core_op_view oldest;
    const struct payload *payload = NULL;

    if (core_view_oldest(r->core, position->partition, &oldest))
        payload = payload_find(r->payloads, oldest.op);
    *number = payload && wall_ms > payload_record_ms(payload) ? wall_ms - payload_record_ms(payload) : 0;
    return true;
}

static bool oldest_unread_ms(struct reactor *r, const struct source_position *position, int64_t *number)
{
    struct core_op_view oldest;

    *number = unread_look(&r->unread[position->partition], position->reached, position->high,
                          core_view_oldest(r->core, position->partition, &oldest), reactor_wall_ms());
    return true;
}

static void by_partition(struct sbuf *page, struct reactor *r, const char *name, bool milli, const char *help,
                         number_fn number_of)
{
    struct source_position position;
    int64_t number;

    metrics_head(page, name, "gauge", help);
    for (size_t i = 0; kafka_source_position(r->source, i, &position); i++) {
        if (!number_of(r, &position, &number))
            continue;
        sbuf_printf(page, "catalog_sync_%s{topic=\"%s\",partition=\"%" PRId32 "\"} ", name,
                    r->settings.topics[position.topic], position.number);
        if (milli)
            sbuf_printf(page, "%" PRId64 ".%03d\n", number / 1000, (int)(number % 1000));
        else
            sbuf_printf(page, "%" PRId64 "\n", number);
    }
}

/* One series a bound, so that none disappears when reading goes on. */
static void paused(struct sbuf *page, struct reactor *r)
{
    unsigned counts[CORE_FULL_TOPIC + 1] = {0};
    struct source_position position;
    struct core_partition_view view;

    for (size_t i = 0; kafka_source_position(r->source, i, &position); i++) {
        core_view_partition(r->core, position.partition, &view);
        counts[view.full]++;
    }
    metrics_head(page, "paused_partitions", "gauge",
                 "Assigned partitions whose reading is stopped, by the bound of the window that is full.");
    for (int full = CORE_FULL_PARTITION; full <= CORE_FULL_TOPIC; full++)
        sbuf_printf(page, "catalog_sync_paused_partitions{bound=\"%s\"} %u\n",
                    why_bound_name((enum core_full)full), counts[full]);
}

void metrics_lag(struct sbuf *page, struct reactor *r)
{
    by_partition(page, r, "lag_records", false,
                 "Records between the end of a partition and its committable offset.", lag_records);
    by_partition(page, r, "lag_seconds", true,
                 "Age, by its time stamp in Kafka, of a partition's oldest record that is read and not done; "
                 "0: none is.",
                 oldest_open_ms);
    by_partition(page, r, "unread_records", false,
                 "Records between the end of a partition and what was read.", unread);
    by_partition(page, r, "unread_seconds", true,
                 "Age of a partition's oldest unread record, as well as it can be known; 0: none is unread.",
                 oldest_unread_ms);
    paused(page, r);
}
