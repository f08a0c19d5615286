/* Which record decides for each product: the last one of its newest version. 48 bytes a product, no payload,
 * so that a million of them fit: the deciding records are read again. */
#ifndef CATALOG_SHADOW_PRODUCTS_H
#define CATALOG_SHADOW_PRODUCTS_H

#include "plan.h"

struct product {
    uint64_t key_hi, key_lo; /* hash of the record's key; both 0: a free place */
    int64_t version, offset;
    uint64_t event; /* hash of the deciding event's source and id; 0: not said */
    int32_t partition;
    uint8_t want; /* enum plan_want */
};

struct products {
    struct product *list; /* open addressing */
    size_t room, used;
    bool no_memory; /* the table is not complete */
};

/* Takes one record's plan, in the order of the records of its partition. key is the record's. False: it tells
 * again what an earlier record told (an event that came twice is answered twice, equally). */
bool products_take(struct products *products, const void *key, size_t key_len, int32_t partition,
                   int64_t offset, const struct plan *plan);

/* True if this record decides for its product, and there is something to say of it. */
bool products_decides(const struct products *products, const void *key, size_t key_len, int32_t partition,
                      int64_t offset);

/* Products of which there is something to say. */
uint64_t products_count(const struct products *products);
void products_free(struct products *products);

#endif
