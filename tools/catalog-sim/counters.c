#include "counters.h"

#include "sim.h"

void counters_answered(struct counters *c, const struct call *call, int status, int code)
{
    c->calls++;
    c->by_kind[call->kind]++;
    c->by_status[status >= 0 && status < 600 ? status : 0]++;
    c->by_fault[call->fault.kind]++;
    c->duplicates_refused += call->duplicate_refused;
    c->lost_answers += call->lost;
    for (int i = 0; code && i < COUNTED_CODES; i++) {
        if (c->by_code[i].count && c->by_code[i].code != code)
            continue;
        c->by_code[i].code = code;
        c->by_code[i].count++;
        return;
    }
}

static void member(struct text *out, const char *name, uint64_t v)
{
    text_key(out, name);
    text_int(out, (int64_t)v);
}

static void maps(const struct counters *c, struct text *out)
{
    text_str(out, ",\"by_kind\":{");
    for (int i = 0; i < KIND_COUNT; i++)
        member(out, kind_names[i], c->by_kind[i]);
    text_str(out, "},\"applied\":{");
    for (int i = 0; i <= KIND_BATCH; i++)
        member(out, kind_names[i], c->applied[i]);
    text_str(out, "},\"by_status\":{");
    for (int i = 0; i < 600; i++) {
        if (c->by_status[i])
            text_fmt(out, "%s\"%d\":%llu", out->at[out->len - 1] == '{' ? "" : ",", i,
                     (unsigned long long)c->by_status[i]);
    }
    text_str(out, "},\"by_code\":{");
    for (int i = 0; i < COUNTED_CODES && c->by_code[i].count; i++)
        text_fmt(out, "%s\"%d\":%llu", i ? "," : "", c->by_code[i].code,
                 (unsigned long long)c->by_code[i].count);
    text_str(out, "},\"by_fault\":{");
    for (int i = 1; i < FAULT_COUNT; i++) {
        if (c->by_fault[i])
            member(out, fault_defs[i].name, c->by_fault[i]);
    }
    text_char(out, '}');
}

void counters_json(struct sim *sim, struct text *out)
{
    const struct counters *c = &sim->counters;
    uint64_t open = sim->batches.open_count;
    for (const struct call *call = sim->live; call; call = call->next_live)
        open += call->settle_at_us != UINT64_MAX || call->answer_at_us != UINT64_MAX;
    text_char(out, '{');
    member(out, "calls", c->calls);
    member(out, "in_flight", open);
    member(out, "created", sim->store.created);
    member(out, "updated", sim->store.updated);
    member(out, "deleted", sim->store.deleted);
    member(out, "items", sim->store.created - sim->store.deleted);
    member(out, "duplicate_items", store_duplicates(&sim->store));
    member(out, "duplicates_refused", c->duplicates_refused);
    member(out, "lost_answers", c->lost_answers);
    member(out, "late_applied", c->late_applied);
    member(out, "late_applied_beyond", c->late_beyond);
    member(out, "overlaps", c->overlaps);
    member(out, "overlaps_different", c->overlaps_different);
    member(out, "overlaps_different_within", c->different_within);
    member(out, "overlaps_different_beyond", c->different_beyond);
    member(out, "overlaps_bulk", c->overlaps_bulk);
    member(out, "batch_entries", c->entries_checked);
    member(out, "batch_entries_applied", c->entries_applied);
    member(out, "batch_entries_refused", c->entries_refused);
    member(out, "batch_entries_left_out", c->entries_left_out);
    member(out, "journal_lost", journal_lost(&sim->journal));
    member(out, "connections", c->connections);
    member(out, "control_requests", c->control);
    maps(c, out);
    text_char(out, '}');
}
