/* libFuzzer's way into the decoder: any bytes as a record, and all that must hold of what comes out. Built by
 * tests/fuzz/run only (docs/testing.md).
 *
 * An input: a byte of flags, a byte that names a header to replace, a byte with the length of that header's
 * value, the header's value, and then the record's value. tests/fuzz/seeds.py writes inputs of this form. */
#include "common/apibatch.h"
#include "common/apibody.h"
#include "common/assertx.h"
#include "common/event.h"
#include "common/jsonscan.h"
#include "common/sbuf.h"
#include "common/utf8.h"

#include <cJSON.h>
#include <stdlib.h>
#include <string.h>

enum {
    FLAG_STRUCTURED = 1,
    FLAG_KEY = 2,
    FLAG_LENIENT = 4,
    FLAG_TIME = 8,
    FLAG_NULL = 16,
    HEAD_BYTES = 3,
    DEPTH = 64
};

static const char *const names[] = {"ce_id",        "ce_source",      "ce_type",     "ce_specversion",
                                    "ce_time",      "ce_traceparent", "traceparent", "dlq-replays",
                                    "content-type", "ce_dataschema"};
enum { NAMES = sizeof(names) / sizeof(names[0]), HEADERS_MAX = 8 };

static void text_is_sound(const struct text *text)
{
    ASSERT(text->ptr && strlen(text->ptr) == text->len);
    ASSERT(utf8_valid_up_to(text->ptr, text->len) == text->len);
}

static void body_is_sound(const struct event *e)
{
    struct sbuf b;
    cJSON *json;

    sbuf_init(&b, APIBODY_MAX_BYTES);
    apibody_create(&b, e, true);
    ASSERT(sbuf_ok(&b));
    json = cJSON_ParseWithLength(b.data, b.len);
    ASSERT(json && cJSON_IsNumber(cJSON_GetObjectItem(json, "price")));
    cJSON_Delete(json);
    if (!apibatch_unfit(e)) {
        sbuf_reset(&b);
        apibatch_update(&b, e);
        ASSERT(sbuf_ok(&b));
        json = cJSON_ParseWithLength(b.data, b.len);
        ASSERT(json && cJSON_IsString(cJSON_GetObjectItem(cJSON_GetObjectItem(json, "data"), "price")));
        cJSON_Delete(json);
    }
    sbuf_free(&b);
}

static void event_is_sound(const struct event *e, size_t value_len)
{
    const struct text *const texts[] = {&e->broken.field,
                                        &e->broken.message,
                                        &e->id,
                                        &e->source,
                                        &e->type,
                                        &e->traceparent,
                                        &e->catalog,
                                        &e->product_id,
                                        &e->sku,
                                        &e->catalog_id,
                                        &e->left_out,
                                        &e->product.name,
                                        &e->product.url,
                                        &e->product.image_url,
                                        &e->product.price_text};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        text_is_sound(texts[i]);
    ASSERT(e->kind <= EVENT_BROKEN);
    ASSERT((e->kind == EVENT_BROKEN) == (e->broken.fault != EVENT_FAULT_NONE));
    ASSERT((e->kind == EVENT_BROKEN) == (e->broken.message.len > 0));
    ASSERT(e->broken.offset >= -1 && e->broken.offset <= (int64_t)value_len);
    ASSERT(text_control_at(e->broken.message.ptr, e->broken.message.len) == e->broken.message.len);
    ASSERT(e->has_product == (e->product_id.len > 0));
    ASSERT(e->has_version == (e->version >= 1 && e->version <= EVENT_VERSION_MAX));
    ASSERT(!key128_none(e->identity));
    ASSERT(key128_none(e->content_hash) == !event_is_upsert(e));
    if (event_is_upsert(e))
        ASSERT(e->has_identity && e->has_product && e->has_version && e->catalog_index == 0 &&
               e->has_body == (e->is_active && e->has_sku));
    for (uint32_t i = 0; i < e->product.field_count; i++)
        text_is_sound(&e->product.fields[i].text);
    if (e->has_body)
        body_is_sound(e);
}

/* What the scan lets through, cJSON reads, and reads as the scan's own tree has it. */
static void scan_agrees_with_cjson(const char *value, size_t len)
{
    struct jsontree tree;
    struct jsonscan alone, built;
    cJSON *json;

    jsontree_init(&tree);
    ASSERT(jsonscan_tree(value, len, DEPTH, NULL, &tree, &built) ==
           jsonscan(value, len, DEPTH, NULL, &alone));
    ASSERT(alone.fault == built.fault && alone.offset == built.offset && key128_eq(alone.hash, built.hash));
    ASSERT((tree.root != NULL) == (built.fault == JSONSCAN_NONE));
    if (tree.root) {
        json = cJSON_ParseWithLength(value, len);
        ASSERT(json && cJSON_Compare(json, tree.root, true));
        cJSON_Delete(json);
        ASSERT(jsonscan_find(value, len, "") < len);
    }
    jsontree_free(&tree);
}

static void fill_headers(struct event_record *record, struct event_header *headers, uint8_t flags,
                         uint8_t which, const void *value, size_t len)
{
    static const struct event_header usual[] = {{"ce_id", "e-1", 3},
                                                {"ce_source", "/shop", 5},
                                                {"ce_type", "product.updated", 15},
                                                {"ce_specversion", "1.0", 3}};

    if (flags & FLAG_STRUCTURED) {
        headers[record->header_count++] =
            (struct event_header){"content-type", "application/cloudevents+json", 28};
    } else {
        for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
            headers[record->header_count++] = usual[i];
    }
    if (which % (NAMES + 1) < NAMES)
        headers[record->header_count++] = (struct event_header){names[which % (NAMES + 1)], value, len};
    if (flags & FLAG_KEY) {
        record->key = value;
        record->key_len = len;
    }
    record->headers = headers;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct event_record record = {
        .topic = "t", .timestamp_ms = INT64_C(1763849999000), .now_ms = INT64_C(1763850000000)};
    struct event_header headers[HEADERS_MAX];
    struct event_settings settings;
    struct event *e, *again;
    size_t header_len;
    char *value;

    if (size < HEAD_BYTES)
        return 0;
    header_len = data[2] < size - HEAD_BYTES ? data[2] : size - HEAD_BYTES;
    event_settings_init(&settings);
    settings.unknown_field_ignored = settings.unknown_type_fails = settings.zero_price_allowed =
        data[0] & FLAG_LENIENT;
    if (data[0] & FLAG_TIME)
        settings.version_source = EVENT_VERSION_TIME;
    fill_headers(&record, headers, data[0], data[1], data + HEAD_BYTES, header_len);
    record.value_len = size - HEAD_BYTES - header_len;
    value = malloc(record.value_len + 1); /* of just that size, for the sanitizer */
    ASSERT(value != NULL);
    value = realloc(value, record.value_len ? record.value_len : 1);
    ASSERT(value != NULL);
    memcpy(value, data + HEAD_BYTES + header_len, record.value_len);
    record.value = data[0] & FLAG_NULL ? NULL : value;
    if (!record.value)
        record.value_len = 0;
    ASSERT(event_decode(&record, &settings, &e) == 0 && event_decode(&record, &settings, &again) == 0);
    event_is_sound(e, record.value_len);
    ASSERT(e->broken.fault == again->broken.fault && key128_eq(e->data_hash, again->data_hash) &&
           key128_eq(e->content_hash, again->content_hash) && key128_eq(e->identity, again->identity));
    event_free(e);
    event_free(again);
    if (record.value)
        scan_agrees_with_cjson(value, record.value_len);
    free(value);
    return 0;
}
