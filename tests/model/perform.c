/* Carries outputs out. The store and Kafka are asked at once, so that a crash between two outputs stands for
 * every order of requests and death; what may get lost is the request or its answer. */
#include "tests/model/model.h"

#include "common/assertx.h"

static const usec_t ms = 1000, answer_timeout_us = 500 * 1000, report_timeout_us = 1500 * 1000;

enum store_fate { STORE_ANSWERS, STORE_REQUEST_LOST, STORE_ANSWER_LOST, STORE_FATES };
enum sent_fate { SENT_OK, SENT_NOT, SENT_UNKNOWN, SENT_FATES };

static struct fstore_claim_side claim_side(struct model *m, const struct side *side, const struct output *out)
{
    const struct model_event *event = &m->scenario->events[side->event];

    return (struct fstore_claim_side){
        .event_sku = model_key(KEY_SKU, event->sku),
        .event = side->event + 1,
        .blob = out->u.claim.end_outcome == OUTCOME_SUPERSEDED ? side->superseded_by : 0,
        .witness = ++m->witness};
}

static void claim(struct model *m, const struct output *out, enum store_fate fate)
{
    struct side *side = model_side(m, out->op);
    struct fstore_claim_side beside = claim_side(m, side, out);
    struct effect *back = model_effect(m, EFFECT_CLAIMED, fate == STORE_ANSWERS ? ms : answer_timeout_us);

    if (fate != STORE_REQUEST_LOST)
        fstore_claim(&m->store, m->now, &out->u.claim, &beside, &back->answer);
    if (fate != STORE_ANSWERS)
        back->answer = (struct fstore_claim_answer){.reply.status = CLAIM_UNANSWERED};
    back->input.type = IN_CLAIMED;
    back->input.u.claimed.op = out->op;
    back->input.u.claimed.reply = back->answer.reply;
    model_note(m, "claim: fate %d, status %d", fate, back->answer.reply.status);
}

static struct fstore_settle_side settle_side(struct model *m, const struct side *side)
{
    struct fstore_settle_side to = {.event = side->event + 1, .blob = side->blob, .witness = ++m->witness};

    for (uint32_t i = 0; i < side->targets_count; i++) {
        to.ids[i] = side->ids[i];
        to.skus[i] = model_key(KEY_SKU, side->skus[i]);
    }
    return to;
}

static void settle(struct model *m, const struct output *out, enum store_fate fate)
{
    struct side *side = model_side(m, out->op);
    struct effect *back = model_effect(m, EFFECT_INPUT, fate == STORE_ANSWERS ? ms : answer_timeout_us);
    struct fstore_settle_side beside;
    enum settle_status status = SETTLE_UNANSWERED;

    side->blob = out->u.settle.targets[0].gone ? 0 : side->ids[0];
    beside = settle_side(m, side);
    if (fate != STORE_REQUEST_LOST)
        status = fstore_settle(&m->store, m->now, &out->u.settle, &beside);
    back->input.type = IN_SETTLED;
    back->input.u.settled.op = out->op;
    back->input.u.settled.status = fate == STORE_ANSWERS ? status : SETTLE_UNANSWERED;
    model_note(m, "settle %s: fate %d, status %d", core_outcome_name(out->u.settle.outcome), fate, status);
}

static void look(struct model *m, const struct output *out, enum store_fate fate)
{
    struct effect *back = model_effect(m, EFFECT_INPUT, fate == STORE_ANSWERS ? ms : answer_timeout_us);
    struct store_view view = {.witness_ok = true};

    if (fate != STORE_REQUEST_LOST && out->type == OUT_STORE_LOOK)
        fstore_look(&m->store, m->now, m->incarnation, &view);
    else if (fate != STORE_REQUEST_LOST && out->type == OUT_EPOCH_RAISE)
        fstore_raise(&m->store, m->now, m->incarnation, out->u.epoch.epoch, 0, &view);
    else if (fate != STORE_REQUEST_LOST)
        fstore_ready(&m->store, m->now, m->incarnation, out->u.epoch.epoch, &view);
    back->input.type = IN_STORE_VIEWED;
    back->input.u.view = fate == STORE_ANSWERS ? view : (struct store_view){.witness_ok = true};
}

/* The store is lost in no run: the only epoch is built before there is any result to read. */
static void rebuild(struct model *m)
{
    struct effect *back = model_effect(m, EFFECT_INPUT, ms);

    for (uint32_t i = 0; i < m->scenario->events_count; i++)
        if (m->records[i].written)
            model_fail(m, "rebuild", "the store is rebuilt, and nothing of it was lost");
    back->input.type = IN_REBUILT;
    back->input.u.rebuilt.ok = fstore_rebuild(&m->store, m->now, m->incarnation, m->store.guard.ep, NULL);
}

void model_take_claimed(struct model *m, const struct effect *effect)
{
    struct side *side = &m->sides[effect->input.u.claimed.op.slot];
    const struct fstore_claim_answer *answer = &effect->answer;
    uint32_t wanted = side->skus[0];
    uint64_t learned = side->ids[0];

    if (!side->used || side->gen != effect->input.u.claimed.op.gen)
        return;
    side->stored_reason = answer->stored_reason;
    if (answer->reply.status == CLAIM_STALE)
        side->superseded_by = (uint32_t)answer->superseded_by;
    if (answer->reply.status == CLAIM_DONE && answer->reply.outcome == OUTCOME_SUPERSEDED)
        side->superseded_by = (uint32_t)answer->blob;
    else if (answer->reply.status == CLAIM_DONE)
        side->blob = answer->blob;
    if (answer->reply.status != CLAIM_GRANTED)
        return;
    side->targets_count = answer->reply.targets_count;
    for (uint32_t i = 0; i < side->targets_count; i++) {
        side->skus[i] = model_sku_of(answer->skus[i]);
        side->ids[i] = answer->ids[i];
    }
    if (side->ids[0] == 0 && side->skus[0] == wanted)
        side->ids[0] = learned;
}

void model_take_called(struct model *m, const struct effect *effect)
{
    struct side *side = &m->sides[effect->call.op.slot];

    if (effect->call.write != UINT32_MAX && !effect->call.reply.unknown)
        m->writes[effect->call.write].over = true;
    if (!side->used || side->gen != effect->call.op.gen)
        return;
    side->in_call = false;
    if (effect->call.reply.item_hash == 0)
        return;
    for (uint32_t i = 0; i < side->targets_count; i++)
        if (side->skus[i] == effect->call.sku)
            side->ids[i] = effect->call.reply.item_hash;
}

static struct model_record result_of(const struct side *side, const struct output *out)
{
    struct model_record r = {.event = side->event,
                             .outcome = out->u.publish.outcome,
                             .reason = out->u.publish.stored ? side->stored_reason : out->u.publish.reason};

    if (r.outcome == OUTCOME_SUPERSEDED)
        r.superseded_by = side->superseded_by;
    if (r.outcome == OUTCOME_CREATED || r.outcome == OUTCOME_UPDATED)
        r.item = side->blob;
    return r;
}

static void write_result(struct model *m, int64_t offset, const struct model_record *r)
{
    struct model_record *record = &m->records[offset];

    model_check_result(m, offset, r);
    record->written = true;
    record->outcome = r->outcome;
    record->reason = r->reason;
    record->superseded_by = r->superseded_by;
    record->item = r->item;
}

static void publish(struct model *m, const struct output *out)
{
    struct side *side = model_side(m, out->op);
    enum sent_fate fate = (enum sent_fate)choose_fault(m->choices, SENT_FATES);
    struct model_record result = result_of(side, out);
    struct effect *back = model_effect(m, EFFECT_INPUT, fate == SENT_OK ? ms : report_timeout_us);

    if (side->repair)
        model_fail(m, "publish", "a repair publishes");
    if (out->type == OUT_PUBLISH_DEAD && result.outcome != OUTCOME_FAILED)
        model_fail(m, "publish", "a dead letter for %lld, which is %s", (long long)side->offset,
                   core_outcome_name(result.outcome));
    if (out->type == OUT_PUBLISH_RESULT && fate != SENT_NOT)
        write_result(m, side->offset, &result);
    back->input.type = IN_PUBLISHED;
    back->input.u.published.op = out->op;
    back->input.u.published.kind = out->type == OUT_PUBLISH_DEAD ? PUBLISH_DEAD : PUBLISH_RESULT;
    back->input.u.published.ok = fate == SENT_OK;
    model_note(m, "publish %lld %s %s: fate %d", (long long)side->offset, core_outcome_name(result.outcome),
               core_reason_name(result.reason), fate);
}

static void commit(struct model *m, const struct output *out)
{
    enum sent_fate fate = (enum sent_fate)choose_fault(m->choices, SENT_FATES);
    bool owner = out->u.partition.assignment == m->group_assignment;
    struct effect *back = model_effect(m, EFFECT_INPUT, fate == SENT_OK ? ms : answer_timeout_us);

    if (!m->assigned)
        model_fail(m, "commit", "a commit for a partition that is not there any more");
    model_check_commit(m, out->u.partition.offset);
    m->commit_tried = out->u.partition.offset;
    if (owner && fate != SENT_NOT) {
        if (out->u.partition.offset < m->committed)
            model_fail(m, "commit", "committed back from %lld to %lld", (long long)m->committed,
                       (long long)out->u.partition.offset);
        m->committed = out->u.partition.offset;
    }
    back->input.type = IN_COMMITTED;
    back->input.u.committed.partition = 0;
    back->input.u.committed.assignment = out->u.partition.assignment;
    back->input.u.committed.ok = owner && fate == SENT_OK;
    back->input.u.committed.offset = out->u.partition.offset;
    model_note(m, "commit %lld: fate %d", (long long)out->u.partition.offset, fate);
}

static void given_back(struct model *m, const struct output *out)
{
    if (!m->assigned || (!m->revoking && !m->terminating) || out->u.partition.assignment != m->assignment)
        model_fail(m, "revoke", "a partition is given back that nobody asked for");
    model_check_given_back(m);
    m->assigned = m->revoking = false;
    m->group_assignment++;
    if (!m->terminating)
        model_effect(m, EFFECT_ASSIGN, REASSIGN_US);
}

static void release(struct model *m, const struct output *out)
{
    struct fstore_settle_side beside = settle_side(m, model_side(m, out->op));

    fstore_release(&m->store, m->now, &out->u.release, &beside);
}

static void repair(struct model *m, const struct output *out)
{
    const struct fstore_product *product = fstore_find_product(&m->store, 0, model_key(KEY_PRODUCT, 1));

    model_side(m, out->op);
    if (product && product->v > 0)
        model_effect(m, EFFECT_REPAIR, ms)->offset = product->offset;
}

static void absorb(struct model *m, const struct output *out)
{
    struct side *older = model_side(m, out->op), *newer = model_side(m, out->u.absorb.by);
    const struct model_event *events = m->scenario->events;

    if (events[older->event].intent == INTENT_DELETE ||
        events[older->event].version > events[newer->event].version || older->event == newer->event)
        model_fail(m, "absorb", "event %u is absorbed by event %u", older->event, newer->event);
    older->superseded_by = newer->event + 1;
}

static void stopped(struct model *m)
{
    if (!m->terminating)
        model_fail(m, "stopped", "the core says it has stopped, but nobody asked it to");
    m->core = NULL;
    model_effect(m, EFFECT_START, 5 * ms);
}

static enum store_fate store_fate(struct model *m)
{
    return (enum store_fate)choose_fault(m->choices, STORE_FATES);
}

void model_perform(struct model *m, const struct output *out)
{
    model_note(m, "  -> %s", core_output_name(out->type));
    switch (out->type) {
    case OUT_CLAIM: claim(m, out, store_fate(m)); return;
    case OUT_SETTLE: settle(m, out, store_fate(m)); return;
    case OUT_STORE_LOOK:
    case OUT_EPOCH_RAISE:
    case OUT_EPOCH_READY: look(m, out, store_fate(m)); return;
    case OUT_RELEASE: release(m, out); return;
    case OUT_REBUILD: rebuild(m); return;
    case OUT_CALL: model_call(m, out); return;
    case OUT_PUBLISH_DEAD:
    case OUT_PUBLISH_RESULT: publish(m, out); return;
    case OUT_COMMIT: commit(m, out); return;
    case OUT_PAUSE: m->paused = true; return;
    case OUT_RESUME: m->paused = false; return;
    case OUT_REVOKED: given_back(m, out); return;
    case OUT_ABSORB: absorb(m, out); return;
    case OUT_DROP: model_side(m, out->op)->used = false; return;
    case OUT_REPAIR: repair(m, out); return;
    case OUT_CATALOG_STATE: return;
    case OUT_STOPPED: stopped(m); return;
    case OUT_PLAN:
    case OUT_BUDGET:
    case OUT_BUDGET_BLOCK:
    case OUT_COUNT: break;
    }
    UNREACHABLE("output");
}
