/* IN_RECORD: takes a record into the window and into its product's queue, and lets it absorb older ones that
 * wait. */
#include "worker/core/state.h"

#include <string.h>

enum { ABSORB_MAX = 64 }; /* by one record; what is left is found stale by its claim */

static void drop(struct core *core, uint32_t slot, struct outputs *out)
{
    struct op *op = &core->ops[slot];

    output_add(out, OUT_DROP)->op = op_name(core, op);
    op->gen++;
    list_push_front(core, &core->free_slots, slot);
}

static bool same_partition(const struct record *a, const struct record *b)
{
    return a->at.topic == b->at.topic && a->at.partition == b->at.partition;
}

/* May newer end what older wants, without a call? Only what was never called nor told, never an event by its
 * own duplicate (which would be answered with "superseded by itself"), never a delete (the item would be
 * updated, not made anew), and never a demanded write by one that may turn out unchanged. */
static bool absorbs(const struct op *older, const struct op *newer)
{
    const struct record *o = &older->rec, *n = &newer->rec;
    bool waiting = older->state == OP_QUEUED || older->state == OP_CLAIM_DUE || older->state == OP_HELD ||
                   older->state == OP_READY || (MUTANT(ABSORB_CALLED) && older->state == OP_BACKOFF);

    if (!waiting || older->mode != CLAIM_WORK || o->partition == PARTITION_NONE || n->tombstone)
        return false;
    if ((older->attempts > 0 && !MUTANT(ABSORB_CALLED)) || older->repeats || older->told)
        return false;
    if (o->intent == INTENT_DELETE && !MUTANT(ABSORB_DELETE))
        return false;
    if (key128_eq(o->identity, n->identity) && !MUTANT(ABSORB_SAME_IDENTITY))
        return false;
    if (o->force && !n->force)
        return false;
    if (n->version == o->version)
        return same_partition(o, n) && !n->replay;
    return n->version > o->version || MUTANT(ABSORB_NEWER);
}

static void absorb(struct core *core, struct op *older, struct op *newer, struct outputs *out)
{
    struct output *output;

    op_leave_queue(core, older);
    op_move(core, older, OP_CLAIM_DUE);
    older->mode = CLAIM_END;
    older->outcome = OUTCOME_SUPERSEDED;
    older->reason = REASON_ABSORBED;
    older->absorbed = true;
    older->absorber = op_name(core, newer);
    newer->absorbed_open++;
    list_push(core, &core->ends_due, op_slot(core, older));
    core->stats.absorbed++;
    output = output_add(out, OUT_ABSORB);
    output->op = op_name(core, older);
    output->u.absorb.by = op_name(core, newer);
}

static void enqueue(struct core *core, struct op *op, struct outputs *out)
{
    struct product *product = product_find(core, op->rec.catalog, op->rec.product);
    uint32_t slot, next, taken = 0;

    if (!product)
        product = product_add(core, op->rec.catalog, op->rec.product);
    op->in_product_queue = true;
    list_push(core, &product->queue, op_slot(core, op));
    if (product->queue.count == 1 || MUTANT(TWO_OF_ONE_PRODUCT)) {
        claim_again(core, op);
        return;
    }
    op_move(core, op, OP_QUEUED);
    for (slot = product->queue.head; slot != op_slot(core, op) && taken < ABSORB_MAX; slot = next) {
        next = core->ops[slot].link[LINK_PRODUCT].next;
        if (key128_eq(core->ops[slot].rec.identity, op->rec.identity))
            op->repeats = true;
        if (absorbs(&core->ops[slot], op)) {
            absorb(core, &core->ops[slot], op, out);
            taken++;
        }
    }
}

/* What the event itself decides: no claim is needed to know the outcome, but the store keeps it where it can.
 */
static void end_locally(struct core *core, struct op *op)
{
    op->outcome = op->rec.local == LOCAL_FAILED ? OUTCOME_FAILED : OUTCOME_SKIPPED;
    op->reason = REASON_LOCAL;
    if (!op->rec.remembered) {
        op_finish(core, op, op->outcome, op->reason, false);
        return;
    }
    op->mode = CLAIM_END;
    claim_again(core, op);
}

static bool wanted(struct core *core, const struct record *rec)
{
    const struct partition *part;

    if (core->terminating)
        return false;
    if (rec->partition == PARTITION_NONE)
        return true;
    ASSERT(rec->partition < CORE_PARTITIONS_MAX);
    part = &core->partitions[rec->partition];
    if (part->state != PART_ASSIGNED ||
        (rec->assignment != part->assignment && !MUTANT(GENERATION_IGNORED))) {
        core->stats.dropped_stale++;
        return false;
    }
    if (rec->at.offset <= part->last_accepted) { /* an offset that steps back: it is in hand, or done */
        core->stats.dropped_again++;
        return false;
    }
    return true;
}

void intake_record(struct core *core, const struct record *rec, struct outputs *out)
{
    uint32_t slot = list_pop(core, &core->free_slots);
    struct op *op;
    uint32_t gen;

    ASSERT(slot != NIL);
    ASSERT(rec->catalog == CATALOG_NONE || rec->catalog < core->set.catalogs_count);
    ASSERT(rec->remembered || rec->local != LOCAL_NONE);
    if (!wanted(core, rec)) {
        drop(core, slot, out);
        return;
    }
    op = &core->ops[slot];
    gen = op->gen;
    memset(op, 0, sizeof *op);
    op->gen = gen;
    op->heap_index = NIL;
    op->rec = *rec;
    core->stats.records++;
    window_count(core, op, +1);
    if (rec->partition != PARTITION_NONE) {
        struct partition *part = &core->partitions[rec->partition];

        if (part->last_accepted < 0)
            part->committed = rec->at.offset;
        part->last_accepted = rec->at.offset;
        window_enter(core, op);
        flow_accepted(core, part, out);
    }
    if (rec->local != LOCAL_NONE)
        end_locally(core, op);
    else
        enqueue(core, op, out);
}
