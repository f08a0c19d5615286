/* The catalog's few items, and what may become of a call on its way there and back. */
#include "tests/model/model.h"

#include "common/assertx.h"

static const usec_t ms = 1000, way_us = 10 * 1000;

enum call_fate {
    CALL_WORKS,
    CALL_TRANSIENT,   /* answered: try again; not applied */
    CALL_ANSWER_LOST, /* applied, nobody hears of it */
    CALL_LOST,        /* not applied, nobody knows */
    CALL_LANDS_LATE,  /* applied at the last moment, nobody hears of it */
    CALL_REFUSES,     /* the data, for good; of a call by id also: not found, although it is there */
    CALL_FATES,
};

static bool is_write(enum call_kind kind)
{
    return kind != CALL_LOOKUP;
}

static bool has_data(enum call_kind kind)
{
    return kind == CALL_CREATE || kind == CALL_UPDATE;
}

static void reply_after(struct model *m, const struct model_call *call, uint32_t life, usec_t after_us)
{
    struct effect *back = model_effect(m, EFFECT_CALLED, after_us);

    back->life = life;
    back->call = *call;
}

static enum call_class refusal(struct model *m, const struct model_call *call, uint32_t event)
{
    if (has_data(call->kind) && (call->kind == CALL_CREATE || choose(m->choices, 2) == 0)) {
        m->refused[event] = true;
        return CALLED_REFUSED;
    }
    return CALLED_NOT_FOUND;
}

void model_call(struct model *m, const struct output *out)
{
    struct side *side = model_side(m, out->op);
    struct effect *land;
    struct model_call call = {.op = out->op,
                              .kind = out->u.call.kind,
                              .sku = side->skus[out->u.call.target],
                              .content = m->scenario->events[side->event].content,
                              .item = side->ids[out->u.call.target],
                              .write = UINT32_MAX};
    enum call_fate fate;

    side->in_call = true;
    if (m->now > out->u.call.send_before_us) {
        call.reply.class = CALLED_NOT_SENT;
        reply_after(m, &call, m->life, ms);
        return;
    }
    if (is_write(call.kind))
        call.write = model_check_write(m, &call, side);
    fate = (enum call_fate)choose_fault(m->choices, is_write(call.kind) ? CALL_FATES : CALL_ANSWER_LOST);
    model_note(m, "call: fate %d, sku %u, item %llu", fate, call.sku, (unsigned long long)call.item);
    call.reply.class = CALLED_TRANSIENT;
    call.reply.unknown = fate == CALL_ANSWER_LOST || fate == CALL_LOST || fate == CALL_LANDS_LATE;
    if (fate == CALL_REFUSES)
        call.reply.class = refusal(m, &call, side->event);
    if (fate != CALL_WORKS)
        reply_after(m, &call, m->life, call.reply.unknown ? m->set.call_timeout_us : 2 * way_us);
    if (fate == CALL_TRANSIENT || fate == CALL_LOST || fate == CALL_REFUSES)
        return;
    land = model_effect(m, EFFECT_LAND, fate == CALL_LANDS_LATE ? m->set.call_late_us : way_us);
    land->call = call;
    land->call.silent = fate != CALL_WORKS;
}

static struct item *alive(struct model *m, uint32_t sku, uint64_t id)
{
    for (uint32_t i = 0; i < m->items_count; i++)
        if (m->items[i].alive && (id ? m->items[i].id == id : m->items[i].sku == sku))
            return &m->items[i];
    return NULL;
}

static struct call_reply create(struct model *m, const struct model_call *call)
{
    struct item *item = alive(m, call->sku, 0);

    if (item && m->api != API_UPSERT)
        return (struct call_reply){.class = CALLED_DUPLICATE,
                                   .item_hash = m->api == API_DUPLICATE_WITH_ID ? item->id : 0};
    if (!item) {
        ASSERT(m->items_count < MODEL_ITEMS_MAX);
        item = &m->items[m->items_count++];
        *item = (struct item){.sku = call->sku, .id = 1000 + m->items_count, .created_at = m->now};
    }
    item->alive = true;
    item->hidden = false;
    item->content = call->content;
    return (struct call_reply){.class = CALLED_OK, .item_hash = item->id};
}

/* The index of lookups is behind by as much as it may be. */
static struct call_reply lookup(const struct model *m, const struct model_call *call)
{
    usec_t then_us = m->now - m->set.lookup_lag_us;
    struct call_reply reply = {.class = CALLED_OK};

    for (uint32_t i = 0; i < m->items_count; i++) {
        const struct item *item = &m->items[i];

        if (item->sku == call->sku && item->created_at <= then_us && (item->alive || item->gone_at > then_us))
            reply.item_hash = item->id;
    }
    return reply;
}

static struct call_reply by_id(struct model *m, const struct model_call *call)
{
    struct item *item = alive(m, 0, call->item);

    if (!item)
        return (struct call_reply){.class = CALLED_NOT_FOUND};
    if (call->kind == CALL_DELETE) {
        item->alive = false;
        item->gone_at = m->now;
    } else if (call->kind == CALL_HIDE) {
        item->hidden = true;
    } else {
        item->content = call->content;
        item->hidden = false;
    }
    return (struct call_reply){.class = CALLED_OK};
}

void model_land(struct model *m, const struct effect *effect)
{
    struct model_call call = effect->call;

    if (call.kind == CALL_CREATE)
        call.reply = create(m, &call);
    else
        call.reply = call.kind == CALL_LOOKUP ? lookup(m, &call) : by_id(m, &call);
    model_note(m, "the call for sku %u lands: class %d, item %llu", call.sku, call.reply.class,
               (unsigned long long)call.reply.item_hash);
    model_check_items(m);
    if (!call.silent)
        reply_after(m, &call, effect->life, way_us);
}
