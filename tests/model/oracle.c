/* What must hold, judged from what the world saw: design.md section 2, P1 to P5 and P9 of the small case. */
#include "tests/model/model.h"

#include <stdarg.h>
#include <stdio.h>

void model_fail(struct model *m, const char *oracle, const char *format, ...)
{
    va_list args;
    int n = snprintf(m->failure, sizeof m->failure, "%s: at %lld us: ", oracle, (long long)m->now);

    va_start(args, format);
    vsnprintf(m->failure + n, sizeof m->failure - (size_t)n, format, args);
    va_end(args);
    m->failed = true;
    longjmp(m->stop, 1);
}

/* P1: nothing is committed before its result, and the dead letter of a failure, is acknowledged. */
void model_check_commit(struct model *m, int64_t offset)
{
    if (offset > (int64_t)m->scenario->events_count)
        model_fail(m, "P1", "offset %lld is committed, the log ends before it", (long long)offset);
    for (int64_t i = 0; i < offset; i++) {
        const struct model_record *record = &m->records[i];

        if (!record->acked)
            model_fail(m, "P1", "offset %lld is committed, %lld has no acknowledged result",
                       (long long)offset, (long long)i);
        if (record->outcome == OUTCOME_FAILED && !record->dead_acked)
            model_fail(m, "P1", "offset %lld is committed, %lld failed and has no dead letter",
                       (long long)offset, (long long)i);
    }
}

/* P1: a repeated result is equal; what only the catalog's refusal may cause is caused by one. */
void model_check_result(struct model *m, int64_t offset, const struct model_record *result)
{
    const struct model_record *first = &m->records[offset];

    if (result->outcome == OUTCOME_FAILED && !m->refused[result->event])
        model_fail(m, "failed", "%lld is published as failed (%s), and nobody refused it", (long long)offset,
                   core_reason_name(result->reason));
    if (result->outcome == OUTCOME_SUPERSEDED && result->superseded_by == result->event + 1)
        model_fail(m, "P1", "%lld is said to be superseded by itself", (long long)offset);
    if (!first->written)
        return;
    if (first->outcome != result->outcome || first->reason != result->reason ||
        first->superseded_by != result->superseded_by || first->item != result->item)
        model_fail(m, "P1", "%lld was %s %s (item %llu), and is told again as %s %s (item %llu)",
                   (long long)offset, core_outcome_name(first->outcome), core_reason_name(first->reason),
                   (unsigned long long)first->item, core_outcome_name(result->outcome),
                   core_reason_name(result->reason), (unsigned long long)result->item);
}

static bool same_effect(const struct write *a, enum call_kind kind, uint32_t content)
{
    if (a->kind == CALL_DELETE || kind == CALL_DELETE || a->kind == CALL_HIDE || kind == CALL_HIDE)
        return a->kind == kind;
    return a->content == content;
}

static void check_lease(struct model *m, const struct model_call *call)
{
    const struct fstore_sku *row = fstore_find_sku(&m->store, 0, model_key(KEY_SKU, call->sku));

    if (!row || row->tk.incarnation != m->incarnation || row->tk.op.slot != call->op.slot ||
        row->tk.op.gen != call->op.gen || m->now > row->un)
        model_fail(m, "lease", "sku %u is written without a live claim", call->sku);
}

/* P2, P5: one writer, nothing else that may still land, nothing for an event whose outcome is stored. */
uint32_t model_check_write(struct model *m, const struct model_call *call, const struct side *side)
{
    const struct model_event *event = &m->scenario->events[side->event];
    const struct fstore_event *stored =
        fstore_find_event(&m->store, 0, model_key(KEY_IDENTITY, event->identity));

    for (uint32_t i = 0; i < m->writes_count; i++) {
        const struct write *other = &m->writes[i];

        if (!other->over && other->sku == call->sku && m->now < other->sent_at + m->set.call_late_us &&
            !same_effect(other, call->kind, call->content))
            model_fail(m, "P2", "sku %u is written while write %u, sent at %lld us, may still land",
                       call->sku, i, (long long)other->sent_at);
    }
    check_lease(m, call);
    if (stored && !side->repair)
        model_fail(m, "P5", "a write for event %u, whose outcome is stored: %s", side->event,
                   core_outcome_name(stored->outcome));
    for (uint32_t i = 0; call->kind != CALL_CREATE && i <= m->items_count; i++) {
        if (i == m->items_count)
            model_fail(m, "item", "item %llu is written to, and never was", (unsigned long long)call->item);
        if (m->items[i].id == call->item && m->items[i].sku != call->sku)
            model_fail(m, "item", "item %llu of sku %u is written to, meaning sku %u",
                       (unsigned long long)call->item, m->items[i].sku, call->sku);
        if (m->items[i].id == call->item)
            break;
    }
    if (m->writes_count == MODEL_WRITES_MAX)
        model_fail(m, "bounded", "more than %d writes", MODEL_WRITES_MAX);
    m->writes[m->writes_count] =
        (struct write){.sku = call->sku, .content = call->content, .kind = call->kind, .sent_at = m->now};
    return m->writes_count++;
}

/* Within the bound a call on its way is waited for, and what is done is committed. */
void model_check_given_back(struct model *m)
{
    int64_t next = m->committed < 0 ? 0 : m->committed;

    if (m->now >= m->revoking_at + m->set.revoke_timeout_us)
        return;
    for (uint32_t i = 0; i < MODEL_SIDES_MAX; i++)
        if (m->sides[i].used && m->sides[i].in_call && !m->sides[i].repair)
            model_fail(m, "revoke", "the partition is given back while a call for %lld is on its way",
                       (long long)m->sides[i].offset);
    if (next < (int64_t)m->scenario->events_count && m->commit_tried <= next &&
        m->records[next].acked_assignment == m->assignment)
        model_fail(m, "revoke", "the partition is given back, and %lld is done and not committed",
                   (long long)next);
}

/* P4 */
void model_check_items(struct model *m)
{
    for (uint32_t i = 0; i < m->items_count; i++)
        for (uint32_t j = 0; j < i; j++)
            if (m->items[i].alive && m->items[j].alive && m->items[i].sku == m->items[j].sku)
                model_fail(m, "P4", "two items for sku %u", m->items[i].sku);
}

static uint32_t newest_record(const struct model *m)
{
    const struct model_event *events = m->scenario->events;
    uint32_t newest = 0;

    for (uint32_t i = 1; i < m->scenario->events_count; i++)
        if (events[m->records[i].event].version > events[m->records[newest].event].version)
            newest = i;
    return newest;
}

/* P3: the catalog shows the newest version of the product, under its SKU and no other. */
static void check_newest(struct model *m)
{
    const struct model_record *record = &m->records[newest_record(m)];
    const struct model_event *newest = &m->scenario->events[record->event];
    uint32_t shown = 0;

    if (record->outcome == OUTCOME_FAILED)
        return; /* refused for good: the catalog keeps what it had */
    for (uint32_t i = 0; i < m->items_count; i++) {
        const struct item *item = &m->items[i];

        if (!item->alive)
            continue;
        if (newest->intent == INTENT_DELETE)
            model_fail(m, "P3", "sku %u has an item, but the newest event deletes it", item->sku);
        if (item->sku != newest->sku)
            model_fail(m, "P3", "sku %u still has an item, but the product moved to %u", item->sku,
                       newest->sku);
        if (item->content != newest->content || item->hidden)
            model_fail(m, "P3", "sku %u shows content %u, newest is %u", item->sku, item->content,
                       newest->content);
        if (record->item && record->item != item->id)
            model_fail(m, "P3", "the result names item %llu, the catalog's is %llu",
                       (unsigned long long)record->item, (unsigned long long)item->id);
        shown++;
    }
    if (newest->intent == INTENT_UPSERT && shown == 0)
        model_fail(m, "P3", "sku %u has no item", newest->sku);
}

void model_check_end(struct model *m)
{
    for (uint32_t i = 0; i < m->scenario->events_count; i++)
        if (!m->records[i].acked)
            model_fail(m, "P1", "%u has no acknowledged result at the end", i);
    check_newest(m);
    if (m->choices->faults_left == m->choices->faults_max && m->writes_count > m->scenario->calls)
        model_fail(m, "P9", "%u writing calls without a fault, expected are %u", m->writes_count,
                   m->scenario->calls);
}
