/* An operator's changes of the store's model: docs/store.md, "Changes by hand". */
#include "tests/sim/fake_store_tables.h"

#include "worker/core/mutant.h"

#include <stddef.h>

static bool not_ready(const struct fstore *store)
{
    return !store->guard.exists || !store->guard.rd;
}

/* The SKUs of `s` and `x` whose records name the product. */
static uint32_t owned(struct fstore *store, const struct fstore_product *p,
                      struct fstore_sku *rows[FSTORE_X_MAX + 1])
{
    uint32_t count = 0;

    for (uint32_t i = 0; i <= p->x_count; i++) {
        struct key128 sku = i == 0 ? p->s : p->x[i - 1];
        struct fstore_sku *row = key128_none(sku) ? NULL : fstore_sku_row(store, p->catalog, sku, false);

        if (row && key128_eq(row->ow, p->product))
            rows[count++] = row;
    }
    return count;
}

static usec_t leased_for(struct fstore *store, const struct fstore_product *p, usec_t now_us)
{
    struct fstore_sku *rows[FSTORE_X_MAX + 1];
    uint32_t count = owned(store, p, rows);
    usec_t longest_us = 0;

    for (uint32_t i = 0; i < count; i++)
        if (rows[i]->tk.incarnation != 0 && rows[i]->un - now_us > longest_us && !MUTANT(HAND_LEASE_IGNORED))
            longest_us = rows[i]->un - now_us;
    return longest_us;
}

void fstore_drop(struct fstore *store, uint8_t catalog, struct key128 product)
{
    struct fstore_product *p = fstore_product_row(store, catalog, product, false);

    if (p)
        p->hu = 0;
}

/* Leases that ran out and were not settled: no settle of them counts any more, and their calls may still
 * land. */
static void take_over(struct fstore *store, const struct fstore_product *p, usec_t late_us)
{
    struct fstore_sku *rows[FSTORE_X_MAX + 1];
    uint32_t count = owned(store, p, rows);
    uint64_t fence = 0;

    for (uint32_t i = 0; i < count; i++) {
        struct fstore_sku *row = rows[i];

        if (row->tk.incarnation == 0 || MUTANT(HAND_FENCE_KEPT))
            continue;
        fence = fence ? fence : ++store->catalogs[p->catalog].f;
        if (row->un + late_us > row->uu) {
            row->uu = row->un + late_us;
            row->uc = row->co;
        }
        row->fe = fence;
        row->tk = (struct claim_token){0};
        row->un = 0;
    }
}

char fstore_hold(struct fstore *store, usec_t now_us, uint8_t catalog, struct key128 product, usec_t hold_us,
                 usec_t late_us, usec_t *wait_us)
{
    struct fstore_product *p = fstore_product_row(store, catalog, product, false);

    *wait_us = 0;
    if (not_ready(store))
        return 'E';
    if (!p)
        return 'N';
    p->hu = now_us + hold_us;
    *wait_us = leased_for(store, p, now_us);
    if (*wait_us > 0)
        return 'L';
    if (!MUTANT(HAND_HOLD_KEEPS_LEASES))
        take_over(store, p, late_us);
    return 'O';
}

/* Held by us, and nobody works on it. */
static char may_change(struct fstore *store, usec_t now_us, const struct fstore_product *p, usec_t *wait_us)
{
    *wait_us = 0;
    if (not_ready(store))
        return 'E';
    if (!p || p->hu <= now_us)
        return 'X';
    *wait_us = leased_for(store, p, now_us);
    return *wait_us > 0 ? 'L' : 'O';
}

char fstore_reset(struct fstore *store, usec_t now_us, uint8_t catalog, struct key128 product, usec_t late_us,
                  uint64_t version, uint64_t event, usec_t *wait_us)
{
    struct fstore_product *p = fstore_product_row(store, catalog, product, false);
    char letter = may_change(store, now_us, p, wait_us);

    if (letter != 'O')
        return letter;
    take_over(store, p, late_us);
    p->v = version;
    if (!MUTANT(HAND_HASH_KEPT))
        p->st = FSTORE_DIRTY;
    if (p->cv > version)
        p->cv = 0;
    if (!MUTANT(HAND_PLACE_KEPT)) { /* no place in the log */
        p->topic = UINT16_MAX;
        p->partition = -1;
        p->offset = 0;
    }
    p->ev = event;
    p->cn = 0;
    p->ci = (struct key128){0};
    p->hu = 0;
    return 'O';
}

char fstore_forget(struct fstore *store, usec_t now_us, uint8_t catalog, struct key128 product,
                   usec_t late_us, usec_t keep_us, usec_t *wait_us)
{
    struct fstore_product *p = fstore_product_row(store, catalog, product, false);
    char letter = may_change(store, now_us, p, wait_us);
    struct fstore_sku *rows[FSTORE_X_MAX + 1];
    uint32_t count;

    if (letter != 'O')
        return letter;
    take_over(store, p, late_us);
    count = owned(store, p, rows);
    for (uint32_t i = 0; i < count; i++) {
        struct fstore_sku *row = rows[i];

        if (!MUTANT(HAND_OWNER_KEPT)) {
            row->ow = (struct key128){0};
            row->id = 0;
        }
        if ((row->wr <= now_us - keep_us && row->uu <= now_us - keep_us) || MUTANT(HAND_RECORD_GONE))
            *row = (struct fstore_sku){.used = true, .catalog = row->catalog, .sku = row->sku};
    }
    *p = store->products[--store->products_count];
    store->guard.first = false;
    return 'O';
}

bool fstore_rebuild_change(struct fstore *store, usec_t now_us, uint64_t incarnation, uint64_t epoch,
                           const struct fstore_result *result, bool forgotten)
{
    struct fstore_product *p;
    struct fstore_sku *rows[FSTORE_X_MAX + 1];
    uint32_t count;

    if (!fstore_rebuild(store, now_us, incarnation, epoch, NULL))
        return false;
    p = fstore_product_row(store, result->catalog, result->product, !forgotten);
    if (!p)
        return true;
    if (forgotten) {
        count = owned(store, p, rows);
        for (uint32_t i = 0; i < count; i++) {
            rows[i]->ow = (struct key128){0};
            rows[i]->id = 0;
        }
        *p = store->products[--store->products_count];
        return true;
    }
    p->v = result->version;
    if (p->cv > result->version)
        p->cv = 0;
    p->st = FSTORE_DIRTY;
    p->topic = UINT16_MAX;
    p->partition = -1;
    p->offset = 0;
    p->ev = result->event;
    return true;
}
