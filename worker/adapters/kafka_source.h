/* The consumer side of Kafka on the loop: records, assignment, commits. It decides nothing: what it learns it
 * tells through struct source_events, what it is told it does. Every callback runs inside a turn of the loop,
 * never inside a call made here.
 *
 * Rebalance: a partition asked back is kept until kafka_source_revoked() has been called for it (design.md
 * section 4, Graceful shutdown; style.md section 4.5); no new record of it is delivered meanwhile. Works with
 * partition.assignment.strategy cooperative-sticky (ours) as well as with an eager one set by the user. */
#ifndef ADAPTERS_KAFKA_SOURCE_H
#define ADAPTERS_KAFKA_SOURCE_H

#include "worker/adapters/kafka_conf.h"
#include "worker/adapters/kafka_trouble.h"
#include "worker/core/limits.h"
#include "worker/runtime/loop.h"

struct kafka_source;

/* A record read. message lives as long as owner; whoever holds the record calls kafka_record_free() once.
 * Messages count against no bound of librdkafka once delivered. */
struct kafka_record {
    rd_kafka_event_t *owner;
    const rd_kafka_message_t
        *message; /* payload and key are borrowed views; headers: rd_kafka_message_headers() */
};

/* Frees the record; an empty one (owner NULL) is allowed. */
void kafka_record_free(struct kafka_record *record);

/* A partition that became ours. */
struct source_assigned {
    uint16_t partition;  /* index for the core's table: below CORE_PARTITIONS_MAX; the same (topic, partition)
                            keeps  its index while the process lives, unless all are taken */
    uint32_t assignment; /* grows with every assignment of any partition */
    uint16_t topic;      /* index in source_settings.topics */
    int32_t number;      /* Kafka's partition number */
    int64_t committed;   /* the group's committed offset; -1: none, reading starts at the earliest record */
    const char
        *metadata; /* written by whoever committed it (the predecessor's witness); "" if none. Borrowed */
};

struct source_events {
    void *arg;
    /* A record of an assigned partition; it takes the record over. assignment is the current one. */
    void (*record)(void *arg, uint16_t partition, uint32_t assignment, struct kafka_record record);
    void (*assigned)(void *arg, const struct source_assigned *assigned);
    /* Finish, commit, then call kafka_source_revoked(). */
    void (*revoking)(void *arg, uint16_t partition, uint32_t assignment);
    /* Gone (a revocation that was being awaited may also end so): nothing of it may be committed; no answer.
     */
    void (*lost)(void *arg, uint16_t partition, uint32_t assignment);
    /* The answer to kafka_source_commit(): exactly one each. error is "" when ok. */
    void (*committed)(void *arg, uint16_t partition, uint32_t assignment, int64_t offset, bool ok,
                      const char *error);
    /* KAFKA_FATAL also for a committed offset out of range: names topic, partition, offset and the mend. */
    kafka_trouble_fn trouble;
    kafka_log_fn log;
    void (*closed)(void *arg); /* kafka_source_close() is done */
};

struct source_settings {
    const struct kafka_settings *kafka;
    const char *const *topics; /* borrowed for the life of the source; at most CORE_TOPICS_MAX, no regular
                                  expressions (a leading ^ is refused) */
    size_t topics_count;
    uint32_t
        records_per_turn; /* at most so many a turn, then the loop goes round without sleeping: 1 to 65536 */
};

/* Where a partition stands, for metrics; all from what is known already, no request is made. */
struct source_position {
    uint16_t partition, topic;
    int32_t number;
    bool paused;
    int64_t next;    /* offset after the last record delivered; -1: none yet */
    int64_t reached; /* everything below was delivered, or is no record (a transaction's marker): next, or
                        what was beyond it when the end was reached, or where reading began; -1: unknown */
    int64_t high;    /* end of the log as last heard from the broker, at most some seconds ago for a paused
                        partition too; -1: not heard yet */
};

/* Makes the consumer and subscribes. Returns NULL with a message in error (KAFKA_ERROR_SIZE bytes). events is
 * copied. No broker need be reachable. */
struct kafka_source *kafka_source_open(struct loop *loop, const struct source_settings *settings,
                                       const struct source_events *events, char *error);

/* False: no records are delivered (the owner's window is over-full); rebalances, commits and errors go on,
 * and so does membership of the group. true at the start. */
void kafka_source_accept(struct kafka_source *source, bool accept);

/* Stops or resumes fetching of one partition. Records already on their way may still be delivered in this
 * turn. Ignored for a partition not assigned. */
void kafka_source_pause(struct kafka_source *source, uint16_t partition);
void kafka_source_resume(struct kafka_source *source, uint16_t partition);

/* Commits offset (the next one to read) for the group, without waiting; all commits asked for in a turn leave
 * as one request. metadata: at most 3500 bytes, copied; may be "". Refused (answered not ok) when the
 * assignment is not the current one. */
void kafka_source_commit(struct kafka_source *source, uint16_t partition, uint32_t assignment, int64_t offset,
                         const char *metadata);

/* The partition may be given back: answer to revoking(). Other assignments are ignored. */
void kafka_source_revoked(struct kafka_source *source, uint16_t partition, uint32_t assignment);

/* Leaves the group (a static member does not: it is expected back) without blocking: partitions still
 * assigned are revoked first, as above; closed() follows. Call once. */
void kafka_source_close(struct kafka_source *source);

/* Frees the source; blocks for as long as librdkafka needs to stop its threads (milliseconds) once closed()
 * has come, up to seconds otherwise. Records must have been freed before. NULL is allowed. */
void kafka_source_destroy(struct kafka_source *source);

/* True from the first answer of the group on (even with no partition) until a rebalance takes everything. */
bool kafka_source_joined(const struct kafka_source *source);

/* Position of the n-th assigned partition (0 .. count-1) in *position; false beyond the last. */
bool kafka_source_position(struct kafka_source *source, size_t n, struct source_position *position);

/* Name of the topic and Kafka's number of a partition index once assigned; the name is NULL if it never was.
 */
const char *kafka_source_name(const struct kafka_source *source, uint16_t partition, int32_t *number);

/* The group's name, for messages. */
const char *kafka_source_group(const struct kafka_source *source);

#endif
