/* The producer side of Kafka on the loop: idempotent, acknowledged by all in-sync replicas. Each publish is
 * answered once, later than the call; retrying what failed is the core's affair. */
#ifndef ADAPTERS_KAFKA_SINK_H
#define ADAPTERS_KAFKA_SINK_H

#include "worker/adapters/kafka_conf.h"
#include "worker/adapters/kafka_trouble.h"
#include "worker/runtime/loop.h"

struct kafka_sink;

enum sink_status {
    SINK_OK,     /* acknowledged by the brokers */
    SINK_FAILED, /* not acknowledged in time, refused, or no room in the queue: may or may not be in the log
                  */
    SINK_TOO_LARGE, /* certainly not written, and never will be at this size */
};

struct sink_header {
    const char *name;
    const void *value; /* NULL: a null header value */
    size_t value_size;
};

/* One record to publish; everything borrowed, copied before the call returns. */
struct sink_record {
    const char *topic;
    int32_t partition; /* -1: by key (murmur2, as Java's clients do) */
    const void *key;   /* NULL: no key */
    size_t key_size;
    const void *value; /* NULL: a null value (tombstone); "" with size 0: an empty one */
    size_t value_size;
    const struct sink_header *headers;
    size_t headers_count;
};

struct sink_events {
    void *arg;
    /* error: "" when SINK_OK; valid during the call. */
    void (*published)(void *arg, uint64_t cookie, enum sink_status status, const char *error);
    kafka_trouble_fn trouble;
    kafka_log_fn log;
};

/* Makes the producer. Returns NULL with a message in error (KAFKA_ERROR_SIZE bytes). events is copied. */
struct kafka_sink *kafka_sink_open(struct loop *loop, const struct kafka_settings *settings,
                                   const struct sink_events *events, char *error);

/* Publishes; events.published() answers in a later turn, or later in this one, within delivery_timeout_ms and
 * the time that one request needs. */
void kafka_sink_publish(struct kafka_sink *sink, const struct sink_record *record, uint64_t cookie);

/* Publishes not yet answered. Zero is what a graceful stop waits for, within its own bound. */
size_t kafka_sink_pending(const struct kafka_sink *sink);

/* Gives up what is pending (it is answered no more) and frees the producer; blocks for milliseconds. NULL is
 * allowed. */
void kafka_sink_destroy(struct kafka_sink *sink);

#endif
