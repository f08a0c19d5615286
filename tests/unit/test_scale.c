/* How many replicas are useful, and how long the budget lasts. */
#include "worker/runtime/scale.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct scale_pace half_a_second = {.mean_s = 0.5, .calls = 10};
static const struct scale_pace none;

/* Ten calls at once, each half a second: 20 calls a second, 1200 within SCALE_DRAIN_SECONDS. */
static struct scale_catalog catalog(int64_t lag, int64_t rate_per_hour)
{
    return (struct scale_catalog){
        .lag = lag, .rate_per_hour = rate_per_hour, .inflight_max = 10, .pace = &half_a_second};
}

static void near(double value, double wanted)
{
    assert_true(value > wanted - 1e-6 && value < wanted + 1e-6);
}

static void test_the_pace_is_a_mean_that_follows(void **state)
{
    struct scale_pace pace = {0};

    (void)state;
    scale_pace_add(&pace, 100000);
    near(pace.mean_s, 0.1);
    scale_pace_add(&pace, 300000);
    near(pace.mean_s, 0.2);
    scale_pace_add(&pace, -5);
    near(pace.mean_s, 0.4 / 3);
    for (int i = 0; i < 10 * SCALE_PACE_CALLS; i++)
        scale_pace_add(&pace, 2000000);
    assert_true(pace.mean_s > 1.99 && pace.mean_s <= 2.0);
    assert_int_equal(pace.calls, SCALE_PACE_CALLS);
}

static void test_demand_is_what_a_minute_does_not_hold(void **state)
{
    struct scale_catalog c = catalog(3000, 0);

    (void)state;
    near(scale_demand(&c), 2.5);
    c.pace = &none; /* before the first call one second is taken */
    near(scale_demand(&c), 5.0);
    c.stopped = true;
    near(scale_demand(&c), 1.0);
    c.lag = 60;
    near(scale_demand(&c), 0.1);
}

static void test_the_budget_bounds_all_replicas_together(void **state)
{
    struct scale_catalog c = catalog(7200, 3600 * 30);

    (void)state;
    near(scale_budget(&c), 1.5);
    near(scale_drain_seconds(&c), 240);
    c.rate_per_hour = 0;
    assert_true(scale_budget(&c) < 0 && scale_drain_seconds(&c) < 0);
}

static void test_useful_is_the_least_of_the_bounds(void **state)
{
    struct scale_catalog two[2] = {catalog(120000, 0), catalog(0, 0)};

    (void)state;
    assert_int_equal(scale_useful(0, two, 2), 0); /* nothing lags */
    assert_int_equal(scale_useful(8, two, 2), 8); /* partitions: the demand is 100 */
    assert_int_equal(scale_useful(200, two, 2), 100);
    two[0].rate_per_hour = 3600 * 50; /* the budget is used up by 2.5 */
    assert_int_equal(scale_useful(8, two, 2), 3);
    two[1] = catalog(6000, 0); /* another catalog wants more */
    assert_int_equal(scale_useful(8, two, 2), 5);
    two[0].lag = two[1].lag = 1;
    assert_int_equal(scale_useful(8, two, 2), 1);
    two[0].lag = 120000;
    two[0].stopped = true;
    assert_int_equal(scale_useful(8, two, 2), 1); /* it calls for nobody */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_pace_is_a_mean_that_follows),
        cmocka_unit_test(test_demand_is_what_a_minute_does_not_hold),
        cmocka_unit_test(test_the_budget_bounds_all_replicas_together),
        cmocka_unit_test(test_useful_is_the_least_of_the_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
