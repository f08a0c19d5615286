/* What the files of the source share: kafka_source.c (records, errors, life), kafka_rebalance.c (assignment),
 * kafka_commit.c (commits), kafka_idle_ends.c (ends of paused partitions). Not for others. */
#ifndef ADAPTERS_KAFKA_SOURCE_IMPL_H
#define ADAPTERS_KAFKA_SOURCE_IMPL_H

#include "worker/adapters/kafka_ends.h"
#include "worker/adapters/kafka_health.h"
#include "worker/adapters/kafka_parts.h"
#include "worker/adapters/kafka_pump.h"
#include "worker/adapters/kafka_source.h"

enum { COMMIT_METADATA_MAX = 3500, REBALANCES_MAX = 16 };

/* A commit asked for, until its turn ends. */
struct commit {
    uint16_t partition;
    uint32_t assignment;
    int64_t offset;
    char *metadata; /* owned; NULL: refused, to be answered so */
};

struct commits {
    struct commit *list;
    size_t count, room;
};

enum rebalance_step {
    REBALANCE_NONE,
    REBALANCE_LOOKING, /* an assignment: asking for the group's committed offsets */
    REBALANCE_WAITING, /* a revocation: until the owner has answered for each partition */
    REBALANCE_GIVING,  /* all have been: given back in the next turn */
};

/* Rebalances are done one after the other; the first of the queue is the one being done. */
struct rebalance {
    rd_kafka_event_t *queue[REBALANCES_MAX];
    size_t count;
    enum rebalance_step step;
    size_t waiting;
    struct loop_timer retry;
    bool warned;
};

/* The question where paused partitions end: one topic's at a time. */
struct idle_ends {
    struct loop_timer timer;
    struct kafka_ends *asked; /* under way, or answered; NULL: none */
    bool answered;
    uint16_t next_topic;
    const char *topic;
    int32_t numbers[CORE_PARTITIONS_MAX], count;
};

struct kafka_source {
    struct loop *loop;
    rd_kafka_t *rk;
    struct source_events events;
    struct kafka_pump main, records;
    struct kafka_log_pump logs;
    struct kafka_health health;
    struct parts parts;
    struct commits commits;
    struct loop_flush flush;
    struct rebalance rebalance;
    struct idle_ends idle_ends;
    char *group;
    bool joined, ever_assigned, closing, closed;
};

/* Takes a rebalance event over. */
void source_rebalance(struct kafka_source *source, rd_kafka_event_t *event);

/* Takes the answer to a lookup of committed offsets over. */
void source_offsets(struct kafka_source *source, rd_kafka_event_t *event);

/* A revocation that is being waited for may have turned into a loss. */
void source_check_lost(struct kafka_source *source);

void source_rebalance_free(struct kafka_source *source);

/* Sends the commits asked for in this turn: the source's flush hook. */
void source_send_commits(void *arg);

/* Takes the answer to a commit over. */
void source_commit_answer(struct kafka_source *source, rd_kafka_event_t *event);

/* kafka_idle_ends.c; stopping waits for the question under way, a second at most. */
void source_idle_ends_start(struct kafka_source *source);
void source_idle_ends_stop(struct kafka_source *source);

void source_commits_free(struct kafka_source *source);

#endif
