/* Shadow mode's pump, where the simulation seldom comes: many ops ready at once, and claims of an epoch that
 * is over. */
#include "worker/core/core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { RECORDS = 600 }; /* more than one step's outputs have room for */

struct rig {
    struct core *core;
    struct outputs out;
    struct op_id claims[RECORDS];
    uint32_t claims_count, plans, calls;
};

static struct core_settings shadow(void)
{
    return (struct core_settings){
        .plan_only = true,
        .catalogs_count = 1,
        .topics_count = 1,
        .catalogs[0] = {.upsert = true, .inflight_max = 4, .claims_max = RECORDS},
        .window_records = RECORDS * 2,
        .slack_records = CORE_SLACK_RECORDS,
        .window_bytes = 1 << 20,
        .window_span = RECORDS * 2,
        .retry_attempts_max = 5,
        .retry_age_max_us = 3600000000,
        .retry_base_us = 500000,
        .retry_max_us = 500000,
        .retry_budget_percent = 100,
        .breaker_failures = 100,
        .refusals_max = 100,
        .breaker_open_us = 1000000,
        .breaker_open_max_us = 8000000,
        .pause_probe_us = 1000000,
        .call_timeout_us = 1000000,
        .call_late_us = 2000000,
        .lease_us = 3600000000,
        .lease_margin_us = 1000,
        .lookup_lag_us = 1000000,
        .unchanged_max_age_us = 1,
        .commit_interval_us = 1000,
        .revoke_timeout_us = 1000000,
        .shutdown_timeout_us = 1000000,
        .incarnation = 7,
        .seed = 1,
    };
}

static void step(struct rig *r, struct input in)
{
    in.now_us = 1000000;
    core_step(r->core, &in, &r->out);
    for (uint32_t i = 0; i < r->out.count; i++) {
        r->plans += r->out.list[i].type == OUT_PLAN;
        r->calls += r->out.list[i].type == OUT_CALL;
        if (r->out.list[i].type == OUT_CLAIM) {
            assert_true(r->claims_count < RECORDS);
            r->claims[r->claims_count++] = r->out.list[i].op;
        }
    }
    core_check(r->core);
}

static void store_ready(struct rig *r, uint64_t epoch)
{
    step(r, (struct input){.type = IN_STORE_UP});
    step(r, (struct input){.type = IN_STORE_VIEWED,
                           .u.view = {.answered = true, .witness_ok = true, .epoch = epoch, .ready = true}});
}

static void rig_open(struct rig *r, int64_t records)
{
    struct core_settings set = shadow();

    memset(r, 0, sizeof *r);
    r->core = core_init(calloc(1, core_size(&set)), &set, 1000000);
    step(r, (struct input){.type = IN_ASSIGNED, .u.assigned = {.partition = 0, .assignment = 1}});
    store_ready(r, 5);
    for (int64_t i = 0; i < records; i++) {
        uint64_t product = (uint64_t)i + 1;

        step(r, (struct input){.type = IN_RECORD,
                               .u.record = {.assignment = 1,
                                            .at.offset = i,
                                            .size_bytes = 100,
                                            .remembered = true,
                                            .has_sku = true,
                                            .version = 1,
                                            .product = {1, product},
                                            .sku = {2, product},
                                            .identity = {3, product},
                                            .data_hash = {4, product},
                                            .content = {5, product}}});
    }
}

/* Answers the claims that are out; what each answer leads to beside is in *r. */
static void grant_all(struct rig *r)
{
    struct rig *asked = malloc(sizeof *asked);

    assert_non_null(asked);
    *asked = *r;
    r->claims_count = 0;
    for (uint32_t i = 0; i < asked->claims_count; i++) {
        struct input in = {.type = IN_CLAIMED, .u.claimed.op = asked->claims[i]};

        in.u.claimed.reply =
            (struct claim_reply){.status = CLAIM_GRANTED, .fence = 1, .version = 1, .targets_count = 1};
        in.u.claimed.reply.targets[0].last_write_ago_us = INT64_MAX / 2;
        step(r, in);
    }
    free(asked);
}

/* Claims are answered while the store is away; when it is back, all that they allow is planned, over several
 * steps. */
static void more_plans_than_one_step_has_room_for(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r, RECORDS);
    assert_int_equal(r.claims_count, RECORDS);
    step(&r, (struct input){.type = IN_STORE_DOWN});
    grant_all(&r);
    assert_int_equal(r.plans, 0);
    store_ready(&r, 5);
    assert_in_range(r.plans, 1, RECORDS - 1);
    assert_int_equal(core_deadline_us(r.core), 1000000); /* it asks for another turn at once */
    while (core_deadline_us(r.core) <= 1000000)
        step(&r, (struct input){.type = IN_TICK});
    assert_int_equal(r.plans, RECORDS);
    assert_int_equal(r.calls, 0);
    free(r.core);
}

/* What was granted in an epoch that is over is claimed again in the new one, before anything is planned by
 * it. */
static void claims_of_an_epoch_that_is_over(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r, 3);
    step(&r, (struct input){.type = IN_STORE_DOWN});
    grant_all(&r);
    store_ready(&r, 6);
    while (core_deadline_us(r.core) <= 1000000)
        step(&r, (struct input){.type = IN_TICK});
    assert_int_equal(r.plans, 0);
    assert_int_equal(r.claims_count, 3);
    grant_all(&r);
    assert_int_equal(r.plans, 3);
    assert_int_equal(r.calls, 0);
    free(r.core);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_plans_than_one_step_has_room_for),
        cmocka_unit_test(claims_of_an_epoch_that_is_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
