#include "sender.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define QUEUE_KBYTES  "32768" /* with the queue full the reader waits, so this bounds the memory */
#define FAILURES_SAID 20      /* further ones are counted only */

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    struct sender *sender = opaque;

    (void)rk;
    if (!message->err) {
        sender->confirmed++;
        sender->silent_brokers = false;
        return;
    }
    if (++sender->failed <= FAILURES_SAID)
        fprintf(stderr, "catalog-publish: line %" PRIuPTR ": not delivered: %s\n",
                (uintptr_t)message->_private, rd_kafka_err2str(message->err));
}

static void on_error(rd_kafka_t *rk, int err, const char *reason, void *opaque)
{
    struct sender *sender = opaque;

    (void)rk;
    if (err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && !sender->silent_brokers) {
        sender->silent_brokers = true;
        fputs("catalog-publish: no broker answers; waiting for one (Ctrl-C stops)\n", stderr);
    } else if (err == RD_KAFKA_RESP_ERR__FATAL || err == RD_KAFKA_RESP_ERR__AUTHENTICATION) {
        fprintf(stderr, "catalog-publish: Kafka: %s\n", reason);
    }
}

/* librdkafka's own messages may quote a value, so a key that smells of a secret is named without them. */
static bool secret_key(const char *key)
{
    return strstr(key, "password") || strstr(key, "secret") || strstr(key, "token") || strstr(key, "pem") ||
           strstr(key, "jaas");
}

static bool set(rd_kafka_conf_t *conf, const char *key, const char *value)
{
    char why[512];

    if (rd_kafka_conf_set(conf, key, value, why, sizeof(why)) == RD_KAFKA_CONF_OK)
        return true;
    fprintf(stderr, "catalog-publish: kafka.%s: %s\n", key, secret_key(key) ? "the value is refused" : why);
    return false;
}

bool sender_open(struct sender *sender, const struct settings *settings)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char why[512];
    bool ok = set(conf, "client.id", "catalog-publish") && set(conf, "log_level", "2") &&
              set(conf, "linger.ms", "5") && set(conf, "queue.buffering.max.kbytes", QUEUE_KBYTES) &&
              set(conf, "compression.type", "lz4");

    memset(sender, 0, sizeof(*sender));
    for (int i = 0; i < settings->kafka_count && ok; i++)
        ok = set(conf, settings->kafka[i].key, settings->kafka[i].value);
    /* Last, since they are the promise: confirmed means stored by all in-sync replicas, once, in order.
     * Java's hash spreads keys as every other client of the topic does. */
    ok = ok && set(conf, "enable.idempotence", "true") && set(conf, "acks", "all") &&
         set(conf, "partitioner", "murmur2_random");
    if (!ok) {
        rd_kafka_conf_destroy(conf);
        return false;
    }
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_opaque(conf, sender);
    sender->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
    if (!sender->rk) {
        rd_kafka_conf_destroy(conf);
        fprintf(stderr, "catalog-publish: Kafka's settings do not fit together: %s\n", why);
    }
    return sender->rk != NULL;
}

static rd_kafka_headers_t *headers_of(const struct record *record)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new((size_t)record->headers_count);

    for (int i = 0; i < record->headers_count; i++)
        rd_kafka_header_add(headers, record->headers[i].name, -1, record->headers[i].value, -1);
    return headers;
}

static rd_kafka_resp_err_t produce(struct sender *sender, const struct record *record,
                                   unsigned long long line)
{
    rd_kafka_headers_t *headers = headers_of(record);
    rd_kafka_resp_err_t err;

    /* librdkafka takes both as void * and, with F_COPY, only reads them. */
    err = rd_kafka_producev(
        sender->rk, RD_KAFKA_V_TOPIC(record->topic), RD_KAFKA_V_PARTITION(record->partition),
        RD_KAFKA_V_KEY((void *)(uintptr_t)record->key, record->key_len),
        RD_KAFKA_V_VALUE((void *)(uintptr_t)record->value, record->value_len), RD_KAFKA_V_HEADERS(headers),
        RD_KAFKA_V_OPAQUE((void *)(uintptr_t)line), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    if (err)
        rd_kafka_headers_destroy(headers);
    return err;
}

bool sender_send(struct sender *sender, const struct record *record, unsigned long long line,
                 const volatile sig_atomic_t *stop)
{
    for (;;) {
        rd_kafka_resp_err_t err = produce(sender, record, line);

        if (!err) {
            sender->queued++;
            return true;
        }
        if (err != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            sender->failed++;
            fprintf(stderr, "catalog-publish: line %llu: not sent: %s\n", line, rd_kafka_err2str(err));
            return false;
        }
        if (*stop)
            return false;
        rd_kafka_poll(sender->rk, 100);
    }
}

void sender_poll(struct sender *sender, int timeout_ms)
{
    rd_kafka_poll(sender->rk, timeout_ms);
}

void sender_flush(struct sender *sender, const volatile sig_atomic_t *hurry)
{
    while (rd_kafka_flush(sender->rk, 200) && !*hurry)
        continue;
    if (rd_kafka_outq_len(sender->rk) > 0) {
        rd_kafka_purge(sender->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_flush(sender->rk, 1000);
    }
}

void sender_close(struct sender *sender)
{
    if (sender->rk)
        rd_kafka_destroy(sender->rk);
    sender->rk = NULL;
}
