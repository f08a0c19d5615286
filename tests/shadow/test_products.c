/* Which record decides for a product. */
#include "shadow_case.h"

#include "tools/catalog-shadow/products.h"

enum { MANY = 5000 };

/* Takes a record of product "p" at this offset of partition 0. */
static bool take(struct products *products, int64_t offset, const char *members)
{
    struct plan plan = case_plan(members);
    bool fresh = products_take(products, "p", 1, 0, offset, &plan);

    plan_free(&plan);
    return fresh;
}

static bool decides(const struct products *products, int64_t offset)
{
    return products_decides(products, "p", 1, 0, offset);
}

#define EVENT(id, version)                                                                                   \
    "\"event_source\":\"s\",\"event_id\":\"" id "\",\"version\":" version ",\"sku\":\"S\","
#define PLANNED         "\"outcome\":\"skipped\",\"reason\":\"plan_only\"," CASE_PLAN("")
#define BY_HAND(reason) "\"outcome\":\"skipped\",\"reason\":\"" reason "\""

static void test_the_newest_version_decides(void **state)
{
    struct products products = {.list = NULL};

    (void)state;
    assert_false(decides(&products, 0));
    assert_true(take(&products, 0, EVENT("a", "5") PLANNED));
    assert_true(decides(&products, 0));
    assert_true(take(&products, 1, EVENT("b", "7") PLANNED));
    assert_true(decides(&products, 1) && !decides(&products, 0));
    /* a copy of the first event, answered anew; and one of the second */
    assert_false(take(&products, 2, EVENT("a", "5") PLANNED));
    assert_true(decides(&products, 1) && !decides(&products, 2));
    assert_false(take(&products, 3, EVENT("b", "7") PLANNED));
    assert_true(decides(&products, 3));
    /* what is superseded says nothing of the product, and counts */
    assert_true(
        take(&products, 4, EVENT("c", "6") "\"outcome\":\"superseded\",\"reason\":\"newer_version\""));
    assert_true(decides(&products, 3));
    /* another event of the same version, as a re-sync sends it */
    assert_true(take(&products, 5, EVENT("d", "7") PLANNED));
    assert_true(decides(&products, 5));
    assert_int_equal(products_count(&products), 1);
    assert_false(products_decides(&products, "p", 1, 1, 5));
    products_free(&products);
}

static void test_a_failure_without_version_decides_and_an_old_one_does_not(void **state)
{
    struct products products = {.list = NULL};

    (void)state;
    take(&products, 0, EVENT("a", "5") PLANNED);
    take(&products, 1, EVENT("b", "4") "\"outcome\":\"failed\",\"reason\":\"price_invalid\"");
    assert_true(decides(&products, 0));
    take(&products, 2, "\"outcome\":\"failed\",\"reason\":\"missing_field\"");
    assert_true(decides(&products, 2));
    take(&products, 3, EVENT("c", "6") PLANNED);
    assert_true(decides(&products, 3));
    products_free(&products);
}

static void test_changes_by_hand_stand_above_versions(void **state)
{
    struct products products = {.list = NULL};

    (void)state;
    take(&products, 0, EVENT("a", "900") PLANNED);
    take(&products, 1, "\"version\":10," BY_HAND("memory_reset"));
    assert_true(decides(&products, 1));
    take(&products, 2, EVENT("b", "11") PLANNED);
    assert_true(decides(&products, 2));
    take(&products, 3, BY_HAND("memory_forgotten"));
    assert_false(decides(&products, 2) || decides(&products, 3));
    assert_int_equal(products_count(&products), 0);
    take(&products, 4, EVENT("c", "1") PLANNED);
    assert_true(decides(&products, 4));
    products_free(&products);
}

static void test_many_products_are_kept_apart(void **state)
{
    struct products products = {.list = NULL};
    struct plan plan = case_plan(EVENT("a", "5") PLANNED);
    char key[32];

    (void)state;
    for (int i = 0; i < MANY; i++) {
        int n = snprintf(key, sizeof key, "default/%d", i);

        assert_true(products_take(&products, key, (size_t)n, i % 7, i, &plan));
    }
    assert_int_equal(products_count(&products), MANY);
    for (int i = 0; i < MANY; i++) {
        int n = snprintf(key, sizeof key, "default/%d", i);

        assert_true(products_decides(&products, key, (size_t)n, i % 7, i));
    }
    plan_free(&plan);
    products_free(&products);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_newest_version_decides),
        cmocka_unit_test(test_a_failure_without_version_decides_and_an_old_one_does_not),
        cmocka_unit_test(test_changes_by_hand_stand_above_versions),
        cmocka_unit_test(test_many_products_are_kept_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
