/* The decoder's own state, shared by the event*.c files. Nobody else includes this. */
#ifndef COMMON_EVENT_PARTS_H
#define COMMON_EVENT_PARTS_H

#include "common/event.h"
#include "common/jsontree.h"

/* Lengths without a source in catalog-api.md are bounds of ours: they keep keys, headers and results small.
 */
enum {
    EVENT_ID_BYTES_MAX = 256,
    EVENT_SOURCE_BYTES_MAX = 512,
    EVENT_TYPE_BYTES_MAX = 256,
    EVENT_CATALOG_BYTES_MAX = 64,
    EVENT_PRODUCT_ID_BYTES_MAX = 255,
    EVENT_SKU_CHARS_MAX = 100,   /* catalog-api.md section 4: `id` */
    EVENT_TEXT_CHARS_MAX = 5000, /* section 1: description; also what has no limit of its own */
    EVENT_ITEM_ID_BYTES_MAX = 32,
    EVENT_IMAGES_MAX = 20, /* section 4: `image` takes 21, the first included */
    EVENT_REPLAYS_MAX = 1000000,
    EVENT_FIELDS_MAX = 64, /* rows of the `fields` table, at most */
    EVENT_MAPS_BYTES = 4096,
    EVENT_LEFT_OUT_BYTES = 160,
};

/* Members of `data`. */
#define EVENT_MEMBERS(X)                                                                                     \
    X(PRODUCT_ID, "product_id")                                                                              \
    X(VERSION, "version")                                                                                    \
    X(CATALOG, "catalog")                                                                                    \
    X(SKU, "sku")                                                                                            \
    X(IS_ACTIVE, "is_active")                                                                                \
    X(NAME, "name")                                                                                          \
    X(DESCRIPTION, "description")                                                                            \
    X(BRAND, "brand")                                                                                        \
    X(LINK, "link")                                                                                          \
    X(IMAGE_LINK, "image_link")                                                                              \
    X(MORE_IMAGES, "additional_image_links")                                                                 \
    X(CATEGORY, "category")                                                                                  \
    X(PRICE, "price")                                                                                        \
    X(CURRENCY, "currency")                                                                                  \
    X(STOCK, "stock_quantity")                                                                               \
    X(AVAILABILITY, "availability")                                                                          \
    X(CONDITION, "condition")                                                                                \
    X(VISIBILITY, "visibility")                                                                              \
    X(FIELDS, "fields")                                                                                      \
    X(CATALOG_ID, "catalog_id")

enum event_member {
#define X(name, text) MEMBER_##name,
    EVENT_MEMBERS(X)
#undef X
        MEMBER_COUNT
};

/* The headers that mean something; where one comes twice, the last counts, as with Kafka's lastHeader. */
enum event_known_header {
    HEADER_CONTENT_TYPE,
    HEADER_SPECVERSION,
    HEADER_ID,
    HEADER_SOURCE,
    HEADER_TYPE,
    HEADER_TIME,
    HEADER_DATA_SCHEMA,
    HEADER_CE_TRACEPARENT,
    HEADER_TRACEPARENT,
    HEADER_REPLAYS,
    HEADER_COUNT
};

/* An event under construction: its texts point into the record, the parsed JSON or this struct, until
 * event_pack copies them. */
struct draft {
    const struct event_record *record;
    const struct event_settings *settings;
    struct event event;
    const struct event_header *headers[HEADER_COUNT];
    cJSON *json; /* in the tree */
    const cJSON *data;
    const cJSON *members[MEMBER_COUNT]; /* of data; NULL: absent or null */
    int64_t time_us;                    /* CloudEvents time; -1: none */
    bool json_expected;                 /* the value is said to be JSON */
    struct text more_images[EVENT_IMAGES_MAX];
    struct event_field fields[EVENT_FIELDS_MAX];
    char product_id[24]; /* of an integer */
    char catalog_id[24];
    size_t maps_len, left_out_len;
    char field[200]; /* broken.field */
    char message[600];
    char shown[256];
    char maps[EVENT_MAPS_BYTES];
    char left_out[EVENT_LEFT_OUT_BYTES];
    struct jsontree tree;
};

/* Notes what is wrong, unless something was noted before: the first fault counts. field is a path such as
 * "data.price" ("" if there is none); the message follows it in words. Always returns false. */
bool event_refuse(struct draft *d, enum event_fault fault, const char *field, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Bytes from outside, quoted for a message: escaped, and cut after 60. Valid until the next call. */
const char *event_shown(struct draft *d, const void *bytes, size_t len);

static inline bool event_is_refused(const struct draft *d)
{
    return d->event.broken.fault != EVENT_FAULT_NONE;
}

static inline struct text text_of(const char *ptr, size_t len)
{
    return (struct text){.ptr = ptr, .len = (uint32_t)len};
}

/* The text "" at a place of its own. */
static inline struct text text_none(void)
{
    return text_of("", 0);
}

/* event_cloud.c: finds the known headers, the replay count and the trace; then, in binary mode, the
 * attributes. */
void event_read_headers(struct draft *d);
/* Decides the CloudEvents mode; false if the record is no CloudEvent that we can read. */
bool event_read_mode(struct draft *d);
void event_read_binary(struct draft *d);
void event_read_structured(struct draft *d);
/* The kind that the type asks for; refuses a missing one, and an unknown one if the settings want that. */
void event_read_kind(struct draft *d);

/* event_data.c: checks and parses the value, finds `data` and its members. */
bool event_parse_value(struct draft *d);
void event_read_data(struct draft *d);
/* product_id, catalog, sku, version, is_active, catalog_id, the record's key: each on its own, so that one
 * that is wrong does not hide the others. */
void event_read_identity(struct draft *d);
void event_read_tombstone(struct draft *d);

/* event_value.c: reading one JSON value under its rules. field is the path for the fault. */
/* A text: *out is empty when item is NULL, null or blank. False: refused. */
bool event_text(struct draft *d, const cJSON *item, const char *field, unsigned max_chars, struct text *out);
/* The same, checked as an absolute URL. */
bool event_url(struct draft *d, const cJSON *item, const char *field, struct text *out);
/* A whole number from low to high. item is there. */
bool event_integer(struct draft *d, const cJSON *item, const char *field, int64_t low, int64_t high,
                   int64_t *out);
/* Money as a decimal string in the draft's currency. item is there and not blank. */
bool event_money(struct draft *d, const cJSON *item, const char *field, struct text *text, int64_t *amount);
/* One of count names; *out is its index, or as it was when item is NULL or blank. */
bool event_choice(struct draft *d, const cJSON *item, const char *field, const char *const *names,
                  unsigned count, unsigned *out);
/* What a value is, in words: "a number". */
const char *event_type_word(const cJSON *item);

/* event_names.c: the names of the API's enumerations, in the order of ours. */
extern const char *const event_availability_names[EVENT_MARK_AS_EXPIRED + 1];
extern const char *const event_condition_names[EVENT_CONDITION_OPEN_BOX_NEW + 1];
extern const char *const event_visibility_names[EVENT_STAGING + 1];

/* event_product.c and event_fields.c: all that the API's body needs. */
void event_read_product(struct draft *d);
bool event_read_fields(struct draft *d);

#endif
