/* The core at its bounds: thousands of records in one step's reach, hundreds of partitions, answers that
 * nobody waits for, settings that make no sense. The stories are in tests/trace, the faults in tests/sim. */
#include "worker/core/core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MANY = 3000, PARTITIONS = 700 };

struct bench {
    struct core *core;
    struct outputs out;
    usec_t now_us;
    uint32_t seen[OUT_COUNT];
    struct output *kept; /* outputs that want an answer, in order */
    uint32_t kept_count;
};

static struct core_settings usual(void)
{
    struct core_settings set = {
        .catalogs_count = 1,
        .topics_count = 1,
        .catalogs[0] = {.upsert = true, .inflight_max = MANY, .claims_max = MANY},
        .window_records = 4 * MANY,
        .slack_records = CORE_SLACK_RECORDS,
        .window_bytes = 1 << 30,
        .window_span = 1 << 20,
        .retry_attempts_max = 5,
        .retry_age_max_us = 3600000000,
        .retry_base_us = 1000,
        .retry_max_us = 1000,
        .retry_budget_percent = 100,
        .breaker_failures = 2 * MANY,
        .refusals_max = 2 * MANY,
        .breaker_open_us = 1000000,
        .breaker_open_max_us = 8000000,
        .pause_probe_us = 1000000,
        .call_timeout_us = 1000000,
        .call_late_us = 2000000,
        .lease_us = 3600000000,
        .lease_margin_us = 1000,
        .unchanged_max_age_us = 1,
        .commit_interval_us = 1000,
        .revoke_timeout_us = 1000000,
        .shutdown_timeout_us = 1000000,
        .incarnation = 7,
        .seed = 1,
    };

    return set;
}

static void step(struct bench *b, struct input *in)
{
    in->now_us = b->now_us;
    core_step(b->core, in, &b->out);
    assert_true(b->out.count <= CORE_OUTPUTS_MAX);
    for (uint32_t i = 0; i < b->out.count; i++) {
        b->seen[b->out.list[i].type]++;
        if (b->kept_count < 8 * MANY)
            b->kept[b->kept_count++] = b->out.list[i];
    }
}

static void tick(struct bench *b)
{
    struct input in = {.type = IN_TICK};

    step(b, &in);
}

/* Steps for as long as the core asks for another turn at once. */
static uint32_t settle_down(struct bench *b)
{
    uint32_t turns = 0;

    while (core_deadline_us(b->core) <= b->now_us) {
        tick(b);
        turns++;
        assert_true(turns < 100000);
    }
    core_check(b->core);
    return turns;
}

static void later(struct bench *b, usec_t us)
{
    b->now_us += us;
    tick(b);
    settle_down(b);
}

static void open_bench(struct bench *b, const struct core_settings *set)
{
    memset(b, 0, sizeof *b);
    b->now_us = 1000000;
    b->kept = calloc(8 * MANY, sizeof *b->kept);
    b->core = core_init(calloc(1, core_size(set)), set, b->now_us);
    assert_non_null(b->kept);
}

static void close_bench(struct bench *b)
{
    free(b->core);
    free(b->kept);
}

static void assign(struct bench *b, uint16_t partition)
{
    struct input in = {.type = IN_ASSIGNED, .u.assigned = {.partition = partition, .assignment = 1}};

    step(b, &in);
}

static void store_ready(struct bench *b)
{
    struct input up = {.type = IN_STORE_UP};
    struct input view = {.type = IN_STORE_VIEWED,
                         .u.view = {.answered = true, .witness_ok = true, .epoch = 5, .ready = true}};

    step(b, &up);
    step(b, &view);
    assert_true(core_store_ready(b->core));
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
                           .identity = {3, product},
                           .data_hash = {4, product},
                           .content = {5, product}};
}

static void feed(struct bench *b, struct record record)
{
    struct input in = {.type = IN_RECORD, .u.record = record};

    assert_true(core_can_accept(b->core));
    step(b, &in);
}

static void feed_many(struct bench *b, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        feed(b, record_of(0, i, 100 + i));
}

/* Answers every output of the type kept so far, as `how` fills the input. */
static uint32_t answer_all(struct bench *b, enum output_type type,
                           void (*how)(const struct output *, struct input *))
{
    uint32_t count = b->kept_count, answered = 0;
    struct output *asked = malloc((count + 1) * sizeof *asked);

    assert_non_null(asked);
    memcpy(asked, b->kept, count * sizeof *asked);
    b->kept_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct input in = {0};

        if (asked[i].type != type)
            continue;
        how(&asked[i], &in);
        step(b, &in);
        answered++;
    }
    free(asked);
    settle_down(b);
    return answered;
}

static void grant(const struct output *out, struct input *in)
{
    in->type = IN_CLAIMED;
    in->u.claimed.op = out->op;
    in->u.claimed.reply =
        (struct claim_reply){.status = CLAIM_GRANTED, .fence = 1, .version = 1, .targets_count = 1};
    in->u.claimed.reply.targets[0].last_write_ago_us = INT64_MAX / 2;
}

static void ended(const struct output *out, struct input *in)
{
    in->type = IN_CLAIMED;
    in->u.claimed.op = out->op;
    in->u.claimed.reply.status = CLAIM_ENDED;
}

static void fails(const struct output *out, struct input *in)
{
    in->type = IN_CALLED;
    in->u.called.op = out->op;
    in->u.called.reply.class = CALLED_TRANSIENT;
}

static void works(const struct output *out, struct input *in)
{
    in->type = IN_CALLED;
    in->u.called.op = out->op;
    in->u.called.reply = (struct call_reply){.class = CALLED_OK, .item_hash = 9};
}

static void stored(const struct output *out, struct input *in)
{
    in->type = IN_SETTLED;
    in->u.settled.op = out->op;
    in->u.settled.status = SETTLE_OK;
}

static void delivered(const struct output *out, struct input *in)
{
    in->type = IN_PUBLISHED;
    in->u.published.op = out->op;
    in->u.published.kind = out->type == OUT_PUBLISH_DEAD ? PUBLISH_DEAD : PUBLISH_RESULT;
    in->u.published.ok = true;
}

static void committed(const struct output *out, struct input *in)
{
    in->type = IN_COMMITTED;
    in->u.committed.partition = out->u.partition.partition;
    in->u.committed.assignment = out->u.partition.assignment;
    in->u.committed.ok = true;
    in->u.committed.offset = out->u.partition.offset;
}

/* ---- tests ---- */

static void settings_that_make_no_sense(void **state)
{
    struct core_settings good = usual(), bad;

    (void)state;
    assert_true(core_size(&good) > 0);
#define REFUSED(change)                                                                                      \
    do {                                                                                                     \
        bad = good;                                                                                          \
        bad.change;                                                                                          \
        assert_int_equal(core_size(&bad), 0);                                                                \
    } while (0)
    REFUSED(catalogs_count = 0);
    REFUSED(catalogs_count = CORE_CATALOGS_MAX + 1);
    REFUSED(topics_count = 0);
    REFUSED(topics_count = CORE_TOPICS_MAX + 1);
    REFUSED(window_records = 0);
    REFUSED(window_records = CORE_WINDOW_MAX + 1);
    REFUSED(slack_records = 0);
    REFUSED(slack_records = CORE_SLACK_RECORDS + 1);
    REFUSED(window_bytes = 0);
    REFUSED(window_span = 0);
    REFUSED(catalogs[0].inflight_max = 0);
    REFUSED(catalogs[0].claims_max = 0);
    REFUSED(lease_us = good.call_timeout_us);
    REFUSED(retry_attempts_max = 0);
    REFUSED(breaker_failures = 0);
    REFUSED(refusals_max = 0);
}

static void every_name_is_a_name(void **state)
{
    (void)state;
    for (int i = 0; i < IN_COUNT; i++)
        assert_true(strlen(core_input_name((enum input_type)i)) > 2);
    for (int i = 0; i < OUT_COUNT; i++)
        assert_true(strlen(core_output_name((enum output_type)i)) > 2);
    assert_string_equal(core_outcome_name(OUTCOME_FAILED), "failed");
    assert_string_equal(core_reason_name(REASON_AGE), "age");
    assert_string_equal(core_reason_name(REASON_NEWER_VERSION), "newer_version");
}

static void thousands_go_their_way(void **state)
{
    struct core_settings set = usual();
    struct core_stats stats;
    struct bench b;

    (void)state;
    open_bench(&b, &set);
    assign(&b, 0);
    feed_many(&b, MANY);
    store_ready(&b);
    assert_true(settle_down(&b) > 1); /* more claims than one step may put out */
    assert_int_equal(answer_all(&b, OUT_CLAIM, grant), MANY);
    assert_int_equal(answer_all(&b, OUT_CALL, fails), MANY);
    for (int i = 0; i < 4000 && b.seen[OUT_CALL] < 2 * MANY; i++) /* the retry budget spreads them */
        later(&b, 1000000);
    assert_int_equal(b.seen[OUT_CALL], 2 * MANY);
    core_stats(b.core, &stats);
    assert_int_equal(stats.counted_failures, 0); /* nothing ever succeeded: it was an outage */
    assert_int_equal(answer_all(&b, OUT_CALL, works), MANY);
    while (b.seen[OUT_SETTLE] < MANY) /* the probe reads come first, then the calls themselves */
        assert_true(answer_all(&b, OUT_CALL, works) > 0 || b.seen[OUT_SETTLE] == MANY);
    close_bench(&b);
}

static void thousands_are_stored_and_told(void **state)
{
    struct core_settings set = usual();
    struct bench b;

    (void)state;
    open_bench(&b, &set);
    assign(&b, 0);
    feed_many(&b, MANY);
    store_ready(&b);
    settle_down(&b);
    answer_all(&b, OUT_CLAIM, grant);
    assert_int_equal(answer_all(&b, OUT_CALL, works), MANY);
    assert_int_equal(answer_all(&b, OUT_SETTLE, stored), MANY);
    assert_int_equal(answer_all(&b, OUT_PUBLISH_RESULT, delivered), MANY);
    assert_int_equal(core_committable(b.core, 0), MANY);
    later(&b, set.commit_interval_us);
    assert_true(b.seen[OUT_COMMIT] >= 1);
    assert_int_equal(b.seen[OUT_DROP], MANY);
    close_bench(&b);
}

static void thousands_are_given_up_a_few_at_a_time(void **state)
{
    struct core_settings set = usual();
    struct input revoke = {.type = IN_REVOKING, .u.assigned = {.partition = 0, .assignment = 1}};
    struct bench b;

    (void)state;
    open_bench(&b, &set);
    assign(&b, 0);
    feed_many(&b, MANY);
    store_ready(&b);
    settle_down(&b);
    answer_all(&b, OUT_CLAIM, grant);
    b.now_us += 1;
    step(&b, &revoke);
    later(&b, set.revoke_timeout_us + 1); /* the calls in flight are not waited for longer */
    assert_int_equal(b.seen[OUT_REVOKED], 1);
    assert_int_equal(b.seen[OUT_COMMIT], 0);
    close_bench(&b);
}

static void idle_ones_are_released(void **state)
{
    struct core_settings set = usual();
    struct input lost = {.type = IN_LOST, .u.assigned = {.partition = 0, .assignment = 1}};
    struct bench b;

    (void)state;
    set.catalogs[0].inflight_max = 1;
    open_bench(&b, &set);
    assign(&b, 0);
    feed_many(&b, MANY);
    store_ready(&b);
    settle_down(&b);
    answer_all(&b, OUT_CLAIM, grant);
    step(&b, &lost);
    assert_true(settle_down(&b) > 1);
    assert_int_equal(b.seen[OUT_RELEASE], MANY - 1); /* all but the one whose call is out */
    assert_int_equal(b.seen[OUT_DROP], MANY - 1);
    step(&b, &lost); /* told twice: nothing more */
    close_bench(&b);
}

static void broken_events_wait_for_the_store_together(void **state)
{
    struct core_settings set = usual();
    struct bench b;

    (void)state;
    open_bench(&b, &set);
    assign(&b, 0);
    for (uint32_t i = 0; i < MANY; i++) {
        struct record record = record_of(0, i, i);

        record.local = LOCAL_FAILED;
        record.product = (struct key128){1, 1};
        feed(&b, record);
    }
    store_ready(&b);
    settle_down(&b);
    assert_int_equal(answer_all(&b, OUT_CLAIM, ended), MANY);
    assert_int_equal(answer_all(&b, OUT_PUBLISH_DEAD, delivered), MANY);
    assert_int_equal(answer_all(&b, OUT_PUBLISH_RESULT, delivered), MANY);
    assert_int_equal(core_committable(b.core, 0), MANY);
    close_bench(&b);
}

static void hundreds_of_partitions_commit(void **state)
{
    struct core_settings set = usual();
    struct input stop = {.type = IN_TERMINATE};
    struct bench b;

    (void)state;
    open_bench(&b, &set);
    for (uint16_t i = 0; i < PARTITIONS; i++) {
        struct record record = record_of(i, 0, i);

        assign(&b, i);
        record.remembered = false;
        record.catalog = CATALOG_NONE;
        record.local = LOCAL_FAILED;
        feed(&b, record);
    }
    settle_down(&b);
    answer_all(&b, OUT_PUBLISH_DEAD, delivered);
    assert_int_equal(answer_all(&b, OUT_PUBLISH_RESULT, delivered), PARTITIONS);
    later(&b, set.commit_interval_us);
    assert_int_equal(b.seen[OUT_COMMIT], PARTITIONS);
    assert_int_equal(answer_all(&b, OUT_COMMIT, committed), PARTITIONS);
    step(&b, &stop);
    step(&b, &stop); /* asked twice */
    settle_down(&b);
    assert_int_equal(b.seen[OUT_REVOKED], PARTITIONS);
    assert_int_equal(b.seen[OUT_STOPPED], 1);
    close_bench(&b);
}

static void answers_that_nobody_waits_for(void **state)
{
    struct core_settings set = usual();
    struct core_stats stats;
    struct bench b;
    struct op_id op;
    struct input wrong[4] = {
        {.type = IN_CLAIMED}, {.type = IN_CALLED}, {.type = IN_SETTLED}, {.type = IN_PUBLISHED}};

    (void)state;
    open_bench(&b, &set);
    assign(&b, 0);
    op = core_next_op(b.core);
    feed(&b, record_of(0, 0, 1)); /* waits for the store: no answer is due */
    for (int i = 0; i < 4; i++) {
        wrong[i].u.claimed.op = op; /* the op stands first in each */
        step(&b, &wrong[i]);
    }
    op.gen += 5;
    for (int i = 0; i < 4; i++) {
        wrong[i].u.claimed.op = op;
        step(&b, &wrong[i]);
    }
    core_stats(b.core, &stats);
    assert_int_equal(stats.stale_replies, 8);
    assert_int_equal(b.seen[OUT_PUBLISH_RESULT] + b.seen[OUT_SETTLE] + b.seen[OUT_CALL], 0);
    assert_int_equal(stats.open, 1);
    close_bench(&b);
}

static void old_assignments_and_offsets_are_dropped(void **state)
{
    struct core_settings set = usual();
    struct core_stats stats;
    struct record record;
    struct bench b;

    (void)state;
    open_bench(&b, &set);
    assign(&b, 0);
    feed(&b, record_of(0, 10, 1));
    feed(&b, record_of(0, 10, 1)); /* an offset that steps back */
    record = record_of(0, 11, 2);
    record.assignment = 9;
    feed(&b, record);
    feed(&b, record_of(3, 0, 4)); /* never assigned */
    core_stats(b.core, &stats);
    assert_int_equal(stats.records, 1);
    assert_int_equal(stats.dropped_again, 1);
    assert_int_equal(stats.dropped_stale, 2);
    assert_int_equal(b.seen[OUT_DROP], 3);
    core_check(b.core);
    close_bench(&b);
}

/* Repairs belong to no partition: a stop gives up the idle ones and lets the others end. */
static void repairs_end_with_the_process(void **state)
{
    struct core_settings set = usual();
    struct input stop = {.type = IN_TERMINATE};
    struct record repair = record_of(PARTITION_NONE, 0, 1);
    struct bench b;

    (void)state;
    set.catalogs[0].claims_max = 1;
    open_bench(&b, &set);
    assign(&b, 0);
    store_ready(&b);
    repair.at.partition = 0;
    feed(&b, repair); /* claimed at once */
    repair.product.lo = repair.identity.lo = 2;
    feed(&b, repair); /* waits for its turn */
    feed(&b, record_of(0, 0, 3));
    step(&b, &stop);
    settle_down(&b);
    assert_int_equal(b.seen[OUT_STOPPED], 0);
    answer_all(&b, OUT_CLAIM, grant);
    assert_int_equal(b.seen[OUT_STOPPED], 1);
    assert_int_equal(b.seen[OUT_CALL] + b.seen[OUT_PUBLISH_RESULT], 0);
    close_bench(&b);
}

static void held(const struct output *out, struct input *in)
{
    in->type = IN_CLAIMED;
    in->u.claimed.op = out->op;
    in->u.claimed.reply.status = CLAIM_HELD;
    in->u.claimed.reply.wait_us = 3600000000;
}

/* A lease held for very long is asked for again and again, at most every few seconds. */
static void a_held_lease_is_polled(void **state)
{
    struct core_settings set = usual();
    struct bench b;

    (void)state;
    open_bench(&b, &set);
    assign(&b, 0);
    store_ready(&b);
    feed(&b, record_of(0, 0, 1));
    for (int i = 0; i < 300; i++) {
        assert_int_equal(answer_all(&b, OUT_CLAIM, held), 1);
        later(&b, 3000000);
    }
    assert_true(b.seen[OUT_CLAIM] >= 300);
    close_bench(&b);
}

static void undelivered(const struct output *out, struct input *in)
{
    delivered(out, in);
    in->u.published.ok = false;
}

static void of_the_other_kind(const struct output *out, struct input *in)
{
    delivered(out, in);
    in->u.published.kind = PUBLISH_DEAD;
}

/* Kafka is down for as long as it likes: the result is published again until it is acknowledged. */
static void a_result_is_never_given_up(void **state)
{
    struct core_settings set = usual();
    struct record record = record_of(0, 5, 1);
    struct input old = {.type = IN_COMMITTED, .u.committed = {.assignment = 1, .ok = true, .offset = 1}};
    struct bench b;

    (void)state;
    open_bench(&b, &set);
    assign(&b, 0);
    record.remembered = false;
    record.catalog = CATALOG_NONE;
    record.local = LOCAL_SKIPPED;
    feed(&b, record);
    for (int i = 0; i < 300; i++) {
        assert_int_equal(answer_all(&b, OUT_PUBLISH_RESULT, undelivered), 1);
        later(&b, 3000000);
    }
    assert_int_equal(core_committable(b.core, 0), 5);
    assert_int_equal(b.seen[OUT_COMMIT], 0);
    answer_all(&b, OUT_PUBLISH_RESULT, of_the_other_kind); /* says nothing of the result */
    assert_int_equal(core_committable(b.core, 0), 5);
    step(&b, &old); /* nor does an answer about an offset long passed */
    assert_int_equal(core_committable(b.core, 0), 5);
    close_bench(&b);
}

/* A store that stays empty is asked to begin an epoch again and again, but not in a storm. */
static void an_epoch_is_asked_for_until_there_is_one(void **state)
{
    struct core_settings set = usual();
    struct input up = {.type = IN_STORE_UP};
    struct input empty = {.type = IN_STORE_VIEWED, .u.view = {.answered = true, .witness_ok = true}};
    struct bench b;

    (void)state;
    open_bench(&b, &set);
    step(&b, &up);
    for (int i = 0; i < 5; i++) {
        step(&b, &empty);
        later(&b, 1000000);
    }
    assert_int_equal(b.seen[OUT_EPOCH_RAISE], 5);
    assert_false(core_store_ready(b.core));
    close_bench(&b);
}

/* A worker without events learns by a look made now and then that the epoch moved on. */
static void a_view_of_another_epoch_makes_it_look(void **state)
{
    static const struct store_view moved[] = {
        {.answered = true, .witness_ok = true, .epoch = 6, .ready = true},
        {.answered = true, .witness_ok = true, .epoch = 5},
        {.answered = true, .epoch = 5, .ready = true},
    };
    struct core_settings set = usual();
    struct input same = {.type = IN_STORE_VIEWED,
                         .u.view = {.answered = true, .witness_ok = true, .epoch = 5, .ready = true}};
    struct input lost = {.type = IN_STORE_VIEWED};

    (void)state;
    for (size_t i = 0; i < sizeof moved / sizeof *moved; i++) {
        struct input view = {.type = IN_STORE_VIEWED, .u.view = moved[i]};
        struct bench b;

        open_bench(&b, &set);
        store_ready(&b);
        step(&b, &same);
        step(&b, &lost);
        assert_true(core_store_ready(b.core));
        assert_int_equal(b.seen[OUT_STORE_LOOK], 1);
        step(&b, &view);
        assert_false(core_store_ready(b.core));
        assert_int_equal(b.seen[OUT_STORE_LOOK], 2);
        close_bench(&b);
    }
}

static void done(const struct output *out, struct input *in)
{
    in->type = IN_CLAIMED;
    in->u.claimed.op = out->op;
    in->u.claimed.reply = (struct claim_reply){.status = CLAIM_DONE, .outcome = OUTCOME_UPDATED};
}

/* Brings one event to where its result is on its way, then lets the store begin a new epoch. */
static void publish_over_an_epoch(struct bench *b)
{
    struct core_settings set = usual();
    struct input view = {.type = IN_STORE_VIEWED,
                         .u.view = {.answered = true, .witness_ok = true, .epoch = 6, .ready = true}};

    open_bench(b, &set);
    assign(b, 0);
    store_ready(b);
    feed(b, record_of(0, 0, 1));
    answer_all(b, OUT_CLAIM, grant);
    answer_all(b, OUT_CALL, works);
    answer_all(b, OUT_SETTLE, stored);
    assert_int_equal(b->seen[OUT_PUBLISH_RESULT], 1);
    step(b, &view); /* moved on: it looks */
    answer_all(b, OUT_PUBLISH_RESULT, delivered);
    assert_int_equal(b->seen[OUT_DROP], 0);
    assert_int_equal(b->seen[OUT_CLAIM], 1); /* not before the store is ready */
    step(b, &view);
    settle_down(b);
    assert_int_equal(b->seen[OUT_CLAIM], 2);
    assert_int_equal(core_committable(b->core, 0), 0);
}

/* The rebuild of the new epoch read the result in time: nothing is told or called twice. */
static void a_result_told_over_an_epoch_is_asked_for(void **state)
{
    struct record newer = record_of(0, 1, 1);
    struct bench b;

    (void)state;
    publish_over_an_epoch(&b);
    newer.version = 2;
    newer.identity.lo = 77;
    feed(&b, newer); /* what is told is not absorbed */
    assert_int_equal(b.seen[OUT_ABSORB], 0);
    answer_all(&b, OUT_CLAIM, done);
    assert_int_equal(b.seen[OUT_DROP], 1);
    assert_int_equal(b.seen[OUT_PUBLISH_RESULT], 1);
    assert_int_equal(core_committable(b.core, 0), 1);
    close_bench(&b);
}

/* It did not: what was settled is forgotten, so it is done, stored and told again. */
static void a_result_that_a_rebuild_missed_is_done_again(void **state)
{
    struct bench b;

    (void)state;
    publish_over_an_epoch(&b);
    answer_all(&b, OUT_CLAIM, grant);
    answer_all(&b, OUT_CALL, works);
    answer_all(&b, OUT_SETTLE, stored);
    answer_all(&b, OUT_PUBLISH_RESULT, delivered);
    assert_int_equal(b.seen[OUT_CALL], 2);
    assert_int_equal(b.seen[OUT_PUBLISH_RESULT], 2);
    assert_int_equal(b.seen[OUT_DROP], 1);
    assert_int_equal(core_committable(b.core, 0), 1);
    close_bench(&b);
}

/* Spans of a microsecond leave no room for jitter, and do no harm. */
static void the_shortest_breaker(void **state)
{
    struct core_settings set = usual();
    struct bench b;

    (void)state;
    set.breaker_failures = 1;
    set.breaker_open_us = set.breaker_open_max_us = 1;
    open_bench(&b, &set);
    assign(&b, 0);
    store_ready(&b);
    feed(&b, record_of(0, 0, 1));
    answer_all(&b, OUT_CLAIM, grant);
    answer_all(&b, OUT_CALL, fails);
    assert_int_equal(b.seen[OUT_CATALOG_STATE], 1);
    later(&b, 1000000);
    assert_int_equal(b.seen[OUT_CALL], 2);
    close_bench(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_that_make_no_sense),
        cmocka_unit_test(every_name_is_a_name),
        cmocka_unit_test(thousands_go_their_way),
        cmocka_unit_test(thousands_are_stored_and_told),
        cmocka_unit_test(thousands_are_given_up_a_few_at_a_time),
        cmocka_unit_test(idle_ones_are_released),
        cmocka_unit_test(broken_events_wait_for_the_store_together),
        cmocka_unit_test(hundreds_of_partitions_commit),
        cmocka_unit_test(answers_that_nobody_waits_for),
        cmocka_unit_test(old_assignments_and_offsets_are_dropped),
        cmocka_unit_test(repairs_end_with_the_process),
        cmocka_unit_test(a_held_lease_is_polled),
        cmocka_unit_test(a_result_is_never_given_up),
        cmocka_unit_test(an_epoch_is_asked_for_until_there_is_one),
        cmocka_unit_test(a_view_of_another_epoch_makes_it_look),
        cmocka_unit_test(a_result_told_over_an_epoch_is_asked_for),
        cmocka_unit_test(a_result_that_a_rebuild_missed_is_done_again),
        cmocka_unit_test(the_shortest_breaker),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
