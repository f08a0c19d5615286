/* How long the workers need for a re-sync, and whether Kafka keeps the events that long. */
#ifndef CATALOG_PUBLISH_ESTIMATE_H
#define CATALOG_PUBLISH_ESTIMATE_H

#include "common/config.h"
#include "options.h"

#include <stdbool.h>
#include <stdint.h>

struct estimate {
    uint64_t rows[CONFIG_CATALOGS_MAX]; /* events of each configured catalog */
    int64_t takes_ms;                   /* the slowest catalog's; 0: no rate is set */
    int64_t retention_ms;               /* of the topic; -1 for ever, -2 not known */
};

/* Counts one event; catalog: its index in the configuration, or -1 (then it counts for the first). */
void estimate_count(struct estimate *estimate, int catalog);

/* Computes takes_ms and says it on stderr, catalog by catalog. */
void estimate_say(struct estimate *estimate, const struct options *options, const struct config *config);

/* Asks the brokers how long the topic keeps an event. False where that is too short, unless --force; said on
 * stderr. Brokers that do not tell let it pass, which is said as well. */
bool estimate_fits(struct estimate *estimate, const struct options *options, const struct config *config,
                   const char *topic);

/* "2 h 30 min" and the like; size 32 suffices. */
const char *estimate_text(int64_t ms, char *out, size_t size);

#endif
