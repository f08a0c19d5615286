#include "journal.h"

#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void journal_init(struct journal *j, uint64_t size)
{
    *j = (struct journal){.ring = zalloc(size, sizeof(struct journal_entry)), .size = size, .next_seq = 1};
}

struct journal_entry *journal_open(struct journal *j, uint64_t received_us)
{
    struct journal_entry *e = &j->ring[j->next_seq % j->size];
    *e = (struct journal_entry){.seq = j->next_seq++, .received_us = received_us};
    return e;
}

struct journal_entry *journal_at(struct journal *j, uint64_t seq)
{
    struct journal_entry *e = &j->ring[seq % j->size];
    return e->seq == seq && seq ? e : NULL;
}

uint64_t journal_lost(const struct journal *j)
{
    return j->next_seq - 1 > j->size ? j->next_seq - 1 - j->size : 0;
}

static void time_member(const struct sim *sim, struct text *out, const char *name, uint64_t at_us)
{
    text_key(out, name);
    if (at_us)
        text_int(out, sim_wall_ms(sim, at_us));
    else
        text_str(out, "null");
}

static void text_member(struct text *out, const char *name, const char *value)
{
    text_key(out, name);
    if (value[0])
        text_json(out, value);
    else
        text_str(out, "null");
}

static void number_member(struct text *out, const char *name, int value)
{
    text_key(out, name);
    if (value)
        text_int(out, value);
    else
        text_str(out, "null");
}

static void entry_json(const struct sim *sim, const struct journal_entry *e, struct text *out)
{
    static const char *const methods[] = {"GET", "POST", "DELETE", "OTHER"};
    text_fmt(out, "{\"seq\":%llu", (unsigned long long)e->seq);
    time_member(sim, out, "t_received_ms", e->received_us);
    time_member(sim, out, "t_applied_ms", e->applied_us);
    time_member(sim, out, "t_answered_ms", e->answered_us);
    text_key(out, "late_ms");
    if (e->applied_us)
        text_fmt(out, "%.3f", (double)(e->applied_us - e->received_us) / 1000.0);
    else
        text_str(out, "null");
    text_fmt(out, ",\"method\":\"%s\",\"kind\":\"%s\",\"version\":%d,\"call_number\":%u", methods[e->method],
             kind_names[e->kind], e->version, e->number);
    text_member(out, "catalog", e->catalog);
    text_member(out, "retailer_id", e->retailer_id);
    text_member(out, "item_id", e->item_id);
    text_fmt(out, ",\"content_hash\":\"%016llx\"", (unsigned long long)e->content_hash);
    if (e->batch_seq)
        text_fmt(out, ",\"batch_seq\":%llu", (unsigned long long)e->batch_seq);
    if (e->entries)
        text_fmt(out, ",\"entries\":%u", e->entries);
    number_member(out, "status", e->status);
    number_member(out, "code", e->code);
    number_member(out, "subcode", e->subcode);
    text_member(out, "fault", e->fault ? fault_defs[e->fault].name : "");
    text_fmt(out, ",\"applied\":%s,\"answer_lost\":%s,\"overlap\":%s,\"overlap_different\":%s}",
             e->applied ? "true" : "false", e->lost ? "true" : "false", e->overlap ? "true" : "false",
             e->overlap_different ? "true" : "false");
}

void journal_json(const struct sim *sim, uint64_t since, uint64_t limit, struct text *out)
{
    const struct journal *j = &sim->journal;
    uint64_t first = journal_lost(j) + 1, seq = since > first ? since : first;
    text_str(out, "{\"entries\":[");
    for (uint64_t n = 0; seq < j->next_seq && n < limit; seq++, n++) {
        if (n)
            text_char(out, ',');
        entry_json(sim, &j->ring[seq % j->size], out);
    }
    text_fmt(out, "],\"next\":%llu,\"lost\":%llu}", (unsigned long long)seq,
             (unsigned long long)journal_lost(j));
}

void journal_reset(struct journal *j)
{
    uint64_t used = j->next_seq < j->size ? j->next_seq : j->size;
    memset(j->ring, 0, used * sizeof *j->ring);
    j->next_seq = 1;
}

void journal_free(struct journal *j)
{
    free(j->ring);
    *j = (struct journal){0};
}
