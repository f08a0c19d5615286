#include "common/contract.h"
#include "common/hash128.h"
#include "common/iso8601.h"
#include "common/jsonmend.h"
#include "common/result_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define EXACT_MAX ((INT64_C(1) << 53) - 1)

struct reader {
    struct text_area area;
    char *why;
    size_t why_bytes;
};

static bool fails(struct reader *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool fails(struct reader *r, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(r->why, r->why_bytes, format, args);
    va_end(args);
    return false;
}

/* An optional text: NULL where it is absent; false where it is no text or there is no room. */
static bool take(struct reader *r, const cJSON *object, const char *name, const char **out)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);

    *out = NULL;
    if (!member || cJSON_IsNull(member))
        return true;
    if (!cJSON_IsString(member))
        return fails(r, "not a result event: data.%s is no text", name);
    *out = text_area_copy(&r->area, member->valuestring, strlen(member->valuestring));
    return *out != NULL || fails(r, "result event too large: data.%s does not fit", name);
}

/* An optional list of texts, at most `max` of them. */
static bool take_list(struct reader *r, const cJSON *object, const char *name, const char **out, uint32_t max,
                      uint32_t *count)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(object, name), *entry;

    *count = 0;
    if (list && !cJSON_IsArray(list))
        return fails(r, "not a result event: data.%s is no list", name);
    cJSON_ArrayForEach(entry, list)
    {
        if (!cJSON_IsString(entry) || *count == max)
            return fails(r, "not a result event: data.%s holds more than %u texts, or something else", name,
                         max);
        out[*count] = text_area_copy(&r->area, entry->valuestring, strlen(entry->valuestring));
        if (!out[(*count)++])
            return fails(r, "result event too large: data.%s does not fit", name);
    }
    return true;
}

static bool take_product_id(struct reader *r, const cJSON *data, struct result_event *event)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(data, "product_id");
    char digits[24];
    long long number;
    int n;

    if (!cJSON_IsNumber(member))
        return take(r, data, "product_id", &event->product_id);
    number = jsonmend_integer(data, "product_id", -EXACT_MAX, EXACT_MAX, INT64_MAX);
    if (number == INT64_MAX)
        return fails(r, "not a result event: data.product_id is no whole number");
    n = snprintf(digits, sizeof(digits), "%lld", number);
    event->product_id_is_number = true;
    event->product_id = text_area_copy(&r->area, digits, (size_t)n);
    return event->product_id != NULL || fails(r, "result event too large");
}

static int64_t take_time(const cJSON *data, const char *name)
{
    const char *text = jsonmend_string(data, name);
    int64_t us;

    return text && iso8601_parse_us(text, strlen(text), &us) ? us / 1000 : 0;
}

static bool take_error(struct reader *r, const cJSON *data, struct result_error *error)
{
    const cJSON *from = cJSON_GetObjectItemCaseSensitive(data, "error");

    if (!from)
        return true;
    error->code = (int32_t)jsonmend_integer(from, "code", INT32_MIN, INT32_MAX, 0);
    error->subcode = (int32_t)jsonmend_integer(from, "subcode", INT32_MIN, INT32_MAX, 0);
    error->http_status = (int)jsonmend_integer(from, "http_status", 0, 999, 0);
    return take(r, from, "class", &error->class_name) && take(r, from, "message", &error->message) &&
           take(r, from, "user_message", &error->user_message) &&
           take(r, from, "fbtrace_id", &error->fbtrace_id);
}

/* `planned` as its writer had it, but for the fields, which the event itself gives again. */
static bool take_planned(struct reader *r, const cJSON *data, struct result_outcome *out)
{
    const cJSON *planned = cJSON_GetObjectItemCaseSensitive(data, "planned");
    const char *outcome = jsonmend_string(planned, "outcome");
    char *calls = cJSON_PrintUnformatted(cJSON_GetObjectItemCaseSensitive(planned, "calls"));
    char text[RESULT_PLANNED_MAX_BYTES];
    int n = 0;

    if (outcome && calls)
        n = snprintf(text, sizeof(text), "\"outcome\":\"%.16s\",\"calls\":%s", outcome, calls);
    cJSON_free(calls);
    if (n <= 0)
        return !planned || fails(r, "not a result event: data.planned has no outcome or no calls");
    if ((size_t)n >= sizeof(text))
        return fails(r, "result event too large: data.planned does not fit");
    out->planned = text_area_copy(&r->area, text, (size_t)n);
    return out->planned != NULL || fails(r, "result event too large: data.planned does not fit");
}

static bool take_outcome(struct reader *r, const cJSON *data, struct result_outcome *out)
{
    const char *kind = jsonmend_string(data, "outcome"), *hash = jsonmend_string(data, "content_hash");
    const char *path = jsonmend_string(data, "path");

    out->kind = kind ? result_kind_parse(kind, strlen(kind)) : RESULT_NONE;
    if (out->kind == RESULT_NONE)
        return fails(
            r, "not a result event: data.outcome is none of created, updated, deleted, unchanged, skipped, "
               "superseded, failed");
    if (hash && !hash128_from_hex(hash, strlen(hash), &out->content_hash))
        return fails(r, "not a result event: data.content_hash is not 32 hex digits");
    out->path = !path                         ? RESULT_PATH_NONE
                : strcmp(path, "single") == 0 ? RESULT_PATH_SINGLE
                : strcmp(path, "bulk") == 0   ? RESULT_PATH_BULK
                                              : RESULT_PATH_NONE;
    out->version = jsonmend_integer(data, "version", 0, EXACT_MAX, 0);
    out->current_version = jsonmend_integer(data, "current_version", 0, EXACT_MAX, 0);
    if (!take(r, data, "reason", &out->reason) || !take(r, data, "sku", &out->sku) ||
        !take(r, data, "catalog_id", &out->catalog_id) ||
        !take(r, data, "superseded_by", &out->superseded_by) ||
        !take_list(r, data, "absorbed", out->absorbed, RESULT_ABSORBED_MAX, &out->absorbed_listed))
        return false;
    out->absorbed_count = (uint32_t)jsonmend_integer(data, "absorbed_count", out->absorbed_listed, UINT32_MAX,
                                                     out->absorbed_listed);
    return take_planned(r, data, out) && take_error(r, data, &out->error);
}

static bool take_data(struct reader *r, const cJSON *data, struct result_event *event)
{
    if (!take(r, data, "topic", &event->topic) || !take_product_id(r, data, event) ||
        !take(r, data, "catalog", &event->catalog) || !take(r, data, "event_source", &event->event_source) ||
        !take(r, data, "event_id", &event->event_id) || !take_outcome(r, data, &event->out) ||
        !take_list(r, data, "warnings", event->warnings, RESULT_WARNINGS_MAX, &event->warning_count))
        return false;
    event->partition = (int32_t)jsonmend_integer(data, "partition", 0, INT32_MAX, -1);
    event->offset = jsonmend_integer(data, "offset", 0, INT64_MAX, -1);
    if (!event->topic || event->partition < 0 || event->offset < 0)
        return fails(r, "not a result event: data.topic, data.partition or data.offset is missing");
    event->replays = jsonmend_integer(data, "replays", 0, INT32_MAX, 0);
    event->attempts = (uint32_t)jsonmend_integer(data, "attempts", 0, UINT32_MAX, 0);
    event->queued_for_ms = jsonmend_integer(data, "queued_for_ms", 0, INT64_MAX, 0);
    event->first_attempt_at_ms = take_time(data, "first_attempt_at");
    event->finished_at_ms = take_time(data, "finished_at");
    return true;
}

bool result_decode(const void *value, size_t value_bytes, struct result_event *event, char *text,
                   size_t text_bytes, char *why, size_t why_bytes)
{
    struct reader r = {.area = {text, text_bytes}, .why = why, .why_bytes = why_bytes};
    cJSON *json = value && value_bytes <= RESULT_MAX_BYTES ? jsonmend_parse(value, value_bytes) : NULL;
    const char *type = jsonmend_string(json, "type"), *schema = jsonmend_string(json, "dataschema");
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(json, "data");
    bool ok;

    memset(event, 0, sizeof(*event));
    if (!json)
        ok = fails(&r, "not a result event: the value is no JSON, or larger than %d bytes", RESULT_MAX_BYTES);
    else if (!type || strcmp(type, RESULT_TYPE) != 0)
        ok = fails(&r, "not a result event: its type is %.64s, wanted " RESULT_TYPE, type ? type : "missing");
    else if (schema && !contract_readable(CONTRACT_RESULT, schema, strlen(schema)))
        ok = fails(&r,
                   "a result event of another contract: its dataschema is %.64s, known is " CONTRACT_RESULT,
                   schema);
    else
        ok = take(&r, json, "traceparent", &event->traceparent) && take_data(&r, data, event);
    cJSON_Delete(json);
    return ok;
}
