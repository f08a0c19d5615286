/* Each way a record can be wrong: the reason, the field it names, and what is still known of it. */
#include "common/reason.h"
#include "tests/unit/event_case.h"

#define REFUSES(value, fault, field) case_refuses(value, EVENT_FAULT_##fault, field)
#define REFUSES_WITH(members, fault, field)                                                                  \
    case_refuses("{" CASE_ID "," CASE_MORE "," members "}", EVENT_FAULT_##fault, field)

static void broken_json(void **state)
{
    struct event_case c;
    struct event *e;

    (void)state;
    REFUSES("", INVALID_JSON, "");
    REFUSES("{", INVALID_JSON, "");
    REFUSES("{} x", INVALID_JSON, "");
    REFUSES("[]", WRONG_TYPE, "");
    REFUSES("\"x\"", WRONG_TYPE, "");
    REFUSES("{\"name\":\"Shoe\\u0000 100 EUR\"}", NUL_CHARACTER, "data.name"); /* design.md M8 */
    REFUSES("{\"name\":\"\\udc00\"}", LONE_SURROGATE, "data.name");
    REFUSES("{\"name\":\"\xff\"}", INVALID_UTF8, "data.name");
    REFUSES("{\"sku\":\"a\",\"sku\":\"b\"}", DUPLICATE_KEY, "data.sku");
    REFUSES("{\"x\":[1,1e999]}", NUMBER_OUT_OF_RANGE, "data.x[1]");

    case_init(&c);
    e = case_decode(&c, "{\"name\":\"\xff\"}");
    assert_int_equal(e->broken.offset, 9);
    assert_true(e->has_identity); /* binary mode: the headers are readable */
    assert_string_equal(e->id.ptr, "e-1");
    assert_false(e->has_product);
    assert_non_null(strstr(e->broken.message.ptr, "byte 9"));
    case_free(&c);
}

static void too_large_and_too_deep(void **state)
{
    char deep[2200] = "{\"a\":";
    struct event_case c;

    (void)state;
    memset(deep + 5, '[', 1000);
    memset(deep + 1005, ']', 1000);
    memcpy(deep + 2005, "}", sizeof "}");
    case_init(&c);
    case_decode(&c, deep);
    assert_int_equal(c.event->broken.fault, EVENT_FAULT_TOO_DEEP);
    assert_int_equal(c.event->broken.offset, 5 + 63);
    assert_memory_equal(c.event->broken.field.ptr, "data.a[0][0]", 12);
    c.settings.value_max_bytes = 10;
    case_broken(case_decode(&c, "{\"a\":12345}"), EVENT_FAULT_TOO_LARGE, "");
    assert_true(c.event->has_identity);
    case_free(&c);
}

static void attributes(void **state)
{
    static const struct {
        const char *header, *value;
        enum event_fault fault;
    } rows[] = {{"ce_id", "", EVENT_FAULT_MISSING_ATTRIBUTE},
                {"ce_source", " ", EVENT_FAULT_MISSING_ATTRIBUTE},
                {"ce_type", "", EVENT_FAULT_MISSING_ATTRIBUTE},
                {"ce_id", "a\nb", EVENT_FAULT_INVALID_ATTRIBUTE},
                {"ce_source", "\xff", EVENT_FAULT_INVALID_UTF8},
                {"ce_specversion", "0.3", EVENT_FAULT_SPEC_VERSION},
                {"ce_specversion", "", EVENT_FAULT_MISSING_ATTRIBUTE},
                {"ce_dataschema", "urn:catalog-sync:schema:event:2", EVENT_FAULT_DATA_SCHEMA},
                {"ce_dataschema", "URN:Catalog-Sync:schema:event:2", EVENT_FAULT_DATA_SCHEMA},
                {"ce_dataschema", "urn:catalog-sync:schema:event:1.1", EVENT_FAULT_DATA_SCHEMA},
                {"ce_dataschema", "urn:catalog-sync:schema:event:", EVENT_FAULT_DATA_SCHEMA},
                {"ce_dataschema", "urn:catalog-sync:schema:result:1", EVENT_FAULT_DATA_SCHEMA}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct event_case c;
        struct event *e;

        case_init(&c);
        case_header(&c, rows[i].header, rows[i].value);
        e = case_decode(&c, CASE_FULL);
        case_broken(e, rows[i].fault, rows[i].header);
        assert_true(e->has_product); /* the failure can still name the product */
        assert_string_equal(e->sku.ptr, "SKU-1");
        assert_false(e->has_body);
        case_free(&c);
    }
}

/* Events without a version of the contract are of version 1, and a producer's own schema is its own affair.
 */
static void other_dataschemas_are_read(void **state)
{
    static const char *const schemas[] = {
        "urn:catalog-sync:schema:event:1",        "URN:CATALOG-SYNC:schema:event:1", "", "urn:catalog-sync",
        "https://shop.example/schemas/product/2", "urn:shop:schema:event:2",
    };
    struct event_case c;

    (void)state;
    for (size_t i = 0; i < sizeof(schemas) / sizeof(schemas[0]); i++) {
        case_init(&c);
        case_header(&c, "ce_dataschema", schemas[i]);
        case_broken(case_decode(&c, CASE_FULL), EVENT_FAULT_NONE, "");
        assert_true(c.event->has_body);
        case_header(&c, "ce_type", "order.paid"); /* not ours, whatever it keeps to */
        case_header(&c, "ce_dataschema", "urn:catalog-sync:schema:event:2");
        assert_int_equal(case_decode(&c, CASE_FULL)->kind, EVENT_UNKNOWN_TYPE);
        case_free(&c);
    }
}

static void long_attributes(void **state)
{
    char text[600];
    struct event_case c;

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    case_init(&c);
    case_header(&c, "ce_id", text + sizeof(text) - 1 - 256);
    case_broken(case_decode(&c, CASE_FULL), EVENT_FAULT_NONE, "");
    case_header(&c, "ce_id", text + sizeof(text) - 1 - 257);
    case_broken(case_decode(&c, CASE_FULL), EVENT_FAULT_INVALID_ATTRIBUTE, "ce_id");
    assert_false(c.event->has_identity);
    case_header(&c, "ce_id", "1");
    case_header(&c, "ce_source", text);
    case_broken(case_decode(&c, CASE_FULL), EVENT_FAULT_INVALID_ATTRIBUTE, "ce_source");
    case_free(&c);
}

static void traceparent_that_is_none_is_dropped(void **state)
{
    struct event_case c;

    (void)state;
    case_init(&c);
    case_header(&c, "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0\n");
    assert_int_equal(case_decode(&c, CASE_FULL)->traceparent.len, 0);
    case_header(&c, "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    assert_int_equal(case_decode(&c, CASE_FULL)->traceparent.len, 55);
    case_free(&c);
}

static void no_cloud_event(void **state)
{
    struct event_case c;
    struct event *e;

    (void)state;
    case_init(&c);
    c.record.header_count = 0;
    e = case_decode(&c, CASE_FULL);
    case_broken(e, EVENT_FAULT_NOT_A_CLOUD_EVENT, "");
    assert_string_equal(e->product_id.ptr, "p-1");
    assert_false(e->has_identity);
    /* structured, but without its content type */
    e = case_decode(&c,
                    "{\"specversion\":\"1.0\",\"id\":\"e-1\",\"source\":\"/s\",\"type\":\"product.updated\","
                    "\"data\":" CASE_FULL "}");
    case_broken(e, EVENT_FAULT_NOT_A_CLOUD_EVENT, "");
    assert_string_equal(e->product_id.ptr, "p-1");
    assert_true(e->has_identity);
    case_broken(case_decode(&c, "junk"), EVENT_FAULT_NOT_A_CLOUD_EVENT, "");
    case_header(&c, "content-type", "application/cloudevents-batch+json");
    case_broken(case_decode(&c, "[]"), EVENT_FAULT_CONTENT_TYPE, "content-type");
    case_free(&c);
    case_init(&c);
    case_header(&c, "content-type", "application/avro");
    case_broken(case_decode(&c, "x"), EVENT_FAULT_CONTENT_TYPE, "content-type");
    case_header(&c, "content-type", "application/vnd.shop+json;v=1");
    case_broken(case_decode(&c, CASE_FULL), EVENT_FAULT_NONE, "");
    case_free(&c);
}

static void structured_envelopes(void **state)
{
    static const struct {
        const char *value;
        enum event_fault fault;
        const char *field;
    } rows[] = {
        {"[]", EVENT_FAULT_WRONG_TYPE, ""},
        {"{\"id\":\"7\",\"source\":\"s\",\"type\":\"product.deleted\",\"specversion\":\"1.0\",\"dataschema\":"
         "1,"
         "\"data\":{}}",
         EVENT_FAULT_INVALID_ATTRIBUTE, "dataschema"},
        {"{\"id\":\"7\",\"source\":\"s\",\"type\":\"product.deleted\",\"specversion\":\"1.0\",\"dataschema\":"
         "\"urn:catalog-sync:schema:event:2\",\"data\":{\"product_id\":1,\"version\":2}}",
         EVENT_FAULT_DATA_SCHEMA, "dataschema"},
        {"{\"id\":7,\"source\":\"s\",\"type\":\"product.deleted\",\"specversion\":\"1.0\",\"data\":{}}",
         EVENT_FAULT_INVALID_ATTRIBUTE, "id"},
        {"{\"id\":\"7\",\"type\":\"t\",\"specversion\":\"1.0\",\"data\":" CASE_FULL "}", EVENT_FAULT_NONE,
         ""},
        {"{\"id\":\"7\",\"source\":\"s\",\"specversion\":\"1.0\",\"data\":" CASE_FULL "}",
         EVENT_FAULT_MISSING_ATTRIBUTE, "type"},
        {"{\"id\":\"7\",\"source\":\"s\",\"type\":\"product.updated\",\"specversion\":\"1.0\"}",
         EVENT_FAULT_MISSING_FIELD, "data"},
        {"{\"id\":\"7\",\"source\":\"s\",\"type\":\"product.updated\",\"specversion\":\"1.0\",\"data\":null}",
         EVENT_FAULT_WRONG_TYPE, "data"},
        {"{\"id\":\"7\",\"source\":\"s\",\"type\":\"product.updated\",\"specversion\":\"1.0\",\"data\":\"{}"
         "\"}",
         EVENT_FAULT_WRONG_TYPE, "data"},
        {"{\"id\":\"7\",\"source\":\"s\",\"type\":\"product.updated\",\"specversion\":\"1.0\",\"data_"
         "base64\":\"e30=\"}",
         EVENT_FAULT_CONTENT_TYPE, "data_base64"},
    };
    struct event_case c;

    (void)state;
    case_init(&c);
    c.record.header_count = 0;
    case_header(&c, "content-type", "application/cloudevents+json");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        case_broken(case_decode(&c, rows[i].value), rows[i].fault, rows[i].field);
        if (i == 4) /* foreign type without a source: nothing of ours */
            assert_int_equal(c.event->kind, EVENT_UNKNOWN_TYPE);
    }
    case_free(&c);
}

static void product_and_version(void **state)
{
    struct event_case c;

    (void)state;
    REFUSES("{\"version\":1}", MISSING_FIELD, "data.product_id");
    REFUSES("{\"product_id\":\"\",\"version\":1}", MISSING_FIELD, "data.product_id");
    REFUSES("{\"product_id\":null,\"version\":1}", MISSING_FIELD, "data.product_id");
    REFUSES("{\"product_id\":true,\"version\":1}", WRONG_TYPE, "data.product_id");
    REFUSES("{\"product_id\":1.5,\"version\":1}", WRONG_TYPE, "data.product_id");
    REFUSES("{\"product_id\":9007199254740993,\"version\":1}", NUMBER_OUT_OF_RANGE, "data.product_id");
    REFUSES("{\"product_id\":\"a\\u0001\",\"version\":1}", BAD_CHARACTER, "data.product_id");
    REFUSES("{\"product_id\":\"a\"}", MISSING_FIELD, "data.version");
    REFUSES("{\"product_id\":\"a\",\"version\":\"1\"}", WRONG_TYPE, "data.version");
    REFUSES("{\"product_id\":\"a\",\"version\":1.5}", WRONG_TYPE, "data.version");
    REFUSES("{\"product_id\":\"a\",\"version\":0}", VERSION_OUT_OF_RANGE, "data.version");
    REFUSES("{\"product_id\":\"a\",\"version\":-1}", VERSION_OUT_OF_RANGE, "data.version");
    REFUSES("{\"product_id\":\"a\",\"version\":9007199254740992}", VERSION_OUT_OF_RANGE, "data.version");
    REFUSES("{\"product_id\":\"a\",\"version\":1763850000000000000}", VERSION_OUT_OF_RANGE, "data.version");
    /* a day and a bit ahead: as microseconds, as milliseconds */
    REFUSES("{\"product_id\":\"a\",\"version\":1763936500000000}", VERSION_IN_FUTURE, "data.version");
    REFUSES("{\"product_id\":\"a\",\"version\":1763936500000}", VERSION_IN_FUTURE, "data.version");
    REFUSES("{\"product_id\":\"a\",\"version\":9007199254740991}", VERSION_IN_FUTURE, "data.version");
    case_init(&c);
    case_broken(case_decode(&c, "{\"product_id\":\"a\",\"version\":1763936300000000}"), EVENT_FAULT_NONE, "");
    c.settings.version_ahead_max_ms = 0;
    case_broken(case_decode(&c, "{\"product_id\":\"a\",\"version\":9007199254740991}"), EVENT_FAULT_NONE, "");
    assert_int_equal(c.event->version, EVENT_VERSION_MAX);
    case_free(&c);
}

static void version_from_time_or_record(void **state)
{
    struct event_case c;

    (void)state;
    case_init(&c);
    c.settings.version_source = EVENT_VERSION_TIME;
    case_broken(case_decode(&c, CASE_FULL), EVENT_FAULT_MISSING_ATTRIBUTE,
                "ce_time"); /* never another domain */
    assert_true(c.event->has_product);
    case_header(&c, "ce_time", "yesterday");
    case_broken(case_decode(&c, CASE_FULL), EVENT_FAULT_MISSING_ATTRIBUTE, "ce_time");
    case_header(&c, "ce_time", "2025-11-22T21:38:49.123456Z");
    case_broken(case_decode(&c, CASE_FULL), EVENT_FAULT_NONE, "");
    assert_int_equal(c.event->version, UINT64_C(1763847529123456));
    case_header(&c, "ce_time", "2035-11-22T21:38:49Z");
    case_broken(case_decode(&c, CASE_FULL), EVENT_FAULT_VERSION_IN_FUTURE, "time");
    c.settings.version_source = EVENT_VERSION_RECORD;
    case_broken(case_decode(&c, "{\"product_id\":\"a\"}"), EVENT_FAULT_NONE, "");
    assert_int_equal(c.event->version, (uint64_t)(CASE_NOW_MS - 1000) * 1000);
    c.record.timestamp_ms = -1;
    case_broken(case_decode(&c, CASE_FULL), EVENT_FAULT_VERSION_OUT_OF_RANGE, "timestamp");
    case_free(&c);
}

static void key_must_be_the_product(void **state)
{
    struct event_case c;

    (void)state;
    case_init(&c);
    c.record.key = "p-2";
    c.record.key_len = 3;
    case_broken(case_decode(&c, CASE_FULL), EVENT_FAULT_KEY_MISMATCH, "key");
    assert_string_equal(c.event->product_id.ptr, "p-1");
    c.settings.key_unchecked = true;
    case_broken(case_decode(&c, CASE_FULL), EVENT_FAULT_NONE, "");
    c.settings.key_unchecked = false;
    c.record.key_len = 0;
    case_broken(case_decode(&c, CASE_FULL), EVENT_FAULT_NONE, "");
    c.record.key = "17";
    c.record.key_len = 2;
    case_broken(case_decode(&c, "{\"product_id\":17,\"version\":1}"), EVENT_FAULT_NONE, "");
    case_free(&c);
}

static void identity_fields(void **state)
{
    char long_sku[320], value[600];

    (void)state;
    REFUSES_WITH("\"catalog\":\"moon\"", UNKNOWN_CATALOG, "data.catalog");
    REFUSES_WITH("\"catalog\":7", WRONG_TYPE, "data.catalog");
    REFUSES_WITH("\"is_active\":1", WRONG_TYPE, "data.is_active");
    REFUSES_WITH("\"is_active\":\"false\"", WRONG_TYPE, "data.is_active");
    REFUSES("{\"product_id\":\"a\",\"version\":1,\"sku\":12}", WRONG_TYPE, "data.sku");
    REFUSES("{\"product_id\":\"a\",\"version\":1,\"sku\":\"a\\tb\"}", BAD_CHARACTER, "data.sku");
    for (int i = 0; i < 101; i++) /* 101 characters, 303 bytes */
        memcpy(long_sku + 3 * i, "\xe2\x82\xac", 3);
    long_sku[303] = '\0';
    snprintf(value, sizeof(value), "{\"product_id\":\"a\",\"version\":1,\"sku\":\"%s\"}", long_sku);
    REFUSES(value, TEXT_TOO_LONG, "data.sku");
    snprintf(value, sizeof(value), "{\"product_id\":\"a\",\"version\":1,\"is_active\":false,\"sku\":\"%s\"}",
             long_sku + 3);
    REFUSES(value, NONE, "");
}

static void what_the_catalog_requires(void **state)
{
    (void)state;
    REFUSES("{" CASE_ID "," CASE_PRICE "," CASE_IMAGE "}", MISSING_FIELD, "data.name");
    REFUSES("{" CASE_ID ",\"name\":\" \"," CASE_PRICE "," CASE_IMAGE "}", MISSING_FIELD, "data.name");
    REFUSES("{" CASE_ID "," CASE_NAME ",\"currency\":\"USD\"," CASE_IMAGE "}", MISSING_FIELD, "data.price");
    REFUSES("{" CASE_ID "," CASE_NAME ",\"price\":\"1\"," CASE_IMAGE "}", MISSING_FIELD, "data.currency");
    REFUSES("{" CASE_ID "," CASE_NAME "," CASE_PRICE "}", MISSING_FIELD, "data.image_link");
}

static void bug_11_money(void **state)
{
    static const struct {
        const char *money;
        enum event_fault fault;
    } rows[] = {
        {"\"price\":19.99,\"currency\":\"USD\"", EVENT_FAULT_PRICE_NOT_A_STRING},
        {"\"price\":19,\"currency\":\"USD\"", EVENT_FAULT_PRICE_NOT_A_STRING},
        {"\"price\":[],\"currency\":\"USD\"", EVENT_FAULT_WRONG_TYPE},
        {"\"price\":\"19.999\",\"currency\":\"USD\"", EVENT_FAULT_PRICE_NOT_REPRESENTABLE},
        {"\"price\":\"100.50\",\"currency\":\"JPY\"", EVENT_FAULT_PRICE_NOT_REPRESENTABLE},
        {"\"price\":\"99999999999999999\",\"currency\":\"USD\"", EVENT_FAULT_PRICE_NOT_REPRESENTABLE},
        {"\"price\":\"1e3\",\"currency\":\"USD\"", EVENT_FAULT_PRICE_INVALID},
        {"\"price\":\"-1\",\"currency\":\"USD\"", EVENT_FAULT_PRICE_INVALID},
        {"\"price\":\"1,000\",\"currency\":\"USD\"", EVENT_FAULT_PRICE_INVALID},
        {"\"price\":\" \",\"currency\":\"USD\"", EVENT_FAULT_PRICE_INVALID},
        {"\"price\":\"0.00\",\"currency\":\"USD\"", EVENT_FAULT_PRICE_ZERO},
        {"\"price\":\"100.00\",\"currency\":\"JPY\"", EVENT_FAULT_NONE},
    };
    struct event_case c;

    (void)state;
    case_init(&c);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char value[400];

        snprintf(value, sizeof(value), "{%s,%s,%s,%s}", CASE_ID, CASE_NAME, CASE_IMAGE, rows[i].money);
        case_broken(case_decode(&c, value), rows[i].fault, rows[i].fault ? "data.price" : "");
    }
    assert_int_equal(c.event->product.price, 100);
    REFUSES("{" CASE_ID "," CASE_NAME ",\"price\":\"1\",\"currency\":\"usd\"," CASE_IMAGE "}",
            CURRENCY_INVALID, "data.currency");
    c.settings.zero_price_allowed = true;
    case_broken(
        case_decode(&c, "{" CASE_ID "," CASE_NAME ",\"price\":\"0\",\"currency\":\"USD\"," CASE_IMAGE "}"),
        EVENT_FAULT_NONE, "");
    case_free(&c);
}

static void values(void **state)
{
    (void)state;
    REFUSES_WITH("\"link\":\"/p/1\"", URL_NOT_ABSOLUTE, "data.link");
    REFUSES_WITH("\"link\":\"ftp://shop.example/\"", URL_SCHEME, "data.link");
    REFUSES_WITH("\"link\":7", WRONG_TYPE, "data.link");
    REFUSES("{" CASE_ID "," CASE_NAME "," CASE_PRICE ",\"image_link\":\"data:image/png;base64,AA\"}",
            URL_SCHEME, "data.image_link");
    REFUSES("{" CASE_ID "," CASE_NAME "," CASE_PRICE ",\"image_link\":\"media/a.png\"}", URL_NOT_ABSOLUTE,
            "data.image_link");
    REFUSES_WITH("\"additional_image_links\":[\"https://a.example/\",\"/b\"]", URL_NOT_ABSOLUTE,
                 "data.additional_image_links[1]");
    REFUSES_WITH("\"additional_image_links\":\"https://a.example/\"", WRONG_TYPE,
                 "data.additional_image_links");
    REFUSES_WITH("\"stock_quantity\":\"5\"", WRONG_TYPE, "data.stock_quantity");
    REFUSES_WITH("\"stock_quantity\":0.5", WRONG_TYPE, "data.stock_quantity");
    REFUSES_WITH("\"stock_quantity\":1e300", NUMBER_OUT_OF_RANGE, "data.stock_quantity");
    REFUSES_WITH("\"availability\":\"in_stock\"", INVALID_VALUE, "data.availability");
    REFUSES_WITH("\"condition\":\"New\"", INVALID_VALUE, "data.condition");
    REFUSES_WITH("\"visibility\":\"hidden\"", INVALID_VALUE, "data.visibility");
    REFUSES_WITH("\"brand\":{}", WRONG_TYPE, "data.brand");
}

static void text_limits_count_characters(void **state)
{
    static char text[3 * 5001 + 1], value[3 * 5001 + 400];

    (void)state;
    for (int i = 0; i < 5001; i++)
        memcpy(text + 3 * i, "\xe2\x82\xac", 3);
    text[3 * 5001] = '\0';
    snprintf(value, sizeof(value), "{%s,%s,\"description\":\"%s\"}", CASE_ID, CASE_MORE, text);
    REFUSES(value, TEXT_TOO_LONG, "data.description");
    snprintf(value, sizeof(value), "{%s,%s,\"description\":\"%s\"}", CASE_ID, CASE_MORE, text + 3);
    REFUSES(value, NONE, "");
    text[3 * 256] = '\0';
    snprintf(value, sizeof(value), "{%s,%s,%s,\"name\":\"%s\"}", CASE_ID, CASE_PRICE, CASE_IMAGE, text);
    REFUSES(value, TEXT_TOO_LONG, "data.name");
    snprintf(value, sizeof(value), "{%s,%s,%s,\"name\":\"%s\"}", CASE_ID, CASE_PRICE, CASE_IMAGE, text + 3);
    REFUSES(value, NONE, "");
}

static void messages_name_the_field_and_stay_on_one_line(void **state)
{
    struct event_case c;
    struct event *e;

    (void)state;
    case_init(&c);
    e = case_decode(&c,
                    "{" CASE_ID "," CASE_NAME "," CASE_IMAGE ",\"price\":\"19.999\",\"currency\":\"USD\"}");
    assert_string_equal(
        e->broken.message.ptr,
        "data.price is \"19.999\", but USD has two decimals: round it where it comes from (byte "
        "125 of the value)");
    assert_int_equal(e->broken.offset, 125);
    e = case_decode(&c, CASE_WITH("\"link\":\"/a\\nb\\u0007\\u2028"
                                  "0123456789012345678901234567890123456789\""));
    assert_null(strchr(e->broken.message.ptr, '\n'));
    assert_null(strchr(e->broken.message.ptr, 7));
    assert_true(e->broken.message.len < 300);
    assert_string_equal(e->product_id.ptr, "p-1");
    assert_string_equal(e->sku.ptr, "SKU-1");
    assert_int_equal(e->catalog_index, 0);
    assert_true(e->has_version);
    assert_true(key128_none(e->content_hash));
    case_free(&c);
}

/* A result's reason is a fault's name: the table that explains reasons to people must know each. */
static void every_fault_is_explained(void **state)
{
    (void)state;
    for (int fault = 1; fault < EVENT_FAULT_COUNT; fault++) {
        const struct reason_info *info = reason_info(event_fault_name((enum event_fault)fault));

        if (!info)
            print_error("no words for %s\n", event_fault_name((enum event_fault)fault));
        assert_non_null(info);
    }
    assert_non_null(reason_info(event_kind_name(EVENT_UNKNOWN_TYPE)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_json),
        cmocka_unit_test(too_large_and_too_deep),
        cmocka_unit_test(attributes),
        cmocka_unit_test(other_dataschemas_are_read),
        cmocka_unit_test(long_attributes),
        cmocka_unit_test(traceparent_that_is_none_is_dropped),
        cmocka_unit_test(no_cloud_event),
        cmocka_unit_test(structured_envelopes),
        cmocka_unit_test(product_and_version),
        cmocka_unit_test(version_from_time_or_record),
        cmocka_unit_test(key_must_be_the_product),
        cmocka_unit_test(identity_fields),
        cmocka_unit_test(what_the_catalog_requires),
        cmocka_unit_test(bug_11_money),
        cmocka_unit_test(values),
        cmocka_unit_test(text_limits_count_characters),
        cmocka_unit_test(every_fault_is_explained),
        cmocka_unit_test(messages_name_the_field_and_stay_on_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
