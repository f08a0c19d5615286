/* The consumer group: cooperative rebalances (asked back, given back, assigned anew), members thrown out. */
#include "tests/sim/oracle.h"
#include "tests/sim/world.h"

static const usec_t told_us = 5 * 1000,
                    second = 1000 * 1000; /* told_us: the same for all, so that order is kept */

static void tell(struct world *world, int member, enum input_type type, uint32_t tp)
{
    const struct group_member *m = &world->kafka.members[member];
    struct effect *effect = effect_new(world, E_INPUT, world->now + told_us);

    effect->worker = (uint8_t)m->worker;
    effect->incarnation = m->incarnation;
    effect->u.input.type = type;
    effect->u.input.u.assigned.partition = (uint16_t)tp;
    effect->u.input.u.assigned.assignment = world->kafka.logs[tp].group.assignment;
    effect->u.input.u.assigned.topic = (uint16_t)(tp / world->kafka.parts);
}

void group_balance(struct world *world)
{
    for (uint32_t tp = 0; tp < world->kafka.tps; tp++) {
        struct group_partition *group = &world->kafka.logs[tp].group;
        int target = fake_kafka_target(&world->kafka, (uint8_t)tp);

        if (group->owner == KAFKA_NOBODY && target != KAFKA_NOBODY) {
            group->owner = target;
            group->revoking = false;
            group->assignment = ++world->kafka.assignments;
            tell(world, target, IN_ASSIGNED, tp);
        } else if (group->owner != KAFKA_NOBODY && group->owner != target && !group->revoking &&
                   !world->kafka.members[group->owner].leaving) {
            group->revoking = true;
            tell(world, group->owner, IN_REVOKING, tp);
        }
    }
}

void group_join(struct world *world, uint32_t w)
{
    struct worker *worker = &world->workers[w];

    if (!worker->up || worker->terminating)
        return;
    if (worker->frozen) {
        effect_for(world, E_REJOIN, worker->thaw_at + second, w);
        return;
    }
    if (fake_kafka_member(&world->kafka, w, worker->incarnation) != KAFKA_NOBODY)
        return;
    for (uint32_t tp = 0; tp < world->kafka.tps; tp++)
        if (worker->parts[tp].assigned) { /* it has not yet heard of all that it lost */
            effect_for(world, E_REJOIN, world->now + second, w);
            return;
        }
    fake_kafka_join(&world->kafka, w, worker->incarnation);
    group_balance(world);
}

void group_leave(struct world *world, uint32_t w)
{
    int member = fake_kafka_member(&world->kafka, w, world->workers[w].incarnation);

    if (member == KAFKA_NOBODY)
        return;
    fake_kafka_leave(&world->kafka, member);
    group_balance(world);
}

void group_session_over(struct world *world, uint32_t w, uint64_t incarnation, uint64_t life)
{
    const struct worker *worker = &world->workers[w];
    int member = fake_kafka_member(&world->kafka, w, incarnation);
    bool same_process = worker->up && worker->incarnation == incarnation;

    if (member == KAFKA_NOBODY || (same_process && (!worker->frozen || worker->life != life)))
        return;
    trace_note(world, "w%u is out of the group", w);
    fake_kafka_leave(&world->kafka, member);
    group_balance(world);
}

static void give_back(struct world *world, uint32_t w, uint32_t tp, uint32_t assignment)
{
    struct group_partition *group = &world->kafka.logs[tp].group;
    int member = fake_kafka_member(&world->kafka, w, world->workers[w].incarnation);

    if (member == KAFKA_NOBODY || group->owner != member || group->assignment != assignment)
        return;
    group->owner = KAFKA_NOBODY;
    group->revoking = false;
    group_balance(world);
}

void group_revoked(struct world *world, uint32_t w, const struct output *out)
{
    struct worker_partition *part = &world->workers[w].parts[out->u.partition.partition];

    if (!part->assigned || part->assignment != out->u.partition.assignment)
        oracle_fail(world, "revoke", "w%u gives back p%u, which it does not have", w,
                    out->u.partition.partition);
    world->marks->count[MARK_REVOKED]++;
    oracle_given_back(world, w, out->u.partition.partition);
    shell_straggler(world, w, out->u.partition.partition);
    part->assigned = part->revoking = false;
    give_back(world, w, out->u.partition.partition, out->u.partition.assignment);
}

bool group_deliver(struct world *world, uint32_t w, const struct input *in)
{
    uint16_t tp = in->u.assigned.partition;
    uint32_t assignment = in->u.assigned.assignment;
    struct worker_partition *part = &world->workers[w].parts[tp];
    const struct group_partition *group = &world->kafka.logs[tp].group;
    int member = fake_kafka_member(&world->kafka, w, world->workers[w].incarnation);

    if (in->type == IN_ASSIGNED) {
        if (member == KAFKA_NOBODY || group->owner != member || group->assignment != assignment)
            return false;
        *part = (struct worker_partition){
            .assigned = true,
            .assignment = assignment,
            .position =
                group->committed < 0 ? 0 : fake_kafka_seek(&world->kafka, (uint8_t)tp, group->committed)};
        part->start = part->position;
        return true;
    }
    if (!part->assigned || part->assignment != assignment) {
        if (in->type == IN_REVOKING)
            give_back(world, w, tp, assignment);
        return false;
    }
    if (in->type == IN_LOST) {
        world->marks->count[MARK_LOST]++;
        shell_straggler(world, w, tp);
        part->assigned = part->revoking = false;
        return true;
    }
    if (member == KAFKA_NOBODY)
        return false; /* it will hear that it lost it */
    part->revoking = true;
    part->revoking_at = world->now;
    part->revoke_by = world->now + world->set.core.revoke_timeout_us + 15 * second;
    return true;
}
