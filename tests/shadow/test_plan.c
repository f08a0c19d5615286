/* What a shadow's results say, and what that means beside the catalog. */
#include "shadow_case.h"

#include "tools/catalog-shadow/verdict.h"

#define SKIPPED "\"sku\":\"S\",\"outcome\":\"skipped\",\"reason\":"
#define KNOWN   "\"catalog_id\":\"77\","
#define LIVE    SKIPPED "\"plan_only\"," CASE_PLAN("{\"kind\":\"update\",\"sku\":\"S\"}")
#define HIDE                                                                                                 \
    SKIPPED                                                                                                  \
    "\"plan_only\",\"planned\":{\"outcome\":\"updated\",\"calls\":[{\"kind\":\"lookup\",\"sku\":\"S\"},"     \
    "{\"kind\":\"hide\",\"sku\":\"S\"}],\"fields\":{\"visibility\":\"staging\"}}"
#define DELETE                                                                                               \
    SKIPPED                                                                                                  \
    "\"plan_only\",\"planned\":{\"outcome\":\"deleted\",\"calls\":[{\"kind\":\"delete\",\"sku\":\"S\"}]}"

static enum plan_want want_of(const char *members)
{
    struct plan plan = case_plan(members);
    enum plan_want want = plan.want;

    plan_free(&plan);
    return want;
}

static void test_what_each_result_wants(void **state)
{
    (void)state;
    assert_int_equal(want_of(LIVE), WANT_LIVE);
    assert_int_equal(want_of(HIDE), WANT_HIDDEN);
    assert_int_equal(want_of(DELETE), WANT_GONE);
    assert_int_equal(want_of("\"outcome\":\"unchanged\",\"sku\":\"S\",\"planned\":{\"outcome\":\"unchanged\","
                             "\"calls\":[],\"fields\":{\"visibility\":\"staging\"}}"),
                     WANT_HIDDEN);
    assert_int_equal(want_of("\"outcome\":\"failed\",\"reason\":\"price_invalid\""), WANT_FAILED);
    assert_int_equal(want_of("\"outcome\":\"superseded\",\"reason\":\"absorbed\""), WANT_UNCHANGED);
    assert_int_equal(want_of(SKIPPED "\"unknown_type\""), WANT_UNCHANGED);
    assert_int_equal(want_of(SKIPPED "\"no_sku\""), WANT_NOTHING);
    assert_int_equal(want_of(SKIPPED "\"inactive\""), WANT_NOTHING);
    assert_int_equal(want_of(SKIPPED "\"not_in_catalog\""), WANT_GONE);
    assert_int_equal(want_of(SKIPPED "\"adopted\""), WANT_UNPLANNED);
    assert_int_equal(want_of(SKIPPED "\"memory_reset\""), WANT_UNPLANNED);
    assert_int_equal(want_of(SKIPPED "\"memory_forgotten\""), WANT_FORGOTTEN);
}

static void test_a_plan_is_read_whole(void **state)
{
    struct plan plan =
        case_plan(KNOWN "\"version\":9007199254740991,\"event_source\":\"s\",\"event_id\":\"e\"," LIVE);
    struct plan other = case_plan("\"event_source\":\"s\",\"event_id\":\"e\",\"replays\":1," HIDE);

    (void)state;
    assert_string_equal(plan.product, "1");
    assert_string_equal(plan.catalog, "default");
    assert_string_equal(plan.sku, "S");
    assert_string_equal(plan.catalog_id, "77");
    assert_true(plan.version == INT64_C(9007199254740991));
    assert_int_equal(plan.calls[PLAN_UPDATE], 1);
    assert_int_equal(plan.calls[PLAN_CREATE] + plan.calls[PLAN_LOOKUP], 0);
    assert_int_equal(other.calls[PLAN_LOOKUP] + other.calls[PLAN_HIDE], 2);
    assert_true(plan.event != 0 && plan.event != other.event);
    plan_free(&plan);
    plan_free(&other);
}

static void test_what_is_no_result_is_refused(void **state)
{
    static const char *const values[] = {"",
                                         "null",
                                         "[]",
                                         "{\"data\":3}",
                                         "{\"data\":{\"outcome\":\"lost\"}}",
                                         "{\"data\":{\"outcome\":\"created\"}"};
    struct plan plan;

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        assert_false(plan_read(values[i], strlen(values[i]), &plan));
}

/* The kind where the catalog answers with so many items, the last one's id being 77 or 78. */
static enum shadow_kind kind_of(const char *members, uint32_t items, const char *id, size_t differing)
{
    struct plan plan = case_plan(members);
    struct kit_wanted wanted = {.sku = "S", .items = items, .answered = true};
    struct differences differences = {.count = differing};
    enum shadow_kind kind;

    snprintf(wanted.id, sizeof wanted.id, "%s", id);
    kind = verdict(&plan, &wanted, &differences);
    plan_free(&plan);
    return kind;
}

static void test_each_kind(void **state)
{
    (void)state;
    assert_int_equal(kind_of(KNOWN LIVE, 1, "77", 0), KIND_AGREE);
    assert_int_equal(kind_of(KNOWN LIVE, 1, "77", 1), KIND_DIFFERS);
    assert_int_equal(kind_of(KNOWN LIVE, 1, "78", 0), KIND_OTHER_ID);
    assert_int_equal(kind_of(KNOWN LIVE, 0, "", 0), KIND_MISSING);
    assert_int_equal(kind_of(KNOWN LIVE, 2, "77", 0), KIND_DOUBLED);
    assert_int_equal(kind_of(LIVE, 0, "", 0), KIND_NEW);
    assert_int_equal(kind_of(LIVE, 1, "78", 0), KIND_EXISTS);
    assert_int_equal(kind_of(HIDE, 0, "", 0), KIND_GONE);
    assert_int_equal(kind_of(HIDE, 1, "78", 0), KIND_AGREE);
    assert_int_equal(kind_of(HIDE, 1, "78", 1), KIND_DIFFERS);
    assert_int_equal(kind_of(KNOWN HIDE, 0, "", 0), KIND_MISSING);
    assert_int_equal(kind_of(DELETE, 0, "", 0), KIND_GONE);
    assert_int_equal(kind_of(DELETE, 1, "78", 0), KIND_PRESENT);
    assert_int_equal(kind_of(SKIPPED "\"not_in_catalog\"", 1, "78", 0), KIND_PRESENT);
    assert_int_equal(kind_of(SKIPPED "\"inactive\"", 1, "78", 0), KIND_LEFT);
    assert_int_equal(kind_of(KNOWN SKIPPED "\"inactive\"", 1, "77", 0), KIND_NOTHING);
    assert_int_equal(kind_of(SKIPPED "\"inactive\"", 0, "", 0), KIND_NOTHING);
    assert_int_equal(kind_of(SKIPPED "\"adopted\"", 0, "", 0), KIND_UNPLANNED);
    assert_int_equal(kind_of("\"outcome\":\"failed\",\"reason\":\"price_invalid\"", 0, "", 0), KIND_FAILED);
}

static void test_without_an_answer_nothing_is_claimed(void **state)
{
    struct plan live = case_plan(LIVE), none = case_plan("\"outcome\":\"skipped\",\"reason\":\"no_sku\"");
    struct plan failed = case_plan("\"sku\":\"S\",\"outcome\":\"failed\",\"reason\":\"price_invalid\"");
    struct plan as_is = case_plan(SKIPPED "\"inactive\"");
    struct kit_wanted unanswered = {.sku = "S"};
    struct differences differences = {.count = 0};

    (void)state;
    assert_int_equal(verdict(&live, NULL, &differences), KIND_UNSEEN);
    assert_int_equal(verdict(&live, &unanswered, &differences), KIND_UNSEEN);
    assert_int_equal(verdict(&none, NULL, &differences), KIND_NOTHING);
    as_is.want = WANT_AS_IS;
    assert_false(verdict_wants_lookup(&as_is));
    assert_int_equal(verdict(&as_is, NULL, &differences), KIND_NOTHING);
    assert_true(verdict_wants_lookup(&live));
    assert_false(verdict_wants_lookup(&none));
    assert_false(verdict_wants_lookup(&failed));
    plan_free(&live);
    plan_free(&none);
    plan_free(&failed);
    plan_free(&as_is);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_each_result_wants),
        cmocka_unit_test(test_a_plan_is_read_whole),
        cmocka_unit_test(test_what_is_no_result_is_refused),
        cmocka_unit_test(test_each_kind),
        cmocka_unit_test(test_without_an_answer_nothing_is_claimed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
