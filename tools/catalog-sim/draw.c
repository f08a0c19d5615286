#include "draw.h"

#include "errors.h"
#include "sim.h"

#include <math.h>

#define NEVER_US UINT64_MAX

static bool fits(enum fault_scope scope, enum call_kind kind)
{
    switch (scope) {
    case FAULT_WRITES: return kind <= KIND_BATCH;
    case FAULT_SIZED: return kind == KIND_LOOKUP || kind == KIND_READ || kind == KIND_BATCH;
    case FAULT_BATCHES: return kind == KIND_BATCH;
    case FAULT_DELETES: return kind == KIND_DELETE;
    default: return true;
    }
}

/* One of the faults of faults.percent, by weight. */
static enum fault_kind draw_spread(enum call_kind kind, double unit)
{
    int sum = 0;
    for (int i = 1; i < FAULT_DRAWN; i++)
        sum += fits(fault_defs[i].scope, kind) ? fault_defs[i].spread_weight : 0;
    double at = unit * sum;
    for (int i = 1; i < FAULT_DRAWN; i++) {
        at -= fits(fault_defs[i].scope, kind) ? fault_defs[i].spread_weight : 0;
        if (at < 0)
            return (enum fault_kind)i;
    }
    return FAULT_HTTP500;
}

static enum fault_kind draw_kind(struct call *call)
{
    const struct knobs *k = &call->sim->knobs;
    double at = rng_unit(&call->rng) * 100, among = rng_unit(&call->rng);
    for (int i = 1; i < FAULT_DRAWN; i++) {
        if (k->fault_percent[i] <= 0 || !fits(fault_defs[i].scope, call->kind))
            continue;
        at -= k->fault_percent[i];
        if (at < 0)
            return (enum fault_kind)i;
    }
    return at < k->faults_percent ? draw_spread(call->kind, among) : FAULT_NONE;
}

uint64_t draw_time_us(struct rng *rng, double mean_ms, int64_t kind, double max_ms)
{
    double a = rng_unit(rng), b = rng_unit(rng), ms = mean_ms;
    switch (kind) {
    case LATENCY_UNIFORM: ms = mean_ms * 2 * a; break;
    case LATENCY_EXP: ms = -mean_ms * log(1 - a); break;
    case LATENCY_LOGNORMAL: {
        /* sigma 0.5; the mean of exp(m + s*N) is exp(m + s*s/2) */
        double normal = sqrt(-2 * log(1 - a)) * cos(2 * 3.14159265358979323846 * b);
        ms = mean_ms * exp(0.5 * normal - 0.125);
        break;
    }
    default: break;
    }
    if (ms > max_ms)
        ms = max_ms;
    return (uint64_t)(ms * 1000);
}

static uint64_t draw_latency_us(struct call *call)
{
    const struct knobs *k = &call->sim->knobs;
    return draw_time_us(&call->rng, k->latency_ms, k->latency_kind, k->latency_max_ms);
}

/* When a late write lands: within the bound with 5 % to spare (timers run late), or, if drawn so, beyond it.
 */
static uint64_t draw_late_us(struct call *call)
{
    const struct knobs *k = &call->sim->knobs;
    double unit = rng_unit(&call->rng), beyond = rng_unit(&call->rng) * 100;
    double bound = (double)k->call_late_max_ms * 1000;
    if (call->fault.ms >= 0)
        return (uint64_t)call->fault.ms * 1000;
    if (beyond < k->late_beyond_percent)
        return (uint64_t)(bound * (1.05 + unit * 0.95));
    double from = (double)k->late_min_ms * 1000, to = bound * 0.95;
    return (uint64_t)(from < to ? from + unit * (to - from) : to);
}

static uint64_t milliseconds_us(const struct call *call, int64_t by_knob)
{
    return (uint64_t)(call->fault.ms >= 0 ? call->fault.ms : by_knob) * 1000;
}

static bool is_garbled(enum fault_kind kind)
{
    return kind >= FAULT_HTTP500 && kind <= FAULT_EMPTY_500;
}

/* Faults that lose the answer on the way, or cut it. */
static void lose_answer(struct call *call, uint64_t latency_us)
{
    const struct knobs *k = &call->sim->knobs;
    uint64_t now = call->received_us;
    enum fault_kind kind = call->fault.kind;
    call->lost = true;
    if (kind == FAULT_RESET_BEFORE || kind == FAULT_HANG_BEFORE)
        call->apply_at_us = NEVER_US;
    if (kind == FAULT_LATE) {
        call->apply_at_us = now + draw_late_us(call);
        call->answer_at_us = k->late_answer == LATE_RESET ? now : call->answer_at_us;
    }
    bool hangs = kind == FAULT_HANG_BEFORE || kind == FAULT_HANG_AFTER ||
                 (kind == FAULT_LATE && k->late_answer == LATE_HANG);
    call->delivery = hangs ? DELIVER_NOTHING : DELIVER_RESET;
    if (kind == FAULT_LATE && k->late_answer == LATE_500) {
        call->delivery = DELIVER_WHOLE;
        call->fault_answers = true;
    }
    if (hangs)
        call->answer_at_us =
            now + (kind == FAULT_LATE ? (uint64_t)k->hang_ms * 1000 : milliseconds_us(call, k->hang_ms));
    call->settle_at_us = now + latency_us;
}

static void plan_fault(struct call *call, uint64_t latency_us)
{
    const struct knobs *k = &call->sim->knobs;
    double after_commit = rng_unit(&call->rng) * 100;
    switch (call->fault.kind) {
    case FAULT_RESET_BEFORE:
    case FAULT_RESET_AFTER:
    case FAULT_HANG_BEFORE:
    case FAULT_HANG_AFTER:
    case FAULT_LATE: lose_answer(call, latency_us); return;
    case FAULT_TRUNCATED_JSON: call->lost = true; return;
    case FAULT_CUT_BODY:
        call->lost = true;
        call->delivery = DELIVER_CUT;
        return;
    case FAULT_SLOW_BODY: call->delivery = DELIVER_SLOW; return;
    case FAULT_CLOSE: call->delivery = DELIVER_CLOSE; return;
    case FAULT_NONE:
    case FAULT_DELAY: return;
    default: break;
    }
    call->fault_answers = true;
    bool applied = is_garbled(call->fault.kind)
                       ? call->fault.applied || after_commit < k->fault_after_commit_percent
                       : call->fault.applied;
    if (!applied)
        call->apply_at_us = NEVER_US;
}

void draw_fate(struct call *call, bool admitted)
{
    const struct knobs *k = &call->sim->knobs;
    call->fault = (struct fault){.ms = -1, .is_transient = -1};
    enum fault_kind drawn = draw_kind(call);
    const struct fault *scripted = admitted ? script_match(&call->sim->script, call) : NULL;
    if (k->down)
        call->fault.kind = FAULT_RESET_BEFORE;
    else if (scripted)
        fault_copy(&call->fault, scripted);
    else if (admitted)
        call->fault.kind = drawn;
    uint64_t latency_us = draw_latency_us(call);
    if (call->fault.kind == FAULT_DELAY)
        latency_us += milliseconds_us(call, 0);
    call->answer_at_us = call->settle_at_us = call->received_us + latency_us;
    call->apply_at_us =
        call->received_us + (uint64_t)((double)latency_us * k->latency_apply_at_percent / 100);
    plan_fault(call, latency_us);
    if (call->op == OP_ANSWERED)
        call->apply_at_us = NEVER_US;
}
