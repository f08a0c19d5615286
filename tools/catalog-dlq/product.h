/* Where is product X? Four looks, none of which changes anything: what Redis remembers, the last outcomes,
 * the open dead letters, and what the catalog itself says now. */
#ifndef DLQ_PRODUCT_H
#define DLQ_PRODUCT_H

#include "letter.h"

#include "common/config.h"
#include "tools/kit/memory.h"

#include <cjson/cJSON.h>

enum { PRODUCT_RESULTS_MAX = 5, PRODUCT_DEAD_MAX = 50, PRODUCT_TEXT_SIZE = 256 };

struct product_result {
    char at[40], outcome[24], reason[80], event_id[PRODUCT_TEXT_SIZE], message[PRODUCT_TEXT_SIZE];
    int64_t version;
    int64_t replays; /* -1: not said */
};

struct product_look {
    /* the caller's, set before */
    const char *asked;      /* product id or SKU */
    const char *in_catalog; /* where to look; NULL: in all that are configured */
    /* A dead letter of it, in whatever form the caller shows; from malloc. */
    char *(*line)(void *arg, const struct letter *letter);
    void *arg;
    /* found */
    char catalog[65], product_id[KIT_MEMORY_TEXT_SIZE], sku[KIT_MEMORY_TEXT_SIZE], item_id[64];
    /* what could not be asked says why; "" where it could */
    char memory_error[512], results_error[512], dead_error[512], catalog_error[512];
    struct kit_memory *memory; /* owned */
    struct product_result results[PRODUCT_RESULTS_MAX];
    size_t result_count;
    char *dead[PRODUCT_DEAD_MAX]; /* by `line`, newest first; owned */
    size_t dead_count, dead_more;
    cJSON *item; /* owned; NULL: the catalog has none */
};

/* Everything in turn; what fails is noted in its *_error. */
void product_look(const struct config *config, struct product_look *look);
void product_look_free(struct product_look *look);

/* The fields of an item that are read and shown, in their order; NULL at the end. */
extern const char *const product_item_fields[];

#endif
