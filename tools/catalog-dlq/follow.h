/* What became of events that were sent again: their results, found by topic, partition and offset. */
#ifndef DLQ_FOLLOW_H
#define DLQ_FOLLOW_H

#include "letter.h"

#include "common/config.h"
#include "common/reason.h"
#include "tools/kit/topic.h"

enum { FOLLOW_TEXT_SIZE = 200 };

struct followed {
    char *name;                    /* the dead letter's key, visible; owned */
    const char *topic;             /* the caller's */
    int32_t partition;             /* of the new event */
    int64_t offset;                /* negative: not sent (yet) */
    enum result_kind outcome;      /* RESULT_NONE: still open */
    char detail[FOLLOW_TEXT_SIZE]; /* reason and message of a failure, or the reason */
};

struct follow {
    struct followed **list;
    size_t count, room;
    uint64_t open;
    uint64_t outcomes[RESULT_KIND_COUNT];
    rd_kafka_t *reader;
    const char *results;        /* topic */
    struct followed **by_place; /* sorted, once the waiting begins */
    size_t placed;
    char *text; /* scratch */
};

/* Opens the result topic at its present end: call before the first event is sent. False with a message. */
bool follow_open(struct follow *follow, const struct config *config, char error[KAFKA_ERROR_SIZE]);
void follow_close(struct follow *follow);

/* Notes an event that is about to be sent; NULL without memory (it is then not followed). */
struct followed *follow_add(struct follow *follow, const struct letter *letter, const char *topic);

/* Its offset is known; followed may be NULL. */
void follow_sent(struct followed *followed, int32_t partition, int64_t offset);

/* Everything sent is known (its offset is set): reads results until all have theirs, time is up, or kit_stop
 * is raised. tell is called now and then, and ends the waiting where it says false. False with a message in
 * error. */
bool follow_wait(struct follow *follow, int64_t timeout_ms, bool (*tell)(void *arg), void *arg,
                 char error[KAFKA_ERROR_SIZE]);

/* Outcomes after which the catalog shows the product as it should. */
uint64_t follow_synced(const struct follow *follow);

#endif
