/* What /status and /metrics say of each catalog. */
#include "common/sbuf.h"
#include "worker/core/view.h"
#include "worker/runtime/metrics.h"
#include "worker/runtime/reactor.h"

#include <inttypes.h>
#include <string.h>

static int64_t ms_from_now(const struct reactor *r, usec_t moment_us)
{
    usec_t left_us = moment_us - loop_now_us(r->loop);

    return left_us > 0 ? left_us / 1000 : 0;
}

static void status_topics(struct sbuf *page, const struct reactor *r, const char *catalog)
{
    bool any = false;

    sbuf_puts(page, ",\"topics\":[");
    for (size_t i = 0; i < r->settings.topics_count; i++) {
        const char *own = r->settings.topic_catalogs[i];

        if (own && strcmp(own, catalog) == 0) {
            sbuf_puts(page, any ? "," : "");
            sbuf_put_json(page, r->settings.topics[i], strlen(r->settings.topics[i]));
            any = true;
        }
    }
    sbuf_puts(page, "]");
}

void metrics_catalogs_status(struct sbuf *page, struct reactor *r)
{
    struct core_catalog_view view;

    sbuf_puts(page, "\"catalogs\":[");
    for (uint8_t i = 0; i < r->config->catalog_count; i++) {
        const struct config_catalog *catalog = &r->config->catalogs[i];

        core_view_catalog(r->core, i, &view);
        sbuf_printf(page, "%s{\"name\":", i ? "," : "");
        sbuf_put_json(page, catalog->name, strlen(catalog->name));
        sbuf_printf(page, ",\"state\":\"%s\"", gate_words(view.gate));
        if (view.gate != GATE_WORKS)
            sbuf_printf(page, ",\"next_try_in_ms\":%" PRId64, ms_from_now(r, view.gate_until_us));
        sbuf_printf(page, ",\"waiting_claim\":%" PRIu32 ",\"ready_to_call\":%" PRIu32 ",\"calling\":%" PRIu32,
                    view.waiting_claim, view.ready, view.inflight);
        if (catalog->rate_per_hour > 0)
            sbuf_printf(page,
                        ",\"rate_per_hour\":%" PRId64 ",\"budget_tokens\":%" PRIu32
                        ",\"budget_wait_ms\":%" PRId64,
                        catalog->rate_per_hour, view.tokens, ms_from_now(r, view.budget_until_us));
        status_topics(page, r, catalog->name);
        sbuf_puts(page, "}");
    }
    sbuf_puts(page, "]");
}

/* Which number of a catalog a series shows. */
enum shown { SHOWN_PAUSED, SHOWN_CALLING, SHOWN_WAITING, SHOWN_TOKENS, SHOWN_CALLS };

static uint64_t number(struct reactor *r, uint8_t catalog, enum shown what)
{
    struct core_catalog_view view;

    core_view_catalog(r->core, catalog, &view);
    switch (what) {
    case SHOWN_PAUSED: return view.gate != GATE_WORKS;
    case SHOWN_CALLING: return view.inflight;
    case SHOWN_WAITING: return view.waiting_claim + view.ready;
    case SHOWN_TOKENS: return view.tokens;
    case SHOWN_CALLS: return r->counts.catalog_calls[catalog];
    }
    return 0;
}

static void each(struct sbuf *page, struct reactor *r, const char *name, const char *type, const char *help,
                 enum shown what)
{
    metrics_head(page, name, type, help);
    for (uint8_t i = 0; i < r->config->catalog_count; i++)
        sbuf_printf(page, "catalog_sync_%s{catalog=\"%s\"} %" PRIu64 "\n", name, r->config->catalogs[i].name,
                    number(r, i, what));
}

/* One series a state, so that none disappears when the state changes. */
static void states(struct sbuf *page, const struct reactor *r)
{
    metrics_head(page, "catalog_state", "gauge", "1 for the state a catalog is in.");
    for (uint8_t i = 0; i < r->config->catalog_count; i++) {
        for (int cause = GATE_WORKS; cause <= GATE_FORBIDDEN; cause++)
            sbuf_printf(page, "catalog_sync_catalog_state{catalog=\"%s\",state=\"%s\"} %d\n",
                        r->config->catalogs[i].name, gate_words((enum gate_cause)cause),
                        core_gate(r->core, i) == (enum gate_cause)cause);
    }
}

static void outcomes(struct sbuf *page, const struct reactor *r)
{
    metrics_head(
        page, "catalog_events_total", "counter",
        "Result events published, by catalog and outcome; events of unknown catalogs are in events_total "
        "only.");
    for (size_t i = 0; i < r->config->catalog_count; i++) {
        for (int kind = RESULT_CREATED; kind < RESULT_KIND_COUNT; kind++)
            sbuf_printf(page,
                        "catalog_sync_catalog_events_total{catalog=\"%s\",outcome=\"%s\"} %" PRIu64 "\n",
                        r->config->catalogs[i].name, result_kind_name((enum result_kind)kind),
                        r->counts.catalog_outcomes[i][kind]);
    }
}

void metrics_catalogs(struct sbuf *page, struct reactor *r)
{
    each(page, r, "catalog_paused", "gauge", "1 while a catalog's calls are stopped; catalog_state says why.",
         SHOWN_PAUSED);
    states(page, r);
    each(page, r, "catalog_calls_in_flight", "gauge", "API calls in flight, by catalog.", SHOWN_CALLING);
    each(page, r, "catalog_waiting_records", "gauge",
         "Records that wait for a claim, the gate, the budget or a free call of their catalog.",
         SHOWN_WAITING);
    each(page, r, "catalog_budget_tokens", "gauge",
         "Call tokens that this worker holds of the shared budget.", SHOWN_TOKENS);
    each(page, r, "catalog_calls_total", "counter", "API calls started, by catalog.", SHOWN_CALLS);
    outcomes(page, r);
}
