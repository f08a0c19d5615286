#include "worker/adapters/kafka_conf.h"

#include "common/assertx.h"

#include <stdio.h>
#include <string.h>

enum { VALUE_SIZE = 32, RECEIVE_MAX_BYTES = 128 << 20 };

struct kept {
    const char *name, *why;
};

/* What this program keeps for itself, and what to do instead. */
static const struct kept kept[] = {
    {"enable.auto.commit", "offsets are committed only after their outcomes are acknowledged"},
    {"auto.commit.enable", "offsets are committed only after their outcomes are acknowledged"},
    {"auto.commit.interval.ms", "offsets are committed by the worker; set commit.interval.ms"},
    {"enable.auto.offset.store", "offsets are committed by the worker, each with its witness"},
    {"auto.offset.reset",
     "without a committed offset reading starts at the earliest record, and an offset out of "
     "range stops the worker: nothing is skipped unseen"},
    {"enable.idempotence", "the producer is always idempotent"},
    {"acks", "results are always acknowledged by all in-sync replicas"},
    {"request.required.acks", "results are always acknowledged by all in-sync replicas"},
    {"isolation.level", "always read_committed: records of aborted transactions are not events"},
    {"enable.partition.eof", "the worker sets it where it needs it"},
    {"transactional.id", "the worker names its transactions itself"},
    {"queued.max.messages.kbytes", "set prefetch.bytes"},
    {"delivery.timeout.ms", "the worker bounds each publish itself"},
    {"message.timeout.ms", "the worker bounds each publish itself"},
    {"delivery.report.only.error", "every delivery is counted on"},
    {"log.queue", "logs are taken over by the worker; set log.level"},
    {"group.protocol", "only the classic group protocol is tested with this worker"},
    {"group.remote.assignor", "only the classic group protocol is tested with this worker"},
    {"plugin.library.paths", "no foreign code is loaded into the worker"},
    {"enabled_events", "the worker chooses its events"},
    {"statistics.interval.ms", "the worker keeps its own metrics"},
};

/* The user's settings of group membership mean nothing to clients outside the group. */
static const char *const group_only[] = {"group.id",
                                         "group.instance.id",
                                         "session.timeout.ms",
                                         "partition.assignment.strategy",
                                         "heartbeat.interval.ms",
                                         "max.poll.interval.ms"};

bool kafka_conf_allowed(const char *name, char *reason)
{
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        if (strcmp(name, kept[i].name) == 0) {
            snprintf(reason, KAFKA_ERROR_SIZE, "kafka.%s may not be set: %s: remove it", name, kept[i].why);
            return false;
        }
    }
    return true;
}

bool kafka_conf_secret(const char *name)
{
    static const char *const parts[] = {"password", "secret", "pem", "oauthbearer.config", "token", "jaas"};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (strstr(name, parts[i])) {
            return true;
        }
    }
    return false;
}

/* One of our own settings; that librdkafka knows it is ours to know. */
static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char error[KAFKA_ERROR_SIZE];
    rd_kafka_conf_res_t rc = rd_kafka_conf_set(conf, name, value, error, sizeof(error));
    ASSERT(rc == RD_KAFKA_CONF_OK);
}

static void set_number(rd_kafka_conf_t *conf, const char *name, size_t number)
{
    char value[VALUE_SIZE];
    snprintf(value, sizeof(value), "%zu", number);
    set(conf, name, value);
}

/* A setting that only newer versions of librdkafka know. */
static void set_if_known(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char error[KAFKA_ERROR_SIZE];
    (void)rd_kafka_conf_set(conf, name, value, error, sizeof(error));
}

static size_t clamp(size_t value, size_t low, size_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* What every client has. */
static void set_common(rd_kafka_conf_t *conf, const struct kafka_settings *settings)
{
    /* One thread hears everything: logs come on a queue of their own, never through the records' (a poll with
     * time-out 0 may overrun on log events). */
    set(conf, "log.queue", "true");
    /* Brokers close idle connections; that is no news. */
    set(conf, "log.connection.close", "false");
    /* A peer that vanished behind NAT is found out even when nothing is sent. */
    set(conf, "socket.keepalive.enable", "true");
    if (settings->client_id) {
        set(conf, "client.id", settings->client_id);
    }
}

/* What reads: never an aborted record, never a silent jump to another offset, bounded memory. */
static void set_reading(rd_kafka_conf_t *conf, const struct kafka_settings *settings, size_t prefetch)
{
    set(conf, "enable.auto.commit", "false");
    set(conf, "enable.auto.offset.store", "false");
    set(conf, "auto.offset.reset", "error");
    set(conf, "isolation.level", "read_committed");
    /* allow.auto.create.topics is false by default for consumers; saying so makes librdkafka warn about old
     * brokers every other second. */
    set(conf, "check.crcs", "true");
    /* librdkafka counts the records' own bytes; what it keeps beside each takes as much again for records of
     * our size. */
    set_number(conf, "queued.max.messages.kbytes", clamp(prefetch / 2048, 64, 1048576));
    /* The queue may overshoot by one answer a broker, and answers count compressed: ten times as large once
     * read. So a partition's share of one is small (a broker sends a larger batch whole all the same), and
     * the answer's own limit, which must hold the largest record (librdkafka insists on fetch.max.bytes >=
     * message.max.bytes), hardly matters. */
    set_number(conf, "message.max.bytes", settings->message_max_bytes);
    size_t answer = clamp(prefetch / 4, settings->message_max_bytes, 64 << 20);
    set_number(conf, "fetch.max.bytes", answer);
    set_number(conf, "fetch.message.max.bytes", clamp(prefetch / 256, 16384, 1 << 20));
    /* A batch larger than all that still comes whole, since a broker has to make progress; refusing it would
     * stall its broker's partitions for ever. It ends as too_large, whatever the broker let pass. */
    set_number(conf, "receive.message.max.bytes", RECEIVE_MAX_BYTES);
    /* A full queue is looked at again soon, not after the default second (librdkafka 2.2 and later). */
    set_if_known(conf, "fetch.queue.backoff.ms", "50");
}

static void set_source(rd_kafka_conf_t *conf, const struct kafka_settings *settings)
{
    set_reading(conf, settings, settings->prefetch_bytes);
    /* Partitions that stay are not taken away in a rebalance, so their work goes on. */
    set(conf, "partition.assignment.strategy", "cooperative-sticky");
    /* What lies behind the last record, transaction markers, is no lag. */
    set(conf, "enable.partition.eof", "true");
    rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_FETCH | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_REBALANCE |
                                       RD_KAFKA_EVENT_OFFSET_COMMIT | RD_KAFKA_EVENT_LOG);
}

static void set_reader(rd_kafka_conf_t *conf, const struct kafka_settings *settings)
{
    set_reading(conf, settings, clamp(settings->prefetch_bytes, 65536, 4 << 20));
    /* The end of a partition is an answer: nothing (more) is there. */
    set(conf, "enable.partition.eof", "true");
    rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_FETCH | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_LOG);
}

static void set_sink(rd_kafka_conf_t *conf, const struct kafka_settings *settings)
{
    set(conf, "enable.idempotence", "true");
    set(conf, "acks", "all");
    set_number(conf, "delivery.timeout.ms", (size_t)settings->delivery_timeout_ms);
    /* Long enough for librdkafka's thread to see all that kafka_sink hands over at once. Less would make it
     * spin: its sleep is in whole milliseconds. */
    set(conf, "linger.ms", "1");
    /* librdkafka's default is 1 GiB of unsent records. The window bounds what we have in flight; this is the
     * wall. */
    set_number(conf, "queue.buffering.max.kbytes",
               clamp(settings->message_max_bytes / 1024 * 2, 65536, 1048576));
    set_number(conf, "message.max.bytes", settings->message_max_bytes);
    /* As Java's clients: one key, one partition, whoever writes it. Compaction and replay depend on it. */
    set(conf, "partitioner", "murmur2_random");
    rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_LOG);
}

static bool of_group(const char *name)
{
    for (size_t i = 0; i < sizeof(group_only) / sizeof(group_only[0]); i++) {
        if (strcmp(name, group_only[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool set_users(rd_kafka_conf_t *conf, enum kafka_role role, const struct kafka_settings *settings,
                      char *error)
{
    for (size_t i = 0; i < settings->user_count; i++) {
        const struct kafka_pair *pair = &settings->user[i];
        if (!kafka_conf_allowed(pair->name, error)) {
            return false;
        }
        if (role != KAFKA_SOURCE && of_group(pair->name)) {
            continue;
        }
        char why[KAFKA_ERROR_SIZE];
        rd_kafka_conf_res_t rc = rd_kafka_conf_set(conf, pair->name, pair->value, why, sizeof(why));
        if (rc == RD_KAFKA_CONF_OK) {
            continue;
        }
        if (rc == RD_KAFKA_CONF_UNKNOWN) {
            snprintf(error, KAFKA_ERROR_SIZE,
                     "kafka.%s: librdkafka %s knows no such setting: correct the name, or remove it",
                     pair->name, rd_kafka_version_str());
        } else if (kafka_conf_secret(pair->name)) {
            snprintf(error, KAFKA_ERROR_SIZE, "kafka.%s: librdkafka does not accept its value: correct it",
                     pair->name);
        } else {
            snprintf(error, KAFKA_ERROR_SIZE,
                     "kafka.%s=%.80s: %.300s: correct it as librdkafka's CONFIGURATION.md says", pair->name,
                     pair->value, why);
        }
        return false;
    }
    return true;
}

static bool has(const struct kafka_settings *settings, const char *name)
{
    for (size_t i = 0; i < settings->user_count; i++) {
        if (strcmp(settings->user[i].name, name) == 0 && settings->user[i].value[0]) {
            return true;
        }
    }
    return false;
}

static bool complete(enum kafka_role role, const struct kafka_settings *settings, char *error)
{
    if (!has(settings, "bootstrap.servers") && !has(settings, "metadata.broker.list")) {
        snprintf(error, KAFKA_ERROR_SIZE,
                 "kafka.bootstrap.servers is not set: name a broker, such as kafka:9092");
        return false;
    }
    if (role == KAFKA_SOURCE && !has(settings, "group.id")) {
        snprintf(error, KAFKA_ERROR_SIZE,
                 "kafka.group.id is not set: all workers of one flow share one group");
        return false;
    }
    return true;
}

rd_kafka_conf_t *kafka_conf_new(enum kafka_role role, const struct kafka_settings *settings, char *error)
{
    if (!complete(role, settings, error)) {
        return NULL;
    }
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set_common(conf, settings);
    switch (role) {
    case KAFKA_SOURCE: set_source(conf, settings); break;
    case KAFKA_SINK: set_sink(conf, settings); break;
    case KAFKA_READER: set_reader(conf, settings); break;
    }
    if (!set_users(conf, role, settings, error)) {
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    return conf;
}

bool kafka_conf_check(const struct kafka_settings *settings, char *error)
{
    static const enum kafka_role roles[] = {KAFKA_SOURCE, KAFKA_SINK, KAFKA_READER};
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
        rd_kafka_conf_t *conf = kafka_conf_new(roles[i], settings, error);
        if (!conf) {
            return false;
        }
        rd_kafka_conf_destroy(conf);
    }
    return true;
}
