/* Kafka clients for tools: the worker's own settings (worker/adapters/kafka_conf.h), used synchronously. */
#ifndef KIT_KAFKA_H
#define KIT_KAFKA_H

#include "common/config.h"
#include "worker/adapters/kafka_conf.h"

#include <librdkafka/rdkafka.h>

enum { KIT_REQUEST_TIMEOUT_MS = 20000 }; /* of one question to the brokers */

/* A consumer without a group: assign() and poll. read_committed, ends of partitions reported
 * (RD_KAFKA_RESP_ERR__PARTITION_EOF). prefetch_bytes bounds what librdkafka holds (64 KiB to 1 GiB); 0: 8
 * MiB. NULL with a message in error, which names the kafka.* key at fault. The caller closes with
 * kit_kafka_reader_close. */
rd_kafka_t *kit_kafka_reader(const struct config *config, const char *client_id, size_t prefetch_bytes,
                             char error[KAFKA_ERROR_SIZE]);
void kit_kafka_reader_close(rd_kafka_t *reader);

/* The reader's configuration, for a client of another kind (tools/kit/admin.h); group: the name it carries.
 * NULL with a message in error. rd_kafka_new takes it. */
rd_kafka_conf_t *kit_kafka_reader_conf(const struct config *config, const char *client_id, const char *group,
                                       char error[KAFKA_ERROR_SIZE]);

struct kit_producer_settings {
    const char *client_id;
    const char *transactional_id; /* NULL: no transactions, idempotent all the same */
    int delivery_timeout_ms;      /* 0: 60 s */
    /* called by rd_kafka_poll and rd_kafka_flush for every message; may be NULL */
    void (*on_delivery)(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque);
    /* called by the same for what concerns no one message, such as all brokers being down; may be NULL */
    void (*on_error)(rd_kafka_t *rk, int err, const char *reason, void *opaque);
    void *opaque;
    const char *compression;  /* unless kafka.compression.type says otherwise; NULL: librdkafka's default */
    const char *queue_kbytes; /* records held until they are sent, unless the user says otherwise; NULL: 64
                                 MiB or more, for records of any size */
};

/* An idempotent producer, acks=all, keys spread as Java's clients spread them. A transactional one still
 * wants rd_kafka_init_transactions. NULL with a message in error. Freed with rd_kafka_destroy. */
rd_kafka_t *kit_kafka_producer(const struct config *config, const struct kit_producer_settings *settings,
                               char error[KAFKA_ERROR_SIZE]);

#endif
