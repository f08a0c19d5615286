/* The catalogs and their items. One retailer id has at most one live item in its catalog, by construction;
 * deleted items are kept, hidden, so that lookups can lag and the journal can name them. */
#ifndef CATALOG_SIM_STORE_H
#define CATALOG_SIM_STORE_H

#include "fields.h"
#include "table.h"

#include <stdbool.h>
#include <stdint.h>

#define CATALOGS_MAX 64
#define ITEM_ID_SIZE 20

struct flight;
struct item;

struct catalog {
    char id[24];
    struct item **items; /* in order of creation, deleted ones included */
    size_t count, cap;
};

/* All that is known of one retailer id of one catalog. */
struct subject {
    struct catalog *catalog;
    char *retailer_id;
    struct item *live;   /* NULL: no such item now */
    struct item *newest; /* head of the chain of all items this retailer id ever had */
    uint32_t generations;
    uint32_t calls;        /* calls that named it, for seeded faults */
    struct flight *flying; /* writes in flight */
};

struct item {
    struct subject *subject;
    struct item *older; /* the item the same retailer id had before */
    char id[ITEM_ID_SIZE];
    size_t index;                                /* in its catalog */
    char *fields[FIELD_COUNT];                   /* JSON text or NULL */
    uint64_t created_us, updated_us, deleted_us; /* deleted_us 0: alive */
    uint64_t chance;                             /* its own random number: lag, image and review fates */
    uint64_t image_us;                           /* when the image was last changed */
    uint32_t writes;
};

struct store {
    struct catalog catalogs[CATALOGS_MAX];
    int catalog_count;
    struct table subjects, items;
    uint64_t created, updated, deleted;
};

/* Adds a catalog; false if there are too many or the id is not 1 to 20 digits, or is there already. */
bool store_add_catalog(struct store *s, const char *id);
struct catalog *store_catalog(struct store *s, const char *id);

/* The subject of a retailer id, or NULL. The second makes it if there is none. */
struct subject *store_find_subject(struct store *s, struct catalog *c, const char *retailer_id);
struct subject *store_subject(struct store *s, struct catalog *c, const char *retailer_id);

/* The item of that id, deleted ones included, or NULL. */
struct item *store_item(struct store *s, const char *id);

/* All items, deleted ones included. */
size_t store_item_count(const struct store *s);

/* Writes. Values move from `values` into the item. A new item has the defaults; its id depends on seed,
 * catalog and retailer id only. The subject of a new item must have no live one. */
struct item *store_create(struct store *s, struct subject *subject, struct field_values *values,
                          uint64_t seed, uint64_t now_us);
void store_update(struct store *s, struct item *item, struct field_values *values, uint64_t now_us);
void store_delete(struct store *s, struct item *item, uint64_t now_us);

/* Counts, by looking at every item, the live items that share a retailer id with another of their catalog. */
size_t store_duplicates(const struct store *s);

/* Forgets all items; catalogs stay. No call may refer to a subject or item any more. */
void store_reset(struct store *s);

#endif
