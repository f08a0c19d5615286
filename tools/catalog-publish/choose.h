/* Which rows are meant: --only-sku, --only-product, --ids-from, --skus-from. */
#ifndef CATALOG_PUBLISH_CHOOSE_H
#define CATALOG_PUBLISH_CHOOSE_H

#include "options.h"

#include <stdbool.h>
#include <stddef.h>

enum { CHOICES_MAX = 10 * 1000 * 1000, CHOICE_MAX_BYTES = 1024 };

struct choice_list {
    char **names; /* owned, sorted, each once */
    bool *found;  /* a row had it */
    size_t count;
};

struct choice {
    bool all; /* nothing was chosen: every row is meant */
    struct choice_list products, skus;
};

/* Reads what the command line chose. False with a message on stderr; free with choice_free in any case. */
bool choice_read(struct choice *choice, const struct options *options);
void choice_free(struct choice *choice);

/* True if a row of this product id and SKU (NULL: none) is meant; remembers that it was there. */
bool choice_has(struct choice *choice, const char *product_id, const char *sku);

/* Says on stderr which chosen ids no row had (the first ones); returns how many. */
size_t choice_missing(const struct choice *choice, const struct options *options);

#endif
