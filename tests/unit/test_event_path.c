/* By which path an event came to its outcome. */
#include "worker/runtime/event_path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_a_call_of_its_own_outranks_all(void **state)
{
    (void)state;
    assert_int_equal(event_path_of(RESULT_CREATED, REASON_NONE, false, true), EVENT_PATH_SINGLE);
    assert_int_equal(event_path_of(RESULT_UPDATED, REASON_NONE, true, true), EVENT_PATH_SINGLE);
    assert_int_equal(event_path_of(RESULT_SKIPPED, REASON_NOT_IN_CATALOG, false, true), EVENT_PATH_SINGLE);
}

static void test_without_a_call_reason_and_outcome_decide(void **state)
{
    (void)state;
    assert_int_equal(event_path_of(RESULT_UPDATED, REASON_NONE, true, false), EVENT_PATH_REPEATED);
    assert_int_equal(event_path_of(RESULT_SKIPPED, REASON_PLAN_ONLY, false, false), EVENT_PATH_PLAN);
    assert_int_equal(event_path_of(RESULT_SKIPPED, REASON_INACTIVE, false, false), EVENT_PATH_SKIPPED);
    assert_int_equal(event_path_of(RESULT_UNCHANGED, REASON_NONE, false, false), EVENT_PATH_UNCHANGED);
    assert_int_equal(event_path_of(RESULT_SUPERSEDED, REASON_ABSORBED, false, false), EVENT_PATH_COALESCED);
    assert_int_equal(event_path_of(RESULT_SUPERSEDED, REASON_NEWER_VERSION, false, false), EVENT_PATH_STALE);
    assert_int_equal(event_path_of(RESULT_FAILED, REASON_LOCAL, false, false), EVENT_PATH_REFUSED);
}

static void test_names_differ_and_each_outcome_has_its_usual_paths(void **state)
{
    unsigned usual = 0;

    (void)state;
    assert_string_equal(event_path_name(EVENT_PATH_SINGLE), "single");
    assert_string_equal(event_path_name(EVENT_PATH_REPEATED), "repeated");
    assert_string_equal(event_path_name(EVENT_PATH_COUNT), "");
    for (int kind = RESULT_CREATED; kind < RESULT_KIND_COUNT; kind++) {
        for (int path = 0; path < EVENT_PATH_COUNT; path++)
            usual += event_path_usual((enum result_kind)kind, (enum event_path)path);
        assert_true(event_path_usual((enum result_kind)kind, EVENT_PATH_SINGLE));
        assert_true(event_path_usual((enum result_kind)kind, EVENT_PATH_REPEATED));
    }
    assert_int_equal(usual, 7 * 2 + 6);
    assert_false(event_path_usual(RESULT_CREATED, EVENT_PATH_COALESCED));
    assert_false(event_path_usual(RESULT_NONE, EVENT_PATH_SINGLE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_call_of_its_own_outranks_all),
        cmocka_unit_test(test_without_a_call_reason_and_outcome_decide),
        cmocka_unit_test(test_names_differ_and_each_outcome_has_its_usual_paths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
