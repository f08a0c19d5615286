/* The call budget against a real Redis: docs/store.md, "Budget". */
#include "tests/adapter/store_rig.h"

static uint32_t take(struct rig *rig, uint32_t tokens)
{
    redis_store_budget(rig->store, 0, tokens);
    rig_until(rig, &rig->budgets, rig->budgets + 1);
    assert_true(rig->budget_answered);
    return rig->granted;
}

static void budget_gcra(void **state)
{
    struct rig *rig = *state; /* one call a millisecond, ten at once after a rest */
    uint32_t granted = 0;

    assert_int_equal(take(rig, 64), 10);
    assert_int_equal(rig->budget_wait_us, 1000);
    assert_int_equal(take(rig, 1), 0);
    rig->now_us += 999;
    assert_int_equal(take(rig, 1), 0);
    assert_int_equal(rig->budget_wait_us, 1);
    rig->now_us += 1;
    assert_int_equal(take(rig, 5), 1);
    for (int i = 0; i < 1000; i++) { /* a second of asking in odd steps: never more than the rate */
        rig->now_us += 100 + 900 * (i % 3);
        granted += take(rig, 1 + (uint32_t)i % 4);
    }
    assert_in_range(granted, 990, 1000);
    rig->now_us +=
        3600 * RIG_S; /* a long rest is worth one burst, not more: no double burst at any boundary */
    assert_int_equal(take(rig, 64), 10);
    rig->now_us += 5000;
    assert_int_equal(take(rig, 64), 5);
}

static void budget_is_shared(void **state)
{
    struct rig *rig = *state, *second = rig_new(rig->server);
    struct redis_store_settings settings = rig_settings(second);
    uint32_t mine = 0, theirs = 0;

    second->now_us = rig->now_us;
    settings.incarnation = 0xc3;
    rig_open(second, &settings);
    rig_until(second, &second->ups, 1);
    assert_int_equal(take(rig, 64), 10);
    for (int i = 0; i < 100; i++) { /* both hungry: what one takes the other cannot */
        rig->now_us += 2000;
        second->now_us = rig->now_us;
        mine += take(i % 2 ? rig : second, 1);
        theirs += take(i % 2 ? second : rig, 1);
    }
    assert_int_equal(mine + theirs, 200);
    assert_int_equal(mine, theirs);
    rig_free(second, false);
}

static void budget_block(void **state)
{
    struct rig *rig = *state;

    redis_store_budget_block(rig->store, 0, 2 * RIG_S);
    assert_int_equal(take(rig, 4), 0);
    assert_int_equal(rig->budget_wait_us, 2 * RIG_S);
    redis_store_budget_block(rig->store, 0, RIG_S); /* a shorter one changes nothing */
    assert_int_equal(take(rig, 4), 0);
    assert_int_equal(rig->budget_wait_us, 2 * RIG_S);
    rig->now_us += 2 * RIG_S;
    assert_int_equal(take(rig, 4), 1); /* empty but for one */
    assert_int_equal(rig->budget_wait_us, 1000);
    rig->now_us += 3000;
    assert_int_equal(take(rig, 4), 3);
}

static void budget_of_an_unlimited_catalog(void **state)
{
    struct rig *rig = *state;
    int before = rig->budgets;

    redis_store_budget(rig->store, 1, 64);
    assert_int_equal(rig->budgets, before); /* never from within the call */
    rig_until(rig, &rig->budgets, before + 1);
    assert_int_equal(rig->granted, 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(budget_gcra, rig_fresh),
        cmocka_unit_test_setup(budget_is_shared, rig_fresh),
        cmocka_unit_test_setup(budget_block, rig_fresh),
        cmocka_unit_test_setup(budget_of_an_unlimited_catalog, rig_fresh),
    };

    return cmocka_run_group_tests(tests, rig_start, rig_stop);
}
