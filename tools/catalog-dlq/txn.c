#include "txn.h"

#include "tools/kit/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    INIT_MS = 60000,
    COMMIT_MS = 30000,
    COMMIT_TRIES = 4,
    ABORT_MS = 15000,
    CLUSTER_MS = 10000,
    SEEN_MS = 5000,
    SEEN_STEP_MS = 20
};
static const char mock_name[] = "mockCluster"; /* how librdkafka's mock names its cluster, and nobody else */

const char txn_mock_refusal[] =
    "this is an embedded Kafka (dev-kafka), which has no transactions: an event could be sent and its dead "
    "letter stay, or the other way round. replay and drop need a real Kafka; list, show, stats, export and "
    "--dry-run work here";

static bool wrong(char *error, const char *what, const char *detail)
{
    snprintf(error, KAFKA_ERROR_SIZE, "%.200s: %.250s", what, detail);
    return false;
}

bool txn_is_mock(rd_kafka_t *rk)
{
    char *id = rd_kafka_clusterid(rk, CLUSTER_MS);
    bool mock = id && strncmp(id, mock_name, sizeof mock_name - 1) == 0;

    if (id)
        rd_kafka_mem_free(rk, id);
    return mock;
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    struct txn *txn = opaque;

    (void)rk;
    if (!message->err && !message->_private && message->partition < TXN_PARTITIONS_MAX &&
        strcmp(rd_kafka_topic_name(message->rkt), txn->config->topic_dlq) == 0)
        txn->buried[message->partition] = message->offset + 1;
    if (!message->err && message->_private && txn->on_sent)
        txn->on_sent(txn->arg, message->_private, message->partition, message->offset);
}

static bool init(struct txn *txn, char *error)
{
    rd_kafka_error_t *failed = rd_kafka_init_transactions(txn->rk, INIT_MS);

    if (!failed)
        return true;
    snprintf(error, KAFKA_ERROR_SIZE, "Kafka grants no transactions for %.200s, so nothing was done: %.200s",
             txn->id, rd_kafka_error_string(failed));
    rd_kafka_error_destroy(failed);
    return false;
}

bool txn_open(struct txn *txn, const struct config *config, char error[KAFKA_ERROR_SIZE])
{
    struct kit_producer_settings settings = {
        .client_id = "catalog-dlq", .on_delivery = on_delivery, .opaque = txn, .transactional_id = txn->id};

    txn->config = config;
    txn->begun = false;
    txn->letters = 0;
    memset(txn->buried, 0, sizeof txn->buried);
    snprintf(txn->id, sizeof txn->id, "catalog-dlq-%s", config->topic_dlq);
    txn->rk = kit_kafka_producer(config, &settings, error);
    if (!txn->rk)
        return false;
    if (txn_is_mock(txn->rk)) {
        snprintf(error, KAFKA_ERROR_SIZE, "%s", txn_mock_refusal);
    } else if (init(txn, error)) {
        return true;
    }
    rd_kafka_destroy(txn->rk);
    txn->rk = NULL;
    return false;
}

/* The end that read_committed readers see (this client's isolation level) has passed each tombstone. */
static void wait_until_seen(struct txn *txn)
{
    int64_t until_ms = kit_now_ms() + SEEN_MS;

    for (int32_t i = 0; i < TXN_PARTITIONS_MAX; i++) {
        int64_t low, end = 0;

        while (txn->buried[i] > end && kit_now_ms() < until_ms && kit_stop < 2) {
            if (rd_kafka_query_watermark_offsets(txn->rk, txn->config->topic_dlq, i, &low, &end, SEEN_MS))
                return; /* what is done is done: it will be seen */
            if (txn->buried[i] > end)
                rd_kafka_poll(txn->rk, SEEN_STEP_MS);
        }
    }
}

void txn_close(struct txn *txn)
{
    if (!txn->rk)
        return;
    if (txn->begun)
        txn_abort(txn);
    wait_until_seen(txn);
    rd_kafka_destroy(txn->rk);
    txn->rk = NULL;
}

void txn_poll(struct txn *txn, int ms)
{
    rd_kafka_poll(txn->rk, ms);
}

void txn_abort(struct txn *txn)
{
    rd_kafka_error_t *failed;

    if (!txn->begun)
        return;
    failed = rd_kafka_abort_transaction(txn->rk, ABORT_MS);
    if (failed) /* the broker aborts it by itself, or the next run does */
        rd_kafka_error_destroy(failed);
    txn->begun = false;
    txn->letters = 0;
}

/* What went wrong, with the one cause that people can do something about in plain words. */
static void explain_error(rd_kafka_t *rk, rd_kafka_resp_err_t err, const char *what, const char *text,
                          char *error)
{
    char why[KAFKA_ERROR_SIZE];
    rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(rk, why, sizeof why);

    if (err == RD_KAFKA_RESP_ERR__FENCED || fatal == RD_KAFKA_RESP_ERR__FENCED ||
        fatal == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH)
        wrong(error, what, "another catalog-dlq took over; it goes on from what was committed");
    else
        wrong(error, what, fatal ? why : text);
}

static bool begin(struct txn *txn, char *error)
{
    rd_kafka_error_t *failed;

    if (txn->begun)
        return true;
    failed = rd_kafka_begin_transaction(txn->rk);
    if (failed) {
        explain_error(txn->rk, rd_kafka_error_code(failed), "no transaction could be begun",
                      rd_kafka_error_string(failed), error);
        rd_kafka_error_destroy(failed);
        return false;
    }
    txn->begun = true;
    txn->begun_ms = kit_now_ms();
    return true;
}

static bool failed(struct txn *txn, rd_kafka_resp_err_t err, const char *what, char *error)
{
    explain_error(txn->rk, err, what, rd_kafka_err2str(err), error);
    txn_abort(txn);
    return false;
}

bool txn_send(struct txn *txn, const struct txn_event *event, char error[KAFKA_ERROR_SIZE])
{
    rd_kafka_resp_err_t err;

    if (!begin(txn, error))
        return false;
    for (;;) {
        rd_kafka_headers_t *headers = rd_kafka_headers_new(event->header_count + 1);

        for (size_t i = 0; i < event->header_count; i++)
            rd_kafka_header_add(headers, event->headers[i].name, -1, event->headers[i].value,
                                (ssize_t)event->headers[i].value_bytes);
        err = rd_kafka_producev(
            txn->rk, RD_KAFKA_V_TOPIC(event->topic), RD_KAFKA_V_PARTITION(event->partition),
            RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_KEY((void *)(uintptr_t)event->key.ptr, event->key.len),
            RD_KAFKA_V_VALUE((void *)(uintptr_t)event->value.ptr, event->value.len),
            RD_KAFKA_V_OPAQUE(event->opaque), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
        if (!err)
            return true;
        rd_kafka_headers_destroy(headers);
        if (err != RD_KAFKA_RESP_ERR__QUEUE_FULL || kit_stop > 1)
            return failed(txn, err, "an event could not be sent", error);
        rd_kafka_poll(txn->rk, 50);
    }
}

static bool bury(struct txn *txn, const struct letter *letter, char *error)
{
    rd_kafka_resp_err_t err;

    while ((err = rd_kafka_producev(txn->rk, RD_KAFKA_V_TOPIC(txn->config->topic_dlq),
                                    RD_KAFKA_V_PARTITION(letter->partition),
                                    RD_KAFKA_V_KEY((void *)(uintptr_t)letter->key.ptr, letter->key.len),
                                    RD_KAFKA_V_VALUE(NULL, 0), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                    RD_KAFKA_V_END)) == RD_KAFKA_RESP_ERR__QUEUE_FULL &&
           kit_stop < 2)
        rd_kafka_poll(txn->rk, 50);
    return !err || failed(txn, err, "a tombstone could not be written", error);
}

bool txn_resolve(struct txn *txn, const struct letter *letter, const struct kit_audit *audit,
                 char error[KAFKA_ERROR_SIZE])
{
    if (!begin(txn, error) || !bury(txn, letter, error))
        return false;
    if (!kit_audit_produce(txn->rk, txn->config->topic_audit, audit, NULL, error)) {
        /* the queue may have been full: once more with room in it */
        rd_kafka_flush(txn->rk, COMMIT_MS);
        if (!kit_audit_produce(txn->rk, txn->config->topic_audit, audit, NULL, error)) {
            txn_abort(txn);
            return false;
        }
    }
    txn->letters++;
    rd_kafka_poll(txn->rk, 0);
    return true;
}

bool txn_commit(struct txn *txn, char error[KAFKA_ERROR_SIZE])
{
    if (!txn->begun)
        return true;
    for (int i = 0; i < COMMIT_TRIES; i++) {
        rd_kafka_error_t *bad = rd_kafka_commit_transaction(txn->rk, COMMIT_MS);
        bool again, abort;

        if (!bad) {
            txn->begun = false;
            txn->letters = 0;
            return true;
        }
        again = rd_kafka_error_is_retriable(bad);
        abort = rd_kafka_error_txn_requires_abort(bad);
        explain_error(txn->rk, rd_kafka_error_code(bad), "a transaction was not committed",
                      rd_kafka_error_string(bad), error);
        rd_kafka_error_destroy(bad);
        if (abort || !again) {
            txn_abort(txn);
            return false;
        }
    }
    snprintf(error, KAFKA_ERROR_SIZE,
             "no answer to a commit: whether the last %u letters went out is not known here; the next run "
             "finds out",
             txn->letters);
    txn->begun = false;
    return false;
}
