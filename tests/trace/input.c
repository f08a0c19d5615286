/* A line that begins with `>` becomes an input of the core. */
#include "tests/trace/trace.h"

#include <string.h>

#define COUNT(list) ((uint32_t)(sizeof(list) / sizeof *(list)))

static const usec_t ms = 1000;

static usec_t number_us(struct words *words, const char *key)
{
    return words_number(words, key, 0) * ms;
}

static uint64_t item_of(const struct words *words, const char *name)
{
    return name && strcmp(name, "none") != 0 ? name_number(words, name) : 0;
}

struct op_id trace_op_id(const struct trace *trace, const struct words *words, const char *name)
{
    for (uint32_t i = trace->ops_count; i > 0; i--) {
        if (strcmp(trace->ops[i - 1].name, name) == 0)
            return trace->ops[i - 1].id;
    }
    trace_fail(words, "no record of that name has been read", name);
}

static void add_op(struct trace *trace, const struct words *words, const char *name)
{
    if (trace->ops_count == TRACE_OPS_MAX || strlen(name) >= TRACE_NAME_BYTES)
        trace_fail(words, "too many records, or too long a name", name);
    memcpy(trace->ops[trace->ops_count].name, name, strlen(name) + 1);
    trace->ops[trace->ops_count++].id = core_next_op(trace->core);
}

/* record NAME INTENT PRODUCT [vN] [sku=] ...: the event's identity is its name, unless event= says otherwise.
 */
static void read_record(struct trace *trace, struct words *words, struct input *in)
{
    static const char *const intents[] = {"upsert", "hide", "delete"};
    struct record *rec = &in->u.record;
    const char *name = words_take(words, "the record's name"), *value;
    const char *identity = words_value(words, "event");
    bool repair = words_flag(words, "repair");

    add_op(trace, words, name);
    rec->intent = words_choice(words, words_take(words, "upsert, hide or delete"), intents, COUNT(intents));
    rec->product = name_key(words, words_take(words, "the product"));
    rec->version = (uint64_t)words_number(words, "version", 1);
    rec->identity = name_key(words, identity ? identity : name);
    value = words_value(words, "sku");
    rec->has_sku = value != NULL;
    if (value)
        rec->sku = name_key(words, value);
    value = words_value(words, "body");
    rec->data_hash = rec->content = name_key(words, value ? value : identity ? identity : name);
    rec->hide_reason = rec->has_sku ? REASON_INACTIVE : REASON_NO_SKU;
    rec->force = words_flag(words, "force");
    rec->hint = words_flag(words, "hint");
    rec->tombstone = words_flag(words, "tombstone");
    rec->remembered = true;
    rec->size_bytes = 1000;
    rec->partition = repair ? PARTITION_NONE : 0;
    rec->assignment = (uint32_t)words_number(words, "assignment", trace->assignment);
    rec->at.offset = words_number(words, "offset", trace->next_offset);
    if (!repair)
        trace->next_offset = rec->at.offset + 1;
}

static void read_targets(struct words *words, struct claim_reply *reply)
{
    const char *old = words_value(words, "old-item");

    reply->targets_count = old ? 2 : 1;
    reply->targets[0].item_hash = item_of(words, words_value(words, "item"));
    reply->targets[1].item_hash = item_of(words, old);
    reply->targets[0].last_write_ago_us = words_number(words, "written-ago", INT64_MAX / 2 / ms) * ms;
    reply->targets[1].last_write_ago_us = INT64_MAX / 2;
}

static void read_claimed(struct trace *trace, struct words *words, struct input *in)
{
    static const char *const statuses[] = {"unanswered",    "granted",       "held",    "wait",  "done",
                                           "stale",         "unchanged",     "skipped", "ended", "conflict",
                                           "nothing-known", "too-many-skus", "epoch"};
    struct claim_reply *reply = &in->u.claimed.reply;

    in->u.claimed.op = trace_op_id(trace, words, words_take(words, "the record's name"));
    reply->status = words_choice(words, words_take(words, "the claim's status"), statuses, COUNT(statuses));
    reply->wait_us = number_us(words, "wait");
    reply->fence = (uint64_t)words_number(words, "fence", 1);
    reply->version = (uint64_t)words_number(words, "version", 1);
    reply->claims = (uint8_t)words_number(words, "claims", 0);
    reply->known_item = words_flag(words, "known");
    if (words_flag(words, "created"))
        reply->outcome = OUTCOME_CREATED;
    else if (words_flag(words, "updated"))
        reply->outcome = OUTCOME_UPDATED;
    if (words_flag(words, "not-in-catalog"))
        reply->reason = REASON_NOT_IN_CATALOG;
    else if (words_flag(words, "inactive"))
        reply->reason = REASON_INACTIVE;
    read_targets(words, reply);
}

static void read_called(struct trace *trace, struct words *words, struct input *in)
{
    static const char *const classes[] = {"ok",        "transient", "throttled", "blocked", "auth",
                                          "forbidden", "not-found", "duplicate", "refused", "not-sent"};
    struct call_reply *reply = &in->u.called.reply;

    in->u.called.op = trace_op_id(trace, words, words_take(words, "the record's name"));
    reply->class = words_choice(words, words_take(words, "the answer's class"), classes, COUNT(classes));
    reply->unknown = words_flag(words, "unknown");
    reply->few = words_flag(words, "few");
    reply->shared = words_flag(words, "shared");
    reply->item_hash = item_of(words, words_value(words, "item"));
    reply->wait_us = number_us(words, "wait");
}

static void read_settled(struct trace *trace, struct words *words, struct input *in)
{
    static const char *const statuses[] = {"unanswered", "ok", "refused", "epoch"};

    in->u.settled.op = trace_op_id(trace, words, words_take(words, "the record's name"));
    in->u.settled.status = words_choice(words, words_take(words, "its status"), statuses, COUNT(statuses));
}

static void read_published(struct trace *trace, struct words *words, struct input *in)
{
    static const char *const kinds[] = {"dead", "result"};

    in->u.published.op = trace_op_id(trace, words, words_take(words, "the record's name"));
    in->u.published.kind = words_choice(words, words_take(words, "dead or result"), kinds, COUNT(kinds));
    in->u.published.ok = !words_flag(words, "failed");
}

static void read_partition(struct trace *trace, struct words *words, struct input *in)
{
    if (in->type == IN_ASSIGNED) {
        trace->assignment++;
        trace->next_offset = words_number(words, "offset", trace->next_offset);
    }
    in->u.assigned.assignment = trace->assignment;
}

static void read_committed(struct trace *trace, struct words *words, struct input *in)
{
    in->u.committed.assignment = trace->assignment;
    in->u.committed.offset = words_parse(words, words_take(words, "the offset"));
    in->u.committed.ok = !words_flag(words, "failed");
}

static void read_view(struct words *words, struct input *in)
{
    struct store_view *view = &in->u.view;

    view->answered = !words_flag(words, "unanswered");
    view->epoch = (uint64_t)words_number(words, "epoch", 0);
    view->witness_ok = !words_flag(words, "witness-lost");
    view->restarted = words_flag(words, "restarted");
    view->ready = words_flag(words, "ready");
    view->builder = words_flag(words, "builder");
    view->builder_alive = view->builder || words_flag(words, "builder-alive");
    view->wait_us = number_us(words, "quiet");
}

void input_read(struct trace *trace, struct words *words, struct input *in)
{
    static const char *const types[] = {"tick",        "record",    "claimed",    "called",   "settled",
                                        "budget",      "published", "committed",  "assigned", "revoking",
                                        "lost",        "store-up",  "store-down", "viewed",   "rebuilt",
                                        "credentials", "terminate"};

    _Static_assert(sizeof types / sizeof *types == IN_COUNT, "a word for every input");
    memset(in, 0, sizeof *in);
    in->type = words_choice(words, words_take(words, "an input"), types, COUNT(types));
    switch (in->type) {
    case IN_RECORD: read_record(trace, words, in); break;
    case IN_CLAIMED: read_claimed(trace, words, in); break;
    case IN_CALLED: read_called(trace, words, in); break;
    case IN_SETTLED: read_settled(trace, words, in); break;
    case IN_BUDGET:
        in->u.budget.answered = !words_flag(words, "unanswered");
        in->u.budget.granted = (uint32_t)words_number(words, "granted", 0);
        in->u.budget.wait_us = number_us(words, "wait");
        break;
    case IN_PUBLISHED: read_published(trace, words, in); break;
    case IN_COMMITTED: read_committed(trace, words, in); break;
    case IN_ASSIGNED:
    case IN_REVOKING:
    case IN_LOST: read_partition(trace, words, in); break;
    case IN_STORE_VIEWED: read_view(words, in); break;
    case IN_REBUILT: in->u.rebuilt.ok = !words_flag(words, "failed"); break;
    case IN_TICK:
    case IN_STORE_UP:
    case IN_STORE_DOWN:
    case IN_CREDENTIALS:
    case IN_TERMINATE:
    case IN_COUNT: break;
    }
    words_end(words);
}
