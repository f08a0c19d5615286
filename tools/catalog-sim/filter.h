/* The filter language of the products edge (catalog-api.md section 3). */
#ifndef CATALOG_SIM_FILTER_H
#define CATALOG_SIM_FILTER_H

#include "store.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

/* NULL, or why the filter cannot be used, valid until the next call. */
const char *filter_check(const cJSON *filter);

/* Whether an item passes a filter that filter_check() accepted. */
bool filter_match(const cJSON *filter, const struct item *item);

/* If the filter names its retailer ids or item ids, collects the items it can match, deleted ones included,
 * in order of creation and each once, into *items (the caller frees). False: any item may match. */
bool filter_candidates(const cJSON *filter, struct store *s, struct catalog *c, struct item ***items,
                       size_t *count);

#endif
