/* The fields of a product item in the batch dialect (catalog-api.md section 4) and the checks of their
 * values: a table of the simulator's own, so that the worker's table can be held against it. Both dialects
 * write the same item, so the values come out as those of the single edge. */
#ifndef CATALOG_SIM_BATCH_FIELDS_H
#define CATALOG_SIM_BATCH_FIELDS_H

#include "fields.h"

#include <cjson/cJSON.h>

struct batch_values {
    struct field_values fields;
    char currency[4], sale_currency[4]; /* of price and sale_price; empty: not given */
};

/* Takes what is wrong with a value: an error, or a warning if the rest is ingested anyway. */
typedef void batch_problem(void *arg, bool warning, const char *message);

/* Reads the members of `data` but `id`, and names every problem. Values without one are in `values`, which
 * starts empty; retailer_id and cents_always: for messages, and see price_parse(). */
void batch_fields_read(struct batch_values *values, const cJSON *data, const char *retailer_id,
                       bool cents_always, batch_problem *problem, void *arg);

/* The first field, in the batch dialect's name, that a new item needs and the values lack, from number *at
 * on; NULL: no further one. */
const char *batch_fields_missing(const struct batch_values *values, int *at);

void batch_values_free(struct batch_values *values);

#endif
