/* The claim script of the store's model: docs/store.md, "Claim", step by step. */
#include "tests/sim/fake_store_tables.h"

#include "worker/core/mutant.h"

#include <string.h>

enum { NEVER_AGO_SHIFT = 1 }; /* "never written" is INT64_MAX / 2 */

/* One claim on its way through the steps. */
struct claim {
    struct fstore *store;
    usec_t now_us;
    const struct claim_request *req;
    const struct fstore_claim_side *side;
    struct fstore_claim_answer *answer;
    struct fstore_product *product; /* NULL: unknown */
    uint64_t version;
    struct key128 content; /* of the wanted SKU */
    uint32_t targets_count;
    struct key128 targets[CORE_TARGETS_MAX];
};

static bool held(const struct claim *c, struct key128 sku)
{
    const struct fstore_sku *row = fstore_find_sku(c->store, c->req->catalog, sku);

    return !key128_none(sku) && row && key128_eq(row->ow, c->req->product);
}

static bool owned_by_other(const struct claim *c, struct key128 sku)
{
    const struct fstore_sku *row = fstore_find_sku(c->store, c->req->catalog, sku);

    if (MUTANT(STORE_OWNER_NOT_CHECKED))
        return false;
    return !key128_none(sku) && row && !key128_none(row->ow) && !key128_eq(row->ow, c->req->product);
}

static void finish(struct claim *c, enum claim_status status)
{
    c->answer->reply.status = status;
}

/* Gives back what this very token holds of the product's SKUs. */
static void give_back(struct claim *c)
{
    for (uint32_t i = 0; i < c->store->skus_count; i++) {
        struct fstore_sku *row = &c->store->skus[i];

        if (row->catalog == c->req->catalog && fstore_token_eq(row->tk, c->req->token))
            fstore_lease_end(row, c->now_us, false, 0);
    }
}

/* The event ends here: its outcome is stored (not a repair's: its event has one), and what is leased given
 * back. */
static void store_end(struct claim *c, enum outcome outcome, enum reason reason)
{
    struct fstore_event *event;

    give_back(c);
    if (c->req->repair)
        return;
    event = fstore_event_row(c->store, c->req->catalog, c->req->identity, true);

    event->data_hash = c->req->data_hash;
    event->outcome = outcome;
    event->reason = reason;
    event->blob = outcome == OUTCOME_SUPERSEDED && c->req->mode == CLAIM_WORK ? c->answer->superseded_by
                                                                              : c->side->blob;
    event->fence = 0;
    event->token = c->req->token;
}

/* The last version moves with an outcome other than failed; content and state stay what the catalog shows. */
static void move_version(struct claim *c)
{
    c->product = fstore_product_row(c->store, c->req->catalog, c->req->product, true);
    fstore_version_move(c->product, c->version, c->req->at, c->side->event);
}

static bool step_stored(struct claim *c)
{
    const struct fstore_event *event = fstore_find_event(c->store, c->req->catalog, c->req->identity);

    if (!event || c->req->repair || MUTANT(STORE_OUTCOME_IGNORED))
        return false;
    if (!key128_eq(event->data_hash, c->req->data_hash)) {
        finish(c, CLAIM_CONFLICT);
        return true;
    }
    c->answer->reply.outcome = event->outcome;
    c->answer->reply.reason = event->reason;
    c->answer->stored_reason = event->reason;
    c->answer->blob = event->blob;
    give_back(c);
    finish(c, CLAIM_DONE);
    return true;
}

/* An event that another worker is making calls for is not ended behind its back: it may be redelivered, and
 * absorbed, while the worker that had it before is stopped. */
static bool worked_on_elsewhere(struct claim *c)
{
    const struct fstore_product *p = c->product;
    usec_t held_us = 0;

    if (!p || !key128_eq(p->ci, c->req->identity))
        return false;
    for (uint32_t i = 0; i <= p->x_count; i++) {
        const struct fstore_sku *row =
            fstore_find_sku(c->store, c->req->catalog, i == 0 ? p->s : p->x[i - 1]);

        if (row && row->tk.incarnation != 0 && row->un > c->now_us &&
            !fstore_token_eq(row->tk, c->req->token) && key128_eq(row->ow, c->req->product) &&
            row->un - c->now_us > held_us)
            held_us = row->un - c->now_us;
    }
    if (held_us == 0 || MUTANT(STORE_ENDED_ELSEWHERE))
        return false;
    c->answer->reply.wait_us = held_us;
    finish(c, CLAIM_HELD);
    return true;
}

static bool step_end(struct claim *c)
{
    if (c->req->mode != CLAIM_END)
        return false;

    store_end(c, c->req->end_outcome, c->req->end_reason);
    if (c->req->end_outcome != OUTCOME_FAILED && c->version > (c->product ? c->product->v : 0))
        move_version(c);
    finish(c, CLAIM_ENDED);
    return true;
}

/* Whether the event that moved the version last stands at the request's place in the log. */
static bool newest_is_here(const struct claim *c)
{
    const struct fstore_product *p = c->product;

    return p && p->v != 0 && p->topic == c->req->at.topic && p->partition == c->req->at.partition &&
           p->offset == c->req->at.offset;
}

/* A repair does the newest event again. Where memory has the version of another place by now, or none since
 * an operator changed it, that event is not the newest any more. A tombstone has no version of its own: the
 * place tells the two apart where the version does not. */
static bool step_repair(struct claim *c)
{
    if (!c->req->repair || newest_is_here(c) || MUTANT(HAND_REPAIR_GOES_ON))
        return false;
    c->answer->superseded_by = FSTORE_NOBODY;
    store_end(c, OUTCOME_SUPERSEDED, REASON_NEWER_VERSION);
    finish(c, CLAIM_STALE);
    return true;
}

static bool step_tombstone(struct claim *c)
{
    if (!c->req->tombstone)
        return false;
    if (!c->product && !c->req->has_sku) {
        finish(c, CLAIM_NOTHING_KNOWN);
        return true;
    }
    c->version = c->product ? c->product->v : 0;
    return false;
}

static bool step_stale(struct claim *c)
{
    const struct fstore_product *p = c->product;
    bool stale;

    if (!p || MUTANT(STORE_STALE_ACCEPTED))
        return false;
    stale = p->v > c->version;
    if (p->v == c->version) {
        bool later = p->topic == c->req->at.topic && p->partition == c->req->at.partition &&
                     p->offset > c->req->at.offset;

        stale = later || (c->req->replay && !c->req->repair && !key128_eq(p->c, c->content));
    }
    if (!stale)
        return false;
    c->answer->superseded_by = p->ev;
    store_end(c, OUTCOME_SUPERSEDED, REASON_NEWER_VERSION);
    finish(c, CLAIM_STALE);
    return true;
}

static bool target_listed(const struct claim *c, struct key128 sku)
{
    for (uint32_t i = 0; i < c->targets_count; i++)
        if (key128_eq(c->targets[i], sku))
            return true;
    return false;
}

/* Adds the held ones of `s` and `x` as old SKUs. False: more than fit. */
static bool add_old(struct claim *c)
{
    if (!c->product)
        return true;
    for (uint32_t i = 0; i <= c->product->x_count; i++) {
        struct key128 sku = i == 0 ? c->product->s : c->product->x[i - 1];

        if (!held(c, sku) || target_listed(c, sku))
            continue;
        if (c->targets_count == CORE_TARGETS_MAX)
            return false;
        c->targets[c->targets_count++] = sku;
    }
    return true;
}

/* The wanted SKU of a hide or a delete; zero: none. */
static struct key128 wanted_of(const struct claim *c)
{
    bool has_sku = c->req->has_sku, taken = has_sku && owned_by_other(c, c->req->sku);

    if (c->product && held(c, c->product->s))
        return c->product->s;
    if (has_sku && (held(c, c->req->sku) || (c->req->intent == INTENT_DELETE && !taken)))
        return c->req->sku;
    for (uint32_t i = 0; c->product && i < c->product->x_count; i++)
        if (held(c, c->product->x[i]))
            return c->product->x[i];
    if (!has_sku || taken || c->req->intent == INTENT_DELETE)
        return (struct key128){0};
    /* hide: worth a lookup only where an item may be there of which memory does not know */
    if ((c->product && c->product->ep != 0) || (c->store->guard.first && !c->req->hint))
        return (struct key128){0};
    return c->req->sku;
}

static enum reason skip_reason(const struct claim *c)
{
    if (c->req->intent == INTENT_HIDE)
        return c->req->hide_reason;
    if ((c->req->has_sku && owned_by_other(c, c->req->sku)) ||
        (c->product && owned_by_other(c, c->product->s)))
        return REASON_SKU_TAKEN;
    return REASON_NOT_IN_CATALOG;
}

static bool skip(struct claim *c, enum reason reason)
{
    c->answer->reply.reason = reason;
    store_end(c, OUTCOME_SKIPPED, reason);
    move_version(c);
    finish(c, CLAIM_SKIPPED);
    return true;
}

static bool step_targets(struct claim *c)
{
    const struct fstore_product *p = c->product;
    struct key128 wanted = c->req->intent == INTENT_UPSERT ? c->req->sku : wanted_of(c);

    if (c->req->intent != INTENT_UPSERT) {

        if (key128_none(wanted))
            return skip(c, skip_reason(c));
        if (p && p->st == FSTORE_CLEAN && p->ep == c->req->epoch && !c->req->force && p->x_count == 0 &&
            (p->is == ITEM_ABSENT || p->is == ITEM_DELETED))
            return skip(c, c->req->intent == INTENT_HIDE ? c->req->hide_reason : REASON_NOT_IN_CATALOG);
    }
    ASSERT(!key128_none(wanted));
    c->targets[c->targets_count++] = wanted;
    if (!add_old(c)) {
        finish(c, CLAIM_TOO_MANY_SKUS);
        return true;
    }
    return false;
}

static struct key128 content_of_target(const struct claim *c, uint32_t i)
{
    return i == 0 ? c->content : fstore_content_delete();
}

/* Keeps what a lease that ran out unsettled may still do. */
static void note_expired(const struct claim *c, struct fstore_sku *row)
{
    usec_t until_us = row->un + c->req->late_us;

    if (row->tk.incarnation == 0 || row->un > c->now_us || fstore_token_eq(row->tk, c->req->token))
        return;
    if (until_us > row->uu && !MUTANT(STORE_EXPIRED_IS_SAFE)) {
        row->uu = until_us;
        row->uc = row->co;
    }
}

static bool step_wait(struct claim *c)
{
    usec_t held_us = 0, wait_us = 0;

    for (uint32_t i = 0; i < c->targets_count; i++) {
        struct fstore_sku *row = fstore_sku_row(c->store, c->req->catalog, c->targets[i], false);

        if (!row)
            continue;
        note_expired(c, row);
        if (row->tk.incarnation != 0 && row->un > c->now_us && !fstore_token_eq(row->tk, c->req->token) &&
            row->un - c->now_us > held_us && !MUTANT(STORE_LEASE_IGNORED))
            held_us = row->un - c->now_us;
        if (row->uu > c->now_us && !key128_eq(row->uc, content_of_target(c, i)) &&
            row->uu - c->now_us > wait_us && !MUTANT(STORE_UNCERTAIN_IGNORED))
            wait_us = row->uu - c->now_us;
    }
    if (held_us == 0 && wait_us == 0)
        return false;
    c->answer->reply.wait_us = held_us > 0 ? held_us : wait_us;
    finish(c, held_us > 0 ? CLAIM_HELD : CLAIM_WAIT);
    return true;
}

static bool step_unchanged(struct claim *c)
{
    struct fstore_product *p = c->product;
    const struct fstore_sku *row = fstore_find_sku(c->store, c->req->catalog, c->targets[0]);
    enum item_state there = c->req->intent == INTENT_UPSERT ? ITEM_LIVE : ITEM_HIDDEN;

    if (!p || c->req->intent == INTENT_DELETE || c->req->force || c->req->repair || p->lw)
        return false;
    if (p->st != FSTORE_CLEAN && !MUTANT(STORE_DIRTY_BELIEVED))
        return false;
    if (!key128_eq(p->c, c->content) || (p->ep != c->req->epoch && !MUTANT(STORE_OLD_EPOCH_BELIEVED)))
        return false;
    if (p->is != there || c->now_us - p->at > c->req->unchanged_max_age_us)
        return false;
    if (c->targets_count != 1 || !key128_eq(p->s, c->targets[0]))
        return false;
    if (!row || row->id == 0 || (!held(c, c->targets[0]) && !MUTANT(STORE_OWNER_NOT_CHECKED)))
        return false;
    store_end(c, OUTCOME_UNCHANGED, REASON_NONE);
    move_version(c);
    c->product->cv = c->version;
    finish(c, CLAIM_IS_UNCHANGED);
    return true;
}

/* Deaths of this very event's claims, by the lease that the wanted SKU was left with. */
static uint32_t count_claims(const struct claim *c, const struct fstore_sku *wanted)
{
    const struct fstore_product *p = c->product;
    bool same_event = key128_eq(p->ci, c->req->identity);

    if (fstore_token_eq(wanted->tk, c->req->token))
        return same_event ? p->cn : 0;
    if (same_event && wanted->tk.incarnation != 0 && wanted->tk.incarnation != c->req->token.incarnation)
        return p->cn + 1; /* step_wait let it pass: it has run out */
    return 0;
}

static void grant_target(struct claim *c, uint32_t i, uint64_t fence)
{
    struct fstore_sku *row = fstore_sku_row(c->store, c->req->catalog, c->targets[i], true);
    usec_t last_us = row->wr > row->uu ? row->wr : row->uu;

    c->answer->skus[i] = c->targets[i];
    c->answer->ids[i] = row->id;
    c->answer->reply.targets[i].item_hash = row->id;
    c->answer->reply.targets[i].last_write_ago_us =
        last_us == 0 ? INT64_MAX >> NEVER_AGO_SHIFT : c->now_us - last_us;
    row->tk = c->req->token;
    row->un = c->now_us + c->req->lease_us;
    row->co = content_of_target(c, i);
    row->fe = fence;
    if (i > 0 || key128_eq(row->ow, c->req->product))
        return;
    if (!key128_none(row->ow)) {
        struct fstore_product *before = fstore_product_row(c->store, c->req->catalog, row->ow, false);

        if (before && !MUTANT(STORE_LOSER_STAYS_CLEAN))
            before->st = FSTORE_DIRTY;
    }
    row->ow = c->req->product;
}

static void step_grant(struct claim *c)
{
    struct fstore_catalog *cat = &c->store->catalogs[c->req->catalog];
    struct claim_reply *reply = &c->answer->reply;
    struct fstore_product *p = c->product;
    uint64_t fence = ++cat->f;

    reply->fence = fence;
    reply->version = c->version;
    reply->known_item = p && (p->is == ITEM_LIVE || p->is == ITEM_HIDDEN || p->st == FSTORE_DIRTY);
    reply->targets_count = (uint8_t)c->targets_count;
    c->answer->shown_version = p ? p->cv : 0;
    c->product = p = fstore_product_row(c->store, c->req->catalog, c->req->product, true);
    p->cn = count_claims(c, fstore_sku_row(c->store, c->req->catalog, c->targets[0], true));
    p->ci = c->req->identity;
    reply->claims = (uint8_t)(p->cn > UINT8_MAX ? UINT8_MAX : p->cn);
    for (uint32_t i = 0; i < c->targets_count; i++)
        grant_target(c, i, fence);
    if (!MUTANT(STORE_CLEAN_AT_GRANT))
        p->st = FSTORE_DIRTY;
    p->lw = false;
    if (p->ep == 0)
        p->ep = c->req->epoch;
    p->x_count = 0;
    for (uint32_t i = 0; i < c->targets_count; i++)
        if (!key128_eq(p->s, c->targets[i]) && !MUTANT(STORE_OLD_SKU_FORGOTTEN))
            fstore_x_add(p, c->targets[i]);
    finish(c, CLAIM_GRANTED);
}

void fstore_claim(struct fstore *store, usec_t now_us, const struct claim_request *req,
                  const struct fstore_claim_side *side, struct fstore_claim_answer *answer)
{
    struct claim c = {.store = store, .now_us = now_us, .req = req, .side = side, .answer = answer};

    memset(answer, 0, sizeof *answer);
    if (!store->guard.exists || !store->guard.rd || store->guard.ep != req->epoch) {
        finish(&c, CLAIM_EPOCH);
        return;
    }
    c.product = fstore_product_row(store, req->catalog, req->product, false);
    if (c.product && c.product->hu > now_us && !MUTANT(HAND_HOLD_IGNORED)) { /* by an operator */
        answer->reply.wait_us = c.product->hu - now_us;
        finish(&c, CLAIM_HELD);
        return;
    }
    c.version = req->version;
    c.content = req->intent == INTENT_UPSERT ? req->content
                : req->intent == INTENT_HIDE ? fstore_content_hide()
                                             : fstore_content_delete();
    if (step_stored(&c) || worked_on_elsewhere(&c) || step_end(&c) || step_repair(&c) || step_tombstone(&c) ||
        step_stale(&c) || step_targets(&c) || step_wait(&c) || step_unchanged(&c))
        ;
    else
        step_grant(&c);
    fstore_witness_raise(store, req->token.incarnation, side->witness);
}
