#include "worker/runtime/metrics.h"

#include "common/sbuf.h"
#include "worker/runtime/reactor.h"

#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>

static const char *const call_names[] = {"create", "update", "hide", "delete", "lookup"};

/* Why nothing moves, in one sentence; "" while something does or nothing is there to do. */
static const char *why_still(struct reactor *r, const struct core_stats *stats, unsigned why)
{
    if (why & NOT_STOPPING)
        return "stopping";
    if (why & NOT_KAFKA)
        return "no Kafka broker can be used";
    if (why & NOT_JOINED)
        return "not yet in the consumer group";
    if (why & NOT_STORE)
        return "Redis is away or its memory is being rebuilt";
    for (uint8_t i = 0; i < r->config->catalog_count; i++) {
        if (core_gate(r->core, i) != GATE_WORKS)
            return "a catalog is paused, see catalogs";
    }
    if (stats->open > 0 && stats->calling == 0 && stats->ready > 0)
        return "waiting for the call budget (catalog.rate.per.hour)";
    if (stats->open > 0 && stats->calling == 0 && stats->backoff > 0)
        return "waiting to try again, or for a lease or an unanswered call to end";
    return "";
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
                    ",\"committable\":%" PRId64 ",\"paused\":%s}",
                    position.number, position.next, position.high,
                    core_committable(r->core, position.partition), position.paused ? "true" : "false");
    }
    sbuf_puts(page, "]");
}

void metrics_status(struct sbuf *page, struct reactor *r, unsigned why)
{
    struct core_stats stats;

    core_stats(r->core, &stats);
    sbuf_printf(page, "{\"version\":\"%s\",\"worker\":", CATALOG_SYNC_VERSION);
    sbuf_put_json(page, r->worker_name, strlen(r->worker_name));
    sbuf_printf(page, ",\"ready\":%s,\"waiting_for\":", why == 0 ? "true" : "false");
    sbuf_put_json(page, why_still(r, &stats, why), strlen(why_still(r, &stats, why)));
    sbuf_printf(page,
                ",\"open\":%" PRIu32 ",\"open_bytes\":%" PRIu32 ",\"waiting_claim\":%" PRIu32
                ",\"ready_to_call\":%" PRIu32 ",\"calling\":%" PRIu32 ",\"waiting\":%" PRIu32
                ",\"absorbed\":%" PRIu64 ",\"late_writes\":%" PRIu64 ",\"catalogs\":[",
                stats.open, stats.open_bytes, stats.waiting_claim, stats.ready, stats.calling, stats.backoff,
                stats.absorbed, stats.late_writes);
    for (uint8_t i = 0; i < r->config->catalog_count; i++) {
        sbuf_printf(page, "%s{\"name\":", i ? "," : "");
        sbuf_put_json(page, r->config->catalogs[i].name, strlen(r->config->catalogs[i].name));
        sbuf_printf(page, ",\"state\":\"%s\"}", gate_words(core_gate(r->core, i)));
    }
    sbuf_puts(page, "],");
    status_partitions(page, r);
    sbuf_puts(page, "}\n");
}

static void head(struct sbuf *page, const char *name, const char *type, const char *help)
{
    sbuf_printf(page, "# HELP catalog_sync_%s %s\n# TYPE catalog_sync_%s %s\n", name, help, name, type);
}

static void single(struct sbuf *page, const char *name, const char *type, const char *help, uint64_t value)
{
    head(page, name, type, help);
    sbuf_printf(page, "catalog_sync_%s %" PRIu64 "\n", name, value);
}

static void metrics_flow(struct sbuf *page, struct reactor *r)
{
    const struct reactor_counts *c = &r->counts;

    head(page, "events_total", "counter", "Result events published, by outcome.");
    for (int i = RESULT_CREATED; i < RESULT_KIND_COUNT; i++)
        sbuf_printf(page, "catalog_sync_events_total{outcome=\"%s\"} %" PRIu64 "\n", result_kind_name(i),
                    c->outcomes[i]);
    head(page, "calls_total", "counter", "API calls started, by kind.");
    for (size_t i = 0; i < sizeof call_names / sizeof *call_names; i++)
        sbuf_printf(page, "catalog_sync_calls_total{kind=\"%s\"} %" PRIu64 "\n", call_names[i], c->calls[i]);
    head(page, "call_answers_total", "counter", "API answers, by class.");
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
    head(page, "catalog_paused", "gauge", "1 while a catalog's calls are stopped, by state.");
    for (uint8_t i = 0; i < r->config->catalog_count; i++) {
        enum gate_cause cause = core_gate(r->core, i);

        sbuf_printf(page, "catalog_sync_catalog_paused{catalog=\"%s\",state=\"%s\"} %d\n",
                    r->config->catalogs[i].name, gate_words(cause), cause != GATE_WORKS);
    }
}

static void metrics_lag(struct sbuf *page, struct reactor *r)
{
    struct source_position position;

    head(page, "lag_records", "gauge", "Records between the end of a partition and its committable offset.");
    for (size_t i = 0; kafka_source_position(r->source, i, &position); i++) {
        int64_t done = core_committable(r->core, position.partition);

        if (done < 0 || position.high < 0)
            continue;
        sbuf_printf(page, "catalog_sync_lag_records{topic=\"%s\",partition=\"%" PRId32 "\"} %" PRId64 "\n",
                    r->settings.topics[position.topic], position.number,
                    position.high > done ? position.high - done : 0);
    }
}

void metrics_prometheus(struct sbuf *page, struct reactor *r, unsigned why)
{
    struct rusage usage;

    single(page, "ready", "gauge", "1 while the worker can work.", why == 0);
    metrics_flow(page, r);
    metrics_core(page, r);
    metrics_lag(page, r);
    head(page, "loop_turn_max_seconds", "gauge", "Longest turn of the loop since the last snapshot.");
    sbuf_printf(page, "catalog_sync_loop_turn_max_seconds %.6f\n", (double)r->counts.turn_max_us / 1e6);
    r->counts.turn_max_us = 0;
    if (getrusage(RUSAGE_SELF, &usage) == 0) {
        head(page, "process_cpu_seconds_total", "counter", "CPU time of the process, user and system.");
        sbuf_printf(page, "catalog_sync_process_cpu_seconds_total %.3f\n",
                    (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                        (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
    }
}
