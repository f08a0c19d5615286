#include "common/result.h"
#include "common/contract.h"
#include "common/hash128.h"
#include "common/iso8601.h"
#include "common/result_parts.h"
#include "common/sbuf.h"
#include "common/textsafe.h"

#include <string.h>

#define PUT(out, literal) sbuf_put(out, literal, sizeof(literal) - 1)

const char *result_path_name(enum result_path path)
{
    static const char *const names[] = {"", "single", "bulk"};

    return (unsigned)path < sizeof(names) / sizeof(names[0]) ? names[path] : "";
}

size_t result_cut(const char *text, size_t cap)
{
    return text ? textsafe_cut(text, strnlen(text, cap + 1), cap) : 0;
}

uint32_t result_absorbed_listed(const struct result_outcome *outcome)
{
    uint32_t count =
        outcome->absorbed_listed < RESULT_ABSORBED_MAX ? outcome->absorbed_listed : RESULT_ABSORBED_MAX;
    size_t bytes = 0;

    for (uint32_t i = 0; i < count; i++) {
        bytes += result_cut(outcome->absorbed[i], RESULT_ID_MAX_BYTES) + 2;
        if (bytes > RESULT_ABSORBED_MAX_BYTES)
            return i;
    }
    return count;
}

size_t result_safe(const char *text, char *out, size_t cap)
{
    return textsafe_copy(out, cap, text, text ? strlen(text) : 0);
}

const char *text_area_copy(struct text_area *area, const char *text, size_t len)
{
    char *copy = area->next;

    if (area->left <= len)
        return NULL;
    memcpy(copy, text, len);
    copy[len] = '\0';
    area->next += len + 1;
    area->left -= len + 1;
    return copy;
}

void result_id(const struct result_event *event, char out[RESULT_EVENT_ID_BYTES])
{
    struct key128 key;
    bool reused = event->out.reason && strcmp(event->out.reason, "identity_reused") == 0;

    if (event->event_source && event->event_id && !reused)
        key = hash128_parts(HASH_IDENTITY, event->event_source, strlen(event->event_source), event->event_id,
                            strlen(event->event_id), (uint64_t)event->replays);
    else
        key = hash128_parts(HASH_RECORD, event->topic, strlen(event->topic), &event->partition,
                            sizeof(event->partition), (uint64_t)event->offset);
    hash128_hex(key, out);
}

static void put_position(const char *topic, int32_t partition, int64_t offset, struct sbuf *out)
{
    sbuf_puts(out, topic);
    sbuf_putc(out, '/');
    sbuf_put_i64(out, partition);
    sbuf_putc(out, '/');
    sbuf_put_i64(out, offset);
}

bool result_key(const struct result_event *event, struct sbuf *out)
{
    if (result_has(event->product_id)) {
        sbuf_puts(out, result_has(event->catalog) ? event->catalog : "default");
        sbuf_putc(out, '/');
        sbuf_puts(out, event->product_id);
    } else {
        put_position(event->topic, event->partition, event->offset, out);
    }
    return sbuf_ok(out);
}

/* ,"name":"text" where there is a text; `name` is a literal of the form ,"name": */
static void put_text(struct sbuf *out, const char *name, const char *text, size_t cap)
{
    if (!result_has(text))
        return;
    sbuf_puts(out, name);
    sbuf_put_json(out, text, result_cut(text, cap));
}

static void put_number(struct sbuf *out, const char *name, int64_t value)
{
    if (value == 0)
        return;
    sbuf_puts(out, name);
    sbuf_put_i64(out, value);
}

static void put_time(struct sbuf *out, const char *name, int64_t ms)
{
    char text[ISO8601_TEXT_BYTES];

    sbuf_puts(out, name);
    sbuf_putc(out, '"');
    sbuf_put(out, text, iso8601_format_ms(ms, text));
    sbuf_putc(out, '"');
}

static void put_error(struct sbuf *out, const struct result_error *error)
{
    char safe[RESULT_MESSAGE_MAX_BYTES + 1];

    if (!error->class_name)
        return;
    PUT(out, ",\"error\":{\"class\":");
    sbuf_put_json(out, error->class_name, result_cut(error->class_name, RESULT_CLASS_MAX_BYTES));
    put_number(out, ",\"code\":", error->code);
    put_number(out, ",\"subcode\":", error->subcode);
    put_number(out, ",\"http_status\":", error->http_status);
    result_safe(error->message, safe, sizeof(safe));
    put_text(out, ",\"message\":", safe, RESULT_MESSAGE_MAX_BYTES);
    result_safe(error->user_message, safe, RESULT_USER_MESSAGE_MAX_BYTES + 1);
    put_text(out, ",\"user_message\":", safe, RESULT_USER_MESSAGE_MAX_BYTES);
    put_text(out, ",\"fbtrace_id\":", error->fbtrace_id, RESULT_TRACE_MAX_BYTES);
    PUT(out, "}");
}

static void put_absorbed(struct sbuf *out, const struct result_outcome *outcome)
{
    uint32_t listed = result_absorbed_listed(outcome);

    if (outcome->absorbed_count == 0)
        return;
    PUT(out, ",\"absorbed\":[");
    for (uint32_t i = 0; i < listed; i++) {
        if (i)
            sbuf_putc(out, ',');
        sbuf_put_json(out, outcome->absorbed[i], result_cut(outcome->absorbed[i], RESULT_ID_MAX_BYTES));
    }
    PUT(out, "]");
    put_number(out, ",\"absorbed_count\":", outcome->absorbed_count);
}

static void put_planned(struct sbuf *out, const struct result_event *event)
{
    char hex[HASH_HEX_BYTES];

    if (!result_has(event->out.planned))
        return;
    PUT(out, ",\"planned\":{");
    sbuf_puts(out, event->out.planned);
    if (event->planned_fields) {
        hash128_hex(event->planned_hash, hex);
        put_text(out, ",\"body_hash\":", hex, sizeof(hex));
        PUT(out, ",\"fields\":");
        sbuf_puts(out, event->planned_fields);
    }
    PUT(out, "}");
}

static void put_outcome(struct sbuf *out, const struct result_outcome *outcome)
{
    char hex[HASH_HEX_BYTES];

    PUT(out, ",\"outcome\":\"");
    sbuf_puts(out, result_kind_name(outcome->kind));
    PUT(out, "\"");
    put_text(out, ",\"reason\":", outcome->reason, RESULT_ID_MAX_BYTES);
    put_text(out, ",\"sku\":", outcome->sku, RESULT_SKU_MAX_BYTES);
    put_text(out, ",\"catalog_id\":", outcome->catalog_id, RESULT_ID_MAX_BYTES);
    put_number(out, ",\"version\":", outcome->version);
    put_number(out, ",\"current_version\":", outcome->current_version);
    if (!key128_none(outcome->content_hash)) {
        hash128_hex(outcome->content_hash, hex);
        put_text(out, ",\"content_hash\":", hex, sizeof(hex));
    }
    put_text(out, ",\"superseded_by\":", outcome->superseded_by, RESULT_ID_MAX_BYTES);
    put_absorbed(out, outcome);
    put_text(out, ",\"path\":", result_path_name(outcome->path), RESULT_ID_MAX_BYTES);
    put_error(out, &outcome->error);
}

static void put_product_id(struct sbuf *out, const char *name, const struct result_event *event)
{
    if (!result_has(event->product_id))
        return;
    sbuf_puts(out, name);
    if (event->product_id_is_number)
        sbuf_puts(out, event->product_id);
    else
        sbuf_put_json(out, event->product_id, result_cut(event->product_id, RESULT_ID_MAX_BYTES));
}

static void put_warnings(struct sbuf *out, const struct result_event *event)
{
    uint32_t count = event->warning_count < RESULT_WARNINGS_MAX ? event->warning_count : RESULT_WARNINGS_MAX;

    if (count == 0)
        return;
    PUT(out, ",\"warnings\":[");
    for (uint32_t i = 0; i < count; i++) {
        if (i)
            sbuf_putc(out, ',');
        sbuf_put_json(out, event->warnings[i], result_cut(event->warnings[i], RESULT_WARNING_MAX_BYTES));
    }
    PUT(out, "]");
}

static void put_data(struct sbuf *out, const struct result_event *event)
{
    PUT(out, ",\"data\":{\"topic\":");
    sbuf_put_json(out, event->topic, strlen(event->topic));
    PUT(out, ",\"partition\":");
    sbuf_put_i64(out, event->partition);
    PUT(out, ",\"offset\":");
    sbuf_put_i64(out, event->offset);
    put_product_id(out, ",\"product_id\":", event);
    put_text(out, ",\"catalog\":", event->catalog, RESULT_ID_MAX_BYTES);
    put_text(out, ",\"event_source\":", event->event_source, RESULT_ID_MAX_BYTES);
    put_text(out, ",\"event_id\":", event->event_id, RESULT_ID_MAX_BYTES);
    put_number(out, ",\"replays\":", event->replays);
    put_outcome(out, &event->out);
    put_planned(out, event);
    PUT(out, ",\"attempts\":");
    sbuf_put_u64(out, event->attempts);
    put_warnings(out, event);
    if (event->first_attempt_at_ms > 0)
        put_time(out, ",\"first_attempt_at\":", event->first_attempt_at_ms);
    put_time(out, ",\"finished_at\":", event->finished_at_ms);
    PUT(out, ",\"queued_for_ms\":");
    sbuf_put_i64(out, event->queued_for_ms > 0 ? event->queued_for_ms : 0);
    PUT(out, "}");
}

bool result_encode(const struct result_event *event, struct sbuf *out)
{
    char id[RESULT_EVENT_ID_BYTES];

    result_id(event, id);
    PUT(out,
        "{\"specversion\":\"1.0\",\"type\":\"" RESULT_TYPE "\",\"source\":\"" RESULT_SOURCE "\",\"id\":\"");
    sbuf_put(out, id, sizeof(id) - 1);
    PUT(out, "\"");
    put_time(out, ",\"time\":", event->finished_at_ms);
    put_text(out, ",\"subject\":", event->product_id, RESULT_ID_MAX_BYTES);
    put_text(out, ",\"traceparent\":", event->traceparent, RESULT_ID_MAX_BYTES);
    PUT(out, ",\"datacontenttype\":\"application/json\",\"dataschema\":\"" CONTRACT_RESULT "\"");
    put_data(out, event);
    PUT(out, "}");
    return sbuf_ok(out);
}
