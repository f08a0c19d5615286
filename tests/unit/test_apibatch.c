/* The batch dialect against the single edge's: the same event, the same content, in other names and types. */
#include "common/apibatch.h"
#include "common/apibody.h"
#include "tests/unit/event_case.h"

#include <cJSON.h>

#define BATCH_MORE                                                                                           \
    CASE_ID "," CASE_NAME "," CASE_IMAGE                                                                     \
            ",\"description\":\"A shoe.\",\"brand\":\"Acme\",\"link\":\"https://shop.example/1\""

static struct event *decode(struct event_case *c, const char *members)
{
    char value[3000];

    snprintf(value, sizeof(value), "{%s,%s}", BATCH_MORE, members);
    case_broken(case_decode(c, value), EVENT_FAULT_NONE, "");
    return c->event;
}

static cJSON *batch_of(const struct event *e)
{
    struct sbuf b;
    cJSON *json;

    sbuf_init(&b, APIBODY_MAX_BYTES);
    apibatch_update(&b, e);
    assert_true(sbuf_ok(&b));
    json = cJSON_ParseWithLength(b.data, b.len);
    assert_non_null(json);
    assert_string_equal(cJSON_GetObjectItem(json, "method")->valuestring, "UPDATE");
    sbuf_free(&b);
    return json;
}

static cJSON *single_of(const struct event *e)
{
    struct sbuf b;
    cJSON *json;

    sbuf_init(&b, APIBODY_MAX_BYTES);
    apibody_create(&b, e, false);
    json = cJSON_ParseWithLength(b.data, b.len);
    assert_non_null(json);
    sbuf_free(&b);
    return json;
}

static const char *text(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItem(object, name);

    if (!cJSON_IsString(item))
        fail_msg("%s is no text", name);
    return item->valuestring;
}

/* A decimal with its currency, as the single edge's integer. Reckoned apart from the code under test. */
static double minor_units(const char *money, const char *currency, double offset)
{
    char *end;
    double value = strtod(money, &end);

    assert_string_equal(end + 1, currency);
    assert_int_equal(*end, ' ');
    return (double)(int64_t)(value * offset + 0.5);
}

static const char event_of_everything[] =
    "\"price\":\"0019.990\",\"currency\":\"USD\",\"stock_quantity\":7,\"category\":\"Shoes\",\"visibility\":"
    "\"staging\","
    "\"condition\":\"used\",\"additional_image_links\":[\"https://shop.example/"
    "2.png\"],\"fields\":{\"sale_price\":\"9.5\","
    "\"sale_price_start_date\":\"2026-11-22\",\"sale_price_end_date\":\"2026-11-30T08:00+01:00\",\"color\":"
    "\"r\\\"ed\","
    "\"retailer_product_group_id\":\"g\",\"mpn\":\"m\",\"gtin\":\"96385074\",\"custom_number_1\":3,"
    "\"importer_address\":{\"city\":\"Pune\"},\"additional_variant_attributes\":{\"scent\":\"rose\"},"
    "\"video\":[\"https://shop.example/1.mp4\"],\"internal_label\":[\"a\",\"b\"],\"origin_country\":\"IN\"}";

static void an_entry_in_full(void **state)
{
    struct event_case c;
    struct sbuf b;

    (void)state;
    case_init(&c);
    sbuf_init(&b, APIBODY_MAX_BYTES);
    apibatch_update(&b, decode(&c, event_of_everything));
    assert_string_equal(
        sbuf_str(&b),
        "{\"method\":\"UPDATE\",\"data\":{\"id\":\"SKU-1\",\"title\":\"Shoe\",\"description\":\"A "
        "shoe.\",\"brand\":\"Acme\","
        "\"google_product_category\":\"Shoes\",\"link\":\"https://shop.example/1\","
        "\"image\":[{\"url\":\"https://shop.example/1.png\"},{\"url\":\"https://shop.example/2.png\"}],"
        "\"price\":\"19.990 USD\",\"availability\":\"in "
        "stock\",\"condition\":\"used\",\"visibility\":\"hidden\","
        "\"quantity_to_sell_on_facebook\":7,\"sale_price\":\"9.5 USD\","
        "\"sale_price_effective_date\":\"2026-11-22/2026-11-30T08:00+01:00\",\"custom_number_1\":3,"
        "\"internal_label\":[\"a\",\"b\"],\"item_group_id\":\"g\",\"additional_variant_attribute\":{"
        "\"scent\":\"rose\"},"
        "\"color\":\"r\\\"ed\",\"gtin\":\"96385074\",\"mpn\":\"m\",\"video\":[{\"url\":\"https://"
        "shop.example/1.mp4\"}],"
        "\"origin_country\":\"IN\",\"importer_address\":{\"city\":\"Pune\"}}}");
    sbuf_free(&b);
    case_free(&c);
}

static void both_dialects_say_the_same(void **state)
{
    static const struct {
        const char *single, *batch;
    } texts[] = {{"retailer_id", "id"},
                 {"name", "title"},
                 {"description", "description"},
                 {"brand", "brand"},
                 {"url", "link"},
                 {"category", "google_product_category"},
                 {"availability", "availability"},
                 {"condition", "condition"}};
    static const struct {
        const char *currency, *members;
        double offset;
    } rows[] = {{"USD", event_of_everything, 100},
                {"JPY", "\"price\":\"1200\",\"currency\":\"JPY\",\"fields\":{\"sale_price\":\"900.00\"}", 1},
                {"EUR",
                 "\"price\":\"5\",\"currency\":\"EUR\",\"availability\":\"discontinued\",\"category\":\"c\"",
                 100}};
    struct event_case c;

    (void)state;
    case_init(&c);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct event *e = decode(&c, rows[i].members);
        cJSON *single = single_of(e), *entry = batch_of(e), *batch = cJSON_GetObjectItem(entry, "data"),
              *item;

        for (size_t t = 0; t < sizeof(texts) / sizeof(texts[0]); t++) {
            if (cJSON_GetObjectItem(single, texts[t].single) || cJSON_GetObjectItem(batch, texts[t].batch))
                assert_string_equal(text(single, texts[t].single), text(batch, texts[t].batch));
        }
        assert_string_equal(text(single, "currency"), rows[i].currency);
        assert_true(minor_units(text(batch, "price"), rows[i].currency, rows[i].offset) ==
                    cJSON_GetObjectItem(single, "price")->valuedouble);
        if (cJSON_GetObjectItem(single, "sale_price"))
            assert_true(minor_units(text(batch, "sale_price"), rows[i].currency, rows[i].offset) ==
                        cJSON_GetObjectItem(single, "sale_price")->valuedouble);
        assert_string_equal(text(single, "image_url"),
                            text(cJSON_GetArrayItem(cJSON_GetObjectItem(batch, "image"), 0), "url"));
        item = cJSON_GetObjectItem(single, "inventory");
        assert_int_equal(item != NULL, cJSON_GetObjectItem(batch, "quantity_to_sell_on_facebook") != NULL);
        for (uint32_t f = 0; f < e->product.field_count;
             f++) { /* the rest of the fields: alike but for the name */
            uint16_t spec = e->product.fields[f].spec;

            if (event_field_is_money(spec) || event_field_is_range(spec) || !event_field_single_name(spec))
                continue;
            assert_true(cJSON_Compare(cJSON_GetObjectItem(single, event_field_single_name(spec)),
                                      cJSON_GetObjectItem(batch, event_field_batch_name(spec)), true));
        }
        cJSON_Delete(single);
        cJSON_Delete(entry);
    }
    case_free(&c);
}

static void what_the_dialect_cannot_hold_is_named(void **state)
{
    static const struct {
        const char *members, *names;
    } rows[] = {
        {"\"brand\":\"b\"", NULL},
        {"\"availability\":\"preorder\"", "availability"},
        {"\"availability\":\"mark_as_sold\"", "availability"},
        {"\"condition\":\"cpo\"", "condition"},
        {"\"fields\":{\"ordering_index\":1}", "ordering_index"},
        {"\"fields\":{\"sale_price_start_date\":\"2026-11-22\"}", "sale_price_end_date"},
        {"\"fields\":{\"sale_price_end_date\":\"2026-11-22\"}", "sale_price_start_date"},
        {"\"fields\":{\"color\":\"red\",\"video\":[\"https://a.example/\"]}", NULL},
    };
    struct event_case c;
    char value[1500], name[3 * 101 + 1];

    (void)state;
    case_init(&c);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *unfit;

        snprintf(value, sizeof(value), "{%s,%s,\"description\":\"d\",\"link\":\"https://a.example/\",%s%s}",
                 CASE_ID, CASE_MORE, strstr(rows[i].members, "brand") ? "" : "\"brand\":\"b\",",
                 rows[i].members);
        case_broken(case_decode(&c, value), EVENT_FAULT_NONE, "");
        unfit = apibatch_unfit(c.event);
        if (rows[i].names)
            assert_string_equal(unfit, rows[i].names);
        else
            assert_null(unfit);
    }
    assert_string_equal(apibatch_unfit(case_decode(&c, CASE_FULL)), "description");
    assert_string_equal(apibatch_unfit(case_decode(&c, CASE_WITH("\"description\":\"d\""))), "brand");
    assert_string_equal(apibatch_unfit(case_decode(&c, CASE_WITH("\"description\":\"d\",\"brand\":\"b\""))),
                        "link");
    for (unsigned chars = 100; chars <= 101; chars++) {
        for (unsigned i = 0; i < chars; i++)
            memcpy(name + 3 * i, "\xe2\x82\xac", 4);
        snprintf(value, sizeof(value),
                 "{%s,%s,%s,\"description\":\"d\",\"brand\":\"b\",\"link\":\"https://a.example/"
                 "\",\"name\":\"%s\"}",
                 CASE_ID, CASE_PRICE, CASE_IMAGE, name);
        case_broken(case_decode(&c, value), EVENT_FAULT_NONE, "");
        assert_int_equal(apibatch_unfit(c.event) != NULL, chars == 101);
    }
    case_free(&c);
}

static void hide_and_delete(void **state)
{
    const struct text sku = {"A\"1", 3};
    struct sbuf b;

    (void)state;
    sbuf_init(&b, 1000);
    apibatch_hide(&b, &sku);
    assert_string_equal(sbuf_str(&b),
                        "{\"method\":\"UPDATE\",\"data\":{\"id\":\"A\\\"1\",\"visibility\":\"hidden\"}}");
    sbuf_reset(&b);
    apibatch_delete(&b, &sku);
    assert_string_equal(sbuf_str(&b), "{\"method\":\"DELETE\",\"data\":{\"id\":\"A\\\"1\"}}");
    sbuf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_in_full),
        cmocka_unit_test(both_dialects_say_the_same),
        cmocka_unit_test(what_the_dialect_cannot_hold_is_named),
        cmocka_unit_test(hide_and_delete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
