/* Settle: what became of an event is stored, fenced, before anybody is told. */
#include "worker/core/state.h"

void settle_start(struct core *core, struct op *op, enum outcome outcome, enum reason reason,
                  enum item_state after)
{
    if (core->set.plan_only &&
        (outcome == OUTCOME_CREATED || outcome == OUTCOME_UPDATED || outcome == OUTCOME_DELETED)) {
        op->planned = outcome;
        outcome = OUTCOME_SKIPPED;
        reason = REASON_PLAN_ONLY;
    }
    op->outcome = outcome;
    op->reason = reason;
    op->after = after;
    op->success = outcome != OUTCOME_FAILED;
    if (MUTANT(SETTLE_SKIPPED) && op->success && op->state == OP_CALLING) {
        op_move(core, op, OP_SETTLE_DUE);
        op_move(core, op, OP_SETTLING);
        op_finish(core, op, outcome, reason, false);
        return;
    }
    op_move(core, op, OP_SETTLE_DUE);
    list_push(core, &core->settle_due, op_slot(core, op));
}

static void fill_targets(const struct core *core, const struct op *op, struct settle_target *to)
{
    for (uint32_t i = 0; i < op->targets_count; i++) {
        const struct target *from = &op->targets[i];
        usec_t left_us = from->unknown_until_us - core->now_us;

        to[i] = (struct settle_target){
            .gone = from->gone,
            .has_item = from->item_hash != 0,
            .written = from->written,
            .uncertain_us = left_us > 0 && !MUTANT(UNKNOWN_FORGOTTEN) ? left_us : 0,
        };
    }
}

static void settle_emit(struct core *core, struct op *op, struct outputs *out)
{
    struct output *output = output_add(out, OUT_SETTLE);
    struct settle_request *req = &output->u.settle;

    op_move(core, op, OP_SETTLING);
    output->op = op_name(core, op);
    *req = (struct settle_request){
        .catalog = op->rec.catalog,
        .success = op->success,
        .outcome = op->outcome,
        .planned = op->planned,
        .reason = op->reason,
        .after = op->after,
        .epoch = op->epoch,
        .fence = op->fence,
        .version = op->version,
        .token = {.incarnation = core->set.incarnation, .op = output->op},
        .product = op->rec.product,
        .identity = op->rec.identity,
        .data_hash = op->rec.data_hash,
        .content = op->rec.content,
        .at = op->rec.at,
        .repair = op->rec.partition == PARTITION_NONE,
        .targets_count = op->targets_count,
    };
    fill_targets(core, op, req->targets);
}

void settle_pump(struct core *core, struct outputs *out)
{
    while (core->settle_due.count > 0 && core->guard.state == GUARD_READY) {
        if (!outputs_room(out)) {
            core->more = true;
            return;
        }
        settle_emit(core, &core->ops[core->settle_due.head], out);
    }
}

static void refused(struct core *core, struct op *op, struct outputs *out)
{
    bool written = false;

    for (uint32_t i = 0; i < op->targets_count; i++)
        written = written || op->targets[i].written;
    op->leased = false;
    if (written) {
        core->stats.late_writes++;
        if (!MUTANT(REPAIR_SKIPPED)) {
            core->stats.repairs++;
            output_add(out, OUT_REPAIR)->op = op_name(core, op);
        }
    }
}

/* What the call did is not on record: the event is claimed anew, and its calls repeat the same content. */
static void start_over(struct core *core, struct op *op)
{
    op->leased = false;
    if (partition_current(core, op))
        claim_again(core, op);
    else
        op_give_up(core, op);
}

void settle_replied(struct core *core, struct op *op, enum settle_status status, struct outputs *out)
{
    if (op->state != OP_SETTLING) {
        core->stats.stale_replies++;
        return;
    }
    if (status == SETTLE_REFUSED && MUTANT(SETTLE_REFUSED_IS_OK))
        status = SETTLE_OK;
    switch (status) {
    case SETTLE_OK:
        op->leased = false;
        op_finish(core, op, op->outcome, op->reason, false);
        return;
    case SETTLE_UNANSWERED:
        if (op->detached && core->guard.state != GUARD_READY) {
            op_give_up(core, op);
            return;
        }
        op_move(core, op, OP_SETTLE_DUE);
        list_push(core, &core->settle_due, op_slot(core, op));
        return;
    case SETTLE_REFUSED:
        refused(core, op, out);
        start_over(core, op);
        return;
    case SETTLE_EPOCH:
        if (op->epoch == core->guard.epoch) /* else it is known already */
            guard_suspect(core);
        start_over(core, op);
        return;
    }
    UNREACHABLE("settle status");
}

void release_emit(struct core *core, struct op *op, struct outputs *out)
{
    struct output *output;
    struct release_request *req;

    if (!op->leased || op->epoch != core->guard.epoch || core->guard.state != GUARD_READY)
        return;
    op->leased = false;
    output = output_add(out, OUT_RELEASE);
    output->op = op_name(core, op);
    req = &output->u.release;
    *req = (struct release_request){
        .catalog = op->rec.catalog,
        .epoch = op->epoch,
        .fence = op->fence,
        .token = {.incarnation = core->set.incarnation, .op = output->op},
        .product = op->rec.product,
        .targets_count = op->targets_count,
    };
    fill_targets(core, op, req->targets);
}
