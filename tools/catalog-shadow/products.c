#include "products.h"

#include "common/hash128.h"

#include <stdlib.h>

enum { ROOM_FIRST = 1024 };

static struct key128 hash_of(const void *key, size_t len)
{
    return hash128(HASH_PRODUCT, key, len);
}

static bool is_free(const struct product *product)
{
    return !product->key_hi && !product->key_lo;
}

/* The product's place, or the free one where it would stand; room is a power of two, never full. */
static struct product *place_of(const struct products *products, struct key128 key)
{
    size_t at = (size_t)key.lo & (products->room - 1);

    while (!is_free(&products->list[at]) &&
           (products->list[at].key_hi != key.hi || products->list[at].key_lo != key.lo))
        at = (at + 1) & (products->room - 1);
    return &products->list[at];
}

static bool grow(struct products *products)
{
    struct products larger = {.room = products->room ? 2 * products->room : ROOM_FIRST,
                              .used = products->used};

    larger.list = calloc(larger.room, sizeof *larger.list);
    if (!larger.list)
        return false;
    for (size_t i = 0; i < products->room; i++) {
        const struct product *old = &products->list[i];

        if (!is_free(old))
            *place_of(&larger, (struct key128){old->key_hi, old->key_lo}) = *old;
    }
    free(products->list);
    *products = larger;
    return true;
}

/* A copy of an old event is answered anew with its old outcome, so the newest version counts and not the last
 * record. An operator's word stands whatever was before. What names no version is of now. */
static bool decides(const struct product *known, const struct plan *plan)
{
    if (plan->want == WANT_UNCHANGED)
        return false;
    return plan->by_hand || plan->version == 0 || plan->version >= known->version;
}

/* A plan of an old version, or of the very event that decided last, was told before. What is merely
 * superseded is told once for each event. */
static bool is_repeated(const struct product *known, const struct plan *plan)
{
    if (plan->by_hand || plan->superseded || plan->version == 0)
        return false;
    return plan->version < known->version || (plan->event && plan->event == known->event);
}

bool products_take(struct products *products, const void *key, size_t key_len, int32_t partition,
                   int64_t offset, const struct plan *plan)
{
    struct key128 hash = hash_of(key, key_len);
    struct product *known;
    bool repeated;

    if (products->no_memory)
        return false;
    if (4 * (products->used + 1) > 3 * products->room && !grow(products)) {
        products->no_memory = true;
        return false;
    }
    known = place_of(products, hash);
    if (is_free(known)) {
        *known = (struct product){.key_hi = hash.hi, .key_lo = hash.lo, .want = WANT_UNCHANGED};
        products->used++;
    }
    repeated = is_repeated(known, plan);
    if (!decides(known, plan))
        return !repeated;
    known->want = (uint8_t)plan->want;
    known->partition = partition;
    known->offset = offset;
    if (plan->version > 0 || plan->by_hand)
        known->version = plan->version;
    known->event = plan->event;
    return !repeated;
}

static bool says_something(const struct product *product)
{
    return !is_free(product) && product->want != WANT_UNCHANGED && product->want != WANT_FORGOTTEN;
}

bool products_decides(const struct products *products, const void *key, size_t key_len, int32_t partition,
                      int64_t offset)
{
    const struct product *known = products->room ? place_of(products, hash_of(key, key_len)) : NULL;

    return known && says_something(known) && known->partition == partition && known->offset == offset;
}

uint64_t products_count(const struct products *products)
{
    uint64_t count = 0;

    for (size_t i = 0; i < products->room; i++)
        count += says_something(&products->list[i]);
    return count;
}

void products_free(struct products *products)
{
    free(products->list);
    *products = (struct products){.list = NULL};
}
