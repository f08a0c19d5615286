/* Claims: asks the store whether an event is to be worked on, and takes what it answers. */
#include "worker/core/state.h"

#include <string.h>

enum { HELD_POLL_US = 50 * 1000, HELD_POLL_MAX_US = 2 * 1000 * 1000 };

void claim_again(struct core *core, struct op *op)
{
    op_move(core, op, OP_CLAIM_DUE);
    list_push(core, op->mode == CLAIM_END ? &core->ends_due : &core->catalogs[op->rec.catalog].claim_due,
              op_slot(core, op));
}

/* Something of this claim is not yet on record: a call that may still land, or a write that lookups may not
 * show. */
static bool has_to_tell(const struct core *core, const struct op *op)
{
    for (uint32_t i = 0; i < op->targets_count; i++) {
        if (op->targets[i].unknown_until_us > core->now_us || op->targets[i].written)
            return true; /* what was written may still be missing from the index of lookups */
    }
    return false;
}

static void claim_emit(struct core *core, struct op *op, struct outputs *out)
{
    struct output *output;
    const struct record *rec = &op->rec;

    /* The claim may end the event and give the lease back; what our calls may still do has to be on record by
     * then. */
    if (has_to_tell(core, op))
        release_emit(core, op, out);
    output = output_add(out, OUT_CLAIM);
    op_move(core, op, OP_CLAIMING);
    op->claim_sent_us = core->now_us;
    op->epoch = core->guard.epoch;
    core->stats.claims++;
    output->op = op_name(core, op);
    output->u.claim = (struct claim_request){
        .mode = op->mode,
        .catalog = rec->catalog,
        .intent = rec->intent,
        .hide_reason = rec->hide_reason,
        .end_outcome = op->outcome,
        .end_reason = op->reason,
        .has_sku = rec->has_sku,
        .force = rec->force,
        .replay = rec->replay,
        .tombstone = rec->tombstone,
        .hint = rec->hint,
        .repair = rec->partition == PARTITION_NONE,
        .epoch = op->epoch,
        .version = rec->version,
        .token = {.incarnation = core->set.incarnation, .op = output->op},
        .product = rec->product,
        .sku = rec->sku,
        .identity = rec->identity,
        .data_hash = rec->data_hash,
        .content = rec->content,
        .at = rec->at,
        .lease_us = core->set.lease_us,
        .late_us = core->set.call_late_us,
        .unchanged_max_age_us = core->set.unchanged_max_age_us,
    };
}

void claim_pump(struct core *core, struct outputs *out)
{
    if (core->guard.state != GUARD_READY)
        return;
    while (core->ends_due.count > 0 && outputs_room(out))
        claim_emit(core, &core->ops[core->ends_due.head], out);
    for (uint32_t i = 0; i < core->set.catalogs_count; i++) {
        struct catalog *cat = &core->catalogs[(core->catalog_cursor + i) % core->set.catalogs_count];
        uint32_t claims_max = core->set.catalogs[cat - core->catalogs].claims_max;

        while (cat->claim_due.count > 0 && cat->claimed < claims_max && outputs_room(out))
            claim_emit(core, &core->ops[cat->claim_due.head], out);
        if (cat->claim_due.count > 0 && cat->claimed < claims_max)
            core->more = true;
    }
    if (core->ends_due.count > 0)
        core->more = true;
}

/* A second claim of the same event knows what the first one learned of the wanted SKU's item, or a short
 * lease would begin the plan anew for ever. */
static void keep_learned(struct target *target, const struct target *before)
{
    target->bad_hash = before->bad_hash;
    target->must_exist = before->must_exist;
    target->lag_until_us = before->lag_until_us;
    if (target->item_hash == 0 || target->item_hash == before->bad_hash) {
        target->item_hash = before->item_hash;
        target->lookup_first = before->lookup_first;
        target->had_item = target->had_item || before->had_item;
    }
}

/* Takes the targets of a grant. What the op itself may have left in flight under an earlier claim stays
 * known: of old SKUs the latest moment holds for each, since their places in the list may have changed. */
static void take_targets(struct core *core, struct op *op, const struct claim_reply *reply)
{
    struct target before = op->targets[0];
    usec_t main_us = before.unknown_until_us, old_us = 0;

    for (uint32_t i = 1; i < op->targets_count; i++) {
        if (op->targets[i].unknown_until_us > old_us)
            old_us = op->targets[i].unknown_until_us;
    }
    ASSERT(reply->targets_count >= 1 && reply->targets_count <= CORE_TARGETS_MAX);
    memset(op->targets, 0, sizeof op->targets);
    op->targets_count = MUTANT(OLD_SKU_KEPT) ? 1 : reply->targets_count;
    op->current = 0;
    for (uint32_t i = 0; i < op->targets_count; i++) {
        const struct claim_target *from = &reply->targets[i];
        struct target *to = &op->targets[i];

        to->item_hash = from->item_hash;
        to->had_item = from->item_hash != 0;
        to->unknown_until_us = i == 0 ? main_us : old_us;
        to->believe_empty_at_us = core->now_us - from->last_write_ago_us + core->set.lookup_lag_us;
        if (to->unknown_until_us > 0 &&
            to->believe_empty_at_us < to->unknown_until_us + core->set.lookup_lag_us)
            to->believe_empty_at_us = to->unknown_until_us + core->set.lookup_lag_us;
    }
    if (op->rec.intent == INTENT_UPSERT)
        keep_learned(&op->targets[0], &before);
    if (MUTANT(UPDATE_BY_OLD_ID) && op->targets_count > 1 && op->rec.intent == INTENT_UPSERT)
        op->targets[0].item_hash = op->targets[1].item_hash;
}

static void granted(struct core *core, struct op *op, const struct claim_reply *reply)
{
    op->leased = true;
    op->told = false; /* the rebuild has not read it: it is done again, and told again */
    op->lease_until_us = (MUTANT(LEASE_FROM_REPLY) ? core->now_us : op->claim_sent_us) + core->set.lease_us;
    if (op->fence == 0) /* later grants know of an item because of this very op */
        op->known_item = reply->known_item;
    op->fence = reply->fence;
    op->version = reply->version;
    op->held_times = 0;
    take_targets(core, op, reply);
    if (!partition_current(core, op)) {
        op_give_up(core, op);
        return;
    }
    if (reply->claims >= CORE_CLAIMS_DEAD) {
        settle_start(core, op, OUTCOME_FAILED, REASON_KILLS_WORKERS, ITEM_ABSENT);
        return;
    }
    op->alone = reply->claims >= CORE_CLAIMS_ALONE;
    if (op->alone)
        core->stats.alone++;
    op_move(core, op, OP_READY);
    list_push(core, &core->catalogs[op->rec.catalog].ready, op_slot(core, op));
}

/* A lease of another may end any moment; a call that may still land is waited for to its end. */
static void hold(struct core *core, struct op *op, usec_t wait_us, bool poll)
{
    if (!partition_current(core, op)) {
        op_give_up(core, op);
        return;
    }
    op->held_uncertain = !poll;
    op->held_until_us = core->now_us + wait_us;
    if (poll) {
        usec_t step_us = (usec_t)HELD_POLL_US << (op->held_times < 6 ? op->held_times : 6);

        if (step_us > HELD_POLL_MAX_US)
            step_us = HELD_POLL_MAX_US;
        if (wait_us > step_us)
            wait_us = step_us;
        if (op->held_times < UINT8_MAX)
            op->held_times++;
    }
    op_move(core, op, OP_HELD);
    timer_set(core, op_slot(core, op), core->now_us + wait_us + 1 + random_span(core, wait_us / 8 + 1000));
}

/* A failure that only the claim could find: it is stored like any outcome, so that a redelivery is answered
 * equally. */
static void end_failed(struct core *core, struct op *op, enum reason reason)
{
    if (!partition_current(core, op)) {
        op_give_up(core, op);
        return;
    }
    op_move(core, op, OP_CLAIM_DUE);
    op->mode = CLAIM_END;
    op->outcome = OUTCOME_FAILED;
    op->reason = reason;
    list_push(core, &core->ends_due, op_slot(core, op));
}

/* The event is in memory, or ends there: nothing is left to be done for it. */
static bool ends(enum claim_status status)
{
    return status == CLAIM_DONE || status == CLAIM_STALE || status == CLAIM_IS_UNCHANGED ||
           status == CLAIM_SKIPPED || status == CLAIM_ENDED || status == CLAIM_CONFLICT ||
           status == CLAIM_NOTHING_KNOWN;
}

void claim_replied(struct core *core, struct op *op, const struct claim_reply *reply, struct outputs *out)
{
    if (op->state != OP_CLAIMING) {
        core->stats.stale_replies++;
        return;
    }
    if (op->told && !op->detached && ends(reply->status)) { /* its result is out: once is enough */
        op_retire(core, op, out);
        return;
    }
    switch (reply->status) {
    case CLAIM_GRANTED: granted(core, op, reply); return;
    case CLAIM_HELD:
        if (MUTANT(HELD_TAKEN_FOR_GRANTED)) {
            struct claim_reply as = {.status = CLAIM_GRANTED, .version = op->rec.version, .targets_count = 1};

            granted(core, op, &as);
            return;
        }
        hold(core, op, reply->wait_us, true);
        return;
    case CLAIM_WAIT: hold(core, op, reply->wait_us, false); return;
    case CLAIM_DONE: op_finish(core, op, reply->outcome, reply->reason, true); return;
    case CLAIM_STALE: op_finish(core, op, OUTCOME_SUPERSEDED, REASON_NEWER_VERSION, false); return;
    case CLAIM_IS_UNCHANGED: op_finish(core, op, OUTCOME_UNCHANGED, REASON_NONE, false); return;
    case CLAIM_SKIPPED: op_finish(core, op, OUTCOME_SKIPPED, reply->reason, false); return;
    case CLAIM_ENDED:
        op->leased = false;
        op_finish(core, op, op->outcome, op->reason, false);
        return;
    case CLAIM_CONFLICT: op_finish(core, op, OUTCOME_FAILED, REASON_IDENTITY_REUSED, false); return;
    case CLAIM_NOTHING_KNOWN: end_failed(core, op, REASON_TOMBSTONE_UNKNOWN); return;
    case CLAIM_TOO_MANY_SKUS: end_failed(core, op, REASON_TOO_MANY_SKUS); return;
    case CLAIM_EPOCH:
        if (op->epoch == core->guard.epoch) /* else it was asked in an epoch that is known to be over */
            guard_suspect(core);
        break;
    case CLAIM_UNANSWERED: break;
    }
    if (partition_current(core, op))
        claim_again(core, op);
    else
        op_give_up(core, op);
}
