/* Reads by position against librdkafka's mock cluster: one record, and a whole topic. */
#include "tests/adapter/kafka_mock.h"

#include <unistd.h>

struct got {
    int answers, found, gone, failed;
    uint64_t cookie;
    char value[32], error[512];
};

struct scanned {
    struct kafka_scan *scan;
    int records, done, hold_at;
    bool ok, in_order;
    int64_t last[8];
    char error[1024];
};

static struct loop *loop;
static struct mock mock;
static struct got got;
static struct scanned scanned;

static void on_fetched(void *arg, uint64_t cookie, enum fetch_status status, struct kafka_record record,
                       const char *error)
{
    (void)arg;
    got.answers++;
    got.found += status == FETCH_FOUND;
    got.gone += status == FETCH_GONE;
    got.failed += status == FETCH_FAILED;
    got.cookie = cookie;
    assert_int_equal(status == FETCH_FOUND, record.message != NULL);
    if (record.message) {
        snprintf(got.value, sizeof(got.value), "%.*s", (int)record.message->len,
                 (const char *)record.message->payload);
    }
    snprintf(got.error, sizeof(got.error), "%s", error);
    kafka_record_free(&record);
}

static int setup(void **state)
{
    (void)state;
    mock_start(&mock, "results", 3);
    loop = loop_create();
    got = (struct got){0};
    scanned = (struct scanned){.in_order = true, .hold_at = -1};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    loop_destroy(loop);
    usleep(300000); /* clients that end in the background still talk to the mock */
    mock_stop(&mock);
    return 0;
}

static void test_one_record(void **state)
{
    (void)state;
    mock_produce(&mock, "results", 0, 0, 10);
    mock_produce(&mock, "results", 2, 100, 10);
    struct kafka_fetch *fetch = kafka_fetch_open(loop, &mock.settings, on_fetched, mock_log, NULL);
    kafka_fetch_one(fetch, "results", 2, 5, 77);
    assert_int_equal(got.answers, 0);
    RUN_UNTIL(loop, 10000, got.answers == 1);
    assert_int_equal(got.found, 1);
    assert_int_equal(got.cookie, 77);
    assert_string_equal(got.value, "v105");
    kafka_fetch_one(fetch, "results", 0, 0, 1);
    kafka_fetch_one(fetch, "results", 0, 9, 2);
    kafka_fetch_one(fetch, "results", 0, 3, 3);
    RUN_UNTIL(loop, 10000, got.answers == 4);
    assert_int_equal(got.found, 4);
    assert_int_equal(got.cookie, 3); /* in the order asked for */
    assert_string_equal(got.value, "v3");
    kafka_fetch_destroy(fetch);
}

static void test_one_that_is_not_there(void **state)
{
    (void)state;
    mock_produce(&mock, "results", 0, 0, 10);
    struct kafka_fetch *fetch = kafka_fetch_open(loop, &mock.settings, on_fetched, mock_log, NULL);
    kafka_fetch_one(fetch, "results", 0, 10, 1); /* the end: not written yet */
    RUN_UNTIL(loop, 10000, got.gone == 1);
    kafka_fetch_one(fetch, "results", 0, 5000, 2); /* far beyond */
    RUN_UNTIL(loop, 10000, got.gone == 2);
    kafka_fetch_one(fetch, "results", 99, 0, 3); /* no such partition: told by the cluster, not by the log */
    RUN_UNTIL(loop, 40000, got.failed == 1);
    assert_non_null(strstr(got.error, "results [99] at 0"));
    kafka_fetch_one(fetch, "results", 0, 4, 4);
    RUN_UNTIL(loop, 10000, got.found == 1);
    kafka_fetch_destroy(fetch);
}

static void test_too_many_questions(void **state)
{
    (void)state;
    mock_produce(&mock, "results", 0, 0, 2);
    struct kafka_fetch *fetch = kafka_fetch_open(loop, &mock.settings, on_fetched, mock_log, NULL);
    for (uint64_t i = 0; i < 1030; i++) {
        kafka_fetch_one(fetch, "results", 0, 1, i);
    }
    RUN_UNTIL(loop, 1000, got.failed == 6);
    kafka_fetch_destroy(fetch); /* with most of them still waiting */
}

/* ---- scans ---- */

static void on_record(void *arg, struct kafka_record record)
{
    struct scanned *s = arg;
    int32_t p = record.message->partition;
    s->in_order =
        s->in_order && (s->records == 0 || s->last[p] == 0 || record.message->offset == s->last[p] + 1);
    s->last[p] = record.message->offset;
    s->records++;
    kafka_record_free(&record);
    if (s->records == s->hold_at) {
        kafka_scan_hold(s->scan, true);
    }
}

static void on_done(void *arg, bool ok, const char *error)
{
    struct scanned *s = arg;
    s->done++;
    s->ok = ok;
    snprintf(s->error, sizeof(s->error), "%s", error);
}

static void open_scan(const char *topic, int stall_ms)
{
    struct scan_settings settings = {
        .kafka = &mock.settings, .topic = topic, .records_per_turn = 50, .stall_timeout_ms = stall_ms};
    struct scan_events events = {.arg = &scanned, .record = on_record, .done = on_done, .log = mock_log};
    char error[KAFKA_ERROR_SIZE];
    scanned.scan = kafka_scan_open(loop, &settings, &events, error);
    assert_non_null(scanned.scan);
}

static void test_scan_reads_all_below_the_end(void **state)
{
    (void)state;
    mock_produce(&mock, "results", 0, 0, 500);
    mock_produce(&mock, "results", 1, 0, 300); /* partition 2 stays empty */
    open_scan("results", 10000);
    RUN_UNTIL(loop, 20000, scanned.done == 1);
    assert_string_equal(scanned.error, "");
    assert_true(scanned.ok);
    assert_true(scanned.in_order);
    assert_int_equal(scanned.records, 800);
    struct scan_progress progress;
    kafka_scan_progress(scanned.scan, &progress);
    assert_int_equal(progress.records, 800);
    assert_int_equal(progress.partitions, 3);
    assert_int_equal(progress.partitions_done, 3);
    assert_int_equal(progress.offsets_total, 800);
    assert_int_equal(progress.offsets_left, 0);
    kafka_scan_destroy(scanned.scan);
}

static void test_scan_at_the_callees_pace(void **state)
{
    (void)state;
    mock_produce(&mock, "results", 0, 0, 500);
    scanned.hold_at = 120;
    open_scan("results", 1000);
    RUN_UNTIL(loop, 20000, scanned.records == 120);
    mock_produce(&mock, "results", 0, 500, 50); /* after the ends were taken: not part of it */
    RUN_FOR(loop, 1500);                        /* longer than the stall time-out: holding is no stall */
    assert_int_equal(scanned.records, 120);
    assert_int_equal(scanned.done, 0);
    kafka_scan_hold(scanned.scan, false);
    RUN_UNTIL(loop, 10000, scanned.done == 1);
    assert_true(scanned.ok);
    assert_int_equal(scanned.records, 500);
    kafka_scan_destroy(scanned.scan);
}

static void test_scan_given_up_and_begun_again(void **state)
{
    (void)state;
    mock_produce(&mock, "results", 0, 0, 400);
    open_scan("results", 5000);
    RUN_UNTIL(loop, 20000, scanned.records >= 50);
    kafka_scan_destroy(scanned.scan);
    int so_far = scanned.records;
    RUN_FOR(loop, 200);
    assert_int_equal(scanned.records, so_far);
    assert_int_equal(scanned.done, 0);
    scanned = (struct scanned){.in_order = true, .hold_at = -1};
    open_scan("results", 5000);
    RUN_UNTIL(loop, 20000, scanned.done == 1);
    assert_int_equal(scanned.records, 400);
    kafka_scan_destroy(scanned.scan);
}

static void test_scan_of_nothing(void **state)
{
    (void)state;
    open_scan("results", 5000);
    RUN_UNTIL(loop, 20000, scanned.done == 1);
    assert_true(scanned.ok);
    assert_int_equal(scanned.records, 0);
    kafka_scan_destroy(scanned.scan);
}

static void test_scan_fails_when_brokers_go(void **state)
{
    (void)state;
    mock_produce(&mock, "results", 0, 0, 500);
    scanned.hold_at = 100;
    open_scan("results", 1000);
    RUN_UNTIL(loop, 20000, scanned.records == 100);
    rd_kafka_mock_push_request_errors(mock.cluster, 1 /* Fetch */, 1, RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR);
    kafka_scan_hold(scanned.scan, false);
    RUN_UNTIL(loop, 10000,
              scanned.done == 1); /* what was fetched is delivered, what failed is fetched again */
    assert_true(scanned.ok);
    kafka_scan_destroy(scanned.scan);

    scanned = (struct scanned){.in_order = true, .hold_at = -1};
    rd_kafka_mock_broker_set_down(mock.cluster, 1);
    open_scan("results", 1000);
    RUN_UNTIL(loop, 20000, scanned.done == 1);
    assert_false(scanned.ok);
    assert_non_null(strstr(scanned.error, "results"));
    kafka_scan_destroy(scanned.scan);
    rd_kafka_mock_broker_set_up(mock.cluster, 1);
}

static void test_scan_destroyed_at_once(void **state)
{
    (void)state;
    open_scan("results", 1000);
    kafka_scan_destroy(scanned.scan);
    RUN_FOR(loop, 300);
    assert_int_equal(scanned.done, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_record, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_that_is_not_there, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_many_questions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_scan_reads_all_below_the_end, setup, teardown),
        cmocka_unit_test_setup_teardown(test_scan_at_the_callees_pace, setup, teardown),
        cmocka_unit_test_setup_teardown(test_scan_given_up_and_begun_again, setup, teardown),
        cmocka_unit_test_setup_teardown(test_scan_of_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_scan_fails_when_brokers_go, setup, teardown),
        cmocka_unit_test_setup_teardown(test_scan_destroyed_at_once, setup, teardown),
    };
    cmocka_set_test_filter(getenv("TEST_FILTER"));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
