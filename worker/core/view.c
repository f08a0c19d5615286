#include "worker/core/view.h"

#include "worker/core/state.h"

const char *core_wait_name(enum core_wait wait)
{
    static const char *const names[] = {
#define X(symbol, name) name,
        CORE_WAITS(X)
#undef X
    };

    return (unsigned)wait < CORE_WAIT_COUNT ? names[wait] : "";
}

static bool budget_out(const struct core *core, const struct catalog *cat)
{
    return core->set.catalogs[cat - core->catalogs].limited && cat->tokens == 0 && cat->ready.count > 0 &&
           core->now_us < cat->budget_wait_until_us;
}

static void wait_ready(const struct core *core, const struct op *op, struct core_op_view *view)
{
    const struct catalog *cat = &core->catalogs[op->rec.catalog];

    if (core->guard.state != GUARD_READY) {
        view->wait = CORE_WAIT_STORE;
    } else if (!gate_lets_through(core, cat)) {
        view->wait = CORE_WAIT_GATE;
        view->until_us = cat->gate_until_us;
    } else if (cat->inflight >= core->set.catalogs[op->rec.catalog].inflight_max) {
        view->wait = CORE_WAIT_INFLIGHT;
    } else if (core->alone_op != NIL && core->alone_op != op_slot(core, op)) {
        view->wait = CORE_WAIT_ALONE;
    } else if (budget_out(core, cat)) {
        view->wait = CORE_WAIT_BUDGET;
        view->until_us = cat->budget_wait_until_us;
    }
}

static void wait_claim(const struct core *core, const struct op *op, struct core_op_view *view)
{
    const struct catalog *cat;

    if (core->guard.state != GUARD_READY) {
        view->wait = CORE_WAIT_STORE;
        return;
    }
    if (op->rec.catalog >= core->set.catalogs_count)
        return;
    cat = &core->catalogs[op->rec.catalog];
    if (!gate_lets_through(core, cat)) {
        view->wait = CORE_WAIT_GATE;
        view->until_us = cat->gate_until_us;
    } else if (cat->claimed >= core->set.catalogs[op->rec.catalog].claims_max) {
        view->wait = CORE_WAIT_CLAIMS;
    }
}

static void wait_of(const struct core *core, const struct op *op, struct core_op_view *view)
{
    switch (op->state) {
    case OP_QUEUED: view->wait = CORE_WAIT_TURN; return;
    case OP_CLAIM_DUE: wait_claim(core, op, view); return;
    case OP_HELD:
        view->wait = op->held_uncertain ? CORE_WAIT_UNCERTAIN : CORE_WAIT_LEASE;
        view->until_us = op->held_until_us;
        return;
    case OP_READY: wait_ready(core, op, view); return;
    case OP_CALLING: view->wait = CORE_WAIT_CALL; return;
    case OP_BACKOFF:
        view->wait = op->retrying ? CORE_WAIT_RETRY : CORE_WAIT_LOOKUP_LAG;
        view->until_us = op->due_us;
        return;
    case OP_SETTLE_DUE:
    case OP_SETTLING:
        view->wait = core->guard.state == GUARD_READY ? CORE_WAIT_SETTLE : CORE_WAIT_STORE;
        return;
    case OP_PUBLISH_DUE:
    case OP_PUBLISHING: view->wait = CORE_WAIT_RESULT; return;
    case OP_FREE:
    case OP_CLAIMING:
    case OP_DONE:
    case OP_ORPHAN: return;
    }
}

bool core_view_oldest(const struct core *core, uint16_t partition, struct core_op_view *view)
{
    const struct partition *part;
    const struct op *op;

    ASSERT(partition < CORE_PARTITIONS_MAX);
    part = &core->partitions[partition];
    if (part->state == PART_NONE || part->window.head == NIL)
        return false;
    op = &core->ops[part->window.head];
    *view = (struct core_op_view){.op = op_name(core, op),
                                  .state = core_state_name(core, part->window.head),
                                  .wait = CORE_WAIT_NOTHING,
                                  .catalog = op->rec.catalog,
                                  .attempts = op->attempts,
                                  .offset = op->rec.at.offset};
    wait_of(core, op, view);
    return true;
}

void core_view_partition(const struct core *core, uint16_t partition, struct core_partition_view *view)
{
    const struct partition *part;

    ASSERT(partition < CORE_PARTITIONS_MAX);
    part = &core->partitions[partition];
    *view = (struct core_partition_view){.assigned = part->state != PART_NONE,
                                         .revoking =
                                             part->state == PART_REVOKING || part->state == PART_COMMITTING,
                                         .paused = part->paused,
                                         .full = part->paused ? flow_full(core, part) : CORE_FULL_NOT,
                                         .open = part->open,
                                         .committable = core_committable(core, partition),
                                         .committed = part->committed};
}

void core_view_catalog(const struct core *core, uint8_t catalog, struct core_catalog_view *view)
{
    const struct catalog *cat;

    ASSERT(catalog < core->set.catalogs_count);
    cat = &core->catalogs[catalog];
    *view = (struct core_catalog_view){.gate = cat->gate,
                                       .gate_until_us = cat->gate == GATE_WORKS ? 0 : cat->gate_until_us,
                                       .probing = cat->probing,
                                       .waiting_claim = cat->claim_due.count,
                                       .ready = cat->ready.count,
                                       .claimed = cat->claimed,
                                       .inflight = cat->inflight,
                                       .tokens = cat->tokens,
                                       .budget_out = budget_out(core, cat)};
    if (view->budget_out)
        view->budget_until_us = cat->budget_wait_until_us;
}

void core_view_store(const struct core *core, struct core_store_view *view)
{
    static const enum core_store_state states[] = {
        [GUARD_DOWN] = CORE_STORE_DOWN,
        [GUARD_LOOK_DUE] = CORE_STORE_LOOKING,
        [GUARD_LOOKING] = CORE_STORE_LOOKING,
        [GUARD_QUIET] = CORE_STORE_QUIET,
        [GUARD_REBUILDING] = CORE_STORE_REBUILDING,
        [GUARD_READY] = CORE_STORE_READY,
    };

    *view = (struct core_store_view){.state = states[core->guard.state],
                                     .epoch = core->guard.epoch,
                                     .quiet_until_us = core->guard.quiet_until_us};
    if (view->state == CORE_STORE_LOOKING && core->now_us < view->quiet_until_us)
        view->state = CORE_STORE_QUIET; /* it looks now and then meanwhile, to keep the builder's lease */
}
