/* Planned fields against those of the catalog. */
#include "shadow_case.h"

#include "tools/catalog-shadow/compare.h"
#include "tools/catalog-shadow/price.h"
#include "tools/catalog-shadow/tally.h"

enum { LONE = 200 };

static void test_prices_in_many_tongues(void **state)
{
    static const struct {
        const char *shown;
        unsigned offset;
        int64_t amount; /* -1: not to be read */
    } cases[] = {
        {"$19.99", 100, 1999},
        {"$1,999.00", 100, 199900},
        {"1.999,00 \xe2\x82\xac", 100, 199900},
        {"R$1.234.567,89", 100, 123456789},
        {"Rp460.000", 1, 460000},
        {"\xc2\xa5"
         "1,999",
         1, 1999},
        {"\xe2\x82\xb9"
         "1,00,000",
         100, 10000000},
        {"USD 5", 100, 500},
        {"$5.5", 100, 550},
        {"12 345,60 kr.", 100, 1234560},
        {"KD 1.234", 1000, 1234},
        {"KD 1,234.500", 1000, 1234500},
        {"\xc2\xa5"
         "100.00",
         1, 100},
        {"\xc2\xa5"
         "100.50",
         1, -1},
        {"", 100, -1},
        {"free", 100, -1},
        {"$1234567890123456", 100, -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t amount = -1;
        bool read = price_read(cases[i].shown, cases[i].offset, &amount);

        if (read != (cases[i].amount >= 0) || (read && amount != cases[i].amount))
            fail_msg("%s with %u: %s %lld", cases[i].shown, cases[i].offset, read ? "read as" : "not read,",
                     (long long)amount);
    }
}

/* The names of what differs, with a blank behind each. */
static const char *differing(const char *planned, const char *item, const char *ignored, const char *refused)
{
    static char names[512];
    cJSON *a = cJSON_Parse(planned), *b = cJSON_Parse(item);
    struct differences found;

    assert_non_null(a);
    assert_non_null(b);
    compare_fields(a, b, &money_table_builtin, ignored, refused, &found);
    names[0] = '\0';
    for (size_t i = 0; i < found.count && i < DIFFERENCES_MAX; i++)
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s ", found.list[i].name);
    cJSON_Delete(a);
    cJSON_Delete(b);
    return names;
}

static void test_fields_by_their_kind(void **state)
{
    (void)state;
    assert_string_equal(
        differing("{\"name\":\"a\",\"price\":1999,\"currency\":\"USD\",\"inventory\":5}",
                  "{\"name\":\"a\",\"price\":\"$19.99\",\"currency\":\"USD\",\"inventory\":\"5\",\"x\":1}",
                  "", ""),
        "");
    assert_string_equal(
        differing("{\"price\":1999,\"sale_price\":1500,\"currency\":\"JPY\"}",
                  "{\"price\":\"\\u00a51,999\",\"sale_price\":\"\\u00a51,400\",\"currency\":\"JPY\"}", "",
                  ""),
        "sale_price ");
    assert_string_equal(differing("{\"price\":1999}", "{\"price\":1999}", "", ""), "");
    assert_string_equal(differing("{\"price\":1999}", "{\"price\":\"free\"}", "", ""), "price ");
    assert_string_equal(differing("{\"sale_price_start_date\":\"2026-11-22T10:00:00Z\"}",
                                  "{\"sale_price_start_date\":\"2026-11-22T12:00:00+02:00\"}", "", ""),
                        "");
    assert_string_equal(differing("{\"additional_image_urls\":[\"a\",\"b\"]}",
                                  "{\"additional_image_urls\":[\"b\",\"a\"]}", "", ""),
                        "additional_image_urls ");
    assert_string_equal(differing("{\"importer_address\":{\"city\":\"x\",\"country\":\"IN\"}}",
                                  "{\"importer_address\":{\"country\":\"IN\",\"city\":\"x\"}}", "", ""),
                        "");
    assert_string_equal(differing("{\"name\":\"a\",\"brand\":\"b\",\"inventory\":5}",
                                  "{\"name\":\"A\",\"inventory\":\"x\"}", "", ""),
                        "name brand inventory ");
}

static void test_what_is_not_compared(void **state)
{
    (void)state;
    assert_string_equal(
        differing("{\"name\":\"a\",\"brand\":\"b\",\"url\":\"c\"}", "{}", "name,image_url", "url"), "brand ");
    assert_string_equal(differing("{\"name\":\"a\"}", "{}", "names,nam", ""), "name ");
}

static void test_names_are_counted_and_sorted(void **state)
{
    static struct tally tally;
    char name[16];

    (void)state;
    assert_int_equal(tally_add(&tally, "name")->count, 1);
    assert_int_equal(tally_add(&tally, "price")->count, 1);
    assert_int_equal(tally_add(&tally, "price")->count, 2);
    tally_sort(&tally);
    assert_string_equal(tally.rows[0].name, "price");
    for (int i = 0; i < LONE; i++) { /* more than there is room for: none is lost from the sum */
        snprintf(name, sizeof name, "n%d", i);
        tally_add(&tally, name);
    }
    uint64_t sum = 0;
    for (size_t i = 0; i < tally.count; i++)
        sum += tally.rows[i].count;
    assert_int_equal(sum, 3 + LONE);
    assert_int_equal(tally.count, TALLY_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prices_in_many_tongues),
        cmocka_unit_test(test_fields_by_their_kind),
        cmocka_unit_test(test_what_is_not_compared),
        cmocka_unit_test(test_names_are_counted_and_sorted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
