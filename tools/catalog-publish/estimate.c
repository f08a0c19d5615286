#include "estimate.h"

#include "tools/kit/admin.h"

#include <inttypes.h>
#include <stdio.h>

enum { ANSWER_MS = 10000, RETENTION_UNKNOWN = -2, TEXT_SIZE = 32 };

static const int64_t second_ms = 1000, minute_ms = 60000, hour_ms = 3600000, day_ms = 86400000;

void estimate_count(struct estimate *estimate, int catalog)
{
    estimate->rows[catalog >= 0 && catalog < CONFIG_CATALOGS_MAX ? catalog : 0]++;
}

const char *estimate_text(int64_t ms, char *out, size_t size)
{
    if (ms >= 2 * day_ms)
        snprintf(out, size, "%" PRId64 " d %" PRId64 " h", ms / day_ms, ms / hour_ms % 24);
    else if (ms >= hour_ms)
        snprintf(out, size, "%" PRId64 " h %" PRId64 " min", ms / hour_ms, ms / minute_ms % 60);
    else if (ms >= minute_ms)
        snprintf(out, size, "%" PRId64 " min %" PRId64 " s", ms / minute_ms, ms / second_ms % 60);
    else
        snprintf(out, size, "%" PRId64 " s", (ms + second_ms - 1) / second_ms);
    return out;
}

/* One call an event: that is what a re-sync means. */
static int64_t time_of(uint64_t rows, int64_t rate_per_hour)
{
    return rate_per_hour > 0 ? (int64_t)((double)rows * (double)hour_ms / (double)rate_per_hour) : 0;
}

void estimate_say(struct estimate *estimate, const struct options *options, const struct config *config)
{
    char text[TEXT_SIZE];

    estimate->takes_ms = 0;
    for (size_t i = 0; i < config->catalog_count; i++) {
        const struct config_catalog *catalog = &config->catalogs[i];
        int64_t takes_ms = time_of(estimate->rows[i], catalog->rate_per_hour);

        if (takes_ms > estimate->takes_ms)
            estimate->takes_ms = takes_ms;
        if (estimate->rows[i] == 0 || options->quiet)
            continue;
        if (catalog->rate_per_hour > 0)
            kit_complain(&options->cli,
                         "%" PRIu64 " products of catalog %s at %" PRId64
                         " calls an hour (catalog.rate.per.hour): about %s, if nothing else is published",
                         estimate->rows[i], catalog->name, catalog->rate_per_hour,
                         estimate_text(takes_ms, text, sizeof text));
        else
            kit_complain(&options->cli,
                         "%" PRIu64 " products of catalog %s, and no limit of calls an hour is configured "
                         "(catalog.rate.per.hour=0): as long as the catalog takes",
                         estimate->rows[i], catalog->name);
    }
}

static bool too_short(const struct estimate *estimate, const struct options *options, const char *topic)
{
    char takes[TEXT_SIZE], kept[TEXT_SIZE];

    kit_complain(&options->cli,
                 "topic %s keeps an event for %s (retention.ms=%" PRId64
                 "), but the last one would wait %s: %s",
                 topic, estimate_text(estimate->retention_ms, kept, sizeof kept), estimate->retention_ms,
                 estimate_text(estimate->takes_ms, takes, sizeof takes),
                 options->force ? "sent all the same (--force)"
                                : "nothing is sent. Raise retention.ms, re-sync in parts, or give --force");
    return options->force;
}

bool estimate_fits(struct estimate *estimate, const struct options *options, const struct config *config,
                   const char *topic)
{
    struct kit_topic_settings settings = {.retention_ms = RETENTION_UNKNOWN};
    char error[KAFKA_ERROR_SIZE] = "";
    rd_kafka_t *rk = kit_admin_open(config, "catalog-publish", "catalog-publish", error);
    enum kit_told told = KIT_NO_ANSWER;

    if (rk)
        told = kit_topic_settings(rk, topic, ANSWER_MS, &settings, error);
    kit_admin_close(rk);
    estimate->retention_ms = told == KIT_TOLD ? settings.retention_ms : RETENTION_UNKNOWN;
    if (told == KIT_MISSING) {
        kit_complain(&options->cli, "topic %s does not exist: create it, or name another one with --topic",
                     topic);
        return false;
    }
    if (told != KIT_TOLD) {
        kit_complain(&options->cli, "how long topic %s keeps an event is not known (%s): not compared", topic,
                     told == KIT_UNTOLD ? "these brokers do not say" : error);
        return true;
    }
    if (estimate->retention_ms >= 0 && estimate->takes_ms > estimate->retention_ms)
        return too_short(estimate, options, topic);
    return true;
}
