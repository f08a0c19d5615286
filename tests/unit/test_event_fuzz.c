/* Valid records, spoiled at random: whatever comes out is classified, whole, and the same every time. Run
 * under the sanitizers, from memory of exactly the record's size. FUZZ_ROUNDS in the environment makes it
 * longer. */
#include "common/apibody.h"
#include "common/utf8.h"
#include "tests/unit/event_case.h"

#include <cJSON.h>

enum { ROUNDS = 40000, VALUE_MAX = 2048 };

static const char binary[] = CASE_WITH(
    "\"description\":\"Caf\\u00e9 \\ud83d\\ude00 \xc3\xa9\\n\",\"brand\":\"Acme\",\"category\":\"Shoes > "
    "Red\","
    "\"link\":\"https://shop.example/p/1\",\"stock_quantity\":7,\"condition\":\"new\",\"is_active\":true,"
    "\"additional_image_links\":[\"https://shop.example/2.png\",null],\"catalog\":\"default\","
    "\"fields\":{\"sale_price\":\"9.50\",\"importer_address\":{\"city\":\"Pune\"},\"custom_label_0\":\"a\"},"
    "\"extra\":[1,-2.5e3,{\"x\":null}]");
static const char structured[] =
    "{\"specversion\":\"1.0\",\"id\":\"e-1\",\"source\":\"/shop\",\"type\":\"product.updated\","
    "\"time\":\"2025-11-22T21:38:49Z\",\"data\":" CASE_WITH("\"is_active\":false") "}";

static uint64_t seed = 1;

static uint32_t draw(uint32_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % below;
}

static size_t spoil(char *value, size_t len)
{
    static const char odd[] = "\"\\{}[],:0e-+.u\x00\xff\xc3\xed\xa0\n tfn";
    size_t at = draw((uint32_t)len), count;

    switch (draw(6)) {
    case 0: value[at] = (char)draw(256); return len;
    case 1: value[at] = odd[draw(sizeof(odd))]; return len;
    case 2: value[at] ^= (char)(1 << draw(8)); return len;
    case 3: /* insert */
        memmove(value + at + 1, value + at, len - at);
        value[at] = odd[draw(sizeof(odd))];
        return len + 1;
    case 4: /* cut out */
        count = 1 + draw(8);
        count = count > len - at ? len - at : count;
        memmove(value + at, value + at + count, len - at - count);
        return len - count;
    default: /* double a piece */
        count = 1 + draw(40);
        count = count > len - at ? len - at : count;
        memmove(value + at + count, value + at, len - at);
        return len + count;
    }
}

static void text_is_sound(const struct text *text)
{
    assert_non_null(text->ptr);
    assert_int_equal(strlen(text->ptr), text->len);
    assert_int_equal(utf8_valid_up_to(text->ptr, text->len), text->len);
}

static void body_is_sound(const struct event *e)
{
    struct sbuf b;
    cJSON *json;

    sbuf_init(&b, APIBODY_MAX_BYTES);
    apibody_create(&b, e, true);
    assert_true(sbuf_ok(&b));
    json = cJSON_ParseWithLength(b.data, b.len);
    assert_non_null(json);
    assert_true(cJSON_IsNumber(cJSON_GetObjectItem(json, "price")));
    cJSON_Delete(json);
    sbuf_free(&b);
}

/* Everything that holds of any decoded event. */
static void event_is_sound(const struct event *e)
{
    const struct text *const texts[] = {
        &e->broken.field,
        &e->broken.message,
        &e->id,
        &e->source,
        &e->type,
        &e->traceparent,
        &e->catalog,
        &e->product_id,
        &e->sku,
        &e->catalog_id,
        &e->product.name,
        &e->product.url,
        &e->product.brand,
        &e->product.image_url,
        &e->product.price_text,
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        text_is_sound(texts[i]);
    assert_true(e->kind <= EVENT_BROKEN);
    assert_int_equal(e->kind == EVENT_BROKEN, e->broken.fault != EVENT_FAULT_NONE);
    assert_int_equal(e->kind == EVENT_BROKEN, e->broken.message.len > 0);
    assert_int_equal(text_control_at(e->broken.message.ptr, e->broken.message.len), e->broken.message.len);
    assert_int_equal(e->has_product, e->product_id.len > 0);
    assert_int_equal(e->has_version, e->version >= 1 && e->version <= EVENT_VERSION_MAX);
    assert_false(key128_none(e->identity));
    assert_int_equal(key128_none(e->content_hash), !event_is_upsert(e));
    if (event_is_upsert(e)) {
        assert_true(e->has_identity && e->has_product && e->has_version && e->catalog_index == 0);
        assert_int_equal(e->has_body, e->is_active && e->has_sku);
    }
    if (e->has_body)
        body_is_sound(e);
}

static bool counted[EVENT_FAULT_COUNT];

static void decode_twice(struct event_case *c, const char *value, size_t len)
{
    struct key128 data, content;
    enum event_fault fault;

    event_is_sound(case_decode_n(c, value, len));
    data = c->event->data_hash;
    content = c->event->content_hash;
    fault = c->event->broken.fault;
    counted[fault] = true;
    case_decode_n(c, value, len);
    assert_true(key128_eq(c->event->data_hash, data) && key128_eq(c->event->content_hash, content));
    assert_int_equal(c->event->broken.fault, fault);
}

static void case_structured(struct event_case *c)
{
    case_init(c);
    c->record.header_count = 0;
    case_header(c, "content-type", "application/cloudevents+json");
}

static void cut_at_each_byte(void **state)
{
    struct event_case c;

    (void)state;
    case_init(&c);
    for (size_t len = 0; len < sizeof(binary) - 1; len++) {
        decode_twice(&c, binary, len);
        if (c.event->broken.fault == EVENT_FAULT_INVALID_JSON)
            assert_int_equal(c.event->broken.offset, len);
        else /* in the middle of a character */
            assert_true(c.event->broken.fault == EVENT_FAULT_INVALID_UTF8 ||
                        c.event->broken.fault == EVENT_FAULT_LONE_SURROGATE);
    }
    decode_twice(&c, binary, sizeof(binary) - 1);
    assert_true(c.event->has_body);
    case_free(&c);
    case_structured(&c);
    for (size_t len = 0; len < sizeof(structured) - 1; len++) {
        decode_twice(&c, structured, len);
        assert_int_equal(c.event->broken.fault, EVENT_FAULT_INVALID_JSON);
    }
    decode_twice(&c, structured, sizeof(structured) - 1);
    assert_int_equal(c.event->kind, EVENT_UPSERT);
    case_free(&c);
}

static void spoiled_at_random(void **state)
{
    const char *rounds_text = getenv("FUZZ_ROUNDS");
    long rounds = rounds_text ? strtol(rounds_text, NULL, 10) : ROUNDS;
    struct event_case cases[2];
    int faults = 0;

    (void)state;
    case_init(&cases[0]);
    case_structured(&cases[1]);
    for (long i = 0; i < rounds; i++) {
        char value[VALUE_MAX];
        const char *from = i % 3 == 2 ? structured : binary;
        size_t len = strlen(from);

        memcpy(value, from, len);
        for (uint32_t times = 1 + draw(3); times; times--)
            len = len ? spoil(value, len) : 0;
        decode_twice(&cases[i % 3 == 2], value, len);
    }
    for (int i = 0; i < EVENT_FAULT_COUNT; i++)
        faults += counted[i];
    assert_true(rounds < ROUNDS || faults >= 15); /* the spoiling reaches most checks */
    case_free(&cases[0]);
    case_free(&cases[1]);
}

static void spoiled_headers(void **state)
{
    static const char *const names[] = {"ce_id",          "ce_source",    "ce_type",
                                        "ce_specversion", "ce_time",      "ce_traceparent",
                                        "dlq-replays",    "content-type", "ce_dataschema"};
    enum { NAMES = sizeof(names) / sizeof(names[0]) };

    (void)state;
    for (int i = 0; i < 4000; i++) {
        char text[64];
        struct event_case c;
        size_t len = draw(sizeof(text));

        for (size_t j = 0; j < len; j++)
            text[j] = (char)(draw(4) ? draw(256) : (uint32_t)'a' + draw(26));
        case_init(&c);
        case_header(&c, names[draw(NAMES)], "");
        c.headers[c.record.header_count - 1] =
            (struct event_header){.name = names[draw(NAMES)], .value = text, .len = len};
        if (draw(3) == 0) {
            c.record.key = text;
            c.record.key_len = len;
        }
        event_is_sound(case_decode(&c, draw(4) ? CASE_FULL : NULL));
        case_free(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_at_each_byte),
        cmocka_unit_test(spoiled_at_random),
        cmocka_unit_test(spoiled_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
