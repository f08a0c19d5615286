/* What goes to the API: names of the single edge (bugs 1 and 13 of catalog-api.md section 12), empty
 * optionals left out, the `fields` table, paths and the lookup's filter. */
#include "common/apibody.h"
#include "common/hash128.h"
#include "tests/unit/event_case.h"

#include <cJSON.h>

static const char *body(struct sbuf *b)
{
    assert_true(sbuf_ok(b));
    return sbuf_str(b);
}

static void bug_1_names_of_the_single_edge(void **state)
{
    struct event_case c;
    struct event *e;
    struct sbuf b;
    cJSON *json;

    (void)state;
    case_init(&c);
    e = case_decode(
        &c,
        CASE_WITH("\"link\":\"https://shop.example/p/1\",\"category\":\"Apparel & Accessories > Shoes\","
                  "\"additional_image_links\":[\"https://shop.example/2.png\"],\"brand\":\"A\\\"c\\u00e9\","
                  "\"description\":\"line\\nline\",\"stock_quantity\":3,"
                  "\"fields\":{\"sale_price\":\"9.50\",\"custom_label_0\":\"sale\"}"));
    case_broken(e, EVENT_FAULT_NONE, "");
    sbuf_init(&b, APIBODY_MAX_BYTES);
    apibody_update(&b, e);
    assert_string_equal(
        body(&b),
        "{\"name\":\"Shoe\",\"description\":\"line\\nline\",\"brand\":\"A\\\"c\xc3\xa9\","
        "\"category\":\"Apparel & Accessories > Shoes\",\"url\":\"https://shop.example/p/1\","
        "\"image_url\":\"https://shop.example/1.png\",\"additional_image_urls\":[\"https://shop.example/"
        "2.png\"],"
        "\"price\":1999,\"currency\":\"USD\",\"availability\":\"in stock\",\"condition\":\"new\","
        "\"visibility\":\"published\",\"inventory\":3,\"sale_price\":950,\"custom_label_0\":\"sale\"}");
    json = cJSON_ParseWithLength(b.data, b.len);
    assert_non_null(json);
    cJSON_Delete(json);
    sbuf_free(&b);
    case_free(&c);
}

static void empty_optionals_are_left_out(void **state)
{
    struct event_case c;
    struct sbuf b;

    (void)state;
    case_init(&c);
    sbuf_init(&b, APIBODY_MAX_BYTES);
    apibody_update(&b, case_decode(&c, CASE_WITH("\"brand\":\"\",\"description\":\" \",\"category\":null,"
                                                 "\"additional_image_links\":[],\"fields\":{\"gtin\":\"\","
                                                 "\"color\":null,\"importer_address\":{}}")));
    assert_string_equal(body(&b),
                        "{\"name\":\"Shoe\",\"image_url\":\"https://shop.example/1.png\",\"price\":1999,"
                        "\"currency\":\"USD\",\"availability\":\"in stock\",\"condition\":\"new\","
                        "\"visibility\":\"published\"}");
    sbuf_free(&b);
    case_free(&c);
}

/* Bug 13: an update never carries a retailer_id; a create does. */
static void bug_13_retailer_id_on_create_only(void **state)
{
    struct event_case c;
    struct sbuf b;
    struct event *e;

    (void)state;
    case_init(&c);
    e = case_decode(&c, CASE_WITH("\"fields\":{\"retailer_product_group_id\":\"g\"}"));
    sbuf_init(&b, APIBODY_MAX_BYTES);
    apibody_create(&b, e, true);
    assert_memory_equal(body(&b), "{\"retailer_id\":\"SKU-1\",\"allow_upsert\":true,\"name\":", 50);
    assert_non_null(strstr(body(&b), ",\"retailer_product_group_id\":\"g\"}"));
    sbuf_reset(&b);
    apibody_create(&b, e, false);
    assert_null(strstr(body(&b), "allow_upsert"));
    sbuf_reset(&b);
    apibody_update(&b, e);
    assert_null(strstr(body(&b), "retailer_id"));
    assert_null(strstr(body(&b), "group"));
    assert_true(key128_eq(hash128(HASH_BODY, b.data, b.len), e->content_hash));
    sbuf_reset(&b);
    apibody_hide(&b);
    assert_string_equal(body(&b), "{\"visibility\":\"staging\"}");
    sbuf_free(&b);
    case_free(&c);
}

static void content_hash_of_a_long_body(void **state)
{
    static char value[9000];
    struct event_case c;
    struct sbuf b;
    struct event *e;
    size_t n = (size_t)snprintf(value, sizeof(value), "{%s,%s,\"description\":\"", CASE_ID, CASE_MORE);

    (void)state;
    case_init(&c);
    memset(value + n, 'x', 5000);
    memcpy(value + n + 5000, "\"}", sizeof "\"}");
    e = case_decode(&c, value);
    case_broken(e, EVENT_FAULT_NONE, "");
    sbuf_init(&b, APIBODY_MAX_BYTES);
    apibody_update(&b, e);
    assert_true(key128_eq(hash128(HASH_BODY, b.data, b.len), e->content_hash));
    sbuf_free(&b);
    case_free(&c);
}

static void fields_of_every_type(void **state)
{
    struct event_case c;
    struct sbuf b;
    struct event *e;

    (void)state;
    case_init(&c);
    e = case_decode(
        &c, CASE_WITH("\"fields\":{\"importer_address\":{\"street1\":\"Main \\\"1\\\"\",\"city\":\"Pune\","
                      "\"region\":\"\"},\"origin_country\":\"IN\",\"wa_compliance_category\":\"DEFAULT\","
                      "\"return_policy_days\":30,\"mobile_link\":\"https://m.example/\","
                      "\"sale_price_start_date\":\"2026-11-22T08:00:00+01:00\",\"mpn\":\"M\","
                      "\"sale_price\":\"1\",\"gender\":\"unisex\"}"));
    case_broken(e, EVENT_FAULT_NONE, "");
    assert_int_equal(e->product.field_count, 9);
    assert_string_equal(event_field_name(e->product.fields[0].spec), "sale_price");
    assert_true(event_field_is_money(e->product.fields[0].spec));
    assert_string_equal(e->product.fields[0].text.ptr, "1");
    sbuf_init(&b, APIBODY_MAX_BYTES);
    apibody_update(&b, e);
    assert_non_null(strstr(
        body(&b),
        ",\"sale_price\":100,\"sale_price_start_date\":\"2026-11-22T08:00:00+01:00\","
        "\"gender\":\"unisex\",\"manufacturer_part_number\":\"M\",\"mobile_link\":\"https://m.example/\","
        "\"return_policy_days\":30,\"origin_country\":\"IN\","
        "\"importer_address\":{\"city\":\"Pune\",\"street1\":\"Main \\\"1\\\"\"},"
        "\"wa_compliance_category\":\"DEFAULT\"}"));
    sbuf_free(&b);
    case_free(&c);
}

static void fields_refused(void **state)
{
    static const struct {
        const char *json;
        enum event_fault fault;
        const char *name;
    } rows[] = {
        {"\"colour\":\"red\"", EVENT_FAULT_UNKNOWN_FIELD, "colour"},
        {"\"price\":\"1\"", EVENT_FAULT_UNKNOWN_FIELD, "price"},
        {"\"\":\"1\"", EVENT_FAULT_UNKNOWN_FIELD, ""},
        {"\"sale_price\":9.5", EVENT_FAULT_PRICE_NOT_A_STRING, "sale_price"},
        {"\"sale_price\":\"9.505\"", EVENT_FAULT_PRICE_NOT_REPRESENTABLE, "sale_price"},
        {"\"gtin\":123", EVENT_FAULT_WRONG_TYPE, "gtin"},
        {"\"return_policy_days\":\"30\"", EVENT_FAULT_WRONG_TYPE, "return_policy_days"},
        {"\"return_policy_days\":-1", EVENT_FAULT_NUMBER_OUT_OF_RANGE, "return_policy_days"},
        {"\"mobile_link\":\"/m\"", EVENT_FAULT_URL_NOT_ABSOLUTE, "mobile_link"},
        {"\"launch_date\":\"22.11.2026\"", EVENT_FAULT_INVALID_VALUE, "launch_date"},
        {"\"launch_date\":\"2026-13-01\"", EVENT_FAULT_INVALID_VALUE, "launch_date"},
        {"\"origin_country\":\"India\"", EVENT_FAULT_INVALID_VALUE, "origin_country"},
        {"\"gender\":\"Female\"", EVENT_FAULT_INVALID_VALUE, "gender"},
        {"\"importer_address\":\"Main 1\"", EVENT_FAULT_WRONG_TYPE, "importer_address"},
        {"\"importer_address\":{\"zip\":1}", EVENT_FAULT_WRONG_TYPE, "importer_address.zip"},
        {"\"mpn\":\"a\",\"manufacturer_part_number\":\"b\"", EVENT_FAULT_DUPLICATE_KEY,
         "manufacturer_part_number"},
        {"\"custom_label_4\":\""
         "0123456789012345678901234567890123456789012345678901234567890123456789"
         "0123456789012345678901234567890\"",
         EVENT_FAULT_TEXT_TOO_LONG, "custom_label_4"},
    };
    struct event_case c;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char value[512], field[64];

        snprintf(value, sizeof(value), "{%s,%s,\"fields\":{%s}}", CASE_ID, CASE_MORE, rows[i].json);
        snprintf(field, sizeof(field), "data.fields.%s", rows[i].name);
        case_refuses(value, rows[i].fault, field);
    }
    case_refuses(CASE_WITH("\"fields\":[]"), EVENT_FAULT_WRONG_TYPE, "data.fields");
    case_init(&c);
    c.settings.unknown_field_ignored = true;
    case_broken(case_decode(&c, CASE_WITH("\"fields\":{\"colour\":7,\"color\":\"red\"}")), EVENT_FAULT_NONE,
                "");
    assert_int_equal(c.event->product.field_count, 1);
    case_free(&c);
}

/* Maps fill a bounded place: too much is a fault, and several of them do not disturb each other. */
static void maps_are_bounded(void **state)
{
    static char value[12000];
    struct event_case c;
    size_t n = (size_t)snprintf(value, sizeof(value),
                                "{%s,%s,\"fields\":{\"additional_variant_attributes\":{", CASE_ID, CASE_MORE);

    (void)state;
    for (int i = 0; i < 15; i++) {
        n += (size_t)snprintf(value + n, sizeof(value) - n, "%s\"k%0300d\":\"", i ? "," : "", i);
        memset(value + n, 'x', 200);
        n += 200;
        value[n++] = '"';
    }
    memcpy(value + n, "}}}", sizeof "}}}");
    case_refuses(value, EVENT_FAULT_TEXT_TOO_LONG, "data.fields.additional_variant_attributes");
    case_init(&c);
    case_decode(&c, CASE_WITH("\"fields\":{\"importer_address\":{\"city\":\"1\"},\"additional_variant_"
                              "attributes\":{\"b\":\"2\"}}"));
    assert_string_equal(c.event->product.fields[0].text.ptr, "{\"b\":\"2\"}");
    assert_string_equal(c.event->product.fields[1].text.ptr, "{\"city\":\"1\"}");
    case_free(&c);
}

static void upsert_by_version(void **state)
{
    (void)state;
    assert_true(apibody_version_upserts("v24.0"));
    assert_true(apibody_version_upserts("v25.0"));
    assert_true(apibody_version_upserts("v26"));
    assert_true(apibody_version_upserts("v100.0"));
    assert_false(apibody_version_upserts("v23.0"));
    assert_false(apibody_version_upserts("v20.0"));
    assert_false(apibody_version_upserts("25.0"));
    assert_false(apibody_version_upserts("v24x"));
    assert_false(apibody_version_upserts(""));
}

static void paths(void **state)
{
    const struct text skus[] = {{"A\"1", 3}, {"b/\xc3\xa9 &", 6}};
    struct text many[APIPATH_LOOKUP_MAX];
    char sku[500];
    struct sbuf b;

    (void)state;
    sbuf_init(&b, 1 << 20);
    apipath_products(&b, "v25.0", "123");
    assert_string_equal(body(&b), "/v25.0/123/products");
    sbuf_reset(&b);
    apipath_item(&b, "v25.0", "45/../6?x", 9);
    assert_string_equal(body(&b), "/v25.0/45%2F..%2F6%3Fx");
    sbuf_reset(&b);
    /* JSON first, then percent: a quote in a SKU does not break the filter (section 3) */
    apipath_lookup(&b, "v25.0", "123", skus, 2);
    assert_string_equal(
        body(&b),
        "/v25.0/123/products?fields=id,retailer_id&limit=25&filter="
        "%7B%22retailer_id%22%3A%7B%22is_any%22%3A%5B%22A%5C%221%22%2C%22b%2F%C3%A9%20%26%22%5D%7D%7D");
    sbuf_reset(&b);
    for (int i = 0; i < 100; i++) { /* the longest SKU: 100 characters of 4 bytes */
        memcpy(sku + 4 * i, "\xf0\x9f\x98\x80", 4);
    }
    for (int i = 0; i < APIPATH_LOOKUP_MAX; i++)
        many[i] = (struct text){.ptr = sku, .len = 400};
    apipath_lookup(&b, "v25.0", "123", many, APIPATH_LOOKUP_MAX);
    assert_true(sbuf_ok(&b));
    assert_non_null(strstr(sbuf_str(&b), "&limit=100&"));
    sbuf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bug_1_names_of_the_single_edge),
        cmocka_unit_test(empty_optionals_are_left_out),
        cmocka_unit_test(bug_13_retailer_id_on_create_only),
        cmocka_unit_test(content_hash_of_a_long_body),
        cmocka_unit_test(fields_of_every_type),
        cmocka_unit_test(fields_refused),
        cmocka_unit_test(maps_are_bounded),
        cmocka_unit_test(upsert_by_version),
        cmocka_unit_test(paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
