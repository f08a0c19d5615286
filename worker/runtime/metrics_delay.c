/* How late this worker is: lag in records and in seconds, and how old events were when their results were
 * out. */
#include "common/sbuf.h"
#include "worker/core/view.h"
#include "worker/runtime/metrics.h"
#include "worker/runtime/reactor.h"

#include <inttypes.h>

static void lag_records(struct sbuf *page, struct reactor *r)
{
    struct source_position position;

    metrics_head(page, "lag_records", "gauge",
                 "Records between the end of a partition and its committable offset.");
    for (size_t i = 0; kafka_source_position(r->source, i, &position); i++) {
        int64_t lag = why_lag(core_committable(r->core, position.partition), position.high);

        if (lag < 0)
            continue;
        sbuf_printf(page, "catalog_sync_lag_records{topic=\"%s\",partition=\"%" PRId32 "\"} %" PRId64 "\n",
                    r->settings.topics[position.topic], position.number, lag);
    }
}

/* Of the record that keeps a partition's committable offset where it is; 0 where nothing is open. */
static int64_t oldest_age_ms(struct reactor *r, uint16_t partition, int64_t wall_ms)
{
    struct core_op_view oldest;
    const struct payload *payload;

    if (!core_view_oldest(r->core, partition, &oldest))
        return 0;
    payload = payload_find(r->payloads, oldest.op);
    return payload && wall_ms > payload_record_ms(payload) ? wall_ms - payload_record_ms(payload) : 0;
}

static void lag_seconds(struct sbuf *page, struct reactor *r)
{
    struct source_position position;
    int64_t wall_ms = reactor_wall_ms();

    metrics_head(
        page, "lag_seconds", "gauge",
        "Age, by its time stamp in Kafka, of a partition's oldest record that is read and not done; 0: "
        "none is.");
    for (size_t i = 0; kafka_source_position(r->source, i, &position); i++) {
        int64_t age_ms = oldest_age_ms(r, position.partition, wall_ms);

        sbuf_printf(page,
                    "catalog_sync_lag_seconds{topic=\"%s\",partition=\"%" PRId32 "\"} %" PRId64 ".%03d\n",
                    r->settings.topics[position.topic], position.number, age_ms / 1000, (int)(age_ms % 1000));
    }
}

/* How long others take to answer, as the loop sees it. */
static void answers(struct sbuf *page, const struct reactor *r)
{
    char label[32];

    metrics_head(page, "claim_seconds", "histogram", "From a claim's request to Redis until its answer.");
    histogram_print(&r->counts.claims, HISTOGRAM_SHORT, "catalog_sync_claim_seconds", "", page);
    metrics_head(page, "settle_seconds", "histogram", "From a settle's request to Redis until its answer.");
    histogram_print(&r->counts.settles, HISTOGRAM_SHORT, "catalog_sync_settle_seconds", "", page);
    metrics_head(page, "call_seconds", "histogram",
                 "From an API call's start until its answer, failure or time-out, by kind.");
    for (int kind = CALL_CREATE; kind <= CALL_LOOKUP; kind++) {
        snprintf(label, sizeof label, "kind=\"%s\"", metrics_call_name((enum call_kind)kind));
        histogram_print(&r->counts.call_times[kind], HISTOGRAM_SHORT, "catalog_sync_call_seconds", label,
                        page);
    }
}

void metrics_delay(struct sbuf *page, struct reactor *r)
{
    lag_records(page, r);
    lag_seconds(page, r);
    metrics_head(page, "freshness_seconds", "histogram",
                 "From the event's time (else its record's) until Kafka acknowledged its result.");
    histogram_print(&r->counts.freshness, HISTOGRAM_LONG, "catalog_sync_freshness_seconds", "", page);
    answers(page, r);
}

void metrics_asked(const struct reactor *r, struct payload *payload)
{
    payload->asked_us = loop_now_us(r->loop);
}

void metrics_answered(const struct reactor *r, const struct payload *payload, struct histogram *histogram)
{
    histogram_add(histogram, HISTOGRAM_SHORT, loop_now_us(r->loop) - payload->asked_us);
}

void metrics_result_out(struct reactor *r, const struct payload *payload)
{
    int64_t event_ms =
        payload->event && payload->event->time_ms > 0 ? payload->event->time_ms : payload_record_ms(payload);

    histogram_add(&r->counts.freshness, HISTOGRAM_LONG, (reactor_wall_ms() - event_ms) * 1000);
}
