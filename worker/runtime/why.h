/* Why nothing moves: one reason out of all that the core and the adapters wait for, by what dominates. The
 * pure part, without I/O: status.c fills the facts, /status, logs and metrics tell the reason. */
#ifndef RUNTIME_WHY_H
#define RUNTIME_WHY_H

#include "worker/core/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X(SYMBOL, name, words). In the order in which they dominate: what stands above makes all below it pointless
 * to look at. Names appear in /status and as a metric's label: they may be added to, never changed. */
#define WHY_TABLE(X)                                                                                         \
    X(STOPPING, "stopping", "the worker is stopping: it finishes what is in flight")                         \
    X(KAFKA_DOWN, "kafka_down", "no Kafka broker can be used")                                               \
    X(JOINING, "joining_group", "waiting for the consumer group to let this worker in")                      \
    X(REDIS_DOWN, "redis_down", "Redis cannot be reached")                                                   \
    X(REDIS_QUIET, "redis_quiet_time",                                                                       \
      "memory was lost: waiting until every call of before must have ended")                                 \
    X(REDIS_REBUILDING, "redis_rebuilding", "this worker streams the result topic back into Redis' memory")  \
    X(REDIS_WAITING, "redis_rebuilt_elsewhere", "memory is being checked, or rebuilt by another worker")     \
    X(NOT_ASSIGNED, "not_assigned", "in the consumer group, but no partition is assigned to this worker")    \
    X(RESULTS_UNACKED, "results_unacknowledged", "Kafka does not acknowledge results")                       \
    X(CREDENTIALS, "credentials_refused", "the catalog refuses the token")                                   \
    X(FORBIDDEN, "permission_refused", "the token may not write to the catalog")                             \
    X(BLOCKED, "blocked_by_policy", "the business account is blocked by policy")                             \
    X(THROTTLED, "throttled", "the catalog throttles calls")                                                 \
    X(REFUSING, "catalog_refusing",                                                                          \
      "the catalog refuses every product for one cause that is not their data")                              \
    X(FAILING, "catalog_failing", "the catalog fails for many products: the breaker is open")                \
    X(BUDGET, "call_budget", "the calls an hour of the catalog are used up")                                 \
    X(LEASE, "lease", "another worker, or an operator, holds the oldest product")                            \
    X(UNCERTAIN, "uncertain_call", "a call without an answer may still change the oldest product")           \
    X(LOOKUP_LAG, "lookup_lag", "the catalog's index may not show the last write yet")                       \
    X(RETRY, "retry", "the oldest product failed and is tried again later")                                  \
    X(ALONE, "alone", "a record that may kill workers runs with nothing beside it")                          \
    X(WINDOW_FULL, "window_full", "as many records as allowed are open")                                     \
    X(MOVING, "moving", "work is going on")                                                                  \
    X(IDLE, "no_lag", "there is nothing to do")

enum why {
#define X(symbol, name, words) WHY_##symbol,
    WHY_TABLE(X)
#undef X
        WHY_COUNT
};

const char *why_name(enum why why);
const char *why_words(enum why why);

/* One catalog, as far as it matters here. */
struct why_catalog {
    enum gate_cause gate;
    usec_t until_us; /* of the gate or the budget */
    bool budget_out; /* calls are ready, and only the budget keeps them */
    bool has_work;   /* records of it are open */
};

/* One assigned partition. */
struct why_partition {
    int64_t lag; /* records not done, the unread ones included; -1: unknown */
    bool full;   /* its reading is stopped by a window */
    bool open;   /* something of it is open: oldest is set */
    struct core_op_view oldest;
};

struct why_facts {
    usec_t now_us;
    bool stopping, kafka_down, joined, redis_up;
    enum core_store_state store;
    usec_t quiet_until_us;
    usec_t unacked_us; /* how long the oldest result has waited for its acknowledgement; 0: none waits */
    uint32_t calling;  /* calls in flight to catalogs whose gate is open: a probe moves nothing */
    const struct why_catalog *catalogs;
    size_t catalogs_count;
    const struct why_partition *partitions;
    size_t partitions_count;
};

/* How long Kafka has acknowledged nothing of what waits for it: results handed over and not answered
 * (pending), and, after a failure, those that wait to be handed over again (open records). 0: nothing waits.
 */
usec_t why_unacked_us(size_t pending, bool failed, uint32_t open, usec_t since_us, usec_t now_us);

/* A result that Kafka has not acknowledged for so long is a reason. */
#define WHY_UNACKED_US (5 * INT64_C(1000000))

struct why_answer {
    enum why why;
    size_t catalog;   /* which one, or SIZE_MAX */
    size_t partition; /* index into facts->partitions whose oldest record is meant, or SIZE_MAX */
    usec_t until_us;  /* when it ends by itself, as far as known; 0: unknown */
};

/* Records not done of a partition, from its committable offset and its end; -1 where either is unknown (-1).
 */
int64_t why_lag(int64_t committable, int64_t high);

/* The reason that dominates. A catalog's reason dominates only while no other catalog moves. */
struct why_answer why_dominant(const struct why_facts *facts);

/* False while work goes on, or none is there. */
bool why_waits(enum why why);

/* The reason over time: since when it holds, and what was told of it. Zeroed before the first look. */
struct why_track {
    bool begun;
    struct why_answer now;
    usec_t since_us; /* of the reason and its catalog, whatever record shows it */
    usec_t lasts_us; /* since when the same wait, or none: a flow in bursts moves and idles by turns */
    enum why told;   /* the last one logged, MOVING at first */
    size_t told_catalog;
    usec_t told_us; /* since when the reason told held */
};

/* A reason is told once it has lasted so long, so that one that comes and goes floods no log. */
#define WHY_TELL_US (5 * INT64_C(1000000))

enum why_tell { WHY_TELL_NOTHING, WHY_TELL_WAITS, WHY_TELL_MOVES };

/* Takes the reason of this moment; says whether a line is due: the wait now in track->now, or that things
 * move again (track->told_us is then since when they did not). At most one line each WHY_TELL_US. */
enum why_tell why_follow(struct why_track *track, const struct why_answer *now, usec_t now_us);

#endif
