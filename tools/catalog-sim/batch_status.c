/* GET /{catalog}/check_batch_request_status. */
#include "batch.h"
#include "errors.h"
#include "sim.h"

#include <ctype.h>
#include <string.h>

#define FIELDS "handle,status,errors,errors_total_count,warnings,warnings_total_count,ids_of_invalid_requests"

/* Shares of a batch's time, in percent, until it is dispatched and until it starts (batch_run.c: a fifth). */
#define DISPATCHED_PERCENT 10
#define STARTED_PERCENT    20

static struct batch *find(struct call *call, const char *handle)
{
    const struct knobs *k = &call->sim->knobs;
    for (struct batch *batch = call->sim->batches.oldest; batch; batch = batch->newer) {
        if (batch->catalog == call->catalog && strcmp(batch->handle, handle) == 0)
            return sim_now_us() < batch->accepted_us + (uint64_t)k->batch_handle_ttl_ms * 1000 ? batch : NULL;
    }
    return NULL;
}

static const char *state_name(const struct batch *batch)
{
    uint64_t gone = (sim_now_us() - batch->accepted_us) * 100;
    switch (batch->state) {
    case BATCH_FINISHED: return "Finished";
    case BATCH_CANCELED: return "Canceled";
    case BATCH_ERROR: return "Error";
    default: break;
    }
    return gone < batch->duration_us * DISPATCHED_PERCENT ? "Scheduled"
           : gone < batch->duration_us * STARTED_PERCENT  ? "Dispatched"
                                                          : "Started";
}

static void add_state(struct text *out, const struct batch *batch)
{
    char name[16];
    copy_short(name, sizeof name, state_name(batch));
    if (batch->sim->knobs.batch_status_case == STATUS_LOWER)
        name[0] = (char)tolower((unsigned char)name[0]);
    text_json(out, name);
}

/* Of these notes, those before `from` are left out, and no more than the samples are shown. */
static void add_samples(struct text *out, const struct batch *batch, const struct batch_notes *notes,
                        size_t from)
{
    text_char(out, '[');
    size_t most = (size_t)batch->sim->knobs.batch_status_samples_max;
    for (size_t i = from; i < notes->count && i - from < most; i++) {
        const struct batch_entry *entry = &batch->entries[notes->at[i].entry];
        text_fmt(out, "%s{\"line\":%zu,\"id\":", i > from ? "," : "", notes->at[i].entry + 1);
        text_json(out, entry->retailer_id ? entry->retailer_id : "");
        text_str(out, ",\"message\":");
        text_json(out, notes->at[i].message);
        text_char(out, '}');
    }
    text_char(out, ']');
}

static void add_invalid(struct text *out, const struct batch *batch, bool with_checked)
{
    text_char(out, '[');
    for (size_t i = 0; i < batch->count; i++) {
        const struct batch_entry *entry = &batch->entries[i];
        if (!entry->refused || (!entry->done && !with_checked))
            continue;
        if (out->at[out->len - 1] != '[')
            text_char(out, ',');
        text_json(out, entry->retailer_id ? entry->retailer_id : "");
    }
    text_char(out, ']');
}

/* Refused entries that only the warnings tell of count as errors, too: Meta's own sample has it so. */
static size_t count_errors(const struct batch *batch, size_t from)
{
    size_t silent = 0;
    for (size_t i = 0; i < batch->count; i++)
        silent += batch->entries[i].refused && batch->entries[i].done;
    for (size_t i = batch->checked_errors, last = SIZE_MAX; i < batch->errors.count; i++) {
        silent -= batch->errors.at[i].entry != last;
        last = batch->errors.at[i].entry;
    }
    return batch->errors.count - from + silent;
}

static bool wanted(const char *fields, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = fields; *at;) {
        size_t n = strcspn(at, ",");
        if (n == len && memcmp(at, name, n) == 0)
            return true;
        at += n + (at[n] == ',');
    }
    return false;
}

static bool check_fields(struct call *call, const char *fields)
{
    char name[64], message[160];
    for (const char *at = fields; *at;) {
        size_t n = strcspn(at, ",");
        copy_short(name, n < sizeof name ? n + 1 : sizeof name, at);
        if (n && !wanted(FIELDS, name)) {
            snprintf(message, sizeof message,
                     "(#100) Tried accessing nonexisting field (%s) on node type (CheckBatchRequestStatus)",
                     name);
            answer_100(call, message);
            return false;
        }
        at += n + (at[n] == ',');
    }
    return true;
}

static void add_status(struct text *out, const struct batch *batch, const char *fields, bool load_ids)
{
    bool checked = batch->sim->knobs.batch_status_validation;
    size_t errors = checked ? 0 : batch->checked_errors, warnings = checked ? 0 : batch->checked_warnings;
    text_char(out, '{');
    if (wanted(fields, "handle")) {
        text_key(out, "handle");
        text_json(out, batch->handle);
    }
    if (wanted(fields, "status")) {
        text_key(out, "status");
        add_state(out, batch);
    }
    if (wanted(fields, "errors")) {
        text_key(out, "errors");
        add_samples(out, batch, &batch->errors, errors);
    }
    if (wanted(fields, "errors_total_count")) {
        text_key(out, "errors_total_count");
        text_int(out, (int64_t)count_errors(batch, errors));
    }
    if (wanted(fields, "warnings")) {
        text_key(out, "warnings");
        add_samples(out, batch, &batch->warnings, warnings);
    }
    if (wanted(fields, "warnings_total_count")) {
        text_key(out, "warnings_total_count");
        text_int(out, (int64_t)(batch->warnings.count - warnings));
    }
    if (wanted(fields, "ids_of_invalid_requests")) {
        text_key(out, "ids_of_invalid_requests");
        if (load_ids)
            add_invalid(out, batch, checked);
        else
            text_str(out, "[]");
    }
    text_char(out, '}');
}

void batch_answer_status(struct call *call)
{
    const struct knobs *k = &call->sim->knobs;
    const char *handle = params_text(&call->params, "handle"), *fields = params_text(&call->params, "fields");
    if (!handle || !handle[0]) {
        answer_required(call, "handle");
        return;
    }
    int load_ids = call_flag(call, "load_ids_of_invalid_requests", 0);
    if (load_ids < 0 || (fields && !check_fields(call, fields)))
        return;
    const struct batch *batch = find(call, handle);
    if (!batch && k->batch_handle_unknown == HANDLE_ERROR) {
        answer_100(call, "(#100) Param handle is not a handle of this catalog");
        return;
    }
    answer_raw(call, 200, NULL, "{\"data\":[");
    if (batch && sim_now_us() >= batch->accepted_us + (uint64_t)k->batch_status_empty_ms * 1000)
        add_status(&call->answer.body, batch, fields && fields[0] ? fields : FIELDS, load_ids == 1);
    text_str(&call->answer.body, "]}");
}
