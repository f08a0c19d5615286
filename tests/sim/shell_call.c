/* A worker's side of the catalog API, and the wire between: the last check before a body goes out, time-outs,
 * answers lost, calls that land late. */
#include "tests/sim/oracle.h"
#include "tests/sim/world.h"

static const usec_t ms = 1000, second = 1000 * 1000;

static bool is_write(enum call_kind kind)
{
    return kind != CALL_LOOKUP;
}

/* Plan-only: nothing goes out; what a create would make, or a lookup find, has a name that stands for it. */
void shell_plan(struct world *world, uint32_t w, const struct output *out)
{
    struct side *side = worker_side(world, w, out->op);

    if (!world->set.core.plan_only || !side)
        oracle_fail(world, "plan-only", "w%u plans a call for an op that holds nothing, or in a real world",
                    w);
    world->marks->count[MARK_PLANNED]++;
    side->planned++;
    if (out->u.call.kind == CALL_CREATE || out->u.call.kind == CALL_LOOKUP)
        side->ids[out->u.call.target] = 1;
}

void shell_call(struct world *world, uint32_t w, const struct output *out)
{
    struct side *side = worker_side(world, w, out->op);
    const struct event *event;
    struct effect *effect;
    struct call_msg *msg;

    if (!side)
        oracle_fail(world, "call", "w%u makes a call for an op that holds nothing", w);
    event = &world->workload.events[side->event];
    if (world->set.core.plan_only)
        oracle_fail(world, "plan-only", "w%u makes a call for event %u", w, side->event);
    if (out->u.call.probe)
        world->marks->count[MARK_PROBE]++;
    oracle_call(world, w, side, out);
    if (!side->called)
        side->successes_seen = world->workers[w].successes[event->catalog];
    side->called = true;
    world->workers[w].calls_open[event->catalog]++;
    effect = effect_for(world, E_CALL_SEND,
                        world->now + (world->choose ? 0 : rng_range(&world->rng, 0, 2) * ms), w);
    msg = &effect->u.call;
    msg->op = out->op;
    msg->event = side->event;
    msg->fence = side->fence;
    msg->version = side->version;
    msg->send_before_us = out->u.call.send_before_us;
    msg->write = UINT32_MAX;
    msg->call = (struct catalog_call){
        .catalog = event->catalog,
        .kind = out->u.call.kind,
        .sku = side->skus[out->u.call.target],
        .item = side->ids[out->u.call.target],
        .content = event->content,
        .poison = event->poison && out->u.call.target == 0,
    };
}

static void answer(struct world *world, const struct effect *effect, struct call_reply reply, usec_t at,
                   bool timed_out)
{
    struct effect *back = effect_new(world, E_CALL_REPLY, at);

    back->worker = effect->worker;
    back->incarnation = effect->incarnation;
    back->u.call = effect->u.call;
    back->u.call.reply = reply;
    back->u.call.timed_out = timed_out;
}

static struct call_reply unknown_reply(const struct call_msg *msg)
{
    return (struct call_reply){.class = CALLED_TRANSIENT, .unknown = is_write(msg->call.kind)};
}

/* Fates that end the call before the catalog sees it. True: it was answered. */
static bool refused_on_the_way(struct world *world, const struct effect *effect, usec_t at)
{
    const struct call_msg *msg = &effect->u.call;
    struct call_reply reply = {0};

    switch (msg->fate) {
    case CALL_FAILS: reply.class = CALLED_TRANSIENT; break;
    case CALL_FAILS_UNKNOWN: reply = unknown_reply(msg); break;
    case CALL_IS_THROTTLED:
        reply.class = CALLED_THROTTLED;
        reply.wait_us = rng_range(&world->rng, 0, 5) * second;
        break;
    case CALL_IS_BLOCKED: reply.class = CALLED_BLOCKED; break;
    case CALL_LOSES_AUTH: reply.class = rng_chance(&world->rng, 500) ? CALLED_AUTH : CALLED_FORBIDDEN; break;
    case CALL_STRANGE_REFUSAL:
        reply.class = CALLED_REFUSED;
        reply.few = reply.shared = true;
        break;
    case CALL_FALSE_NOT_FOUND:
        if (msg->call.kind == CALL_CREATE || msg->call.kind == CALL_LOOKUP)
            return false;
        reply.class = CALLED_NOT_FOUND;
        break;
    default: return false;
    }
    answer(world, effect, reply, at, false);
    return true;
}

/* The body is handed to the socket, or kept back: the last look at the lease. */
void shell_call_send(struct world *world, struct effect *effect)
{
    struct call_msg *msg = &effect->u.call;
    usec_t latency = world_about(world, world->set.call_latency_us),
           timeout = world->set.core.call_timeout_us;
    struct effect *land;

    if (world->now > msg->send_before_us) {
        world->marks->count[MARK_NOT_SENT]++;
        answer(world, effect, (struct call_reply){.class = CALLED_NOT_SENT}, world->now, false);
        return;
    }
    msg->sent_at = world->now;
    if (is_write(msg->call.kind))
        msg->write = oracle_write_sent(world, effect->worker, msg);
    else
        world->marks->count[MARK_LOOKUP]++;
    msg->fate = world_fate(world, FATE_CALL);
    if (latency > timeout * 4 / 10)
        latency = timeout * 4 / 10;
    if (msg->fate == CALL_SLOW)
        latency = timeout * 9 / 10;
    if (world->catalog.no_auth[msg->call.catalog]) {
        answer(world, effect, (struct call_reply){.class = CALLED_AUTH}, world->now + latency, false);
        return;
    }
    if (world->catalog.down[msg->call.catalog])
        msg->fate = rng_chance(&world->rng, 700) ? CALL_FAILS : CALL_FAILS_UNKNOWN;
    if (world->catalog.refusing[msg->call.catalog] && is_write(msg->call.kind)) {
        answer(world, effect, (struct call_reply){.class = CALLED_REFUSED, .shared = true},
               world->now + latency, false);
        return;
    }
    if (refused_on_the_way(world, effect, world->now + latency))
        return;
    if (msg->fate == CALL_LANDS_LATE && is_write(msg->call.kind)) {
        answer(world, effect, unknown_reply(msg), world->now + latency, false);
        latency = world->choose ? world->set.core.call_late_us
                                : rng_range(&world->rng, 0, world->set.core.call_late_us);
    } else if (msg->fate == CALL_ANSWER_LOST || msg->fate == CALL_LANDS_LATE) {
        msg->fate = CALL_ANSWER_LOST;
        answer(world, effect, unknown_reply(msg), world->now + timeout, true);
    }
    land =
        effect_new(world, E_CALL_LAND, world->now + (msg->fate == CALL_LANDS_LATE ? latency : latency / 2));
    land->worker = effect->worker;
    land->incarnation = effect->incarnation;
    land->u.call = *msg;
    land->u.call.reply_at = world->now + latency;
}

static void note_landing(struct world *world, const struct effect *effect, const struct call_reply *reply)
{
    static const enum mark marks[] = {[CALL_CREATE] = MARK_CREATED,
                                      [CALL_UPDATE] = MARK_UPDATED,
                                      [CALL_HIDE] = MARK_HIDDEN,
                                      [CALL_DELETE] = MARK_DELETED,
                                      [CALL_LOOKUP] = MARK_LOOKUP};
    const struct worker *worker = &world->workers[effect->worker];

    if (reply->class == CALLED_OK && is_write(effect->u.call.call.kind))
        world->marks->count[marks[effect->u.call.call.kind]]++;
    if (reply->class == CALLED_NOT_FOUND)
        world->marks->count[MARK_NOT_FOUND]++;
    if (reply->class == CALLED_DUPLICATE)
        world->marks->count[reply->item_hash ? MARK_DUPLICATE : MARK_DUPLICATE_WITHOUT_ID]++;
    if (effect->u.call.fate == CALL_LANDS_LATE)
        world->marks->count[MARK_LATE_LANDING]++;
    if (worker->incarnation != effect->incarnation || !worker->up)
        world->marks->count[MARK_LATE_AFTER_DEATH]++;
}

void shell_call_land(struct world *world, struct effect *effect)
{
    struct call_msg *msg = &effect->u.call;
    usec_t lag = world->set.lookup_lag_us;
    struct call_reply reply;

    if (lag > 0)
        lag = world->choose ? lag : rng_range(&world->rng, 0, lag);
    if (msg->call.kind == CALL_LOOKUP && lag > 0)
        world->marks->count[MARK_LOOKUP_LAGS]++;
    reply = fake_catalog_apply(&world->catalog, &msg->call, world->now, lag);
    if (world->trace && (msg->fate == CALL_LANDS_LATE || msg->fate == CALL_ANSWER_LOST))
        trace_note(world, "the call of w%u for sku %d lands, and nobody hears of it", effect->worker,
                   msg->call.sku);
    note_landing(world, effect, &reply);
    if (msg->fate != CALL_LANDS_LATE && msg->fate != CALL_ANSWER_LOST)
        answer(world, effect, reply, msg->reply_at, false);
}

static void take_item(struct side *side, const struct call_msg *msg)
{
    if (msg->reply.item_hash == 0)
        return;
    for (uint32_t i = 0; i < side->targets_count; i++)
        if (side->skus[i] == msg->call.sku)
            side->ids[i] = msg->reply.item_hash;
}

void shell_call_reply(struct world *world, struct effect *effect)
{
    struct call_msg *msg = &effect->u.call;
    struct worker *worker = &world->workers[effect->worker];
    struct side *side = worker_side(world, effect->worker, msg->op);
    struct input in = {.type = IN_CALLED};

    worker->calls_open[msg->call.catalog]--;
    if (msg->write != UINT32_MAX && !msg->reply.unknown)
        oracle_write_over(world, msg->write);
    if (side) {
        oracle_call_over(world, effect->worker, side);
        take_item(side, msg);
        oracle_called(world, effect->worker, side, &msg->reply);
    }
    if (msg->reply.class == CALLED_OK)
        worker->successes[msg->call.catalog]++;
    if (msg->reply.class == CALLED_OK && is_write(msg->call.kind))
        oracle_flood_over(world, effect->worker, msg->call.catalog);
    in.u.called.op = msg->op;
    in.u.called.reply = msg->reply;
    worker_step(world, effect->worker, &in);
}
