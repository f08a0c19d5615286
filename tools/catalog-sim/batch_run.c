/* The life of a batch from its acceptance on: its entries are carried out one after the other over its time.
 */
#include "batch.h"
#include "common/assertx.h"
#include "draw.h"
#include "errors.h"
#include "sim.h"

#include <stdlib.h>
#include <string.h>

#define BATCH_TIME_MAX_MS 86400000.0

/* Share of a batch's time before its first entry: Scheduled and Dispatched. */
#define LEAD_SHARE 5

static enum call_kind kind_of(const struct batch_entry *entry)
{
    return entry->method == BATCH_CREATE   ? KIND_CREATE
           : entry->method == BATCH_UPDATE ? KIND_UPDATE
                                           : KIND_DELETE;
}

void batch_take_off(struct call *call)
{
    struct batch *batch = call->batch;
    struct sim *sim = call->sim;
    for (size_t i = 0; i < batch->count; i++) {
        struct batch_entry *entry = &batch->entries[i];
        if (entry->refused || !entry->subject)
            continue;
        struct journal_entry *e = journal_open(&sim->journal, call->received_us);
        entry->seq = e->seq;
        e->batch_seq = call->seq;
        e->method = METHOD_POST;
        e->kind = (uint8_t)kind_of(entry);
        e->version = (uint8_t)call->version;
        e->number = entry->number;
        e->content_hash = entry->content_hash;
        memcpy(e->catalog, batch->catalog->id, sizeof e->catalog);
        copy_short(e->retailer_id, sizeof e->retailer_id, entry->retailer_id);
        entry->flight.bulk = true;
        flight_take_off(sim, &entry->flight, entry->subject, entry->content_hash, call->received_us,
                        entry->seq);
    }
}

static void refuse(struct batch *batch, size_t i)
{
    batch->entries[i].refused = true;
    batch->refused_count++;
    batch->sim->counters.entries_refused++;
}

/* False: the item may not be made, and the notes say why. */
static bool check_new(struct batch *batch, size_t i)
{
    const struct knobs *k = &batch->sim->knobs;
    struct batch_entry *entry = &batch->entries[i];
    int at = 0;
    const char *missing = batch_fields_missing(entry->values, &at);
    if (missing) {
        struct batch_notes *notes =
            k->batch_missing_required == MISSING_WARNING ? &batch->warnings : &batch->errors;
        for (; missing; missing = batch_fields_missing(entry->values, &at))
            batch_note(notes, i, "A required field is missing: The item %s has no '%s'.", entry->retailer_id,
                       missing);
        return false;
    }
    if (entry->subject && store_item_count(&batch->sim->store) < (size_t)k->items_max)
        return true;
    batch_note(&batch->errors, i, "The simulator is full (items.max).");
    return false;
}

/* False: a sale price in another currency than the item's, or will be. */
static bool check_sale_currency(struct batch *batch, size_t i, const struct item *item)
{
    const struct batch_values *values = batch->entries[i].values;
    const char *json = values->fields.json[FIELD_CURRENCY];
    if (!json && item)
        json = item->fields[FIELD_CURRENCY];
    if (!values->sale_currency[0] || !json || strncmp(json + 1, values->sale_currency, 3) == 0)
        return true;
    batch_note(&batch->errors, i,
               "Invalid value: Field 'sale_price' of item %s has another currency than its price.",
               batch->entries[i].retailer_id);
    return false;
}

/* Makes or changes the item; NULL: refused. */
static struct item *write_item(struct batch *batch, size_t i)
{
    struct store *s = &batch->sim->store;
    struct batch_entry *entry = &batch->entries[i];
    struct item *item = entry->subject ? entry->subject->live : NULL;
    uint64_t now_us = sim_now_us();
    if (!check_sale_currency(batch, i, item))
        return NULL;
    if (item && entry->method == BATCH_CREATE && batch->sim->knobs.batch_create_existing == EXISTING_ERROR) {
        batch_note(&batch->errors, i, "An item with the retailer_id %s exists already.", entry->retailer_id);
        return NULL;
    }
    if (item) {
        store_update(s, item, &entry->values->fields, now_us);
        return item;
    }
    if (entry->method == BATCH_UPDATE && !batch->upsert) {
        batch_note(&batch->errors, i, "There is no item with the retailer_id %s, and allow_upsert is false.",
                   entry->retailer_id);
        return NULL;
    }
    return check_new(batch, i) ? store_create(s, entry->subject, &entry->values->fields,
                                              (uint64_t)batch->sim->knobs.seed, now_us)
                               : NULL;
}

static struct item *delete_item(struct batch *batch, size_t i, bool *ok)
{
    const struct batch_entry *entry = &batch->entries[i];
    struct item *item = entry->subject ? entry->subject->live : NULL;
    *ok = item || batch->sim->knobs.batch_delete_unknown == UNKNOWN_OK;
    if (item)
        store_delete(&batch->sim->store, item, sim_now_us());
    else if (!*ok)
        batch_note(&batch->errors, i, "There is no item with the retailer_id %s.", entry->retailer_id);
    return item;
}

static void end_entry(struct batch *batch, struct batch_entry *entry)
{
    entry->done = true;
    batch_values_free(entry->values);
    entry->values = NULL;
    if (batch->call_ended)
        flight_land(&entry->flight);
}

static void carry_out(struct batch *batch, size_t i)
{
    struct batch_entry *entry = &batch->entries[i];
    const struct fault *fault = script_match_entry(&batch->sim->script, batch, entry);
    struct item *item = NULL;
    bool drawn = rng_unit(&batch->rng) * 100 < batch->sim->knobs.batch_entry_fail_percent, ok = false;
    if (fault && fault->message) {
        batch_note(&batch->errors, i, "%s", fault->message);
    } else if (fault || drawn) {
        batch_note(&batch->errors, i, "The item %s could not be processed. Please try again.",
                   entry->retailer_id);
    } else if (entry->method == BATCH_DELETE) {
        item = delete_item(batch, i, &ok);
    } else {
        item = write_item(batch, i);
        ok = item != NULL;
    }
    if (!ok)
        refuse(batch, i);
    struct journal_entry *e = journal_at(&batch->sim->journal, entry->seq);
    if (e && item) {
        e->applied = true;
        e->applied_us = sim_now_us();
        memcpy(e->item_id, item->id, sizeof e->item_id);
    }
    batch->sim->counters.entries_applied += item != NULL;
    end_entry(batch, entry);
}

static void finish(struct batch *batch)
{
    for (; batch->next < batch->order_count; batch->next++) {
        struct batch_entry *entry = &batch->entries[batch->order[batch->next]];
        entry->left_out = true;
        batch->sim->counters.entries_left_out++;
        end_entry(batch, entry);
    }
    batch->state = batch->ending;
    batch->sim->batches.open_count--;
}

static void on_due(void *arg)
{
    batch_run(arg);
}

void batch_run(struct batch *batch)
{
    uint64_t now_us = sim_now_us(), lead = batch->duration_us / LEAD_SHARE, span = batch->duration_us - lead;
    while (batch->next < batch->stop_at) {
        uint64_t due = batch->accepted_us + lead +
                       (uint64_t)((double)span * (double)(batch->next + 1) / (double)batch->order_count);
        if (due > now_us) {
            timers_arm(&batch->sim->timers, &batch->timer, due, on_due, batch);
            return;
        }
        carry_out(batch, batch->order[batch->next++]);
    }
    if (batch->accepted_us + batch->duration_us > now_us)
        timers_arm(&batch->sim->timers, &batch->timer, batch->accepted_us + batch->duration_us, on_due,
                   batch);
    else
        finish(batch);
}

static void free_notes(struct batch_notes *notes)
{
    for (size_t i = 0; i < notes->count; i++)
        free(notes->at[i].message);
    free(notes->at);
}

static void free_batch(struct batch *batch)
{
    timers_cancel(&batch->sim->timers, &batch->timer);
    for (size_t i = 0; i < batch->count; i++) {
        flight_land(&batch->entries[i].flight);
        batch_values_free(batch->entries[i].values);
        free(batch->entries[i].retailer_id);
    }
    free_notes(&batch->errors);
    free_notes(&batch->warnings);
    free(batch->entries);
    free(batch->order);
    free(batch);
}

static bool is_full(const struct batches *bs)
{
    return bs->count >= BATCHES_MAX || bs->entry_count >= BATCH_ENTRIES_MAX;
}

/* Makes room for one more: of those that are over, the oldest are forgotten. */
static bool make_room(struct batches *bs)
{
    while (is_full(bs) && bs->oldest->state != BATCH_OPEN && !bs->oldest->call) {
        struct batch *oldest = bs->oldest;
        bs->oldest = oldest->newer;
        bs->count--;
        bs->entry_count -= oldest->count;
        free_batch(oldest);
    }
    return !is_full(bs);
}

static void begin(struct batch *batch)
{
    struct batches *bs = &batch->sim->batches;
    const struct knobs *k = &batch->sim->knobs;
    batch->accepted = true;
    batch->accepted_us = sim_now_us();
    batch->duration_us =
        draw_time_us(&batch->rng, k->batch_latency_ms, k->batch_latency_kind, BATCH_TIME_MAX_MS);
    if (bs->oldest)
        bs->newest->newer = batch;
    else
        bs->oldest = batch;
    bs->newest = batch;
    bs->count++;
    bs->entry_count += batch->count;
    bs->open_count++;
    timers_arm(&batch->sim->timers, &batch->timer, batch->accepted_us, on_due, batch);
}

static void add_messages(struct text *out, const char *name, const struct batch_notes *notes, size_t *at,
                         size_t entry)
{
    if (*at >= notes->count || notes->at[*at].entry != entry)
        return;
    text_key(out, name);
    text_char(out, '[');
    for (bool first = true; *at < notes->count && notes->at[*at].entry == entry; ++*at, first = false) {
        text_str(out, first ? "{\"message\":" : ",{\"message\":");
        text_json(out, notes->at[*at].message);
        text_char(out, '}');
    }
    text_char(out, ']');
}

/* The entries with something to say, in their order; an inner list that is empty is left out. */
static void add_validation(const struct batch *batch, struct text *out)
{
    size_t error = 0, warning = 0;
    text_str(out, ",\"validation_status\":[");
    for (size_t i = 0; i < batch->count; i++) {
        bool any = (error < batch->errors.count && batch->errors.at[error].entry == i) ||
                   (warning < batch->warnings.count && batch->warnings.at[warning].entry == i);
        if (!any)
            continue;
        if (out->at[out->len - 1] == '}')
            text_char(out, ',');
        text_char(out, '{');
        text_key(out, "retailer_id");
        text_json(out, batch->entries[i].retailer_id ? batch->entries[i].retailer_id : "");
        add_messages(out, "errors", &batch->errors, &error, i);
        add_messages(out, "warnings", &batch->warnings, &warning, i);
        text_char(out, '}');
    }
    text_char(out, ']');
}

void batch_accept(struct call *call)
{
    struct batch *batch = call->batch;
    bool any = batch->order_count > 0, notes = batch->errors.count + batch->warnings.count > 0;
    if (any && !make_room(&call->sim->batches)) {
        answer_error(call, &(struct api_error){500, 1, 0, -1, NULL,
                                               "The simulator has too many batches that are not done", NULL,
                                               NULL, NULL});
        return;
    }
    answer_raw(call, 200, NULL, "{\"handles\":[");
    struct text *out = &call->answer.body;
    if (any)
        text_fmt(out, "\"%s\"", batch->handle);
    text_char(out, ']');
    if (notes || call->sim->knobs.batch_validation_always)
        add_validation(batch, out);
    text_char(out, '}');
    call->applied = any;
    if (any)
        begin(batch);
}

void batch_call_ends(struct call *call)
{
    struct batch *batch = call->batch;
    batch->call_ended = true;
    for (size_t i = 0; i < batch->count; i++) {
        if (!batch->accepted || batch->entries[i].done)
            flight_land(&batch->entries[i].flight);
    }
}

void batch_let_go(struct call *call)
{
    struct batch *batch = call->batch;
    call->batch = NULL;
    if (!batch)
        return;
    batch->call = NULL;
    if (!batch->accepted)
        free_batch(batch);
}

const struct batch_entry *batch_find(const struct batch *batch, const char *retailer_id)
{
    for (size_t i = 0; i < batch->count; i++) {
        const struct batch_entry *entry = &batch->entries[i];
        if (entry->retailer_id && strcmp(entry->retailer_id, retailer_id) == 0)
            return entry;
    }
    return NULL;
}

void batches_reset(struct batches *batches)
{
    while (batches->oldest) {
        struct batch *oldest = batches->oldest;
        batches->oldest = oldest->newer;
        free_batch(oldest);
    }
    *batches = (struct batches){0};
}
