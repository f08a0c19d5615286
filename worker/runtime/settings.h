/* From the configuration to what the core and the adapters take. */
#ifndef RUNTIME_SETTINGS_H
#define RUNTIME_SETTINGS_H

#include "common/config.h"
#include "common/event.h"
#include "common/money.h"
#include "worker/adapters/kafka_conf.h"
#include "worker/adapters/redis_store.h"
#include "worker/core/core.h"

#include <stdio.h>

/* Everything points into the configuration, which outlives it. */
struct worker_settings {
    struct core_settings core;
    struct event_settings event;
    struct event_catalog event_catalogs[CONFIG_CATALOGS_MAX];
    struct money_table money; /* the built-in table and currency.offsets */
    struct kafka_settings kafka;
    struct kafka_pair kafka_pairs[CONFIG_KAFKA_MAX];
    struct redis_store_catalog store_catalogs[CONFIG_CATALOGS_MAX];
    const char *topics[CORE_TOPICS_MAX];
    const char *topic_catalogs[CORE_TOPICS_MAX]; /* whose own each is; NULL: shared */
    size_t topics_count;
};

/* Fills *settings, which must stay where it is (it points into itself); false with a message in error that
 * names the key and the mend. */
bool worker_settings_fill(const struct config *config, struct worker_settings *settings, char *error,
                          size_t error_size);

/* --print-config, after config_print: what follows from the settings and is none itself, as comment lines, so
 * that the whole can be loaded again. settings_print.c; holds no secret. */
void worker_settings_print(const struct config *config, const struct worker_settings *settings, FILE *out);

#endif
