/* How far the confirmed rows reach without a gap: confirmations come in any order across partitions. Pure. */
#ifndef CATALOG_PUBLISH_TRACKER_H
#define CATALOG_PUBLISH_TRACKER_H

#include "common/key128.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TRACKER_ROWS = 1 << 17 }; /* in flight at once: above librdkafka's queue.buffering.max.messages */

struct track {
    struct key128 hash; /* of all rows up to this one */
    uint64_t line;      /* for messages */
    int input;
    bool done, wrong;
};

struct tracker {
    struct track *rows; /* owned, [TRACKER_ROWS] */
    uint64_t next;      /* number of the next row, from 0 */
    uint64_t reached;   /* all rows below are done */
    uint64_t wrong;     /* of the rows below `reached`: those that were not sent, being wrong */
    struct key128 hash; /* of the rows below `reached` */
    struct key128 read; /* of the rows below `next` */
    bool stuck;         /* a row failed: nothing behind it counts any more */
};

/* False without memory. */
bool tracker_init(struct tracker *tracker);
void tracker_free(struct tracker *tracker);

/* No room: the next row waits for a confirmation. */
bool tracker_is_full(const struct tracker *tracker);

/* Takes the next row in; returns its number. */
uint64_t tracker_add(struct tracker *tracker, const void *row, size_t len, int input, uint64_t line);

/* The row is wrong, and will be done without being sent. */
void tracker_wrong(struct tracker *tracker, uint64_t number);

/* The row is confirmed, or needs nothing; or it failed. */
void tracker_done(struct tracker *tracker, uint64_t number, bool ok);

const struct track *tracker_row(const struct tracker *tracker, uint64_t number);

#endif
