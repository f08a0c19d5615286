/* The table of further fields: each row's value as the single edge gets it, each check with the field it
 * names, and the page made from the table. */
#include "common/apibody.h"
#include "common/field_form.h"
#include "common/field_table.h"
#include "common/utf8.h"
#include "tests/unit/event_case.h"

#include <cJSON.h>

/* Decodes a product with these members of `fields`. */
static struct event *with_fields(struct event_case *c, const char *members)
{
    char value[2048];

    snprintf(value, sizeof(value), "{%s,%s,\"fields\":{%s}}", CASE_ID, CASE_MORE, members);
    return case_decode(c, value);
}

/* One good value for each row, in the table's order: as an event holds it, and as the single edge gets it
 * ("": left out there). */
static const struct {
    const char *name, *given, *sent;
} good[] = {
    {"sale_price", "\"9.50\"", "950"},
    {"sale_price_start_date", "\"2026-11-22\"", NULL},
    {"sale_price_end_date", "\"2026-11-23T08:00+01:00\"", NULL},
    {"product_type", "\"Shoes > Red\"", NULL},
    {"fb_product_category", "\"clothing\"", NULL},
    {"custom_label_0", "\"a\"", NULL},
    {"custom_label_1", "\"b\"", NULL},
    {"custom_label_2", "\"c\"", NULL},
    {"custom_label_3", "\"d\"", NULL},
    {"custom_label_4", "\"\xc3\xa9\"", NULL},
    {"custom_number_0", "0", NULL},
    {"custom_number_1", "1", NULL},
    {"custom_number_2", "2", NULL},
    {"custom_number_3", "3", NULL},
    {"custom_number_4", "4294967295", NULL},
    {"internal_label", "[\"summer\",\"\",\"new\"]", ""},
    {"retailer_product_group_id", "\"g-1\"", NULL},
    {"additional_variant_attributes", "{\"scent\":\"rose\"}", NULL},
    {"color", "\"red\"", NULL},
    {"size", "\"42\"", NULL},
    {"material", "\"wool\"", NULL},
    {"pattern", "\"dots\"", NULL},
    {"gender", "\"unisex\"", NULL},
    {"age_group", "\"all ages\"", NULL},
    {"gtin", "\"4006381333931\"", NULL},
    {"manufacturer_part_number", "\"M-1\"", NULL},
    {"short_description", "\"Short\"", NULL},
    {"rich_text_description", "\"<b>Rich</b>\"", NULL},
    {"ordering_index", "3", NULL},
    {"expiration_date", "\"2030-02-28\"", NULL},
    {"start_date", "\"2026-11-22\"", NULL},
    {"launch_date", "\"2026-12-01\"", NULL},
    {"marked_for_product_launch", "\"marked\"", NULL},
    {"mobile_link", "\"https://m.shop.example/1\"", NULL},
    {"checkout_url", "\"https://shop.example/buy\"", NULL},
    {"video", "[\"https://shop.example/1.mp4\"]", ""},
    {"quantity_to_sell_on_facebook", "7", NULL},
    {"return_policy_days", "30", NULL},
    {"commerce_tax_category", "\"FB_APRL\"", NULL},
    {"origin_country", "\"IN\"", NULL},
    {"importer_name", "\"Import Ltd\"", NULL},
    {"importer_address", "{\"city\":\"Pune\",\"country\":\"IN\",\"street1\":\"Main 1\"}", NULL},
    {"manufacturer_info", "\"Made by us\"", NULL},
    {"wa_compliance_category", "\"DEFAULT\"", NULL},
    {"disabled_capabilities", "[\"whatsapp\"]", ""},
};

static void each_row_is_sent_under_its_name(void **state)
{
    struct event_case c;

    (void)state;
    case_init(&c);
    assert_int_equal(sizeof(good) / sizeof(good[0]), field_count()); /* a new row needs a value here */
    for (size_t i = 0; i < field_count(); i++) {
        const struct field_spec *spec = field_at(i);
        const char *sent = good[i].sent ? good[i].sent : good[i].given;
        char member[300], wanted[400];
        struct event *e;
        struct sbuf b;

        assert_string_equal(good[i].name, spec->name);
        assert_true(spec->single || spec->batch);
        assert_int_equal(spec->single == NULL, sent[0] == '\0');
        snprintf(member, sizeof(member), "\"%s\":%s", spec->name, good[i].given);
        e = with_fields(&c, member);
        case_broken(e, EVENT_FAULT_NONE, "");
        assert_int_equal(e->product.field_count, 1);
        assert_int_equal(e->product.fields[0].spec, i);
        sbuf_init(&b, APIBODY_MAX_BYTES);
        apibody_create(&b, e, true);
        snprintf(wanted, sizeof(wanted), ",\"%s\":%s}", spec->single ? spec->single : "visibility",
                 spec->single ? sent : "\"published\"");
        assert_string_equal(sbuf_str(&b) + b.len - strlen(wanted), wanted);
        sbuf_free(&b);
    }
    case_free(&c);
}

static void names_lead_to_their_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < field_count(); i++) {
        const struct field_spec *spec = field_at(i);

        assert_int_equal(field_find(spec->name), i);
        if (spec->batch && !spec->range)
            assert_int_equal(field_find(spec->batch), i);
        assert_null(field_elsewhere(spec->name));
        assert_true(strlen(spec->help) > 4 && spec->help[strlen(spec->help) - 1] == '.');
    }
    assert_int_equal(field_find("sale_price_effective_date"), -1);
    assert_int_equal(field_find(""), -1);
    assert_string_equal(field_elsewhere("title"), "name");
    assert_null(field_elsewhere("colour"));
}

static void each_check_names_its_field(void **state)
{
    static const struct {
        const char *members;
        enum event_fault fault;
        const char *field, *says;
    } bad[] = {
        {"\"gtin\":4006381333931", EVENT_FAULT_WRONG_TYPE, "gtin", "a number"},
        {"\"gtin\":\"4006381333932\"", EVENT_FAULT_INVALID_VALUE, "gtin", "should be 1"},
        {"\"gtin\":\"036000291453\"", EVENT_FAULT_INVALID_VALUE, "gtin", "check digit"},
        {"\"gtin\":\"40063813339\"", EVENT_FAULT_INVALID_VALUE, "gtin", "it has 11"},
        {"\"gtin\":\"4006381-333931\"", EVENT_FAULT_INVALID_VALUE, "gtin", "digits only"},
        {"\"custom_number_0\":4294967296", EVENT_FAULT_NUMBER_OUT_OF_RANGE, "custom_number_0", "4294967295"},
        {"\"custom_number_0\":\"1\"", EVENT_FAULT_WRONG_TYPE, "custom_number_0", "a string"},
        {"\"custom_number_0\":1.5", EVENT_FAULT_WRONG_TYPE, "custom_number_0", "1.5"},
        {"\"origin_country\":\"UK\"", EVENT_FAULT_INVALID_VALUE, "origin_country", "ISO 3166-1"},
        {"\"origin_country\":\"in\"", EVENT_FAULT_INVALID_VALUE, "origin_country", "\"in\""},
        {"\"launch_date\":\"2026-02-30\"", EVENT_FAULT_INVALID_VALUE, "launch_date", "a day that exists"},
        {"\"launch_date\":\"2026-11-22T08:00\"", EVENT_FAULT_INVALID_VALUE, "launch_date", "offset"},
        {"\"expiration_date\":\"2038\"", EVENT_FAULT_INVALID_VALUE, "expiration_date", "2038"},
        {"\"expiration_date\":20380101", EVENT_FAULT_WRONG_TYPE, "expiration_date", "a number"},
        {"\"age_group\":\"old\"", EVENT_FAULT_INVALID_VALUE, "age_group", "all ages"},
        {"\"wa_compliance_category\":\"default\"", EVENT_FAULT_INVALID_VALUE, "wa_compliance_category",
         "COUNTRY_ORIGIN_EXEMPT"},
        {"\"internal_label\":\"summer\"", EVENT_FAULT_WRONG_TYPE, "internal_label", "list"},
        {"\"internal_label\":[\"a\",7]", EVENT_FAULT_WRONG_TYPE, "internal_label[1]", "a number"},
        {"\"disabled_capabilities\":[1,2,3,4,5]", EVENT_FAULT_WRONG_TYPE, "disabled_capabilities[0]",
         "a number"},
        {"\"internal_label\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"10\",\"11\",\"12\","
         "\"13\","
         "\"14\",\"15\",\"16\",\"17\",\"18\",\"19\",\"20\",\"21\"]",
         EVENT_FAULT_TOO_MANY_MEMBERS, "internal_label", "20"},
        {"\"video\":[\"https://a.example/1\",\"2.mp4\"]", EVENT_FAULT_URL_NOT_ABSOLUTE, "video[1]", "2.mp4"},
        {"\"video\":{\"url\":\"x\"}", EVENT_FAULT_WRONG_TYPE, "video", "list of URLs"},
        {"\"checkout_url\":\"ftp://a.example/\"", EVENT_FAULT_URL_SCHEME, "checkout_url", "ftp"},
        {"\"importer_address\":[]", EVENT_FAULT_WRONG_TYPE, "importer_address", "a list"},
        {"\"importer_address\":{\"zip\":\"1\"}", EVENT_FAULT_UNKNOWN_FIELD, "importer_address.zip",
         "postal_code"},
        {"\"importer_address\":{\"country\":\"India\"}", EVENT_FAULT_INVALID_VALUE,
         "importer_address.country", "India"},
        {"\"importer_address\":{\"city\":{}}", EVENT_FAULT_WRONG_TYPE, "importer_address.city", "an object"},
        {"\"sale_price\":true", EVENT_FAULT_WRONG_TYPE, "sale_price", "decimal string"},
        {"\"sale_price\":\"9,50\"", EVENT_FAULT_PRICE_INVALID, "sale_price", "9,50"},
        {"\"sale_price\":\"0\"", EVENT_FAULT_PRICE_ZERO, "sale_price", "zero"},
        {"\"sale_price_start_date\":\"2026-11-22\",\"sale_price_end_date\":\"2026-11-21\"",
         EVENT_FAULT_INVALID_VALUE, "sale_price_end_date", "before the sale starts"},
        {"\"item_group_id\":\"a\",\"retailer_product_group_id\":\"b\"", EVENT_FAULT_DUPLICATE_KEY,
         "retailer_product_group_id", "twice"},
        {"\"title\":\"x\"", EVENT_FAULT_UNKNOWN_FIELD, "title", "data.name"},
        {"\"inventory\":3", EVENT_FAULT_UNKNOWN_FIELD, "inventory", "data.stock_quantity"},
        {"\"live_special_price\":\"1\"", EVENT_FAULT_UNKNOWN_FIELD, "live_special_price", "docs/fields.md"},
    };
    struct event_case c;

    (void)state;
    case_init(&c);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct event *e = with_fields(&c, bad[i].members);
        char field[96];

        snprintf(field, sizeof(field), "data.fields.%s", bad[i].field);
        if (e->broken.fault != bad[i].fault)
            print_error("%s\n", bad[i].members);
        case_broken(e, bad[i].fault, field);
        if (!strstr(e->broken.message.ptr, bad[i].says))
            fail_msg("%s: \"%s\" does not say %s", bad[i].members, e->broken.message.ptr, bad[i].says);
        assert_ptr_equal(strstr(e->broken.message.ptr, field), e->broken.message.ptr);
    }
    case_free(&c);
}

/* A text may have as many characters as its row says, and not one more. */
static void texts_are_bounded_in_characters(void **state)
{
    static char value[3 * 5001 + 512], text[3 * 5001 + 1];
    struct event_case c;

    (void)state;
    case_init(&c);
    for (size_t i = 0; i < field_count(); i++) {
        const struct field_spec *spec = field_at(i);

        if (spec->type != FIELD_TEXT)
            continue;
        for (unsigned more = 0; more <= 1; more++) {
            char field[96];

            for (unsigned n = 0; n < spec->max + more; n++)
                memcpy(text + 3 * (size_t)n, "\xe2\x82\xac", 3);
            text[3 * (size_t)(spec->max + more)] = '\0';
            snprintf(value, sizeof(value), "{%s,%s,\"fields\":{\"%s\":\"%s\"}}", CASE_ID, CASE_MORE,
                     spec->name, text);
            snprintf(field, sizeof(field), "data.fields.%s", spec->name);
            case_broken(case_decode(&c, value), more ? EVENT_FAULT_TEXT_TOO_LONG : EVENT_FAULT_NONE,
                        more ? field : "");
        }
    }
    case_free(&c);
}

static void empty_values_are_left_out(void **state)
{
    struct event_case c;
    struct event *e;

    (void)state;
    case_init(&c);
    e = with_fields(&c,
                    "\"color\":\"\",\"size\":null,\"video\":[],\"importer_address\":{},\"sale_price\":\"\","
                    "\"internal_label\":[\"\"],\"gtin\":\" \",\"importer_name\":null,\"ordering_index\":null,"
                    "\"mpn\":\"\",\"manufacturer_part_number\":\"x\"");
    case_broken(e, EVENT_FAULT_NONE, "");
    assert_int_equal(e->product.field_count, 1);
    case_free(&c);
}

static void ignored_names_are_noted(void **state)
{
    struct event_case c;
    struct event *e;

    (void)state;
    case_init(&c);
    c.settings.unknown_field_ignored = true;
    e = with_fields(&c, "\"colour\":7,\"color\":\"red\",\"b\\n\":1");
    case_broken(e, EVENT_FAULT_NONE, "");
    assert_int_equal(e->product.field_count, 1);
    assert_string_equal(e->left_out.ptr, "colour, b\\n");
    e = with_fields(&c, "\"color\":\"red\"");
    assert_int_equal(e->left_out.len, 0);
    case_free(&c);
}

/* A long name of many bytes a character is cut at a character's end in everything that shows it. */
static void long_names_stay_whole(void **state)
{
    char name[400] = "", members[512];
    struct event_case c;

    (void)state;
    case_init(&c);
    for (int i = 0; i < 30; i++)
        memcpy(name + strlen(name), i % 2 ? "\\u0007" : "\xe2\x82\xac", i % 2 ? 7 : 4);
    snprintf(members, sizeof(members), "\"%s\":1", name);
    with_fields(&c, members);
    assert_int_equal(c.event->broken.fault, EVENT_FAULT_UNKNOWN_FIELD);
    assert_int_equal(utf8_valid_up_to(c.event->broken.field.ptr, c.event->broken.field.len),
                     c.event->broken.field.len);
    assert_int_equal(utf8_valid_up_to(c.event->broken.message.ptr, c.event->broken.message.len),
                     c.event->broken.message.len);
    case_free(&c);
}

static void gtins(void **state)
{
    static const char *const valid[] = {"96385074", "036000291452", "4006381333931", "10012345678902",
                                        "00000000"};
    static const char *const wrong[] = {"96385075", "036000291451", "4006381333930", "10012345678901",
                                        "00000001"};
    char digit;

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(gtin_check(valid[i], strlen(valid[i]), &digit), GTIN_OK);
        assert_int_equal(gtin_check(wrong[i], strlen(wrong[i]), &digit), GTIN_CHECK_DIGIT);
        assert_int_equal(digit, valid[i][strlen(valid[i]) - 1]);
    }
    assert_int_equal(gtin_check("123456789", 9, &digit), GTIN_LENGTH);
    assert_int_equal(gtin_check("", 0, &digit), GTIN_LENGTH);
    assert_int_equal(gtin_check("9638507X", 8, &digit), GTIN_CHARACTER);
}

static void dates(void **state)
{
    static const struct {
        const char *text;
        bool valid;
    } rows[] = {
        {"2026-11-22", true},
        {"2028-02-29", true},
        {"2026-02-29", false},
        {"2026-11-22T08:00+01:00", true},
        {"2026-11-22T08:00Z", true},
        {"2026-11-22T08:00:00.123456-05:30", true},
        {"2026-11-22 08:00Z", true},
        {"2026-11-22T24:00Z", false},
        {"2026-11-22T08:00", false},
        {"2026-11-22T08", false},
        {"2026-11-22T08:00:00", false},
        {"26-11-22", false},
        {"2026-11-22x", false},
        {"2026-11-22T08:00:00Z ", false},
        {"", false},
        {"2026-11-22T08:00:00.00000000000000000000000000Z", false},
    };
    int64_t us;
    bool is_day;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool valid = date_check(rows[i].text, strlen(rows[i].text), &us, &is_day);

        if (valid != rows[i].valid)
            fail_msg("%s", rows[i].text);
    }
    assert_true(date_check("1970-01-02", 10, &us, &is_day) && is_day && us == INT64_C(86400000000));
    assert_true(date_check("1970-01-02T00:01+00:01", 22, &us, &is_day) && !is_day &&
                us == INT64_C(86400000000));
}

static void countries(void **state)
{
    (void)state;
    assert_true(country_check("IN", 2) && country_check("GB", 2) && country_check("ZW", 2) &&
                country_check("AD", 2));
    assert_false(country_check("UK", 2) || country_check("in", 2) || country_check("I", 1) ||
                 country_check("IND", 3));
    assert_false(country_check("D ", 2) || country_check(" A", 2) || country_check("XX", 2));
}

/* To renew the page: catalog-worker --print-fields-markdown >docs/fields.md */
static void the_page_is_what_the_table_says(void **state)
{
    static char page[65536], made[65536];
    FILE *out = fmemopen(made, sizeof(made), "w"), *in = fopen(SOURCE_DIR "/docs/fields.md", "r");
    size_t len;

    (void)state;
    assert_non_null(out);
    field_print_markdown(out);
    fclose(out);
    assert_non_null(in);
    len = fread(page, 1, sizeof(page) - 1, in);
    fclose(in);
    page[len] = '\0';
    if (strcmp(page, made) != 0)
        fail_msg("docs/fields.md is not what the table says: catalog-worker --print-fields-markdown "
                 ">docs/fields.md");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_is_sent_under_its_name),
        cmocka_unit_test(names_lead_to_their_row),
        cmocka_unit_test(each_check_names_its_field),
        cmocka_unit_test(texts_are_bounded_in_characters),
        cmocka_unit_test(empty_values_are_left_out),
        cmocka_unit_test(ignored_names_are_noted),
        cmocka_unit_test(long_names_stay_whole),
        cmocka_unit_test(gtins),
        cmocka_unit_test(dates),
        cmocka_unit_test(countries),
        cmocka_unit_test(the_page_is_what_the_table_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
