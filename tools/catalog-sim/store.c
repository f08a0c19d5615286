#include "store.h"

#include "common/assertx.h"
#include "rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

struct subject_name {
    const struct catalog *catalog;
    const char *retailer_id;
};

static bool same_subject(const void *value, const void *arg)
{
    const struct subject *subject = value;
    const struct subject_name *name = arg;
    return subject->catalog == name->catalog && strcmp(subject->retailer_id, name->retailer_id) == 0;
}

static bool same_item(const void *value, const void *arg)
{
    return strcmp(((const struct item *)value)->id, arg) == 0;
}

static uint64_t hash_of(const char *s, uint64_t salt)
{
    return XXH3_64bits_withSeed(s, strlen(s), salt);
}

static uint64_t subject_key(const struct catalog *c, const char *retailer_id)
{
    return hash_of(retailer_id, hash_of(c->id, 0));
}

bool store_add_catalog(struct store *s, const char *id)
{
    size_t len = strlen(id);
    if (len == 0 || len > 20 || strspn(id, "0123456789") != len || s->catalog_count == CATALOGS_MAX ||
        store_catalog(s, id))
        return false;
    struct catalog *c = &s->catalogs[s->catalog_count++];
    *c = (struct catalog){0};
    memcpy(c->id, id, len + 1);
    return true;
}

struct catalog *store_catalog(struct store *s, const char *id)
{
    for (int i = 0; i < s->catalog_count; i++) {
        if (strcmp(s->catalogs[i].id, id) == 0)
            return &s->catalogs[i];
    }
    return NULL;
}

struct subject *store_find_subject(struct store *s, struct catalog *c, const char *retailer_id)
{
    struct subject_name name = {c, retailer_id};
    return table_find(&s->subjects, subject_key(c, retailer_id), same_subject, &name);
}

struct subject *store_subject(struct store *s, struct catalog *c, const char *retailer_id)
{
    struct subject *subject = store_find_subject(s, c, retailer_id);
    if (subject)
        return subject;
    subject = zalloc(1, sizeof *subject);
    subject->catalog = c;
    subject->retailer_id = copy_str(retailer_id);
    table_add(&s->subjects, subject_key(c, retailer_id), subject);
    return subject;
}

struct item *store_item(struct store *s, const char *id)
{
    return table_find(&s->items, hash_of(id, 0), same_item, id);
}

size_t store_item_count(const struct store *s)
{
    return s->items.count;
}

/* 16 digits. Two items that would get the same id get neighbours. */
static void give_id(struct store *s, struct item *item, uint64_t seed)
{
    const struct subject *subject = item->subject;
    uint64_t key = subject_key(subject->catalog, subject->retailer_id);
    uint64_t number = mix64(mix64(seed) ^ mix64(key + subject->generations)) % 9000000000000000ULL;
    do {
        snprintf(item->id, sizeof item->id, "%llu", (unsigned long long)(1000000000000000ULL + number));
        number = (number + 1) % 9000000000000000ULL;
    } while (store_item(s, item->id));
}

static void set_values(struct item *item, struct field_values *values, uint64_t now_us)
{
    const char *image = values->json[FIELD_IMAGE_URL], *had = item->fields[FIELD_IMAGE_URL];
    if (image && (!had || strcmp(image, had) != 0))
        item->image_us = now_us;
    for (int i = 0; i < FIELD_COUNT; i++) {
        if (!values->json[i])
            continue;
        free(item->fields[i]);
        item->fields[i] = values->json[i];
        values->json[i] = NULL;
    }
    item->updated_us = now_us;
    item->writes++;
}

static void append(struct catalog *c, struct item *item)
{
    if (c->count == c->cap) {
        c->cap = c->cap ? c->cap * 2 : 256;
        c->items = realloc(c->items, c->cap * sizeof(struct item *));
        ASSERT(c->items != NULL);
    }
    item->index = c->count;
    c->items[c->count++] = item;
}

struct item *store_create(struct store *s, struct subject *subject, struct field_values *values,
                          uint64_t seed, uint64_t now_us)
{
    ASSERT(subject->live == NULL);
    struct item *item = zalloc(1, sizeof *item);
    item->subject = subject;
    item->created_us = now_us;
    give_id(s, item, seed);
    item->chance = mix64(seed ^ hash_of(item->id, 1));
    for (int i = 0; i < FIELD_COUNT; i++) {
        if (field_defs[i].by_default)
            item->fields[i] = copy_str(field_defs[i].by_default);
    }
    set_values(item, values, now_us);
    append(subject->catalog, item);
    table_add(&s->items, hash_of(item->id, 0), item);
    item->older = subject->newest;
    subject->newest = subject->live = item;
    subject->generations++;
    s->created++;
    return item;
}

void store_update(struct store *s, struct item *item, struct field_values *values, uint64_t now_us)
{
    ASSERT(item->deleted_us == 0);
    set_values(item, values, now_us);
    s->updated++;
}

void store_delete(struct store *s, struct item *item, uint64_t now_us)
{
    ASSERT(item->subject->live == item);
    item->subject->live = NULL;
    item->deleted_us = now_us ? now_us : 1;
    s->deleted++;
}

size_t store_duplicates(const struct store *s)
{
    size_t duplicates = 0;
    for (int i = 0; i < s->catalog_count; i++) {
        const struct catalog *c = &s->catalogs[i];
        struct table seen = {0};
        for (size_t j = 0; j < c->count; j++) {
            const struct item *item = c->items[j];
            if (item->deleted_us)
                continue;
            struct subject_name name = {c, item->subject->retailer_id};
            uint64_t key = subject_key(c, name.retailer_id);
            if (table_find(&seen, key, same_subject, &name))
                duplicates++;
            else
                table_add(&seen, key, item->subject);
        }
        table_free(&seen);
    }
    return duplicates;
}

static void free_item(struct item *item)
{
    for (int i = 0; i < FIELD_COUNT; i++)
        free(item->fields[i]);
    free(item);
}

void store_reset(struct store *s)
{
    for (size_t i = 0; i < s->items.cap; i++) {
        if (s->items.values[i])
            free_item(s->items.values[i]);
    }
    for (size_t i = 0; i < s->subjects.cap; i++) {
        struct subject *subject = s->subjects.values[i];
        if (subject)
            free(subject->retailer_id);
        free(subject);
    }
    table_free(&s->items);
    table_free(&s->subjects);
    for (int i = 0; i < s->catalog_count; i++) {
        free(s->catalogs[i].items);
        s->catalogs[i].items = NULL;
        s->catalogs[i].count = s->catalogs[i].cap = 0;
    }
    s->created = s->updated = s->deleted = 0;
}
