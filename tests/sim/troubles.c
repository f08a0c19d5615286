/* Troubles of the world: when they come, what they do, when they go, and the day on which all of them end. */
#include "tests/sim/oracle.h"
#include "tests/sim/world.h"

#include <string.h>

static const usec_t ms = 1000, second = 1000 * 1000;

static usec_t span_of(const struct sim_settings *set, enum trouble trouble)
{
    const usec_t spans[T_COUNT] = {
        [T_CRASH] = set->crash_every_us,
        [T_FREEZE] = set->freeze_every_us,
        [T_REBALANCE] = set->rebalance_every_us,
        [T_TERMINATE] = set->terminate_every_us,
        [T_STORE_DOWN] = set->store_down_every_us,
        [T_STORE_LOSS] = set->store_loss_every_us,
        [T_STORE_OLD] = set->store_old_every_us,
        [T_KAFKA_DOWN] = set->kafka_down_every_us,
        [T_CATALOG_DOWN] = set->catalog_down_every_us,
        [T_TOKEN_DIES] = set->token_dies_every_us,
        [T_VANISH] = set->vanish_every_us,
        [T_REFUSING] = set->refusing_every_us,
        [T_HAND] = set->hand_every_us,
        [T_REBUILD] = set->rebuild_every_us,
    };

    return spans[trouble];
}

static void schedule(struct world *world, enum trouble trouble)
{
    usec_t mean = span_of(&world->set, trouble);

    if (mean == 0 || world->healed)
        return;
    effect_new(world, E_TROUBLE, world->now + rng_range(&world->rng, mean / 10, 2 * mean))
        ->u.trouble.trouble = trouble;
}

void troubles_begin(struct world *world)
{
    for (enum trouble t = 0; t < T_COUNT; t++)
        schedule(world, t);
    effect_new(world, E_HEAL, world->now + world->set.faults_us);
    if (world->set.own_topics) {
        struct effect *dies =
            effect_new(world, E_SCRIPT, world->now + rng_range(&world->rng, 0, world->set.produce_us / 2));

        dies->u.trouble.trouble = T_TOKEN_DIES;
        world->kept_paused = true;
    }
    world->to_produce = world->workload.productions_count;
    for (uint32_t i = 0; i < world->workload.productions_count; i++)
        effect_new(world, E_PRODUCE, world->workload.productions[i].at)->u.arg = i;
    for (uint32_t w = 0; w < world->set.workers; w++)
        effect_for(world, E_START, world->now + (world->choose ? 0 : rng_range(&world->rng, 0, 500) * ms), w);
}

static void over_later(struct world *world, struct effect *cause, usec_t max_us, bool loss, bool old)
{
    struct effect *over =
        effect_new(world, E_TROUBLE_OVER,
                   world->now + rng_range(&world->rng, 50 * ms, max_us > 50 * ms ? max_us : 51 * ms));

    over->u.trouble = cause->u.trouble;
    over->u.trouble.loss = loss;
    over->u.trouble.old = old;
}

static void store_goes(struct world *world)
{
    trace_note(world, "the store is down");
    world->store_down = true;
    for (uint32_t w = 0; w < world->set.workers; w++)
        shell_link_down(world, w);
}

static void token_dies(struct world *world, struct effect *effect)
{
    uint32_t c = (uint32_t)rng_below(&world->rng, world->set.catalogs);

    trace_note(world, "the credentials of catalog %u are refused from now on", c);
    world->catalog.no_auth[c] = true;
    effect->u.trouble.arg = c;
    over_later(world, effect, world->set.down_max_us, false, false);
}

static void catalog_goes(struct world *world, struct effect *effect)
{
    uint32_t c = (uint32_t)rng_below(&world->rng, world->set.catalogs);

    trace_note(world, "catalog %u is down", c);
    world->catalog.down[c] = true;
    effect->u.trouble.arg = c;
    over_later(world, effect, world->set.down_max_us, false, false);
}

static void catalog_refuses(struct world *world, struct effect *effect)
{
    uint32_t c = (uint32_t)rng_below(&world->rng, world->set.catalogs);

    trace_note(world, "catalog %u refuses every write from now on", c);
    world->catalog.refusing[c] = true;
    effect->u.trouble.arg = c;
    over_later(world, effect, world->set.down_max_us, false, false);
}

static void vanish(struct world *world)
{
    struct item *item;

    if (world->catalog.items_count == 0)
        return;
    item = &world->catalog.items[rng_below(&world->rng, world->catalog.items_count)];
    if (!item->alive)
        return;
    trace_note(world, "somebody deletes the item of sku %d by hand", item->sku);
    world->marks->count[MARK_VANISHED]++;
    fake_catalog_vanish(&world->catalog, item, world->now);
}

static void store_restarts(struct world *world, struct effect *effect, bool old)
{
    /* what was there before any result was written cannot be told from a first start */
    if (world->store_down || world->kafka.results_count == 0)
        return;
    store_goes(world);
    over_later(world, effect, 2 * second, !old, old);
}

void trouble_happens(struct world *world, struct effect *effect)
{
    uint32_t w = (uint32_t)rng_below(&world->rng, world->set.workers);

    if (world->healed)
        return;
    switch (effect->u.trouble.trouble) {
    case T_CRASH: worker_crash(world, w); break;
    case T_FREEZE: worker_freeze(world, w, rng_range(&world->rng, 100 * ms, world->set.freeze_max_us)); break;
    case T_REBALANCE:
        world->kafka.rotation++;
        group_balance(world);
        break;
    case T_TERMINATE: worker_terminate(world, w); break;
    case T_STORE_DOWN:
        if (!world->store_down) {
            store_goes(world);
            over_later(world, effect, world->set.down_max_us, false, false);
        }
        break;
    case T_STORE_LOSS: store_restarts(world, effect, false); break;
    case T_STORE_OLD:
        if (!world->snapshot_taken || rng_chance(&world->rng, 500)) {
            if (world->kafka.results_count > 0) {
                world->snapshot = world->store;
                world->snapshot_taken = true;
                oracle_hand_copied(world);
            }
        } else {
            store_restarts(world, effect, true);
        }
        break;
    case T_KAFKA_DOWN:
        trace_note(world, "Kafka is down");
        world->kafka.down = true;
        over_later(world, effect, world->set.down_max_us, false, false);
        break;
    case T_CATALOG_DOWN: catalog_goes(world, effect); break;
    case T_TOKEN_DIES: token_dies(world, effect); break;
    case T_VANISH: vanish(world); break;
    case T_REFUSING: catalog_refuses(world, effect); break;
    case T_HAND: operator_draws(world); break;
    case T_REBUILD: operator_rebuilds(world); break;
    case T_COUNT: break;
    }
    schedule(world, effect->u.trouble.trouble);
}

static void store_comes(struct world *world, bool loss, bool old)
{
    uint64_t run = world->store.run_id;

    if (!world->store_down)
        return;
    world->store_down = false;
    if (loss) {
        trace_note(world, "the store is back, empty");
        fstore_init(&world->store, run + 1);
        world->losses++;
        world->snapshot_taken = false; /* of an older life: epochs are moments, and never come again */
        world->marks->count[MARK_STORE_LOSS]++;
    } else if (old) {
        trace_note(world, "the store is back with old data");
        world->store = world->snapshot;
        world->store.run_id = run + 1;
        oracle_hand_undone(world);
        world->loss_epoch = world->store.guard.ep;
        world->losses++;
        world->marks->count[MARK_STORE_OLD]++;
    } else {
        trace_note(world, "the store is back");
    }
    for (uint32_t w = 0; w < world->set.workers; w++)
        shell_link_up(world, w);
}

static void token_comes(struct world *world, uint32_t c)
{
    bool told = world->choose || rng_chance(&world->rng, 600);

    if (c == 0 && world->kept_paused)
        return;
    trace_note(world, "the credentials of catalog %u are good again", c);
    world->catalog.no_auth[c] = false;
    for (uint32_t w = 0; told && w < world->set.workers; w++)
        if (world->workers[w].up) {
            struct effect *effect = effect_for(
                world, E_INPUT, world->now + (world->choose ? 0 : rng_range(&world->rng, 0, 900)) * ms, w);

            effect->u.input.type = IN_CREDENTIALS;
            effect->u.input.u.credentials.catalog = (uint8_t)c;
            world->marks->count[MARK_CREDENTIALS]++;
        }
}

static void kafka_comes(struct world *world)
{
    trace_note(world, "Kafka is back");
    world->kafka.down = false;
    for (uint32_t w = 0; w < world->set.workers; w++)
        shell_fetch_soon(world, w);
}

void trouble_over(struct world *world, struct effect *effect)
{
    switch (effect->u.trouble.trouble) {
    case T_STORE_DOWN:
    case T_STORE_LOSS:
    case T_STORE_OLD: store_comes(world, effect->u.trouble.loss, effect->u.trouble.old); return;
    case T_KAFKA_DOWN: kafka_comes(world); return;
    case T_CATALOG_DOWN:
        trace_note(world, "catalog %u works again", (uint32_t)effect->u.trouble.arg);
        world->catalog.down[effect->u.trouble.arg] = false;
        return;
    case T_REFUSING:
        trace_note(world, "catalog %u takes writes again", (uint32_t)effect->u.trouble.arg);
        world->catalog.refusing[effect->u.trouble.arg] = false;
        return;
    case T_TOKEN_DIES: token_comes(world, (uint32_t)effect->u.trouble.arg); return;
    default: return;
    }
}

void troubles_heal(struct world *world)
{
    trace_note(world, "everything heals");
    world->healed = true;
    world->catalog.no_auth[0] = world->catalog.no_auth[0] || world->kept_paused;
    store_comes(world, false, false);
    if (world->kafka.down)
        kafka_comes(world);
    for (uint32_t c = 0; c < world->set.catalogs; c++) {
        world->catalog.down[c] = world->catalog.refusing[c] = false;
        if (world->catalog.no_auth[c])
            token_comes(world, c);
    }
}

void troubles_release(struct world *world)
{
    world->kept_paused = false;
    token_comes(world, 0);
}

static void script_begins(struct world *world, enum trouble trouble, uint64_t arg)
{
    struct item *item;

    switch (trouble) {
    case T_CRASH: worker_crash(world, (uint32_t)arg); return;
    case T_FREEZE: worker_freeze(world, (uint32_t)(arg & 0xff), (usec_t)(arg >> 8) * ms); return;
    case T_REBALANCE:
        world->kafka.rotation++;
        group_balance(world);
        return;
    case T_TERMINATE: worker_terminate(world, (uint32_t)arg); return;
    case T_STORE_DOWN:
    case T_STORE_LOSS:
    case T_STORE_OLD: store_goes(world); return;
    case T_KAFKA_DOWN:
        trace_note(world, "Kafka is down");
        world->kafka.down = true;
        return;
    case T_CATALOG_DOWN:
        trace_note(world, "catalog %u is down", (uint32_t)arg);
        world->catalog.down[arg] = true;
        return;
    case T_TOKEN_DIES:
        trace_note(world, "the credentials of catalog %u are refused from now on", (uint32_t)arg);
        world->catalog.no_auth[arg] = true;
        return;
    case T_REFUSING:
        trace_note(world, "catalog %u refuses every write from now on", (uint32_t)arg);
        world->catalog.refusing[arg] = true;
        return;
    case T_VANISH:
        item = fake_catalog_find(&world->catalog, 0, (int32_t)arg);
        trace_note(world, "somebody deletes the item of sku %u by hand", (uint32_t)arg);
        if (item)
            fake_catalog_vanish(&world->catalog, item, world->now);
        return;
    case T_HAND: operator_begins(world, (uint32_t)(arg & 0xff), (arg >> 8 & 1) != 0, arg >> 16); return;
    case T_REBUILD: operator_rebuilds(world); return;
    case T_COUNT: return;
    }
}

void trouble_scripted(struct world *world, enum trouble trouble, uint64_t arg, bool over)
{
    struct effect end = {.u.trouble = {.trouble = trouble, .arg = arg, .loss = trouble == T_STORE_LOSS}};

    if (over)
        trouble_over(world, &end);
    else
        script_begins(world, trouble, arg);
}
