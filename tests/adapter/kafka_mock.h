/* A mock cluster of librdkafka's inside a test, and what tests of the Kafka adapters share. */
#ifndef TESTS_ADAPTER_KAFKA_MOCK_H
#define TESTS_ADAPTER_KAFKA_MOCK_H

#include "worker/adapters/kafka_fetch.h"
#include "worker/adapters/kafka_sink.h"
#include "worker/adapters/kafka_source.h"

#include <librdkafka/rdkafka_mock.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct mock {
    rd_kafka_t *rk; /* also the producer tests write with */
    rd_kafka_mock_cluster_t *cluster;
    struct kafka_pair pairs[8];
    size_t pairs_count;
    struct kafka_settings settings;
};

static inline void mock_set(struct mock *mock, const char *name, const char *value)
{
    assert_true(mock->pairs_count < 8);
    mock->pairs[mock->pairs_count++] = (struct kafka_pair){name, value};
    mock->settings.user = mock->pairs;
    mock->settings.user_count = mock->pairs_count;
}

static inline void mock_start(struct mock *mock, const char *topic, int partitions)
{
    char error[512];
    *mock = (struct mock){0};
    /* The handle that owns the cluster writes as well: it needs its address, which comes with the cluster. */
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    assert_int_equal(rd_kafka_conf_set(conf, "log_level", "0", error, sizeof(error)), RD_KAFKA_CONF_OK);
    rd_kafka_t *owner = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof(error));
    assert_non_null(owner);
    mock->cluster = rd_kafka_mock_cluster_new(owner, 1);
    assert_non_null(mock->cluster);
    rd_kafka_brokers_add(owner, rd_kafka_mock_cluster_bootstraps(mock->cluster));
    mock->rk = owner;
    if (topic) {
        assert_int_equal(rd_kafka_mock_topic_create(mock->cluster, topic, partitions, 1), 0);
    }
    mock_set(mock, "bootstrap.servers", rd_kafka_mock_cluster_bootstraps(mock->cluster));
    mock_set(mock, "group.id", "workers");
    mock->settings.prefetch_bytes = 1 << 20;
    mock->settings.delivery_timeout_ms = 5000;
    mock->settings.message_max_bytes = 1000000;
}

static inline void mock_stop(struct mock *mock)
{
    rd_kafka_flush(mock->rk, 5000);
    rd_kafka_mock_cluster_destroy(mock->cluster);
    rd_kafka_destroy(mock->rk);
}

/* Writes count records "v0", "v1", ... with the value's number as key to one partition, and waits. */
static inline void mock_produce(struct mock *mock, const char *topic, int32_t partition, int from, int count)
{
    for (int i = from; i < from + count; i++) {
        char value[32];
        snprintf(value, sizeof(value), "v%d", i);
        assert_int_equal(rd_kafka_producev(mock->rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
                                           RD_KAFKA_V_KEY(&value[1], strlen(&value[1])),
                                           RD_KAFKA_V_VALUE(value, strlen(value)),
                                           RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END),
                         0);
    }
    assert_int_equal(rd_kafka_flush(mock->rk, 10000), 0);
}

static inline void mock_log(void *arg, int level, const char *facility, const char *text)
{
    (void)arg;
    if (getenv("TEST_VERBOSE")) {
        fprintf(stderr, "log %d %s %s\n", level, facility, text);
    }
}

/* Runs the loop until the condition holds; fails after ms. */
#define RUN_UNTIL(loop, ms, condition)                                                                       \
    do {                                                                                                     \
        usec_t run_end_us = loop_clock_us() + (ms)*INT64_C(1000);                                            \
        while (!(condition) && loop_clock_us() < run_end_us) {                                               \
            loop_run_once((loop), loop_clock_us() + 20000);                                                  \
        }                                                                                                    \
        assert_true(condition);                                                                              \
    } while (0)

#define RUN_FOR(loop, ms)                                                                                    \
    do {                                                                                                     \
        usec_t run_end_us = loop_clock_us() + (ms)*INT64_C(1000);                                            \
        while (loop_clock_us() < run_end_us) {                                                               \
            loop_run_once((loop), run_end_us);                                                               \
        }                                                                                                    \
    } while (0)

#endif
