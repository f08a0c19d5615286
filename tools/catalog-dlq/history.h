/* What was done to a dead letter by hand before: its records in the audit topic. */
#ifndef DLQ_HISTORY_H
#define DLQ_HISTORY_H

#include "letter.h"

#include "common/config.h"
#include "tools/kit/kafka.h"

enum { HISTORY_MAX = 50, HISTORY_TEXT_SIZE = 256 };

struct history_entry {
    char at[32], action[32], actor[128], why[HISTORY_TEXT_SIZE], detail[HISTORY_TEXT_SIZE];
};

struct history {
    struct history_entry list[HISTORY_MAX]; /* oldest first; of more than these, the newest */
    size_t count;
    uint64_t more; /* older ones that are not listed */
};

/* Reads the audit topic for this letter. False with a message in error. */
bool history_read(rd_kafka_t *reader, const struct config *config, const struct letter *letter,
                  struct history *out, char error[KAFKA_ERROR_SIZE]);

#endif
