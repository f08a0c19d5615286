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

static void blob_unpack(struct side *side, uint64_t blob)
{
    side->finished_at = (usec_t)(blob >> 24);
    side->ids[0] = blob >> 10 & 0x3fff;
    side->after = (enum item_state)(blob >> 8 & 3);
    side->skus[0] = (int32_t)(blob & 0xff) - 1;
    side->targets_count = 1;
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

/* False: it was answered before (by the end of the connection). */
static bool take_outstanding(struct worker *worker, uint32_t id)
{
    for (uint32_t i = 0; i < worker->outstanding_count; i++)
        if (worker->outstanding[i].id == id) {
            memmove(&worker->outstanding[i], &worker->outstanding[i + 1],
                    (worker->outstanding_count - i - 1) * sizeof worker->outstanding[0]);
            worker->outstanding_count--;
            return true;
        }
    return false;
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

static void send_releases(struct world *world, uint32_t w)
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

        world->last_grant[msg->u.claim.req.catalog][sku].at = world->now;
        world->last_grant[msg->u.claim.req.catalog][sku].losses = world->losses;
        world->last_grant[msg->u.claim.req.catalog][sku].product = world->workload.events[event].product;
    }
    if (marks[reply->status] >= 0)
        world->marks->count[marks[reply->status]]++;
    if (reply->status == CLAIM_GRANTED && reply->claims > 0)
        world->marks->count[MARK_REGRANTED]++;
    if (reply->status == CLAIM_IS_UNCHANGED)
        oracle_unchanged(world, &msg->u.claim.req, event);
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
}

static void apply(struct world *world, struct effect *effect)
{
    struct store_msg *msg = &effect->u.store;
    struct fstore *store = &world->store;

    switch (msg->type) {
    case OUT_CLAIM:
        fstore_claim(store, world->now, &msg->u.claim.req, &msg->u.claim.side, &msg->u.claim.answer);
        note_claim(world, msg, (uint32_t)msg->u.claim.side.event);
        return;
    case OUT_SETTLE:
        msg->u.settle.status = fstore_settle(store, world->now, &msg->u.settle.req, &msg->u.settle.side);
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

/* Item ids of a grant; where it knows none, one that the op learned for the same SKU before stays. */
static void take_items(struct side *side, const struct fstore_claim_answer *answer)
{
    int32_t wanted = side->skus[0];
    uint64_t learned = side->ids[0];

    side->targets_count = answer->reply.targets_count;
    for (uint32_t i = 0; i < side->targets_count; i++) {
        side->skus[i] = sku_of_key(answer->skus[i]);
        side->ids[i] = answer->ids[i];
    }
    if (side->ids[0] == 0 && side->skus[0] == wanted)
        side->ids[0] = learned;
}

static void take_claim_answer(struct world *world, uint32_t w, struct side *side, const struct store_msg *msg)
{
    const struct fstore_claim_answer *answer = &msg->u.claim.answer;
    const struct claim_reply *reply = &answer->reply;

    (void)w;
    if (world->workload.events[side->event].tombstone)
        side->version = world->tombstone_version[side->event];
    switch (reply->status) {
    case CLAIM_GRANTED:
        side->fence = reply->fence;
        side->version = reply->version;

        take_items(side, answer);
        side->has_verdict = side->final = false;
        side->losses = world->losses;
        side->finished_at = 0;
        return;
    case CLAIM_DONE:
        side->stored_reason = answer->stored_reason;
        side->blob = answer->blob;
        if (reply->outcome == OUTCOME_SUPERSEDED)
            side->superseded_by = (uint32_t)answer->blob + (answer->stored_reason == REASON_ABSORBED ? 0 : 1);
        else
            blob_unpack(side, answer->blob);
        oracle_verdict(world, side, reply->outcome, answer->stored_reason);
        return;
    case CLAIM_STALE:
        side->superseded_by = (uint32_t)answer->superseded_by + 1;
        oracle_verdict(world, side, OUTCOME_SUPERSEDED, REASON_NEWER_VERSION);
        return;
    case CLAIM_IS_UNCHANGED:
        blob_unpack(side, msg->u.claim.side.blob);
        side->after = msg->u.claim.req.intent == INTENT_HIDE ? ITEM_HIDDEN : ITEM_LIVE;
        oracle_verdict(world, side, OUTCOME_UNCHANGED, REASON_NONE);
        return;
    case CLAIM_SKIPPED:
        blob_unpack(side, msg->u.claim.side.blob);
        oracle_verdict(world, side, OUTCOME_SKIPPED, reply->reason);
        return;
    case CLAIM_CONFLICT: oracle_verdict(world, side, OUTCOME_FAILED, REASON_IDENTITY_REUSED); return;
    case CLAIM_NOTHING_KNOWN: oracle_verdict(world, side, OUTCOME_FAILED, REASON_TOMBSTONE_UNKNOWN); return;
    case CLAIM_TOO_MANY_SKUS: oracle_verdict(world, side, OUTCOME_FAILED, REASON_TOO_MANY_SKUS); return;
    case CLAIM_ENDED: side->final = side->has_verdict; return;
    case CLAIM_UNANSWERED:
    case CLAIM_HELD:
    case CLAIM_WAIT:
    case CLAIM_EPOCH: return;
    }
}

/* What the witness says: a write of this epoch that was acknowledged, and is not there any more, was lost. An
 * epoch raised since has lost it for everybody and says so itself. */
static bool witness_there(const struct world *world, uint64_t incarnation, uint64_t number, uint64_t epoch)
{
    uint64_t current = world->store.guard.exists ? world->store.guard.ep : 0;

    if (epoch != current)
        return current > epoch;
    return fstore_witness(&world->store, incarnation) >= number;
}

static void take_view(struct world *world, struct worker *worker, struct store_msg *msg)
{
    struct store_view *view = &msg->u.look.view;

    view->witness_ok = worker->acked_no == 0 ||
                       witness_there(world, worker->incarnation, worker->acked_no, worker->acked_epoch);
    view->restarted = worker->run_seen != 0 && worker->run_seen != msg->u.look.run_id;
    for (uint32_t i = 0; i < world->kafka.tps; i++) {
        const struct group_partition *group = &world->kafka.logs[i].group;

        if (group->meta_run == 0)
            continue;
        if (!worker->looked &&
            !witness_there(world, group->meta_incarnation, group->meta_number, group->meta_epoch))
            view->witness_ok = false;
        if (worker->run_seen == 0 && group->meta_run != msg->u.look.run_id)
            view->restarted = true;
    }
    worker->looked = true;
    if (!view->witness_ok)
        world->marks->count[MARK_WITNESS_MISSED]++;
    if (view->restarted)
        world->marks->count[MARK_GRACE]++;
}

static struct input unanswered_input(enum output_type type, struct op_id op, uint8_t catalog)
{
    struct input in = {.type = IN_STORE_VIEWED};

    if (type == OUT_CLAIM) {
        in.type = IN_CLAIMED;
        in.u.claimed.op = op;
        in.u.claimed.reply.status = CLAIM_UNANSWERED;
    } else if (type == OUT_SETTLE) {
        in.type = IN_SETTLED;
        in.u.settled.op = op;
        in.u.settled.status = SETTLE_UNANSWERED;
    } else if (type == OUT_BUDGET) {
        in.type = IN_BUDGET;
        in.u.budget.catalog = catalog;
    }
    return in;
}

static void acknowledged(struct world *world, struct worker *worker, uint64_t number)
{
    if (number > worker->acked_no) {
        worker->acked_no = number;
        worker->acked_epoch = world->store.guard.ep;
    }
}

void shell_store_reply(struct world *world, struct effect *effect)
{
    struct worker *worker = &world->workers[effect->worker];
    struct store_msg *msg = &effect->u.store;
    struct side *side = worker_side(world, effect->worker, msg->op);
    struct input in = unanswered_input(msg->type, msg->op, msg->catalog);

    if (!take_outstanding(worker, msg->id))
        return;
    if (msg->unanswered) {
        if (msg->type == OUT_CLAIM)
            world->marks->count[MARK_CLAIM_UNANSWERED]++;
        if (msg->type == OUT_SETTLE)
            world->marks->count[MARK_SETTLE_AGAIN]++;
    } else if (msg->type == OUT_CLAIM) {
        in.u.claimed.reply = msg->u.claim.answer.reply;
        if (in.u.claimed.reply.status != CLAIM_EPOCH && in.u.claimed.reply.status != CLAIM_HELD &&
            in.u.claimed.reply.status != CLAIM_WAIT)
            acknowledged(world, worker, msg->u.claim.side.witness);
        if (side)
            take_claim_answer(world, effect->worker, side, msg);
    } else if (msg->type == OUT_SETTLE) {
        in.u.settled.status = msg->u.settle.status;
        if (side && msg->u.settle.status == SETTLE_OK)
            side->final = true;
        if (msg->u.settle.status == SETTLE_OK)
            acknowledged(world, worker, msg->u.settle.side.witness);
    } else if (msg->type == OUT_BUDGET) {
        in.u.budget.answered = true;
        in.u.budget.granted = msg->u.budget.granted;
        worker->tokens[msg->catalog] += msg->u.budget.granted;
        in.u.budget.wait_us = msg->u.budget.wait_us;
    } else {
        in.u.view = msg->u.look.view;
        take_view(world, worker, msg);
        in.u.view.witness_ok = msg->u.look.view.witness_ok;
        in.u.view.restarted = msg->u.look.view.restarted;
        if (in.u.view.ready)
            worker->epoch_ready = in.u.view.epoch;
    }
    worker_step(world, effect->worker, &in);
}

void shell_link_down(struct world *world, uint32_t w)
{
    struct worker *worker = &world->workers[w];
    struct effect *effect;

    if (!worker->up || !worker->link_up)
        return;
    worker->link_up = false;
    worker->link++;
    effect_for(world, E_INPUT, world->now, w)->u.input.type = IN_STORE_DOWN;
    for (uint32_t i = 0; i < worker->outstanding_count; i++) {
        const struct outstanding *o = &worker->outstanding[i];

        effect = effect_for(world, E_INPUT, world->now, w);
        effect->u.input = unanswered_input(o->type, o->op, o->catalog);
    }
    worker->outstanding_count = 0;
}

void shell_link_up(struct world *world, uint32_t w)
{
    struct worker *worker = &world->workers[w];

    if (!worker->up || worker->link_up)
        return;
    worker->link_up = true;
    worker->ups_coming++;
    worker->link++;
    effect_for(world, E_INPUT, world->now + ms, w)->u.input.type = IN_STORE_UP;
}

void shell_link_seen(struct world *world, uint32_t w)
{
    if (--world->workers[w].ups_coming == 0 && world->workers[w].link_up)
        send_releases(world, w);
}

static int by_finish(const struct result *a, const struct result *b)
{
    return a->finished_at < b->finished_at ? -1 : a->finished_at > b->finished_at;
}

static bool feed(struct world *world, uint32_t w, const struct result *r)
{
    const struct event *e = &world->workload.events[r->event];
    struct fstore_result result = {
        .catalog = e->catalog,
        .product = key_product(e->catalog, e->product),
        .sku = key_sku(r->skus[0]),
        .version = r->version,
        .shown_version = r->version,
        .event = r->event,
        .id = r->item,
        .outcome = r->outcome,
        .item = r->item_state,
        .at = {.topic = (uint16_t)(r->tp / world->kafka.parts),
               .partition = r->tp % (int32_t)world->kafka.parts,
               .offset = world->kafka.logs[r->tp].records[r->record].offset},
        .finished_at = r->finished_at,
    };

    if (e->no_product)
        return true;
    return fstore_rebuild(&world->store, world->now, world->workers[w].incarnation, world->store.guard.ep,
                          &result);
}

void shell_rebuild(struct world *world, uint32_t w)
{
    struct input in = {.type = IN_REBUILT};
    bool ok =
        !world->store_down && !world->kafka.down && world->workers[w].link_up &&
        fstore_rebuild(&world->store, world->now, world->workers[w].incarnation, world->store.guard.ep, NULL);
    static uint32_t order[KAFKA_RESULTS_MAX];
    uint32_t count = world->kafka.results_count;

    for (uint32_t i = 0; ok && i < count; i++) { /* insertion keeps equal moments in the topic's order */
        uint32_t j = i;

        for (; j > 0 && by_finish(&world->kafka.results[order[j - 1]], &world->kafka.results[i]) > 0; j--)
            order[j] = order[j - 1];
        order[j] = i;
    }
    for (uint32_t i = 0; ok && i < count; i++)
        ok = feed(world, w, &world->kafka.results[order[i]]);
    if (ok)
        world->marks->count[MARK_REBUILT]++;
    in.u.rebuilt.ok = ok;
    worker_step(world, w, &in);
}
