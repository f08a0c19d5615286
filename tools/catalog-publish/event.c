#include "event.h"

#include "common/contract.h"
#include "common/jsonscan.h"
#include "common/jsonsplit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MICROSECONDS_2001 INT64_C(1000000000000000)
#define MICROSECONDS_2096 INT64_C(4000000000000000)
#define STRUCTURED_TYPE   "application/cloudevents+json"

enum { JSON_DEPTH = 64, MEMBERS_MAX = 256 };

static const char *const type_names[] = {[TYPE_CREATED] = "product.created",
                                         [TYPE_UPDATED] = "product.updated",
                                         [TYPE_DELETED] = "product.deleted",
                                         [TYPE_RESYNC] = "product.resync"};

/* The members of a JSON object. */
struct object {
    struct json_member members[MEMBERS_MAX];
    int count;
};

/* What the attributes of a CloudEvent are, once known. */
struct attributes {
    const char *id, *source, *type, *time, *subject; /* time: NULL if none */
};

bool maker_init(struct maker *maker, const struct options *options, const char *topic, const char *id_prefix,
                int64_t stamp)
{
    char *memory = malloc(MAKER_BYTES);

    *maker = (struct maker){.options = options, .topic = topic, .id_prefix = id_prefix, .stamp = stamp};
    if (memory)
        sbuf_init_fixed(&maker->memory, memory, MAKER_BYTES);
    return memory != NULL;
}

void maker_free(struct maker *maker)
{
    free(maker->memory.data);
    maker->memory.data = NULL;
}

static bool no(char *why, const char *field, const char *what)
{
    snprintf(why, WHY_SIZE, "%.200s %s", field, what);
    return false;
}

static void add_header(struct outgoing *record, const char *name, const char *value)
{
    if (record->headers_count < RECORD_HEADERS_MAX)
        record->headers[record->headers_count++] = (struct header){name, value};
}

static struct json_span get(const struct object *object, const char *name)
{
    return jsonsplit_get(object->members, object->count, name);
}

static bool split(struct object *object, const char *text, size_t len)
{
    object->count = jsonsplit(text, len, object->members, MEMBERS_MAX);
    return object->count >= 0;
}

/* ---- texts in the maker's memory ---- */

/* Where the next text begins. */
static size_t begin(const struct maker *maker)
{
    return maker->memory.len;
}

/* Ends the text begun at `from`, and returns it; "" where the memory is full. */
static const char *end(struct maker *maker, size_t from)
{
    sbuf_putc(&maker->memory, '\0');
    return sbuf_ok(&maker->memory) ? maker->memory.data + from : "";
}

/* A string's text, any other value's JSON; NULL where there is no room. */
static const char *text_of(struct maker *maker, struct json_span span, size_t *len)
{
    size_t from = begin(maker);

    if (!jsonsplit_text(span, &maker->memory))
        return NULL;
    if (len)
        *len = maker->memory.len - from;
    return end(maker, from);
}

/* ---- data ---- */

/* Reads what every kind of row must have and the key is made of. */
static bool take_product_id(struct maker *maker, struct outgoing *record, const struct object *data,
                            char *why)
{
    struct json_span id = get(data, "product_id");
    int64_t number;

    if (id.kind == JSON_ABSENT || id.kind == JSON_NULL)
        return no(why, "data.product_id", "is missing");
    if (id.kind == JSON_NUMBER ? !jsonsplit_integer(id, &number) : id.kind != JSON_STRING)
        return no(why, "data.product_id", "is neither a string nor an integer");
    record->key = text_of(maker, id, &record->key_len);
    if (!record->key || record->key_len == 0 || record->key_len > PRODUCT_ID_MAX_BYTES)
        return no(why, "data.product_id", "wants 1 to 256 bytes");
    return true;
}

static void take_sku(struct maker *maker, struct outgoing *record, const struct object *data)
{
    struct json_span sku = get(data, "sku");

    if (sku.kind == JSON_STRING)
        record->sku = text_of(maker, sku, NULL);
}

/* The version that the made id tells; *stamped: the row has none, and gets the one of the command line. */
static bool take_version(const struct maker *maker, const struct object *data, int64_t *version,
                         bool *stamped, char *why)
{
    struct json_span span = get(data, "version");

    *stamped = (span.kind == JSON_ABSENT || span.kind == JSON_NULL) && maker->stamp > 0;
    if (*stamped) {
        *version = maker->stamp;
        return true;
    }
    if (span.kind == JSON_ABSENT || span.kind == JSON_NULL)
        return no(why, "data.version",
                  "is missing: it must grow with every change of the product (or give --row-version now)");
    if (!jsonsplit_integer(span, version))
        return no(why, "data.version", "is not an integer from 1 to 9007199254740991");
    return true;
}

static bool is_ours(const struct json_member *member, bool stamped)
{
    static const char *const names[] = {"\"deleted\"", "\"version\""};

    for (int i = 0; i < 1 + stamped; i++)
        if (member->name.len == strlen(names[i]) && memcmp(member->name.at, names[i], member->name.len) == 0)
            return true;
    return false;
}

/* The data as it stood, byte by byte, without the members that only speak to this program. */
static void put_data(struct maker *maker, struct outgoing *record, const struct object *data, int64_t version,
                     bool stamped)
{
    struct sbuf *out = &maker->memory;
    size_t from = begin(maker);
    const char *before = "{";

    for (int i = 0; i < data->count; i++) {
        const struct json_member *member = &data->members[i];

        if (is_ours(member, stamped))
            continue;
        sbuf_puts(out, before);
        sbuf_put(out, member->name.at, member->name.len);
        sbuf_putc(out, ':');
        sbuf_put(out, member->value.at, member->value.len);
        before = ",";
    }
    if (stamped)
        sbuf_printf(out, "%s\"version\":%" PRId64, before, version);
    sbuf_putc(out, '}');
    record->value = out->data + from;
    record->value_len = out->len - from;
}

static void put_attribute(struct sbuf *out, const char *name, const char *value)
{
    sbuf_printf(out, ",\"%s\":", name);
    sbuf_put_json(out, value, strlen(value));
}

static void wrap_binary(struct outgoing *record, const struct attributes *attributes)
{
    add_header(record, "content-type", "application/json");
    add_header(record, "ce_specversion", "1.0");
    add_header(record, "ce_id", attributes->id);
    add_header(record, "ce_source", attributes->source);
    add_header(record, "ce_type", attributes->type);
    add_header(record, "ce_subject", attributes->subject);
    add_header(record, "ce_dataschema", CONTRACT_EVENT);
    if (attributes->time)
        add_header(record, "ce_time", attributes->time);
}

/* Puts the envelope around record->value (the data), or its attributes into headers. */
static void wrap(struct maker *maker, struct outgoing *record, const struct attributes *attributes)
{
    struct sbuf *out = &maker->memory;
    size_t from = begin(maker);

    if (maker->options->mode == MODE_BINARY) {
        wrap_binary(record, attributes);
        return;
    }
    sbuf_puts(out, "{\"specversion\":\"1.0\"");
    put_attribute(out, "id", attributes->id);
    put_attribute(out, "source", attributes->source);
    put_attribute(out, "type", attributes->type);
    put_attribute(out, "subject", attributes->subject);
    if (attributes->time)
        put_attribute(out, "time", attributes->time);
    put_attribute(out, "dataschema", CONTRACT_EVENT);
    sbuf_puts(out, ",\"datacontenttype\":\"application/json\",\"data\":");
    sbuf_put(out, record->value, record->value_len);
    sbuf_putc(out, '}');
    record->value = out->data + from;
    record->value_len = out->len - from;
    add_header(record, "content-type", STRUCTURED_TYPE);
}

/* A version that is a moment in microseconds, as advised, gives the event its time; any other gives none. */
static const char *time_of(struct maker *maker, int64_t version)
{
    time_t seconds = (time_t)(version / 1000000);
    size_t from = begin(maker);
    char day[32];
    struct tm tm;

    if (version < MICROSECONDS_2001 || version > MICROSECONDS_2096 || !gmtime_r(&seconds, &tm))
        return NULL;
    strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &tm);
    sbuf_printf(&maker->memory, "%s.%06" PRId64 "Z", day, version % 1000000);
    return end(maker, from);
}

static const char *made_id(struct maker *maker, const struct outgoing *record, int64_t version,
                           const char *type)
{
    size_t from = begin(maker);

    sbuf_puts(&maker->memory, maker->id_prefix);
    sbuf_put(&maker->memory, record->key, record->key_len);
    sbuf_printf(&maker->memory, "-v%" PRId64 "-%s", version, strchr(type, '.') + 1);
    return end(maker, from);
}

static bool make_from_data(struct maker *maker, struct outgoing *record, const struct object *data, char *why)
{
    struct json_span deleted = get(data, "deleted");
    enum event_type type = maker->options->type;
    struct attributes attributes = {.source = maker->options->source};
    int64_t version;
    bool stamped;

    if (!take_product_id(maker, record, data, why) || !take_version(maker, data, &version, &stamped, why))
        return false;
    if (deleted.kind != JSON_ABSENT && deleted.kind != JSON_TRUE && deleted.kind != JSON_FALSE)
        return no(why, "deleted", "is neither true nor false");
    if (type == TYPE_BY_CONTENT)
        type = deleted.kind == JSON_TRUE ? TYPE_DELETED : TYPE_UPDATED;
    else if (deleted.kind == JSON_TRUE && type != TYPE_DELETED)
        return no(why, "deleted", "is true, but the command line says otherwise");
    take_sku(maker, record, data);
    attributes.type = type_names[type];
    attributes.subject = record->key;
    attributes.id = made_id(maker, record, version, attributes.type);
    attributes.time = time_of(maker, version);
    put_data(maker, record, data, version, stamped);
    wrap(maker, record, &attributes);
    return true;
}

/* ---- whole events ---- */

static bool is_named(const struct json_member *member, const char *quoted)
{
    return member->name.len == strlen(quoted) && memcmp(member->name.at, quoted, member->name.len) == 0;
}

/* In binary mode every attribute becomes a header, the extensions (traceparent and the like) too. */
static bool attributes_to_headers(struct maker *maker, struct outgoing *record, const struct object *event,
                                  char *why)
{
    add_header(record, "content-type", "application/json");
    for (int i = 0; i < event->count; i++) {
        const struct json_member *member = &event->members[i];
        size_t from = begin(maker);
        const char *name, *value;

        if (is_named(member, "\"data\"") || is_named(member, "\"datacontenttype\"") ||
            member->value.kind == JSON_NULL)
            continue;
        if (member->value.kind == JSON_OBJECT || member->value.kind == JSON_ARRAY)
            return no(why, "an attribute", "is an object or an array, which no header can carry");
        if (record->headers_count == RECORD_HEADERS_MAX)
            return no(why, "the event", "has more attributes than 31");
        sbuf_puts(&maker->memory, "ce_");
        jsonsplit_text(member->name, &maker->memory);
        name = end(maker, from);
        value = text_of(maker, member->value, NULL);
        if (!value)
            return no(why, name, "is too long");
        add_header(record, name, value);
    }
    return true;
}

static bool known_type(struct json_span span)
{
    for (int i = TYPE_CREATED; i <= TYPE_RESYNC; i++)
        if (span.kind == JSON_STRING && span.len == strlen(type_names[i]) + 2 &&
            memcmp(span.at + 1, type_names[i], span.len - 2) == 0)
            return true;
    return false;
}

static bool make_from_event(struct maker *maker, struct outgoing *record, const struct object *event,
                            const char *row, size_t len, char *why)
{
    struct json_span data_span = get(event, "data");
    static struct object data;

    if (maker->options->type != TYPE_BY_CONTENT)
        return no(why, "a whole CloudEvent",
                  "has its own type; --type, --delete and --resync are for data alone");
    if (!known_type(get(event, "type")))
        return no(why, "type", "is none of product.created, .updated, .deleted, .resync");
    if (data_span.kind != JSON_OBJECT || !split(&data, data_span.at, data_span.len))
        return no(why, "data", "is not an object of at most 256 members");
    if (!take_product_id(maker, record, &data, why))
        return false;
    take_sku(maker, record, &data);
    if (maker->options->mode == MODE_BINARY) {
        record->value = data_span.at;
        record->value_len = data_span.len;
        return attributes_to_headers(maker, record, event, why);
    }
    record->value = row;
    record->value_len = len;
    add_header(record, "content-type", STRUCTURED_TYPE);
    return true;
}

/* ---- --raw ---- */

static bool raw_headers(struct maker *maker, struct outgoing *record, struct json_span headers, char *why)
{
    static struct object named;

    if (headers.kind != JSON_OBJECT)
        return true;
    if (!split(&named, headers.at, headers.len) || named.count > RECORD_HEADERS_MAX)
        return no(why, "headers", "are no object of at most 32 texts");
    for (int i = 0; i < named.count; i++) {
        const char *name = text_of(maker, named.members[i].name, NULL);
        const char *value = text_of(maker, named.members[i].value, NULL);

        if (!name || !value)
            return no(why, "headers", "are too long");
        add_header(record, name, value);
    }
    return true;
}

/* What tests send to see what becomes of it. Nothing is checked but what the record's form needs. */
static bool make_raw(struct maker *maker, struct outgoing *record, const struct object *line, char *why)
{
    struct json_span key = get(line, "key"), value = get(line, "value"), topic = get(line, "topic"),
                     partition = get(line, "partition");
    int64_t number = -1;

    if (value.kind != JSON_STRING && value.kind != JSON_NULL)
        return no(why, "value", "is neither a string nor null (--raw sends texts, not objects)");
    if (key.kind == JSON_STRING)
        record->key = text_of(maker, key, &record->key_len);
    if (value.kind == JSON_STRING)
        record->value = text_of(maker, value, &record->value_len);
    if ((key.kind == JSON_STRING && !record->key) || (value.kind == JSON_STRING && !record->value))
        return no(why, "key or value", "is too long");
    if (topic.kind == JSON_STRING)
        record->topic = text_of(maker, topic, NULL);
    if (partition.kind != JSON_ABSENT &&
        (!jsonsplit_integer(partition, &number) || number < 0 || number > INT32_MAX))
        return no(why, "partition", "is not a number from 0");
    record->partition = (int32_t)number;
    return raw_headers(maker, record, get(line, "headers"), why);
}

/* ---- any row ---- */

static bool read_object(struct object *object, const char *row, size_t len, char *why)
{
    struct jsonscan scan;

    if (!jsonscan(row, len, JSON_DEPTH, NULL, &scan)) {
        snprintf(why, WHY_SIZE, "%s%snot JSON at byte %zu: %s", scan.path, scan.path[0] ? ": " : "",
                 scan.offset + 1, jsonscan_text(scan.fault));
        return false;
    }
    return split(object, row, len) || no(why, "the line", "is not a JSON object of at most 256 members");
}

bool event_make(struct maker *maker, struct outgoing *record, const char *row, size_t len, char *why)
{
    static struct object object; /* 12 KiB: too much for the stack to be given each time */
    bool ok;

    sbuf_reset(&maker->memory);
    *record = (struct outgoing){.topic = maker->topic, .partition = -1};
    if (!read_object(&object, row, len, why))
        return false;
    if (maker->options->raw)
        ok = make_raw(maker, record, &object, why);
    else if (get(&object, "specversion").kind != JSON_ABSENT)
        ok = make_from_event(maker, record, &object, row, len, why);
    else if (get(&object, "tombstone").kind == JSON_TRUE)
        ok = take_product_id(maker, record, &object, why);
    else
        ok = make_from_data(maker, record, &object, why);
    if (ok && !sbuf_ok(&maker->memory))
        return no(why, "the event", "is too large");
    return ok;
}
