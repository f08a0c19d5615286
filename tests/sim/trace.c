/* The short trace: one line a step, with time, worker, input and outputs. Golden traces are made of it. */
#include "tests/sim/world.h"

#include "worker/core/core.h"

#include <stdarg.h>

static void stamp(const struct world *world)
{
    fprintf(world->trace, "[%8lld.%03lld] ", (long long)(world->now / 1000), (long long)(world->now % 1000));
}

void trace_note(struct world *world, const char *format, ...)
{
    va_list args;

    if (!world->trace)
        return;
    stamp(world);
    fprintf(world->trace, "-- ");
    va_start(args, format);
    vfprintf(world->trace, format, args);
    va_end(args);
    fputc('\n', world->trace);
}

static const char *claim_names[] = {
    [CLAIM_UNANSWERED] = "unanswered",
    [CLAIM_GRANTED] = "granted",
    [CLAIM_HELD] = "held",
    [CLAIM_WAIT] = "wait",
    [CLAIM_DONE] = "done",
    [CLAIM_STALE] = "stale",
    [CLAIM_IS_UNCHANGED] = "unchanged",
    [CLAIM_SKIPPED] = "skipped",
    [CLAIM_ENDED] = "ended",
    [CLAIM_CONFLICT] = "conflict",
    [CLAIM_NOTHING_KNOWN] = "nothing known",
    [CLAIM_TOO_MANY_SKUS] = "too many skus",
    [CLAIM_EPOCH] = "epoch",
};
static const char *call_names[] = {
    [CALL_CREATE] = "create", [CALL_UPDATE] = "update", [CALL_HIDE] = "hide",
    [CALL_DELETE] = "delete", [CALL_LOOKUP] = "lookup",
};
static const char *class_names[] = {
    [CALLED_OK] = "ok",
    [CALLED_TRANSIENT] = "transient",
    [CALLED_THROTTLED] = "throttled",
    [CALLED_BLOCKED] = "blocked",
    [CALLED_AUTH] = "auth",
    [CALLED_FORBIDDEN] = "forbidden",
    [CALLED_NOT_FOUND] = "not found",
    [CALLED_DUPLICATE] = "duplicate",
    [CALLED_REFUSED] = "refused",
    [CALLED_NOT_SENT] = "not sent",
};
static const char *settle_names[] = {[SETTLE_UNANSWERED] = "unanswered",
                                     [SETTLE_OK] = "ok",
                                     [SETTLE_REFUSED] = "refused",
                                     [SETTLE_EPOCH] = "epoch"};
static const char *gate_names[] = {
    [GATE_WORKS] = "works",         [GATE_FAILING] = "failing", [GATE_REFUSING] = "refusing",
    [GATE_THROTTLED] = "throttled", [GATE_BLOCKED] = "blocked", [GATE_AUTH] = "auth",
    [GATE_FORBIDDEN] = "forbidden"};

static long long in_ms(usec_t us)
{
    return (long long)(us / 1000);
}

static void print_record(struct world *world, const struct record *rec)
{
    static const char *intents[] = {"upsert", "hide", "delete"};

    if (rec->partition == PARTITION_NONE)
        fprintf(world->trace, " repair");
    else
        fprintf(world->trace, " p%u@%lld", rec->partition, (long long)rec->at.offset);
    fprintf(world->trace, " %s v%llu", rec->tombstone ? "tombstone" : intents[rec->intent],
            (unsigned long long)rec->version);
    if (rec->has_sku)
        fprintf(world->trace, " sku %d", sku_of_key(rec->sku));
}

static void print_input(struct world *world, const struct input *in)
{
    FILE *to = world->trace;

    switch (in->type) {
    case IN_RECORD: print_record(world, &in->u.record); break;
    case IN_CLAIMED:
        fprintf(to, " #%u %s", in->u.claimed.op.slot, claim_names[in->u.claimed.reply.status]);
        if (in->u.claimed.reply.wait_us)
            fprintf(to, " %lldms", in_ms(in->u.claimed.reply.wait_us));
        break;
    case IN_CALLED:
        fprintf(to, " #%u %s%s", in->u.called.op.slot, class_names[in->u.called.reply.class],
                in->u.called.reply.unknown ? ", unknown" : "");
        if (in->u.called.reply.item_hash)
            fprintf(to, " item %llu", (unsigned long long)in->u.called.reply.item_hash);
        break;
    case IN_SETTLED: fprintf(to, " #%u %s", in->u.settled.op.slot, settle_names[in->u.settled.status]); break;
    case IN_BUDGET: fprintf(to, " granted %u", in->u.budget.granted); break;
    case IN_PUBLISHED:
        fprintf(to, " #%u %s %s", in->u.published.op.slot,
                in->u.published.kind == PUBLISH_DEAD ? "dead letter" : "result",
                in->u.published.ok ? "ok" : "failed");
        break;
    case IN_COMMITTED:
        fprintf(to, " p%u@%lld %s", in->u.committed.partition, (long long)in->u.committed.offset,
                in->u.committed.ok ? "ok" : "failed");
        break;
    case IN_ASSIGNED:
    case IN_REVOKING:
    case IN_LOST: fprintf(to, " p%u", in->u.assigned.partition); break;
    case IN_STORE_VIEWED:
        if (in->u.view.answered)
            fprintf(to, " epoch %llu%s%s%s", (unsigned long long)in->u.view.epoch,
                    in->u.view.ready ? " ready" : "", in->u.view.witness_ok ? "" : " witness lost",
                    in->u.view.builder ? " builder" : "");
        else
            fprintf(to, " unanswered");
        break;
    case IN_REBUILT: fprintf(to, " %s", in->u.rebuilt.ok ? "ok" : "failed"); break;
    case IN_TICK:
    case IN_STORE_UP:
    case IN_STORE_DOWN:
    case IN_CREDENTIALS:
    case IN_TERMINATE:
    case IN_COUNT: break;
    }
}

static void print_output(struct world *world, uint32_t w, const struct output *out)
{
    const struct side *side =
        out->type == OUT_CALL || out->type == OUT_PLAN ? worker_side(world, w, out->op) : NULL;
    FILE *to = world->trace;

    fprintf(to, " %s", core_output_name(out->type));
    switch (out->type) {
    case OUT_CLAIM: fprintf(to, " #%u%s", out->op.slot, out->u.claim.mode == CLAIM_END ? " end" : ""); break;
    case OUT_CALL:
    case OUT_PLAN:
        fprintf(to, " #%u %s%s", out->op.slot, call_names[out->u.call.kind],
                out->u.call.probe ? " probe" : "");
        if (side && side->skus[out->u.call.target] != SIM_NO_SKU)
            fprintf(to, " %ssku %d", out->u.call.target ? "old " : "", side->skus[out->u.call.target]);
        break;
    case OUT_SETTLE: fprintf(to, " #%u %s", out->op.slot, core_outcome_name(out->u.settle.outcome)); break;
    case OUT_PUBLISH_DEAD:
    case OUT_PUBLISH_RESULT:
        fprintf(to, " #%u %s", out->op.slot, core_outcome_name(out->u.publish.outcome));
        if (out->u.publish.reason)
            fprintf(to, " %s", core_reason_name(out->u.publish.reason));
        break;
    case OUT_COMMIT:
        fprintf(to, " p%u@%lld", out->u.partition.partition, (long long)out->u.partition.offset);
        break;
    case OUT_PAUSE:
    case OUT_RESUME:
    case OUT_REVOKED: fprintf(to, " p%u", out->u.partition.partition); break;
    case OUT_ABSORB: fprintf(to, " #%u by #%u", out->op.slot, out->u.absorb.by.slot); break;
    case OUT_RELEASE:
    case OUT_DROP:
    case OUT_REPAIR: fprintf(to, " #%u", out->op.slot); break;
    case OUT_CATALOG_STATE: fprintf(to, " %s", gate_names[out->u.state.cause]); break;
    case OUT_BUDGET: fprintf(to, " %u", out->u.budget.tokens); break;
    case OUT_BUDGET_BLOCK: fprintf(to, " %lldms", in_ms(out->u.budget.block_us)); break;
    case OUT_STORE_LOOK:
    case OUT_EPOCH_RAISE:
    case OUT_REBUILD:
    case OUT_EPOCH_READY:
    case OUT_STOPPED:
    case OUT_COUNT: break;
    }
}

void trace_step(struct world *world, uint32_t w, const struct input *in, const struct outputs *out)
{
    if (!world->trace || (in->type == IN_TICK && out->count == 0))
        return;
    stamp(world);
    fprintf(world->trace, "w%u %s", w, core_input_name(in->type));
    print_input(world, in);
    for (uint32_t i = 0; i < out->count; i++) {
        fprintf(world->trace, i ? "," : " ->");
        print_output(world, w, &out->list[i]);
    }
    fputc('\n', world->trace);
}
