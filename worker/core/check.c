/* core_check: what must hold between any two steps. And the numbers for /status. */
#include "worker/core/state.h"

static void check_op(const struct core *core, uint32_t slot)
{
    const struct op *op = &core->ops[slot];
    bool timed = op->heap_index != NIL;

    ASSERT(op->gen > 0);
    if (timed) {
        ASSERT(op->heap_index < core->heap_count && core->heap[op->heap_index] == slot);
        ASSERT(op->state == OP_HELD || op->state == OP_BACKOFF || op->state == OP_PUBLISH_DUE);
    }
    switch (op->state) {
    case OP_FREE:
        ASSERT(op->link[LINK_WAIT].in == &core->free_slots);
        ASSERT(op->link[LINK_WINDOW].in == NULL && op->link[LINK_PRODUCT].in == NULL);
        return;
    case OP_CLAIM_DUE:
        ASSERT(op->link[LINK_WAIT].in ==
               (op->mode == CLAIM_END ? &core->ends_due : &core->catalogs[op->rec.catalog].claim_due));
        break;
    case OP_READY:
        ASSERT(op->link[LINK_WAIT].in == &core->catalogs[op->rec.catalog].ready);
        ASSERT(op->targets_count > 0 && op->current < op->targets_count);
        break;
    case OP_HELD:
    case OP_BACKOFF: ASSERT(timed); break;
    case OP_SETTLE_DUE: ASSERT(op->link[LINK_WAIT].in == &core->settle_due); break;
    case OP_PUBLISH_DUE:
        ASSERT(op->outcome != OUTCOME_NONE);
        ASSERT(timed || op->absorbed_open > 0 || op->link[LINK_WAIT].in == &core->publish_due);
        break;
    case OP_ORPHAN: ASSERT(op->link[LINK_WAIT].in == &core->orphans); break;
    case OP_QUEUED: ASSERT(op->in_product_queue && op->link[LINK_PRODUCT].prev != NIL); break;
    case OP_CLAIMING:
    case OP_CALLING:
    case OP_SETTLING:
    case OP_PUBLISHING:
    case OP_DONE: ASSERT(op->link[LINK_WAIT].in == NULL); break;
    }
    ASSERT(!op->detached || op->link[LINK_WINDOW].in == NULL);
    ASSERT(op->in_product_queue == (op->link[LINK_PRODUCT].in != NULL));
}

static void check_partition(const struct core *core, uint32_t index)
{
    const struct partition *part = &core->partitions[index];
    int64_t last = -1;
    uint32_t open = 0;

    if (part->state == PART_NONE)
        return;
    for (uint32_t slot = part->window.head; slot != NIL; slot = core->ops[slot].link[LINK_WINDOW].next) {
        const struct op *op = &core->ops[slot];

        ASSERT(op->rec.partition == index && op->rec.at.offset > last);
        last = op->rec.at.offset;
        open += op->state != OP_DONE;
    }
    ASSERT(open == part->open);
    ASSERT(last <= part->last_accepted);
}

static void check_catalog(const struct core *core, uint32_t index)
{
    const struct catalog *cat = &core->catalogs[index];
    uint32_t inflight = 0, claimed = 0;

    for (uint32_t i = 0; i < core->slots; i++) {
        const struct op *op = &core->ops[i];

        if (op->state == OP_FREE || op->rec.catalog != index || op->mode == CLAIM_END)
            continue;
        inflight += op->state == OP_CALLING;
        claimed += op->state == OP_CLAIMING || op->state == OP_READY || op->state == OP_CALLING ||
                   op->state == OP_SETTLE_DUE || op->state == OP_SETTLING;
    }
    ASSERT(inflight == cat->inflight);
    ASSERT(claimed == cat->claimed);
    ASSERT(inflight <= core->set.catalogs[index].inflight_max || MUTANT(INFLIGHT_IGNORED));
    ASSERT(!cat->probing || inflight > 0);
}

void core_check(const struct core *core)
{
    uint32_t free_slots = 0;

    for (uint32_t i = 0; i < core->slots; i++) {
        check_op(core, i);
        free_slots += core->ops[i].state == OP_FREE;
    }
    ASSERT(free_slots == core->free_slots.count);
    for (uint32_t i = 0; i < core->partitions_used; i++)
        check_partition(core, i);
    for (uint32_t i = 0; i < core->set.catalogs_count; i++)
        check_catalog(core, i);
    for (uint32_t i = 1; i < core->heap_count; i++)
        ASSERT(core->ops[core->heap[(i - 1) / 2]].due_us <= core->ops[core->heap[i]].due_us);
}

void core_stats(const struct core *core, struct core_stats *stats)
{
    *stats = core->stats;
    stats->open = core->open;
    stats->open_bytes = (uint32_t)core->open_bytes;
    for (uint32_t i = 0; i < core->set.catalogs_count; i++) {
        stats->waiting_claim += core->catalogs[i].claim_due.count;
        stats->claimed += core->catalogs[i].claimed;
        stats->ready += core->catalogs[i].ready.count;
        stats->calling += core->catalogs[i].inflight;
    }
    stats->waiting_claim += core->ends_due.count;
    stats->publishing = core->publish_due.count;
    stats->backoff = core->heap_count;
}
