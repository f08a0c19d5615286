/* Between the files of the store's model: rows found and made. */
#ifndef SIM_FAKE_STORE_TABLES_H
#define SIM_FAKE_STORE_TABLES_H

#include "tests/sim/fake_store.h"

#include "common/assertx.h"

struct fstore_event *fstore_event_row(struct fstore *store, uint8_t catalog, struct key128 identity,
                                      bool make);
struct fstore_product *fstore_product_row(struct fstore *store, uint8_t catalog, struct key128 product,
                                          bool make);
struct fstore_sku *fstore_sku_row(struct fstore *store, uint8_t catalog, struct key128 sku, bool make);

bool fstore_token_eq(struct claim_token a, struct claim_token b);
bool fstore_x_has(const struct fstore_product *product, struct key128 sku);
void fstore_x_add(struct fstore_product *product, struct key128 sku);
void fstore_x_remove(struct fstore_product *product, struct key128 sku);

/* The last version moves up, never down; position and event id go with it. */
void fstore_version_move(struct fstore_product *product, uint64_t version, struct position at,
                         uint64_t event);

/* The lease of a row ends: cleared, and what its calls may still do is kept. */
void fstore_lease_end(struct fstore_sku *row, usec_t now_us, bool written, usec_t uncertain_us);

#endif
