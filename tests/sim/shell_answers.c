/* What the store answers, as it reaches a worker, and its connection as it comes and goes. */
#include "tests/sim/oracle.h"
#include "tests/sim/world.h"

#include <string.h>

static const usec_t ms = 1000;

static void blob_unpack(struct side *side, uint64_t blob)
{
    side->finished_at = (usec_t)(blob >> 24);
    side->ids[0] = blob >> 10 & 0x3fff;
    side->after = (enum item_state)(blob >> 8 & 3);
    side->skus[0] = (int32_t)(blob & 0xff) - 1;
    side->targets_count = 1;
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
        worker->viewed_epoch = in.u.view.epoch;
        if (in.u.view.ready && msg->u.look.witness > 0)
            acknowledged(world, worker, msg->u.look.witness);
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
        shell_send_releases(world, w);
}
