/* Calls: lets ready ops through the gate, within budget, in-flight bound and lease, and takes their answers.
 */
#include "worker/core/state.h"

static bool is_write(enum call_kind kind)
{
    return kind != CALL_LOOKUP;
}

/* A call may start only if it will be over, with a margin, while the lease holds (counted from when it was
 * asked for). */
static bool lease_long_enough(const struct core *core, const struct op *op)
{
    if (op->epoch != core->guard.epoch && !MUTANT(EPOCH_NOT_CHECKED))
        return false;
    if (MUTANT(LEASE_NOT_CHECKED))
        return op->leased;
    return op->leased &&
           core->now_us + core->set.call_timeout_us + core->set.lease_margin_us <= op->lease_until_us;
}

/* A record that seems to kill workers runs with nothing beside it, so that only it can be blamed. */
static bool alone_rule_allows(struct core *core, struct op *op)
{
    uint32_t slot = op_slot(core, op);

    if (core->alone_op != NIL && core->alone_op != slot)
        return false;
    if (!op->alone)
        return true;
    core->alone_op = slot;
    return core->total_inflight == 0;
}

/* The op that has to run alone goes first: what is before it waits for it. */
static struct op *next_ready(struct core *core, const struct catalog *cat)
{
    struct op *alone = core->alone_op == NIL ? NULL : &core->ops[core->alone_op];

    if (alone && alone->state == OP_READY && &core->catalogs[alone->rec.catalog] == cat)
        return alone;
    return &core->ops[cat->ready.head];
}

/* Behind a closed gate nobody waits for it: other catalogs go on. */
static void alone_waits_for_no_gate(struct core *core, const struct catalog *cat)
{
    const struct op *alone = core->alone_op == NIL ? NULL : &core->ops[core->alone_op];

    if (alone && alone->state == OP_READY && &core->catalogs[alone->rec.catalog] == cat &&
        !gate_lets_through(core, cat))
        core->alone_op = NIL;
}

/* No other call succeeded since this op last failed, so its next failure would say nothing: a read comes
 * first. Not where the plan itself wants one, which says as much; and not while the catalog is failing for
 * many: then the probe is a real call, and nothing counts. */
static bool needs_check(const struct catalog *cat, const struct op *op, enum call_kind planned)
{
    return op->failures > 0 && planned != CALL_LOOKUP && cat->gate == GATE_WORKS &&
           cat->success_seq == op->success_seq_seen && !MUTANT(OUTAGE_COUNTED);
}

static void call_start(struct core *core, struct catalog *cat, struct op *op, struct outputs *out)
{
    struct output *output = output_add(out, OUT_CALL);
    enum call_kind planned = plan_next(core, op);

    op_move(core, op, OP_CALLING);
    if (op->attempts == 0)
        op->success_seq_seen = cat->success_seq;
    if (op->attempts < UINT16_MAX)
        op->attempts++;
    op->call_check = needs_check(cat, op, planned);
    op->call_probe = cat->gate != GATE_WORKS;
    op->call = op->call_check ? CALL_LOOKUP : planned;
    op->call_credentials = cat->credentials;
    op->call_sent_us = core->now_us;
    cat->probing = cat->probing || op->call_probe;
    cat->inflight++;
    core->total_inflight++;
    if (core->set.catalogs[op->rec.catalog].limited && cat->tokens > 0)
        cat->tokens--;
    core->stats.calls++;
    output->op = op_name(core, op);
    output->u.call = (struct call_request){
        .kind = op->call,
        .target = op->current,
        .probe = op->call_probe || op->call_check,
        .attempt = op->attempts,
        .send_before_us = is_write(op->call) && !MUTANT(SEND_LIMIT_DROPPED)
                              ? op->lease_until_us - core->set.lease_margin_us
                              : NEVER,
    };
}

/* Asks for as many tokens as there are calls to make: one trip to the store for many calls. */
static void budget_ask(struct core *core, struct catalog *cat, struct outputs *out)
{
    struct output *output;
    uint32_t wanted = cat->ready.count < CORE_BUDGET_CHUNK ? cat->ready.count : CORE_BUDGET_CHUNK;

    if (cat->budget_asked || core->now_us < cat->budget_wait_until_us)
        return;
    cat->budget_asked = true;
    output = output_add(out, OUT_BUDGET);
    output->u.budget.catalog = (uint8_t)(cat - core->catalogs);
    output->u.budget.tokens = cat->gate == GATE_WORKS ? wanted : 1;
}

void budget_replied(struct core *core, uint8_t catalog, bool answered, uint32_t granted, usec_t wait_us)
{
    struct catalog *cat = &core->catalogs[catalog];

    cat->budget_asked = false;
    if (!answered) {
        cat->budget_wait_until_us = core->now_us + 100 * 1000;
        return;
    }
    cat->tokens += granted;
    cat->budget_wait_until_us = wait_us > 0 ? core->now_us + wait_us : 0;
}

static void call_pump_catalog(struct core *core, struct catalog *cat, struct outputs *out)
{
    const struct catalog_settings *set = &core->set.catalogs[cat - core->catalogs];

    if (core->set.plan_only && !MUTANT(PLAN_ONLY_CALLS)) {
        plan_only_pump(core, cat, out);
        return;
    }
    alone_waits_for_no_gate(core, cat);
    while (cat->ready.count > 0 && gate_lets_through(core, cat)) {
        struct op *op = next_ready(core, cat);

        if (!outputs_room(out)) {
            core->more = true;
            return;
        }
        if (!lease_long_enough(core, op)) {
            claim_again(core, op);
            core->more = true;
            continue;
        }
        if (cat->inflight >= set->inflight_max && !MUTANT(INFLIGHT_IGNORED))
            return;
        if (set->limited && cat->tokens == 0 && !MUTANT(BUDGET_IGNORED)) {
            budget_ask(core, cat, out);
            return; /* before the rule below: other catalogs must not wait for this one's budget */
        }
        if (!alone_rule_allows(core, op))
            return;
        call_start(core, cat, op, out);
    }
}

void call_pump(struct core *core, struct outputs *out)
{
    if (core->guard.state != GUARD_READY)
        return;
    for (uint32_t i = 0; i < core->set.catalogs_count; i++)
        call_pump_catalog(core, &core->catalogs[(core->catalog_cursor + i) % core->set.catalogs_count], out);
    core->catalog_cursor++;
}

/* The latest moment at which the body can have been handed over: the check at the last moment holds it back
 * later. */
static usec_t handed_over_by(const struct core *core, const struct op *op)
{
    usec_t limit_us = op->lease_until_us - core->set.lease_margin_us;

    return core->now_us < limit_us ? core->now_us : limit_us;
}

/* What the answer says of the item itself, whatever the plan makes of it. */
static void remember_write(struct core *core, struct op *op, const struct call_reply *reply)
{
    struct target *target = &op->targets[op->current];
    usec_t until_us = handed_over_by(core, op) + core->set.call_late_us;

    if (!is_write(op->call) || reply->class == CALLED_NOT_SENT)
        return;
    if (reply->class == CALLED_OK || reply->unknown)
        target->written = true;
    if (reply->unknown && target->unknown_until_us < until_us)
        target->unknown_until_us = until_us;
}

/* A wait that outlives the lease is waited for without it: a lease that runs out says less than a release,
 * and others would have to take its end for a call that may still land. */
static void sleep_without_lease(struct core *core, struct op *op, struct outputs *out)
{
    if (op->state == OP_BACKOFF &&
        op->due_us + core->set.call_timeout_us + core->set.lease_margin_us > op->lease_until_us)
        release_emit(core, op, out);
}

void call_replied(struct core *core, struct op *op, const struct call_reply *reply, struct outputs *out)
{
    struct catalog *cat;

    if (op->state != OP_CALLING) {
        core->stats.stale_replies++;
        return;
    }
    cat = &core->catalogs[op->rec.catalog];
    ASSERT(cat->inflight > 0 && core->total_inflight > 0);
    cat->inflight--;
    core->total_inflight--;
    gate_replied(core, op, reply, out);
    remember_write(core, op, reply);
    if (op->call_check && reply->class != CALLED_TRANSIENT && reply->class <= CALLED_TRANSIENT) {
        op_move(core, op, OP_READY); /* the catalog works: now the call itself, whose failure will count */
        list_push_front(core, &cat->ready, op_slot(core, op));
    } else if (op->call_check && (reply->class == CALLED_REFUSED || reply->class == CALLED_NOT_FOUND)) {
        plan_fail_transient(core, op, 0);
    } else {
        plan_replied(core, op, reply);
    }
    sleep_without_lease(core, op, out);
    if (!partition_current(core, op) &&
        (op->state == OP_READY || op->state == OP_BACKOFF || op->state == OP_CLAIM_DUE))
        op_give_up(core, op);
}
