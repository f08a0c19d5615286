/* How far confirmations reach without a gap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/catalog-publish/tracker.h"

static struct tracker tracker;

static int set_up(void **state)
{
    (void)state;
    return tracker_init(&tracker) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    tracker_free(&tracker);
    return 0;
}

static void add(int count)
{
    for (int i = 0; i < count; i++)
        tracker_add(&tracker, &i, sizeof i, 0, (uint64_t)i + 1);
}

static void test_a_gap_holds_it_back(void **state)
{
    (void)state;
    add(4);
    tracker_done(&tracker, 1, true);
    tracker_done(&tracker, 2, true);
    assert_int_equal(tracker.reached, 0);
    tracker_done(&tracker, 0, true);
    assert_int_equal(tracker.reached, 3);
    assert_false(key128_eq(tracker.hash, tracker.read));
    tracker_done(&tracker, 3, true);
    assert_int_equal(tracker.reached, 4);
    assert_true(key128_eq(tracker.hash, tracker.read));
}

static void test_a_failure_ends_it_for_good_however_much_follows(void **state)
{
    (void)state;
    add(1);
    tracker_done(&tracker, 0, true);
    add(1);
    tracker_done(&tracker, 1, false);
    for (uint64_t i = 2; i < 3 * (uint64_t)TRACKER_ROWS; i++) {
        assert_false(tracker_is_full(&tracker));
        add(1);
        tracker_done(&tracker, i, true);
        assert_int_equal(tracker.reached, 1);
    }
}

static void test_it_is_full_until_the_oldest_is_done(void **state)
{
    (void)state;
    add(TRACKER_ROWS);
    assert_true(tracker_is_full(&tracker));
    tracker_wrong(&tracker, 0);
    tracker_done(&tracker, 0, true);
    assert_false(tracker_is_full(&tracker));
    assert_int_equal(tracker.wrong, 1);
}

static void test_the_same_rows_have_the_same_hash(void **state)
{
    struct key128 first;

    (void)state;
    add(3);
    first = tracker.read;
    tracker_free(&tracker);
    assert_true(tracker_init(&tracker));
    add(3);
    assert_true(key128_eq(first, tracker.read));
    add(1);
    assert_false(key128_eq(first, tracker.read));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_gap_holds_it_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_failure_ends_it_for_good_however_much_follows, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_it_is_full_until_the_oldest_is_done, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_same_rows_have_the_same_hash, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
