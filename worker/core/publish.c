/* Publishing: a failure's dead letter first, then the result; each is repeated until Kafka acknowledges it.
 */
#include "worker/core/state.h"

static void publish_emit(struct core *core, struct op *op, struct outputs *out)
{
    struct output *output = output_add(out, op->dead_done ? OUT_PUBLISH_RESULT : OUT_PUBLISH_DEAD);

    op_move(core, op, OP_PUBLISHING);
    output->op = op_name(core, op);
    output->u.publish.outcome = op->outcome;
    output->u.publish.reason = op->reason;
    output->u.publish.stored = op->stored;
    output->u.publish.attempts = op->attempts;
}

void publish_pump(struct core *core, struct outputs *out)
{
    while (core->publish_due.count > 0) {
        if (!outputs_room(out)) {
            core->more = true;
            return;
        }
        publish_emit(core, &core->ops[core->publish_due.head], out);
    }
}

/* The rebuild of an epoch reads the results that are in their topic when it begins. What was settled before
 * and is acknowledged after that would be known to nobody: its version and its SKUs would be lost. Whether
 * the rebuild has read it is not known here; the store knows. A superseded event moves nothing, and a failed
 * one neither. */
static bool may_be_forgotten(const struct core *core, const struct op *op)
{
    if (op->epoch == 0 || op->outcome == OUTCOME_FAILED || op->outcome == OUTCOME_SUPERSEDED)
        return false; /* 0: it was never claimed */
    return core->guard.state != GUARD_READY || op->epoch != core->guard.epoch;
}

void publish_replied(struct core *core, struct op *op, enum publish_kind kind, bool ok, struct outputs *out)
{
    if (op->state != OP_PUBLISHING || kind != (op->dead_done ? PUBLISH_RESULT : PUBLISH_DEAD)) {
        core->stats.stale_replies++;
        return;
    }
    if (op->detached) {
        op_orphan(core, op);
        return;
    }
    if (!ok) {
        if (MUTANT(DISPOSITION_LOST) && op->outcome == OUTCOME_FAILED) {
            op->outcome = OUTCOME_UPDATED;
            op->dead_done = true;
        }
        if (op->publish_failures < UINT8_MAX)
            op->publish_failures++;
        op_move(core, op, OP_PUBLISH_DUE);
        timer_set(core, op_slot(core, op), core->now_us + retry_backoff(core, op->publish_failures));
        return;
    }
    if (kind == PUBLISH_DEAD) {
        op->dead_done = true;
        op_move(core, op, OP_PUBLISH_DUE);
        list_push(core, &core->publish_due, op_slot(core, op));
        return;
    }
    if (may_be_forgotten(core, op)) {
        op->told = true;
        claim_again(core, op);
        return;
    }
    op_retire(core, op, out);
}
