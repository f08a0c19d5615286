#include "event.h"

#include "arena.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define VERSION_MAX                                                                                          \
    9007199254740991 /* 2^53 - 1: what every JSON reader keeps exactly (design.md section 3) */
#define MICROSECONDS_2001 INT64_C(1000000000000000)
#define MICROSECONDS_2096 INT64_C(4000000000000000)
#define STRUCTURED_TYPE   "application/cloudevents+json"

static const char *const type_names[] = {[TYPE_CREATED] = "product.created",
                                         [TYPE_UPDATED] = "product.updated",
                                         [TYPE_DELETED] = "product.deleted",
                                         [TYPE_RESYNC] = "product.resync"};

/* What the attributes of a CloudEvent are, once known. */
struct attributes {
    const char *id, *source, *type, *time, *subject; /* time, subject: NULL if none */
};

static bool no(char *why, const char *field, const char *what)
{
    snprintf(why, WHY_MAX, "%s %s", field, what);
    return false;
}

static void add_header(struct record *record, const char *name, const char *value)
{
    if (record->headers_count < RECORD_HEADERS_MAX)
        record->headers[record->headers_count++] = (struct header){name, value};
}

/* Reads what every kind of line must have and the key is made of. */
static bool take_product_id(struct record *record, struct arena *arena, const struct json_object *data,
                            char *why)
{
    struct json_span id = json_get(data, "product_id");
    int64_t number;

    if (id.kind == JSON_ABSENT)
        return no(why, "product_id", "is missing");
    if (id.kind == JSON_NUMBER ? !json_integer(&number, id) : id.kind != JSON_STRING)
        return no(why, "product_id", "is neither a string nor an integer");
    record->key = arena_decode(arena, id, &record->key_len);
    if (!record->key || record->key_len == 0 || record->key_len > PRODUCT_ID_MAX)
        return no(why, "product_id", "wants 1 to 256 bytes, without U+0000");
    return true;
}

static bool check_text(const struct json_object *data, const char *name, const char *hint, char *why)
{
    enum json_kind kind = json_get(data, name).kind;

    if (kind == JSON_ABSENT || kind == JSON_NULL || kind == JSON_STRING)
        return true;
    snprintf(why, WHY_MAX, "%s is not a string%s", name, hint);
    return false;
}

static bool check_version(const struct json_object *data, int64_t *version, char *why)
{
    struct json_span span = json_get(data, "version");

    if (span.kind == JSON_ABSENT)
        return no(why, "version", "is missing");
    if (!json_integer(version, span) || *version < 1 || *version > VERSION_MAX)
        return no(why, "version", "is not an integer from 1 to 9007199254740991");
    return true;
}

/* The fields a wrong type of which is certain to be refused; the worker checks the rest, with its
 * configuration. */
static bool check_data(const struct json_object *data, int64_t *version, char *why)
{
    return check_version(data, version, why) && check_text(data, "sku", "", why) &&
           check_text(data, "catalog", "", why) &&
           check_text(data, "price", " (money is a decimal string such as \"19.99\", never a number)", why) &&
           check_text(data, "currency", "", why) && check_text(data, "name", "", why) &&
           check_text(data, "image_link", "", why);
}

/* The data as it stood, without the members that only speak to this program. */
static void put_data(struct record *record, struct arena *arena, const struct json_object *data)
{
    size_t from = arena->used;
    bool first = true;

    arena_put(arena, "{", 1);
    for (int i = 0; i < data->count; i++) {
        const struct json_member *member = &data->members[i];
        const struct json_span *value = &member->value;
        bool quoted = value->kind == JSON_STRING;

        if (member->name.len == 7 && !memcmp(member->name.at, "deleted", 7))
            continue;
        arena_puts(arena, first ? "\"" : ",\"");
        arena_put(arena, member->name.at, member->name.len);
        arena_puts(arena, quoted ? "\":\"" : "\":");
        arena_put(arena, value->at, value->len);
        if (quoted)
            arena_put(arena, "\"", 1);
        first = false;
    }
    arena_put(arena, "}", 1);
    record->value = arena->at + from;
    record->value_len = arena->used - from;
}

static void put_attribute(struct arena *arena, const char *name, const char *value)
{
    arena_puts(arena, ",\"");
    arena_puts(arena, name);
    arena_puts(arena, "\":");
    arena_put_json(arena, value);
}

/* Puts the envelope around record->value (the data), or its attributes into headers. */
static void wrap(struct record *record, struct arena *arena, const struct settings *settings,
                 const struct attributes *attributes)
{
    size_t from;

    if (settings->mode == MODE_BINARY) {
        add_header(record, "content-type", "application/json");
        add_header(record, "ce_specversion", "1.0");
        add_header(record, "ce_id", attributes->id);
        add_header(record, "ce_source", attributes->source);
        add_header(record, "ce_type", attributes->type);
        add_header(record, "ce_subject", attributes->subject);
        if (attributes->time)
            add_header(record, "ce_time", attributes->time);
        return;
    }
    from = arena->used;
    arena_puts(arena, "{\"specversion\":\"1.0\"");
    put_attribute(arena, "id", attributes->id);
    put_attribute(arena, "source", attributes->source);
    put_attribute(arena, "type", attributes->type);
    put_attribute(arena, "subject", attributes->subject);
    if (attributes->time)
        put_attribute(arena, "time", attributes->time);
    arena_puts(arena, ",\"datacontenttype\":\"application/json\",\"data\":");
    arena_put(arena, record->value, record->value_len);
    arena_put(arena, "}", 1);
    record->value = arena->at + from;
    record->value_len = arena->used - from;
    add_header(record, "content-type", STRUCTURED_TYPE);
}

/* A version that is a moment in microseconds, as advised, gives the event its time; any other gives none. */
static const char *time_of(struct arena *arena, int64_t version)
{
    time_t seconds = (time_t)(version / 1000000);
    char day[32], text[48];
    size_t from = arena->used;
    struct tm tm;

    if (version < MICROSECONDS_2001 || version > MICROSECONDS_2096 || !gmtime_r(&seconds, &tm))
        return NULL;
    strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text, sizeof(text), "%s.%06" PRId64 "Z", day, version % 1000000);
    arena_puts(arena, text);
    return arena_text(arena, from);
}

static const char *made_id(struct record *record, struct arena *arena, const struct settings *settings,
                           int64_t version, const char *type)
{
    size_t from = arena->used;
    char tail[64];

    snprintf(tail, sizeof(tail), "-v%" PRId64 "-%s", version, strchr(type, '.') + 1);
    arena_puts(arena, settings->id_prefix);
    arena_put(arena, record->key, record->key_len);
    arena_puts(arena, tail);
    return arena_text(arena, from);
}

static bool make_from_data(struct record *record, struct arena *arena, const struct settings *settings,
                           const struct json_object *data, char *why)
{
    struct json_span deleted = json_get(data, "deleted");
    enum event_type type = settings->type;
    struct attributes attributes = {.source = settings->source};
    int64_t version;

    if (!take_product_id(record, arena, data, why) || !check_data(data, &version, why))
        return false;
    if (deleted.kind != JSON_ABSENT && deleted.kind != JSON_TRUE && deleted.kind != JSON_FALSE)
        return no(why, "deleted", "is neither true nor false");
    if (type == TYPE_BY_CONTENT)
        type = deleted.kind == JSON_TRUE ? TYPE_DELETED : TYPE_UPDATED;
    else if (deleted.kind == JSON_TRUE && type != TYPE_DELETED)
        return no(why, "deleted", "is true, but the command line says otherwise");
    attributes.type = type_names[type];
    attributes.subject = record->key;
    attributes.id = made_id(record, arena, settings, version, attributes.type);
    attributes.time = time_of(arena, version);
    put_data(record, arena, data);
    wrap(record, arena, settings, &attributes);
    return true;
}

static bool take_attribute(struct arena *arena, const struct json_object *event, const char *name,
                           bool required, const char **out, char *why)
{
    struct json_span span = json_get(event, name);

    *out = NULL;
    if (span.kind == JSON_ABSENT || span.kind == JSON_NULL)
        return required ? no(why, name, "is missing") : true;
    if (span.kind != JSON_STRING || span.len == 0)
        return no(why, name, "is not a string with something in it");
    *out = arena_decode(arena, span, NULL);
    return *out ? true : no(why, name, "is too long or holds U+0000");
}

static bool known_type(const char *type)
{
    for (int i = TYPE_CREATED; i <= TYPE_RESYNC; i++)
        if (!strcmp(type, type_names[i]))
            return true;
    return false;
}

/* In binary mode every attribute becomes a header, the extensions (traceparent and the like) too. */
static bool attributes_to_headers(struct record *record, struct arena *arena, const struct json_object *event,
                                  char *why)
{
    add_header(record, "content-type", "application/json");
    for (int i = 0; i < event->count; i++) {
        const struct json_member *member = &event->members[i];
        size_t from = arena->used;
        const char *name, *value;

        if ((member->name.len == 4 && !memcmp(member->name.at, "data", 4)) ||
            (member->name.len == 15 && !memcmp(member->name.at, "datacontenttype", 15)) ||
            member->value.kind == JSON_NULL)
            continue;
        if (member->value.kind == JSON_OBJECT || member->value.kind == JSON_ARRAY)
            return no(why, "an attribute", "is an object or an array, which no header can carry");
        if (record->headers_count == RECORD_HEADERS_MAX)
            return no(why, "the event", "has more attributes than 31");
        arena_puts(arena, "ce_");
        arena_put(arena, member->name.at, member->name.len);
        name = arena_text(arena, from);
        value = arena_decode(arena, member->value, NULL);
        if (!value)
            return no(why, name, "is too long or holds U+0000");
        add_header(record, name, value);
    }
    return true;
}

static bool make_from_event(struct record *record, struct arena *arena, const struct settings *settings,
                            const struct json_object *event, const char *line, size_t len, char *why)
{
    struct json_span span = json_get(event, "data");
    static struct json_object data;
    struct json_fault fault;
    const char *text;
    int64_t version;

    if (settings->type != TYPE_BY_CONTENT)
        return no(why, "a whole CloudEvent",
                  "has its own type; --type, --delete and --resync are for data alone");
    if (!take_attribute(arena, event, "specversion", true, &text, why))
        return false;
    if (strcmp(text, "1.0") != 0)
        return no(why, "specversion", "is not \"1.0\"");
    if (!take_attribute(arena, event, "id", true, &text, why) ||
        !take_attribute(arena, event, "source", true, &text, why) ||
        !take_attribute(arena, event, "time", false, &text, why) ||
        !take_attribute(arena, event, "type", true, &text, why))
        return false;
    if (!known_type(text))
        return no(why, "type", "is none of product.created, .updated, .deleted, .resync");
    if (span.kind != JSON_OBJECT || !json_read_object(&data, span.at, span.len, &fault))
        return no(why, "data", "is not an object");
    if (!take_product_id(record, arena, &data, why) || !check_data(&data, &version, why))
        return false;
    if (settings->mode == MODE_BINARY) {
        record->value = span.at;
        record->value_len = span.len;
        return attributes_to_headers(record, arena, event, why);
    }
    record->value = line;
    record->value_len = len;
    add_header(record, "content-type", STRUCTURED_TYPE);
    return true;
}

/* --raw: what tests send to see what becomes of it. Nothing is checked but what the record's form needs. */
static bool make_raw(struct record *record, struct arena *arena, const struct json_object *line, char *why)
{
    struct json_span key = json_get(line, "key"), value = json_get(line, "value"),
                     topic = json_get(line, "topic"), partition = json_get(line, "partition"),
                     headers = json_get(line, "headers");
    static struct json_object named;
    struct json_fault fault;
    int64_t number = -1;

    if (value.kind != JSON_STRING && value.kind != JSON_NULL)
        return no(why, "value", "is neither a string nor null (--raw sends texts, not objects)");
    if (key.kind == JSON_STRING)
        record->key = arena_decode(arena, key, &record->key_len);
    if (value.kind == JSON_STRING)
        record->value = arena_decode(arena, value, &record->value_len);
    if ((key.kind == JSON_STRING && !record->key) || (value.kind == JSON_STRING && !record->value))
        return no(why, "key or value", "is too long or holds U+0000");
    if (topic.kind == JSON_STRING)
        record->topic = arena_decode(arena, topic, NULL);
    if (partition.kind != JSON_ABSENT &&
        (!json_integer(&number, partition) || number < 0 || number > INT32_MAX))
        return no(why, "partition", "is not a number from 0");
    record->partition = (int32_t)number;
    if (headers.kind != JSON_OBJECT)
        return true;
    if (!json_read_object(&named, headers.at, headers.len, &fault) || named.count > RECORD_HEADERS_MAX)
        return no(why, "headers", "are no object of at most 32 texts");
    for (int i = 0; i < named.count; i++) {
        struct json_span name = named.members[i].name;
        const char *name_text = arena_decode(arena, name, NULL);
        const char *value_text = arena_decode(arena, named.members[i].value, NULL);

        if (!name_text || !value_text)
            return no(why, "headers", "are too long or hold U+0000");
        add_header(record, name_text, value_text);
    }
    return true;
}

bool event_make(struct record *record, struct arena *arena, const struct settings *settings, const char *line,
                size_t len, char *why)
{
    static struct json_object object; /* 12 KiB: too much for the stack to be given each time */
    struct json_fault fault;
    bool ok;

    arena->used = 0;
    arena->full = false;
    *record = (struct record){.topic = settings->topic, .partition = -1};
    if (!json_read_object(&object, line, len, &fault)) {
        snprintf(why, WHY_MAX, "not JSON at byte %zu: %s", fault.at + 1, fault.what);
        return false;
    }
    if (settings->raw)
        ok = make_raw(record, arena, &object, why);
    else if (json_get(&object, "specversion").kind != JSON_ABSENT)
        ok = make_from_event(record, arena, settings, &object, line, len, why);
    else if (json_get(&object, "tombstone").kind == JSON_TRUE)
        ok = take_product_id(record, arena, &object, why);
    else
        ok = make_from_data(record, arena, settings, &object, why);
    if (ok && arena->full)
        return no(why, "the event", "is too large");
    return ok;
}
