/* `data`: parsing it, and the part that says which product, which version, which SKU. */
#include "common/event_parts.h"
#include "common/jsonscan.h"
#include "common/sbuf.h"
#include "common/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static enum event_fault scan_event_fault(enum jsonscan_fault fault)
{
    switch (fault) {
    case JSONSCAN_TOO_DEEP: return EVENT_FAULT_TOO_DEEP;
    case JSONSCAN_TOO_MANY_MEMBERS: return EVENT_FAULT_TOO_MANY_MEMBERS;
    case JSONSCAN_DUPLICATE_KEY: return EVENT_FAULT_DUPLICATE_KEY;
    case JSONSCAN_BAD_UTF8: return EVENT_FAULT_INVALID_UTF8;
    case JSONSCAN_NUL: return EVENT_FAULT_NUL_CHARACTER;
    case JSONSCAN_LONE_SURROGATE: return EVENT_FAULT_LONE_SURROGATE;
    case JSONSCAN_NUMBER_RANGE:
    case JSONSCAN_NUMBER_INEXACT: return EVENT_FAULT_NUMBER_OUT_OF_RANGE;
    default: return EVENT_FAULT_INVALID_JSON;
    }
}

/* The scan's path as it goes into results: below `data`, and clean whatever the keys hold. */
static void clean_path(const struct draft *d, const char *path, char *out, size_t size_bytes)
{
    struct sbuf b;

    sbuf_init_fixed(&b, out, size_bytes);
    if (!d->event.structured && path[0])
        sbuf_puts(&b, path[0] == '[' ? "data" : "data.");
    sbuf_put_json_inner(&b, path, strlen(path)); /* never as long as the buffer: see JSONSCAN_PATH_BYTES */
}

static bool refuse_json(struct draft *d, const struct jsonscan *scan)
{
    char path[6 * JSONSCAN_PATH_BYTES];

    if (event_is_refused(d))
        return false; /* by an attribute before */
    clean_path(d, scan->path, path, sizeof(path));
    event_refuse(d, scan_event_fault(scan->fault), path, "byte %zu of the value: %s", scan->offset,
                 jsonscan_text(scan->fault));
    d->event.broken.offset = (int64_t)scan->offset;
    return false;
}

bool event_parse_value(struct draft *d)
{
    const struct event_record *record = d->record;
    struct jsonscan scan;

    if (record->value_len > d->settings->value_max_bytes)
        return event_refuse(d, EVENT_FAULT_TOO_LARGE, "",
                            "the value has %zu bytes, %u are allowed (record.max.bytes)", record->value_len,
                            d->settings->value_max_bytes);
    if (!d->json_expected)
        return event_refuse(
            d, EVENT_FAULT_CONTENT_TYPE, "content-type", "is %s: data must be JSON",
            d->headers[HEADER_CONTENT_TYPE]
                ? event_shown(d, d->headers[HEADER_CONTENT_TYPE]->value, d->headers[HEADER_CONTENT_TYPE]->len)
                : "missing");
    if (!jsonscan_tree(record->value, record->value_len, d->settings->depth_max,
                       d->event.structured ? "data" : NULL, &d->tree, &scan))
        return refuse_json(d, &scan);
    d->event.data_hash = scan.hash;
    d->json = d->tree.root;
    return true;
}

static void find_members(struct draft *d)
{
    static const struct {
        const char *name;
        size_t len;
    } members[MEMBER_COUNT] = {
#define X(member, text) {text, sizeof(text) - 1},
        EVENT_MEMBERS(X)
#undef X
    };
    unsigned guess = 0; /* producers write members in the same order, mostly near ours */

    for (const cJSON *item = d->data->child; item; item = item->next) {
        size_t len = strlen(item->string);

        if (cJSON_IsNull(item))
            continue;
        for (unsigned tries = 0; tries < MEMBER_COUNT; tries++) {
            unsigned member = (guess + tries) % MEMBER_COUNT;

            if (members[member].len == len && memcmp(members[member].name, item->string, len) == 0) {
                d->members[member] = item;
                guess = member + 1;
                break;
            }
        }
    }
}

void event_read_data(struct draft *d)
{
    const char *what = d->event.structured ? "data" : "";

    if (d->event.structured && !cJSON_IsObject(d->json)) {
        event_refuse(d, EVENT_FAULT_WRONG_TYPE, "", "the value must be a JSON object, not %s",
                     event_type_word(d->json));
        return;
    }
    d->data = d->event.structured ? cJSON_GetObjectItemCaseSensitive(d->json, "data") : d->json;
    if (!d->data && cJSON_GetObjectItemCaseSensitive(d->json, "data_base64"))
        event_refuse(d, EVENT_FAULT_CONTENT_TYPE, "data_base64",
                     "is not read: put the product into `data` as JSON");
    else if (!d->data)
        event_refuse(d, EVENT_FAULT_MISSING_FIELD, what, "is missing: it holds the product");
    else if (!cJSON_IsObject(d->data))
        event_refuse(d, EVENT_FAULT_WRONG_TYPE, what, "%smust be a JSON object, not %s",
                     d->event.structured ? "" : "the value ", event_type_word(d->data));
    if (cJSON_IsObject(d->data))
        find_members(d);
    else
        d->data = NULL;
}

/* ---- the parts of the identity ---- */

/* An identifier: short, and without control characters. */
static bool identifier(struct draft *d, const char *field, struct text text, size_t max_bytes)
{
    if (text.len > max_bytes)
        return event_refuse(d, EVENT_FAULT_TEXT_TOO_LONG, field, "has %u bytes, %zu are allowed", text.len,
                            max_bytes);
    if (text_control_at(text.ptr, text.len) != text.len)
        return event_refuse(d, EVENT_FAULT_BAD_CHARACTER, field, "has a control character: it is %s",
                            event_shown(d, text.ptr, text.len));
    return true;
}

static void read_product_id(struct draft *d)
{
    const cJSON *item = d->members[MEMBER_PRODUCT_ID];
    struct text text = text_none();
    int64_t number;

    if (cJSON_IsNumber(item)) {
        d->event.product_id_is_number = true;
        if (!event_integer(d, item, "data.product_id", -EVENT_VERSION_MAX, EVENT_VERSION_MAX, &number))
            return; /* a larger one must come as a string */
        text = text_of(d->product_id,
                       (size_t)snprintf(d->product_id, sizeof(d->product_id), "%" PRId64, number));
    } else if (item && !cJSON_IsString(item)) {
        event_refuse(d, EVENT_FAULT_WRONG_TYPE, "data.product_id",
                     "must be a string or a whole number, not %s", event_type_word(item));
        return;
    } else if (!event_text(d, item, "data.product_id", UINT32_MAX, &text)) {
        return;
    }
    if (text.len == 0) {
        event_refuse(d, EVENT_FAULT_MISSING_FIELD, "data.product_id",
                     "is missing: it is the product's id in the backend");
    } else if (identifier(d, "data.product_id", text, EVENT_PRODUCT_ID_BYTES_MAX)) {
        d->event.product_id = text;
        d->event.has_product = true;
    }
}

static void find_catalog(struct draft *d, struct text name)
{
    struct event *e = &d->event;

    e->catalog = name;
    for (size_t i = 0; i < d->settings->catalog_count && e->catalog_index < 0; i++) {
        const char *known = d->settings->catalogs[i].name;

        if (strncmp(known, name.ptr, name.len) == 0 && known[name.len] == '\0')
            e->catalog_index = (int)i;
    }
    if (e->catalog_index < 0)
        event_refuse(d, EVENT_FAULT_UNKNOWN_CATALOG, "data.catalog",
                     "is %s, which is not configured: add catalogs.<name>.* or mend the event",
                     event_shown(d, name.ptr, name.len));
}

/* Of an event that names none. */
static struct text catalog_of_topic(const struct draft *d)
{
    const char *name = d->record->topic_catalog ? d->record->topic_catalog : d->settings->default_catalog;

    return text_of(name, strlen(name));
}

/* A topic of a catalog's own isolates it from the others (docs/catalogs.md): an event for another one would
 * wait there for that one, and lies beside its other events' order. It fails as an event of the topic's
 * catalog. */
static void read_catalog(struct draft *d)
{
    const char *own = d->record->topic_catalog;
    struct text name;

    if (!event_text(d, d->members[MEMBER_CATALOG], "data.catalog", UINT32_MAX, &name) ||
        !identifier(d, "data.catalog", name, EVENT_CATALOG_BYTES_MAX))
        return;
    if (name.len > 0 && own && (strlen(own) != name.len || memcmp(own, name.ptr, name.len) != 0)) {
        event_refuse(d, EVENT_FAULT_CATALOG_NOT_OF_TOPIC, "data.catalog",
                     "is %s, but the topic is catalog %.64s's own: publish the event to another topic",
                     event_shown(d, name.ptr, name.len), own);
        name = text_none();
    }
    find_catalog(d, name.len > 0 ? name : catalog_of_topic(d));
}

static void read_sku(struct draft *d)
{
    struct text sku;

    if (!event_text(d, d->members[MEMBER_SKU], "data.sku", EVENT_SKU_CHARS_MAX, &sku) ||
        !identifier(d, "data.sku", sku, SIZE_MAX))
        return;
    d->event.sku = sku;
    d->event.has_sku = sku.len > 0;
}

/* A hint that cannot be used is no reason to fail: memory and the catalog itself know the id as well. A
 * number above 2^53 may have lost digits, so it is not used. */
static void read_catalog_id(struct draft *d)
{
    const cJSON *item = d->members[MEMBER_CATALOG_ID];
    struct text id = text_none();

    if (cJSON_IsString(item)) {
        id = text_of(item->valuestring, strlen(item->valuestring));
    } else if (cJSON_IsNumber(item) && item->valuedouble >= 1 &&
               item->valuedouble <= (double)EVENT_VERSION_MAX && json_is_whole(item->valuedouble)) {
        id = text_of(d->catalog_id,
                     (size_t)snprintf(d->catalog_id, sizeof(d->catalog_id), "%.0f", item->valuedouble));
    }
    if (id.len == 0 || id.len > EVENT_ITEM_ID_BYTES_MAX || strspn(id.ptr, "0123456789") != id.len)
        return;
    d->event.catalog_id = id;
}

static void read_is_active(struct draft *d)
{
    const cJSON *item = d->members[MEMBER_IS_ACTIVE];

    if (cJSON_IsBool(item))
        d->event.is_active = cJSON_IsTrue(item);
    else if (item)
        event_refuse(d, EVENT_FAULT_WRONG_TYPE, "data.is_active", "must be true or false, not %s",
                     event_type_word(item));
}

/* ---- version ---- */

/* A version as microseconds since 1970 if it reads as a time: seconds would look like a counter, so only
 * milliseconds (2001 to 5138) and microseconds (from 2001) are taken for times. -1: it does not. */
static int64_t version_as_time_us(int64_t version)
{
    if (version >= INT64_C(1000000000000000))
        return version;
    if (version >= INT64_C(1000000000000) && version < INT64_C(100000000000000))
        return version * 1000;
    return -1;
}

static void take_version(struct draft *d, const char *field, int64_t version)
{
    int64_t now_ms = d->record->now_ms, ahead_ms = d->settings->version_ahead_max_ms;
    int64_t time_us = version_as_time_us(version);

    if (version < 1 || version > EVENT_VERSION_MAX) {
        event_refuse(d, EVENT_FAULT_VERSION_OUT_OF_RANGE, field,
                     "must be a whole number from 1 to 2^53-1; microseconds since 1970 are advised");
        return;
    }
    if (now_ms > 0 && ahead_ms > 0 && time_us / 1000 > now_ms && time_us / 1000 - now_ms > ahead_ms) {
        event_refuse(d, EVENT_FAULT_VERSION_IN_FUTURE, field,
                     "is %" PRId64 ", a time %" PRId64
                     " s ahead of now: no later change of the product would count; "
                     "mend the producer's clock or unit (version.future.max.ms)",
                     version, (time_us / 1000 - now_ms) / 1000);
        return;
    }
    d->event.version = (uint64_t)version;
    d->event.has_version = true;
}

static void read_version_data(struct draft *d)
{
    const cJSON *item = d->members[MEMBER_VERSION];
    double number;

    if (!item) {
        event_refuse(d, EVENT_FAULT_MISSING_FIELD, "data.version",
                     "is missing: it must grow with every change of the product (version.source=data)");
        return;
    }
    number = cJSON_IsNumber(item) ? item->valuedouble : 0.5;
    if (number > (double)EVENT_VERSION_MAX || number < -(double)EVENT_VERSION_MAX) {
        take_version(d, "data.version", number < 0 ? -1 : EVENT_VERSION_MAX + 1);
    } else {
        int64_t version;

        if (event_integer(d, item, "data.version", INT64_MIN, INT64_MAX, &version))
            take_version(d, "data.version", version);
    }
}

static void read_version(struct draft *d)
{
    switch (d->settings->version_source) {
    case EVENT_VERSION_DATA: read_version_data(d); break;
    case EVENT_VERSION_TIME:
        if (d->time_us >= 0)
            take_version(d, "time", d->time_us);
        else
            event_refuse(d, EVENT_FAULT_MISSING_ATTRIBUTE, d->event.structured ? "time" : "ce_time",
                         "is missing or no RFC 3339 time: it is the version (version.source=time)");
        break;
    case EVENT_VERSION_RECORD:
        if (d->record->timestamp_ms > 0 && d->record->timestamp_ms <= EVENT_VERSION_MAX / 1000)
            take_version(d, "timestamp", d->record->timestamp_ms * 1000);
        else
            event_refuse(d, EVENT_FAULT_VERSION_OUT_OF_RANGE, "timestamp",
                         "of the record is missing: it is the version (version.source=record)");
        break;
    }
}

/* ---- the record's key ---- */

static void check_key(struct draft *d)
{
    const struct event_record *record = d->record;
    const struct text *id = &d->event.product_id;

    if (d->settings->key_unchecked || !record->key || record->key_len == 0 || !d->event.has_product)
        return;
    if (record->key_len == id->len && memcmp(record->key, id->ptr, id->len) == 0)
        return;
    event_refuse(
        d, EVENT_FAULT_KEY_MISMATCH, "key",
        "is %s, but data.product_id is another: the key must be the product id, for the sake of the order",
        event_shown(d, record->key, record->key_len));
}

void event_read_identity(struct draft *d)
{
    read_product_id(d);
    read_catalog(d);
    read_sku(d);
    read_catalog_id(d);
    read_is_active(d);
    check_key(d);
    read_version(d);
}

void event_read_tombstone(struct draft *d)
{
    const struct event_record *record = d->record;
    struct event *e = &d->event;
    struct text key = record->key ? text_of(record->key, record->key_len) : text_none();

    e->kind = EVENT_TOMBSTONE;
    if (d->headers[HEADER_ID] || d->headers[HEADER_TYPE]) { /* a CloudEvent without data */
        event_read_binary(d);
        if (e->type.len && (e->type.len != 15 || memcmp(e->type.ptr, "product.deleted", 15) != 0))
            event_refuse(d, EVENT_FAULT_MISSING_FIELD, "data",
                         "is missing: a record of type %s without a value would delete the product",
                         event_shown(d, e->type.ptr, e->type.len));
    }
    if (utf8_valid_up_to(key.ptr, key.len) != key.len || memchr(key.ptr, 0, key.len)) {
        event_refuse(d, EVENT_FAULT_INVALID_UTF8, "key",
                     "of a tombstone must be the product id in UTF-8, it is %s",
                     event_shown(d, key.ptr, key.len));
    } else if (text_is_blank(key.ptr, key.len)) {
        event_refuse(d, EVENT_FAULT_MISSING_FIELD, "key",
                     "is missing: a tombstone (null value) names its product by its key");
    } else if (identifier(d, "key", key, EVENT_PRODUCT_ID_BYTES_MAX)) {
        e->product_id = key;
        e->has_product = true;
    }
    find_catalog(d, catalog_of_topic(d));
}
