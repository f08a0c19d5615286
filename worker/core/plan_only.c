/* Plan-only (shadow mode, docs/cutover.md): everything but the calls. Each is told as OUT_PLAN and taken as
 * answered well, so that memory holds what the catalog would hold after it, and the next event is compared
 * with that. Gate, budget and bounds of calls do not apply: nothing is sent. */
#include "worker/core/state.h"

/* Stands for the id of an item that a call would have made or found; the table beside the op has a text for
 * it. */
enum { PLANNED_ITEM = 1 };

static void plan_one(struct core *core, struct catalog *cat, struct op *op, struct outputs *out)
{
    enum call_kind kind = plan_next(core, op);
    struct output *output = output_add(out, OUT_PLAN);
    struct call_reply reply = {.class = CALLED_OK};

    output->op = op_name(core, op);
    output->u.call.kind = kind;
    output->u.call.target = op->current;
    if (kind == CALL_CREATE || kind == CALL_LOOKUP) /* a lookup is planned where the item is thought to be */
        reply.item_hash = PLANNED_ITEM;
    op_move(core, op, OP_CALLING);
    op->call = kind;
    op->call_probe = op->call_check = false;
    op->call_sent_us = core->now_us;
    cat->inflight++;
    core->total_inflight++;
    call_replied(core, op, &reply, out);
}

void plan_only_pump(struct core *core, struct catalog *cat, struct outputs *out)
{
    while (cat->ready.count > 0) {
        struct op *op = &core->ops[cat->ready.head];

        if (!outputs_room(out)) {
            core->more = true;
            return;
        }
        if (!op->leased || op->epoch != core->guard.epoch) {
            claim_again(core, op);
            core->more = true;
            continue;
        }
        plan_one(core, cat, op, out);
        core->more = true; /* what it leads to is settled in the next step */
    }
}
