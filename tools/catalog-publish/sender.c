#include "sender.h"

#include "common/config.h"
#include "tools/kit/cli.h"
#include "tools/kit/kafka.h"

#include <inttypes.h>
#include <string.h>

enum {
    FAILURES_SAID = 20,           /* further ones are counted only */
    DELIVERY_TIMEOUT_MS = 300000, /* librdkafka's own default: brokers may be restarted meanwhile */
    FLUSH_MS = 200,
    PURGE_MS = 1000,
};

/* With the queue full the reader waits, so this bounds the memory. */
static const char queue_kbytes[] = "32768";

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    struct sender *sender = opaque;
    uint64_t number = (uintptr_t)message->_private;

    (void)rk;
    tracker_done(sender->tracker, number, !message->err);
    if (!message->err) {
        sender->confirmed++;
        sender->silent_brokers = false;
        return;
    }
    if (++sender->failed <= FAILURES_SAID)
        kit_complain(sender->cli, "line %" PRIu64 ": not delivered: %s",
                     tracker_row(sender->tracker, number)->line, rd_kafka_err2str(message->err));
}

static void on_error(rd_kafka_t *rk, int err, const char *reason, void *opaque)
{
    struct sender *sender = opaque;

    (void)rk;
    if (err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && !sender->silent_brokers) {
        sender->silent_brokers = true;
        kit_complain(sender->cli, "no broker answers; waiting for one (Ctrl-C stops)");
    } else if (err == RD_KAFKA_RESP_ERR__FATAL || err == RD_KAFKA_RESP_ERR__AUTHENTICATION) {
        kit_complain(sender->cli, "Kafka: %s", reason);
    }
}

bool sender_open(struct sender *sender, const struct kit_cli *cli, const struct config *config,
                 struct tracker *tracker)
{
    const struct kit_producer_settings settings = {.client_id = "catalog-publish",
                                                   .delivery_timeout_ms = DELIVERY_TIMEOUT_MS,
                                                   .on_delivery = on_delivery,
                                                   .on_error = on_error,
                                                   .opaque = sender,
                                                   .compression = "lz4",
                                                   .queue_kbytes = queue_kbytes};
    char error[KAFKA_ERROR_SIZE];

    *sender = (struct sender){.cli = cli, .tracker = tracker};
    sender->rk = kit_kafka_producer(config, &settings, error);
    if (!sender->rk)
        kit_complain(cli, "%s", error);
    return sender->rk != NULL;
}

static rd_kafka_headers_t *headers_of(const struct outgoing *record)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new((size_t)record->headers_count);

    for (int i = 0; i < record->headers_count; i++)
        rd_kafka_header_add(headers, record->headers[i].name, -1, record->headers[i].value, -1);
    return headers;
}

static rd_kafka_resp_err_t produce(struct sender *sender, const struct outgoing *record, uint64_t number)
{
    rd_kafka_headers_t *headers = headers_of(record);
    rd_kafka_resp_err_t err;

    /* librdkafka takes both as void * and, with F_COPY, only reads them. */
    err = rd_kafka_producev(sender->rk, RD_KAFKA_V_TOPIC(record->topic),
                            RD_KAFKA_V_PARTITION(record->partition),
                            RD_KAFKA_V_KEY((void *)(uintptr_t)record->key, record->key_len),
                            RD_KAFKA_V_VALUE((void *)(uintptr_t)record->value, record->value_len),
                            RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE((void *)(uintptr_t)number),
                            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    if (err)
        rd_kafka_headers_destroy(headers);
    return err;
}

bool sender_send(struct sender *sender, const struct outgoing *record, uint64_t number)
{
    for (;;) {
        rd_kafka_resp_err_t err = produce(sender, record, number);

        if (!err) {
            sender->queued++;
            return true;
        }
        if (err != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            sender->failed++;
            tracker_done(sender->tracker, number, false);
            kit_complain(sender->cli, "line %" PRIu64 ": not sent: %s",
                         tracker_row(sender->tracker, number)->line, rd_kafka_err2str(err));
            return false;
        }
        if (kit_stop)
            return false;
        rd_kafka_poll(sender->rk, 100);
    }
}

void sender_poll(struct sender *sender, int timeout_ms)
{
    rd_kafka_poll(sender->rk, timeout_ms);
}

void sender_flush(struct sender *sender)
{
    while (rd_kafka_flush(sender->rk, FLUSH_MS) && kit_stop < 2)
        continue;
    if (rd_kafka_outq_len(sender->rk) > 0) {
        rd_kafka_purge(sender->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_flush(sender->rk, PURGE_MS);
    }
}

void sender_close(struct sender *sender)
{
    if (sender->rk)
        rd_kafka_destroy(sender->rk);
    sender->rk = NULL;
}
