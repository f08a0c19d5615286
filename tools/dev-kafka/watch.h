/* Looks whether the mock cluster has begun to drop records. It keeps about 5 MB a partition and then silently
 * drops the oldest; the log's start offset is the only trace of that. */
#ifndef DEV_KAFKA_WATCH_H
#define DEV_KAFKA_WATCH_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>

struct watch {
    rd_kafka_t *rk; /* owned: a consumer without a group */
};

enum watch_verdict {
    WATCH_WHOLE,   /* every log starts at 0 */
    WATCH_DROPPED, /* a log start moved; said on stderr */
    WATCH_UNKNOWN, /* the cluster did not answer in time */
};

/* Opens a client on the bootstrap servers given. Returns false with the reason on stderr. */
bool watch_open(struct watch *watch, const char *bootstrap_servers);

/* Asks for the log start of every partition of every topic; takes at most a few seconds. */
enum watch_verdict watch_look(struct watch *watch);

/* Closes the client. A watch that was never opened (all zero) is fine. */
void watch_close(struct watch *watch);

#endif
