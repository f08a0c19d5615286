/* A process: its start and its ends, and the turn of its crank: step the core, perform the outputs in order,
 * perhaps die between two of them. */
#include "tests/sim/oracle.h"
#include "tests/sim/world.h"

#include "common/assertx.h"

#include <stdlib.h>
#include <string.h>

static const usec_t ms = 1000, second = 1000 * 1000;

struct side *worker_side(struct world *world, uint32_t w, struct op_id op)
{
    struct side *side = &world->workers[w].sides[op.slot];

    ASSERT(op.slot < SIM_SIDES_MAX);
    return side->used && side->gen == op.gen ? side : NULL;
}

static void give_memory(struct worker *worker, const struct core_settings *settings)
{
    size_t size = core_size(settings);

    ASSERT(size > 0);
    if (worker->mem_size < size) {
        free(worker->mem);
        worker->mem = malloc(size);
        ASSERT(worker->mem != NULL);
        worker->mem_size = size;
    }
    memset(worker->mem, 0, size);
}

void worker_start(struct world *world, uint32_t w)
{
    struct worker *worker = &world->workers[w];
    void *mem = worker->mem;
    size_t mem_size = worker->mem_size;
    uint64_t life = worker->life, before = worker->incarnation;
    struct core_settings settings = world->set.core;

    if (worker->up)
        return;
    memset(worker, 0, sizeof *worker);
    worker->mem = mem;
    worker->mem_size = mem_size;
    worker->life = life + 1;
    worker->incarnation = rng_next(&world->rng) | 1;
    settings.incarnation = worker->incarnation;
    settings.seed = rng_next(&world->rng);
    give_memory(worker, &settings);
    worker->core = core_init(worker->mem, &settings, world->now);
    worker->up = true;
    worker->tick_at = core_deadline_us(worker->core);
    trace_note(world, "w%u starts", w);
    if (world->set.static_members && before) {
        int member = fake_kafka_member(&world->kafka, w, before);

        if (member != KAFKA_NOBODY) /* the same member, with nothing in hand */
            fake_kafka_leave(&world->kafka, member);
    }
    group_join(world, w);
    if (!world->store_down)
        shell_link_up(world, w);
}

void worker_crash(struct world *world, uint32_t w)
{
    struct worker *worker = &world->workers[w];
    struct effect *session;

    if (!worker->up)
        return;
    trace_note(world, "w%u dies", w);
    world->marks->count[MARK_CRASH]++;
    worker->up = worker->frozen = false;
    worker->link++;
    session = effect_for(world, E_SESSION, world->now + world->set.session_us, w);
    session->u.arg = worker->life;
    effect_for(world, E_START, world->now + rng_range(&world->rng, 10, 5000) * ms, w);
}

void worker_freeze(struct world *world, uint32_t w, usec_t span_us)
{
    struct worker *worker = &world->workers[w];

    if (!worker->up || worker->frozen)
        return;
    trace_note(world, "w%u stops for %lld ms", w, (long long)(span_us / ms));
    world->marks->count[MARK_FREEZE]++;
    worker->frozen = true;
    worker->thaw_at = world->now + span_us;
    worker->life++;
    effect_for(world, E_THAW, worker->thaw_at, w);
    effect_for(world, E_SESSION, world->now + world->set.session_us, w)->u.arg = worker->life;
}

void worker_thaw(struct world *world, uint32_t w)
{
    struct worker *worker = &world->workers[w];

    if (!worker->up || !worker->frozen || world->now < worker->thaw_at)
        return;
    trace_note(world, "w%u goes on", w);
    worker->frozen = false;
    worker->life++;
    worker->thaw_at = world->now;
    if (worker->terminate_by)
        worker->terminate_by += world->set.freeze_max_us;
    for (uint32_t i = 0; i < world->kafka.tps; i++)
        if (worker->parts[i].revoking)
            worker->parts[i].revoke_by = world->now + world->set.core.revoke_timeout_us + 15 * second;
    if (fake_kafka_member(&world->kafka, w, worker->incarnation) != KAFKA_NOBODY)
        return;
    /* thrown out meanwhile: it learns so in a moment, and has that long to do harm */
    world->marks->count[MARK_ZOMBIE]++;
    for (uint32_t i = 0; i < world->kafka.tps; i++)
        if (worker->parts[i].assigned) {
            struct effect *lost = effect_for(world, E_INPUT, world->now + world_about(world, 200 * ms), w);

            lost->u.input = (struct input){.type = IN_LOST};
            lost->u.input.u.assigned.partition = (uint16_t)i;
            lost->u.input.u.assigned.assignment = worker->parts[i].assignment;
        }
    effect_for(world, E_REJOIN, world->now + second, w);
}

void worker_terminate(struct world *world, uint32_t w)
{
    struct worker *worker = &world->workers[w];
    struct input in = {.type = IN_TERMINATE};
    int member;

    if (!worker->up || worker->frozen || worker->terminating)
        return;
    worker->terminating = true;
    worker->terminated_at = world->now;
    member = fake_kafka_member(&world->kafka, w, worker->incarnation);
    if (member != KAFKA_NOBODY)
        world->kafka.members[member].leaving = true;
    worker->terminate_by =
        world->now + world->set.core.shutdown_timeout_us + world->set.core.revoke_timeout_us + 15 * second;
    worker_step(world, w, &in);
}

void worker_stopped(struct world *world, uint32_t w)
{
    struct worker *worker = &world->workers[w];

    if (!worker->terminating)
        oracle_fail(world, "stopped", "w%u says it has stopped, but nobody asked it to", w);
    world->marks->count[MARK_TERMINATED]++;
    trace_note(world, "w%u has stopped", w);
    worker->up = false;
    worker->link++;
    group_leave(world, w);
    effect_for(world, E_START, world->now + rng_range(&world->rng, 10, 3000) * ms, w);
}

static void drop(struct world *world, uint32_t w, struct op_id op)
{
    struct side *side = worker_side(world, w, op);

    if (!side)
        oracle_fail(world, "drop", "w%u drops op %u of generation %u, which holds nothing", w, op.slot,
                    op.gen);
    side->used = false;
}

static void absorb(struct world *world, uint32_t w, const struct output *out)
{
    struct side *older = worker_side(world, w, out->op), *by = worker_side(world, w, out->u.absorb.by);

    if (!older || !by)
        oracle_fail(world, "absorb", "w%u links an op that holds nothing", w);
    world->marks->count[MARK_ABSORBED]++;
    oracle_absorb(world, w, older, by);
    older->superseded_by = by->event + 1;
    older->blob = by->event + 1;
    oracle_verdict(world, older, OUTCOME_SUPERSEDED, REASON_ABSORBED);
}

static void note_gate(struct world *world, uint32_t w, const struct output *out)
{
    static const enum mark marks[] = {
        [GATE_WORKS] = MARK_GATE_OPENED,      [GATE_FAILING] = MARK_GATE_FAILING,
        [GATE_REFUSING] = MARK_GATE_REFUSING, [GATE_THROTTLED] = MARK_GATE_THROTTLED,
        [GATE_BLOCKED] = MARK_GATE_BLOCKED,   [GATE_AUTH] = MARK_GATE_AUTH,
        [GATE_FORBIDDEN] = MARK_GATE_AUTH};

    world->marks->count[marks[out->u.state.cause]]++;
    world->workers[w].gate[out->u.state.catalog] = out->u.state.cause;
}

static void perform(struct world *world, uint32_t w, const struct output *out)
{
    switch (out->type) {
    case OUT_CLAIM:
    case OUT_RELEASE:
    case OUT_SETTLE:
    case OUT_BUDGET:
    case OUT_BUDGET_BLOCK:
    case OUT_STORE_LOOK:
    case OUT_EPOCH_RAISE:
    case OUT_EPOCH_READY: shell_store_send(world, w, out); return;
    case OUT_CALL: shell_call(world, w, out); return;
    case OUT_PLAN: shell_plan(world, w, out); return;
    case OUT_PUBLISH_DEAD:
    case OUT_PUBLISH_RESULT: shell_publish(world, w, out); return;
    case OUT_COMMIT: shell_commit(world, w, out); return;
    case OUT_PAUSE:
    case OUT_RESUME: shell_flow(world, w, out); return;
    case OUT_REVOKED: group_revoked(world, w, out); return;
    case OUT_ABSORB: absorb(world, w, out); return;
    case OUT_DROP: drop(world, w, out->op); return;
    case OUT_REBUILD:
        oracle_rebuild(world, w);
        effect_for(world, E_REBUILD, world->now + world_about(world, world->choose ? 100 * ms : second), w);
        return;
    case OUT_REPAIR: shell_repair(world, w, out->op); return;
    case OUT_CATALOG_STATE: note_gate(world, w, out); return;
    case OUT_STOPPED: worker_stopped(world, w); return;
    case OUT_COUNT: break;
    }
    UNREACHABLE("output");
}

static bool kills(struct world *world, uint32_t w, const struct output *out)
{
    const struct side *side;

    if (out->type != OUT_CALL)
        return false;
    side = worker_side(world, w, out->op);
    return side && world->workload.events[side->event].killer;
}

static void befall(struct world *world, uint32_t w)
{
    switch (world_fate(world, FATE_STEP)) {
    case STEP_REBALANCE:
        world->kafka.rotation++;
        group_balance(world);
        return;
    case STEP_LINK_BREAKS:
        shell_link_down(world, w);
        shell_link_up(world, w);
        return;
    case STEP_TERMINATE:
        if (!world->workers[w].frozen && !world->workers[w].terminating)
            effect_for(world, E_SCRIPT, world->now, w)->u.trouble.trouble = T_TERMINATE;
        return;
    default: return;
    }
}

void worker_step(struct world *world, uint32_t w, const struct input *in)
{
    struct worker *worker = &world->workers[w];
    struct input now_in = *in;
    uint64_t incarnation = worker->incarnation;
    usec_t deadline;
    const struct output *stop = NULL; /* amid this call */

    now_in.now_us = world->now;
    world->steps++;
    core_step(worker->core, &now_in, &world->out);
    core_check(worker->core);
    trace_step(world, w, &now_in, &world->out);
    oracle_step(world, w, &now_in, &world->out);
    for (uint32_t i = 0; i < world->out.count; i++) {
        if (kills(world, w, &world->out.list[i])) {
            worker_crash(world, w);
            return;
        }
        if (world_fate(world, FATE_CRASH)) {
            world->marks->count[MARK_CRASH_BETWEEN]++;
            worker_crash(world, w);
            return;
        }
        perform(world, w, &world->out.list[i]);
        if (!stop && world->out.list[i].type == OUT_CALL && world_fate(world, FATE_STOP))
            stop = &world->out.list[i];
    }
    if (stop && worker->up && worker->incarnation == incarnation) {
        world->marks->count[MARK_STOPPED_IN_CALL]++;
        worker_freeze(world, w, rng_range(&world->rng, 100 * ms, world->set.freeze_max_us));
        operator_notices(world, world->workload.events[worker_side(world, w, stop->op)->event].product);
    }
    if (!worker->up || worker->incarnation != incarnation)
        return;
    befall(world, w);
    oracle_window(world, w);
    deadline = core_deadline_us(worker->core);
    worker->tick_at = deadline > world->now ? deadline : world->now + 1;
    if (in->type == IN_TICK && world->out.count == 0 && deadline <= world->now) {
        if (++worker->idle_ticks > 1000)
            oracle_fail(world, "livelock", "w%u asks to be woken at once, again and again, and does nothing",
                        w);
    } else {
        worker->idle_ticks = 0;
    }
    if (core_store_ready(worker->core))
        worker->run_seen = world->store.run_id;
    shell_fetch_soon(world, w);
}
