#include "worker/runtime/metrics.h"

#include "common/sbuf.h"
#include "worker/runtime/reactor.h"

#include <inttypes.h>
#include <string.h>

static const char *const call_names[] = {"create", "update", "hide", "delete", "lookup"};

const char *metrics_call_name(enum call_kind kind)
{
    return call_names[kind];
}

static void status_partitions(struct sbuf *page, struct reactor *r)
{
    struct source_position position;

    sbuf_puts(page, "\"partitions\":[");
    for (size_t i = 0; kafka_source_position(r->source, i, &position); i++) {
        sbuf_printf(page, "%s{\"topic\":", i ? "," : "");
        sbuf_put_json(page, r->settings.topics[position.topic], strlen(r->settings.topics[position.topic]));
        sbuf_printf(page,
                    ",\"partition\":%" PRId32 ",\"next\":%" PRId64 ",\"high\":%" PRId64
                    ",\"committable\":%" PRId64 ",\"paused\":%s",
                    position.number, position.next, position.high,
                    core_committable(r->core, position.partition), position.paused ? "true" : "false");
        why_status_partition(page, r, position.partition, position.high);
        sbuf_putc(page, '}');
    }
    sbuf_puts(page, "]");
}

void metrics_status(struct sbuf *page, struct reactor *r, unsigned why)
{
    struct core_stats stats;

    core_stats(r->core, &stats);
    sbuf_printf(page, "{\"version\":\"%s\",\"worker\":", CATALOG_SYNC_VERSION);
    sbuf_put_json(page, r->worker_name, strlen(r->worker_name));
    sbuf_printf(page, ",\"mode\":\"%s\"", config_enum_name("catalog.mode", r->config->catalog_mode));
    sbuf_printf(page, ",\"ready\":%s,", why == 0 ? "true" : "false");
    why_status(page, r);
    sbuf_printf(page,
                ",\"open\":%" PRIu32 ",\"open_bytes\":%" PRIu32 ",\"waiting_claim\":%" PRIu32
                ",\"ready_to_call\":%" PRIu32 ",\"calling\":%" PRIu32 ",\"waiting\":%" PRIu32
                ",\"absorbed\":%" PRIu64 ",\"late_writes\":%" PRIu64 ",",
                stats.open, stats.open_bytes, stats.waiting_claim, stats.ready, stats.calling, stats.backoff,
                stats.absorbed, stats.late_writes);
    metrics_catalogs_status(page, r);
    sbuf_puts(page, ",");
    status_partitions(page, r);
    sbuf_puts(page, "}\n");
}

void metrics_head(struct sbuf *page, const char *name, const char *type, const char *help)
{
    sbuf_printf(page, "# HELP catalog_sync_%s %s\n# TYPE catalog_sync_%s %s\n", name, help, name, type);
}

static void single(struct sbuf *page, const char *name, const char *type, const char *help, uint64_t value)
{
    metrics_head(page, name, type, help);
    sbuf_printf(page, "catalog_sync_%s %" PRIu64 "\n", name, value);
}

static void metrics_flow(struct sbuf *page, struct reactor *r)
{
    const struct reactor_counts *c = &r->counts;

    metrics_head(page, "events_total", "counter", "Result events published, by outcome.");
    for (int i = RESULT_CREATED; i < RESULT_KIND_COUNT; i++)
        sbuf_printf(page, "catalog_sync_events_total{outcome=\"%s\"} %" PRIu64 "\n", result_kind_name(i),
                    c->outcomes[i]);
    metrics_head(page, "calls_total", "counter", "API calls started, by kind.");
    for (size_t i = 0; i < sizeof call_names / sizeof *call_names; i++)
        sbuf_printf(page, "catalog_sync_calls_total{kind=\"%s\"} %" PRIu64 "\n", call_names[i], c->calls[i]);
    metrics_head(page, "planned_calls_total", "counter",
                 "Calls planned and not made (catalog.mode=plan-only), by kind.");
    for (size_t i = 0; i < sizeof call_names / sizeof *call_names; i++)
        sbuf_printf(page, "catalog_sync_planned_calls_total{kind=\"%s\"} %" PRIu64 "\n", call_names[i],
                    c->planned[i]);
    metrics_head(page, "call_answers_total", "counter", "API answers, by class.");
    for (int i = 0; i < API_CLASS_COUNT; i++)
        sbuf_printf(page, "catalog_sync_call_answers_total{class=\"%s\"} %" PRIu64 "\n", api_class_name(i),
                    c->call_classes[i]);
    single(page, "records_total", "counter", "Records read.", c->records_in);
    single(page, "dead_letters_total", "counter", "Dead letters published.", c->dead_letters);
    single(page, "publish_failures_total", "counter", "Results and dead letters not acknowledged at first.",
           c->publish_failures);
    single(page, "redis_disconnects_total", "counter", "Times the connection to Redis was lost.",
           c->store_downs);
}

static void metrics_core(struct sbuf *page, struct reactor *r)
{
    struct core_stats stats;

    core_stats(r->core, &stats);
    single(page, "open_records", "gauge", "Records read whose outcome is not yet published.", stats.open);
    single(page, "calls_in_flight", "gauge", "API calls in flight.", stats.calling);
    single(page, "absorbed_total", "counter", "Events absorbed by a newer one of the product: calls saved.",
           stats.absorbed);
    single(page, "retries_total", "counter", "Tries that failed and will be repeated.", stats.retries);
    single(page, "late_writes_total", "counter",
           "Writes that may have landed after a newer one, and were repaired.", stats.late_writes);
    single(page, "window_pauses_total", "counter", "Partitions paused since a window was full.",
           stats.pauses);
}

/* One series a reason, so that none disappears when it changes. */
static void metrics_why(struct sbuf *page, const struct reactor *r)
{
    metrics_head(page, "why", "gauge",
                 "1 for the reason that dominates: why nothing moves, moving, or no_lag.");
    for (int i = 0; i < WHY_COUNT; i++)
        sbuf_printf(page, "catalog_sync_why{reason=\"%s\"} %d\n", why_name((enum why)i),
                    r->why.now.why == (enum why)i);
}

void metrics_prometheus(struct sbuf *page, struct reactor *r, unsigned why)
{
    single(page, "ready", "gauge", "1 while the worker can work.", why == 0);
    metrics_why(page, r);
    metrics_flow(page, r);
    metrics_core(page, r);
    metrics_catalogs(page, r);
    metrics_delay(page, r);
    metrics_head(page, "loop_turn_max_seconds", "gauge", "Longest turn of the loop since the last snapshot.");
    sbuf_printf(page, "catalog_sync_loop_turn_max_seconds %.6f\n", (double)r->counts.turn_max_us / 1e6);
    r->counts.turn_max_us = 0;
    metrics_process(page);
}
