/* Partitions: the in-flight window of each, its committable offset, and giving it back.
 *
 * Committable is the lowest offset that has no outcome yet: offsets may have gaps (transaction markers,
 * compaction), so the window holds records and not a range. What is born under an older assignment is dead on
 * arrival. */
#include "worker/core/state.h"

enum { COMMIT_WAIT_US = 5 * 1000 * 1000 };

bool partition_current(const struct core *core, const struct op *op)
{
    const struct partition *part;

    if (op->detached || core->terminating)
        return false;
    if (op->rec.partition == PARTITION_NONE)
        return true;
    part = &core->partitions[op->rec.partition];
    return part->state == PART_ASSIGNED && part->assignment == op->rec.assignment;
}

static int64_t committable(const struct core *core, const struct partition *part)
{
    int64_t offset = part->last_accepted < 0 ? -1 : part->last_accepted + 1;
    uint32_t slot = part->window.head;

    if (MUTANT(COMMIT_BEFORE_PUBLISHED)) {
        while (slot != NIL && core->ops[slot].state == OP_PUBLISHING)
            slot = core->ops[slot].link[LINK_WINDOW].next;
    }
    if (slot != NIL)
        offset = core->ops[slot].rec.at.offset + (MUTANT(OFFSET_OFF_BY_ONE) ? 1 : 0);
    return offset < part->abandoned ? offset : part->abandoned;
}

int64_t core_committable(const struct core *core, uint16_t partition)
{
    ASSERT(partition < CORE_PARTITIONS_MAX);
    return committable(core, &core->partitions[partition]);
}

void partition_assigned(struct core *core, uint16_t index, uint32_t assignment, uint16_t topic)
{
    struct partition *part;

    ASSERT(index < CORE_PARTITIONS_MAX && topic < core->set.topics_count);
    part = &core->partitions[index];
    ASSERT(part->state == PART_NONE);
    *part = (struct partition){
        .state = PART_ASSIGNED,
        .assignment = assignment,
        .topic = topic,
        .last_accepted = -1,
        .abandoned = NEVER,
        .committed = -1,
    };
    list_init(&part->window, LINK_WINDOW);
    core->topics[topic].assigned++;
    core->flow_changed = true;
    if (index >= core->partitions_used)
        core->partitions_used = index + 1u;
}

static void free_done(struct core *core, struct partition *part)
{
    while (part->window.head != NIL && core->ops[part->window.head].state == OP_DONE)
        op_free(core, &core->ops[part->window.head], NULL);
}

void partition_op_done(struct core *core, struct op *op, struct outputs *out)
{
    struct partition *part = &core->partitions[op->rec.partition];

    (void)out;
    free_done(core, part);
    core->flow_changed = core->flow_changed || part->paused;
}

/* In flight when its partition goes: it leaves the window, and will be settled but not published. */
static void detach(struct core *core, struct partition *part, struct op *op)
{
    if (op->rec.at.offset < part->abandoned)
        part->abandoned = op->rec.at.offset;
    window_leave(core, op);
    ASSERT(part->open > 0);
    part->open--;
    op->detached = true;
}

static void give_up_idle(struct core *core, struct partition *part, bool in_flight_too)
{
    uint32_t slot, next;

    for (slot = part->window.head; slot != NIL; slot = next) {
        struct op *op = &core->ops[slot];

        next = op->link[LINK_WINDOW].next;
        if (op->state == OP_DONE)
            continue;
        if (!op_inflight(op))
            op_give_up(core, op);
        else if (in_flight_too && (op->state == OP_PUBLISH_DUE || op->state == OP_SETTLE_DUE))
            op_give_up(core, op);
        else if (in_flight_too)
            detach(core, part, op);
    }
}

static void forget(struct core *core, struct partition *part)
{
    while (part->window.head != NIL) {
        struct op *op = &core->ops[part->window.head];

        ASSERT(op->state == OP_DONE);
        op_free(core, op, NULL);
    }
    ASSERT(part->open == 0 && core->topics[part->topic].assigned > 0);
    if (part->state != PART_ASSIGNED)
        core->revoking--;
    core->topics[part->topic].assigned--;
    core->flow_changed = true;
    part->state = PART_NONE;
}

void partition_revoking(struct core *core, uint16_t index, usec_t deadline_us)
{
    struct partition *part = &core->partitions[index];

    ASSERT(index < CORE_PARTITIONS_MAX);
    if (part->state != PART_ASSIGNED)
        return;
    part->state = PART_REVOKING;
    part->deadline_us = deadline_us;
    core->revoking++;
    give_up_idle(core, part, false);
}

void partition_lost(struct core *core, uint16_t index, struct outputs *out)
{
    struct partition *part = &core->partitions[index];

    ASSERT(index < CORE_PARTITIONS_MAX);
    if (part->state == PART_NONE)
        return;
    if (MUTANT(LOST_COMMITTED) && part->last_accepted >= 0) {
        struct output *output = output_add(out, OUT_COMMIT);

        output->u.partition.partition = index;
        output->u.partition.assignment = part->assignment;
        output->u.partition.offset = part->last_accepted + 1;
    }
    give_up_idle(core, part, true);
    forget(core, part);
}

static void commit_emit(struct core *core, uint16_t index, int64_t offset, struct outputs *out)
{
    struct partition *part = &core->partitions[index];
    struct output *output = output_add(out, OUT_COMMIT);

    part->commit_sent = true;
    core->stats.commits++;
    output->u.partition.partition = index;
    output->u.partition.assignment = part->assignment;
    output->u.partition.offset = offset;
}

void partition_committed(struct core *core, uint16_t index, uint32_t assignment, bool ok, int64_t offset)
{
    struct partition *part = &core->partitions[index];

    ASSERT(index < CORE_PARTITIONS_MAX);
    if (part->state == PART_NONE || part->assignment != assignment) {
        core->stats.stale_replies++;
        return;
    }
    part->commit_sent = false;
    if (ok && offset > part->committed)
        part->committed = offset;
    if (part->state == PART_COMMITTING)
        part->deadline_us = core->now_us; /* answered, well or badly: nothing more to wait for */
}

static void give_back(struct core *core, uint16_t index, struct outputs *out)
{
    struct partition *part = &core->partitions[index];
    struct output *output = output_add(out, OUT_REVOKED);

    output->u.partition.partition = index;
    output->u.partition.assignment = part->assignment;
    forget(core, part);
}

/* Finish what is in flight, then commit, then give back; each within its bound. */
static void revoke_pump(struct core *core, uint16_t index, struct outputs *out)
{
    struct partition *part = &core->partitions[index];
    int64_t offset;

    if (part->state == PART_REVOKING) {
        if (part->open > 0 && core->now_us < part->deadline_us && !MUTANT(REVOKED_EARLY))
            return;
        give_up_idle(core, part, true);
        offset = committable(core, part);
        if (offset <= part->committed || MUTANT(REVOKE_NO_COMMIT)) {
            give_back(core, index, out);
            return;
        }
        part->state = PART_COMMITTING;
        part->deadline_us = core->now_us + COMMIT_WAIT_US;
        commit_emit(core, index, offset, out);
    } else if (part->state == PART_COMMITTING && core->now_us >= part->deadline_us) {
        give_back(core, index, out);
    }
}

static void commit_pump(struct core *core, struct outputs *out)
{
    if (core->now_us < core->commit_due_us)
        return;
    for (; core->commit_cursor < core->partitions_used; core->commit_cursor++) {
        struct partition *part = &core->partitions[core->commit_cursor];

        if (!outputs_room(out)) {
            core->more = true;
            return;
        }
        if (part->state == PART_ASSIGNED && !part->commit_sent && committable(core, part) > part->committed)
            commit_emit(core, (uint16_t)core->commit_cursor, committable(core, part), out);
    }
    core->commit_cursor = 0;
    core->commit_due_us = core->now_us + core->set.commit_interval_us;
}

void partition_pump(struct core *core, struct outputs *out)
{
    if (core->revoking > 0) {
        for (uint32_t i = 0; i < core->partitions_used; i++) {
            if (!outputs_room(out)) {
                core->more = true;
                return;
            }
            revoke_pump(core, (uint16_t)i, out);
        }
    }
    commit_pump(core, out);
}
