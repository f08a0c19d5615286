/* What librdkafka answers only by blocking, asked on a helper thread: a topic's partitions and end offsets;
 * and the end of a client, which waits for its threads. */
#ifndef ADAPTERS_KAFKA_ENDS_H
#define ADAPTERS_KAFKA_ENDS_H

#include "worker/adapters/kafka_conf.h"
#include "worker/runtime/loop.h"

struct kafka_ends;

struct ends_answer {
    bool ok;
    bool no_topic; /* ok, and the topic does not exist */
    const char *error;
    int32_t count;      /* partitions, numbered 0 to count - 1; those asked about, in their order */
    const int64_t *low; /* first offset of each */
    const int64_t *end; /* offset after the last committed record of each */
};

typedef void (*ends_fn)(void *arg, const struct ends_answer *answer);

/* Asks about partitions numbers[0 .. numbers_count-1] (copied), or about all where numbers_count is 0;
 * answered(arg, ...) follows once on the loop, unless buried or freed before. Each question waits at most
 * timeout_ms. Returns NULL when the system has no thread or descriptor left. */
struct kafka_ends *kafka_ends_ask(struct loop *loop, rd_kafka_t *rk, const char *topic,
                                  const int32_t *numbers, int32_t numbers_count, int timeout_ms,
                                  ends_fn answered, void *arg);

/* Ends it, answered or not, and leaves the client alone; waits for the one question under way, timeout_ms at
 * most. NULL is allowed. Not from within answered(). */
void kafka_ends_free(struct kafka_ends *ends);

/* Ends a client in the background: waits for the question under way (ends may be NULL), stops reading of
 * partitions 0 to started-1 of rkt (may be NULL), destroys both. Nothing of rk may be in the caller's hands
 * any more. */
void kafka_bury(struct kafka_ends *ends, rd_kafka_topic_t *rkt, int32_t started, rd_kafka_t *rk);

#endif
