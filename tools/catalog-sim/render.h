/* Items as the API shows them: the fields asked for, the price as a localised string. */
#ifndef CATALOG_SIM_RENDER_H
#define CATALOG_SIM_RENDER_H

#include "store.h"
#include "text.h"

#define ASKED_MAX 64

struct sim;

/* What `fields=` asks for: numbers of field_defs, and below zero the derived fields. */
struct field_list {
    int asked[ASKED_MAX];
    int count;
};

/* Reads a `fields` parameter ("id,name,product_group{id}"); NULL asks for the default ones. NULL, or the
 * message of code 100, valid until the next call. */
const char *field_list_parse(struct field_list *list, const char *fields);

/* Adds the item as an object: id first, then what was asked. */
void render_item(struct text *out, const struct sim *sim, const struct item *item,
                 const struct field_list *list);

/* image_fetch_status and review_status as of now. */
const char *item_image_status(const struct sim *sim, const struct item *item);
const char *item_review_status(const struct sim *sim, const struct item *item);

/* The plain text of a field that holds a JSON string: without quotes and escapes. False: it is absent or not
 * a string, or too long for `out`. */
bool item_field_plain(const struct item *item, int field, char *out, size_t out_size);

#endif
