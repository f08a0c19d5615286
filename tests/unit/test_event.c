/* Records into events: the whole of a valid one, who it is, what it wants, and the hashes. */
#include "tests/unit/event_case.h"

static void decodes_a_full_product(void **state)
{
    struct event_case c;
    struct event *e;

    (void)state;
    case_init(&c);
    c.record.key = "p-1";
    c.record.key_len = 3;
    case_header(&c, "ce_time", "2025-11-22T21:38:49.123Z");
    case_header(&c, "ce_traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    e = case_decode(
        &c,
        CASE_WITH("\"description\":\"Red \\u00e9\",\"brand\":\"Acme\",\"category\":\"Shoes\","
                  "\"link\":\"https://shop.example/p/1\",\"stock_quantity\":7,\"condition\":\"used_good\","
                  "\"visibility\":\"staging\",\"catalog\":\"default\",\"catalog_id\":\"123456789012345\","
                  "\"additional_image_links\":[\"https://shop.example/2.png\",null,\" \","
                  "\"https://shop.example/3.png\"],\"is_active\":true,\"unknown\":{\"a\":[1.5]}"));
    case_broken(e, EVENT_FAULT_NONE, "");
    assert_int_equal(e->kind, EVENT_UPSERT);
    assert_true(e->has_identity && e->has_product && e->has_version && e->has_sku && e->has_body &&
                e->is_active);
    assert_false(e->structured);
    assert_string_equal(e->id.ptr, "e-1");
    assert_string_equal(e->source.ptr, "/shop");
    assert_string_equal(e->type.ptr, "product.updated");
    assert_int_equal(e->traceparent.len, 55);
    assert_int_equal(e->time_ms, INT64_C(1763847529123));
    assert_int_equal(e->replays, 0);
    assert_string_equal(e->catalog.ptr, "default");
    assert_int_equal(e->catalog_index, 0);
    assert_string_equal(e->product_id.ptr, "p-1");
    assert_int_equal(e->version, UINT64_C(1763849999000001));
    assert_string_equal(e->sku.ptr, "SKU-1");
    assert_string_equal(e->catalog_id.ptr, "123456789012345");
    assert_string_equal(e->product.name.ptr, "Shoe");
    assert_string_equal(e->product.description.ptr, "Red \xc3\xa9");
    assert_string_equal(e->product.brand.ptr, "Acme");
    assert_string_equal(e->product.category.ptr, "Shoes");
    assert_string_equal(e->product.url.ptr, "https://shop.example/p/1");
    assert_string_equal(e->product.image_url.ptr, "https://shop.example/1.png");
    assert_int_equal(e->product.more_image_count, 2);
    assert_string_equal(e->product.more_images[1].ptr, "https://shop.example/3.png");
    assert_string_equal(e->product.price_text.ptr, "19.99");
    assert_int_equal(e->product.price, 1999);
    assert_string_equal(e->product.currency, "USD");
    assert_true(e->product.has_stock);
    assert_int_equal(e->product.stock_quantity, 7);
    assert_int_equal(e->product.availability, EVENT_IN_STOCK);
    assert_int_equal(e->product.condition, EVENT_CONDITION_USED_GOOD);
    assert_int_equal(e->product.visibility, EVENT_STAGING);
    case_free(&c);
}

static void defaults(void **state)
{
    struct event_case c;
    struct event *e;

    (void)state;
    case_init(&c);
    e = case_decode(&c, CASE_FULL);
    assert_true(e->has_body && e->is_active);
    assert_string_equal(e->catalog.ptr, "default");
    assert_string_equal(e->product.description.ptr, "");
    assert_string_equal(e->product.url.ptr, "");
    assert_int_equal(e->time_ms, -1);
    assert_false(e->product.has_stock);
    assert_int_equal(e->product.availability, EVENT_IN_STOCK);
    assert_int_equal(e->product.condition, EVENT_CONDITION_NEW);
    assert_int_equal(e->product.visibility, EVENT_PUBLISHED);
    e = case_decode(&c, CASE_WITH("\"brand\":null,\"link\":\"\",\"fields\":null,\"description\":\"  \""));
    assert_int_equal(e->kind, EVENT_UPSERT);
    assert_int_equal(e->product.description.len, 0);
    case_free(&c);
}

static void availability_from_stock(void **state)
{
    static const struct {
        const char *members;
        enum event_availability availability;
        int64_t stock;
    } rows[] = {
        {"\"stock_quantity\":1", EVENT_IN_STOCK, 1},
        {"\"stock_quantity\":0", EVENT_OUT_OF_STOCK, 0},
        {"\"stock_quantity\":-3", EVENT_OUT_OF_STOCK, 0},
        {"\"stock_quantity\":2.0", EVENT_IN_STOCK, 2},
        {"\"stock_quantity\":0,\"availability\":\"preorder\"", EVENT_PREORDER, 0},
        {"\"availability\":\"out of stock\"", EVENT_OUT_OF_STOCK, 0},
        {"\"availability\":\"mark_as_expired\"", EVENT_MARK_AS_EXPIRED, 0},
    };
    struct event_case c;

    (void)state;
    case_init(&c);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char value[512];
        struct event *e;

        snprintf(value, sizeof(value), "{%s,%s,%s}", CASE_ID, CASE_MORE, rows[i].members);
        e = case_decode(&c, value);
        case_broken(e, EVENT_FAULT_NONE, "");
        assert_int_equal(e->product.availability, rows[i].availability);
        assert_int_equal(e->product.stock_quantity, rows[i].stock);
    }
    case_free(&c);
}

static void fallbacks_for_link_and_image(void **state)
{
    static const struct event_catalog catalogs[] = {
        {.name = "default"},
        {.name = "eu",
         .link_fallback = "https://eu.example/",
         .image_placeholder = "https://eu.example/0.png"},
    };
    struct event_case c;
    struct event *e;

    (void)state;
    case_init(&c);
    c.settings.catalogs = catalogs;
    c.settings.catalog_count = 2;
    c.settings.link_fallback = "https://shop.example/gone";
    c.settings.image_placeholder = "https://shop.example/0.png";
    c.settings.default_currency = "EUR";
    e = case_decode(&c, "{" CASE_ID "," CASE_NAME ",\"price\":\"1\",\"image_link\":\" \",\"link\":\"\"}");
    case_broken(e, EVENT_FAULT_NONE, "");
    assert_string_equal(e->product.url.ptr, "https://shop.example/gone");
    assert_string_equal(e->product.image_url.ptr, "https://shop.example/0.png");
    assert_string_equal(e->product.currency, "EUR");
    e = case_decode(&c, "{" CASE_ID "," CASE_NAME "," CASE_PRICE ",\"catalog\":\"eu\"}");
    case_broken(e, EVENT_FAULT_NONE, "");
    assert_int_equal(e->catalog_index, 1);
    assert_string_equal(e->product.url.ptr, "https://eu.example/");
    assert_string_equal(e->product.image_url.ptr, "https://eu.example/0.png");
    case_free(&c);
}

/* What needs no body is not judged by its body: a product with a broken price must be hidden all the same. */
static void events_without_a_body(void **state)
{
    static const char bad_body[] =
        "\"price\":19.99,\"name\":7,\"image_link\":\"/x.png\",\"fields\":{\"x\":1}";
    struct event_case c;
    struct event *e, *hidden;
    struct key128 hide;
    char value[512];

    (void)state;
    case_init(&c);
    snprintf(value, sizeof(value), "{%s,\"is_active\":false,%s}", CASE_ID, bad_body);
    hidden = case_decode(&c, value);
    case_broken(hidden, EVENT_FAULT_NONE, "");
    assert_int_equal(hidden->kind, EVENT_UPSERT);
    assert_false(hidden->is_active || hidden->has_body);
    assert_true(hidden->has_sku);
    hide = hidden->content_hash;
    assert_false(key128_none(hide));

    e = case_decode(&c, "{\"product_id\":\"p-1\",\"version\":1,\"sku\":\" \\t\"}");
    case_broken(e, EVENT_FAULT_NONE, "");
    assert_false(e->has_sku || e->has_body);
    assert_true(key128_eq(e->content_hash, hide));
    assert_true(key128_none(e->sku_key));

    case_header(&c, "ce_type", "product.deleted");
    snprintf(value, sizeof(value), "{%s,%s}", CASE_ID, bad_body);
    e = case_decode(&c, value);
    case_broken(e, EVENT_FAULT_NONE, "");
    assert_int_equal(e->kind, EVENT_DELETE);
    assert_true(event_is_delete(e) && !event_is_upsert(e) && !e->has_body);
    assert_true(key128_none(e->content_hash));
    case_free(&c);
}

static void types(void **state)
{
    static const struct {
        const char *type;
        enum event_kind kind;
    } rows[] = {{"product.created", EVENT_UPSERT},      {"product.updated", EVENT_UPSERT},
                {"product.resync", EVENT_RESYNC},       {"product.deleted", EVENT_DELETE},
                {"order.created", EVENT_UNKNOWN_TYPE},  {"product.update", EVENT_UNKNOWN_TYPE},
                {"Product.Updated", EVENT_UNKNOWN_TYPE}};
    struct event_case c;
    struct event *e;

    (void)state;
    case_init(&c);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        case_header(&c, "ce_type", rows[i].type);
        e = case_decode(&c, CASE_FULL);
        case_broken(e, EVENT_FAULT_NONE, "");
        assert_int_equal(e->kind, rows[i].kind);
        assert_true(e->has_product);
    }
    /* An unknown type is skipped whatever is in it, but still named. */
    case_header(&c, "ce_type", "order.created");
    e = case_decode(&c, "{\"product_id\":\"p-9\",\"version\":\"x\",\"catalog\":\"moon\"}");
    assert_int_equal(e->kind, EVENT_UNKNOWN_TYPE);
    assert_string_equal(e->product_id.ptr, "p-9");
    assert_int_equal(case_decode(&c, "not json")->kind, EVENT_UNKNOWN_TYPE);
    assert_int_equal(case_decode(&c, "")->kind, EVENT_UNKNOWN_TYPE);
    c.settings.unknown_type_fails = true;
    e = case_decode(&c, CASE_FULL);
    case_broken(e, EVENT_FAULT_UNKNOWN_TYPE, "ce_type");
    assert_true(e->has_identity && e->has_product);
    case_free(&c);
}

static void structured_mode(void **state)
{
    static const char value[] =
        "{\"specversion\":\"1.0\",\"id\":\"e-1\",\"source\":\"/shop\",\"type\":\"product.updated\","
        "\"time\":\"2025-11-22T21:38:49Z\",\"datacontenttype\":\"application/json\",\"subject\":null,"
        "\"traceparent\":\"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\",\"data\": " CASE_FULL
        "}";
    struct event_case c;
    struct key128 data, content, identity;
    struct event *e;

    (void)state;
    case_init(&c);
    e = case_decode(&c, CASE_FULL);
    data = e->data_hash;
    content = e->content_hash;
    identity = e->identity;
    c.record.header_count = 0;
    case_header(&c, "Content-Type", "application/CloudEvents+json; charset=UTF-8");
    case_header(&c, "dlq-replays", "0");
    e = case_decode(&c, value);
    case_broken(e, EVENT_FAULT_NONE, "");
    assert_true(e->structured && e->has_body);
    assert_int_equal(e->traceparent.len, 55);
    assert_int_equal(e->time_ms, INT64_C(1763847529000));
    /* The mode makes no difference to what the event is. */
    assert_true(key128_eq(e->data_hash, data));
    assert_true(key128_eq(e->content_hash, content));
    assert_true(key128_eq(e->identity, identity));
    case_free(&c);
}

static void tombstones(void **state)
{
    struct event_case c;
    struct key128 product;
    struct event *e;

    (void)state;
    case_init(&c);
    product = case_decode(&c, CASE_FULL)->product_key;
    c.record.header_count = 0;
    c.record.key = "p-1";
    c.record.key_len = 3;
    e = case_decode(&c, NULL);
    case_broken(e, EVENT_FAULT_NONE, "");
    assert_int_equal(e->kind, EVENT_TOMBSTONE);
    assert_true(event_is_delete(e) && e->has_product);
    assert_false(e->has_identity || e->has_version || e->has_sku);
    assert_string_equal(e->product_id.ptr, "p-1");
    assert_int_equal(e->version, 0);
    assert_true(key128_eq(e->product_key, product));
    assert_false(key128_none(e->identity));

    case_header(&c, "ce_specversion", "1.0");
    case_header(&c, "ce_id", "e-2");
    case_header(&c, "ce_source", "/shop");
    case_header(&c, "ce_type", "product.deleted");
    e = case_decode(&c, NULL);
    assert_int_equal(e->kind, EVENT_TOMBSTONE);
    assert_true(e->has_identity);
    case_header(&c, "ce_type", "product.updated"); /* an update that lost its data must not delete */
    case_broken(case_decode(&c, NULL), EVENT_FAULT_MISSING_FIELD, "data");

    c.record.header_count = 0;
    c.record.key = NULL;
    c.record.key_len = 0;
    e = case_decode(&c, NULL);
    case_broken(e, EVENT_FAULT_MISSING_FIELD, "key");
    assert_false(e->has_product);
    c.record.key = "\xff\xfe";
    c.record.key_len = 2;
    case_broken(case_decode(&c, NULL), EVENT_FAULT_INVALID_UTF8, "key");
    c.record.key = "a\0b";
    c.record.key_len = 3;
    case_broken(case_decode(&c, NULL), EVENT_FAULT_INVALID_UTF8, "key");
    case_free(&c);
}

static void identity_and_replays(void **state)
{
    struct event_case c;
    struct key128 first, replayed;
    struct event *e;

    (void)state;
    case_init(&c);
    first = case_decode(&c, CASE_FULL)->identity;
    c.record.offset++;
    assert_true(key128_eq(case_decode(&c, CASE_FULL)->identity, first));
    case_header(&c, "dlq-replays", "2");
    e = case_decode(&c, CASE_FULL);
    assert_int_equal(e->replays, 2);
    replayed = e->identity;
    assert_false(key128_eq(replayed, first));
    case_header(&c, "dlq-replays", "-1");
    case_broken(case_decode(&c, CASE_FULL), EVENT_FAULT_INVALID_ATTRIBUTE, "dlq-replays");
    case_header(&c, "dlq-replays", "");
    case_broken(case_decode(&c, CASE_FULL), EVENT_FAULT_INVALID_ATTRIBUTE, "dlq-replays");
    case_header(&c, "dlq-replays", "99999999999999999999");
    case_broken(case_decode(&c, CASE_FULL), EVENT_FAULT_INVALID_ATTRIBUTE, "dlq-replays");
    case_header(&c, "dlq-replays", "0");
    assert_true(key128_eq(case_decode(&c, CASE_FULL)->identity, first));
    case_header(&c, "ce_source", "/shope");
    case_header(&c, "ce_id", "-1"); /* "/shop" "e-1" runs together to the same bytes */
    assert_false(key128_eq(case_decode(&c, CASE_FULL)->identity, first));
    case_free(&c);
}

/* What cannot be told who it is, is told apart by where it lies. */
static void identity_by_place(void **state)
{
    struct event_case c;
    struct key128 seen[4];

    (void)state;
    case_init(&c);
    c.record.header_count = 0;
    for (int i = 0; i < 4; i++) {
        c.record.topic = i == 1 ? "other" : "product-events";
        c.record.partition = i == 2 ? 4 : 3;
        c.record.offset = i == 3 ? 43 : 42;
        seen[i] = case_decode(&c, "?")->identity;
        for (int j = 0; j < i; j++)
            assert_false(key128_eq(seen[i], seen[j]));
    }
    case_free(&c);
}

static struct key128 data_hash(struct event_case *c, const char *value)
{
    return case_decode(c, value)->data_hash;
}

static void hashes_follow_content_not_form(void **state)
{
    struct event_case c;
    struct key128 data, content;
    struct event *e;

    (void)state;
    case_init(&c);
    e = case_decode(&c, CASE_WITH("\"fields\":{\"color\":\"red\",\"size\":\"1\",\"mpn\":\"m\"}"));
    case_broken(e, EVENT_FAULT_NONE, "");
    data = e->data_hash;
    content = e->content_hash;
    e = case_decode(&c, "{ \"fields\" : {\"mpn\":\"m\",\"size\":\"\\u0031\",\"color\":\"red\"}, " CASE_MORE
                        ",\n" CASE_ID "}");
    case_broken(e, EVENT_FAULT_NONE, "");
    assert_true(key128_eq(e->data_hash, data));
    assert_true(key128_eq(e->content_hash, content));
    /* What the catalog does not get moves the data hash, not the content hash. */
    e = case_decode(&c, CASE_WITH("\"fields\":{\"color\":\"red\",\"size\":\"1\",\"mpn\":\"m\"},\"note\":1"));
    assert_false(key128_eq(e->data_hash, data));
    assert_true(key128_eq(e->content_hash, content));
    e = case_decode(&c, CASE_WITH("\"fields\":{\"color\":\"red\",\"size\":\"2\",\"mpn\":\"m\"}"));
    assert_false(key128_eq(e->content_hash, content));
    e = case_decode(
        &c,
        CASE_WITH("\"fields\":{\"color\":\"red\",\"size\":\"1\",\"mpn\":\"m\"},\"visibility\":\"staging\""));
    assert_false(key128_eq(e->content_hash, content));
    assert_false(key128_eq(data_hash(&c, "{\"a\":1}"), data_hash(&c, "{\"a\":2}")));
    assert_true(key128_none(data_hash(&c, "{\"a\":1")));
    case_free(&c);
}

static void keys_of_products_and_skus(void **state)
{
    static const struct event_catalog catalogs[] = {{.name = "default"}, {.name = "eu"}};
    struct event_case c;
    struct key128 product, sku;
    struct event *e;

    (void)state;
    case_init(&c);
    c.settings.catalogs = catalogs;
    c.settings.catalog_count = 2;
    e = case_decode(&c, CASE_FULL);
    product = e->product_key;
    sku = e->sku_key;
    assert_false(key128_eq(product, sku));
    e = case_decode(&c, CASE_WITH("\"catalog\":\"eu\""));
    assert_false(key128_eq(e->product_key, product));
    assert_false(key128_eq(e->sku_key, sku));
    /* An integer id is the same product as its text. */
    e = case_decode(&c, "{\"product_id\":17,\"version\":1}");
    product = e->product_key;
    assert_string_equal(e->product_id.ptr, "17");
    assert_true(key128_eq(case_decode(&c, "{\"product_id\":\"17\",\"version\":1}")->product_key, product));
    case_free(&c);
}

static void hint_is_taken_only_when_usable(void **state)
{
    static const struct {
        const char *json, *expected;
    } rows[] = {{"\"123456789012345\"", "123456789012345"},
                {"4503599627370497", "4503599627370497"},
                {"\"\"", ""},
                {"\"None\"", ""},
                {"9007199254740993", ""},
                {"1.5", ""},
                {"\"1/../2\"", ""},
                {"[1]", ""},
                {"\"123456789012345678901234567890123\"", ""}};
    struct event_case c;

    (void)state;
    case_init(&c);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char value[256];

        snprintf(value, sizeof(value), "{%s,%s,\"catalog_id\":%s}", CASE_ID, CASE_MORE, rows[i].json);
        case_broken(case_decode(&c, value), EVENT_FAULT_NONE, "");
        assert_string_equal(c.event->catalog_id.ptr, rows[i].expected);
    }
    case_free(&c);
}

/* More nodes than the parser's arena holds: the rest is on the heap, and freed. */
static void large_documents(void **state)
{
    static char value[40000];
    struct event_case c;
    size_t n = (size_t)snprintf(value, sizeof(value), "{%s,%s,\"x\":[0", CASE_ID, CASE_MORE);

    (void)state;
    for (int i = 0; i < 5000; i++)
        n += (size_t)snprintf(value + n, sizeof(value) - n, ",\"%d\"", i % 1000);
    memcpy(value + n, "]}", sizeof "]}");
    case_init(&c);
    for (int i = 0; i < 2; i++) {
        case_broken(case_decode(&c, value), EVENT_FAULT_NONE, "");
        assert_string_equal(c.event->product.name.ptr, "Shoe");
    }
    case_free(&c);
}

static void a_topic_of_a_catalogs_own(void **state)
{
    static const struct event_catalog catalogs[] = {{.name = "default"}, {.name = "eu"}};
    struct event_case c;
    struct event *e;

    (void)state;
    case_init(&c);
    c.settings.catalogs = catalogs;
    c.settings.catalog_count = 2;
    c.record.topic_catalog = "eu";
    e = case_decode(&c, CASE_FULL);
    assert_int_equal(e->catalog_index, 1);
    assert_string_equal(e->catalog.ptr, "eu");
    assert_int_equal(case_decode(&c, CASE_WITH("\"catalog\":\"eu\""))->catalog_index, 1);
    /* An event for another catalog is the topic's catalog's failure, known or not. */
    e = case_decode(&c, CASE_WITH("\"catalog\":\"default\""));
    case_broken(e, EVENT_FAULT_CATALOG_NOT_OF_TOPIC, "data.catalog");
    assert_int_equal(e->catalog_index, 1);
    assert_string_equal(e->catalog.ptr, "eu");
    assert_non_null(strstr(e->broken.message.ptr, "eu's own"));
    e = case_decode(&c, CASE_WITH("\"catalog\":\"moon\""));
    case_broken(e, EVENT_FAULT_CATALOG_NOT_OF_TOPIC, "data.catalog");
    /* A bare tombstone is the topic's catalog's too. */
    c.record.header_count = 0;
    c.record.key = "p-1";
    c.record.key_len = 3;
    assert_int_equal(case_decode(&c, NULL)->catalog_index, 1);
    case_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_a_full_product),
        cmocka_unit_test(defaults),
        cmocka_unit_test(availability_from_stock),
        cmocka_unit_test(fallbacks_for_link_and_image),
        cmocka_unit_test(events_without_a_body),
        cmocka_unit_test(types),
        cmocka_unit_test(structured_mode),
        cmocka_unit_test(tombstones),
        cmocka_unit_test(identity_and_replays),
        cmocka_unit_test(identity_by_place),
        cmocka_unit_test(hashes_follow_content_not_form),
        cmocka_unit_test(keys_of_products_and_skus),
        cmocka_unit_test(a_topic_of_a_catalogs_own),
        cmocka_unit_test(large_documents),
        cmocka_unit_test(hint_is_taken_only_when_usable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
