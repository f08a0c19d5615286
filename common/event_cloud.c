/* CloudEvents 1.0 over Kafka, both modes (CloudEvents Kafka protocol binding 1.0): who sent what, under which
 * id. */
#include "common/contract.h"
#include "common/event_parts.h"
#include "common/iso8601.h"
#include "common/utf8.h"

#include <string.h>
#include <strings.h>

static const char *const header_names[HEADER_COUNT] = {
    [HEADER_CONTENT_TYPE] = "content-type",
    [HEADER_SPECVERSION] = "ce_specversion",
    [HEADER_ID] = "ce_id",
    [HEADER_SOURCE] = "ce_source",
    [HEADER_TYPE] = "ce_type",
    [HEADER_TIME] = "ce_time",
    [HEADER_DATA_SCHEMA] = "ce_dataschema",
    [HEADER_CE_TRACEPARENT] = "ce_traceparent",
    [HEADER_TRACEPARENT] = "traceparent",
    [HEADER_REPLAYS] = "dlq-replays",
};

/* W3C Trace Context: 00-<32 hex>-<16 hex>-<2 hex>. Anything else is dropped: it goes into an HTTP header. */
static void read_traceparent(struct draft *d, const void *bytes, size_t len)
{
    const char *text = bytes;

    if (len != 55)
        return;
    for (size_t i = 0; i < len; i++) {
        bool dash = i == 2 || i == 35 || i == 52;
        bool hex = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');

        if (dash ? text[i] != '-' : !hex)
            return;
    }
    d->event.traceparent = text_of(text, len);
}

static void read_replays(struct draft *d)
{
    const struct event_header *header = d->headers[HEADER_REPLAYS];
    const char *text;
    uint32_t count = 0;
    size_t at = 0;

    if (!header)
        return;
    text = header->value;
    for (; at < header->len && count <= EVENT_REPLAYS_MAX && text[at] >= '0' && text[at] <= '9'; at++)
        count = count * 10 + (uint32_t)(text[at] - '0');
    if (header->len == 0 || at < header->len || count > EVENT_REPLAYS_MAX)
        event_refuse(d, EVENT_FAULT_INVALID_ATTRIBUTE, "dlq-replays",
                     "must be a count of at most %d in decimal digits, it is %s", EVENT_REPLAYS_MAX,
                     event_shown(d, header->value, header->len));
    else
        d->event.replays = count;
}

/* The header's place among the known ones; HEADER_COUNT: it is none of them. */
static int known_header(const char *name)
{
    int known = 0;

    while (known < HEADER_COUNT &&
           ((name[0] | 32) != header_names[known][0] || strcasecmp(name, header_names[known]) != 0))
        known++;
    return known;
}

bool event_header_known(const char *name)
{
    return known_header(name) < HEADER_COUNT;
}

void event_read_headers(struct draft *d)
{
    for (size_t i = 0; i < d->record->header_count; i++) {
        const struct event_header *header = &d->record->headers[i];
        int known = known_header(header->name);

        if (known < HEADER_COUNT)
            d->headers[known] = header;
    }
    if (d->headers[HEADER_CE_TRACEPARENT])
        read_traceparent(d, d->headers[HEADER_CE_TRACEPARENT]->value, d->headers[HEADER_CE_TRACEPARENT]->len);
    else if (d->headers[HEADER_TRACEPARENT])
        read_traceparent(d, d->headers[HEADER_TRACEPARENT]->value, d->headers[HEADER_TRACEPARENT]->len);
    read_replays(d);
}

/* True if the content type (its parameters aside) is name. */
static bool content_type_is(const struct event_header *header, const char *name)
{
    size_t len = strlen(name);
    const char *text = header->value;

    return header->len >= len && strncasecmp(text, name, len) == 0 &&
           (header->len == len || text[len] == ';' || text[len] == ' ');
}

/* application/json and anything/anything+json. */
static bool content_type_is_json(const struct event_header *header)
{
    const char *text = header->value;
    size_t len = 0;

    while (len < header->len && text[len] != ';' && text[len] != ' ')
        len++;
    return len == 0 || content_type_is(header, "application/json") || content_type_is(header, "text/json") ||
           (len > 5 && strncasecmp(text + len - 5, "+json", 5) == 0);
}

bool event_read_mode(struct draft *d)
{
    const struct event_header *content_type = d->headers[HEADER_CONTENT_TYPE];

    d->json_expected = true;
    if (content_type && content_type_is(content_type, "application/cloudevents+json")) {
        d->event.structured = true;
        return true;
    }
    if (content_type && content_type->len >= 23 &&
        strncasecmp(content_type->value, "application/cloudevents", 23) == 0) {
        d->json_expected = false;
        return event_refuse(
            d, EVENT_FAULT_CONTENT_TYPE, "content-type",
            "is %s: of the structured modes only application/cloudevents+json is read, one event a record",
            event_shown(d, content_type->value, content_type->len));
    }
    if (d->headers[HEADER_ID] || d->headers[HEADER_SOURCE] || d->headers[HEADER_TYPE] ||
        d->headers[HEADER_SPECVERSION]) {
        d->json_expected = !content_type || content_type_is_json(content_type);
        return true;
    }
    d->json_expected = false;
    return event_refuse(
        d, EVENT_FAULT_NOT_A_CLOUD_EVENT, "",
        "the record is no CloudEvent: it needs the header content-type: application/cloudevents+json, "
        "or the headers ce_specversion, ce_id, ce_source and ce_type");
}

/* Takes one attribute. False: refused. */
static bool attribute(struct draft *d, const char *field, const void *bytes, size_t len, size_t max,
                      struct text *out)
{
    const char *text = bytes;

    if (len == 0 || text_is_blank(text, len))
        return event_refuse(d, EVENT_FAULT_MISSING_ATTRIBUTE, field,
                            "is missing or empty: every event needs one");
    if (len > max)
        return event_refuse(d, EVENT_FAULT_INVALID_ATTRIBUTE, field, "has %zu bytes, %zu are allowed", len,
                            max);
    if (utf8_valid_up_to(text, len) != len)
        return event_refuse(d, EVENT_FAULT_INVALID_UTF8, field, "is not UTF-8: it is %s",
                            event_shown(d, text, len));
    if (text_control_at(text, len) != len)
        return event_refuse(d, EVENT_FAULT_INVALID_ATTRIBUTE, field, "has a control character: it is %s",
                            event_shown(d, text, len));
    *out = text_of(text, len);
    return true;
}

/* The attributes that are read, in the order of their tables. */
enum { ATTRIBUTES = 6 };

/* The attributes of either mode; an absent one has no bytes. */
static void take_attributes(struct draft *d, const char *const fields[ATTRIBUTES],
                            const struct text values[ATTRIBUTES])
{
    struct text specversion = text_none();
    struct event *e = &d->event;
    bool id = attribute(d, fields[0], values[0].ptr, values[0].len, EVENT_ID_BYTES_MAX, &e->id);
    bool source = attribute(d, fields[1], values[1].ptr, values[1].len, EVENT_SOURCE_BYTES_MAX, &e->source);
    int64_t time_us;

    e->has_identity = id && source;
    attribute(d, fields[2], values[2].ptr, values[2].len, EVENT_TYPE_BYTES_MAX, &e->type);
    if (attribute(d, fields[3], values[3].ptr, values[3].len, 16, &specversion) &&
        (specversion.len != 3 || memcmp(specversion.ptr, "1.0", 3) != 0))
        event_refuse(d, EVENT_FAULT_SPEC_VERSION, fields[3], "is %s, only CloudEvents 1.0 is read",
                     event_shown(d, specversion.ptr, specversion.len));
    if (values[4].len && iso8601_parse_us(values[4].ptr, values[4].len, &time_us)) {
        d->time_us = time_us;
        e->time_ms = time_us / 1000;
    }
    if (!contract_readable(CONTRACT_EVENT, values[5].ptr, values[5].len))
        event_refuse(d, EVENT_FAULT_DATA_SCHEMA, fields[5],
                     "is %s, this worker reads " CONTRACT_EVENT ": update the workers, then replay",
                     event_shown(d, values[5].ptr, values[5].len));
}

void event_read_binary(struct draft *d)
{
    static const char *const fields[ATTRIBUTES] = {"ce_id",          "ce_source", "ce_type",
                                                   "ce_specversion", "ce_time",   "ce_dataschema"};
    static const enum event_known_header headers[ATTRIBUTES] = {
        HEADER_ID, HEADER_SOURCE, HEADER_TYPE, HEADER_SPECVERSION, HEADER_TIME, HEADER_DATA_SCHEMA};
    struct text values[ATTRIBUTES];

    for (int i = 0; i < ATTRIBUTES; i++) {
        const struct event_header *header = d->headers[headers[i]];

        values[i] = header && header->value ? text_of(header->value, header->len) : text_none();
    }
    take_attributes(d, fields, values);
}

void event_read_structured(struct draft *d)
{
    static const char *const fields[ATTRIBUTES] = {"id",          "source", "type",
                                                   "specversion", "time",   "dataschema"};
    struct text values[ATTRIBUTES];

    for (int i = 0; i < ATTRIBUTES; i++)
        values[i] = text_none();

    for (const cJSON *item = d->json->child; item; item = item->next) {
        for (int i = 0; i < ATTRIBUTES; i++) {
            if (item->string[0] != fields[i][0] || strcmp(item->string, fields[i]) != 0)
                continue;
            if (cJSON_IsString(item))
                values[i] = text_of(item->valuestring, strlen(item->valuestring));
            else if (!cJSON_IsNull(item))
                event_refuse(d, EVENT_FAULT_INVALID_ATTRIBUTE, fields[i], "must be a string, not %s",
                             event_type_word(item));
        }
        if (strcmp(item->string, "traceparent") == 0 && cJSON_IsString(item)) {
            d->event.traceparent = text_none(); /* the event's own goes before the transport's */
            read_traceparent(d, item->valuestring, strlen(item->valuestring));
        }
    }
    take_attributes(d, fields, values);
}

void event_read_kind(struct draft *d)
{
    static const struct {
        const char *type;
        enum event_kind kind;
    } types[] = {
        {"product.updated", EVENT_UPSERT},
        {"product.created", EVENT_UPSERT},
        {"product.deleted", EVENT_DELETE},
        {"product.resync", EVENT_RESYNC},
    };
    struct event *e = &d->event;

    e->kind = EVENT_UNKNOWN_TYPE;
    if (e->type.len == 0)
        return; /* refused as missing */
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strlen(types[i].type) == e->type.len && memcmp(types[i].type, e->type.ptr, e->type.len) == 0) {
            e->kind = types[i].kind;
            return;
        }
    }
    if (d->settings->unknown_type_fails)
        event_refuse(d, EVENT_FAULT_UNKNOWN_TYPE, e->structured ? "type" : "ce_type",
                     "is %s; known are product.created, product.updated, product.deleted and product.resync",
                     event_shown(d, e->type.ptr, e->type.len));
}
