/* How old a partition's oldest unread record is. */
#include "worker/runtime/unread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { T = 1000000 }; /* a moment, in ms */

static void test_records_are_counted_where_both_ends_are_known(void **state)
{
    (void)state;
    assert_int_equal(unread_records(-1, 5), -1);
    assert_int_equal(unread_records(5, -1), -1);
    assert_int_equal(unread_records(5, 9), 4);
    assert_int_equal(unread_records(9, 5), 0); /* the end was heard of before */
}

static void test_nothing_unread_is_no_age(void **state)
{
    struct unread unread = {.last_read_ms = T - 500};

    (void)state;
    assert_int_equal(unread_look(&unread, 7, 7, true, T), 0);
    assert_int_equal(unread_look(&unread, 7, -1, true, T), 0);
}

static void test_behind_open_records_it_is_as_old_as_the_last_one_read(void **state)
{
    struct unread unread = {.last_read_ms = T - 60000};

    (void)state;
    assert_int_equal(unread_look(&unread, 7, 9, true, T), 60000);
    assert_int_equal(unread_look(&unread, 7, 9, true, T + 1000), 61000);
    unread.last_read_ms = T + 90000; /* a producer's clock that is ahead */
    assert_int_equal(unread_look(&unread, 7, 9, true, T + 2000), 0);
}

/* The last record read was a day ago: a new one must not count as a day old. */
static void test_with_nothing_open_it_is_as_old_as_it_is_known(void **state)
{
    struct unread unread = {.last_read_ms = T - 86400000};

    (void)state;
    assert_int_equal(unread_look(&unread, 7, 8, false, T), 0);
    assert_int_equal(unread_look(&unread, 7, 8, false, T + 250), 250);
    assert_int_equal(unread_look(&unread, 7, 20, false, T + 5000), 5000); /* more came behind it */
    assert_int_equal(unread_look(&unread, 8, 20, false, T + 6000), 0); /* it was read; the others are newer */
    assert_int_equal(unread_look(&unread, 8, 20, false, T + 6500), 500);
    assert_int_equal(unread_look(&unread, 20, 20, false, T + 7000), 0);
    assert_int_equal(unread_look(&unread, 20, 21, false, T + 9000),
                     0); /* what was known before is forgotten */
}

/* Before the first record was read: a backlog that this worker was just given. */
static void test_before_the_first_record_it_is_as_old_as_it_is_known(void **state)
{
    struct unread unread = {0};

    (void)state;
    assert_int_equal(unread_look(&unread, -1, 8, false, T), 0);
    assert_int_equal(unread_look(&unread, -1, 8, true, T + 3000), 3000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records_are_counted_where_both_ends_are_known),
        cmocka_unit_test(test_nothing_unread_is_no_age),
        cmocka_unit_test(test_behind_open_records_it_is_as_old_as_the_last_one_read),
        cmocka_unit_test(test_with_nothing_open_it_is_as_old_as_it_is_known),
        cmocka_unit_test(test_before_the_first_record_it_is_as_old_as_it_is_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
