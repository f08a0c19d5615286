/* Why nothing moves: which reason dominates. */
#include "worker/runtime/why.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct scene {
    struct why_catalog catalogs[2];
    struct why_partition partitions[2];
    struct why_facts facts;
};

/* A worker with two catalogs and two partitions, and nothing to do. */
static struct scene *scene(void)
{
    static struct scene s;

    memset(&s, 0, sizeof s);
    s.facts = (struct why_facts){.now_us = 1000000,
                                 .joined = true,
                                 .redis_up = true,
                                 .store = CORE_STORE_READY,
                                 .catalogs = s.catalogs,
                                 .catalogs_count = 2,
                                 .partitions = s.partitions,
                                 .partitions_count = 2};
    return &s;
}

static void open_with(struct scene *s, size_t partition, enum core_wait wait, int64_t lag)
{
    s->partitions[partition] =
        (struct why_partition){.lag = lag, .open = true, .oldest = {.wait = wait, .until_us = 77}};
}

static void test_names_are_there_and_differ(void **state)
{
    (void)state;
    for (int i = 0; i < WHY_COUNT; i++) {
        assert_true(why_name((enum why)i)[0] != '\0' && why_words((enum why)i)[0] != '\0');
        for (int k = 0; k < i; k++)
            assert_string_not_equal(why_name((enum why)i), why_name((enum why)k));
    }
    assert_string_equal(why_name(WHY_COUNT), "");
    for (int i = 0; i < CORE_WAIT_COUNT; i++)
        assert_true(core_wait_name((enum core_wait)i)[0] != '\0');
}

static void test_idle_and_moving(void **state)
{
    struct scene *s = scene();

    (void)state;
    assert_int_equal(why_dominant(&s->facts).why, WHY_IDLE);
    s->partitions[1].lag = 3; /* not yet read */
    assert_int_equal(why_dominant(&s->facts).why, WHY_MOVING);
    s->partitions[1].lag = -1; /* unknown is no lag */
    assert_int_equal(why_dominant(&s->facts).why, WHY_IDLE);
    s->facts.calling = 1;
    assert_int_equal(why_dominant(&s->facts).why, WHY_MOVING);
    s->facts.calling = 0;
    open_with(s, 0, CORE_WAIT_SETTLE, 1);
    assert_int_equal(why_dominant(&s->facts).why, WHY_MOVING);
}

static void test_the_process_goes_before_catalogs(void **state)
{
    struct scene *s = scene();
    struct why_answer found;

    (void)state;
    s->catalogs[0] = (struct why_catalog){.gate = GATE_AUTH, .has_work = true, .until_us = 5};
    s->facts.unacked_us = WHY_UNACKED_US;
    assert_int_equal(why_dominant(&s->facts).why, WHY_RESULTS_UNACKED);
    s->facts.partitions_count = 0;
    assert_int_equal(why_dominant(&s->facts).why, WHY_NOT_ASSIGNED);
    s->facts.store = CORE_STORE_LOOKING;
    assert_int_equal(why_dominant(&s->facts).why, WHY_REDIS_WAITING);
    s->facts.store = CORE_STORE_REBUILDING;
    assert_int_equal(why_dominant(&s->facts).why, WHY_REDIS_REBUILDING);
    s->facts.store = CORE_STORE_QUIET;
    s->facts.quiet_until_us = 9;
    found = why_dominant(&s->facts);
    assert_int_equal(found.why, WHY_REDIS_QUIET);
    assert_int_equal(found.until_us, 9);
    s->facts.redis_up = false;
    assert_int_equal(why_dominant(&s->facts).why, WHY_REDIS_DOWN);
    s->facts.joined = false;
    assert_int_equal(why_dominant(&s->facts).why, WHY_JOINING);
    s->facts.kafka_down = true;
    assert_int_equal(why_dominant(&s->facts).why, WHY_KAFKA_DOWN);
    s->facts.stopping = true;
    assert_int_equal(why_dominant(&s->facts).why, WHY_STOPPING);
}

static void test_how_long_kafka_acknowledges_nothing(void **state)
{
    (void)state;
    assert_int_equal(why_unacked_us(0, false, 5, 10, 60), 0);  /* open records are not results */
    assert_int_equal(why_unacked_us(1, false, 5, 10, 60), 50); /* handed over, and no answer */
    assert_int_equal(why_unacked_us(0, true, 1, 10, 60), 50);  /* refused, and waiting to be tried again */
    assert_int_equal(why_unacked_us(0, true, 0, 10, 60), 0);   /* its partition was taken away */
    assert_int_equal(why_unacked_us(1, true, 1, 60, 60), 0);
}

static void test_a_paused_catalog_with_work_is_named(void **state)
{
    static const enum why wanted[] = {
        [GATE_FAILING] = WHY_FAILING, [GATE_REFUSING] = WHY_REFUSING, [GATE_THROTTLED] = WHY_THROTTLED,
        [GATE_BLOCKED] = WHY_BLOCKED, [GATE_AUTH] = WHY_CREDENTIALS,  [GATE_FORBIDDEN] = WHY_FORBIDDEN,
    };
    struct scene *s = scene();

    (void)state;
    for (enum gate_cause gate = GATE_FAILING; gate <= GATE_FORBIDDEN; gate++) {
        struct why_answer found;

        s->catalogs[1] = (struct why_catalog){.gate = gate, .has_work = true, .until_us = 42};
        found = why_dominant(&s->facts);
        assert_int_equal(found.why, wanted[gate]);
        assert_int_equal(found.catalog, 1);
        assert_int_equal(found.until_us, 42);
    }
    s->catalogs[1].has_work = false;
    assert_int_equal(why_dominant(&s->facts).why, WHY_IDLE);
    s->catalogs[1].has_work = true;
    s->facts.calling = 1; /* another catalog works: things move */
    assert_int_equal(why_dominant(&s->facts).why, WHY_MOVING);
    s->facts.calling = 0;
    s->catalogs[0] = (struct why_catalog){.budget_out = true, .has_work = true};
    assert_int_equal(why_dominant(&s->facts).why, WHY_FORBIDDEN);
    s->catalogs[1].has_work = false;
    assert_int_equal(why_dominant(&s->facts).why, WHY_BUDGET);
}

static void test_the_oldest_record_tells(void **state)
{
    static const struct {
        enum core_wait wait;
        enum why why;
    } rows[] = {{CORE_WAIT_LEASE, WHY_LEASE}, {CORE_WAIT_UNCERTAIN, WHY_UNCERTAIN},
                {CORE_WAIT_RETRY, WHY_RETRY}, {CORE_WAIT_LOOKUP_LAG, WHY_LOOKUP_LAG},
                {CORE_WAIT_ALONE, WHY_ALONE}, {CORE_WAIT_CALL, WHY_MOVING}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scene *s = scene();
        struct why_answer found;

        open_with(s, 1, rows[i].wait, 4);
        found = why_dominant(&s->facts);
        assert_int_equal(found.why, rows[i].why);
        assert_int_equal(found.until_us, rows[i].why == WHY_MOVING ? 0 : 77);
    }
}

static void test_the_most_lagging_partition_tells_unless_one_moves(void **state)
{
    struct scene *s = scene();
    struct why_answer found;

    (void)state;
    open_with(s, 0, CORE_WAIT_RETRY, 4);
    open_with(s, 1, CORE_WAIT_LEASE, 9);
    found = why_dominant(&s->facts);
    assert_int_equal(found.why, WHY_LEASE);
    assert_int_equal(found.partition, 1);
    open_with(s, 0, CORE_WAIT_CALL, 4);
    assert_int_equal(why_dominant(&s->facts).why, WHY_MOVING);
}

static void test_a_full_window_is_said_where_nothing_else_is(void **state)
{
    struct scene *s = scene();
    struct why_answer found;

    (void)state;
    open_with(s, 0, CORE_WAIT_RESULT, 9);
    s->partitions[0].full = true;
    found = why_dominant(&s->facts);
    assert_int_equal(found.why, WHY_WINDOW_FULL);
    assert_int_equal(found.partition, 0);
    s->facts.calling = 2;
    assert_int_equal(why_dominant(&s->facts).why, WHY_MOVING);
    s->facts.calling = 0;
    open_with(s, 0, CORE_WAIT_LEASE, 9);
    s->partitions[0].full = true;
    assert_int_equal(why_dominant(&s->facts).why, WHY_LEASE);
}

static struct why_answer reason(enum why why, size_t catalog)
{
    return (struct why_answer){.why = why, .catalog = catalog, .partition = SIZE_MAX};
}

static void test_a_reason_is_told_once_and_only_when_it_lasts(void **state)
{
    struct why_track t = {0};
    struct why_answer moving = reason(WHY_MOVING, SIZE_MAX), idle = reason(WHY_IDLE, SIZE_MAX),
                      budget = reason(WHY_BUDGET, 0), lease = reason(WHY_LEASE, SIZE_MAX),
                      other = reason(WHY_BUDGET, 1);
    const usec_t s = 1000000;

    (void)state;
    assert_int_equal(why_follow(&t, &moving, 100 * s), WHY_TELL_NOTHING);
    for (usec_t at = 101; at < 140; at += 4) { /* comes and goes: nothing is told */
        assert_int_equal(why_follow(&t, &budget, at * s), WHY_TELL_NOTHING);
        assert_int_equal(why_follow(&t, &idle, (at + 2) * s), WHY_TELL_NOTHING);
    }
    assert_int_equal(why_follow(&t, &budget, 150 * s), WHY_TELL_NOTHING);
    assert_int_equal(why_follow(&t, &budget, 150 * s + WHY_TELL_US - 1), WHY_TELL_NOTHING);
    assert_int_equal(why_follow(&t, &budget, 150 * s + WHY_TELL_US), WHY_TELL_WAITS);
    assert_int_equal(t.since_us, 150 * s);
    assert_int_equal(why_follow(&t, &budget, 160 * s), WHY_TELL_NOTHING);
    assert_int_equal(why_follow(&t, &other, 161 * s), WHY_TELL_NOTHING); /* another catalog */
    assert_int_equal(why_follow(&t, &other, 170 * s), WHY_TELL_WAITS);
    assert_int_equal(why_follow(&t, &lease, 171 * s), WHY_TELL_NOTHING);
    assert_int_equal(why_follow(&t, &lease, 180 * s), WHY_TELL_WAITS);
    assert_int_equal(why_follow(&t, &idle, 181 * s), WHY_TELL_NOTHING);
    assert_int_equal(why_follow(&t, &idle, 190 * s), WHY_TELL_MOVES);
    assert_int_equal(t.told_us, 150 * s); /* nothing moved since then */
    assert_int_equal(why_follow(&t, &idle, 200 * s), WHY_TELL_NOTHING);
}

/* One event every other second: that things move again is told all the same. */
static void test_a_flow_in_bursts_is_told_to_move_again(void **state)
{
    struct why_track t = {0};
    struct why_answer moving = reason(WHY_MOVING, SIZE_MAX), idle = reason(WHY_IDLE, SIZE_MAX),
                      budget = reason(WHY_BUDGET, 0);
    const usec_t s = 1000000;

    (void)state;
    assert_int_equal(why_follow(&t, &budget, 100 * s), WHY_TELL_NOTHING);
    assert_int_equal(why_follow(&t, &budget, 106 * s), WHY_TELL_WAITS);
    for (usec_t at = 110; at < 114; at += 2) {
        assert_int_equal(why_follow(&t, &moving, at * s), WHY_TELL_NOTHING);
        assert_int_equal(why_follow(&t, &idle, (at + 1) * s), WHY_TELL_NOTHING);
    }
    assert_int_equal(why_follow(&t, &moving, 115 * s), WHY_TELL_MOVES);
    assert_int_equal(t.lasts_us, 110 * s);
    assert_int_equal(t.since_us, 115 * s); /* of this very reason, for /status */
}

static void test_lag(void **state)
{
    (void)state;
    assert_int_equal(why_lag(-1, 9), -1);
    assert_int_equal(why_lag(3, -1), -1);
    assert_int_equal(why_lag(3, 9), 6);
    assert_int_equal(why_lag(9, 3), 0); /* the end was heard of before */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_are_there_and_differ),
        cmocka_unit_test(test_idle_and_moving),
        cmocka_unit_test(test_the_process_goes_before_catalogs),
        cmocka_unit_test(test_how_long_kafka_acknowledges_nothing),
        cmocka_unit_test(test_a_paused_catalog_with_work_is_named),
        cmocka_unit_test(test_the_oldest_record_tells),
        cmocka_unit_test(test_the_most_lagging_partition_tells_unless_one_moves),
        cmocka_unit_test(test_a_full_window_is_said_where_nothing_else_is),
        cmocka_unit_test(test_a_reason_is_told_once_and_only_when_it_lasts),
        cmocka_unit_test(test_a_flow_in_bursts_is_told_to_move_again),
        cmocka_unit_test(test_lag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
