/* Bodies, paths and queries of single calls to the catalog API (catalog-api.md sections 1 to 3). Names of the
 * single edge; the batch dialect is common/apibatch.h. Every function appends to a string builder: check
 * sbuf_ok at the end. */
#ifndef COMMON_APIBODY_H
#define COMMON_APIBODY_H

#include "common/event.h"
#include "common/sbuf.h"

enum { APIBODY_MAX_BYTES = 1 << 20 }; /* more than any event that event_decode accepts by default can make */

/* The whole product as JSON, for POST /{item id}; event->has_body is required. Optional fields that are empty
 * are left out; `visibility` is always there, so that an update shows a hidden item again. No retailer_id: it
 * must not be changed by an update (catalog-api.md section 12, bug 13). */
void apibody_update(struct sbuf *b, const struct event *event);

/* The same with retailer_id, for POST /{catalog id}/products. upsert adds "allow_upsert":true, which only v24
 * and later know (apibody_version_upserts). */
void apibody_create(struct sbuf *b, const struct event *event, bool upsert);

/* {"visibility":"staging"}: takes an item off the shop. */
void apibody_hide(struct sbuf *b);

/* Hash of the body apibody_update (or, without a body, apibody_hide) writes; what event.content_hash holds.
 */
struct key128 apibody_content_hash(const struct event *event);

/* True if POST /{catalog}/products of this version ("v24.0") updates an existing retailer id: v24 and later,
 * and a version too new to be known; false for what cannot be read. */
bool apibody_version_upserts(const char *version);

/* /{version}/{catalog id}/products */
void apipath_products(struct sbuf *b, const char *version, const char *catalog_id);

/* /{version}/{item id} */
void apipath_item(struct sbuf *b, const char *version, const char *item_id, size_t item_id_len);

/* /{version}/{catalog id}/products?fields=id,retailer_id&limit=N&filter={"retailer_id":{"is_any":[...]}} with
 * the filter JSON-escaped and then percent-encoded (catalog-api.md section 3). count is 1 to
 * APIPATH_LOOKUP_MAX. */
enum { APIPATH_LOOKUP_MAX = 100 };
void apipath_lookup(struct sbuf *b, const char *version, const char *catalog_id, const struct text *skus,
                    size_t count);

/* The same, with further fields of the items: names with commas between them, "" for none. */
void apipath_lookup_fields(struct sbuf *b, const char *version, const char *catalog_id, const char *fields,
                           const struct text *skus, size_t count);

#endif
