/* The world's loop: the next effect or the next tick, whichever comes first, until all is done and quiet. */
#include "tests/sim/world.h"

#include "tests/sim/oracle.h"

#include <stddef.h>
#include <string.h>

static const usec_t second = 1000 * 1000;
static const usec_t converge_us = 4ll * 3600 * 1000 * 1000; /* of virtual time, after everything healed */
static const usec_t isolated_us = 1ll * 3600 * 1000 * 1000; /* for the others while one catalog is paused */
enum { STEPS_MAX = 2 * 1000 * 1000 };

unsigned world_fate(struct world *world, enum fate_point point)
{
    uint32_t roll, sum = 0;

    if (world->healed)
        return 0;
    if (world->choose)
        return world->choose(world, point, world->choose_arg);
    roll = (uint32_t)rng_below(&world->rng, 1000);
    for (unsigned f = 1; f < FATES_MAX; f++) {
        sum += world->set.fate_permille[point][f];
        if (roll < sum)
            return f;
    }
    return 0;
}

usec_t world_about(struct world *world, usec_t mean_us)
{
    if (world->choose || mean_us == 0)
        return mean_us;
    return mean_us / 2 + (usec_t)rng_below(&world->rng, (uint64_t)mean_us + 1);
}

void world_init(struct world *world, const struct sim_settings *settings)
{
    void *mem[SIM_WORKERS_MAX];
    size_t mem_size[SIM_WORKERS_MAX];

    for (uint32_t w = 0; w < SIM_WORKERS_MAX; w++) { /* the cores' memory is used again by the next run */
        mem[w] = world->workers[w].mem;
        mem_size[w] = world->workers[w].mem_size;
    }
    memset(world, 0, offsetof(struct world, effects));
    for (uint32_t w = 0; w < SIM_WORKERS_MAX; w++) {
        world->workers[w].mem = mem[w];
        world->workers[w].mem_size = mem_size[w];
    }
    world->heap_count = world->free_count = 0;
    for (uint32_t i = SIM_EFFECTS_MAX; i > 0; i--)
        world->free_effects[world->free_count++] = i - 1;
    world->set = *settings;
    world->rng.state = mix64(settings->seed ^ 0x776f726c64);
    world->now = second;
    fake_kafka_init(&world->kafka, settings, world->records);
    fake_catalog_init(&world->catalog, settings);
    fstore_init(&world->store, 1);
}

static void produce(struct world *world, const struct production *p)
{
    if (p->gap)
        world->marks->count[MARK_GAP]++;
    fake_kafka_append(&world->kafka, p->tp, p->event, p->gap);
    world->to_produce--;
    for (uint32_t w = 0; w < world->set.workers; w++)
        shell_fetch_soon(world, w);
}

/* A worker's own effect: void when the process is gone, later when it is stopped. */
static bool reaches_process(struct world *world, struct effect *effect)
{
    struct worker *worker = &world->workers[effect->worker];

    if (!worker->up || worker->incarnation != effect->incarnation)
        return false;
    if (worker->frozen) {
        effect_push_again(world, effect, worker->thaw_at + 1);
        return false;
    }
    return true;
}

static void deliver(struct world *world, uint32_t w, const struct input *in)
{
    if (in->type == IN_ASSIGNED || in->type == IN_REVOKING || in->type == IN_LOST)
        if (!group_deliver(world, w, in))
            return;
    if (in->type == IN_STORE_UP)
        shell_link_seen(world, w);
    worker_step(world, w, in);
}

/* An answer once more, to an op that is gone by now: nothing may come of it. */
static void echo(struct world *world, uint32_t w, const struct input *in)
{
    if (worker_side(world, w, in->u.published.op))
        return; /* the shell answers exactly once while the op lives */
    world->marks->count[MARK_ECHO]++;
    worker_step(world, w, in);
}

static void process_effect(struct world *world, struct effect *effect)
{
    uint32_t w = effect->worker;

    switch (effect->kind) {
    case E_INPUT: deliver(world, w, &effect->u.input); return;
    case E_FETCH: shell_fetch(world, w); return;
    case E_STORE_REPLY: shell_store_reply(world, effect); return;
    case E_CALL_SEND: shell_call_send(world, effect); return;
    case E_CALL_REPLY: shell_call_reply(world, effect); return;
    case E_REBUILD: shell_rebuild(world, w); return;
    case E_STRAGGLER: shell_straggler_comes(world, w, &effect->u.input); return;
    case E_ECHO: echo(world, w, &effect->u.input); return;
    case E_REPAIR: shell_repair_fetched(world, w, effect->u.arg); return;
    default: return;
    }
}

static void outside_effect(struct world *world, struct effect *effect)
{
    uint32_t w = effect->worker;

    switch (effect->kind) {
    case E_STORE_ARRIVE: shell_store_arrive(world, effect); return;
    case E_CALL_LAND: shell_call_land(world, effect); return;
    case E_PUBLISH_ARRIVE: shell_publish_arrive(world, effect); return;
    case E_COMMIT_ARRIVE: shell_commit_arrive(world, effect); return;
    case E_PRODUCE: produce(world, &world->workload.productions[effect->u.arg]); return;
    case E_START: worker_start(world, w); return;
    case E_SESSION: group_session_over(world, w, effect->incarnation, effect->u.arg); return;
    case E_REJOIN: group_join(world, w); return;
    case E_THAW: worker_thaw(world, w); return;
    case E_TROUBLE: trouble_happens(world, effect); return;
    case E_TROUBLE_OVER: trouble_over(world, effect); return;
    case E_SCRIPT:
        trouble_scripted(
            world, effect->u.trouble.trouble,
            effect->u.trouble.trouble == T_TERMINATE && !effect->u.trouble.arg ? w : effect->u.trouble.arg,
            effect->u.trouble.over);
        return;
    case E_OPERATOR: operator_goes_on(world); return;
    case E_HEAL: troubles_heal(world); return;
    default: return;
    }
}

static void dispatch(struct world *world, struct effect *effect)
{
    bool again = false;

    if (effect->kind <= E_ECHO) {
        uint32_t waiting = world->heap_count;

        if (reaches_process(world, effect))
            process_effect(world, effect);
        else
            again = world->heap_count > waiting; /* it went back into the heap, to wait for the process */
    } else {
        usec_t at = effect->at;
        uint64_t seq = effect->seq;

        outside_effect(world, effect);
        again = effect->at != at || effect->seq != seq;
    }
    if (!again)
        effect_free(world, effect);
}

static uint32_t next_tick(const struct world *world, usec_t *at)
{
    uint32_t which = UINT32_MAX;

    *at = INT64_MAX;
    for (uint32_t w = 0; w < world->set.workers; w++) {
        const struct worker *worker = &world->workers[w];

        if (worker->up && !worker->frozen && worker->tick_at < *at) {
            *at = worker->tick_at;
            which = w;
        }
    }
    return which;
}

/* Everything read, answered and committed, and nothing open anywhere. */
static bool converged(const struct world *world)
{
    if (world->to_produce > 0 || operator_busy(world))
        return false;
    for (uint32_t i = 0; i < world->kafka.tps; i++) {
        const struct partition_log *log = &world->kafka.logs[i];

        if (log->count > 0 && log->group.committed <= log->records[log->count - 1].offset)
            return false;
    }
    for (uint32_t w = 0; w < world->set.workers; w++) {
        struct core_stats stats;

        if (!world->workers[w].up)
            return false;
        core_stats(world->workers[w].core, &stats);
        if (stats.open > 0)
            return false;
    }
    return true;
}

/* Every topic but that of catalog 0, which is kept paused. */
static bool others_done(const struct world *world)
{
    if (world->to_produce > 0)
        return false;
    for (uint32_t i = world->set.parts; i < world->kafka.tps; i++) {
        const struct partition_log *log = &world->kafka.logs[i];

        if (log->count > 0 && log->group.committed <= log->records[log->count - 1].offset)
            return false;
    }
    return true;
}

static void note_progress(struct world *world)
{
    for (uint32_t i = 0; i < world->kafka.tps; i++)
        trace_note(world, "p%u committed %lld of %lld", i, (long long)world->kafka.logs[i].group.committed,
                   (long long)world->kafka.logs[i].next_offset);
    for (uint32_t w = 0; w < world->set.workers; w++)
        trace_note(world, "w%u %s, %u open", w, world->workers[w].up ? "up" : "down",
                   world->workers[w].stats.open);
}

static void turn(struct world *world)
{
    usec_t tick_at;
    uint32_t w = next_tick(world, &tick_at);

    if (world->heap_count > 0 && world->effects[world->heap[0]].at <= tick_at) {
        struct effect *effect = effect_pop(world);

        if (effect->at > world->now)
            world->now = effect->at;
        dispatch(world, effect);
    } else if (w != UINT32_MAX) {
        struct input in = {.type = IN_TICK};

        if (tick_at > world->now)
            world->now = tick_at;
        worker_step(world, w, &in);
    } else {
        if (!converged(world)) {
            note_progress(world);
            oracle_fail(world, "convergence", "nothing is left to happen, and not everything is done");
        }
        world->done = true;
    }
}

/* What every worker would tell an operator. judged: it is time for that. */
static bool at_rest(struct world *world, bool judged)
{
    for (uint32_t w = 0; w < world->set.workers; w++)
        if (!oracle_idle(world, w, judged))
            return false;
    return true;
}

static void check_progress(struct world *world, usec_t healed_at)
{
    if (world->steps > STEPS_MAX)
        oracle_fail(world, "bounded", "more than %d steps: something turns in circles", STEPS_MAX);
    if (world->kept_paused && world->now > healed_at + isolated_us) {
        note_progress(world);
        oracle_fail(world, "isolation",
                    "%lld s after everything else healed, the paused catalog 0 still delays the others, "
                    "which have topics of their own",
                    (long long)(isolated_us / second));
    }
    if (world->healed && world->now > healed_at + converge_us) {
        note_progress(world);
        if (converged(world))
            at_rest(world, true);
        oracle_fail(world, "convergence", "not done %lld s after everything healed",
                    (long long)(converge_us / second));
    }
}

static void run_until_quiet(struct world *world)
{
    usec_t healed_at = 0, quiet_at = 0;

    while (!world->done) {
        turn(world);
        if (!world->healed)
            continue;
        if (healed_at == 0)
            healed_at = world->now;
        if (world->kept_paused && others_done(world)) {
            oracle_isolated(world);
            troubles_release(world);
            healed_at = world->now;
        }
        check_progress(world, healed_at);
        if (!converged(world))
            quiet_at = 0;
        else if (quiet_at == 0)
            quiet_at = world->now + world->set.core.call_late_us + second;
        else if (world->now >= quiet_at && at_rest(world, false))
            world->done = true;
    }
}

void world_assertion_failed(void *arg)
{
    struct world *world = arg;

    snprintf(world->failure, sizeof world->failure, "assertion: at %lld ms", (long long)(world->now / 1000));
    world->failed = true;
    longjmp(world->stop, 1);
}

void world_run(struct world *world)
{
    if (setjmp(world->stop)) /* an oracle, or an assertion, ends the run here */
        return;
    run_until_quiet(world);
    at_rest(world, true);
    oracle_end(world);
}
