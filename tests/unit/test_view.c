/* What operators are told of the core: each thing that a record may wait for, one after the other. */
#include "worker/core/view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct rig {
    struct core *core;
    struct outputs out;
    usec_t now_us;
    struct op_id op; /* of the last claim */
};

static struct core_settings usual(void)
{
    return (struct core_settings){
        .slack_records = CORE_SLACK_RECORDS,
        .catalogs_count = 1,
        .topics_count = 1,
        .catalogs[0] = {.upsert = true, .inflight_max = 4, .claims_max = 8},
        .window_records = 4,
        .window_bytes = 1 << 20,
        .window_span = 100,
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
    in.now_us = r->now_us;
    core_step(r->core, &in, &r->out);
    for (uint32_t i = 0; i < r->out.count; i++)
        if (r->out.list[i].type == OUT_CLAIM)
            r->op = r->out.list[i].op;
    core_check(r->core);
}

static void rig_open(struct rig *r, struct core_settings set)
{
    memset(r, 0, sizeof *r);
    r->now_us = 1000000;
    r->core = core_init(calloc(1, core_size(&set)), &set, r->now_us);
    step(r, (struct input){.type = IN_ASSIGNED, .u.assigned = {.partition = 0, .assignment = 1}});
}

static void store_ready(struct rig *r)
{
    step(r, (struct input){.type = IN_STORE_UP});
    step(r, (struct input){.type = IN_STORE_VIEWED,
                           .u.view = {.answered = true, .witness_ok = true, .epoch = 5, .ready = true}});
}

static void feed_record(struct rig *r, struct record record)
{
    step(r, (struct input){.type = IN_RECORD, .u.record = record});
}

static struct record record_of(uint16_t partition, int64_t offset, uint64_t product)
{
    return (struct record){.partition = partition,
                           .assignment = 1,
                           .at = {.partition = partition, .offset = offset},
                           .size_bytes = 100,
                           .remembered = true,
                           .has_sku = true,
                           .version = 1,
                           .product = {1, product},
                           .sku = {2, product},
                           .identity = {3, product * 100 + partition},
                           .data_hash = {4, product},
                           .content = {5, product}};
}

static void feed(struct rig *r, int64_t offset, uint64_t product)
{
    feed_record(r, record_of(0, offset, product));
}

static void claimed(struct rig *r, enum claim_status status, usec_t wait_us)
{
    struct input in = {.type = IN_CLAIMED, .u.claimed = {.op = r->op}};

    in.u.claimed.reply = (struct claim_reply){
        .status = status, .wait_us = wait_us, .fence = 1, .version = 1, .targets_count = 1};
    in.u.claimed.reply.targets[0].last_write_ago_us = INT64_MAX / 2;
    step(r, in);
}

static void called(struct rig *r, enum call_class class)
{
    step(r, (struct input){.type = IN_CALLED,
                           .u.called = {.op = r->op, .reply = {.class = class, .item_hash = 9}}});
}

static struct core_op_view oldest(const struct rig *r)
{
    struct core_op_view view;

    assert_true(core_view_oldest(r->core, 0, &view));
    return view;
}

static void waits_for(const struct rig *r, enum core_wait wait)
{
    assert_string_equal(core_wait_name(oldest(r).wait), core_wait_name(wait));
}

static void a_record_on_its_way(void **state)
{
    struct rig r;
    struct core_op_view view;

    (void)state;
    rig_open(&r, usual());
    assert_false(core_view_oldest(r.core, 0, &view));
    assert_false(core_view_oldest(r.core, 1, &view));
    feed(&r, 10, 1);
    waits_for(&r, CORE_WAIT_STORE);
    store_ready(&r);
    waits_for(&r, CORE_WAIT_NOTHING); /* the claim is on its way */
    assert_int_equal(oldest(&r).offset, 10);
    claimed(&r, CLAIM_HELD, 700000);
    waits_for(&r, CORE_WAIT_LEASE);
    assert_int_equal(oldest(&r).until_us, r.now_us + 700000);
    r.now_us += 60000000;
    step(&r, (struct input){.type = IN_TICK});
    claimed(&r, CLAIM_WAIT, 300000);
    waits_for(&r, CORE_WAIT_UNCERTAIN);
    r.now_us += 60000000;
    step(&r, (struct input){.type = IN_TICK});
    claimed(&r, CLAIM_GRANTED, 0);
    waits_for(&r, CORE_WAIT_CALL);
    called(&r, CALLED_TRANSIENT);
    waits_for(&r, CORE_WAIT_RETRY);
    assert_true(oldest(&r).until_us > r.now_us);
    assert_int_equal(oldest(&r).attempts, 1);
    r.now_us += 1000000;
    step(&r, (struct input){.type = IN_TICK}); /* a read first: nothing else succeeded meanwhile */
    called(&r, CALLED_OK);
    called(&r, CALLED_OK);
    waits_for(&r, CORE_WAIT_SETTLE);
    step(&r, (struct input){.type = IN_STORE_DOWN});
    waits_for(&r, CORE_WAIT_STORE);
    store_ready(&r);
    step(&r, (struct input){.type = IN_SETTLED, .u.settled = {.op = r.op, .status = SETTLE_OK}});
    waits_for(&r, CORE_WAIT_RESULT);
    free(r.core);
}

static void a_delete_that_the_index_does_not_show_yet(void **state)
{
    struct rig r;
    struct record record = record_of(0, 10, 1);
    struct input in = {.type = IN_CLAIMED};

    (void)state;
    rig_open(&r, usual());
    store_ready(&r);
    record.intent = INTENT_DELETE;
    feed_record(&r, record);
    in.u.claimed.op = r.op;
    in.u.claimed.reply = (struct claim_reply){
        .status = CLAIM_GRANTED, .fence = 1, .version = 1, .known_item = true, .targets_count = 1};
    in.u.claimed.reply.targets[0] = (struct claim_target){.item_hash = 5, .last_write_ago_us = 0};
    step(&r, in);
    called(&r, CALLED_NOT_FOUND);
    step(&r, (struct input){.type = IN_CALLED,
                            .u.called = {.op = r.op, .reply = {.class = CALLED_OK, .item_hash = 5}}});
    waits_for(&r, CORE_WAIT_LOOKUP_LAG);
    free(r.core);
}

static void what_a_catalog_keeps(void **state)
{
    struct core_settings set = usual();
    struct core_catalog_view view;
    struct rig r;

    (void)state;
    set.catalogs[0].limited = true;
    rig_open(&r, set);
    store_ready(&r);
    core_view_catalog(r.core, 0, &view);
    assert_false(view.budget_out); /* no tokens, but nothing wants one */
    feed(&r, 10, 1);
    claimed(&r, CLAIM_GRANTED, 0);
    step(&r, (struct input){.type = IN_BUDGET, .u.budget = {.answered = true, .wait_us = 900000}});
    waits_for(&r, CORE_WAIT_BUDGET);
    core_view_catalog(r.core, 0, &view);
    assert_true(view.budget_out);
    assert_int_equal(view.budget_until_us, r.now_us + 900000);
    assert_int_equal(view.ready, 1);
    r.now_us += 900000;
    step(&r, (struct input){.type = IN_TICK});
    step(&r, (struct input){.type = IN_BUDGET, .u.budget = {.answered = true, .granted = 2}});
    waits_for(&r, CORE_WAIT_CALL);
    core_view_catalog(r.core, 0, &view);
    assert_int_equal(view.tokens, 1);
    assert_false(view.budget_out);
    called(&r, CALLED_AUTH);
    waits_for(&r, CORE_WAIT_GATE);
    core_view_catalog(r.core, 0, &view);
    assert_int_equal(view.ready, 1);
    assert_int_equal(view.gate, GATE_AUTH);
    assert_int_equal(oldest(&r).until_us, view.gate_until_us);
    assert_false(view.budget_out);
    assert_false(view.probing);
    step(&r, (struct input){.type = IN_STORE_DOWN});
    waits_for(&r, CORE_WAIT_STORE);
    free(r.core);
}

static void bounds_that_are_reached(void **state)
{
    struct core_settings set = usual();
    struct core_partition_view part;
    struct rig r;

    (void)state;
    set.catalogs[0].inflight_max = 1;
    set.catalogs[0].claims_max = 2;
    rig_open(&r, set);
    store_ready(&r);
    core_view_partition(r.core, 0, &part);
    assert_true(part.assigned && !part.paused && !part.revoking);
    assert_int_equal(part.full, CORE_FULL_NOT);
    assert_int_equal(part.committable, -1);
    feed(&r, 10, 1);
    struct op_id first = r.op;
    feed(&r, 11, 2);
    claimed(&r, CLAIM_GRANTED, 0); /* the second's comes first: its call is the one in flight */
    r.op = first;
    claimed(&r, CLAIM_GRANTED, 0);
    waits_for(&r, CORE_WAIT_INFLIGHT);
    feed(&r, 12, 3);
    feed(&r, 13, 4);
    core_view_partition(r.core, 0, &part);
    assert_true(part.paused);
    assert_int_equal(part.open, 4);
    assert_int_equal(part.full, CORE_FULL_TOPIC);
    step(&r, (struct input){.type = IN_REVOKING, .u.assigned = {.partition = 0, .assignment = 1}});
    core_view_partition(r.core, 0, &part);
    assert_true(part.revoking);
    free(r.core);
}

static void claims_and_turns(void **state)
{
    struct core_settings set = usual();
    struct record record;
    struct rig r;

    (void)state;
    set.catalogs[0].claims_max = 1;
    rig_open(&r, set);
    step(&r, (struct input){.type = IN_ASSIGNED, .u.assigned = {.partition = 1, .assignment = 1}});
    store_ready(&r);
    feed_record(&r, record_of(1, 3, 1));
    feed(&r, 10, 2); /* another product: no claim is left for it */
    waits_for(&r, CORE_WAIT_CLAIMS);
    free(r.core);
    rig_open(&r, set);
    step(&r, (struct input){.type = IN_ASSIGNED, .u.assigned = {.partition = 1, .assignment = 1}});
    store_ready(&r);
    record = record_of(1, 3, 2);
    record.intent = INTENT_DELETE; /* is not absorbed */
    feed_record(&r, record);
    feed(&r, 10, 2); /* the same product, by another partition */
    waits_for(&r, CORE_WAIT_TURN);
    free(r.core);
}

/* The claims that are open wait at the gate; so the next one waits for it as well. */
static void claims_behind_a_closed_gate(void **state)
{
    struct core_settings set = usual();
    struct core_op_view view;
    struct rig r;

    (void)state;
    set.catalogs[0].claims_max = 1;
    rig_open(&r, set);
    step(&r, (struct input){.type = IN_ASSIGNED, .u.assigned = {.partition = 1, .assignment = 1}});
    store_ready(&r);
    feed(&r, 10, 1);
    claimed(&r, CLAIM_GRANTED, 0);
    called(&r, CALLED_THROTTLED);
    waits_for(&r, CORE_WAIT_GATE);
    feed_record(&r, record_of(1, 3, 2));
    assert_true(core_view_oldest(r.core, 1, &view));
    assert_string_equal(core_wait_name(view.wait), core_wait_name(CORE_WAIT_GATE));
    assert_true(view.until_us > r.now_us);
    free(r.core);
}

/* It was claimed three times by workers that died: nothing runs beside it. */
static void a_record_that_runs_alone(void **state)
{
    struct input in = {.type = IN_CLAIMED};
    struct core_op_view view;
    struct rig r;
    struct op_id first, killer;

    (void)state;
    rig_open(&r, usual());
    step(&r, (struct input){.type = IN_ASSIGNED, .u.assigned = {.partition = 1, .assignment = 1}});
    store_ready(&r);
    feed(&r, 10, 1);
    first = r.op;
    feed_record(&r, record_of(1, 3, 2));
    killer = r.op;
    r.op = first;
    claimed(&r, CLAIM_GRANTED, 0); /* its call is in flight when the killer comes */
    in.u.claimed.op = killer;
    in.u.claimed.reply = (struct claim_reply){
        .status = CLAIM_GRANTED, .fence = 2, .version = 1, .claims = 3, .targets_count = 1};
    in.u.claimed.reply.targets[0].last_write_ago_us = INT64_MAX / 2;
    step(&r, in);
    assert_true(core_view_oldest(r.core, 1, &view)); /* the next to call, once the other's is over */
    assert_string_equal(core_wait_name(view.wait), core_wait_name(CORE_WAIT_NOTHING));
    r.op = first;
    called(&r, CALLED_NOT_SENT); /* claimed anew, and then it waits for the killer */
    claimed(&r, CLAIM_GRANTED, 0);
    waits_for(&r, CORE_WAIT_ALONE);
    assert_true(core_view_oldest(r.core, 1, &view));
    assert_string_equal(core_wait_name(view.wait), core_wait_name(CORE_WAIT_CALL));
    free(r.core);
}

/* Fewer records than topics: each topic still has one, or nothing would ever be read. */
static void a_window_smaller_than_its_topics(void **state)
{
    struct core_settings set = usual();
    struct core_partition_view part;
    struct rig r;

    (void)state;
    set.topics_count = 2;
    set.window_records = 1;
    set.window_bytes = 1;
    rig_open(&r, set);
    store_ready(&r);
    core_view_partition(r.core, 0, &part);
    assert_false(part.paused);
    feed(&r, 10, 1);
    core_view_partition(r.core, 0, &part);
    assert_true(part.paused);
    assert_int_equal(part.full, CORE_FULL_TOPIC);
    free(r.core);
}

/* What cannot be read belongs to no catalog; its outcome is stored all the same. */
static void a_record_of_no_catalog(void **state)
{
    struct record record = record_of(0, 10, 1);
    struct rig r;

    (void)state;
    record.catalog = CATALOG_NONE;
    record.local = LOCAL_FAILED;
    record.remembered = false;
    rig_open(&r, usual());
    feed_record(&r, record);
    assert_int_equal(oldest(&r).catalog, CATALOG_NONE);
    waits_for(&r, CORE_WAIT_RESULT); /* nothing of it is in the store: its dead letter goes out at once */
    free(r.core);
}

/* It looks now and then meanwhile, to keep the builder's lease: quiet all the same. */
static void the_quiet_time_of_a_new_epoch(void **state)
{
    struct core_store_view view;
    struct rig r;

    (void)state;
    rig_open(&r, usual());
    step(&r, (struct input){.type = IN_STORE_UP});
    step(&r, (struct input){
                 .type = IN_STORE_VIEWED,
                 .u.view = {
                     .answered = true, .witness_ok = true, .epoch = 6, .builder = true, .wait_us = 9000000}});
    core_view_store(r.core, &view);
    assert_int_equal(view.state, CORE_STORE_QUIET);
    assert_int_equal(view.quiet_until_us, r.now_us + 9000000);
    r.now_us += 4000000;
    step(&r, (struct input){.type = IN_TICK});
    core_view_store(r.core, &view);
    assert_int_equal(view.state, CORE_STORE_QUIET);
    r.now_us += 6000000;
    step(&r, (struct input){.type = IN_STORE_VIEWED}); /* the look was not answered: tried again, and over */
    core_view_store(r.core, &view);
    assert_int_equal(view.state, CORE_STORE_LOOKING);
    free(r.core);
}

static void the_store(void **state)
{
    struct core_store_view view;
    struct rig r;

    (void)state;
    rig_open(&r, usual());
    core_view_store(r.core, &view);
    assert_int_equal(view.state, CORE_STORE_DOWN);
    step(&r, (struct input){.type = IN_STORE_UP});
    core_view_store(r.core, &view);
    assert_int_equal(view.state, CORE_STORE_LOOKING);
    store_ready(&r);
    core_view_store(r.core, &view);
    assert_int_equal(view.state, CORE_STORE_READY);
    assert_int_equal(view.epoch, 5);
    assert_string_equal(core_wait_name(CORE_WAIT_COUNT), "");
    free(r.core);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_on_its_way),
        cmocka_unit_test(a_delete_that_the_index_does_not_show_yet),
        cmocka_unit_test(what_a_catalog_keeps),
        cmocka_unit_test(bounds_that_are_reached),
        cmocka_unit_test(claims_and_turns),
        cmocka_unit_test(the_quiet_time_of_a_new_epoch),
        cmocka_unit_test(the_store),
        cmocka_unit_test(a_record_of_no_catalog),
        cmocka_unit_test(a_window_smaller_than_its_topics),
        cmocka_unit_test(claims_behind_a_closed_gate),
        cmocka_unit_test(a_record_that_runs_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
