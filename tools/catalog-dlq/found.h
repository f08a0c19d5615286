/* Open dead letters found by their keys, kept whole beyond the reading. */
#ifndef DLQ_FOUND_H
#define DLQ_FOUND_H

#include "filter.h"

#include "common/config.h"
#include "tools/kit/kafka.h"

enum { FOUND_LETTER_MAX = 512 << 20 };

struct found {
    char **lines; /* JSON lines (jsonl.h), newest letter first; owned */
    size_t count, wanted;
};

/* Reads the topic of dead letters from its tail until every key of filter (one at least) is found, or all is
 * read. False with a message in error. Free with found_free in any case. */
bool found_read(struct found *found, rd_kafka_t *reader, const struct config *config,
                const struct filter *filter, char error[KAFKA_ERROR_SIZE]);
void found_free(struct found *found);

#endif
