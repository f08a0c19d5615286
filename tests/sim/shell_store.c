/* A worker's side of the store, and the wire between: requests in order on one connection, lost requests,
 * lost answers, connections that die under them. */
#include "tests/sim/oracle.h"
#include "tests/sim/world.h"

#include "common/assertx.h"

#include <string.h>

static const usec_t ms = 1000, answer_timeout_us = 500 * 1000;

/* A stored result as the store's opaque blob: what a repeated result needs besides outcome and reason. */
static uint64_t blob_pack(usec_t finished_at, uint64_t item, enum item_state state, int32_t sku)
{
    return (uint64_t)finished_at << 24 | (item & 0x3fff) << 10 | (uint64_t)state << 8 | (uint64_t)(sku + 1);
}

uint64_t shell_blob(const struct result *r)
{
    if (r->outcome == OUTCOME_SUPERSEDED)
        return r->reason == REASON_ABSORBED ? r->superseded_by : r->superseded_by - 1;
    return blob_pack(r->finished_at, r->item, r->item_state, r->skus[0]);
}

static bool answered(enum output_type type)
{
    return type != OUT_RELEASE && type != OUT_BUDGET_BLOCK;
}

static bool usable(const struct worker *worker)
{
    return worker->link_up && worker->ups_coming == 0;
}

static void expect(struct world *world, struct worker *worker, const struct store_msg *msg)
{
    ASSERT(worker->outstanding_count < SIM_OUTSTANDING_MAX);
    (void)world;
    worker->outstanding[worker->outstanding_count++] =
        (struct outstanding){.id = msg->id, .type = msg->type, .op = msg->op, .catalog = msg->catalog};
}

static void fill_claim(struct world *world, uint32_t w, struct store_msg *msg, const struct output *out)
{
    struct side *side = worker_side(world, w, out->op);
    int32_t sku;

    if (!side)
        oracle_fail(world, "claim", "w%u claims for an op that holds nothing", w);
    sku = world->workload.events[side->event].sku;
    msg->u.claim.req = out->u.claim;
    oracle_claim(world, w, side, &out->u.claim);
    side->epoch = out->u.claim.epoch;
    msg->u.claim.side = (struct fstore_claim_side){
        .event_sku = key_sku(sku),
        .event = side->event,
        .blob = out->u.claim.mode == CLAIM_END && out->u.claim.end_outcome == OUTCOME_SUPERSEDED
                    ? side->blob
                    : blob_pack(world->now, 0, ITEM_ABSENT, sku),
        .witness = ++world->workers[w].write_no,
    };
    if (out->u.claim.mode == CLAIM_END) {
        oracle_verdict(world, side, out->u.claim.end_outcome, out->u.claim.end_reason);
        side->final = false; /* until the store has said so */
    }
}

static void fill_side(struct world *world, uint32_t w, const struct side *side, struct fstore_settle_side *to)
{
    to->event = side->event;
    to->blob = side->blob;
    to->witness = ++world->workers[w].write_no;
    for (uint32_t i = 0; i < side->targets_count; i++) {
        to->ids[i] = side->ids[i];
        to->skus[i] = key_sku(side->skus[i]);
    }
}

static void fill_settle(struct world *world, uint32_t w, struct store_msg *msg, const struct output *out)
{
    struct side *side = worker_side(world, w, out->op);

    if (!side)
        oracle_fail(world, "settle", "w%u settles an op that holds nothing", w);
    oracle_settle(world, w, side, &out->u.settle);
    if (side->finished_at == 0 || side->verdict != out->u.settle.outcome)
        side->finished_at = world->now;
    side->after = out->u.settle.after;
    side->version = out->u.settle.version;
    side->blob = blob_pack(side->finished_at, out->u.settle.targets[0].gone ? 0 : side->ids[0], side->after,
                           side->skus[0]);
    oracle_verdict(world, side, out->u.settle.outcome, out->u.settle.reason);
    side->final = false;
    msg->u.settle.req = out->u.settle;
    fill_side(world, w, side, &msg->u.settle.side);
}

static void fill(struct world *world, uint32_t w, struct store_msg *msg, const struct output *out)
{
    struct side *side;

    switch (out->type) {
    case OUT_CLAIM: fill_claim(world, w, msg, out); return;
    case OUT_SETTLE: fill_settle(world, w, msg, out); return;
    case OUT_RELEASE:
        side = worker_side(world, w, out->op);
        if (!side)
            oracle_fail(world, "release", "w%u releases an op that holds nothing", w);
        world->marks->count[MARK_RELEASED]++;
        msg->u.release.req = out->u.release;
        fill_side(world, w, side, &msg->u.release.side);
        return;
    case OUT_BUDGET:
    case OUT_BUDGET_BLOCK:
        msg->catalog = out->u.budget.catalog;
        msg->u.budget.tokens = out->u.budget.tokens;
        msg->u.budget.block_us = out->u.budget.block_us;
        return;
    case OUT_STORE_LOOK:
        if (world->workers[w].acked_no == 0 || world->workers[w].acked_epoch < world->workers[w].viewed_epoch)
            msg->u.look.witness = ++world->workers[w].write_no;
        return;
    case OUT_EPOCH_RAISE:
    case OUT_EPOCH_READY:
        msg->u.look.epoch = out->u.epoch.epoch;
        msg->u.look.quiet_us = out->u.epoch.quiet_us;
        return;
    default: return;
    }
}

/* A release has no answer for the core, but its shell sends it until it is applied. */
static void remember_release(struct worker *worker, const struct store_msg *msg)
{
    ASSERT(worker->releases_count < SIM_RELEASES_MAX);
    worker->releases[worker->releases_count++] = *msg;
}

static void keep_release(struct world *world, uint32_t w, const struct output *out)
{
    struct store_msg msg = {.type = out->type, .id = ++world->next_msg, .op = out->op};

    fill(world, w, &msg, out);
    remember_release(&world->workers[w], &msg);
}

static void forget_release(struct worker *worker, uint32_t id)
{
    for (uint32_t i = 0; i < worker->releases_count; i++)
        if (worker->releases[i].id == id)
            worker->releases[i] = worker->releases[--worker->releases_count];
}

void shell_send_releases(struct world *world, uint32_t w)
{
    struct worker *worker = &world->workers[w];

    for (uint32_t i = 0; i < worker->releases_count; i++) {
        struct effect *effect = effect_for(world, E_STORE_ARRIVE, world->now + 1 + i, w);

        worker->releases[i].link = worker->link;
        worker->releases[i].run_id = world->store.run_id;
        effect->u.store = worker->releases[i];
        worker->last_arrival = effect->at;
    }
}

void shell_store_send(struct world *world, uint32_t w, const struct output *out)
{
    struct worker *worker = &world->workers[w];
    struct effect *effect;
    usec_t at;

    if (!usable(worker)) {
        if (!answered(out->type)) {
            if (out->type == OUT_RELEASE)
                keep_release(world, w, out);
            return;
        }
        effect = effect_for(world, E_STORE_REPLY, world->now + ms, w);
    } else {
        at = world->now + world_about(world, world->set.store_latency_us);
        if (at <= worker->last_arrival)
            at = worker->last_arrival + 1;
        worker->last_arrival = at;
        effect = effect_for(world, E_STORE_ARRIVE, at, w);
        effect->u.store.fate = out->type == OUT_RELEASE ? STORE_WORKS : world_fate(world, FATE_STORE);
    }
    effect->u.store.type = out->type;
    effect->u.store.id = ++world->next_msg;
    effect->u.store.link = worker->link;
    effect->u.store.run_id = world->store.run_id;
    effect->u.store.op = out->op;
    effect->u.store.unanswered = !usable(worker);
    fill(world, w, &effect->u.store, out);
    if (answered(out->type))
        expect(world, worker, &effect->u.store);
    if (out->type == OUT_RELEASE)
        remember_release(worker, &effect->u.store);
}

static void note_claim(struct world *world, const struct store_msg *msg, uint32_t event)
{
    static const int marks[] = {
        [CLAIM_UNANSWERED] = -1,
        [CLAIM_GRANTED] = -1,
        [CLAIM_HELD] = MARK_HELD,
        [CLAIM_WAIT] = MARK_WAIT,
        [CLAIM_DONE] = MARK_DONE,
        [CLAIM_STALE] = MARK_STALE,
        [CLAIM_IS_UNCHANGED] = MARK_UNCHANGED,
        [CLAIM_SKIPPED] = MARK_SKIPPED,
        [CLAIM_ENDED] = MARK_ENDED,
        [CLAIM_CONFLICT] = MARK_CONFLICT,
        [CLAIM_NOTHING_KNOWN] = MARK_NOTHING_KNOWN,
        [CLAIM_TOO_MANY_SKUS] = MARK_TOO_MANY_SKUS,
        [CLAIM_EPOCH] = MARK_EPOCH_ANSWER,
    };
    const struct claim_reply *reply = &msg->u.claim.answer.reply;

    const struct fstore_product *product =
        fstore_find_product(&world->store, msg->u.claim.req.catalog, msg->u.claim.req.product);

    if (msg->u.claim.req.tombstone && product &&
        (reply->status == CLAIM_SKIPPED || reply->status == CLAIM_GRANTED))
        world->tombstone_version[event] = reply->status == CLAIM_GRANTED ? reply->version : product->v;
    if (reply->status == CLAIM_GRANTED)
        oracle_granted(world, msg, event);
    if (reply->status == CLAIM_GRANTED) {
        int32_t sku = sku_of_key(msg->u.claim.answer.skus[0]);

        oracle_hand_granted(world, &msg->u.claim.req, event);
        world->last_grant[msg->u.claim.req.catalog][sku].at = world->now;
        world->last_grant[msg->u.claim.req.catalog][sku].losses = world->losses;
        world->last_grant[msg->u.claim.req.catalog][sku].product = world->workload.events[event].product;
    }
    if (reply->status == CLAIM_HELD && product && product->hu > world->now)
        world->marks->count[MARK_HAND_HELD]++;
    if (reply->status == CLAIM_STALE && !msg->u.claim.req.repair)
        oracle_hand_stale(world, event, msg->u.claim.answer.superseded_by);
    if (reply->status == CLAIM_SKIPPED && reply->reason == REASON_SKU_TAKEN)
        oracle_hand_taken(world, &msg->u.claim.req, event);
    if (marks[reply->status] >= 0)
        world->marks->count[marks[reply->status]]++;
    if (reply->status == CLAIM_GRANTED && reply->claims > 0)
        world->marks->count[MARK_REGRANTED]++;
    if (reply->status == CLAIM_IS_UNCHANGED) {
        oracle_unchanged(world, &msg->u.claim.req, event);
        oracle_hand_unchanged(world, world->workload.events[event].product, event);
    }
}

static void apply_look(struct world *world, struct effect *effect)
{
    struct store_msg *msg = &effect->u.store;
    uint64_t before = world->store.guard.ep, builder = world->store.guard.bt;
    struct store_view *view = &msg->u.look.view;
    bool first = world->kafka.results_count == 0 && msg->u.look.epoch == 0 && world->losses == 0;

    if (msg->type == OUT_STORE_LOOK)
        fstore_look(&world->store, world->now, effect->incarnation, view);
    else if (msg->type == OUT_EPOCH_RAISE)
        fstore_raise(&world->store, world->now, effect->incarnation, msg->u.look.epoch,
                     first ? 0 : msg->u.look.quiet_us, view);
    else
        fstore_ready(&world->store, world->now, effect->incarnation, msg->u.look.epoch, view);
    if (world->store.guard.ep != before)
        world->marks->count[MARK_EPOCH_RAISED]++;
    else if (world->store.guard.bt != builder)
        world->marks->count[MARK_BUILDER_REPLACED]++;
    msg->u.look.run_id = world->store.run_id;
    if (view->ready && msg->u.look.witness > 0)
        fstore_witness_raise(&world->store, effect->incarnation, msg->u.look.witness);
}

/* When the store took an event's outcome: the first time, in this life of its data. */
static void note_ended(struct world *world, uint8_t catalog, uint64_t event, bool before)
{
    struct key128 identity = key_identity(world->workload.events[event].identity);

    if (!before && fstore_find_event(&world->store, catalog, identity))
        world->hand.ended_at[event] = world->now;
}

static void apply(struct world *world, struct effect *effect)
{
    struct store_msg *msg = &effect->u.store;
    struct fstore *store = &world->store;
    bool before;

    switch (msg->type) {
    case OUT_CLAIM:
        before = fstore_find_event(store, msg->u.claim.req.catalog, msg->u.claim.req.identity) != NULL;
        fstore_claim(store, world->now, &msg->u.claim.req, &msg->u.claim.side, &msg->u.claim.answer);
        note_claim(world, msg, (uint32_t)msg->u.claim.side.event);
        note_ended(world, msg->u.claim.req.catalog, msg->u.claim.side.event, before);
        return;
    case OUT_SETTLE:
        before = fstore_find_event(store, msg->u.settle.req.catalog, msg->u.settle.req.identity) != NULL;
        msg->u.settle.status = fstore_settle(store, world->now, &msg->u.settle.req, &msg->u.settle.side);
        note_ended(world, msg->u.settle.req.catalog, msg->u.settle.side.event, before);
        if (msg->u.settle.status == SETTLE_OK)
            oracle_hand_settled(world, &msg->u.settle.req, (uint32_t)msg->u.settle.side.event,
                                !before && !msg->u.settle.req.repair);
        if (msg->u.settle.status == SETTLE_OK)
            oracle_settled(world, &msg->u.settle.req, &msg->u.settle.side,
                           (uint32_t)msg->u.settle.side.event);
        else
            world->marks
                ->count[msg->u.settle.status == SETTLE_REFUSED ? MARK_SETTLE_REFUSED : MARK_SETTLE_EPOCH]++;
        return;
    case OUT_RELEASE: fstore_release(store, world->now, &msg->u.release.req, &msg->u.release.side); return;
    case OUT_BUDGET:
        msg->u.budget.granted = fstore_budget_take(store, msg->catalog, world->now, msg->u.budget.tokens,
                                                   world->set.budget_interval_us, world->set.budget_burst,
                                                   &msg->u.budget.wait_us);
        if (msg->u.budget.granted < msg->u.budget.tokens)
            world->marks->count[MARK_BUDGET_SHORT]++;
        return;
    case OUT_BUDGET_BLOCK:
        fstore_budget_block(store, msg->catalog, world->now, msg->u.budget.block_us,
                            world->set.budget_interval_us, world->set.budget_burst);
        world->marks->count[MARK_BUDGET_BLOCKED]++;
        return;
    default: apply_look(world, effect); return;
    }
}

void shell_store_arrive(struct world *world, struct effect *effect)
{
    struct store_msg *msg = &effect->u.store;
    const struct worker *worker = &world->workers[effect->worker];
    bool torn = worker->incarnation != effect->incarnation || worker->link != msg->link;
    struct effect *reply;
    usec_t at = world->now + world_about(world, world->set.store_latency_us);

    if (world->store_down || msg->run_id != world->store.run_id)
        return; /* the end of the connection answers it */
    if (torn && rng_chance(&world->rng, 600))
        return;
    if (msg->fate != STORE_REQUEST_LOST)
        apply(world, effect);
    if (msg->type == OUT_RELEASE && !torn)
        forget_release(&world->workers[effect->worker], msg->id);
    if (!answered(msg->type))
        return;
    if (msg->fate != STORE_WORKS) {
        msg->unanswered = true;
        at = world->now + answer_timeout_us;
    }
    reply = effect_new(world, E_STORE_REPLY, at);
    reply->worker = effect->worker;
    reply->incarnation = effect->incarnation;
    reply->u.store = *msg;
}
