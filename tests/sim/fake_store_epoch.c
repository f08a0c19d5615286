/* Call budget, epoch and rebuild of the store's model. */
#include "tests/sim/fake_store_tables.h"

#include "worker/core/mutant.h"

static const usec_t builder_lease_us = 10 * 1000 * 1000;

uint32_t fstore_budget_take(struct fstore *store, uint8_t catalog, usec_t now_us, uint32_t n,
                            usec_t interval_us, uint32_t burst, usec_t *wait_us)
{
    struct fstore_catalog *cat = &store->catalogs[catalog];
    usec_t room_us = interval_us * (usec_t)burst;
    usec_t tat = cat->tat > now_us ? cat->tat : now_us;
    uint32_t granted = 0;

    *wait_us = 0;
    if (cat->bb > now_us) {
        *wait_us = cat->bb - now_us;
        return 0;
    }
    while (granted < n && tat + interval_us - now_us <= room_us) {
        tat += interval_us;
        granted++;
    }
    if (granted > 0)
        cat->tat = tat;
    if (granted < n)
        *wait_us = tat + interval_us - room_us - now_us;
    return granted;
}

void fstore_budget_block(struct fstore *store, uint8_t catalog, usec_t now_us, usec_t block_us,
                         usec_t interval_us, uint32_t burst)
{
    struct fstore_catalog *cat = &store->catalogs[catalog];
    usec_t tat;

    if (now_us + block_us > cat->bb)
        cat->bb = now_us + block_us;
    tat = cat->bb + interval_us * ((usec_t)burst - 1); /* room for exactly one when it is over */
    if (tat > cat->tat)
        cat->tat = tat;
}

void fstore_look(struct fstore *store, usec_t now_us, uint64_t incarnation, struct store_view *view)
{
    struct fstore_guard *g = &store->guard;

    if (g->exists && !g->rd && g->bt == incarnation)
        g->bu = now_us + builder_lease_us; /* the builder's own looks renew its lease */
    view->answered = true;
    view->epoch = g->exists ? g->ep : 0;
    view->ready = g->exists && g->rd;
    view->builder_alive = g->exists && !g->rd && g->bu > now_us;
    view->builder = view->builder_alive && g->bt == incarnation;
    view->wait_us = g->exists && g->q > now_us ? g->q - now_us : 0;
}

void fstore_raise(struct fstore *store, usec_t now_us, uint64_t incarnation, uint64_t known, usec_t quiet_us,
                  struct store_view *view)
{
    struct fstore_guard *g = &store->guard;

    if (!g->exists || g->ep <= known) {
        uint64_t next = (uint64_t)(now_us / 1000);

        if (next <= known)
            next = known + 1;
        if (g->exists && next <= g->ep)
            next = g->ep + 1;
        *g = (struct fstore_guard){.exists = true,
                                   .ep = next,
                                   .first = quiet_us == 0,
                                   .bt = incarnation,
                                   .bu = now_us + builder_lease_us,
                                   .q = now_us + quiet_us};
    } else if (!g->rd && g->bu <= now_us) {
        g->bt = incarnation;
        g->bu = now_us + builder_lease_us;
    }
    fstore_look(store, now_us, incarnation, view);
}

static bool is_builder(const struct fstore *store, uint64_t incarnation, uint64_t epoch)
{
    const struct fstore_guard *g = &store->guard;

    return g->exists && !g->rd && g->ep == epoch && g->bt == incarnation;
}

/* A redelivery after the loss is answered as before it. */
static void restore_outcome(struct fstore *store, const struct fstore_result *result)
{
    struct fstore_event *event;

    if (key128_none(result->identity) || fstore_event_row(store, result->catalog, result->identity, false))
        return;
    event = fstore_event_row(store, result->catalog, result->identity, true);
    event->data_hash = result->data_hash;
    event->outcome = result->outcome;
    event->reason = result->reason;
    event->blob = result->blob;
}

bool fstore_rebuild(struct fstore *store, usec_t now_us, uint64_t incarnation, uint64_t epoch,
                    const struct fstore_result *result)
{
    struct fstore_product *p;
    struct fstore_sku *row;

    if (!is_builder(store, incarnation, epoch))
        return false;
    store->guard.bu = now_us + builder_lease_us;
    if (!result || key128_none(result->product))
        return true;
    restore_outcome(store, result);
    p = fstore_product_row(store, result->catalog, result->product, false);
    if (result->outcome == OUTCOME_FAILED || (p && p->v > result->version))
        return true;
    p = fstore_product_row(store, result->catalog, result->product, true);
    fstore_version_move(p, result->version, result->at, result->event);
    p->st = FSTORE_DIRTY; /* what it shows is of an older epoch: not trusted */
    if (key128_none(result->sku))
        return true;
    if (result->item == ITEM_LIVE || result->item == ITEM_HIDDEN) {
        p = fstore_product_row(store, result->catalog, result->product, true);
        p->is = result->item;
        p->cv = result->shown_version;
        if (!key128_none(p->s) && !key128_eq(p->s, result->sku))
            fstore_x_add(p, p->s);
        p->s = result->sku;
        row = fstore_sku_row(store, result->catalog, result->sku, true);
        row->ow = result->product;
        row->id = result->id;
    } else if (result->item == ITEM_DELETED) {
        p = fstore_product_row(store, result->catalog, result->product, true);
        p->is = ITEM_DELETED;
        p->cv = result->shown_version;
        p->s = (struct key128){0};
        row = fstore_sku_row(store, result->catalog, result->sku, true);
        row->id = 0;
        if (key128_eq(row->ow, result->product))
            row->ow = (struct key128){0};
    }
    return true;
}

void fstore_ready(struct fstore *store, usec_t now_us, uint64_t incarnation, uint64_t epoch,
                  struct store_view *view)
{
    struct fstore_guard *g = &store->guard;

    if (is_builder(store, incarnation, epoch) && g->q <= now_us)
        g->rd = true;
    fstore_look(store, now_us, incarnation, view);
}
