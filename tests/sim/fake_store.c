/* Rows, settle and release of the store's model. */
#include "tests/sim/fake_store_tables.h"

#include "worker/core/mutant.h"

#include <string.h>

struct key128 fstore_content_hide(void)
{
    return (struct key128){.hi = UINT64_MAX, .lo = 1};
}

struct key128 fstore_content_delete(void)
{
    return (struct key128){.hi = UINT64_MAX, .lo = 2};
}

void fstore_init(struct fstore *store, uint64_t run_id)
{
    memset(store, 0, sizeof *store);
    store->run_id = run_id;
}

struct fstore_event *fstore_event_row(struct fstore *store, uint8_t catalog, struct key128 identity,
                                      bool make)
{
    for (uint32_t i = 0; i < store->events_count; i++)
        if (store->events[i].catalog == catalog && key128_eq(store->events[i].identity, identity))
            return &store->events[i];
    if (!make)
        return NULL;
    ASSERT(store->events_count < FSTORE_EVENTS_MAX);
    store->events[store->events_count] =
        (struct fstore_event){.used = true, .catalog = catalog, .identity = identity};
    return &store->events[store->events_count++];
}

struct fstore_product *fstore_product_row(struct fstore *store, uint8_t catalog, struct key128 product,
                                          bool make)
{
    for (uint32_t i = 0; i < store->products_count; i++)
        if (store->products[i].catalog == catalog && key128_eq(store->products[i].product, product))
            return &store->products[i];
    if (!make)
        return NULL;
    ASSERT(store->products_count < FSTORE_PRODUCTS_MAX);
    store->products[store->products_count] =
        (struct fstore_product){.used = true, .catalog = catalog, .product = product};
    return &store->products[store->products_count++];
}

struct fstore_sku *fstore_sku_row(struct fstore *store, uint8_t catalog, struct key128 sku, bool make)
{
    for (uint32_t i = 0; i < store->skus_count; i++)
        if (store->skus[i].catalog == catalog && key128_eq(store->skus[i].sku, sku))
            return &store->skus[i];
    if (!make)
        return NULL;
    ASSERT(store->skus_count < FSTORE_SKUS_MAX);
    store->skus[store->skus_count] = (struct fstore_sku){.used = true, .catalog = catalog, .sku = sku};
    return &store->skus[store->skus_count++];
}

/* The model's rows are only appended and never removed, so the casts below only add a const. */
const struct fstore_event *fstore_find_event(const struct fstore *store, uint8_t catalog,
                                             struct key128 identity)
{
    for (uint32_t i = 0; i < store->events_count; i++)
        if (store->events[i].catalog == catalog && key128_eq(store->events[i].identity, identity))
            return &store->events[i];
    return NULL;
}

const struct fstore_product *fstore_find_product(const struct fstore *store, uint8_t catalog,
                                                 struct key128 product)
{
    for (uint32_t i = 0; i < store->products_count; i++)
        if (store->products[i].catalog == catalog && key128_eq(store->products[i].product, product))
            return &store->products[i];
    return NULL;
}

const struct fstore_sku *fstore_find_sku(const struct fstore *store, uint8_t catalog, struct key128 sku)
{
    for (uint32_t i = 0; i < store->skus_count; i++)
        if (store->skus[i].catalog == catalog && key128_eq(store->skus[i].sku, sku))
            return &store->skus[i];
    return NULL;
}

bool fstore_token_eq(struct claim_token a, struct claim_token b)
{
    return a.incarnation == b.incarnation && a.op.slot == b.op.slot && a.op.gen == b.op.gen;
}

bool fstore_x_has(const struct fstore_product *product, struct key128 sku)
{
    for (uint32_t i = 0; i < product->x_count; i++)
        if (key128_eq(product->x[i], sku))
            return true;
    return false;
}

void fstore_x_add(struct fstore_product *product, struct key128 sku)
{
    if (fstore_x_has(product, sku))
        return;
    ASSERT(product->x_count < FSTORE_X_MAX);
    product->x[product->x_count++] = sku;
}

void fstore_x_remove(struct fstore_product *product, struct key128 sku)
{
    for (uint32_t i = 0; i < product->x_count; i++)
        if (key128_eq(product->x[i], sku)) {
            product->x[i] = product->x[--product->x_count];
            return;
        }
}

void fstore_witness_raise(struct fstore *store, uint64_t incarnation, uint64_t number)
{
    for (uint32_t i = 0; i < store->witnesses_count; i++)
        if (store->witnesses[i].incarnation == incarnation) {
            if (store->witnesses[i].number < number)
                store->witnesses[i].number = number;
            return;
        }
    ASSERT(store->witnesses_count < FSTORE_WITNESSES_MAX);
    store->witnesses[store->witnesses_count++] =
        (struct fstore_witness){.incarnation = incarnation, .number = number};
}

uint64_t fstore_witness(const struct fstore *store, uint64_t incarnation)
{
    for (uint32_t i = 0; i < store->witnesses_count; i++)
        if (store->witnesses[i].incarnation == incarnation)
            return store->witnesses[i].number;
    return 0;
}

void fstore_version_move(struct fstore_product *product, uint64_t version, struct position at, uint64_t event)
{
    if (version < product->v)
        return;
    product->v = version;
    product->topic = at.topic;
    product->partition = at.partition;
    product->offset = at.offset;
    product->ev = event;
}

void fstore_lease_end(struct fstore_sku *row, usec_t now_us, bool written, usec_t uncertain_us)
{
    row->tk = (struct claim_token){0};
    row->un = 0;
    if (written)
        row->wr = now_us;
    if (uncertain_us > 0 && now_us + uncertain_us > row->uu) {
        row->uu = now_us + uncertain_us;
        row->uc = row->co;
    }
}

/* What a refused settle wrote all the same is a late write: of this product, and of whoever owns the SKU by
 * now. */
static void late_write(struct fstore *store, const struct settle_request *req,
                       const struct fstore_settle_side *side, uint32_t target)
{
    struct fstore_product *product;
    const struct settle_target *t = &req->targets[target];
    const struct fstore_sku *row = fstore_sku_row(store, req->catalog, side->skus[target], false);

    if (!t->written && t->uncertain_us == 0)
        return;
    product = fstore_product_row(store, req->catalog, req->product, true);
    product->st = FSTORE_DIRTY;
    product->lw = true;
    product = row && !key128_none(row->ow) ? fstore_product_row(store, req->catalog, row->ow, false) : NULL;
    if (product) {
        product->st = FSTORE_DIRTY;
        product->lw = true;
    }
}

static void settle_product(struct fstore_product *product, usec_t now_us, const struct settle_request *req,
                           const struct fstore_settle_side *side, const struct fstore_sku *wanted)
{
    bool there = req->after == ITEM_LIVE || req->after == ITEM_HIDDEN;
    for (uint32_t i = 1; i < req->targets_count; i++)
        if (req->targets[i].gone)
            fstore_x_remove(product, side->skus[i]);
    if (MUTANT(STORE_FAILURE_IS_CLEAN))
        product->st = FSTORE_CLEAN;
    if (!req->success)
        return;
    fstore_version_move(product, req->version, req->at, side->event);
    product->c = there && wanted ? wanted->co : fstore_content_delete();
    product->at = now_us;
    product->ep = req->epoch;
    product->cv = req->version;
    if (!product->lw)
        product->st = FSTORE_CLEAN;
    product->is = req->after;
    fstore_x_remove(product, side->skus[0]);
    product->s = there ? side->skus[0] : (struct key128){0};
    for (uint32_t i = 1; i < req->targets_count; i++)
        if (!req->targets[i].gone)
            fstore_x_add(product, side->skus[i]);
}

static void settle_targets(struct fstore *store, usec_t now_us, const struct settle_request *req,
                           const struct fstore_settle_side *side)
{
    for (uint32_t i = 0; i < req->targets_count; i++) {
        const struct settle_target *target = &req->targets[i];
        struct fstore_sku *row = fstore_sku_row(store, req->catalog, side->skus[i], false);

        if (!row || row->fe != req->fence || !fstore_token_eq(row->tk, req->token)) {
            late_write(store, req, side, i);
            continue;
        }
        fstore_lease_end(row, now_us, target->written,
                         MUTANT(STORE_UNCERTAIN_DROPPED) ? 0 : target->uncertain_us);
        if (target->has_item)
            row->id = side->ids[i];
        if (target->gone) {
            row->id = 0;
            if (key128_eq(row->ow, req->product))
                row->ow = (struct key128){0};
        }
    }
}

static bool stored_by_this_settle(const struct fstore_event *event, const struct settle_request *req)
{
    return event && key128_eq(event->data_hash, req->data_hash) && event->fence == req->fence &&
           fstore_token_eq(event->token, req->token);
}

static enum settle_status settled_before(struct fstore *store, const struct settle_request *req,
                                         const struct fstore_settle_side *side)
{
    fstore_witness_raise(store, req->token.incarnation, side->witness);
    return SETTLE_OK;
}

enum settle_status fstore_settle(struct fstore *store, usec_t now_us, const struct settle_request *req,
                                 const struct fstore_settle_side *side)
{
    struct fstore_sku *wanted;
    struct fstore_event *event;
    struct fstore_product *product;

    if (!store->guard.exists || store->guard.ep != req->epoch)
        return SETTLE_EPOCH;
    wanted = fstore_sku_row(store, req->catalog, side->skus[0], false);
    event = fstore_event_row(store, req->catalog, req->identity, false);
    if (!MUTANT(STORE_FENCE_DROPPED) &&
        (!wanted || wanted->fe != req->fence || !fstore_token_eq(wanted->tk, req->token))) {
        if (stored_by_this_settle(event, req))
            return settled_before(store, req, side);
        if (req->repair && wanted && wanted->fe == req->fence && wanted->tk.incarnation == 0)
            return settled_before(store, req, side); /* a repair stores no outcome */
        for (uint32_t i = 0; i < req->targets_count; i++)
            late_write(store, req, side, i);
        return SETTLE_REFUSED;
    }
    if (stored_by_this_settle(event, req))
        return settled_before(store, req, side);
    if (!req->repair && event) {
        /* it was ended otherwise meanwhile, by whoever got it after us: that outcome stands */
        for (uint32_t i = 0; i < req->targets_count; i++)
            late_write(store, req, side, i);
        settle_targets(store, now_us, req, side);
        return SETTLE_REFUSED;
    }
    if (!req->repair) {
        event = fstore_event_row(store, req->catalog, req->identity, true);
        event->data_hash = req->data_hash;
        event->outcome = req->outcome;
        event->reason = req->reason;
        event->blob = side->blob;
        event->fence = req->fence;
        event->token = req->token;
    }
    product = fstore_product_row(store, req->catalog, req->product, true);
    settle_product(product, now_us, req, side, wanted);
    settle_targets(store, now_us, req, side);
    product->cn = 0;
    fstore_witness_raise(store, req->token.incarnation, side->witness);
    return SETTLE_OK;
}

void fstore_release(struct fstore *store, usec_t now_us, const struct release_request *req,
                    const struct fstore_settle_side *side)
{
    if (!store->guard.exists || store->guard.ep != req->epoch)
        return;
    for (uint32_t i = 0; i < req->targets_count; i++) {
        struct fstore_sku *row = fstore_sku_row(store, req->catalog, side->skus[i], false);

        if (!row || row->fe != req->fence || !fstore_token_eq(row->tk, req->token))
            continue;
        fstore_lease_end(row, now_us, req->targets[i].written, req->targets[i].uncertain_us);
    }
    /* no witness: a release is sent again before the look after a reconnect, and must not hide that writes
     * were lost */
}
