/* A Kafka record turned into a checked product event (design.md section 3). Decoding never fails for what a
 * record holds: a record that is no valid event becomes an event of kind EVENT_BROKEN that says what is
 * wrong, where, and what to do, and still carries as much identity as could be read. Pure: no clock, no
 * global state. */
#ifndef COMMON_EVENT_H
#define COMMON_EVENT_H

#include "common/key128.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct money_table; /* common/money.h */

/* ---- what goes in ---- */

struct event_header {
    const char *name; /* NUL-terminated, as Kafka's library hands it out */
    const void *value;
    size_t len; /* bytes of value; NULL value: 0 */
};

/* A record as read from Kafka; all memory stays the caller's. */
struct event_record {
    const char *topic;
    const char *topic_catalog; /* whose own topic it is; NULL: shared, events name their catalog themselves */
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms; /* of the record, since 1970; below 0: none */
    int64_t
        now_ms; /* wall clock when it was read, since 1970; 0: versions in the future are not looked for */
    const void *key; /* NULL: absent */
    size_t key_len;
    const void *value; /* NULL: a tombstone */
    size_t value_len;
    const struct event_header *headers;
    size_t header_count;
};

enum event_version_source {
    EVENT_VERSION_DATA,   /* data.version */
    EVENT_VERSION_TIME,   /* CloudEvents time, in microseconds since 1970 */
    EVENT_VERSION_RECORD, /* the record's timestamp, in microseconds since 1970 */
};

#define EVENT_VERSION_MAX ((INT64_C(1) << 53) - 1) /* the largest integer every JSON reader keeps exact */

/* A configured catalog, as events name it. */
struct event_catalog {
    const char *name;
    const char *link_fallback;     /* product page for products without one; NULL or "": event_settings' */
    const char *image_placeholder; /* image for products without one; NULL or "": event_settings' */
};

struct event_settings {
    const struct event_catalog *catalogs;
    size_t catalog_count;
    const char *default_catalog; /* of events on a shared topic that name none; also of bare tombstones */
    enum event_version_source version_source;
    int64_t
        version_ahead_max_ms;  /* a version that reads as a time may lie this far ahead of now_ms; 0: any */
    const char *link_fallback; /* NULL or "": none, products without link have no url in the catalog */
    const char *image_placeholder;   /* NULL or "": none, an image is then required */
    const char *default_currency;    /* of events that name none; NULL or "": such an event fails */
    const struct money_table *money; /* NULL: the built-in table (catalog-api.md section 1) */
    bool unknown_type_fails;         /* default: skipped with a reason */
    bool unknown_field_ignored;      /* of `fields`; default: a permanent failure that names it */
    bool zero_price_allowed;         /* default: a price of zero is a permanent failure */
    bool key_unchecked;              /* default: a key that is not the product id is a permanent failure */
    uint32_t value_max_bytes;
    uint32_t depth_max;      /* nesting of the JSON, at most JSONSCAN_DEPTH_MAX */
    uint32_t name_max_chars; /* the single edge states none, the ancestor's column holds 255 */
};

/* Fills in every default: catalog "default" only (a static), version from data, versions at most a day ahead,
 * values of at most 1 MiB, depth 64, names of 255 characters, all else strict. */
void event_settings_init(struct event_settings *settings);

/* ---- what comes out ---- */

/* Text inside the event's own memory. ptr is never NULL and is NUL-terminated; len 0 means absent or empty.
 * It holds valid UTF-8 without NUL. */
struct text {
    const char *ptr;
    uint32_t len;
};

enum event_kind {
    EVENT_UPSERT,       /* product.created, product.updated: the same */
    EVENT_RESYNC,       /* product.resync: an upsert, made even where nothing seems to have changed */
    EVENT_DELETE,       /* product.deleted */
    EVENT_TOMBSTONE,    /* null value: a delete at the known version; version is 0 */
    EVENT_UNKNOWN_TYPE, /* of a type that is not ours: skipped, reason `unknown_type` */
    EVENT_BROKEN,       /* a permanent failure: see broken */
};

/* What is wrong with a broken event. The names are the `reason` of the failed result: event_fault_name(). */
#define EVENT_FAULTS(X)                                                                                      \
    X(NONE, "none")                                                                                          \
    X(TOO_LARGE, "too_large")               /* value above value_max_bytes */                                \
    X(INVALID_JSON, "invalid_json")         /* syntax, cut off, trailing bytes, empty */                     \
    X(INVALID_UTF8, "invalid_utf8")         /* value, key or header */                                       \
    X(NUL_CHARACTER, "nul_character")       /* raw or as \u0000 */                                           \
    X(LONE_SURROGATE, "lone_surrogate")     /* \ud800 without its other half */                              \
    X(DUPLICATE_KEY, "duplicate_key")       /* two members of one object with the same name */               \
    X(TOO_DEEP, "too_deep")                 /* nesting */                                                    \
    X(TOO_MANY_MEMBERS, "too_many_members") /* in one object, or links in a list */                          \
    X(NUMBER_OUT_OF_RANGE,                                                                                   \
      "number_out_of_range") /* beyond 2^53 where an integer is asked, or beyond a double */                 \
    X(NOT_A_CLOUD_EVENT, "not_a_cloud_event")   /* neither ce_ headers nor the structured content type */    \
    X(CONTENT_TYPE, "content_type_unsupported") /* data that is not JSON, or a batch */                      \
    X(SPEC_VERSION, "specversion_unsupported")  /* CloudEvents other than 1.0 */                             \
    X(DATA_SCHEMA, "dataschema_unsupported")    /* a contract of ours that we do not know: see contract.h */ \
    X(MISSING_ATTRIBUTE, "missing_attribute")   /* id, source, type */                                       \
    X(INVALID_ATTRIBUTE, "invalid_attribute")   /* of id, source, type, time, dataschema, dlq-replays */     \
    X(UNKNOWN_TYPE, "unknown_type")             /* with unknown_type_fails */                                \
    X(MISSING_FIELD, "missing_field")                                                                        \
    X(WRONG_TYPE, "wrong_type")       /* text where a number belongs and the like */                         \
    X(INVALID_VALUE, "invalid_value") /* not one of the allowed values, or not in the right form */          \
    X(BAD_CHARACTER, "bad_character") /* control characters in an identifier */                              \
    X(TEXT_TOO_LONG, "text_too_long")                                                                        \
    X(UNKNOWN_FIELD, "unknown_field") /* of `fields` */                                                      \
    X(UNKNOWN_CATALOG, "unknown_catalog")                                                                    \
    X(CATALOG_NOT_OF_TOPIC, "catalog_not_of_topic") /* the topic is another catalog's own */                 \
    X(KEY_MISMATCH, "key_mismatch")                 /* record key and product_id differ */                   \
    X(VERSION_OUT_OF_RANGE, "version_out_of_range") /* not 1 to 2^53-1 */                                    \
    X(VERSION_IN_FUTURE, "version_in_future")                                                                \
    X(PRICE_NOT_A_STRING, "price_not_a_string") /* a JSON number: money is never a float */                  \
    X(PRICE_INVALID, "price_invalid")           /* not a plain decimal such as 19.99 */                      \
    X(PRICE_NOT_REPRESENTABLE,                                                                               \
      "price_not_representable") /* more decimals than the currency has, or too large */                     \
    X(PRICE_ZERO, "price_zero")                                                                              \
    X(CURRENCY_INVALID, "currency_invalid") /* not three capital letters */                                  \
    X(URL_NOT_ABSOLUTE, "url_not_absolute") /* relative, or without scheme */                                \
    X(URL_SCHEME, "url_scheme_unsupported") /* data:, ftp: ... */                                            \
    X(URL_INVALID, "url_invalid")           /* whitespace, control characters, no host */                    \
    X(URL_TOO_LONG, "url_too_long")

enum event_fault {
#define X(name, text) EVENT_FAULT_##name,
    EVENT_FAULTS(X)
#undef X
        EVENT_FAULT_COUNT
};

struct event_broken {
    enum event_fault fault; /* EVENT_FAULT_NONE unless the kind is EVENT_BROKEN */
    struct text field; /* path such as `data.price`, `data.fields.sale_price`, `ce_id`, `key`; may be empty */
    int64_t offset; /* byte in the value where it is, or where the refused value begins, from 0; -1: not one
                       place */
    struct text message; /* for people: what, where, and the mend; no line breaks */
};

enum event_availability {
    EVENT_IN_STOCK,
    EVENT_OUT_OF_STOCK,
    EVENT_PREORDER,
    EVENT_AVAILABLE_FOR_ORDER,
    EVENT_DISCONTINUED,
    EVENT_PENDING,
    EVENT_MARK_AS_SOLD,
    EVENT_MARK_AS_EXPIRED,
};

enum event_condition {
    EVENT_CONDITION_NEW,
    EVENT_CONDITION_REFURBISHED,
    EVENT_CONDITION_USED,
    EVENT_CONDITION_USED_LIKE_NEW,
    EVENT_CONDITION_USED_GOOD,
    EVENT_CONDITION_USED_FAIR,
    EVENT_CONDITION_CPO,
    EVENT_CONDITION_OPEN_BOX_NEW,
};

enum event_visibility { EVENT_PUBLISHED, EVENT_STAGING };

/* One further API field of `fields`, checked against common/field_table.h. */
struct event_field {
    uint16_t spec;    /* row of the table: field_at(), event_field_name() */
    bool is_number;   /* money and integers: number; all else: text */
    struct text text; /* as given; of objects and lists: their JSON, names sorted */
    int64_t number;   /* money: the API's integer */
};

/* Texts of the product as the API gets them; empty: not given, and left out of the body. */
struct event_product {
    struct text name, description, brand, category;
    struct text url;       /* the event's `link`, or the fallback */
    struct text image_url; /* the event's `image_link`, or the placeholder */
    const struct text *more_images;
    uint32_t more_image_count;
    struct text price_text; /* decimal, as given: the batch dialect's */
    int64_t price;          /* the single edge's integer: 1999 for "19.99" USD, 1200 for "1200" JPY */
    char currency[4];
    bool has_stock;
    int64_t stock_quantity; /* 0 or above; a negative one in the event counts as 0 */
    enum event_availability availability;
    enum event_condition condition;
    enum event_visibility visibility;
    const struct event_field *fields; /* in the table's order, whatever the event's was */
    uint32_t field_count;
};

/* A decoded record: one block of memory, freed by event_free. */
struct event {
    enum event_kind kind;
    struct event_broken broken;

    /* what could be read of who it is */
    bool has_identity; /* id and source are readable; else `identity` names the record by its place */
    bool has_product;  /* product_id is readable */
    bool has_version;
    bool structured; /* CloudEvents mode; false: binary */
    struct text id, source, type;
    struct text traceparent; /* valid W3C form, or empty */
    int64_t time_ms;         /* CloudEvents time; -1: absent or unreadable */
    uint32_t replays;        /* header dlq-replays; absent: 0 */
    struct text catalog;     /* as the event names it, or the default */
    int catalog_index;       /* in event_settings.catalogs; -1: not configured, or not readable */
    struct text product_id;
    bool product_id_is_number; /* as it came: results give it back so */
    uint64_t version;          /* 1 to EVENT_VERSION_MAX; 0: unknown */
    struct text sku;           /* empty: none */
    struct text catalog_id;    /* hint: the item's id; empty: none */

    /* what it wants */
    bool has_sku;         /* false: absent or blank */
    bool is_active;       /* default true */
    struct text left_out; /* names in `fields` that are not known here, with unknown_field_ignored; "a, b",
                             cut if long */
    bool has_body; /* product is checked and complete: an upsert or resync that is active and has a SKU */
    struct event_product product;

    /* names by hash; all zero where the parts are not known */
    struct key128 product_key; /* catalog, product_id */
    struct key128 sku_key;     /* catalog, sku */
    struct key128 identity;    /* source, id, replays; else the record's place. Never zero */
    struct key128 data_hash;   /* `data`, whatever the order of keys and the whitespace; zero: not readable */
    struct key128
        content_hash; /* the update body (has_body), or the hide body (an upsert without); zero: no body */

    size_t size_bytes; /* of this block */
};

/* Decodes one record. *out is set and the caller's whenever 0 is returned, whatever the record holds; -1
 * means that memory ran out. Takes about 5 microseconds for 700 bytes.
 *
 * The record's key must be the product id when it is there and not empty (design.md section 3: key = product
 * id), else the event is broken (key_mismatch): such a record lies in the wrong partition, and its order
 * against the product's other events is lost.
 *
 * Of an event that needs no body (delete, tombstone, inactive, without SKU) only the identity part is
 * checked: an inactive product must be hidden even if its price is wrong. */
int event_decode(const struct event_record *record, const struct event_settings *settings,
                 struct event **out);

/* True for the name, in any case, of a header that event_decode() looks at: ten names in all. */
bool event_header_known(const char *name);

/* NULL allowed. */
void event_free(struct event *event);

/* The event's way through the worker at a glance. */
static inline bool event_is_upsert(const struct event *e)
{
    return e->kind == EVENT_UPSERT || e->kind == EVENT_RESYNC;
}
static inline bool event_is_delete(const struct event *e)
{
    return e->kind == EVENT_DELETE || e->kind == EVENT_TOMBSTONE;
}

/* Names as they appear in results, logs and API bodies; never NULL. */
const char *event_kind_name(enum event_kind kind);
const char *event_fault_name(enum event_fault fault);
const char *event_availability_name(enum event_availability availability); /* with spaces: `in stock` */
const char *event_condition_name(enum event_condition condition);
const char *event_visibility_name(enum event_visibility visibility);

/* Rows of the table of further fields: its name in events, on the single edge and in items_batch (NULL: that
 * dialect has no such field). */
const char *event_field_name(uint16_t spec);
const char *event_field_single_name(uint16_t spec);
const char *event_field_batch_name(uint16_t spec);
bool event_field_is_money(uint16_t spec);
bool event_field_is_json(uint16_t spec);     /* its text is JSON, put into a body as it is */
bool event_field_is_range(uint16_t spec);    /* one end of items_batch's "start/end" */
bool event_field_create_only(uint16_t spec); /* left out of updates: the item's edge does not take it */

#endif
