/* librdkafka's settings, each with its reason, and the user's own `kafka.*` on top of them. */
#ifndef ADAPTERS_KAFKA_CONF_H
#define ADAPTERS_KAFKA_CONF_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stddef.h>

enum { KAFKA_ERROR_SIZE = 512 };

/* One `kafka.NAME = value` of the configuration; name without the prefix. */
struct kafka_pair {
    const char *name, *value;
};

struct kafka_settings {
    const struct kafka_pair *user; /* borrowed while a conf is built */
    size_t user_count;
    const char *client_id;    /* NULL: librdkafka's; `kafka.client.id` outranks it */
    size_t prefetch_bytes;    /* records held back by librdkafka for the consumer: 64 KiB to 1 GiB */
    int delivery_timeout_ms;  /* bound of one publish, retries included: 1000 to 900000 */
    size_t message_max_bytes; /* largest record the sink may write; also bounds what is fetched at once */
};

enum kafka_role {
    KAFKA_SOURCE, /* member of the consumer group */
    KAFKA_SINK,   /* idempotent producer */
    KAFKA_READER, /* reads by position, no group: repairs and rebuilds */
};

/* True if the user may set kafka.NAME; else reason (KAFKA_ERROR_SIZE bytes) says why not and what to do
 * instead. Knows only the names this program keeps for itself; librdkafka judges the others in
 * kafka_conf_new(). */
bool kafka_conf_allowed(const char *name, char *reason);

/* Builds the configuration of one client: ours, then the user's. Returns NULL with a message in error
 * (KAFKA_ERROR_SIZE bytes) that names the kafka.* key at fault. Values of secrets are never in the message.
 * The caller owns the result until rd_kafka_new() takes it. */
rd_kafka_conf_t *kafka_conf_new(enum kafka_role role, const struct kafka_settings *settings, char *error);

/* Checks what the user set for all three roles at once, for --print-config and start-up: false with a
 * message. */
bool kafka_conf_check(const struct kafka_settings *settings, char *error);

/* True for names whose value must be masked wherever it is shown (passwords, keys, tokens). */
bool kafka_conf_secret(const char *name);

#endif
