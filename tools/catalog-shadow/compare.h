/* A planned body against the item as the catalog shows it. */
#ifndef CATALOG_SHADOW_COMPARE_H
#define CATALOG_SHADOW_COMPARE_H

#include "common/money.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

enum { DIFFERENCES_MAX = 32 };

/* One field that differs; views into what was compared. */
struct difference {
    const char *name;
    const cJSON *planned, *found; /* found NULL: the catalog shows none */
};

struct differences {
    struct difference list[DIFFERENCES_MAX];
    size_t count; /* in all; those beyond the list are not kept */
};

/* Compares each planned field but those in the lists ignored and refused (commas between the names). Prices
 * by amount, dates by moment, all else by content. */
void compare_fields(const cJSON *planned, const cJSON *item, const struct money_table *money,
                    const char *ignored, const char *refused, struct differences *out);

#endif
