#include "call.h"

#include "batch.h"
#include "common/assertx.h"
#include "draw.h"
#include "errors.h"
#include "sim.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define NEVER_US  UINT64_MAX
#define SPARE_MAX 1024

const char *const kind_names[KIND_COUNT] = {"create", "update", "delete", "batch",
                                            "lookup", "read",   "status", "other"};

static bool is_write(const struct call *call)
{
    return call->kind <= KIND_BATCH;
}

static void take_off(struct call *call)
{
    if (call->batch)
        batch_take_off(call);
    else if (is_write(call) && call->subject)
        flight_take_off(call->sim, &call->flight, call->subject, call->content_hash, call->received_us,
                        call->seq);
}

static void land(struct call *call)
{
    flight_land(&call->flight);
    if (call->batch)
        batch_call_ends(call);
}

static void free_call(struct call *call)
{
    struct sim *sim = call->sim;
    land(call);
    timers_cancel(&sim->timers, &call->timer);
    if (call->prev_live)
        call->prev_live->next_live = call->next_live;
    else
        sim->live = call->next_live;
    if (call->next_live)
        call->next_live->prev_live = call->prev_live;
    batch_let_go(call);
    params_free(&call->params);
    fault_free(&call->fault);
    text_free(&call->answer.body);
    if (sim->spare_count >= SPARE_MAX) {
        free(call);
        return;
    }
    call->next_live = sim->spare;
    sim->spare = call;
    sim->spare_count++;
}

/* Writes what is known by now into the journal. */
static void note(struct call *call)
{
    struct journal_entry *e = journal_at(&call->sim->journal, call->seq);
    if (!e)
        return;
    e->number = call->number;
    e->content_hash = call->content_hash;
    e->method = (uint8_t)call->method;
    e->kind = (uint8_t)call->kind;
    e->fault = (uint8_t)call->fault.kind;
    e->version = (uint8_t)call->version;
    e->entries = call->batch ? (uint32_t)call->batch->count : 0;
    if (call->catalog)
        memcpy(e->catalog, call->catalog->id, sizeof e->catalog);
    if (call->item)
        memcpy(e->item_id, call->item->id, sizeof e->item_id);
    if (call->subject)
        copy_short(e->retailer_id, sizeof e->retailer_id, call->subject->retailer_id);
}

static void operate(struct call *call, uint64_t now_us)
{
    struct counters *c = &call->sim->counters;
    call->apply_at_us = NEVER_US;
    call_operate(call);
    if (call->applied) {
        bool late = call->answer_at_us == NEVER_US;
        call->applied_us = now_us;
        c->applied[call->kind]++;
        c->late_applied += late;
        c->late_beyond += now_us - call->received_us > (uint64_t)call->sim->knobs.call_late_max_ms * 1000;
    }
    struct journal_entry *e = journal_at(&call->sim->journal, call->seq);
    if (e) {
        e->applied = call->applied;
        e->applied_us = call->applied_us;
        if (call->item)
            memcpy(e->item_id, call->item->id, sizeof e->item_id);
    }
}

static void answer(struct call *call, uint64_t now_us)
{
    struct sim *sim = call->sim;
    struct answer *a = &call->answer;
    call->answer_at_us = NEVER_US;
    if (call->fault_answers)
        answer_fault(call);
    if (call->fault.kind == FAULT_TRUNCATED_JSON && a->body.len > 1)
        a->body.len /= 2;
    bool sent = call->delivery != DELIVER_RESET && call->delivery != DELIVER_NOTHING;
    struct journal_entry *e = journal_at(&sim->journal, call->seq);
    if (e) {
        e->answered_us = sent ? now_us : 0;
        e->status = sent ? a->status : 0;
        e->code = sent ? a->code : 0;
        e->subcode = sent ? a->subcode : 0;
        e->lost = call->lost;
    }
    counters_answered(&sim->counters, call, sent ? a->status : 0, sent ? a->code : 0);
    if (!call->beginning && call->on_ready)
        call->on_ready(call->owner);
}

static void on_timer(void *arg);

/* Does what is due, then sleeps until the next thing is, or ends. */
static void step(struct call *call, uint64_t now_us)
{
    if (call->apply_at_us <= now_us)
        operate(call, now_us);
    if (call->answer_at_us <= now_us)
        answer(call, now_us);
    if (call->settle_at_us <= now_us && call->apply_at_us == NEVER_US) {
        land(call);
        call->settle_at_us = NEVER_US;
    }
    if (call->settle_at_us <= now_us)
        call->settle_at_us = call->apply_at_us; /* a late write is in flight until it lands */
    uint64_t next = call->apply_at_us;
    if (call->answer_at_us < next)
        next = call->answer_at_us;
    if (call->settle_at_us < next)
        next = call->settle_at_us;
    if (next != NEVER_US)
        timers_arm(&call->sim->timers, &call->timer, next, on_timer, call);
    else if (!call->owner)
        free_call(call);
}

static void on_timer(void *arg)
{
    step(arg, sim_now_us());
}

static const char *read_params(struct call *call, const struct request *request)
{
    const char *query = strchr(request->url, '?');
    const char *why = query ? params_add_query(&call->params, query + 1, strlen(query + 1)) : NULL;
    if (!why)
        why = params_add_body(&call->params, request->content_type, request->body, request->body_size_bytes);
    return why;
}

/* Numbers the call among those of its retailer id (or of equal question), and seeds its chance with that
 * number only: whatever else happens at the same time does not change its fate. */
static void number(struct call *call, const struct request *request)
{
    struct sim *sim = call->sim;
    uint64_t key;
    if (call->subject) {
        key = XXH3_64bits(call->subject->retailer_id, strlen(call->subject->retailer_id));
        call->number = ++call->subject->calls;
    } else {
        key = XXH3_64bits(request->url, strlen(request->url)) + (uint64_t)call->method;
        if (call->kind == KIND_BATCH)
            key ^= XXH3_64bits(request->body, request->body_size_bytes);
        call->number = ++sim->numbers[mix64(key) % NUMBER_SLOTS];
    }
    call->rng.state = mix64(mix64((uint64_t)sim->knobs.seed) ^ mix64(key ^ ((uint64_t)call->number << 40)));
}

static struct call *make_call(struct sim *sim, const struct request *request)
{
    struct call *call = sim->spare;
    if (call) {
        sim->spare = call->next_live;
        sim->spare_count--;
    } else {
        call = malloc(sizeof *call);
        ASSERT(call != NULL);
    }
    memset(call, 0, offsetof(struct call, params) + offsetof(struct params, at));
    call->sim = sim;
    call->received_us = sim_now_us();
    call->ordinal = ++sim->ordinal;
    call->apply_at_us = call->answer_at_us = call->settle_at_us = NEVER_US;
    call->token = -1;
    call->kind = KIND_OTHER;
    call->method = request->method;
    call->method_name = request->method_name;
    copy_short(call->host, sizeof call->host, request->host ? request->host : "");
    call->next_live = sim->live;
    if (sim->live)
        sim->live->prev_live = call;
    sim->live = call;
    return call;
}

struct call *call_begin(struct sim *sim, const struct request *request, void (*on_ready)(void *owner),
                        void *owner, bool *ready)
{
    struct call *call = make_call(sim, request);
    call->on_ready = on_ready;
    call->owner = owner;
    call->beginning = true;
    call->seq = journal_open(&sim->journal, call->received_us)->seq;
    const char *why = read_params(call, request);
    call_route(call, request);
    if (call->kind == KIND_DELETE)
        call->content_hash = mix64(KIND_DELETE);
    else
        call->content_hash = params_content_hash(&call->params);
    number(call, request);
    bool admitted = tokens_check(call, request) && limits_admit(call);
    if (!admitted)
        call->op = OP_ANSWERED;
    if (admitted && why) {
        char message[160];
        snprintf(message, sizeof message, "(#100) Invalid request: %s", why);
        answer_100(call, message);
        call->op = OP_ANSWERED;
    }
    if (call->op == OP_BATCH)
        batch_read(call, request);
    draw_fate(call, admitted);
    note(call);
    take_off(call);
    step(call, call->received_us);
    call->beginning = false; /* NOLINT(clang-analyzer-unix.Malloc): nothing is freed while it has an owner */
    *ready = call->answer_at_us == NEVER_US;
    return call;
}

void call_release(struct call *call)
{
    call->owner = NULL;
    call->on_ready = NULL;
    if (call->timer.slot == 0)
        free_call(call);
}

void calls_detach_all(struct sim *sim)
{
    for (struct call *call = sim->live; call; call = call->next_live) {
        land(call);
        batch_let_go(call);
        call->subject = NULL;
        call->item = NULL;
        call->apply_at_us = NEVER_US;
        if (call->answer_at_us == NEVER_US)
            continue;
        call->op = OP_ANSWERED;
        call->fault_answers = false;
        answer_error(call,
                     &(struct api_error){500, 1, 0, -1, NULL, "An unknown error occurred", NULL, NULL, NULL});
    }
}

void calls_free_all(struct sim *sim)
{
    while (sim->live)
        free_call(sim->live); /* NOLINT(clang-analyzer-unix.Malloc): it unlinks what it frees */
    while (sim->spare) {
        struct call *call = sim->spare;
        sim->spare = call->next_live;
        free(call);
    }
    sim->spare_count = 0;
}
