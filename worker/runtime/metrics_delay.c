/* How long things take: how old events were when their results were out, and answers of Redis and the API.
 */
#include "common/sbuf.h"
#include "worker/runtime/metrics.h"
#include "worker/runtime/reactor.h"

#include <stdio.h>

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

void metrics_called(struct reactor *r, const struct payload *payload)
{
    metrics_answered(r, payload, &r->counts.call_times[payload->call]);
    scale_pace_add(&r->counts.paces[payload->event->catalog_index], loop_now_us(r->loop) - payload->asked_us);
}

void metrics_result_out(struct reactor *r, const struct payload *payload)
{
    int64_t event_ms = payload->event->time_ms > 0 ? payload->event->time_ms : payload_record_ms(payload);

    r->counts.events[payload->kind][payload->path]++;
    if (payload->event->catalog_index >= 0)
        r->counts.catalog_outcomes[payload->event->catalog_index][payload->kind]++;
    histogram_add(&r->counts.freshness, HISTOGRAM_LONG, (reactor_wall_ms() - event_ms) * 1000);
}
