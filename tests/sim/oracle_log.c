/* P1: what is committed has its outcome, and every outcome is the same however often it is told. */
#include "tests/sim/oracle.h"

#include "worker/core/core.h"

void oracle_core_commit(struct world *world, uint32_t w, const struct output *out)
{
    for (uint32_t i = 0; i < SIM_SIDES_MAX; i++) {
        const struct side *side = &world->workers[w].sides[i];

        if (side->used && !side->repair && side->tp == out->u.partition.partition &&
            side->assignment == out->u.partition.assignment && side->offset < out->u.partition.offset)
            oracle_fail(world, "P1", "w%u commits p%u@%lld past its open record %lld", w, side->tp,
                        (long long)out->u.partition.offset, (long long)side->offset);
    }
}

void oracle_committed(struct world *world, uint8_t tp, int64_t before, int64_t offset)
{
    const struct partition_log *log = &world->kafka.logs[tp];

    if (offset < before)
        oracle_fail(world, "commit", "p%u is committed back from %lld to %lld", tp, (long long)before,
                    (long long)offset);
    for (uint32_t i = 0; i < log->count && log->records[i].offset < offset; i++) {
        const struct log_record *record = &log->records[i];

        if (record->results == 0)
            oracle_fail(world, "P1", "p%u is committed to %lld, but %lld has no result", tp,
                        (long long)offset, (long long)record->offset);
        if (world->kafka.results[record->first_result].outcome == OUTCOME_FAILED && record->deads == 0)
            oracle_fail(world, "P1", "p%u is committed to %lld, but %lld failed and has no dead letter", tp,
                        (long long)offset, (long long)record->offset);
    }
}

static void note_outcome(struct world *world, const struct result *r)
{
    if (r->outcome == OUTCOME_FAILED && r->reason == REASON_LOCAL)
        world->marks->count[MARK_FAILED_LOCAL]++;
}

void oracle_result(struct world *world, uint32_t index)
{
    const struct result *r = &world->kafka.results[index], *first;
    struct log_record *record = &world->kafka.logs[r->tp].records[r->record];

    note_outcome(world, r);
    if (record->results++ == 0) {
        record->first_result = index;
        return;
    }
    world->marks->count[MARK_RESULT_REPEATED]++;
    first = &world->kafka.results[record->first_result];
    if (first->losses != r->losses)
        return; /* the store has forgotten the first one in between */
    if (first->outcome != r->outcome || first->reason != r->reason ||
        first->superseded_by != r->superseded_by)
        oracle_fail(world, "P1", "event %u at p%u@%lld was %s %s, and is told again as %s %s (by %u, %u)",
                    r->event, r->tp, (long long)record->offset, core_outcome_name(first->outcome),
                    core_reason_name(first->reason), core_outcome_name(r->outcome),
                    core_reason_name(r->reason), first->superseded_by, r->superseded_by);
}

void oracle_dead(struct world *world, const struct result *dead)
{
    struct log_record *record = &world->kafka.logs[dead->tp].records[dead->record];

    world->marks->count[MARK_DEAD_LETTER]++;
    if (dead->outcome != OUTCOME_FAILED)
        oracle_fail(world, "P1", "a dead letter for event %u, which is %s", dead->event,
                    core_outcome_name(dead->outcome));
    record->deads++;
}
