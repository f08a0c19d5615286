/* The consumer against librdkafka's mock cluster: assignment, hand-over, pause, commits, and the loud stops.
 */
#include "tests/adapter/kafka_mock.h"

enum { PARTITIONS_MAX = 8, RECORDS_MAX = 4096 };

struct worker {
    struct kafka_source *source;
    int assigned, revoking, lost, closed, records, commits_ok, commits_failed, fatal, down, up, warnings;
    struct source_assigned last[PARTITIONS_MAX]; /* by index */
    char metadata[PARTITIONS_MAX][64];
    uint16_t revoked[PARTITIONS_MAX];
    uint32_t revoked_assignment[PARTITIONS_MAX];
    int64_t offsets[PARTITIONS_MAX]; /* last one read, by index */
    int64_t committed;
    bool answer_at_once, in_order;
    char text[768], down_text[768], fatal_text[768], error[256];
};

static struct loop *loop;
static struct mock mock;

static void on_record(void *arg, uint16_t partition, uint32_t assignment, struct kafka_record record)
{
    struct worker *w = arg;
    assert_int_equal(assignment, w->last[partition].assignment);
    if (record.message->offset != w->offsets[partition] + 1) {
        w->in_order = false;
    }
    w->offsets[partition] = record.message->offset;
    w->records++;
    assert_int_equal(record.message->partition, w->last[partition].number);
    kafka_record_free(&record);
    assert_null(record.owner);
}

static void on_assigned(void *arg, const struct source_assigned *assigned)
{
    struct worker *w = arg;
    assert_true(assigned->partition < PARTITIONS_MAX);
    assert_true(assigned->assignment > w->last[assigned->partition].assignment);
    w->last[assigned->partition] = *assigned;
    snprintf(w->metadata[assigned->partition], sizeof(w->metadata[0]), "%s", assigned->metadata);
    w->offsets[assigned->partition] = assigned->committed < 0 ? -1 : assigned->committed - 1;
    w->assigned++;
}

static void on_revoking(void *arg, uint16_t partition, uint32_t assignment)
{
    struct worker *w = arg;
    assert_int_equal(assignment, w->last[partition].assignment);
    w->revoked[w->revoking] = partition;
    w->revoked_assignment[w->revoking] = assignment;
    w->revoking++;
    if (w->answer_at_once) {
        kafka_source_revoked(w->source, partition, assignment);
    }
}

static void on_lost(void *arg, uint16_t partition, uint32_t assignment)
{
    struct worker *w = arg;
    assert_int_equal(assignment, w->last[partition].assignment);
    w->lost++;
}

static void on_committed(void *arg, uint16_t partition, uint32_t assignment, int64_t offset, bool ok,
                         const char *error)
{
    struct worker *w = arg;
    (void)partition, (void)assignment;
    assert_int_equal(ok, error[0] == '\0');
    w->commits_ok += ok;
    w->commits_failed += !ok;
    w->committed = offset;
    snprintf(w->error, sizeof(w->error), "%s", error);
}

static void on_trouble(void *arg, enum kafka_trouble kind, const char *text)
{
    struct worker *w = arg;
    w->fatal += kind == KAFKA_FATAL;
    w->down += kind == KAFKA_DOWN;
    w->up += kind == KAFKA_UP;
    w->warnings += kind == KAFKA_WARNING;
    snprintf(w->text, sizeof(w->text), "%s", text);
    if (kind == KAFKA_DOWN) {
        snprintf(w->down_text, sizeof(w->down_text), "%s", text);
    }
    if (kind == KAFKA_FATAL) {
        snprintf(w->fatal_text, sizeof(w->fatal_text), "%s", text);
    }
    mock_log(NULL, 0, "TROUBLE", text);
}

static void on_closed(void *arg)
{
    struct worker *w = arg;
    w->closed++;
}

static void open_worker(struct worker *w)
{
    static const char *const topics[] = {"events", "events.bulk"};
    struct source_settings settings = {
        .kafka = &mock.settings, .topics = topics, .topics_count = 1, .records_per_turn = 100};
    struct source_events events = {.arg = w,
                                   .record = on_record,
                                   .assigned = on_assigned,
                                   .revoking = on_revoking,
                                   .lost = on_lost,
                                   .committed = on_committed,
                                   .trouble = on_trouble,
                                   .log = mock_log,
                                   .closed = on_closed};
    char error[KAFKA_ERROR_SIZE] = "";
    *w = (struct worker){.answer_at_once = true, .in_order = true};
    w->source = kafka_source_open(loop, &settings, &events, error);
    assert_string_equal(error, "");
    assert_non_null(w->source);
}

static void close_worker(struct worker *w)
{
    kafka_source_close(w->source);
    RUN_UNTIL(loop, 20000, w->closed == 1);
    kafka_source_destroy(w->source);
}

static int setup(void **state)
{
    (void)state;
    mock_start(&mock, "events", 4);
    /* The mock lets a member that joins an emptied group wait for a session's time. */
    mock_set(&mock, "session.timeout.ms", "6000");
    mock_set(&mock, "heartbeat.interval.ms", "200");
    if (getenv("TEST_DEBUG")) {
        mock_set(&mock, "debug", getenv("TEST_DEBUG"));
    }
    loop = loop_create();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    loop_destroy(loop);
    mock_stop(&mock);
    return 0;
}

static void test_reads_all_in_order(void **state)
{
    (void)state;
    struct worker w;
    for (int p = 0; p < 4; p++) {
        mock_produce(&mock, "events", p, 0, 500);
    }
    open_worker(&w);
    assert_false(kafka_source_joined(w.source));
    RUN_UNTIL(loop, 20000, w.assigned == 4);
    assert_true(kafka_source_joined(w.source));
    assert_int_equal(w.warnings, 4); /* no committed offset: said so for each partition */
    assert_non_null(strstr(w.text, "no committed offset"));
    RUN_UNTIL(loop, 20000, w.records == 2000);
    assert_true(w.in_order);
    int32_t number;
    assert_string_equal(kafka_source_name(w.source, 0, &number), "events");
    assert_int_equal(number, w.last[0].number);
    struct source_position position;
    assert_true(kafka_source_position(w.source, 3, &position));
    assert_int_equal(position.next, 500);
    assert_int_equal(position.reached, 500);
    assert_int_equal(position.high, 500);
    assert_false(kafka_source_position(w.source, 4, &position));
    close_worker(&w);
    assert_int_equal(w.revoking, 4);
    assert_int_equal(w.lost, 0);
}

/* One batch, more than all that the reader asks for at once. */
static void produce_one_batch(const char *topic, int records, size_t size)
{
    static const char *const settings[][2] = {{"message.max.bytes", "8000000"},
                                              {"batch.size", "8000000"},
                                              {"linger.ms", "1000"},
                                              {"log_level", "0"}};
    char error[512], *value = calloc(1, size);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();

    assert_non_null(value);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        assert_int_equal(rd_kafka_conf_set(conf, settings[i][0], settings[i][1], error, sizeof error),
                         RD_KAFKA_CONF_OK);
    assert_int_equal(rd_kafka_conf_set(conf, "bootstrap.servers",
                                       rd_kafka_mock_cluster_bootstraps(mock.cluster), error, sizeof error),
                     RD_KAFKA_CONF_OK);
    rd_kafka_t *producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
    assert_non_null(producer);
    for (int i = 0; i < records; i++)
        assert_int_equal(rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(0),
                                           RD_KAFKA_V_VALUE(value, size),
                                           RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END),
                         0);
    assert_int_equal(rd_kafka_flush(producer, 20000), 0);
    rd_kafka_destroy(producer);
    free(value);
}

/* A reader that refused an answer larger than what it had asked for would ask for it again for ever, and with
 * it for all partitions of that broker. */
static void test_a_batch_larger_than_the_answers_limit(void **state)
{
    struct worker w;

    (void)state;
    produce_one_batch("events", 5, 900000);
    mock_produce(&mock, "events", 1, 0, 10); /* the neighbour on the same broker */
    open_worker(&w);
    RUN_UNTIL(loop, 30000, w.records == 15);
    assert_true(w.in_order);
    close_worker(&w);
}

static void test_commit_and_what_the_next_one_reads(void **state)
{
    (void)state;
    struct worker w;
    mock_produce(&mock, "events", 2, 0, 10);
    open_worker(&w);
    RUN_UNTIL(loop, 20000, w.records == 10);
    uint16_t index = 0;
    while (w.last[index].number != 2) {
        index++;
    }
    kafka_source_commit(w.source, index, w.last[index].assignment, 7, "witness of run 1");
    RUN_UNTIL(loop, 5000, w.commits_ok == 1);
    assert_int_equal(w.committed, 7);
    kafka_source_commit(w.source, index, w.last[index].assignment + 100, 9, "");
    RUN_UNTIL(loop, 5000, w.commits_failed == 1); /* of no assignment of ours: refused here */
    close_worker(&w);

    struct worker next;
    open_worker(&next);
    RUN_UNTIL(loop, 20000, next.records == 3);
    RUN_FOR(loop, 200);
    assert_int_equal(next.records, 3); /* 7, 8, 9 and nothing twice */
    assert_true(next.in_order);
    for (int i = 0; i < 4; i++) {
        bool ours = next.last[i].number == 2;
        assert_int_equal(next.last[i].committed, ours ? 7 : -1);
        assert_string_equal(next.metadata[i], ours ? "witness of run 1" : "");
    }
    close_worker(&next);
}

static void test_lookup_of_offsets_is_tried_again(void **state)
{
    (void)state;
    struct worker w;
    rd_kafka_mock_push_request_errors(
        mock.cluster, 9 /* OffsetFetch */, 3, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
        RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED);
    open_worker(&w);
    RUN_UNTIL(loop, 20000, w.assigned == 4);
    assert_true(w.warnings >= 1);
    close_worker(&w);
}

static void test_pause_and_resume(void **state)
{
    (void)state;
    struct worker w;
    mock_produce(&mock, "events", 0, 0, 300);
    open_worker(&w);
    RUN_UNTIL(loop, 20000, w.records >= 100);
    uint16_t index = 0;
    while (w.last[index].number != 0) {
        index++;
    }
    kafka_source_pause(w.source, index);
    kafka_source_pause(w.source, index);
    RUN_FOR(loop, 300);
    int paused_at = w.records;
    mock_produce(&mock, "events", 0, 300, 100);
    RUN_FOR(loop, 500);
    assert_int_equal(w.records, paused_at);
    struct source_position position;
    assert_true(kafka_source_position(w.source, index, &position));
    assert_true(position.paused);
    /* the client fetches nothing of it, so it is asked where it ends */
    RUN_UNTIL(loop, 20000, kafka_source_position(w.source, index, &position) && position.high == 400);
    kafka_source_resume(w.source, index);
    RUN_UNTIL(loop, 20000, w.offsets[index] == 399);
    assert_int_equal(w.records, 400);
    assert_true(w.in_order); /* nothing skipped, nothing twice */
    close_worker(&w);
}

static void test_accept_holds_records_only(void **state)
{
    (void)state;
    struct worker w;
    open_worker(&w);
    kafka_source_accept(w.source, false);
    mock_produce(&mock, "events", 1, 0, 50);
    RUN_UNTIL(loop, 20000, w.assigned == 4); /* rebalances go on */
    RUN_FOR(loop, 500);
    assert_int_equal(w.records, 0);
    kafka_source_accept(w.source, true);
    RUN_UNTIL(loop, 5000, w.records == 50);
    close_worker(&w);
}

/* A second worker joins; the first one keeps what it is asked for until it has finished and committed. */
static void hand_over(const char *strategy, bool eager)
{
    struct worker first, second;
    if (strategy) {
        mock_set(&mock, "partition.assignment.strategy", strategy);
    }
    for (int p = 0; p < 4; p++) {
        mock_produce(&mock, "events", p, 0, 10);
    }
    open_worker(&first);
    RUN_UNTIL(loop, 20000, first.records == 40);
    first.answer_at_once = false;
    open_worker(&second);
    int asked = eager ? 4 : 2;
    RUN_UNTIL(loop, 20000, first.revoking == asked);
    mock_produce(&mock, "events", first.last[first.revoked[0]].number, 10, 5);
    RUN_FOR(loop, 1500);
    assert_int_equal(second.assigned, 0); /* not before the first one has let go */
    assert_int_equal(first.records, 40);  /* and nothing new of what is asked back */
    for (int i = 0; i < asked; i++) {
        kafka_source_commit(first.source, first.revoked[i], first.revoked_assignment[i], 10, "w");
        kafka_source_revoked(first.source, first.revoked[i], first.revoked_assignment[i]);
    }
    RUN_UNTIL(loop, 20000, second.assigned == 2);
    RUN_UNTIL(loop, 20000, first.commits_ok + first.commits_failed == asked);
    assert_int_equal(first.lost, 0);
    if (first.commits_ok ==
        asked) { /* else the mock refused them for the rebalance, and they are read again */
        for (int i = 0; i < PARTITIONS_MAX; i++) {
            assert_true(second.last[i].assignment == 0 || second.last[i].committed == 10);
        }
    }
    RUN_UNTIL(loop, 20000, first.assigned == 4 + (eager ? 2 : 0));
    first.answer_at_once = true;
    close_worker(&second);
    close_worker(&first);
}

static void test_hand_over_cooperative(void **state)
{
    (void)state;
    hand_over(NULL, false);
}

static void test_hand_over_eager(void **state)
{
    (void)state;
    hand_over("range", true);
}

/* The whole group stands still for longer than max.poll.interval.ms: polling alone keeps us in. */
static void test_idle_topic_keeps_membership(void **state)
{
    (void)state;
    struct worker w;
    mock_set(&mock, "max.poll.interval.ms", "6000");
    open_worker(&w);
    RUN_UNTIL(loop, 20000, w.assigned == 4);
    RUN_FOR(loop, 9000);
    assert_int_equal(w.revoking, 0);
    assert_int_equal(w.lost, 0);
    mock_produce(&mock, "events", 0, 0, 1);
    RUN_UNTIL(loop, 5000, w.records == 1);
    assert_int_equal(w.assigned, 4);
    close_worker(&w);
}

static void test_out_of_range_is_a_loud_stop(void **state)
{
    (void)state;
    struct worker w;
    mock_produce(&mock, "events", 0, 0, 5);
    open_worker(&w);
    RUN_UNTIL(loop, 20000, w.records == 5);
    uint16_t index = 0;
    while (w.last[index].number != 0) {
        index++;
    }
    kafka_source_commit(w.source, index, w.last[index].assignment, 1000, "");
    RUN_UNTIL(loop, 5000, w.commits_ok == 1);
    close_worker(&w);
    open_worker(&w);
    RUN_UNTIL(loop, 20000, w.fatal >= 1);
    assert_int_equal(w.records, 0);
    assert_non_null(strstr(w.fatal_text, "events [0]"));
    assert_non_null(strstr(w.fatal_text, "1000"));
    assert_non_null(strstr(w.fatal_text, "workers"));
    assert_non_null(strstr(w.fatal_text, "--reset-offsets"));
    close_worker(&w);
}

static void test_brokers_down_and_up(void **state)
{
    (void)state;
    struct worker w;
    mock_set(&mock, "reconnect.backoff.max.ms", "300");
    open_worker(&w);
    RUN_UNTIL(loop, 20000, w.assigned == 4);
    rd_kafka_mock_broker_set_down(mock.cluster, 1);
    RUN_UNTIL(loop, 20000, w.down == 1);
    assert_non_null(strstr(w.down_text, "kafka.bootstrap.servers"));
    rd_kafka_mock_broker_set_up(mock.cluster, 1);
    RUN_UNTIL(loop, 20000, w.up == 1);
    mock_produce(&mock, "events", 0, 0, 3);
    RUN_UNTIL(loop, 20000, w.records == 3);
    w.answer_at_once = true;
    close_worker(&w);
}

static void test_commit_failure_is_answered(void **state)
{
    (void)state;
    struct worker w;
    open_worker(&w);
    RUN_UNTIL(loop, 20000, w.assigned == 4);
    rd_kafka_mock_push_request_errors(mock.cluster, 8 /* OffsetCommit */, 1,
                                      RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED);
    kafka_source_commit(w.source, 0, w.last[0].assignment, 0, "");
    kafka_source_commit(w.source, 1, w.last[1].assignment, 0, "");
    RUN_UNTIL(loop, 20000, w.commits_failed == 2);
    assert_true(w.error[0] != '\0');
    kafka_source_commit(w.source, 0, w.last[0].assignment, 0, "");
    RUN_UNTIL(loop, 20000, w.commits_ok == 1);
    close_worker(&w);
}

static void test_destroyed_in_the_middle(void **state)
{
    (void)state;
    struct worker w;
    mock_produce(&mock, "events", 0, 0, 200);
    open_worker(&w);
    RUN_UNTIL(loop, 20000, w.records >= 10);
    kafka_source_commit(w.source, 0, w.last[0].assignment, 3, "x");
    kafka_source_destroy(w.source); /* a process that gives up: no close, nothing leaks, nothing hangs */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reads_all_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_batch_larger_than_the_answers_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_commit_and_what_the_next_one_reads, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lookup_of_offsets_is_tried_again, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pause_and_resume, setup, teardown),
        cmocka_unit_test_setup_teardown(test_accept_holds_records_only, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hand_over_cooperative, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hand_over_eager, setup, teardown),
        cmocka_unit_test_setup_teardown(test_idle_topic_keeps_membership, setup, teardown),
        cmocka_unit_test_setup_teardown(test_out_of_range_is_a_loud_stop, setup, teardown),
        cmocka_unit_test_setup_teardown(test_brokers_down_and_up, setup, teardown),
        cmocka_unit_test_setup_teardown(test_commit_failure_is_answered, setup, teardown),
        cmocka_unit_test_setup_teardown(test_destroyed_in_the_middle, setup, teardown),
    };
    cmocka_set_test_filter(getenv("TEST_FILTER"));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
