/* After each step: bounds, deadlines of giving back, and that what is published is what was decided. */
#include "tests/sim/oracle.h"

#include "worker/core/core.h"

#include <stdarg.h>

_Noreturn void oracle_fail(struct world *world, const char *oracle, const char *format, ...)
{
    va_list args;
    int n = snprintf(world->failure, sizeof world->failure, "%s: at %lld ms: ", oracle,
                     (long long)(world->now / 1000));

    va_start(args, format);
    vsnprintf(world->failure + n, sizeof world->failure - (size_t)n, format, args);
    va_end(args);
    world->failed = true;
    trace_note(world, "FAILED %s", world->failure);
    longjmp(world->stop, 1);
}

/* A retry that comes back from its back-off holds its lease already; but nothing new is claimed above the
 * bound. */
static bool claims_anew(const struct outputs *out)
{
    for (uint32_t i = 0; i < out->count; i++)
        if (out->list[i].type == OUT_CLAIM && out->list[i].u.claim.mode == CLAIM_WORK)
            return true;
    return false;
}

static void note_stats(struct world *world, struct worker *worker, const struct core_stats *stats)
{
    world->marks->count[MARK_DROPPED_STALE] += stats->dropped_stale - worker->stats.dropped_stale;
    world->marks->count[MARK_DROPPED_AGAIN] += stats->dropped_again - worker->stats.dropped_again;
    world->marks->count[MARK_STALE_REPLY] += stats->stale_replies - worker->stats.stale_replies;
    world->marks->count[MARK_ALONE] += stats->alone - worker->stats.alone;
    worker->stats = *stats;
}

static void check_stats(struct world *world, uint32_t w, const struct outputs *out)
{
    const struct core_settings *set = &world->set.core;
    struct core_stats stats;
    uint32_t inflight_max = 0, claims_max = 0;

    core_stats(world->workers[w].core, &stats);
    for (uint32_t c = 0; c < set->catalogs_count; c++) {
        inflight_max += set->catalogs[c].inflight_max;
        claims_max += set->catalogs[c].claims_max;
    }
    if (stats.open > set->window_records + set->slack_records + 8)
        oracle_fail(world, "P7", "w%u has %u records open, its window is %u and the slack %u", w, stats.open,
                    set->window_records, set->slack_records);
    if (stats.calling > inflight_max)
        oracle_fail(world, "P7", "w%u has %u calls in flight, allowed are %u", w, stats.calling,
                    inflight_max);
    if (stats.claimed > 2 * claims_max + 2 && claims_anew(out))
        oracle_fail(world, "P7", "w%u has %u claims, allowed are %u", w, stats.claimed, claims_max);
    note_stats(world, &world->workers[w], &stats);
}

static void check_calls(struct world *world, uint32_t w, const struct outputs *out)
{
    uint32_t open[SIM_CATALOGS_MAX];

    for (uint32_t c = 0; c < world->set.catalogs; c++)
        open[c] = world->workers[w].calls_open[c];
    for (uint32_t i = 0; i < out->count; i++) {
        const struct side *side;
        uint8_t c;

        if (out->list[i].type != OUT_CALL)
            continue;
        side = worker_side(world, w, out->list[i].op);
        if (!side)
            oracle_fail(world, "call", "w%u makes a call for an op that holds nothing", w);
        c = world->workload.events[side->event].catalog;
        if (++open[c] > world->set.core.catalogs[c].inflight_max)
            oracle_fail(world, "P7", "w%u makes %u calls at once to catalog %u, allowed are %u", w, open[c],
                        c, world->set.core.catalogs[c].inflight_max);
    }
}

static void check_deadlines(struct world *world, uint32_t w)
{
    struct worker *worker = &world->workers[w];

    if (worker->terminating && world->now > worker->terminate_by)
        oracle_fail(world, "shutdown", "w%u has not stopped within its bound", w);
    for (uint32_t i = 0; i < world->kafka.tps; i++) {
        struct worker_partition *part = &worker->parts[i];

        if (part->revoking && world->now > part->revoke_by)
            oracle_fail(world, "revoke", "w%u has not given back p%u within its bound", w, i);
    }
}

void oracle_step(struct world *world, uint32_t w, const struct input *in, const struct outputs *out)
{
    oracle_acked(world, w, in, out);
    oracle_flood_step(world, w, in, out);
    if (out->count > CORE_OUTPUTS_MAX)
        oracle_fail(world, "P7", "w%u: %u outputs in one step", w, out->count);
    check_stats(world, w, out);
    check_calls(world, w, out);
    check_deadlines(world, w);
}

void oracle_verdict(struct world *world, struct side *side, enum outcome outcome, enum reason reason)
{
    side->has_verdict = side->final = true;
    side->verdict_losses = world->losses;
    side->verdict = outcome;
    side->verdict_reason = reason;
}

void oracle_publish(struct world *world, const struct side *side, const struct output *out)
{
    const struct event *event = &world->workload.events[side->event];
    enum outcome outcome = out->u.publish.outcome;

    if (side->repair)
        oracle_fail(world, "publish", "a repair publishes");
    if (event->no_product) {
        if (outcome != (event->local == LOCAL_FAILED ? OUTCOME_FAILED : OUTCOME_SKIPPED))
            oracle_fail(world, "verdict", "event %u ends by itself, and is published as %s", side->event,
                        core_outcome_name(outcome));
    } else if (!side->has_verdict || !side->final) {
        oracle_fail(world, "verdict", "event %u is published as %s before the store has acknowledged it",
                    side->event, core_outcome_name(outcome));
    } else if (outcome != side->verdict ||
               (!out->u.publish.stored && out->u.publish.reason != side->verdict_reason)) {
        oracle_fail(world, "verdict", "event %u was decided as %s %s, and is published as %s %s", side->event,
                    core_outcome_name(side->verdict), core_reason_name(side->verdict_reason),
                    core_outcome_name(outcome), core_reason_name(out->u.publish.reason));
    }
    if (out->type == OUT_PUBLISH_DEAD && outcome != OUTCOME_FAILED)
        oracle_fail(world, "verdict", "a dead letter for event %u, which is %s", side->event,
                    core_outcome_name(outcome));
}

/* P6: attempts and age count only while the catalog is known to work. */
void oracle_called(struct world *world, uint32_t w, struct side *side, const struct call_reply *reply)
{
    uint8_t catalog = world->workload.events[side->event].catalog;
    uint64_t successes = world->workers[w].successes[catalog];

    oracle_flood_refused(world, w, side, reply);
    /* what the API said of the item, and its index does not show, is a failure of the lookups that follow */
    side->contradicted =
        side->contradicted || reply->class == CALLED_NOT_FOUND || reply->class == CALLED_DUPLICATE;
    if ((reply->class == CALLED_OK && !side->contradicted) || reply->class == CALLED_NOT_SENT ||
        reply->class == CALLED_THROTTLED || reply->class == CALLED_BLOCKED || reply->class == CALLED_AUTH ||
        reply->class == CALLED_FORBIDDEN)
        return;
    side->failures++;
    if (successes > side->successes_seen || side->contradicted)
        side->countable++;
    side->successes_seen = successes;
}

/* A settle may be asked again after it was applied: then the SKU is somebody else's by now. */
static bool still_leased(const struct world *world, const struct settle_request *req, int32_t sku)
{
    const struct fstore_sku *row = fstore_find_sku(&world->store, req->catalog, key_sku(sku));

    return row && row->fe == req->fence && row->tk.incarnation == req->token.incarnation;
}

void oracle_settle(struct world *world, uint32_t w, struct side *side, const struct settle_request *req)
{
    static const struct {
        enum reason reason;
        enum mark mark;
    } marks[] = {{REASON_ATTEMPTS, MARK_FAILED_ATTEMPTS},
                 {REASON_AGE, MARK_FAILED_AGE},
                 {REASON_REFUSED, MARK_FAILED_REFUSED},
                 {REASON_KILLS_WORKERS, MARK_KILLS_WORKERS}};

    for (uint32_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (req->outcome == OUTCOME_FAILED && req->reason == marks[i].reason)
            world->marks->count[marks[i].mark]++;
    if (req->reason == REASON_ATTEMPTS && side->countable < world->set.core.retry_attempts_max)
        oracle_fail(world, "P6",
                    "w%u gives event %u up after %u attempts, of which %u were made while the catalog "
                    "was known to work; it needs %u",
                    w, side->event, side->failures, side->countable, world->set.core.retry_attempts_max);
    if (req->reason == REASON_AGE && side->countable == 0)
        oracle_fail(world, "P6", "w%u gives event %u up for its age, while the catalog was not known to work",
                    w, side->event);
    if (req->reason == REASON_REFUSED && !world->workload.events[side->event].poison &&
        world->set.fate_permille[FATE_CALL][CALL_STRANGE_REFUSAL] == 0 && world->set.refusing_every_us == 0)
        oracle_fail(world, "refused", "w%u takes event %u for refused, and the API never said so", w,
                    side->event);
    if (req->outcome == OUTCOME_FAILED && req->reason == REASON_REFUSED)
        oracle_flood_settled(world, w, side);
    if ((req->reason == REASON_PLAN_ONLY) != (req->planned != OUTCOME_NONE) ||
        (req->planned != OUTCOME_NONE && (side->planned == 0 || !world->set.core.plan_only)))
        oracle_fail(world, "plan-only", "w%u settles event %u as planned, and planned %u calls", w,
                    side->event, side->planned);
    side->settled_writes = false;
    for (uint32_t i = 0; i < req->targets_count; i++)
        side->settled_writes = side->settled_writes || req->targets[i].written;
    for (uint32_t i = 0; i < req->targets_count; i++)
        if (req->targets[i].gone && !world->set.core.plan_only && still_leased(world, req, side->skus[i]) &&
            fake_catalog_find(&world->catalog, req->catalog, side->skus[i]))
            oracle_fail(world, "gone", "w%u takes the item of sku %d for gone (event %u), and it is there", w,
                        side->skus[i], side->event);
    if (req->repair != side->repair)
        oracle_fail(world, "repair", "w%u settles event %u, and mistakes what it is", w, side->event);
}
