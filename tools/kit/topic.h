/* Reading a topic from its beginning to where it ended when the reading began. */
#ifndef KIT_TOPIC_H
#define KIT_TOPIC_H

#include "tools/kit/kafka.h"

#include <stdbool.h>
#include <stdint.h>

enum { KIT_PARTITIONS_MAX = 1024 };

struct kit_topic {
    int32_t partitions;
    int64_t begin[KIT_PARTITIONS_MAX],
        end[KIT_PARTITIONS_MAX]; /* offsets; end is one past the last (committed) */
};

/* Asks the brokers for the topic's partitions and their offsets. False with a message in error that names the
 * topic (it does not exist, no broker answers, ...). */
bool kit_topic_look(rd_kafka_t *rk, const char *topic, struct kit_topic *out, char error[KAFKA_ERROR_SIZE]);

/* Wakes the fetching of a partition. librdkafka before 2.2 stops fetching while its queue is full, and looks
 * again only when something else makes its thread turn, or a second later: whoever polls and gets nothing for
 * KIT_DRY_MS calls this, at the cost of one small question to the partition's leader. */
enum { KIT_DRY_MS = 5 };
void kit_topic_nudge(rd_kafka_t *rk, const char *topic, int32_t partition);

struct kit_scan {
    const char *topic;
    /* Called for each record in the order of its partition; the message lives for the call. False ends the
     * scan (kit_topic_scan then returns true). */
    bool (*on_record)(void *arg, const rd_kafka_message_t *message);
    /* Called every now and then with offsets done and offsets in all; may be NULL. */
    void (*on_progress)(void *arg, int64_t done, int64_t total);
    void *arg;
    const int64_t *from; /* by partition, KIT_PARTITIONS_MAX of them: begin there where the topic begins
                            earlier; NULL: begin where it begins */
    int stall_ms;        /* nothing coming for so long is a failure; 0: 30 s */
};

/* Reads every partition of scan->topic through reader (kit_kafka_reader) to the ends found at the start.
 * False with a message in error: the topic cannot be read, a broker went silent, or kit_stop was raised
 * ("stopped"). */
bool kit_topic_scan(rd_kafka_t *reader, const struct kit_scan *scan, char error[KAFKA_ERROR_SIZE]);

#endif
