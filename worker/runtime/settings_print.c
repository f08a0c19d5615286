/* What follows from the configuration, for people who size and deploy. Each line names the keys it comes
 * from. */
#include "worker/runtime/settings.h"

#include <inttypes.h>
#include <string.h>

/* Topics that are all catalogs', or those that are one catalog's alone. */
static void print_topics(FILE *out, const struct worker_settings *set, const char *catalog)
{
    bool any = false;

    for (size_t i = 0; i < set->topics_count; i++) {
        const char *own = set->topic_catalogs[i];

        if (catalog ? !own || strcmp(own, catalog) != 0 : own != NULL)
            continue;
        fprintf(out, "%s%s", any ? ", " : "", set->topics[i]);
        any = true;
    }
    fputs(any ? "\n" : "none\n", out);
}

static void print_bounds(FILE *out, const struct config *config, const struct worker_settings *set)
{
    uint32_t topics = set->core.topics_count;

    fputs("# topics that are read, of any catalog: ", out);
    print_topics(out, set, NULL);
    fprintf(out,
            "# a topic's share of the window: %" PRIu32 " records, %" PRIu64
            " bytes (window.records and window.bytes, by %" PRIu32 " topics)\n",
            set->core.window_records / topics, set->core.window_bytes / topics, topics);
    fprintf(out,
            "# a dead letter may have %zu bytes: the least max.message.bytes of %s (record.max.bytes and "
            "its headers)\n",
            set->kafka.message_max_bytes, config->topic_dlq);
}

static void print_waits(FILE *out, const struct config *config)
{
    fprintf(out,
            "# a call begins only with %" PRId64
            " ms or more of its lease left (call.timeout.ms + lease.margin.ms)\n",
            config->call_timeout_ms + config->lease_margin_ms);
    fprintf(out,
            "# when a worker died, the products it worked on wait up to %" PRId64
            " ms (lease.ms), and where its call was not answered up to %" PRId64
            " ms (and call.late.max.ms)\n",
            config->lease_ms, config->lease_ms + config->call_late_max_ms);
    fprintf(out,
            "# when Redis lost its memory, all wait %" PRId64
            " ms (lease.ms + call.late.max.ms), and until it is rebuilt\n",
            config->lease_ms + config->call_late_max_ms);
    fprintf(out,
            "# stops within %" PRId64
            " ms (shutdown.timeout.ms): the orchestrator's grace period must be longer\n",
            config->shutdown_timeout_ms);
}

static void print_pace(FILE *out, const struct worker_settings *set, size_t i)
{
    const struct catalog_settings *catalog = &set->core.catalogs[i];
    const struct redis_store_catalog *store = &set->store_catalogs[i];

    fprintf(out, "# catalog %s: ", store->name);
    if (store->budget_interval_us > 0)
        fprintf(out, "a call each %.3f ms for all workers together, %" PRIu32 " at once after a quiet time",
                (double)store->budget_interval_us / 1000.0, store->budget_burst);
    else
        fputs("as many calls as are wanted", out);
    fprintf(out, " (rate.*); %" PRIu32 " products claimed at once by a worker (inflight.max)\n",
            catalog->claims_max);
    fprintf(out, "# catalog %s: a create of an item that is there %s (api.version)\n", store->name,
            catalog->upsert ? "updates it" : "is refused, and looked up");
    fprintf(out, "# catalog %s: topics of its own: ", store->name);
    print_topics(out, set, store->name);
}

void worker_settings_print(const struct config *config, const struct worker_settings *settings, FILE *out)
{
    fputs("\n# --- What follows from it\n", out);
    print_bounds(out, config, settings);
    print_waits(out, config);
    for (size_t i = 0; i < config->catalog_count; i++)
        print_pace(out, settings, i);
}
