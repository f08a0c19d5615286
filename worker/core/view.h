/* What the core waits for, told to operators: read-only pictures of its state for /status, logs and metrics.
 * Nothing here changes the core, and no decision depends on it. */
#ifndef CORE_VIEW_H
#define CORE_VIEW_H

#include "worker/core/core.h"

/* What an op waits for. X(SYMBOL, name in /status) */
#define CORE_WAITS(X)                                                                                        \
    X(NOTHING, "nothing")          /* its question or call is on its way */                                  \
    X(TURN, "turn")                /* an earlier event of its product */                                     \
    X(STORE, "store")              /* Redis is away, or its memory is not ready */                           \
    X(CLAIMS, "claims")            /* as many claims as allowed are open */                                  \
    X(LEASE, "lease")              /* another op's lease on one of its SKUs, or an operator's hold */        \
    X(UNCERTAIN, "uncertain_call") /* a call without an answer that may still land */                        \
    X(GATE, "gate")                /* its catalog is paused, throttled or failing */                         \
    X(BUDGET, "call_budget")       /* the catalog's calls an hour */                                         \
    X(INFLIGHT, "calls_in_flight") /* as many calls as allowed are in flight */                              \
    X(ALONE, "alone")              /* a record that may kill workers runs with nothing beside it */          \
    X(RETRY, "retry")              /* back-off after a failed try */                                         \
    X(LOOKUP_LAG, "lookup_lag")    /* the catalog's index may not show a write yet */                        \
    X(CALL, "call")                /* the API's answer */                                                    \
    X(SETTLE, "settle")            /* Redis' answer to the outcome */                                        \
    X(RESULT, "result_ack")        /* Kafka's acknowledgement of its result or dead letter */

enum core_wait {
#define X(symbol, name) CORE_WAIT_##symbol,
    CORE_WAITS(X)
#undef X
        CORE_WAIT_COUNT
};

const char *core_wait_name(enum core_wait wait);

/* One record on its way. */
struct core_op_view {
    struct op_id op;
    const char *state; /* as in state.h */
    enum core_wait wait;
    usec_t until_us; /* when the wait ends by itself, as far as known; 0: unknown */
    uint8_t catalog; /* CATALOG_NONE: none */
    uint16_t attempts;
    int64_t offset;
};

/* The op that keeps a partition's committable offset where it is. False: nothing of it is open. */
bool core_view_oldest(const struct core *core, uint16_t partition, struct core_op_view *view);

/* Which bound stopped a partition's reading. */
enum core_full { CORE_FULL_NOT, CORE_FULL_PARTITION, CORE_FULL_SPAN, CORE_FULL_TOPIC };

struct core_partition_view {
    bool assigned, revoking, paused;
    enum core_full full;            /* NOT unless paused */
    uint32_t open;                  /* records read whose outcome is not published */
    int64_t committable, committed; /* -1: none */
};

void core_view_partition(const struct core *core, uint16_t partition, struct core_partition_view *view);

struct core_catalog_view {
    enum gate_cause gate;
    usec_t gate_until_us; /* closed: when the next probe is let through */
    bool probing;         /* the probe is in flight */
    uint32_t waiting_claim, ready, claimed, inflight, tokens;
    usec_t budget_until_us; /* no tokens, and none before; 0: not waiting */
    bool budget_out;        /* calls are ready, and only the budget keeps them */
};

void core_view_catalog(const struct core *core, uint8_t catalog, struct core_catalog_view *view);

enum core_store_state {
    CORE_STORE_DOWN,
    CORE_STORE_LOOKING,
    CORE_STORE_QUIET,
    CORE_STORE_REBUILDING,
    CORE_STORE_READY
};

struct core_store_view {
    enum core_store_state state; /* LOOKING: asking, or waiting for another builder */
    uint64_t epoch;
    usec_t quiet_until_us; /* QUIET: the rebuild begins then */
};

void core_view_store(const struct core *core, struct core_store_view *view);

#endif
