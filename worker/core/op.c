/* The life of an op: every change of state goes through op_move, which keeps the counts true. */
#include "worker/core/state.h"

#define BIT(state) (1u << (state))

/* Allowed successors; ORPHAN and FREE are added where nothing may be in flight. */
static const uint32_t successors[] = {
    [OP_FREE] = BIT(OP_QUEUED) | BIT(OP_CLAIM_DUE) | BIT(OP_PUBLISH_DUE),
    [OP_QUEUED] = BIT(OP_CLAIM_DUE) | BIT(OP_ORPHAN),
    [OP_CLAIM_DUE] = BIT(OP_CLAIMING) | BIT(OP_CLAIM_DUE) | BIT(OP_ORPHAN),
    [OP_CLAIMING] = BIT(OP_HELD) | BIT(OP_READY) | BIT(OP_CLAIM_DUE) | BIT(OP_PUBLISH_DUE) |
                    BIT(OP_SETTLE_DUE) | BIT(OP_ORPHAN) | BIT(OP_DONE),
    [OP_HELD] = BIT(OP_CLAIM_DUE) | BIT(OP_ORPHAN),
    [OP_READY] = BIT(OP_CALLING) | BIT(OP_CLAIM_DUE) | BIT(OP_ORPHAN),
    [OP_CALLING] = BIT(OP_READY) | BIT(OP_BACKOFF) | BIT(OP_SETTLE_DUE) | BIT(OP_CLAIM_DUE) | BIT(OP_ORPHAN),
    [OP_BACKOFF] = BIT(OP_READY) | BIT(OP_CLAIM_DUE) | BIT(OP_ORPHAN),
    [OP_SETTLE_DUE] = BIT(OP_SETTLING) | BIT(OP_ORPHAN),
    [OP_SETTLING] =
        BIT(OP_SETTLE_DUE) | BIT(OP_PUBLISH_DUE) | BIT(OP_CLAIM_DUE) | BIT(OP_ORPHAN) | BIT(OP_DONE),
    [OP_PUBLISH_DUE] = BIT(OP_PUBLISHING) | BIT(OP_ORPHAN) | BIT(OP_DONE),
    [OP_PUBLISHING] = BIT(OP_PUBLISH_DUE) | BIT(OP_CLAIM_DUE) | BIT(OP_DONE) | BIT(OP_ORPHAN),
    [OP_DONE] = BIT(OP_FREE),
    [OP_ORPHAN] = BIT(OP_FREE),
};

/* States that count against a catalog's claims_max: a lease is held, or asked for. */
static bool claimed(enum op_state state)
{
    return state == OP_CLAIMING || state == OP_READY || state == OP_CALLING || state == OP_SETTLE_DUE ||
           state == OP_SETTLING;
}

uint32_t op_slot(const struct core *core, const struct op *op)
{
    return (uint32_t)(op - core->ops);
}

struct op_id op_name(const struct core *core, const struct op *op)
{
    return (struct op_id){.slot = op_slot(core, op), .gen = op->gen};
}

struct op *op_of(struct core *core, struct op_id id)
{
    struct op *op;

    ASSERT(id.slot < core->slots);
    op = &core->ops[id.slot];
    if ((op->gen != id.gen && !MUTANT(STALE_REPLY_TAKEN)) || op->state == OP_FREE) {
        core->stats.stale_replies++;
        return NULL;
    }
    return op;
}

bool op_inflight(const struct op *op)
{
    return op->state == OP_CLAIMING || op->state == OP_CALLING || op->state == OP_SETTLE_DUE ||
           op->state == OP_SETTLING || op->state == OP_PUBLISH_DUE || op->state == OP_PUBLISHING;
}

static void count_claimed(struct core *core, const struct op *op, enum op_state state, int delta)
{
    if (op->rec.catalog == CATALOG_NONE || !claimed(state) || op->mode == CLAIM_END)
        return;
    core->catalogs[op->rec.catalog].claimed += (uint32_t)delta;
}

void op_move(struct core *core, struct op *op, enum op_state to)
{
    uint32_t slot = op_slot(core, op);

    ASSERT(successors[op->state] & BIT(to));
    list_remove(core, LINK_WAIT, slot);
    timer_clear(core, slot);
    if (core->alone_op == slot && to != OP_READY && to != OP_CALLING)
        core->alone_op = NIL;
    count_claimed(core, op, op->state, -1);
    op->state = to;
    count_claimed(core, op, to, +1);
}

/* The next event of the product becomes the one at work. */
void op_leave_queue(struct core *core, struct op *op)
{
    struct product *product;
    bool head;

    if (!op->in_product_queue)
        return;
    op->in_product_queue = false;
    product = product_find(core, op->rec.catalog, op->rec.product);
    ASSERT(product != NULL);
    head = product->queue.head == op_slot(core, op);
    list_remove(core, LINK_PRODUCT, op_slot(core, op));
    if (product->queue.count == 0) {
        product_remove(core, product);
        return;
    }
    if (head && !MUTANT(ABSORBER_DROPPED_QUEUE)) {
        struct op *next = &core->ops[product->queue.head];

        if (next->state == OP_QUEUED)
            claim_again(core, next);
    }
}

static void leave_absorber(struct core *core, struct op *op)
{
    struct op *by = &core->ops[op->absorber.slot];

    if (!op->absorbed)
        return;
    op->absorbed = false;
    if (by->state != OP_FREE && by->gen == op->absorber.gen) {
        ASSERT(by->absorbed_open > 0);
        by->absorbed_open--;
        if (by->absorbed_open == 0 && by->state == OP_PUBLISH_DUE && by->heap_index == NIL)
            list_push(core, &core->publish_due, op_slot(core, by));
    }
}

void op_free(struct core *core, struct op *op, struct outputs *out)
{
    if (out)
        output_add(out, OUT_DROP)->op = op_name(core, op);
    op_move(core, op, OP_FREE);
    window_leave(core, op);
    op->gen++;
    list_push(core, &core->free_slots, op_slot(core, op));
}

/* The record has its outcome: what is kept beside it can go; the slot stays until the window passes it. */
void op_retire(struct core *core, struct op *op, struct outputs *out)
{
    op_move(core, op, OP_DONE);
    op_leave_queue(core, op);
    leave_absorber(core, op);
    window_count(core, op, -1);
    output_add(out, OUT_DROP)->op = op_name(core, op);
    if (op->link[LINK_WINDOW].in)
        partition_op_done(core, op, out);
    else
        op_free(core, op, NULL);
}

/* Given up without an outcome: its offset is not committed, another worker will do it. */
void op_orphan(struct core *core, struct op *op)
{
    op_move(core, op, OP_ORPHAN);
    op_leave_queue(core, op);
    leave_absorber(core, op);
    window_count(core, op, -1);
    window_leave(core, op);
    list_push(core, &core->orphans, op_slot(core, op));
}

void op_finish(struct core *core, struct op *op, enum outcome outcome, enum reason reason, bool stored)
{
    op->outcome = outcome;
    op->reason = reason;
    op->stored = stored;
    op->dead_done = outcome != OUTCOME_FAILED || MUTANT(DEAD_LETTER_SKIPPED);
    if (op->detached || op->rec.partition == PARTITION_NONE) {
        op_orphan(core, op);
        return;
    }
    op_move(core, op, OP_PUBLISH_DUE);
    if (op->absorbed_open == 0)
        list_push(core, &core->publish_due, op_slot(core, op));
}

/* Given up because its partition is being taken away. */
void op_give_up(struct core *core, struct op *op)
{
    if (!op->detached && op->rec.partition != PARTITION_NONE) {
        struct partition *part = &core->partitions[op->rec.partition];

        if (op->rec.at.offset < part->abandoned)
            part->abandoned = op->rec.at.offset;
    }
    op_orphan(core, op);
}
