/* By which path an event came to its outcome: for metrics. Pure. */
#ifndef RUNTIME_EVENT_PATH_H
#define RUNTIME_EVENT_PATH_H

#include "common/result.h"
#include "worker/core/store.h"

#include <stdbool.h>

/* X(SYMBOL, name as a metric's label) */
#define EVENT_PATHS(X)                                                                                       \
    X(SINGLE, "single")       /* it was called for, at least once, by a call of its own */                   \
    X(UNCHANGED, "unchanged") /* no call: the catalog has this content already */                            \
    X(COALESCED, "coalesced") /* no call: a newer event of the product was waiting behind it */              \
    X(STALE, "stale")         /* no call: a newer version was synced before */                               \
    X(SKIPPED, "skipped")     /* no call: the event asks for nothing that the catalog needs */               \
    X(PLAN, "plan")           /* no call: plan-only, the calls are in the result */                          \
    X(REFUSED, "refused")     /* no call: what it asks for cannot be sent */                                 \
    X(REPEATED, "repeated")   /* the outcome was known: the event was delivered, or published, again */

enum event_path {
#define X(symbol, name) EVENT_PATH_##symbol,
    EVENT_PATHS(X)
#undef X
        EVENT_PATH_COUNT
};

const char *event_path_name(enum event_path path);

/* stored: the outcome is one that the store knew. called: this worker made a call for the event. */
enum event_path event_path_of(enum result_kind kind, enum reason reason, bool stored, bool called);

/* Whether events usually come to this outcome on this path: those series are there from the start. */
bool event_path_usual(enum result_kind kind, enum event_path path);

#endif
