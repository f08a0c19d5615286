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
        why_status_partition(page, r, &position);
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

static void metrics_events(struct sbuf *page, const struct reactor *r)
{
    metrics_head(page, "events_total", "counter",
                 "Result events acknowledged by Kafka, by outcome and by the path to it.");
    for (int kind = RESULT_CREATED; kind < RESULT_KIND_COUNT; kind++) {
        for (int path = 0; path < EVENT_PATH_COUNT; path++) {
            uint64_t count = r->counts.events[kind][path];

            if (count > 0 || event_path_usual((enum result_kind)kind, (enum event_path)path))
                sbuf_printf(page, "catalog_sync_events_total{outcome=\"%s\",path=\"%s\"} %" PRIu64 "\n",
                            result_kind_name((enum result_kind)kind), event_path_name((enum event_path)path),
                            count);
        }
    }
}

static void calls_by_kind(struct sbuf *page, const char *name, const char *help, const uint64_t *counts)
{
    metrics_head(page, name, "counter", help);
    for (size_t i = 0; i < sizeof call_names / sizeof *call_names; i++)
        sbuf_printf(page, "catalog_sync_%s{kind=\"%s\"} %" PRIu64 "\n", name, call_names[i], counts[i]);
}

static void metrics_calls(struct sbuf *page, const struct reactor *r)
{
    const struct reactor_counts *c = &r->counts;

    calls_by_kind(page, "calls_total", "API calls started, by kind.", c->calls);
    calls_by_kind(page, "planned_calls_total",
                  "Calls planned and not made (catalog.mode=plan-only), by kind.", c->planned);
    metrics_head(page, "call_answers_total", "counter", "API answers, by kind of call and class.");
    for (size_t kind = 0; kind < sizeof call_names / sizeof *call_names; kind++) {
        for (int i = 0; i < API_CLASS_COUNT; i++)
            sbuf_printf(page, "catalog_sync_call_answers_total{kind=\"%s\",class=\"%s\"} %" PRIu64 "\n",
                        call_names[kind], api_class_name((enum api_class)i), c->call_classes[kind][i]);
    }
}

static void metrics_flow(struct sbuf *page, const struct reactor *r)
{
    const struct reactor_counts *c = &r->counts;

    single(page, "records_total", "counter", "Records read.", c->records_in);
    single(page, "dead_letters_total", "counter", "Dead letters acknowledged by Kafka.", c->dead_letters);
    single(page, "publish_failures_total", "counter", "Results and dead letters not acknowledged at first.",
           c->publish_failures);
    single(page, "redis_disconnects_total", "counter", "Times the connection to Redis was lost.",
           c->store_downs);
}

/* How full the window is: the fuller of its two bounds counts. */
static double window_fill(const struct reactor *r, const struct core_stats *stats)
{
    double records = (double)stats->open / r->settings.core.window_records;
    double bytes = (double)stats->open_bytes / (double)r->settings.core.window_bytes;

    return records > bytes ? records : bytes;
}

static void metrics_core(struct sbuf *page, struct reactor *r)
{
    struct core_stats stats;

    core_stats(r->core, &stats);
    single(page, "open_records", "gauge", "Records read whose outcome is not yet published.", stats.open);
    metrics_head(page, "window_fill_ratio", "gauge",
                 "Open records as a share of window.records, or their bytes of window.bytes, the greater.");
    sbuf_printf(page, "catalog_sync_window_fill_ratio %.4f\n", window_fill(r, &stats));
    single(page, "calls_in_flight", "gauge", "API calls in flight.", stats.calling);
    single(page, "absorbed_total", "counter", "Events absorbed by a newer one of the product: calls saved.",
           stats.absorbed);
    single(page, "retries_total", "counter", "Tries that failed and will be repeated.", stats.retries);
    single(page, "late_writes_total", "counter",
           "Writes that may have landed after a newer one: the product is written again.", stats.late_writes);
    single(page, "late_write_repairs_failed_total", "counter",
           "Late writes whose product could not be written again.", r->counts.repairs_failed);
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
    metrics_events(page, r);
    metrics_calls(page, r);
    metrics_flow(page, r);
    metrics_errors(page, r);
    metrics_core(page, r);
    metrics_catalogs(page, r);
    metrics_lag(page, r);
    metrics_scale(page, r);
    metrics_delay(page, r);
    metrics_head(page, "loop_turn_max_seconds", "gauge", "Longest turn of the loop since the last snapshot.");
    sbuf_printf(page, "catalog_sync_loop_turn_max_seconds %.6f\n", (double)r->counts.turn_max_us / 1e6);
    r->counts.turn_max_us = 0;
    metrics_process(page);
}
