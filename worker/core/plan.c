/* The plan of one op: which call comes next, and what its answer means. Per target one of
 *
 *   upsert   id known: UPDATE; else CREATE (the API itself refuses a second item of one SKU, or updates it)
 *            UPDATE not found -> LOOKUP -> UPDATE of another id, or CREATE
 *            CREATE duplicate -> UPDATE of the id that came with it, else LOOKUP -> UPDATE
 *            CREATE without answer -> CREATE again where the API upserts, else LOOKUP first
 *   hide     id known: HIDE, else LOOKUP -> HIDE, or nothing to hide
 *   delete   id known: DELETE, else LOOKUP -> DELETE, or nothing to delete
 *            DELETE not found -> LOOKUP: only an empty one proves that it is gone and not merely out of our
 * rights
 *
 * catalog-api.md, "What a first-class client must do", 4 to 6. Old SKUs are deleted after the wanted one is
 * written. */
#include "worker/core/state.h"

enum {
    FEW_TRIES = 3
}; /* refusals by an unknown code, or for a cause that others may share, before they are believed */

static enum intent target_intent(const struct op *op)
{
    return op->current == 0 ? op->rec.intent : INTENT_DELETE;
}

enum call_kind plan_next(const struct core *core, const struct op *op)
{
    const struct target *target = &op->targets[op->current];

    (void)core;
    if (target->lookup_first)
        return CALL_LOOKUP;
    switch (target_intent(op)) {
    case INTENT_UPSERT: return target->item_hash ? CALL_UPDATE : CALL_CREATE;
    case INTENT_HIDE: return target->item_hash ? CALL_HIDE : CALL_LOOKUP;
    case INTENT_DELETE: return target->item_hash ? CALL_DELETE : CALL_LOOKUP;
    }
    UNREACHABLE("intent");
}

static void ready_again(struct core *core, struct op *op)
{
    op_move(core, op, OP_READY);
    list_push_front(core, &core->catalogs[op->rec.catalog].ready, op_slot(core, op));
}

static void finish_upsert(struct core *core, struct op *op)
{
    settle_start(core, op, op->created ? OUTCOME_CREATED : OUTCOME_UPDATED, REASON_NONE, ITEM_LIVE);
}

static void finish_hide(struct core *core, struct op *op)
{
    if (op->targets[0].gone)
        settle_start(core, op, OUTCOME_SKIPPED, op->rec.hide_reason, ITEM_ABSENT);
    else
        settle_start(core, op, OUTCOME_UPDATED, REASON_NONE, ITEM_HIDDEN);
}

static void finish_delete(struct core *core, struct op *op)
{
    bool existed = false;

    for (uint32_t i = 0; i < op->targets_count; i++)
        existed = existed || op->targets[i].had_item;
    if (existed)
        settle_start(core, op, OUTCOME_DELETED, REASON_NONE, ITEM_DELETED);
    else
        settle_start(core, op, OUTCOME_SKIPPED, REASON_NOT_IN_CATALOG, ITEM_DELETED);
}

/* This target is done: on to the next, or to the verdict. */
static void target_done(struct core *core, struct op *op)
{
    op->targets[op->current].done = true;
    if (op->current + 1u < op->targets_count) {
        op->current++;
        ready_again(core, op);
        return;
    }
    switch (op->rec.intent) {
    case INTENT_UPSERT: finish_upsert(core, op); return;
    case INTENT_HIDE: finish_hide(core, op); return;
    case INTENT_DELETE: finish_delete(core, op); return;
    }
    UNREACHABLE("intent");
}

static void fail_for_good(struct core *core, struct op *op, enum reason reason)
{
    settle_start(core, op, OUTCOME_FAILED, reason, ITEM_ABSENT);
}

static void back_off(struct core *core, struct op *op, usec_t until_us, bool retrying)
{
    op->retrying = retrying;
    op_move(core, op, OP_BACKOFF);
    timer_set(core, op_slot(core, op), until_us);
}

void plan_fail_transient(struct core *core, struct op *op, usec_t wait_us)
{
    struct catalog *cat = &core->catalogs[op->rec.catalog];
    usec_t delay_us;

    core->stats.retries++;
    op->failures++;
    /* P6: a try counts only if the catalog is known to have worked since the last one */
    if (cat->success_seq != op->success_seq_seen || MUTANT(OUTAGE_COUNTED)) {
        op->counted++;
        core->stats.counted_failures++;
        if (op->last_failure_us > 0)
            op->aged_us += core->now_us - op->last_failure_us;
    }
    op->success_seq_seen = cat->success_seq;
    op->last_failure_us = core->now_us;
    if (op->counted >= core->set.retry_attempts_max) {
        fail_for_good(core, op, REASON_ATTEMPTS);
        return;
    }
    if (op->aged_us >= core->set.retry_age_max_us) {
        fail_for_good(core, op, REASON_AGE);
        return;
    }
    delay_us = retry_backoff(core, op->failures);
    back_off(core, op, core->now_us + (delay_us > wait_us ? delay_us : wait_us), true);
}

/* What the index says and what the API said of the item do not agree: for as long as it may lag that is
 * waited for, and only then counted as a failure. */
static void index_contradicts(struct core *core, struct op *op)
{
    if (op->call_sent_us >= op->targets[op->current].lag_until_us) {
        plan_fail_transient(core, op, 0);
        return;
    }
    if (op->lag_waits < UINT16_MAX)
        op->lag_waits++;
    back_off(core, op, core->now_us + retry_backoff(core, op->lag_waits), false);
}

static void looked_up(struct core *core, struct op *op, uint64_t found)
{
    struct target *target = &op->targets[op->current];
    bool upsert = target_intent(op) == INTENT_UPSERT;

    if (found && found != target->bad_hash) {
        target->lookup_first = false;
        target->item_hash = found;
        target->had_item = true;
        ready_again(core, op);
    } else if (upsert && !target->must_exist) {
        target->lookup_first =
            false; /* absent, or listed under an id that is gone: a create tells the truth */
        ready_again(core, op);
    } else if (upsert || found) {
        target->bad_hash =
            0; /* listed all the same: the index lags, or it was a want of rights; try it again */
        index_contradicts(core, op);
    } else if (op->call_sent_us < target->believe_empty_at_us && !MUTANT(EMPTY_LOOKUP_BELIEVED)) {
        back_off(core, op, target->believe_empty_at_us, false);
    } else {
        target->gone = true;
        target_done(core, op);
    }
}

static void not_found(struct core *core, struct op *op)
{
    struct target *target = &op->targets[op->current];

    if (op->call == CALL_LOOKUP || op->call == CALL_CREATE) {
        plan_fail_transient(core, op, 0); /* the catalog itself is not found: rights, or its index */
        return;
    }
    if (MUTANT(LOOKUP_SKIPPED) && op->call == CALL_UPDATE) {
        fail_for_good(core, op, REASON_REFUSED);
        return;
    }
    if (MUTANT(DELETE_NOT_FOUND_UNSURE) && op->call == CALL_DELETE) {
        target->gone = true;
        target_done(core, op);
        return;
    }
    target->bad_hash = target->item_hash;
    target->item_hash = 0;
    target->lookup_first = true;
    target->must_exist = false;
    target->lag_until_us = core->now_us + core->set.lookup_lag_us;
    ready_again(core, op);
}

static void duplicate(struct core *core, struct op *op, uint64_t item_hash)
{
    struct target *target = &op->targets[op->current];

    if (op->call != CALL_CREATE || (item_hash && item_hash == target->bad_hash)) {
        target->bad_hash = 0;
        plan_fail_transient(core, op, 0);
        return;
    }
    target->item_hash = item_hash;
    target->had_item = true;
    target->lookup_first = item_hash == 0;
    target->must_exist = true;
    target->lag_until_us = core->now_us + core->set.lookup_lag_us;
    ready_again(core, op);
}

static void succeeded(struct core *core, struct op *op, const struct call_reply *reply)
{
    struct target *target = &op->targets[op->current];

    switch (op->call) {
    case CALL_LOOKUP: looked_up(core, op, reply->item_hash); return;
    case CALL_CREATE:
        op->created = !op->known_item;
        target->item_hash = reply->item_hash;
        break;
    case CALL_DELETE: target->gone = true; break;
    case CALL_UPDATE:
    case CALL_HIDE: break;
    }
    target_done(core, op);
}

/* A create whose answer was lost: where the API does not upsert, a second one would only be refused, so look
 * first. */
static void remember_lost_create(struct core *core, struct op *op, const struct call_reply *reply)
{
    if (op->call == CALL_CREATE && reply->unknown && !core->set.catalogs[op->rec.catalog].upsert) {
        op->targets[0].lookup_first = true;
        op->created = !op->known_item;
    }
}

/* A refusal is believed at once if it speaks of the product's own data; else after a few tries, and never
 * while all products are refused alike: then it is the catalog, and the event waits for it, uncounted. */
static void refused(struct core *core, struct op *op, const struct call_reply *reply)
{
    struct catalog *cat = &core->catalogs[op->rec.catalog];

    if (reply->shared && gate_refuses_all(core, cat)) {
        op_move(core, op, OP_READY);
        list_push(core, &cat->ready, op_slot(core, op));
    } else if ((reply->few || reply->shared) && ++op->few < FEW_TRIES) {
        plan_fail_transient(core, op, reply->wait_us);
    } else {
        fail_for_good(core, op, REASON_REFUSED);
    }
}

void plan_replied(struct core *core, struct op *op, const struct call_reply *reply)
{
    remember_lost_create(core, op, reply);
    switch (reply->class) {
    case CALLED_OK: succeeded(core, op, reply); return;
    case CALLED_NOT_FOUND: not_found(core, op); return;
    case CALLED_DUPLICATE: duplicate(core, op, reply->item_hash); return;
    case CALLED_REFUSED: refused(core, op, reply); return;
    case CALLED_TRANSIENT:
        if (MUTANT(UNKNOWN_IS_FAILURE) && reply->unknown)
            fail_for_good(core, op, REASON_REFUSED);
        else
            plan_fail_transient(core, op, reply->wait_us);
        return;
    case CALLED_NOT_SENT: claim_again(core, op); return;
    case CALLED_THROTTLED:
        if (MUTANT(THROTTLE_IGNORED)) {
            op->counted++;
            plan_fail_transient(core, op, reply->wait_us);
            return;
        }
        break;
    case CALLED_AUTH:
        if (MUTANT(AUTH_IS_FAILURE)) {
            fail_for_good(core, op, REASON_REFUSED);
            return;
        }
        break;
    case CALLED_BLOCKED:
    case CALLED_FORBIDDEN: break;
    }
    op_move(core, op, OP_READY); /* the gate closed: it waits for it, uncounted */
    list_push(core, &core->catalogs[op->rec.catalog].ready, op_slot(core, op));
}
