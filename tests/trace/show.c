/* Outputs of the core become lines that begin with `<`. */
#include "tests/trace/trace.h"

#include <stdio.h>
#include <stdlib.h>

static const usec_t ms = 1000;

void text_add(struct text *text, const char *format, ...)
{
    size_t room = sizeof text->bytes - text->size_bytes;
    va_list args;
    int size;

    va_start(args, format);
    size = vsnprintf(text->bytes + text->size_bytes, room, format, args);
    va_end(args);
    if (size < 0 || (size_t)size >= room) {
        fprintf(stderr, "a trace grew beyond %zu bytes: cut the story in two\n", sizeof text->bytes);
        exit(2);
    }
    text->size_bytes += (uint32_t)size;
}

const char *trace_op_name(const struct trace *trace, struct op_id id)
{
    for (uint32_t i = trace->ops_count; i > 0; i--) {
        if (trace->ops[i - 1].id.slot == id.slot && trace->ops[i - 1].id.gen == id.gen)
            return trace->ops[i - 1].name;
    }
    return "?";
}

static void show_reason(struct text *text, enum reason reason)
{
    if (reason != REASON_NONE)
        text_add(text, " (%s)", core_reason_name(reason));
}

static void show_claim(const struct claim_request *req, struct text *text)
{
    static const char *const intents[] = {"upsert", "hide", "delete"};

    if (req->mode == CLAIM_END) {
        text_add(text, " to end it: %s", core_outcome_name(req->end_outcome));
        show_reason(text, req->end_reason);
        return;
    }
    text_add(text, " %s %s version=%llu", intents[req->intent], name_of(req->product),
             (unsigned long long)req->version);
    if (req->has_sku)
        text_add(text, " sku=%s", name_of(req->sku));
    if (req->force)
        text_add(text, " force");
    if (req->repair)
        text_add(text, " repair");
    text_add(text, " epoch=%llu", (unsigned long long)req->epoch);
}

static void show_targets(const struct settle_target *targets, uint32_t count, struct text *text)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct settle_target *target = &targets[i];

        text_add(text, "; %s:", i == 0 ? "item" : "old item");
        if (target->has_item)
            text_add(text, " id-known");
        if (target->gone)
            text_add(text, " gone");
        if (target->written)
            text_add(text, " written");
        if (target->uncertain_us > 0)
            text_add(text, " may-still-land=%lldms", (long long)(target->uncertain_us / ms));
        if (!target->has_item && !target->gone && !target->written && target->uncertain_us == 0)
            text_add(text, " untouched");
    }
}

static void show_settle(const struct settle_request *req, struct text *text)
{
    static const char *const states[] = {"absent", "live", "hidden", "deleted"};

    text_add(text, " %s", core_outcome_name(req->outcome));
    show_reason(text, req->reason);
    text_add(text, " after=%s version=%llu fence=%llu", states[req->after], (unsigned long long)req->version,
             (unsigned long long)req->fence);
    show_targets(req->targets, req->targets_count, text);
}

static void show_call(const struct trace *trace, const struct call_request *req, struct text *text)
{
    static const char *const kinds[] = {"create", "update", "hide", "delete", "lookup"};

    text_add(text, " %s%s attempt=%u", kinds[req->kind], req->target > 0 ? " old-sku" : "", req->attempt);
    if (req->probe)
        text_add(text, " probe");
    if (req->send_before_us != INT64_MAX)
        text_add(text, " body-within=%lldms", (long long)((req->send_before_us - trace->now_us) / ms));
}

static void show_publish(const struct output *output, struct text *text)
{
    text_add(text, " %s", core_outcome_name(output->u.publish.outcome));
    show_reason(text, output->u.publish.reason);
    text_add(text, "%s attempts=%u", output->u.publish.stored ? " as-stored" : "",
             output->u.publish.attempts);
}

static void show_state(const struct trace *trace, const struct output *output, struct text *text)
{
    static const char *const causes[] = {"works",   "failing", "refusing", "throttled",
                                         "blocked", "auth",    "forbidden"};

    text_add(text, " %s", causes[output->u.state.cause]);
    if (output->u.state.cause != GATE_WORKS)
        text_add(text, " next-probe=+%lldms", (long long)((output->u.state.until_us - trace->now_us) / ms));
}

static void output_show(const struct trace *trace, const struct output *output, struct text *text)
{
    static const char *const words[] = {
        "claim",       "release",      "settle",         "budget",     "budget-block", "call",
        "plan",        "publish dead", "publish result", "commit",     "pause",        "resume",
        "revoked",     "absorb",       "drop",           "store-look", "epoch-raise",  "rebuild",
        "epoch-ready", "repair",       "catalog",        "stopped"};
    const char *op = trace_op_name(trace, output->op);

    _Static_assert(sizeof words / sizeof *words == OUT_COUNT, "a word for every output");
    text_add(text, "< %s", words[output->type]);
    switch (output->type) {
    case OUT_CLAIM:
        text_add(text, " %s", op);
        show_claim(&output->u.claim, text);
        break;
    case OUT_RELEASE:
        text_add(text, " %s", op);
        show_targets(output->u.release.targets, output->u.release.targets_count, text);
        break;
    case OUT_SETTLE:
        text_add(text, " %s", op);
        show_settle(&output->u.settle, text);
        break;
    case OUT_BUDGET: text_add(text, " tokens=%u", output->u.budget.tokens); break;
    case OUT_BUDGET_BLOCK: text_add(text, " for=%lldms", (long long)(output->u.budget.block_us / ms)); break;
    case OUT_CALL:
    case OUT_PLAN:
        text_add(text, " %s", op);
        show_call(trace, &output->u.call, text);
        break;
    case OUT_PUBLISH_DEAD:
    case OUT_PUBLISH_RESULT:
        text_add(text, " %s", op);
        show_publish(output, text);
        break;
    case OUT_COMMIT: text_add(text, " offset=%lld", (long long)output->u.partition.offset); break;
    case OUT_ABSORB: text_add(text, " %s by %s", op, trace_op_name(trace, output->u.absorb.by)); break;
    case OUT_DROP:
    case OUT_REPAIR: text_add(text, " %s", op); break;
    case OUT_EPOCH_RAISE:
        text_add(text, " above=%llu quiet=%lldms", (unsigned long long)output->u.epoch.epoch,
                 (long long)(output->u.epoch.quiet_us / ms));
        break;
    case OUT_EPOCH_READY: text_add(text, " epoch=%llu", (unsigned long long)output->u.epoch.epoch); break;
    case OUT_CATALOG_STATE: show_state(trace, output, text); break;
    case OUT_PAUSE:
    case OUT_RESUME:
    case OUT_REVOKED:
    case OUT_STORE_LOOK:
    case OUT_REBUILD:
    case OUT_STOPPED:
    case OUT_COUNT: break;
    }
    text_add(text, "\n");
}

void outputs_show(const struct trace *trace, struct text *text)
{
    for (uint32_t i = 0; i < trace->out.count; i++)
        output_show(trace, &trace->out.list[i], text);
}
