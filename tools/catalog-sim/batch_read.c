/* From the request to the entries of a batch, with the checks that need no look at the items. */
#include "batch.h"
#include "common/assertx.h"
#include "errors.h"
#include "sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

void batch_note(struct batch_notes *notes, size_t entry, const char *format, ...)
{
    if (notes->count == notes->cap) {
        notes->cap = notes->cap ? notes->cap * 2 : 16;
        notes->at = realloc(notes->at, notes->cap * sizeof *notes->at);
        ASSERT(notes->at != NULL);
    }
    char *message = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&message, format, args);
    va_end(args);
    ASSERT(len >= 0);
    notes->at[notes->count++] = (struct batch_note){.entry = entry, .message = message};
}

/* What is wrong with the call as a whole is its answer; the entries are not looked at then. */
static bool check_call(struct call *call, const cJSON *requests, int count)
{
    const struct param *item_type = params_find(&call->params, "item_type");
    const char *type = params_text(&call->params, "item_type");
    char message[160];
    if (!item_type || (type && !type[0])) {
        answer_required(call, "item_type");
    } else if (!params_find(&call->params, "requests")) {
        answer_required(call, "requests");
    } else if (!type || strcmp(type, "PRODUCT_ITEM") != 0) {
        answer_100(call, "(#100) Param item_type must be PRODUCT_ITEM; catalog-sim knows no other");
    } else if (!requests) {
        answer_100(call, "(#100) Param requests must be an array");
    } else if (count > call->sim->knobs.batch_requests_max) {
        snprintf(message, sizeof message, "(#100) Param requests must have at most %lld elements, not %d",
                 (long long)call->sim->knobs.batch_requests_max, count);
        answer_100(call, message);
    } else {
        return true;
    }
    return false;
}

static bool read_method(const cJSON *from, enum batch_method *method)
{
    static const char *const names[] = {"CREATE", "UPDATE", "DELETE"};
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(from, "method"));
    for (int i = 0; name && i < 3; i++) {
        if (strcmp(names[i], name) == 0) {
            *method = (enum batch_method)i;
            return true;
        }
    }
    return false;
}

static bool same_id(const void *value, const void *arg)
{
    return strcmp(((const struct batch_entry *)value)->retailer_id, arg) == 0;
}

/* Takes the retailer ids, and finds those that come more than once. */
static void read_ids(struct batch *batch, const cJSON *requests)
{
    struct table seen = {0};
    struct batch_entry *entry = batch->entries;
    for (const cJSON *from = requests->child; from; from = from->next, entry++) {
        const cJSON *data = cJSON_GetObjectItemCaseSensitive(from, "data");
        const char *id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(data, "id"));
        if (!id || !id[0])
            continue;
        entry->retailer_id = copy_str(id);
        uint64_t key = XXH3_64bits(id, strlen(id));
        struct batch_entry *other = table_find(&seen, key, same_id, id);
        if (other)
            other->duplicate = entry->duplicate = true;
        table_add(&seen, key, entry);
    }
    table_free(&seen);
}

struct problem_target {
    struct batch *batch;
    size_t entry;
};

static void on_problem(void *arg, bool warning, const char *message)
{
    struct problem_target *target = arg;
    batch_note(warning ? &target->batch->warnings : &target->batch->errors, target->entry, "%s", message);
}

/* True if the entry can be addressed: a method, and a retailer id in its data. */
static bool check_address(struct batch *batch, size_t i, const cJSON *from)
{
    struct batch_entry *entry = &batch->entries[i];
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(from, "data");
    int64_t most = batch->sim->knobs.retailer_id_max_length;
    if (!read_method(from, &entry->method))
        batch_note(&batch->errors, i, "Invalid request: method must be one of CREATE, UPDATE, DELETE.");
    else if (!cJSON_IsObject(data))
        batch_note(&batch->errors, i, "Invalid request: data must be an object.");
    else if (!cJSON_GetObjectItemCaseSensitive(data, "id"))
        batch_note(&batch->errors, i, "A required field is missing: data has no 'id'.");
    else if (!entry->retailer_id)
        batch_note(&batch->errors, i, "Invalid value: Field 'id' must be a string that is not empty.");
    else if (field_chars(entry->retailer_id) > (size_t)most)
        batch_note(&batch->errors, i, "Invalid value: Field 'id' must be at most %d characters long.",
                   (int)most);
    else
        return true;
    return false;
}

static void read_entry(struct batch *batch, size_t i, const cJSON *from)
{
    struct batch_entry *entry = &batch->entries[i];
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(from, "data");
    size_t errors = batch->errors.count;
    if (check_address(batch, i, from) && entry->method != BATCH_DELETE) {
        struct problem_target target = {batch, i};
        entry->values = zalloc(1, sizeof *entry->values);
        batch_fields_read(entry->values, data, entry->retailer_id,
                          batch->sim->knobs.price_zero_decimal == ZERO_DECIMAL_CENTS, on_problem, &target);
    }
    entry->content_hash = entry->method == BATCH_DELETE ? mix64(KIND_DELETE) : mix64(params_json_hash(data));
    entry->refused = batch->errors.count > errors;
}

/* A retailer id that comes more than once is named for each of its entries, whichever of them is carried out.
 */
static void settle_duplicates(struct batch *batch)
{
    int64_t wins = batch->sim->knobs.batch_duplicate_wins;
    struct table seen = {0};
    for (size_t n = 0; n < batch->count; n++) {
        struct batch_entry *entry = &batch->entries[wins == WINS_LAST ? batch->count - 1 - n : n];
        if (!entry->duplicate || wins == WINS_BOTH || entry->refused)
            continue;
        uint64_t key = XXH3_64bits(entry->retailer_id, strlen(entry->retailer_id));
        if (wins == WINS_NONE || table_find(&seen, key, same_id, entry->retailer_id))
            entry->refused = true;
        else
            table_add(&seen, key, entry);
    }
    table_free(&seen);
}

static struct subject *know_subject(struct batch *batch, const char *retailer_id)
{
    struct store *s = &batch->sim->store;
    if (s->subjects.count < (size_t)batch->sim->knobs.items_max * 2)
        return store_subject(s, batch->catalog, retailer_id);
    return store_find_subject(s, batch->catalog, retailer_id);
}

/* Shuffles what is to be carried out, and draws how the batch ends. */
static void plan(struct batch *batch)
{
    const struct knobs *k = &batch->sim->knobs;
    batch->order = zalloc(batch->count, sizeof *batch->order);
    for (size_t i = 0; i < batch->count; i++) {
        struct batch_entry *entry = &batch->entries[i];
        batch->refused_count += entry->refused;
        if (entry->refused)
            continue;
        entry->subject = know_subject(batch, entry->retailer_id);
        entry->number = entry->subject ? ++entry->subject->calls : 0;
        size_t at = (size_t)(rng_unit(&batch->rng) * (double)(batch->order_count + 1));
        batch->order[batch->order_count++] = batch->order[at];
        batch->order[at] = i;
    }
    double ending = rng_unit(&batch->rng) * 100, part = rng_unit(&batch->rng);
    batch->ending = ending < k->batch_error_percent                             ? BATCH_ERROR
                    : ending < k->batch_error_percent + k->batch_cancel_percent ? BATCH_CANCELED
                                                                                : BATCH_FINISHED;
    batch->stop_at =
        batch->ending == BATCH_FINISHED ? batch->order_count : (size_t)(part * (double)batch->order_count);
}

static void name_handle(struct batch *batch)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    size_t at = 2;
    memcpy(batch->handle, "Ac", 2);
    while (at + 1 < sizeof batch->handle) {
        uint64_t chance = rng_next(&batch->rng);
        for (int i = 0; i < 9 && at + 1 < sizeof batch->handle; i++, chance /= 62)
            batch->handle[at++] = digits[chance % 62];
    }
    batch->handle[at] = '\0';
}

static struct batch *make_batch(struct call *call, const cJSON *requests, size_t count, bool upsert)
{
    struct batch *batch = zalloc(1, sizeof *batch);
    batch->sim = call->sim;
    batch->catalog = call->catalog;
    batch->call = call;
    batch->call_seq = call->seq;
    batch->received_us = call->received_us;
    batch->version = call->version;
    batch->upsert = upsert;
    batch->rng.state = mix64(call->rng.state);
    batch->count = count;
    batch->entries = zalloc(count, sizeof *batch->entries);
    name_handle(batch);
    read_ids(batch, requests);
    size_t i = 0;
    for (const cJSON *from = requests->child; from; from = from->next, i++) {
        read_entry(batch, i, from);
        if (batch->entries[i].duplicate)
            batch_note(&batch->errors, i, "Duplicate retailer_id in batch api call - %s.",
                       batch->entries[i].retailer_id);
    }
    settle_duplicates(batch);
    plan(batch);
    batch->checked_errors = batch->errors.count;
    batch->checked_warnings = batch->warnings.count;
    call->sim->counters.entries_checked += count;
    call->sim->counters.entries_refused += batch->refused_count;
    return batch;
}

void batch_read(struct call *call, const struct request *request)
{
    cJSON *owned = NULL;
    if (request->body_too_large) {
        answer_reduce_data(call);
        call->op = OP_ANSWERED;
        return;
    }
    const cJSON *requests = params_json(&call->params, "requests", &owned);
    if (!cJSON_IsArray(requests))
        requests = NULL;
    int count = requests ? cJSON_GetArraySize(requests) : 0, upsert = -1;
    if (check_call(call, requests, count))
        upsert = call_flag(call, "allow_upsert", 1);
    if (upsert >= 0)
        call->batch = make_batch(call, requests, (size_t)count, upsert == 1);
    else
        call->op = OP_ANSWERED;
    cJSON_Delete(owned);
}
