/* The batch dialect: entries of `requests` in POST /{catalog}/items_batch (catalog-api.md section 4). It says
 * the same as common/apibody.h in other names and types: title for name, link for url, "9.99 USD" for 999.
 * Every function appends to a string builder: check sbuf_ok at the end. */
#ifndef COMMON_APIBATCH_H
#define COMMON_APIBATCH_H

#include "common/event.h"
#include "common/sbuf.h"

enum { APIBATCH_TITLE_CHARS_MAX = 100 };

/* Why an item may not go in bulk: the first member of the event that items_batch has no place for, or
 * requires and the event lacks, by its name there or in `fields`, such as "name" or "ordering_index"; valid
 * for ever. NULL: items_batch can hold all of it. event->has_body is required. */
const char *apibatch_unfit(const struct event *event);

/* {"method":"UPDATE","data":{...}} with the whole product; `allow_upsert`, which is on by default, makes it a
 * create where the item is new. event->has_body, and apibatch_unfit() NULL, are required. */
void apibatch_update(struct sbuf *b, const struct event *event);

/* The entries that hide and that delete an item; each has nothing but the item's retailer id. */
void apibatch_hide(struct sbuf *b, const struct text *sku);
void apibatch_delete(struct sbuf *b, const struct text *sku);

#endif
