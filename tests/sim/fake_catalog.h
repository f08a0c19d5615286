/* A model of the catalog API: items, what a call does to them, and times in which it is down or refuses the
 * credentials. It knows nothing of workers. */
#ifndef SIM_FAKE_CATALOG_H
#define SIM_FAKE_CATALOG_H

#include "tests/sim/rng.h"
#include "tests/sim/settings.h"
#include "worker/core/input.h"

enum { CATALOG_ITEMS_MAX = 512 };

enum { CONTENT_FOREIGN = 0xffffffff };

struct item {
    uint8_t catalog;
    int32_t sku;
    uint64_t id;
    uint32_t content;
    bool hidden, alive;
    usec_t created_at, gone_at;
    usec_t vanished_at; /* deleted by hand; 0: not */
};

struct fake_catalog {
    struct item items[CATALOG_ITEMS_MAX];
    uint32_t items_count;
    uint64_t next_id;
    bool upsert[SIM_CATALOGS_MAX], answers_id;
    bool down[SIM_CATALOGS_MAX], no_auth[SIM_CATALOGS_MAX];
    bool refusing[SIM_CATALOGS_MAX]; /* every write, for a cause that is not the product's */
    uint64_t lookups, creates, updates, deletes, hides;
};

/* What a call asks. */
struct catalog_call {
    uint8_t catalog;
    enum call_kind kind;
    int32_t sku;
    uint64_t item; /* id it is addressed to; unused by creates and lookups */
    uint32_t content;
    bool poison;
};

void fake_catalog_init(struct fake_catalog *cat, const struct sim_settings *settings);

/* Applies a call now and tells the answer of a catalog that works. lag_us: how far behind a lookup's index
 * is. */
struct call_reply fake_catalog_apply(struct fake_catalog *cat, const struct catalog_call *call, usec_t now_us,
                                     usec_t lag_us);

/* The item alive under a SKU, or NULL. */
struct item *fake_catalog_find(struct fake_catalog *cat, uint8_t catalog, int32_t sku);
struct item *fake_catalog_by_id(struct fake_catalog *cat, uint64_t id);

/* Somebody makes an item, or deletes one, by hand. */
uint64_t fake_catalog_add(struct fake_catalog *cat, uint8_t catalog, int32_t sku, uint32_t content,
                          usec_t now_us);
void fake_catalog_vanish(struct fake_catalog *cat, struct item *item, usec_t now_us);

#endif
