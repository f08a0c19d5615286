#include "table.h"

#include "rng.h"
#include "text.h"

#include <stdlib.h>

void *table_find(const struct table *t, uint64_t key, bool (*same)(const void *value, const void *arg),
                 const void *arg)
{
    if (t->cap == 0)
        return NULL;
    for (size_t i = mix64(key) & (t->cap - 1); t->values[i]; i = (i + 1) & (t->cap - 1)) {
        if (t->keys[i] == key && (!same || same(t->values[i], arg)))
            return t->values[i];
    }
    return NULL;
}

static void put(struct table *t, uint64_t key, void *value)
{
    size_t i = mix64(key) & (t->cap - 1);
    while (t->values[i])
        i = (i + 1) & (t->cap - 1);
    t->keys[i] = key;
    t->values[i] = value;
    t->count++;
}

void table_add(struct table *t, uint64_t key, void *value)
{
    if ((t->count + 1) * 10 > t->cap * 7) {
        struct table grown = {.cap = t->cap ? t->cap * 2 : 1024};
        grown.keys = zalloc(grown.cap, sizeof *grown.keys);
        grown.values = zalloc(grown.cap, sizeof *grown.values);
        for (size_t i = 0; i < t->cap; i++) {
            if (t->values[i])
                put(&grown, t->keys[i], t->values[i]);
        }
        free(t->keys);
        free(t->values);
        t->keys = grown.keys;
        t->values = grown.values;
        t->cap = grown.cap;
    }
    put(t, key, value);
}

void table_free(struct table *t)
{
    free(t->keys);
    free(t->values);
    *t = (struct table){0};
}
