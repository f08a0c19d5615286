/* The loop of the small world: virtual time, effects to come, a process that may die between two outputs or
 * lose its partition before any of them. */
#include "tests/model/model.h"

#include "common/assertx.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const usec_t ms = 1000, second = 1000 * 1000, patience_us = 3600ll * 1000 * 1000;

enum disturbance { DISTURB_NOT, DISTURB_REVOKE, DISTURB_LOSE, DISTURB_TERMINATE, DISTURB_COUNT };

struct key128 model_key(uint32_t tag, uint64_t n)
{
    return (struct key128){.hi = (uint64_t)tag << 56 | n, .lo = n * 0x9e3779b97f4a7c15u + tag};
}

uint32_t model_sku_of(struct key128 key)
{
    return (uint32_t)key.hi;
}

/* A lease longer than a call may be on its way, and one that is shorter: what the one hides, the other shows.
 */
struct core_settings model_settings(enum model_api api)
{
    struct core_settings set = {
        .catalogs_count = 1,
        .topics_count = 1,
        .window_records = 4,
        .slack_records = 4,
        .window_bytes = 1 << 20,
        .window_span = 1 << 20,
        .retry_attempts_max = 8,
        .retry_age_max_us = 600 * second,
        .retry_base_us = 200 * ms,
        .retry_max_us = 10 * second,
        .retry_budget_percent = 20,
        .breaker_failures = 5,
        .refusals_max = 5,
        .breaker_open_us = 2 * second,
        .breaker_open_max_us = 20 * second,
        .pause_probe_us = 10 * second,
        .call_timeout_us = 2 * second,
        .call_late_us = 5 * second,
        .lease_us = api == API_UPSERT ? 8 * second : 4 * second,
        .lease_margin_us = 500 * ms,
        .lookup_lag_us = 1 * second,
        .unchanged_max_age_us = 3600 * second,
        .commit_interval_us = 1 * second,
        .revoke_timeout_us = 5 * second,
        .shutdown_timeout_us = 5 * second,
        .store_grace_us = 1 * second,
        .seed = 1,
    };

    set.catalogs[0] =
        (struct catalog_settings){.upsert = api == API_UPSERT, .inflight_max = 8, .claims_max = 16};
    return set;
}

void model_note(struct model *m, const char *format, ...)
{
    va_list args;

    if (!m->trace)
        return;
    printf("%10lld us  ", (long long)m->now);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
}

struct effect *model_effect(struct model *m, enum effect_kind kind, usec_t after_us)
{
    for (uint32_t i = 0; i < MODEL_EFFECTS_MAX; i++)
        if (!m->effects[i].used) {
            m->effects[i] = (struct effect){
                .used = true, .kind = kind, .at = m->now + after_us, .seq = ++m->seq, .life = m->life};
            return &m->effects[i];
        }
    model_fail(m, "bounded", "more than %d things to come", MODEL_EFFECTS_MAX);
}

struct side *model_side(struct model *m, struct op_id op)
{
    struct side *side = &m->sides[op.slot];

    ASSERT(op.slot < MODEL_SIDES_MAX);
    if (!side->used || side->gen != op.gen)
        model_fail(m, "op", "op %u of generation %u holds nothing", op.slot, op.gen);
    return side;
}

static void start(struct model *m)
{
    m->life++;
    m->incarnation = m->set.incarnation = 100 + m->life;
    m->terminating = m->assigned = m->revoking = m->paused = m->fetching = false;
    m->witness = 0;
    m->idle_ticks = 0;
    memset(m->sides, 0, sizeof m->sides);
    memset(m->mem, 0, core_size(&m->set));
    m->core = core_init(m->mem, &m->set, m->now);
    m->tick_at = core_deadline_us(m->core);
    m->group_assignment++;
    model_effect(m, EFFECT_INPUT, ms)->input.type = IN_STORE_UP;
    model_effect(m, EFFECT_ASSIGN, 2 * ms);
    model_note(m, "process %u starts", m->life);
}

static void crash(struct model *m)
{
    model_note(m, "process %u dies", m->life);
    m->core = NULL;
    m->crashed = true;
    model_effect(m, EFFECT_START, 5 * ms);
}

static void produce(struct model *m)
{
    for (uint32_t i = 1; i < m->scenario->events_count; i++)
        if (m->arrival == ARRIVES_AT_ONCE || (m->arrival == ARRIVES_IN_CALL && m->writes_count >= i) ||
            m->records[i - 1].acked)
            m->records[i].produced = true;
}

static void fetch_soon(struct model *m)
{
    struct effect *effect;

    produce(m);
    if (!m->core || m->fetching || m->paused || !m->assigned || m->position >= m->scenario->events_count ||
        !m->records[m->position].produced || !core_can_accept(m->core))
        return;
    m->fetching = true;
    effect = model_effect(m, EFFECT_FETCH, ms);
    effect->offset = m->position++;
    effect->assignment = m->assignment;
}

/* A crash may come before any output of the step. */
static void perform_all(struct model *m)
{
    for (uint32_t i = 0; i < m->out.count && m->core; i++) {
        if (!m->crashed && choose_fault(m->choices, 2) == 1) {
            crash(m);
            return;
        }
        model_perform(m, &m->out.list[i]);
    }
}

static void note_deadline(struct model *m, const struct input *in)
{
    usec_t deadline = core_deadline_us(m->core);

    m->tick_at = deadline > m->now ? deadline : m->now + 1;
    m->idle_ticks = in->type == IN_TICK && m->out.count == 0 && deadline <= m->now ? m->idle_ticks + 1 : 0;
    if (m->idle_ticks > 100)
        model_fail(m, "livelock", "the core asks to be woken at once, again and again, and does nothing");
}

void model_step(struct model *m, const struct input *in)
{
    struct input now_in = *in;

    now_in.now_us = m->now;
    if (++m->steps > MODEL_STEPS_MAX)
        model_fail(m, "bounded", "more than %d steps", MODEL_STEPS_MAX);
    model_note(m, "%s", core_input_name(in->type));
    core_step(m->core, &now_in, &m->out);
    core_check(m->core);
    perform_all(m);
    if (!m->core)
        return;
    note_deadline(m, in);
    fetch_soon(m);
}

void model_give(struct model *m, int64_t offset, uint32_t assignment, bool repair)
{
    uint32_t event = m->records[offset].event;
    const struct model_event *e = &m->scenario->events[event];
    struct op_id op = core_next_op(m->core);
    struct side *side = &m->sides[op.slot];
    struct input in = {.type = IN_RECORD};

    ASSERT(op.slot < MODEL_SIDES_MAX);
    if (side->used)
        model_fail(m, "slot", "slot %u is taken again before it was dropped", op.slot);
    *side = (struct side){.used = true,
                          .gen = op.gen,
                          .event = event,
                          .offset = offset,
                          .repair = repair,
                          .targets_count = 1,
                          .skus = {e->sku}};
    in.u.record = (struct record){.partition = repair ? PARTITION_NONE : 0,
                                  .assignment = assignment,
                                  .at = {.offset = offset},
                                  .size_bytes = 100,
                                  .remembered = true,
                                  .intent = e->intent,
                                  .has_sku = true,
                                  .version = e->version,
                                  .product = model_key(KEY_PRODUCT, 1),
                                  .sku = model_key(KEY_SKU, e->sku),
                                  .identity = model_key(KEY_IDENTITY, e->identity),
                                  .data_hash = model_key(KEY_DATA, e->identity),
                                  .content = model_key(KEY_CONTENT, e->content)};
    model_step(m, &in);
}

static void assign(struct model *m)
{
    struct input in = {.type = IN_ASSIGNED};

    m->assigned = true;
    m->revoking = m->paused = false;
    m->assignment = m->group_assignment;
    m->commit_tried = -1;
    m->position = m->committed < 0 ? 0 : (uint32_t)m->committed;
    in.u.assigned.assignment = m->assignment;
    model_step(m, &in);
}

static void disturb(struct model *m, enum disturbance what)
{
    struct input in = {.type = IN_REVOKING};

    m->disturbed = true;
    m->revoking_at = m->now;
    in.u.assigned.assignment = m->assignment;
    if (what == DISTURB_TERMINATE) {
        in.type = IN_TERMINATE;
        m->terminating = true;
    } else if (what == DISTURB_LOSE) {
        in.type = IN_LOST;
        m->assigned = false;
        m->group_assignment++;
        model_effect(m, EFFECT_ASSIGN, REASSIGN_US);
    } else {
        m->revoking = true;
    }
    model_step(m, &in);
}

/* A record that was on its way when the partition went comes all the same. */
static void fetch(struct model *m, const struct effect *effect)
{
    m->fetching = false;
    if (!core_can_accept(m->core))
        model_fail(m, "window", "the window of %u is full with %u events", m->set.window_records,
                   m->scenario->events_count);
    model_give(m, effect->offset, effect->assignment, false);
}

static void note_result_acked(const struct model *m, struct model_record *record)
{
    if (!record->acked)
        record->acked_assignment = m->assignment;
    record->acked = true;
}

/* Who published hears that it is there: before the core does, which may act on it at once. */
static void note_acked(struct model *m, const struct input *in)
{
    const struct side *side;

    if (in->type != IN_PUBLISHED || !in->u.published.ok)
        return;
    side = &m->sides[in->u.published.op.slot];
    if (!side->used || side->gen != in->u.published.op.gen)
        return;
    if (in->u.published.kind == PUBLISH_DEAD)
        m->records[side->offset].dead_acked = true;
    else
        note_result_acked(m, &m->records[side->offset]);
}

static void happens(struct model *m, const struct effect *effect)
{
    struct input called = {.type = IN_CALLED};

    switch (effect->kind) {
    case EFFECT_LAND: model_land(m, effect); return;
    case EFFECT_START: start(m); return;
    default: break;
    }
    if (!m->core || effect->life != m->life)
        return;
    switch (effect->kind) {
    case EFFECT_ASSIGN: assign(m); return;
    case EFFECT_FETCH: fetch(m, effect); return;
    case EFFECT_REPAIR:
        if (core_can_accept(m->core))
            model_give(m, effect->offset, 0, true);
        return;
    case EFFECT_CALLED:
        model_take_called(m, effect);
        called.u.called.op = effect->call.op;
        called.u.called.reply = effect->call.reply;
        model_step(m, &called);
        return;
    case EFFECT_CLAIMED: model_take_claimed(m, effect); break;
    default: note_acked(m, &effect->input); break;
    }
    model_step(m, &effect->input);
}

static struct effect *next_effect(struct model *m)
{
    struct effect *next = NULL;

    for (uint32_t i = 0; i < MODEL_EFFECTS_MAX; i++) {
        struct effect *e = &m->effects[i];

        if (e->used && (!next || e->at < next->at || (e->at == next->at && e->seq < next->seq)))
            next = e;
    }
    return next;
}

static bool quiet(const struct model *m)
{
    struct core_stats stats;

    if (!m->core || m->terminating || m->committed < (int64_t)m->scenario->events_count)
        return false;
    core_stats(m->core, &stats);
    for (uint32_t i = 0; i < MODEL_EFFECTS_MAX; i++)
        if (m->effects[i].used)
            return false;
    return stats.open == 0;
}

/* The next thing that happens, if it is not an order to stop or to give the partition back. */
static void turn(struct model *m)
{
    struct effect *next = next_effect(m), copy;
    struct input tick = {.type = IN_TICK};
    usec_t tick_at = m->core ? m->tick_at : INT64_MAX;

    if (m->core && m->assigned && !m->disturbed) {
        unsigned what = choose_fault(m->choices, DISTURB_COUNT);

        if (what != DISTURB_NOT) {
            disturb(m, (enum disturbance)what);
            return;
        }
    }
    if (!next && tick_at == INT64_MAX)
        model_fail(m, "liveness", "nothing is left to happen, and not everything is done");
    if (next && next->at <= tick_at) {
        m->now = next->at > m->now ? next->at : m->now;
        copy = *next;
        next->used = false;
        happens(m, &copy);
    } else {
        m->now = tick_at;
        model_step(m, &tick);
    }
}

static void begin(struct model *m)
{
    const struct scenario *scenario = m->scenario;

    m->now = second;
    m->steps = m->seq = m->life = m->group_assignment = 0;
    m->items_count = m->writes_count = 0;
    m->crashed = m->disturbed = m->failed = false;
    m->core = NULL;
    m->committed = -1;
    m->set = model_settings(m->api);
    memset(m->records, 0, sizeof m->records);
    memset(m->refused, 0, sizeof m->refused);
    memset(m->effects, 0, sizeof m->effects);
    fstore_init(&m->store, 1);
    for (uint32_t i = 0; i < scenario->events_count; i++) {
        bool same = i > 0 && scenario->events[i - 1].identity == scenario->events[i].identity;

        m->records[i].event = same ? i - 1 : i;
    }
    m->records[0].produced = true;
}

static void on_assertion(void *arg)
{
    struct model *m = arg;

    snprintf(m->failure, sizeof m->failure, "assertion: at %lld us", (long long)m->now);
    m->failed = true;
    longjmp(m->stop, 1);
}

bool model_run(struct model *m)
{
    choices_begin(m->choices);
    begin(m);
    assertx_set_hook(on_assertion, m);
    if (setjmp(m->stop)) /* an oracle, or an assertion, ends the run here */
        return false;
    m->arrival =
        m->scenario->events_count < 2 ? ARRIVES_AT_ONCE : (enum arrival)choose(m->choices, ARRIVAL_COUNT);
    start(m);
    while (!quiet(m)) {
        if (m->now > patience_us)
            model_fail(m, "liveness", "not everything is done after %lld s", (long long)(m->now / second));
        turn(m);
    }
    model_check_end(m);
    return true;
}
