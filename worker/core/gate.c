/* The gate of a catalog: closed while it fails, throttles or refuses our credentials, and then opened by one
 * probe.
 *
 *   WORKS --many distinct products fail without a success--> FAILING
 *   WORKS --many are refused for one remote cause, and none is written--> REFUSING
 *   any   --throttle, policy block, auth, permission------> THROTTLED, BLOCKED, AUTH, FORBIDDEN
 *   closed, its time over: one call goes through as the probe
 *        probe answered (even by a refusal of its data)  -> WORKS
 *        probe failed                                    -> closed again, for longer
 *        REFUSING: only a write says that it is over; reads may go well all the while
 *   credentials changed: AUTH, FORBIDDEN and REFUSING probe at once
 *
 * Nothing that waits at a closed gate counts as a try (P6). */
#include "worker/core/state.h"

enum { LEVEL_MAX = 10, RETRY_MILLI = 1000, RETRY_MILLI_MAX = 20 * 1000, RETRY_MILLI_PER_SECOND = 1000 };

static const usec_t second_us = 1000 * 1000;

bool gate_lets_through(const struct core *core, const struct catalog *cat)
{
    if (cat->gate == GATE_WORKS || MUTANT(GATE_IGNORED))
        return true;
    if (MUTANT(GATE_NEVER_OPENS))
        return false;
    return core->now_us >= cat->gate_until_us && (!cat->probing || MUTANT(PROBES_MANY));
}

static void gate_tell(const struct core *core, const struct catalog *cat, struct outputs *out)
{
    struct output *output = output_add(out, OUT_CATALOG_STATE);

    output->u.state.catalog = (uint8_t)(cat - core->catalogs);
    output->u.state.cause = cat->gate;
    output->u.state.until_us = cat->gate_until_us;
}

static usec_t doubled(usec_t base_us, uint32_t level, usec_t max_us)
{
    usec_t span_us = base_us << (level < LEVEL_MAX ? level : LEVEL_MAX);

    return span_us < max_us ? span_us : max_us;
}

/* How long a cause keeps the gate closed: what the server asked for, else growing spans with jitter. */
static usec_t closed_for(struct core *core, const struct catalog *cat, enum gate_cause cause, usec_t wait_us)
{
    const struct core_settings *set = &core->set;
    usec_t span_us;

    if (cause == GATE_AUTH || cause == GATE_FORBIDDEN)
        span_us = set->pause_probe_us;
    else if (cause == GATE_BLOCKED)
        span_us = doubled(set->pause_probe_us, cat->gate_level, 60 * set->pause_probe_us);
    else
        span_us = doubled(set->breaker_open_us, cat->gate_level, set->breaker_open_max_us);
    span_us = span_us / 2 + random_span(core, span_us / 2);
    if (wait_us > span_us)
        span_us = wait_us + random_span(core, wait_us / 10 + 1000);
    return span_us;
}

static void gate_close(struct core *core, struct catalog *cat, enum gate_cause cause, usec_t wait_us,
                       bool probe, struct outputs *out)
{
    usec_t until_us = core->now_us + closed_for(core, cat, cause, wait_us);
    bool news = cat->gate != cause;

    if (!probe && cat->gate != GATE_WORKS && cause < cat->gate)
        return; /* an answer still on its way says less than what closed the gate */
    cat->gate = cause;
    if (probe || news || until_us > cat->gate_until_us)
        cat->gate_until_us = until_us;
    if (probe && cat->gate_level < LEVEL_MAX)
        cat->gate_level++;
    if (cause == GATE_THROTTLED || cause == GATE_BLOCKED) {
        struct output *output = output_add(out, OUT_BUDGET_BLOCK);

        output->u.budget.catalog = (uint8_t)(cat - core->catalogs);
        output->u.budget.block_us = cat->gate_until_us - core->now_us;
    }
    if (news)
        gate_tell(core, cat, out);
}

static void gate_open(struct core *core, struct catalog *cat, struct outputs *out)
{
    cat->gate = GATE_WORKS;
    cat->gate_level = 0;
    cat->failing = 0;
    gate_tell(core, cat, out);
}

static void count_success(struct core *core, struct catalog *cat, enum call_kind kind)
{
    cat->success_seq++;
    cat->failing = 0;
    if (kind != CALL_LOOKUP) {
        cat->write_seq++;
        cat->refused = 0;
        cat->refused_last = (struct key128){0};
    }
    cat->retry_millitokens += (int64_t)core->set.retry_budget_percent * RETRY_MILLI / 100;
    if (cat->retry_millitokens > RETRY_MILLI_MAX)
        cat->retry_millitokens = RETRY_MILLI_MAX;
}

/* Distinct ops that fail with no success between: one poison product never closes the gate for all. */
static bool count_failure(struct core *core, struct catalog *cat, struct op *op)
{
    if (op->failed_seq != cat->success_seq + 1) {
        op->failed_seq = cat->success_seq + 1;
        cat->failing++;
    }
    return cat->failing >= core->set.breaker_failures;
}

/* Refusals whose cause is not the product's own: one product, however often it is saved, counts once. */
static void count_refusal(struct catalog *cat, struct op *op)
{
    if (op->refused_seq == cat->write_seq + 1)
        return;
    op->refused_seq = cat->write_seq + 1;
    if (cat->refused > 0 && key128_eq(cat->refused_last, op->rec.product))
        return;
    cat->refused++;
    cat->refused_last = op->rec.product;
}

bool gate_refuses_all(const struct core *core, const struct catalog *cat)
{
    return cat->refused >= core->set.refusals_max && !MUTANT(FLOOD_IGNORED);
}

/* While all are refused: what a probe that was answered without a write says is that the next may follow. */
static bool proves_nothing(const struct catalog *cat, const struct op *op, const struct call_reply *reply)
{
    bool read = op->call == CALL_LOOKUP || reply->class == CALLED_NOT_FOUND;

    return cat->gate == GATE_REFUSING && read && !MUTANT(READS_END_FLOOD);
}

void gate_replied(struct core *core, struct op *op, const struct call_reply *reply, struct outputs *out)
{
    struct catalog *cat = &core->catalogs[op->rec.catalog];
    bool probe = op->call_probe;
    bool old_credentials = op->call_credentials != cat->credentials;

    if (probe)
        cat->probing = false;
    switch (reply->class) {
    case CALLED_OK: count_success(core, cat, op->call); break;
    case CALLED_TRANSIENT:
        if (count_failure(core, cat, op) || probe)
            gate_close(core, cat, GATE_FAILING, reply->wait_us, probe, out);
        return;
    case CALLED_THROTTLED:
        if (!MUTANT(THROTTLE_IGNORED))
            gate_close(core, cat, GATE_THROTTLED, reply->wait_us, probe, out);
        return;
    case CALLED_BLOCKED: gate_close(core, cat, GATE_BLOCKED, reply->wait_us, probe, out); return;
    case CALLED_AUTH:
    case CALLED_FORBIDDEN:
        if (MUTANT(AUTH_IS_FAILURE))
            return;
        gate_close(core, cat, reply->class == CALLED_AUTH ? GATE_AUTH : GATE_FORBIDDEN, 0, probe, out);
        if (old_credentials)
            cat->gate_until_us = core->now_us; /* it was asked with those of before */
        return;
    case CALLED_NOT_SENT: return;
    case CALLED_REFUSED:
        if (reply->shared && !op->call_check) {
            count_refusal(cat, op);
            if (gate_refuses_all(core, cat)) {
                gate_close(core, cat, GATE_REFUSING, reply->wait_us, probe, out);
                return;
            }
        }
        break;
    case CALLED_NOT_FOUND:
    case CALLED_DUPLICATE: break;
    }
    if (!probe || cat->gate == GATE_WORKS)
        return;
    if (proves_nothing(cat, op, reply))
        cat->gate_until_us = core->now_us;
    else
        gate_open(core, cat, out);
}

void gate_credentials(struct core *core, uint8_t catalog)
{
    struct catalog *cat = &core->catalogs[catalog];

    cat->credentials++;
    if (cat->gate == GATE_AUTH || cat->gate == GATE_FORBIDDEN || cat->gate == GATE_REFUSING)
        cat->gate_until_us = core->now_us;
}

/* Retries are paid from successes, and a little from time, so that they never multiply an outage. */
bool retry_budget_take(struct core *core, struct catalog *cat)
{
    usec_t since_us = core->now_us - cat->retry_refilled_us;
    int64_t refill = since_us / (second_us / RETRY_MILLI_PER_SECOND);

    if (refill > 0) {
        cat->retry_refilled_us = core->now_us;
        cat->retry_millitokens += refill < RETRY_MILLI_MAX ? refill : RETRY_MILLI_MAX;
        if (cat->retry_millitokens > RETRY_MILLI_MAX)
            cat->retry_millitokens = RETRY_MILLI_MAX;
    }
    if (cat->retry_millitokens < RETRY_MILLI)
        return false;
    cat->retry_millitokens -= RETRY_MILLI;
    return true;
}

/* Full jitter: anywhere between nothing and a bound that doubles. */
usec_t retry_backoff(struct core *core, uint32_t failures)
{
    uint32_t shift = failures > 0 ? failures - 1 : 0;

    return 1000 + random_span(core, doubled(core->set.retry_base_us, shift, core->set.retry_max_us));
}
