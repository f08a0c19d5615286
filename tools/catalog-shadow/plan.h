/* What one record of a shadow's result topic says of its product. */
#ifndef CATALOG_SHADOW_PLAN_H
#define CATALOG_SHADOW_PLAN_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the catalog should hold of a product after it. */
enum plan_want {
    WANT_LIVE,      /* its item, with the planned fields */
    WANT_HIDDEN,    /* the same, taken off the shop; nothing where it has no item */
    WANT_GONE,      /* no item */
    WANT_NOTHING,   /* nothing would be called, since the shadow knows of no item */
    WANT_AS_IS,     /* nothing would be called, item or not (inactive.policy=skip); never set by plan_read */
    WANT_FAILED,    /* the event was refused */
    WANT_UNPLANNED, /* memory was changed by hand, and nothing is planned since */
    WANT_FORGOTTEN, /* the shadow knows nothing of it any more */
    WANT_UNCHANGED, /* what the record before said: an older event, or one that is not about an item */
};

enum plan_call { PLAN_CREATE, PLAN_UPDATE, PLAN_HIDE, PLAN_DELETE, PLAN_LOOKUP, PLAN_CALL_COUNT };

/* Texts belong to json; NULL: not said. */
struct plan {
    enum plan_want want;
    bool by_hand;      /* no event's result */
    int64_t version;   /* 0: not said */
    uint64_t event;    /* hash of the event's source and id; 0: it has none */
    bool superseded;   /* a newer event took its place, at no call */
    bool suppressed;   /* unchanged content, at no call */
    char product[264]; /* the product id as text; "": the record names none */
    const char *catalog, *sku;
    const char *catalog_id; /* of the item that exists, as the shadow knows; none: it would be made */
    const char *reason, *message;
    const cJSON *fields; /* the body that would be written; NULL: too large for a result, or none */
    uint32_t calls[PLAN_CALL_COUNT];
    cJSON *json; /* owned */
};

/* False where value is no result event; there is nothing to free then. */
bool plan_read(const void *value, size_t len, struct plan *plan);
void plan_free(struct plan *plan);

/* "create", ... */
const char *plan_call_name(enum plan_call call);

#endif
