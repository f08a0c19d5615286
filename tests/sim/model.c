/* Enumerates the choices of small worlds: an odometer whose wheels are the decisions of a run. A wheel may
 * only leave its rest while the run has not yet gone wrong as often as it may. */
#include "tests/sim/model.h"

#include "common/assertx.h"

#include <string.h>

enum { WHEELS_MAX = 512 };

static const usec_t ms = 1000;

struct odometer {
    uint8_t at[WHEELS_MAX], limit[WHEELS_MAX];
    uint8_t point[WHEELS_MAX];
    uint32_t used, count, wrong, faults;
};

/* How many fates a point has in the model: the first ones of its enum, and for calls those that differ in
 * kind. */
static const uint8_t fates[FATE_POINTS] = {
    [FATE_CRASH] = 2,  [FATE_STORE] = 3,  [FATE_CALL] = 5, [FATE_PUBLISH] = 3,
    [FATE_COMMIT] = 3, [FATE_RESUME] = 1, [FATE_STOP] = 2, [FATE_STEP] = 4,
};

static unsigned choose(struct world *world, enum fate_point point, void *arg)
{
    struct odometer *o = arg;
    uint32_t i = o->used;

    (void)world;
    if (i == WHEELS_MAX) /* a run that long has had its faults */
        return 0;
    o->used++;
    if (i == o->count) {
        o->at[i] = 0;
        o->limit[i] = o->wrong < o->faults ? fates[point] : 1;
        o->point[i] = (uint8_t)point;
        o->count++;
    }
    ASSERT(o->point[i] == point);
    o->wrong += o->at[i] > 0;
    return o->at[i];
}

/* The next sequence of choices; false: that was the last. */
static bool advance(struct odometer *o)
{
    while (o->count > 0) {
        uint32_t last = o->count - 1;

        if (o->at[last] + 1 < o->limit[last]) {
            o->at[last]++;
            o->used = o->wrong = 0;
            return true;
        }
        o->count--;
    }
    return false;
}

struct small_case {
    const char *name;
    bool upsert;
    uint32_t events_count;
    struct event events[2];
};

#define UPSERT(n, s)                                                                                         \
    {                                                                                                        \
        .sku = (s), .version = (n), .content = (n), .identity = (n), .data = (n)                             \
    }
#define WISH(n, s, what)                                                                                     \
    {                                                                                                        \
        .sku = (s), .version = (n), .content = (n), .identity = (n), .data = (n), .intent = (what),          \
        .hide_reason = REASON_INACTIVE                                                                       \
    }

static const struct small_case cases[] = {
    {"create", false, 1, {UPSERT(10, 0)}},
    {"create, upsert", true, 1, {UPSERT(10, 0)}},
    {"create and change", false, 2, {UPSERT(10, 0), UPSERT(20, 0)}},
    {"create and change, upsert", true, 2, {UPSERT(10, 0), UPSERT(20, 0)}},
    {"create and change SKU", false, 2, {UPSERT(10, 0), UPSERT(20, 1)}},
    {"create and delete", false, 2, {UPSERT(10, 0), WISH(20, 0, INTENT_DELETE)}},
    {"create and hide", true, 2, {UPSERT(10, 0), WISH(20, 0, INTENT_HIDE)}},
    {"the older one last", true, 2, {UPSERT(20, 0), UPSERT(10, 0)}},
    {"one twice", false, 2, {UPSERT(10, 0), UPSERT(10, 0)}},
};

static void begin(struct world *world, const struct small_case *c, struct odometer *o, struct marks *marks)
{
    struct sim_settings set;

    settings_calm(&set);
    set.workers = 2;
    set.session_us = 2000 * ms;
    set.freeze_max_us = 4000 * ms;
    set.faults_us = 40 * 1000 * ms;
    set.core.call_timeout_us = 500 * ms;
    set.core.call_late_us = 1500 * ms;
    set.core.lease_us = 1200 * ms;
    set.core.lease_margin_us = 0;
    set.core.lookup_lag_us = 0;
    set.core.catalogs[0].upsert = c->upsert;
    world_init(world, &set);
    world->marks = marks;
    world->choose = choose;
    world->choose_arg = o;
    for (uint32_t i = 0; i < c->events_count; i++) {
        uint32_t event = 0;

        if (i > 0 && c->events[i].identity == c->events[0].identity)
            event = 0; /* the very same event again */
        else
            event = workload_event(&world->workload, c->events[i]);
        workload_produce(&world->workload, (2000 + 50 * (usec_t)i) * ms, event, 0, 0);
        effect_new(world, E_PRODUCE, world->workload.productions[i].at)->u.arg = i;
    }
    world->to_produce = c->events_count;
    for (uint32_t w = 0; w < set.workers; w++)
        effect_for(world, E_START, world->now, w);
    effect_new(world, E_HEAL, set.faults_us);
    assertx_set_hook(world_assertion_failed, world);
}

static void print_choices(const struct odometer *o)
{
    for (uint32_t i = 0; i < o->count; i++)
        if (o->at[i])
            printf("  decision %u, at point %u: fate %u\n", i, o->point[i], o->at[i]);
}

static bool run_case(struct world *world, struct marks *marks, const struct small_case *c, uint32_t faults,
                     uint64_t *runs)
{
    struct odometer o = {.faults = faults};

    do {
        begin(world, c, &o, marks);
        world_run(world);
        ++*runs;
        if (!world->failed)
            continue;
        printf("model: %s: %s\n", c->name, world->failure);
        print_choices(&o);
        begin(world, c, &o, marks); /* once more, with its story */
        o.used = o.wrong = 0;
        world->trace = stdout;
        world_run(world);
        return false;
    } while (advance(&o));
    return true;
}

bool model_run(struct world *world, struct marks *marks, uint32_t faults)
{
    uint64_t runs = 0, before;

    for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        before = runs;
        if (!run_case(world, marks, &cases[i], faults, &runs))
            return false;
        printf("%-28s %8llu ways\n", cases[i].name, (unsigned long long)(runs - before));
    }
    printf("model: all %llu ways in which up to %u things go wrong: every promise held\n",
           (unsigned long long)runs, faults);
    return true;
}
