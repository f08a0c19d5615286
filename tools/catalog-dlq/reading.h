/* Reading chosen dead letters: by their places, or from the tails of the partitions backwards. */
#ifndef DLQ_READING_H
#define DLQ_READING_H

#include "open.h"

enum { READING_PREFETCH_BYTES = 16 << 20 };

/* Letters at given places (sorted by partition and offset), one after the other. A record that is no longer
 * there (compacted, since a newer one of its key came) is passed over and counted. */
struct picker {
    rd_kafka_t *reader;
    const char *topic;
    const struct place *places;
    size_t count, next;
    uint64_t gone;
    int32_t assigned; /* partition being read; -1: none */
    int64_t at;       /* offset that comes next */
    bool at_end;      /* of that partition */
};

void picker_start(struct picker *picker, rd_kafka_t *reader, const char *topic, const struct place *places,
                  size_t count);

/* 1: *message is the next letter's, which the caller destroys; 0: there are no more; -1 with a message in
 * error (kit_stop raised while waiting: "stopped"). */
int picker_next(struct picker *picker, rd_kafka_message_t **message, char error[KAFKA_ERROR_SIZE]);

/* Reading from the tails. A record is looked at as it comes, and then told newest first. */
struct backwards {
    rd_kafka_t *reader;
    const char *topic;
    int32_t only; /* one partition; negative: all */
    bool every;   /* also what a newer record of its key replaced: for topics that are no tables */
    /* What is worth telling of a letter, from malloc; NULL: nothing. The letter lives for the call. */
    void *(*look)(void *arg, const struct letter *letter);
    /* Called for what look returned of open letters only, newest first by time stamp over all partitions (in
     * one partition by offset), and takes it over. False ends the reading. */
    bool (*tell)(void *arg, void *seen);
    void (*drop)(void *seen); /* for what is never told; NULL: free */
    void *arg;
    /* filled in */
    uint64_t records; /* read */
    bool complete;    /* all was read, down to the beginnings */
};

/* False with a message in error; "stopped" where kit_stop was raised. */
bool read_backwards(struct backwards *reading, char error[KAFKA_ERROR_SIZE]);

/* The partition that a key goes to (murmur2, as Java's clients and the worker spread keys). */
int32_t partition_of_key(const void *key, size_t len, int32_t partitions);

#endif
