#include "worker/adapters/kafka_conf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct kafka_pair pairs[4];
static struct kafka_settings settings;
static char error[KAFKA_ERROR_SIZE];

static int setup(void **state)
{
    (void)state;
    pairs[0] = (struct kafka_pair){"bootstrap.servers", "127.0.0.1:9"};
    pairs[1] = (struct kafka_pair){"group.id", "g"};
    settings = (struct kafka_settings){.user = pairs,
                                       .user_count = 2,
                                       .client_id = "w1",
                                       .prefetch_bytes = 8 << 20,
                                       .delivery_timeout_ms = 120000,
                                       .message_max_bytes = 1000000};
    error[0] = '\0';
    return 0;
}

static void user(const char *name, const char *value)
{
    pairs[settings.user_count++] = (struct kafka_pair){name, value};
}

static void check(enum kafka_role role, const char *name, const char *expected)
{
    rd_kafka_conf_t *conf = kafka_conf_new(role, &settings, error);
    assert_string_equal(error, "");
    assert_non_null(conf);
    char value[256];
    size_t size = sizeof(value);
    assert_int_equal(rd_kafka_conf_get(conf, name, value, &size), RD_KAFKA_CONF_OK);
    assert_string_equal(value, expected);
    rd_kafka_conf_destroy(conf);
}

static void test_promises_in_force(void **state)
{
    (void)state;
    check(KAFKA_SOURCE, "enable.auto.commit", "false");
    check(KAFKA_SOURCE, "auto.offset.reset", "error");
    check(KAFKA_SOURCE, "isolation.level", "read_committed");
    check(KAFKA_SOURCE, "partition.assignment.strategy", "cooperative-sticky");
    check(KAFKA_SOURCE, "queued.max.messages.kbytes", "4096"); /* half of prefetch.bytes: see kafka_conf.c */
    check(KAFKA_SOURCE, "group.id", "g");
    check(KAFKA_SOURCE, "client.id", "w1");
    check(KAFKA_READER, "isolation.level", "read_committed");
    check(KAFKA_READER, "enable.partition.eof", "true");
    check(KAFKA_SINK, "enable.idempotence", "true");
    check(KAFKA_SINK, "message.timeout.ms", "120000");
    check(KAFKA_SINK, "partitioner", "murmur2_random");
}

static void test_users_settings_pass_through(void **state)
{
    (void)state;
    user("partition.assignment.strategy", "range");
    user("client.id", "mine");
    check(KAFKA_SOURCE, "partition.assignment.strategy", "range");
    check(KAFKA_SOURCE, "client.id", "mine");
    check(KAFKA_SINK, "client.id", "mine");
}

static void test_what_may_not_be_set(void **state)
{
    (void)state;
    static const char *const names[] = {"enable.auto.commit", "enable.idempotence",       "acks",
                                        "auto.offset.reset",  "enable.auto.offset.store", "isolation.level",
                                        "transactional.id",   "plugin.library.paths"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        setup(NULL);
        user(names[i], "true");
        assert_false(kafka_conf_allowed(names[i], error));
        assert_false(kafka_conf_check(&settings, error));
        char named[64];
        snprintf(named, sizeof(named), "kafka.%s may not be set: ", names[i]);
        assert_non_null(strstr(error, named));
    }
    assert_true(kafka_conf_allowed("session.timeout.ms", error));
}

static void test_errors_name_the_key(void **state)
{
    (void)state;
    user("sesion.timeout.ms", "1");
    assert_false(kafka_conf_check(&settings, error));
    assert_non_null(strstr(error, "kafka.sesion.timeout.ms: librdkafka"));
    settings.user_count = 2;
    user("session.timeout.ms", "soon");
    assert_false(kafka_conf_check(&settings, error));
    assert_non_null(strstr(error, "kafka.session.timeout.ms"));
    settings.user_count = 1;
    assert_false(kafka_conf_check(&settings, error));
    assert_non_null(strstr(error, "kafka.group.id is not set"));
    settings.user_count = 0;
    assert_false(kafka_conf_check(&settings, error));
    assert_non_null(strstr(error, "kafka.bootstrap.servers is not set"));
}

static void test_secrets_stay_out_of_errors(void **state)
{
    (void)state;
    assert_true(kafka_conf_secret("sasl.password"));
    assert_true(kafka_conf_secret("ssl.key.pem"));
    assert_true(kafka_conf_secret("sasl.oauthbearer.client.secret"));
    assert_false(kafka_conf_secret("group.id"));
    user("ssl.key.pem", "hunter2");
    if (!kafka_conf_check(&settings, error)) {
        assert_null(strstr(error, "hunter2"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_promises_in_force, setup),
        cmocka_unit_test_setup(test_users_settings_pass_through, setup),
        cmocka_unit_test_setup(test_what_may_not_be_set, setup),
        cmocka_unit_test_setup(test_errors_name_the_key, setup),
        cmocka_unit_test_setup(test_secrets_stay_out_of_errors, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
