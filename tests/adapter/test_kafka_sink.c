/* The producer against librdkafka's mock cluster: every publish is answered once, whatever the cluster does.
 */
#include "tests/adapter/kafka_mock.h"

enum { ANSWERS_MAX = 4096 };

struct outbox {
    struct kafka_sink *sink;
    int ok, failed, too_large, fatal, down;
    uint64_t cookies[ANSWERS_MAX];
    int answers;
    char error[256];
};

static struct loop *loop;
static struct mock mock;
static struct outbox box;
static bool inside_call;

static void on_published(void *arg, uint64_t cookie, enum sink_status status, const char *error)
{
    struct outbox *o = arg;
    assert_false(inside_call);
    assert_true(o->answers < ANSWERS_MAX);
    o->cookies[o->answers++] = cookie;
    o->ok += status == SINK_OK;
    o->failed += status == SINK_FAILED;
    o->too_large += status == SINK_TOO_LARGE;
    assert_int_equal(status == SINK_OK, error[0] == '\0');
    snprintf(o->error, sizeof(o->error), "%s", error);
}

static void on_trouble(void *arg, enum kafka_trouble kind, const char *text)
{
    struct outbox *o = arg;
    o->fatal += kind == KAFKA_FATAL;
    o->down += kind == KAFKA_DOWN;
    mock_log(NULL, 0, "TROUBLE", text);
}

static void open_sink(void)
{
    struct sink_events events = {
        .arg = &box, .published = on_published, .trouble = on_trouble, .log = mock_log};
    char error[KAFKA_ERROR_SIZE] = "";
    box = (struct outbox){0};
    box.sink = kafka_sink_open(loop, &mock.settings, &events, error);
    assert_string_equal(error, "");
    assert_non_null(box.sink);
}

static int setup(void **state)
{
    (void)state;
    mock_start(&mock, "results", 4);
    if (getenv("TEST_DEBUG")) {
        mock_set(&mock, "debug", getenv("TEST_DEBUG"));
    }
    loop = loop_create();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    kafka_sink_destroy(box.sink);
    loop_destroy(loop);
    mock_stop(&mock);
    return 0;
}

static void publish(const char *key, const void *value, size_t size, int32_t partition, uint64_t cookie)
{
    static const struct sink_header headers[] = {{"ce_id", "1", 1}, {"empty", "", 0}, {"null", NULL, 0}};
    struct sink_record record = {.topic = "results",
                                 .partition = partition,
                                 .key = key,
                                 .key_size = key ? strlen(key) : 0,
                                 .value = value,
                                 .value_size = size,
                                 .headers = headers,
                                 .headers_count = 3};
    inside_call = true;
    kafka_sink_publish(box.sink, &record, cookie);
    inside_call = false;
}

/* ---- reading back, with the adapter's own scan ---- */

struct found {
    int records, done;
    bool ok;
    int32_t partition;
    int64_t offset;
    char key[32], value[32], text[256];
    bool null_value, null_key, empty_value, headers_ok;
};

static void on_record(void *arg, struct kafka_record record)
{
    struct found *f = arg;
    const rd_kafka_message_t *m = record.message;
    f->records++;
    f->partition = m->partition;
    f->null_value = m->payload == NULL;
    f->empty_value = m->payload && m->len == 0;
    f->null_key = m->key == NULL;
    snprintf(f->key, sizeof(f->key), "%.*s", (int)m->key_len, m->key ? (const char *)m->key : "");
    snprintf(f->value, sizeof(f->value), "%.*s", (int)m->len, m->payload ? (const char *)m->payload : "");
    rd_kafka_headers_t *headers = NULL;
    const void *value = NULL;
    size_t size = 9;
    f->headers_ok = rd_kafka_message_headers(m, &headers) == 0 &&
                    rd_kafka_header_get_last(headers, "ce_id", &value, &size) == 0 && size == 1 &&
                    *(const char *)value == '1' &&
                    rd_kafka_header_get_last(headers, "empty", &value, &size) == 0 && value && size == 0 &&
                    rd_kafka_header_get_last(headers, "null", &value, &size) == 0 && !value;
    kafka_record_free(&record);
}

static void on_done(void *arg, bool ok, const char *error)
{
    struct found *f = arg;
    f->done++;
    f->ok = ok;
    snprintf(f->text, sizeof(f->text), "%s", error);
}

static struct found read_back(void)
{
    struct found found = {0};
    struct scan_settings settings = {
        .kafka = &mock.settings, .topic = "results", .records_per_turn = 100, .stall_timeout_ms = 10000};
    struct scan_events events = {.arg = &found, .record = on_record, .done = on_done, .log = mock_log};
    char error[KAFKA_ERROR_SIZE];
    struct kafka_scan *scan = kafka_scan_open(loop, &settings, &events, error);
    assert_non_null(scan);
    RUN_UNTIL(loop, 20000, found.done == 1);
    assert_string_equal(found.text, "");
    assert_true(found.ok);
    kafka_scan_destroy(scan);
    return found;
}

static void test_published_as_given(void **state)
{
    (void)state;
    open_sink();
    publish("main/42", "{}", 2, 3, 7);
    assert_int_equal(box.answers, 0);
    assert_int_equal(kafka_sink_pending(box.sink), 1);
    RUN_UNTIL(loop, 10000, box.ok == 1);
    assert_int_equal(box.cookies[0], 7);
    assert_int_equal(kafka_sink_pending(box.sink), 0);
    struct found found = read_back();
    assert_int_equal(found.records, 1);
    assert_int_equal(found.partition, 3);
    assert_string_equal(found.key, "main/42");
    assert_string_equal(found.value, "{}");
    assert_true(found.headers_ok);
}

static void test_absent_and_empty_are_kept_apart(void **state)
{
    (void)state;
    open_sink();
    publish(NULL, "", 0, 0, 1);
    RUN_UNTIL(loop, 10000, box.ok == 1);
    struct found found = read_back();
    assert_true(found.null_key);
    assert_true(found.empty_value);
    assert_false(found.null_value);
    publish("", NULL, 0, 0, 2);
    RUN_UNTIL(loop, 10000, box.ok == 2);
    found = read_back();
    assert_int_equal(found.records, 2);
    assert_true(found.null_value);
    assert_false(found.null_key);
}

/* Java's clients put the key "21" of 4 partitions where murmur2 says; compaction depends on agreeing. */
static void test_same_key_same_partition(void **state)
{
    (void)state;
    open_sink();
    publish("main/21", "a", 1, -1, 1);
    RUN_UNTIL(loop, 10000, box.ok == 1);
    int32_t expected = rd_kafka_msg_partitioner_murmur2(NULL, "main/21", 7, 4, NULL, NULL);
    assert_int_equal(read_back().partition, expected);
}

static void test_many(void **state)
{
    (void)state;
    open_sink();
    for (uint64_t i = 0; i < 2000; i++) {
        char key[16];
        snprintf(key, sizeof(key), "%d", (int)i);
        publish(key, "value", 5, -1, i);
    }
    RUN_UNTIL(loop, 20000, box.ok == 2000);
    bool seen[2000] = {false};
    for (int i = 0; i < 2000; i++) {
        assert_false(seen[box.cookies[i]]); /* once each */
        seen[box.cookies[i]] = true;
    }
    assert_int_equal(read_back().records, 2000);
}

static void test_too_large_is_told_apart(void **state)
{
    (void)state;
    open_sink();
    size_t size = mock.settings.message_max_bytes + 1;
    char *big = calloc(1, size);
    publish("k", big, size, 0, 5);
    assert_int_equal(box.answers, 0); /* refused at once, answered later all the same */
    RUN_UNTIL(loop, 5000, box.too_large == 1);
    assert_int_equal(box.cookies[0], 5);
    free(big);
    rd_kafka_mock_push_request_errors(mock.cluster, 0 /* Produce */, 1, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    publish("k", "small enough for us, too large for the broker", 40, 0, 6);
    RUN_UNTIL(loop, 10000, box.too_large == 2);
}

static void test_refused_by_the_broker(void **state)
{
    (void)state;
    open_sink();
    publish("k", "v", 1, 0, 1);
    RUN_UNTIL(loop, 10000, box.ok == 1);
    rd_kafka_mock_push_request_errors(mock.cluster, 0 /* Produce */, 1,
                                      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    publish("k", "v", 1, 0, 2);
    RUN_UNTIL(loop, 10000, box.failed == 1);
    assert_int_equal(box.cookies[1], 2);
    /* librdkafka refuses for a while by itself, until it has asked again; tried again, as the core does, it
     * works. */
    for (uint64_t i = 0; i < 20 && box.ok < 2; i++) {
        publish("k", "v", 1, 0, 3 + i);
        RUN_FOR(loop, 300);
    }
    RUN_UNTIL(loop, 10000, kafka_sink_pending(box.sink) == 0);
    assert_true(box.ok >= 2);
    assert_int_equal(box.fatal, 0);
}

static void test_retried_without_doubling(void **state)
{
    (void)state;
    open_sink();
    rd_kafka_mock_push_request_errors(mock.cluster, 0 /* Produce */, 2, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
                                      RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT);
    publish("k", "v", 1, 1, 1);
    RUN_UNTIL(loop, 10000, box.ok == 1);
    assert_int_equal(read_back().records, 1);
}

static void test_brokers_down_fails_in_time(void **state)
{
    (void)state;
    mock.settings.delivery_timeout_ms = 1500;
    open_sink();
    publish("k", "v", 1, 0, 1);
    RUN_UNTIL(loop, 10000, box.ok == 1);
    rd_kafka_mock_broker_set_down(mock.cluster, 1);
    publish("k", "v", 1, 0, 2);
    RUN_UNTIL(loop, 10000, box.failed == 1);
    assert_true(box.down >= 1);
    rd_kafka_mock_broker_set_up(mock.cluster, 1);
}

static void test_unknown_partition(void **state)
{
    (void)state;
    open_sink();
    publish("k", "v", 1, 99, 4);
    RUN_UNTIL(loop, 15000, box.failed == 1);
    assert_int_equal(box.cookies[0], 4);
}

static void test_queue_full_is_failed_now(void **state)
{
    (void)state;
    mock_set(&mock, "queue.buffering.max.messages", "10");
    rd_kafka_mock_broker_set_down(mock.cluster, 1);
    open_sink();
    for (uint64_t i = 0; i < 15; i++) {
        publish("k", "v", 1, 0, i);
    }
    RUN_UNTIL(loop, 1000, box.failed == 5);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(box.cookies[i], 10 + i);
    }
    rd_kafka_mock_broker_set_up(mock.cluster, 1);
    RUN_UNTIL(loop, 10000, box.ok + box.failed == 15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_published_as_given, setup, teardown),
        cmocka_unit_test_setup_teardown(test_absent_and_empty_are_kept_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_same_key_same_partition, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_large_is_told_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused_by_the_broker, setup, teardown),
        cmocka_unit_test_setup_teardown(test_retried_without_doubling, setup, teardown),
        cmocka_unit_test_setup_teardown(test_brokers_down_fails_in_time, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unknown_partition, setup, teardown),
        cmocka_unit_test_setup_teardown(test_queue_full_is_failed_now, setup, teardown),
    };
    cmocka_set_test_filter(getenv("TEST_FILTER"));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
