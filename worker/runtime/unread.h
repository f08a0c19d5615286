/* How old a partition's oldest unread record is, as well as that can be known without reading it. Pure. */
#ifndef RUNTIME_UNREAD_H
#define RUNTIME_UNREAD_H

#include <stdbool.h>
#include <stdint.h>

/* What is remembered of a partition. Zeroed when it is assigned. */
struct unread {
    int64_t last_read_ms; /* when Kafka says that the last record read was written; 0: none was */
    int64_t seen_high;    /* an end of the log that reading has not reached ... */
    int64_t seen_at_ms;   /* ... and since when it is known; 0: reading has reached all ends */
};

/* Records beyond what was reached; -1 where either is unknown (-1). */
int64_t unread_records(int64_t reached, int64_t high);

/* Looks at a partition now (ms since 1970), and returns the age in ms; 0: nothing is unread.
 *
 * While records of the partition are open, its reading follows close behind them or is stopped by a window:
 * the oldest unread record comes right after the last one read, and is taken to be as old as that. That never
 * exceeds the age of the oldest open record. While none is open the last one read says nothing (it may have
 * been yesterday's): then the age is how long this worker has known that there is something to read, which
 * is the least it can be. */
int64_t unread_look(struct unread *unread, int64_t reached, int64_t high, bool open, int64_t now_ms);

#endif
