/* The source's table of partitions: index (for the core) to what is known of it, and back from (topic,
 * number). */
#ifndef ADAPTERS_KAFKA_PARTS_H
#define ADAPTERS_KAFKA_PARTS_H

#include "worker/core/limits.h"

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum part_state {
    PART_FREE, /* not ours; the index stays with the (topic, number) if it ever was */
    PART_ASSIGNED,
    PART_REVOKING, /* asked back, not yet given */
};

enum { PARTS_NONE = UINT16_MAX, PARTS_NUMBER_MAX = 100000 };

struct part {
    enum part_state state;
    bool used; /* topic and number are valid */
    bool paused;
    bool answered; /* the owner has said that a partition being revoked may go */
    uint16_t topic;
    int32_t number;
    uint32_t assignment;
    int64_t start; /* where reading began: the group's committed offset; -1: none */
    int64_t next;
    int64_t ended; /* the end of the log when it was last reached, behind what is no record; -1: never */
    int64_t end;   /* of the log when it was asked for, the partition being paused; -1: it was not */
    rd_kafka_queue_t *queue; /* the partition's queue, forwarded to the records' queue */
};

struct parts_topic {
    const char *name;
    uint16_t *index; /* by number */
    int32_t count;
};

struct parts {
    struct part list[CORE_PARTITIONS_MAX];
    struct parts_topic topics[CORE_TOPICS_MAX];
    size_t topics_count;
    uint16_t topic_hint; /* last one found: records come in runs */
    uint32_t assignments;
};

/* names are borrowed. */
void parts_init(struct parts *parts, const char *const *names, size_t count);

/* Index of a configured topic, or -1. */
int parts_topic(struct parts *parts, const char *name);

/* Index of (topic, number), or PARTS_NONE if it was never assigned. */
uint16_t parts_find(struct parts *parts, const char *topic, int32_t number);

/* Marks (topic, number) as assigned under a new assignment; PARTS_NONE when the topic is not configured, the
 * number beyond PARTS_NUMBER_MAX, or CORE_PARTITIONS_MAX partitions are assigned already. */
uint16_t parts_assign(struct parts *parts, const char *topic, int32_t number);

/* The partition is not ours any more. */
void parts_release(struct parts *parts, uint16_t index);

const char *parts_name(const struct parts *parts, uint16_t index);

void parts_free(struct parts *parts);

#endif
