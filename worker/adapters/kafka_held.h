/* Records that wait to be handed to librdkafka, oldest first, each copied whole. */
#ifndef ADAPTERS_KAFKA_HELD_H
#define ADAPTERS_KAFKA_HELD_H

#include "worker/adapters/kafka_sink.h"

struct held_record {
    struct held_record *next;
    uint64_t cookie;
    usec_t since_us;           /* when it was put here */
    struct sink_record record; /* points into this block */
};

struct held_records {
    struct held_record *oldest, *newest;
};

/* Appends a copy of the record and all it points to. Out of memory ends the process: what waits is bounded by
 * the window. */
void held_add(struct held_records *held, const struct sink_record *record, uint64_t cookie, usec_t now_us);

/* Takes the oldest off the list, NULL if there is none; the caller frees it with free(). */
struct held_record *held_take(struct held_records *held);

#endif
