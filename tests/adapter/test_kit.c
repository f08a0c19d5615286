/* What the tools share: Kafka, Redis and the catalog API, used synchronously. */
#include "common/redact.h"
#include "kafka_mock.h"
#include "tests/support/redis_server.h"
#include "tests/support/stub_server.h"
#include "tools/kit/admin.h"
#include "tools/kit/api.h"
#include "tools/kit/audit.h"
#include "tools/kit/cli.h"
#include "tools/kit/redis.h"
#include "tools/kit/topic.h"

/* A configuration as a tool loads it, from pairs given here. */
static void load(struct config *config, const char *const *pairs, size_t count, unsigned needs)
{
    struct kit_cli cli = {.program = "test"};

    for (size_t i = 0; i < count; i++)
        assert_true(kit_cli_set(&cli, pairs[i]));
    assert_true(kit_cli_load(&cli, needs, config));
}

static void load_kafka(struct config *config, struct mock *mock)
{
    char pair[300];

    snprintf(pair, sizeof pair, "kafka.bootstrap.servers=%s",
             rd_kafka_mock_cluster_bootstraps(mock->cluster));
    load(config, (const char *const[]){pair}, 1, CONFIG_NEEDS_KAFKA);
}

struct seen {
    int records, stop_after;
    int64_t done, total;
    int64_t next[4];
    bool in_order;
};

static bool on_record(void *arg, const rd_kafka_message_t *message)
{
    struct seen *seen = arg;

    seen->in_order = seen->in_order && message->offset == seen->next[message->partition]++;
    return ++seen->records != seen->stop_after;
}

static void on_progress(void *arg, int64_t done, int64_t total)
{
    struct seen *seen = arg;

    seen->done = done;
    seen->total = total;
}

static void test_a_topic_is_read_to_its_end(void **state)
{
    struct mock mock;
    struct config config;
    char error[KAFKA_ERROR_SIZE] = "";
    struct seen seen = {.in_order = true};

    (void)state;
    mock_start(&mock, "results", 3);
    load_kafka(&config, &mock);
    mock_produce(&mock, "results", 0, 0, 700);
    mock_produce(&mock, "results", 2, 0, 5);
    rd_kafka_t *reader = kit_kafka_reader(&config, "test", 0, error);
    assert_non_null(reader);
    struct kit_scan scan = {
        .topic = "results", .on_record = on_record, .on_progress = on_progress, .arg = &seen};
    assert_true(kit_topic_scan(reader, &scan, error));
    assert_int_equal(seen.records, 705);
    assert_true(seen.in_order);
    assert_int_equal(seen.done, 705);
    assert_int_equal(seen.total, 705);
    /* the same reader again, stopped by its owner */
    seen = (struct seen){.in_order = true, .stop_after = 3};
    assert_true(kit_topic_scan(reader, &scan, error));
    assert_int_equal(seen.records, 3);
    /* from a place within it, and from one behind its end */
    static const int64_t from[KIT_PARTITIONS_MAX] = {[0] = 690, [2] = 9};
    seen = (struct seen){.next = {690}, .in_order = true};
    scan.from = from;
    assert_true(kit_topic_scan(reader, &scan, error));
    assert_int_equal(seen.records, 10);
    assert_true(seen.in_order);
    kit_kafka_reader_close(reader);
    config_free(&config);
    mock_stop(&mock);
}

static void test_a_silent_broker_is_a_failure_with_a_name(void **state)
{
    struct mock mock;
    struct config config;
    char error[KAFKA_ERROR_SIZE] = "";
    struct seen seen = {.in_order = true};

    (void)state;
    mock_start(&mock, "results", 1);
    load_kafka(&config, &mock);
    mock_produce(&mock, "results", 0, 0, 5);
    rd_kafka_t *reader = kit_kafka_reader(&config, "test", 0, error);
    assert_non_null(reader);
    for (int i = 0; i < 200; i++) /* every fetch is refused for ever */
        rd_kafka_mock_push_request_errors(mock.cluster, 1, 1, RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR);
    struct kit_scan scan = {.topic = "results", .on_record = on_record, .arg = &seen, .stall_ms = 1000};
    assert_false(kit_topic_scan(reader, &scan, error));
    assert_non_null(strstr(error, "results"));
    kit_kafka_reader_close(reader);
    config_free(&config);
    mock_stop(&mock);
}

static bool any_topic(void *arg, const char *topic)
{
    (void)arg;
    (void)topic;
    return true;
}

static void test_what_a_broker_tells_and_what_it_does_not(void **state)
{
    struct mock mock;
    struct config config;
    char error[KAFKA_ERROR_SIZE] = "";
    struct kit_layout layout;
    struct kit_topic_settings settings;
    struct kit_group group;

    (void)state;
    mock_start(&mock, "events", 3);
    load_kafka(&config, &mock);
    rd_kafka_t *rk = kit_admin_open(&config, "test", "workers", error);
    assert_non_null(rk);
    assert_int_equal(kit_topic_layout(rk, "events", 10000, &layout, error), KIT_TOLD);
    assert_int_equal(layout.partitions, 3);
    assert_int_equal(layout.copies, 1);
    assert_int_equal(layout.copies_in_sync, 1);
    assert_int_equal(layout.without_leader, 0);
    assert_int_equal(kit_topic_layout(rk, "nothing", 10000, &layout, error), KIT_MISSING);
    assert_non_null(strstr(error, "nothing"));
    /* the mock cluster has neither request */
    assert_int_equal(kit_topic_settings(rk, "events", 10000, &settings, error), KIT_UNTOLD);
    assert_int_equal(kit_group_look(rk, "workers", 10000, any_topic, NULL, &group, error), KIT_UNTOLD);
    assert_string_equal(kit_admin_trouble(rk), "");
    kit_admin_close(rk);
    config_free(&config);
    mock_stop(&mock);
}

static void test_a_broker_that_is_not_there_is_named_with_its_reason(void **state)
{
    struct config config;
    char error[KAFKA_ERROR_SIZE] = "";
    struct kit_layout layout;

    (void)state;
    load(&config, (const char *const[]){"kafka.bootstrap.servers=127.0.0.1:1"}, 1, CONFIG_NEEDS_KAFKA);
    rd_kafka_t *rk = kit_admin_open(&config, "test", "workers", error);
    assert_non_null(rk);
    assert_int_equal(kit_topic_layout(rk, "events", 1500, &layout, error), KIT_NO_ANSWER);
    assert_non_null(strstr(kit_admin_trouble(rk), "refused"));
    kit_admin_close(rk);
    config_free(&config);
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    (void)rk;
    *(int *)opaque += message->err ? 1000 : 1;
}

static bool keep_value(void *arg, const rd_kafka_message_t *message)
{
    snprintf(arg, 512, "%.*s=%.*s", (int)message->key_len, (const char *)message->key, (int)message->len,
             (const char *)message->payload);
    return true;
}

static void test_an_audit_record_is_written_and_hides_secrets(void **state)
{
    struct mock mock;
    struct config config;
    char error[KAFKA_ERROR_SIZE] = "", text[512] = "";
    int delivered = 0;

    (void)state;
    mock_start(&mock, "catalog-sync.audit", 1);
    load_kafka(&config, &mock);
    redact_add("s3cr3t-token");
    rd_kafka_t *producer =
        kit_kafka_producer(&config,
                           &(struct kit_producer_settings){
                               .client_id = "test", .on_delivery = on_delivery, .opaque = &delivered},
                           error);
    assert_non_null(producer);
    const struct kit_audit audit = {.tool = "catalog-memory",
                                    .action = "forget",
                                    .actor = "ann@shop",
                                    .why = "s3cr3t-token was \"sold\"",
                                    .catalog = "default",
                                    .product_id = "7",
                                    .before_json = "{\"version\":3}",
                                    .at_ms = 1700000000123};
    assert_true(kit_audit_produce(producer, "catalog-sync.audit", &audit, NULL, error));
    assert_int_equal(rd_kafka_flush(producer, 10000), 0);
    assert_int_equal(delivered, 1);
    rd_kafka_destroy(producer);
    rd_kafka_t *reader = kit_kafka_reader(&config, "test", 0, error);
    assert_non_null(reader);
    assert_true(kit_topic_scan(
        reader, &(struct kit_scan){.topic = "catalog-sync.audit", .on_record = keep_value, .arg = text},
        error));
    assert_string_equal(text,
                        "default/7={\"at\":\"2023-11-14T22:13:20.123Z\",\"tool\":\"catalog-memory\","
                        "\"action\":\"forget\",\"actor\":\"ann@shop\",\"why\":\"******** was \\\"sold\\\"\","
                        "\"catalog\":\"default\",\"product_id\":\"7\",\"before\":{\"version\":3}}");
    kit_kafka_reader_close(reader);
    redact_clear();
    config_free(&config);
    mock_stop(&mock);
}

static void test_redis_answers_and_says_what_is_wrong(void **state)
{
    struct redis_server *server =
        redis_server_start((const char *const[]){"--requirepass", "open sesame", NULL});
    struct config config;
    struct kit_redis redis;
    char url[300], error[KIT_REDIS_ERROR_SIZE] = "";

    (void)state;
    snprintf(url, sizeof url, "redis.url=redis://127.0.0.1:%d/3", redis_server_port(server));
    setenv("CATALOG_SYNC_REDIS_PASSWORD", "open sesame", 1);
    load(&config, (const char *const[]){url}, 1, 0);
    assert_true(kit_redis_open(&redis, &config, "test", error));
    redisReply *reply = kit_redis_ask(&redis, 3, (const char *[]){"SET", "a", "b"}, NULL, error);
    assert_non_null(reply);
    freeReplyObject(reply);
    assert_null(kit_redis_ask(&redis, 2, (const char *[]){"LLEN", "a"}, NULL, error));
    assert_non_null(strstr(error, "WRONGTYPE"));
    kit_redis_close(&redis);
    config_free(&config);
    setenv("CATALOG_SYNC_REDIS_PASSWORD", "wrong one", 1);
    load(&config, (const char *const[]){url}, 1, 0);
    assert_false(kit_redis_open(&redis, &config, "test", error));
    assert_non_null(strstr(error, "127.0.0.1"));
    assert_null(strstr(error, "wrong one"));
    unsetenv("CATALOG_SYNC_REDIS_PASSWORD");
    config_free(&config);
    redis_server_free(server);
}

static void on_item(void *arg, const char *id, const char *retailer_id)
{
    snprintf(arg, 100, "%s is %s", retailer_id, id);
}

static void test_a_lookup_carries_token_and_proof_and_is_classified(void **state)
{
    static const struct stub_step steps[] = {
        {.act = STUB_REPLY,
         .text = "HTTP/1.1 200 OK\r\nContent-Length: "
                 "42\r\n\r\n{\"data\":[{\"id\":\"77\",\"retailer_id\":\"A-1\"}]}"},
        {.act = STUB_REPLY,
         .text = "HTTP/1.1 400 Bad\r\nContent-Length: "
                 "47\r\n\r\n{\"error\":{\"code\":190,\"message\":\"s3cr3t-token\"}}"},
        {.act = STUB_RESET},
    };
    struct stub_server *stub = stub_start(steps, 3);
    struct config config;
    char url[100], found[100] = "", error[KIT_API_ERROR_SIZE] = "";
    struct api_verdict verdict;
    const struct text skus[] = {{"A-1", 3}, {"B", 1}};

    (void)state;
    snprintf(url, sizeof url, "catalog.base.url=http://127.0.0.1:%d/", stub_port(stub));
    setenv("CATALOG_SYNC_CATALOG_TOKEN", "s3cr3t-token", 1);
    setenv("CATALOG_SYNC_CATALOG_APP_SECRET", "hush-hush", 1);
    load(&config, (const char *const[]){url, "catalog.id=1001"}, 2,
         CONFIG_NEEDS_CATALOG | CONFIG_NEEDS_TOKEN);
    unsetenv("CATALOG_SYNC_CATALOG_TOKEN");
    unsetenv("CATALOG_SYNC_CATALOG_APP_SECRET");
    struct kit_api *api = kit_api_open(&config, config_catalog(&config, NULL), error);
    assert_non_null(api);
    assert_true(kit_api_lookup(api, skus, 2, on_item, found, &verdict));
    assert_string_equal(found, "A-1 is 77");
    char *request = stub_request(stub, 0);
    assert_non_null(strstr(request, "Authorization: Bearer s3cr3t-token"));
    assert_non_null(strstr(request, "&appsecret_proof="));
    assert_null(strstr(request, "access_token"));
    free(request);
    assert_false(kit_api_lookup(api, skus, 2, on_item, found, &verdict));
    assert_int_equal(verdict.class, API_AUTH);
    assert_null(strstr(verdict.message, "s3cr3t-token"));
    assert_false(kit_api_lookup(api, skus, 2, on_item, found, &verdict));
    assert_int_equal(verdict.class, API_TRANSIENT);
    kit_api_close(api);
    config_free(&config);
    redact_clear();
    stub_stop(stub);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_topic_is_read_to_its_end),
        cmocka_unit_test(test_a_silent_broker_is_a_failure_with_a_name),
        cmocka_unit_test(test_what_a_broker_tells_and_what_it_does_not),
        cmocka_unit_test(test_a_broker_that_is_not_there_is_named_with_its_reason),
        cmocka_unit_test(test_an_audit_record_is_written_and_hides_secrets),
        cmocka_unit_test(test_redis_answers_and_says_what_is_wrong),
        cmocka_unit_test(test_a_lookup_carries_token_and_proof_and_is_classified),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
