/* Which products have open events: open addressing with linear probing over a fixed table twice the number of
 * slots, so that a free bucket is always near. Removal shifts back, so that there are no tombstones to clean.
 */
#include "worker/core/state.h"

#include <string.h>

static uint32_t bucket_of(const struct core *core, uint8_t catalog, struct key128 key)
{
    return (uint32_t)(key.lo ^ (key.hi >> 17) ^ catalog) & (core->product_buckets - 1);
}

struct product *product_find(struct core *core, uint8_t catalog, struct key128 key)
{
    uint32_t at = bucket_of(core, catalog, key);

    while (core->products[at].used) {
        struct product *product = &core->products[at];

        if (product->catalog == catalog && key128_eq(product->key, key))
            return product;
        at = (at + 1) & (core->product_buckets - 1);
    }
    return NULL;
}

struct product *product_add(struct core *core, uint8_t catalog, struct key128 key)
{
    uint32_t at = bucket_of(core, catalog, key);

    while (core->products[at].used)
        at = (at + 1) & (core->product_buckets - 1);
    core->products[at] = (struct product){.key = key, .catalog = catalog, .used = true};
    list_init(&core->products[at].queue, LINK_PRODUCT);
    return &core->products[at];
}

/* The queue's links point at the list inside the bucket: whoever moves a bucket points them at its new place.
 */
static void repoint(struct core *core, struct product *product)
{
    for (uint32_t slot = product->queue.head; slot != NIL; slot = core->ops[slot].link[LINK_PRODUCT].next)
        core->ops[slot].link[LINK_PRODUCT].in = &product->queue;
}

void product_remove(struct core *core, struct product *product)
{
    uint32_t mask = core->product_buckets - 1;
    uint32_t hole = (uint32_t)(product - core->products);
    uint32_t at = hole;

    ASSERT(product->used && product->queue.count == 0);
    core->products[hole].used = false;
    for (;;) {
        uint32_t home;

        at = (at + 1) & mask;
        if (!core->products[at].used)
            return;
        home = bucket_of(core, core->products[at].catalog, core->products[at].key);
        if (((at - home) & mask) < ((at - hole) & mask))
            continue; /* it would move before its home */
        core->products[hole] = core->products[at];
        repoint(core, &core->products[hole]);
        core->products[at].used = false;
        hole = at;
    }
}
