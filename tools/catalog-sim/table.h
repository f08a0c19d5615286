/* A hash table from 64-bit keys to pointers: open addressing, grows, never forgets single entries (the
 * simulator keeps deleted items, so that the journal can still name them). Several values may share a key. */
#ifndef CATALOG_SIM_TABLE_H
#define CATALOG_SIM_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table {
    uint64_t *keys;
    void **values;
    size_t cap, count;
};

/* The first value under key that `same(value, arg)` accepts (NULL: any), or NULL. */
void *table_find(const struct table *t, uint64_t key, bool (*same)(const void *value, const void *arg),
                 const void *arg);

/* Adds a value, not NULL, beside others of the same key. */
void table_add(struct table *t, uint64_t key, void *value);
void table_free(struct table *t);

#endif
