/* Everything the core may ask of the world. Outputs are performed in order, after the step; they never call
 * the core back, and what fails in performing one becomes an input of a later step. */
#ifndef CORE_OUTPUT_H
#define CORE_OUTPUT_H

#include "worker/core/input.h"

#define CORE_OUTPUTS(X)                                                                                      \
    X(CLAIM)          /* run the claim script; answer IN_CLAIMED */                                          \
    X(RELEASE)        /* run the release script; no answer */                                                \
    X(SETTLE)         /* run the settle script; answer IN_SETTLED */                                         \
    X(BUDGET)         /* take up to n call tokens of a catalog; answer IN_BUDGET */                          \
    X(BUDGET_BLOCK)   /* tell all workers that the catalog is throttled for a while; no answer */            \
    X(CALL)           /* make one API call; answer IN_CALLED */                                              \
    X(PLAN)           /* plan-only: note the call that would be made; no answer */                           \
    X(PUBLISH_DEAD)   /* write the dead letter; answer IN_PUBLISHED */                                       \
    X(PUBLISH_RESULT) /* write the result event; answer IN_PUBLISHED */                                      \
    X(COMMIT)         /* commit an offset; answer IN_COMMITTED */                                            \
    X(PAUSE)          /* stop fetching a partition */                                                        \
    X(RESUME)         /* fetch it again */                                                                   \
    X(REVOKED)        /* the partition may be given back */                                                  \
    X(ABSORB)         /* op is superseded by the op named: link their event ids */                           \
    X(DROP)           /* the slot is free: forget what is kept beside it */                                  \
    X(STORE_LOOK)     /* look at the store's epoch and at our witnesses; answer IN_STORE_VIEWED */           \
    X(EPOCH_RAISE)    /* start a new epoch, or take over the building of one; answer IN_STORE_VIEWED */      \
    X(REBUILD)        /* stream the result topic into the store; answer IN_REBUILT */                        \
    X(EPOCH_READY)    /* the epoch is complete; answer IN_STORE_VIEWED */                                    \
    X(REPAIR)         /* fetch the newest event of op's product and feed it as a repair */                   \
    X(CATALOG_STATE)  /* a catalog's gate changed: one log line, readiness, metrics */                       \
    X(STOPPED)        /* nothing is left to do */

enum output_type {
#define X(name) OUT_##name,
    CORE_OUTPUTS(X)
#undef X
        OUT_COUNT
};

struct call_request {
    enum call_kind kind;
    uint8_t target;   /* of the claim's targets */
    bool probe;       /* the one call let through to see whether the catalog works again */
    uint16_t attempt; /* 1 for the op's first call */
    usec_t
        send_before_us; /* writes: the body must not be handed over after this moment: lease minus margin */
};

/* Why a catalog's gate is not open. */
/* In rising order of what they say: an answer still on its way never replaces a cause by a lesser one. */
enum gate_cause {
    GATE_WORKS,
    GATE_FAILING,
    GATE_REFUSING,
    GATE_THROTTLED,
    GATE_BLOCKED,
    GATE_AUTH,
    GATE_FORBIDDEN
};

struct output {
    enum output_type type;
    struct op_id op; /* CLAIM, RELEASE, SETTLE, CALL, PUBLISH_*, ABSORB, DROP, REPAIR */
    union {
        struct claim_request claim;
        struct release_request release;
        struct settle_request settle;
        struct call_request call; /* CALL; PLAN: kind and target */
        struct {
            uint8_t catalog;
            uint32_t tokens;
            usec_t block_us; /* BUDGET_BLOCK */
        } budget;
        struct {
            enum outcome outcome;
            enum reason reason;
            bool stored;       /* the outcome is the one the store answered with: publish that */
            uint16_t attempts; /* calls made under this claim */
        } publish;
        struct {
            uint16_t partition;
            uint32_t assignment;
            int64_t offset; /* COMMIT: the next offset to read */
        } partition;        /* COMMIT, PAUSE, RESUME, REVOKED */
        struct {
            struct op_id by;
        } absorb;
        struct {
            uint64_t epoch; /* EPOCH_RAISE: raise only if the store's is not above this one */
            usec_t
                quiet_us; /* EPOCH_RAISE: longest lease plus call.late.max.ms, unless this is a first start */
        } epoch;
        struct {
            uint8_t catalog;
            enum gate_cause cause;
            usec_t until_us; /* when the next probe is let through */
        } state;
    } u;
};

struct outputs {
    uint32_t count;
    struct output list[CORE_OUTPUTS_MAX];
};

#endif
