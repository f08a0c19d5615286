/* How many replicas are useful, and how long the call budget lasts. */
#include "common/sbuf.h"
#include "worker/core/view.h"
#include "worker/runtime/metrics.h"
#include "worker/runtime/reactor.h"
#include "worker/runtime/scale.h"

#include <inttypes.h>
#include <string.h>

struct facts {
    struct scale_catalog catalogs[CONFIG_CATALOGS_MAX];
    uint32_t lagging;
};

/* A topic of no catalog's own holds records of any: they count for each, so that none looks smaller than it
 * may be. */
static bool may_be_of(const struct reactor *r, uint16_t topic, const char *catalog)
{
    const char *own = r->settings.topic_catalogs[topic];

    return !own || strcmp(own, catalog) == 0;
}

static void look(struct reactor *r, struct facts *facts)
{
    struct source_position position;
    bool ready = core_store_ready(r->core) && !r->kafka_down;

    memset(facts, 0, sizeof *facts);
    for (uint8_t c = 0; c < r->config->catalog_count; c++)
        facts->catalogs[c] =
            (struct scale_catalog){.rate_per_hour = r->config->catalogs[c].rate_per_hour,
                                   .inflight_max = (uint32_t)r->config->catalogs[c].inflight_max,
                                   .pace = &r->counts.paces[c],
                                   .stopped = !ready || core_gate(r->core, c) != GATE_WORKS};
    for (size_t i = 0; kafka_source_position(r->source, i, &position); i++) {
        int64_t lag = why_partition_lag(r, &position);

        if (lag <= 0)
            continue;
        facts->lagging++;
        for (uint8_t c = 0; c < r->config->catalog_count; c++) {
            if (may_be_of(r, position.topic, r->config->catalogs[c].name))
                facts->catalogs[c].lag += lag;
        }
    }
}

static void by_catalog(struct sbuf *page, const struct reactor *r, const struct facts *facts,
                       const char *name, const char *help,
                       double (*number_of)(const struct scale_catalog *catalog))
{
    metrics_head(page, name, "gauge", help);
    for (uint8_t c = 0; c < r->config->catalog_count; c++) {
        double number = number_of(&facts->catalogs[c]);

        if (number >= 0)
            sbuf_printf(page, "catalog_sync_%s{catalog=\"%s\"} %.3f\n", name, r->config->catalogs[c].name,
                        number);
    }
}

void metrics_scale(struct sbuf *page, struct reactor *r)
{
    struct facts facts;

    look(r, &facts);
    by_catalog(page, r, &facts, "catalog_budget_drain_seconds",
               "Seconds that the catalog's call budget needs for this worker's records not done, one call "
               "each.",
               scale_drain_seconds);
    by_catalog(page, r, &facts, "catalog_demand_replicas",
               "Replicas that would do this worker's records of the catalog within a minute.", scale_demand);
    by_catalog(page, r, &facts, "catalog_budget_replicas",
               "Replicas that use up the whole call budget of the catalog.", scale_budget);
    metrics_head(page, "lagging_partitions", "gauge", "Assigned partitions with records not done.");
    sbuf_printf(page, "catalog_sync_lagging_partitions %" PRIu32 "\n", facts.lagging);
    metrics_head(page, "useful_replicas", "gauge",
                 "Replicas that this worker's partitions could keep busy; 0: none lags. Over a fleet: "
                 "docs/metrics.md.");
    sbuf_printf(page, "catalog_sync_useful_replicas %" PRIu32 "\n",
                scale_useful(facts.lagging, facts.catalogs, r->config->catalog_count));
}
