/* The one transactional producer of this program. Its transactional id is fixed, so a run that was killed, or
 * one that still runs elsewhere, is fenced by the next: what it had not committed never happened. */
#ifndef DLQ_TXN_H
#define DLQ_TXN_H

#include "letter.h"

#include "common/config.h"
#include "tools/kit/audit.h"
#include "tools/kit/kafka.h"

enum { TXN_LETTERS_MAX = 500, TXN_ID_SIZE = 300, TXN_PARTITIONS_MAX = 1024 };

struct txn {
    rd_kafka_t *rk;
    const struct config *config;
    char id[TXN_ID_SIZE];
    bool begun;
    uint32_t letters; /* in the transaction that is open */
    int64_t begun_ms;
    int64_t buried[TXN_PARTITIONS_MAX]; /* one past the last tombstone of each partition; 0: none */
    /* Called for each event that was handed to txn_send, with its opaque, once its offset is known; may be
     * NULL. A delivery is no commit. */
    void (*on_sent)(void *arg, void *opaque, int32_t partition, int64_t offset);
    void *arg;
};

/* Where an event goes. */
struct txn_event {
    const char *topic; /* NUL-terminated */
    int32_t partition;
    struct bytes key, value; /* ptr NULL: null */
    const struct record_header *headers;
    size_t header_count;
    void *opaque;
};

/* Connects, fences and ends what a run before left open: after this, read_committed readers see all that was
 * ever committed. False with a message in error; an embedded Kafka, which has no transactions, is refused. */
bool txn_open(struct txn *txn, const struct config *config, char error[KAFKA_ERROR_SIZE]);
/* Aborts what is open. Waits, some seconds at most, until read_committed readers see the tombstones: Kafka
 * answers a commit before its markers are written (KIP-98), and whoever asks for `stats` right after a drop
 * would still be shown what was dropped. */
void txn_close(struct txn *txn);

/* Each begins a transaction if none is open. False with a message in error: the transaction is then aborted
 * and nothing of it happened. */
bool txn_send(struct txn *txn, const struct txn_event *event, char error[KAFKA_ERROR_SIZE]);
/* The letter's tombstone, in its own partition, and its audit record. */
bool txn_resolve(struct txn *txn, const struct letter *letter, const struct kit_audit *audit,
                 char error[KAFKA_ERROR_SIZE]);

/* Commits. False with a message in error: then it was aborted, or, where the message says so, it is not known
 * (the next run finds out, since its first act is to end it). */
bool txn_commit(struct txn *txn, char error[KAFKA_ERROR_SIZE]);
void txn_abort(struct txn *txn);

/* Delivery reports; call while waiting. */
void txn_poll(struct txn *txn, int ms);

/* Why replay and drop refuse such a cluster. */
extern const char txn_mock_refusal[];

/* True if this cluster is librdkafka's mock (dev-kafka): it takes transactions and keeps none of their
 * promises, so that a read_committed reader sees what was aborted. */
bool txn_is_mock(rd_kafka_t *rk);

#endif
