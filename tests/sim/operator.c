/* The operator's command, step by step, as tools/kit/memory_change.c goes them: hold and wait, half a second
 * of grace, the audit record and the result record, the change. It may die before each. */
#include "tests/sim/operator.h"

#include "tests/sim/oracle.h"
#include "tests/sim/world.h"

#include "common/assertx.h"
#include "worker/core/mutant.h"

static const usec_t second = 1000 * 1000, poll_us = 200 * 1000, grace_us = 500 * 1000,
                    wait_us = 8 * 1000 * 1000;

static struct hand_change *current(struct world *world)
{
    return &world->hand.changes[world->hand.count - 1];
}

static const char *name_of(const struct hand_change *change)
{
    return change->forget ? "forget" : "reset-version";
}

static void next(struct world *world, enum hand_step step, usec_t in_us)
{
    world->hand.step = step;
    effect_new(world, E_OPERATOR, world->now + in_us);
}

bool operator_busy(const struct world *world)
{
    return world->hand.step != HAND_IDLE;
}

static void over(struct world *world)
{
    world->hand.step = HAND_IDLE;
    world->hand.must_finish = false;
}

/* It ends here for now. What was recorded must be completed; what was not, has not happened. */
static void breaks_off(struct world *world, const char *why)
{
    trace_note(world, "%s of product %u: %s", name_of(current(world)), current(world)->product, why);
    if (!world->hand.must_finish && !world->choose && rng_chance(&world->rng, 300)) {
        over(world);
        return;
    }
    next(world, HAND_RUN, world_about(world, world->healed ? second : 5 * second));
}

void operator_begins(struct world *world, uint32_t product, bool forget, uint64_t to)
{
    struct hand *hand = &world->hand;

    if (operator_busy(world) || hand->count == HAND_CHANGES_MAX)
        return;
    hand->changes[hand->count++] = (struct hand_change){
        .catalog = (uint8_t)(product % world->set.catalogs), .product = product, .forget = forget, .to = to};
    next(world, HAND_RUN, 0);
}

static void draws(struct world *world, uint32_t product)
{
    uint8_t catalog = (uint8_t)(product % world->set.catalogs);
    const struct fstore_product *p =
        fstore_find_product(&world->store, catalog, key_product(catalog, product));
    uint64_t below = p && p->v > 0 && rng_chance(&world->rng, 700) ? rng_below(&world->rng, p->v) : 0;

    operator_begins(world, product, rng_chance(&world->rng, 400), below);
}

void operator_draws(struct world *world)
{
    draws(world, (uint32_t)rng_below(&world->rng, world->set.products));
}

void operator_notices(struct world *world, uint32_t product)
{
    if (world->set.hand_every_us > 0 && !world->healed && rng_chance(&world->rng, 500))
        draws(world, product);
}

/* Only before the first result: how a rebuild over memory that is there goes together with it is held against
 * the real scripts elsewhere (tests/adapter, tests/system/test_memory.py); the model here knows rebuilds of
 * what was lost. */
void operator_rebuilds(struct world *world)
{
    const struct fstore_guard *guard = &world->store.guard;
    struct store_view view = {0};

    if (world->store_down || !guard->exists || !guard->rd || world->kafka.results_count > 0)
        return;
    trace_note(world, "rebuild: a new epoch begins");
    world->marks->count[MARK_HAND_REBUILDS]++;
    fstore_raise(&world->store, world->now, rng_next(&world->rng) | 1, guard->ep,
                 world->set.core.lease_us + world->set.core.call_late_us, &view);
}

/* Each run of the command is a change of its own. */
static void run(struct world *world)
{
    struct hand *hand = &world->hand;

    if (current(world)->recorded && hand->count < HAND_CHANGES_MAX) {
        hand->changes[hand->count] = *current(world);
        hand->count++;
        current(world)->recorded = false;
        current(world)->since = 0;
    }
    trace_note(world, "%s of product %u", name_of(current(world)), current(world)->product);
    hand->wait_until = world->now + wait_us;
    next(world, HAND_HOLD, world_about(world, world->set.store_latency_us) + 1);
}

static void hold(struct world *world)
{
    const struct hand_change *change = current(world);
    struct key128 product = key_product(change->catalog, change->product);
    uint64_t fence = world->store.catalogs[change->catalog].f;
    usec_t left_us = 0;
    char letter = world->store_down
                      ? 'E'
                      : fstore_hold(&world->store, world->now, change->catalog, product,
                                    world->set.hand_hold_us, world->set.core.call_late_us, &left_us);

    if (world->store.catalogs[change->catalog].f != fence)
        world->marks->count[MARK_HAND_TAKEN_OVER]++;
    switch (letter) {
    case 'O': /* from here on nothing but this command moves the product */
        world->hand.held_version = fstore_find_product(&world->store, change->catalog, product)->v;
        next(world, HAND_RECORD, grace_us + world_about(world, world->set.publish_latency_us));
        return;
    case 'L':
        world->marks->count[MARK_HAND_LEASED]++;
        if (world->now < world->hand.wait_until) {
            next(world, HAND_HOLD, poll_us);
            return;
        }
        fstore_drop(&world->store, change->catalog, product);
        breaks_off(world, "it is being worked on, and is let go");
        return;
    case 'N':
        trace_note(world, "nothing is remembered of product %u", change->product);
        over(world);
        return;
    default: breaks_off(world, "the store is away, or not ready"); return;
    }
}

static void record(struct world *world)
{
    struct hand_change *change = current(world);

    if (world->kafka.down) {
        if (!world->store_down)
            fstore_drop(&world->store, change->catalog, key_product(change->catalog, change->product));
        breaks_off(world, "its record cannot be written");
        return;
    }
    trace_note(world, "its record is written");
    world->hand.must_finish = change->recorded = true;
    change->at = world->now;
    next(world, HAND_APPLY, world_about(world, world->set.publish_latency_us) + 1);
}

static void apply(struct world *world)
{
    struct hand_change *change = current(world);
    struct key128 product = key_product(change->catalog, change->product);
    const struct fstore_product *p = fstore_find_product(&world->store, change->catalog, product);
    uint64_t version = p ? p->v : 0;
    const struct core_settings *set = &world->set.core;
    usec_t left_us;
    char letter = 'E';

    if (!world->store_down && change->forget)
        letter = fstore_forget(&world->store, world->now, change->catalog, product, set->call_late_us,
                               world->set.lookup_lag_us + set->call_late_us + second, &left_us);
    else if (!world->store_down)
        letter = fstore_reset(&world->store, world->now, change->catalog, product, set->call_late_us,
                              change->to, HAND_EVENT + world->hand.count - 1, &left_us);
    if (letter != 'O') {
        breaks_off(world, letter == 'X' ? "its hold ran out" : "the store is away, or the product was taken");
        return;
    }
    if (change->forget)
        trace_note(world, "product %u is forgotten", change->product);
    else
        trace_note(world, "product %u: the last version became %llu", change->product,
                   (unsigned long long)change->to);
    oracle_changed(world, change, version);
    over(world);
}

void operator_goes_on(struct world *world)
{
    enum hand_step step = world->hand.step;

    if (step > HAND_RUN && !world->healed && !world->choose &&
        rng_chance(&world->rng, world->set.hand_dies_permille)) {
        world->marks->count[MARK_HAND_DIED]++;
        breaks_off(world, "the command dies");
        return;
    }
    switch (step) {
    case HAND_IDLE: break;
    case HAND_RUN: run(world); return;
    case HAND_HOLD: hold(world); return;
    case HAND_RECORD: record(world); return;
    case HAND_APPLY: apply(world); return;
    }
    UNREACHABLE("the operator has nothing to go on with");
}

void operator_feeds(struct world *world, uint32_t w, usec_t from, usec_t to)
{
    for (uint32_t i = 0; i < world->hand.count; i++) {
        struct hand_change *change = &world->hand.changes[i];
        struct fstore_result result = {.catalog = change->catalog,
                                       .product = key_product(change->catalog, change->product),
                                       .version = change->to,
                                       .event = HAND_EVENT + i};

        if (!change->recorded || change->at <= from || change->at > to || MUTANT(HAND_NOT_REBUILT))
            continue;
        if (!fstore_rebuild_change(&world->store, world->now, world->workers[w].incarnation,
                                   world->store.guard.ep, &result, change->forget))
            return;
        world->marks->count[MARK_HAND_REBUILT]++;
        oracle_change_rebuilt(world, change);
    }
}
