/* The turn of the crank: one input to its handler, then everything that may go on. */
#include "worker/core/state.h"

#include <string.h>

enum { OUTPUTS_RESERVE = 128, ORPHANS_A_STEP = 64, TIMERS_A_STEP = 256, REPAIR_SLOTS = 8 };

struct output *output_add(struct outputs *out, enum output_type type)
{
    struct output *output;

    ASSERT(out->count < CORE_OUTPUTS_MAX);
    output = &out->list[out->count++];
    memset(output, 0, sizeof *output);
    output->type = type;
    return output;
}

bool outputs_room(const struct outputs *out)
{
    return out->count < CORE_OUTPUTS_MAX - OUTPUTS_RESERVE;
}

uint32_t core_slots(const struct core_settings *set)
{
    return set->window_records + set->slack_records + REPAIR_SLOTS;
}

static uint32_t buckets_for(uint32_t slots)
{
    uint32_t buckets = 64;

    while (buckets < 2 * slots)
        buckets *= 2;
    return buckets;
}

static bool settings_sane(const struct core_settings *set)
{
    if (set->catalogs_count < 1 || set->catalogs_count > CORE_CATALOGS_MAX)
        return false;
    if (set->topics_count < 1 || set->topics_count > CORE_TOPICS_MAX)
        return false;
    if (set->window_records < 1 || set->window_records > CORE_WINDOW_MAX || set->window_bytes < 1 ||
        set->window_span < 1)
        return false;
    if (set->slack_records < 1 || set->slack_records > CORE_SLACK_RECORDS)
        return false;
    for (uint32_t i = 0; i < set->catalogs_count; i++) {
        if (set->catalogs[i].inflight_max < 1 || set->catalogs[i].claims_max < 1)
            return false;
    }
    /* a claim whose answer took no time must leave room for a call */
    return set->lease_us > set->call_timeout_us + set->lease_margin_us && set->retry_attempts_max > 0 &&
           set->breaker_failures > 0 && set->refusals_max > 0;
}

size_t core_size(const struct core_settings *set)
{
    uint32_t slots;

    if (!settings_sane(set))
        return 0;
    slots = core_slots(set);
    return sizeof(struct core) + slots * sizeof(struct op) + buckets_for(slots) * sizeof(struct product) +
           slots * sizeof(uint32_t);
}

struct core *core_init(void *mem, const struct core_settings *set, usec_t now_us)
{
    struct core *core = mem;
    uint32_t slots = core_slots(set);

    ASSERT(settings_sane(set));
    core->set = *set;
    core->now_us = now_us;
    core->rng = set->seed ^ set->incarnation;
    core->slots = slots;
    core->product_buckets = buckets_for(slots);
    core->ops = (struct op *)(core + 1);
    core->products = (struct product *)(core->ops + slots);
    core->heap = (uint32_t *)(core->products + core->product_buckets);
    core->alone_op = NIL;
    core->commit_due_us = now_us + set->commit_interval_us;
    list_init(&core->free_slots, LINK_WAIT);
    list_init(&core->ends_due, LINK_WAIT);
    list_init(&core->settle_due, LINK_WAIT);
    list_init(&core->publish_due, LINK_WAIT);
    list_init(&core->orphans, LINK_WAIT);
    for (uint32_t i = 0; i < set->catalogs_count; i++) {
        list_init(&core->catalogs[i].claim_due, LINK_WAIT);
        list_init(&core->catalogs[i].ready, LINK_WAIT);
        core->catalogs[i].retry_refilled_us = now_us;
        core->catalogs[i].retry_millitokens = 10 * 1000; /* ten retries to begin with */
    }
    for (uint32_t i = 0; i < slots; i++) {
        core->ops[i].heap_index = NIL;
        core->ops[i].gen = 1;
        list_push(core, &core->free_slots, i);
    }
    return core;
}

static void take_reply(struct core *core, const struct input *in, struct outputs *out)
{
    struct op *op;

    switch (in->type) {
    case IN_CLAIMED:
        op = op_of(core, in->u.claimed.op);
        if (op)
            claim_replied(core, op, &in->u.claimed.reply, out);
        return;
    case IN_CALLED:
        op = op_of(core, in->u.called.op);
        if (op)
            call_replied(core, op, &in->u.called.reply, out);
        return;
    case IN_SETTLED:
        op = op_of(core, in->u.settled.op);
        if (op)
            settle_replied(core, op, in->u.settled.status, out);
        return;
    case IN_PUBLISHED:
        op = op_of(core, in->u.published.op);
        if (op)
            publish_replied(core, op, in->u.published.kind, in->u.published.ok, out);
        return;
    default: UNREACHABLE("not a reply");
    }
}

static void terminate(struct core *core)
{
    if (core->terminating)
        return;
    core->terminate_deadline_us = core->now_us + core->set.shutdown_timeout_us;
    for (uint32_t i = 0; i < core->partitions_used; i++)
        partition_revoking(core, (uint16_t)i, core->terminate_deadline_us);
    core->terminating = true;
    for (uint32_t i = 0; i < core->slots; i++) { /* repairs belong to no partition */
        struct op *op = &core->ops[i];

        if (op->state == OP_FREE || op->state == OP_DONE || op->state == OP_ORPHAN ||
            op->rec.partition != PARTITION_NONE)
            continue;
        if (op_inflight(op))
            op->detached = true;
        else
            op_orphan(core, op);
    }
}

static void dispatch(struct core *core, const struct input *in, struct outputs *out)
{
    switch (in->type) {
    case IN_TICK: return;
    case IN_RECORD: intake_record(core, &in->u.record, out); return;
    case IN_CLAIMED:
    case IN_CALLED:
    case IN_SETTLED:
    case IN_PUBLISHED: take_reply(core, in, out); return;
    case IN_BUDGET:
        budget_replied(core, in->u.budget.catalog, in->u.budget.answered, in->u.budget.granted,
                       in->u.budget.wait_us);
        return;
    case IN_COMMITTED:
        partition_committed(core, in->u.committed.partition, in->u.committed.assignment, in->u.committed.ok,
                            in->u.committed.offset);
        return;
    case IN_ASSIGNED:
        partition_assigned(core, in->u.assigned.partition, in->u.assigned.assignment, in->u.assigned.topic);
        if (core->terminating) /* it was on its way when we were told to stop: given back at once */
            partition_revoking(core, in->u.assigned.partition, core->now_us);
        return;
    case IN_REVOKING:
        partition_revoking(core, in->u.assigned.partition, core->now_us + core->set.revoke_timeout_us);
        return;
    case IN_LOST: partition_lost(core, in->u.assigned.partition, out); return;
    case IN_STORE_UP: guard_up(core); return;
    case IN_STORE_DOWN: guard_down(core); return;
    case IN_STORE_VIEWED: guard_viewed(core, &in->u.view); return;
    case IN_REBUILT: guard_rebuilt(core, in->u.rebuilt.ok); return;
    case IN_CREDENTIALS: gate_credentials(core, in->u.credentials.catalog); return;
    case IN_TERMINATE: terminate(core); return;
    case IN_COUNT: break;
    }
    UNREACHABLE("input type");
}

static void timer_fired(struct core *core, struct op *op)
{
    struct catalog *cat;

    switch (op->state) {
    case OP_HELD: claim_again(core, op); return;
    case OP_PUBLISH_DUE:
        timer_clear(core, op_slot(core, op));
        list_push(core, &core->publish_due, op_slot(core, op));
        return;
    case OP_BACKOFF:
        cat = &core->catalogs[op->rec.catalog];
        if (op->retrying && !retry_budget_take(core, cat)) {
            timer_set(core, op_slot(core, op), core->now_us + 100 * 1000 + random_span(core, 400 * 1000));
            return;
        }
        op_move(core, op, OP_READY);
        list_push(core, &cat->ready, op_slot(core, op));
        return;
    default: UNREACHABLE("timer of a state that has none");
    }
}

static void timers_pump(struct core *core)
{
    uint32_t slot;

    for (int i = 0; i < TIMERS_A_STEP; i++) {
        slot = timer_due(core);
        if (slot == NIL)
            return;
        timer_fired(core, &core->ops[slot]);
    }
    core->more = true;
}

static void orphans_pump(struct core *core, struct outputs *out)
{
    for (int i = 0; i < ORPHANS_A_STEP && core->orphans.count > 0 && outputs_room(out); i++) {
        struct op *op = &core->ops[core->orphans.head];

        release_emit(core, op, out);
        op_free(core, op, out);
    }
    if (core->orphans.count > 0)
        core->more = true;
}

static bool all_given_back(const struct core *core)
{
    for (uint32_t i = 0; i < core->partitions_used; i++) {
        if (core->partitions[i].state != PART_NONE)
            return false;
    }
    return true;
}

static void stop_pump(struct core *core, struct outputs *out)
{
    if (!core->terminating || core->stopped || !all_given_back(core))
        return;
    if ((core->open > 0 || core->orphans.count > 0) && core->now_us < core->terminate_deadline_us)
        return;
    core->stopped = true;
    output_add(out, OUT_STOPPED);
}

void core_step(struct core *core, const struct input *in, struct outputs *out)
{
    ASSERT(in->now_us >= core->now_us);
    ASSERT(in->type < IN_COUNT);
    core->now_us = in->now_us;
    core->more = false;
    out->count = 0;
    dispatch(core, in, out);
    timers_pump(core);
    guard_pump(core, out);
    orphans_pump(core, out);
    settle_pump(core, out);
    publish_pump(core, out);
    claim_pump(core, out);
    call_pump(core, out);
    partition_pump(core, out);
    flow_pump(core, out);
    stop_pump(core, out);
    if (core->orphans.count > 0)
        core->more = true; /* given up by the pumps of this very step */
}

static usec_t earlier(usec_t a, usec_t b)
{
    return a < b ? a : b;
}

static usec_t catalog_deadline(const struct core *core, const struct catalog *cat)
{
    usec_t due_us = NEVER;

    if (cat->ready.count == 0 || core->guard.state != GUARD_READY)
        return NEVER;
    if (cat->gate != GATE_WORKS && !cat->probing && cat->gate_until_us > core->now_us)
        due_us = cat->gate_until_us;
    if (cat->budget_wait_until_us > core->now_us && !cat->budget_asked)
        due_us = earlier(due_us, cat->budget_wait_until_us);
    return due_us;
}

static bool commit_wanted(const struct core *core)
{
    for (uint32_t i = 0; i < core->partitions_used; i++) {
        const struct partition *part = &core->partitions[i];

        if (part->state == PART_ASSIGNED && !part->commit_sent &&
            core_committable(core, (uint16_t)i) > part->committed)
            return true;
    }
    return false;
}

usec_t core_deadline_us(const struct core *core)
{
    usec_t due_us = NEVER;

    if (core->more)
        return core->now_us;
    if (core->heap_count > 0)
        due_us = core->ops[core->heap[0]].due_us;
    if (core->guard.state == GUARD_LOOK_DUE || core->guard.state == GUARD_QUIET)
        due_us = earlier(due_us, core->guard.due_us);
    for (uint32_t i = 0; i < core->set.catalogs_count; i++)
        due_us = earlier(due_us, catalog_deadline(core, &core->catalogs[i]));
    if (core->revoking > 0) {
        for (uint32_t i = 0; i < core->partitions_used; i++) {
            const struct partition *part = &core->partitions[i];

            if (part->state == PART_REVOKING || part->state == PART_COMMITTING)
                due_us = earlier(due_us, part->deadline_us);
        }
    }
    if (core->terminating && !core->stopped && core->terminate_deadline_us > core->now_us)
        due_us =
            earlier(due_us, core->terminate_deadline_us); /* past it, the partitions' own deadlines count */
    if (core->commit_due_us < due_us && commit_wanted(core))
        due_us = core->commit_due_us;
    return due_us > core->now_us ? due_us : core->now_us;
}

struct op_id core_next_op(const struct core *core)
{
    ASSERT(core->free_slots.head != NIL);
    return (struct op_id){.slot = core->free_slots.head, .gen = core->ops[core->free_slots.head].gen};
}

bool core_can_accept(const struct core *core)
{
    return core->free_slots.count > REPAIR_SLOTS;
}

bool core_store_ready(const struct core *core)
{
    return core->guard.state == GUARD_READY;
}

enum gate_cause core_gate(const struct core *core, uint8_t catalog)
{
    ASSERT(catalog < core->set.catalogs_count);
    return core->catalogs[catalog].gate;
}
