/* Everything the simulator knows, in one place; one thread. */
#ifndef CATALOG_SIM_SIM_H
#define CATALOG_SIM_SIM_H

#include "batch.h"
#include "call.h"
#include "counters.h"
#include "journal.h"
#include "knobs.h"
#include "limits.h"
#include "script.h"
#include "store.h"
#include "timers.h"
#include "tokens.h"

#define NUMBER_SLOTS 65536

struct sim {
    struct knobs knobs;
    struct store store;
    struct journal journal;
    struct counters counters;
    struct tokens tokens;
    struct limits limits;
    struct script script;
    struct timers timers;
    struct call *live;  /* every call not yet freed */
    struct call *spare; /* memory of ended calls, linked by next_live, for the next ones */
    int spare_count;
    uint32_t
        numbers[NUMBER_SLOTS]; /* call numbers of calls without a retailer id, by hash of what they ask */
    struct batches batches;
    uint64_t ordinal;       /* of the newest call */
    int64_t wall_offset_us; /* wall clock minus monotonic clock, at start */
};

/* Default settings, nothing else; the journal is the caller's to start. Free with sim_free(). */
void sim_init(struct sim *sim);
void sim_free(struct sim *sim);

/* Microseconds of the monotonic clock. */
uint64_t sim_now_us(void);

/* Milliseconds since 1970 of a monotonic time. */
int64_t sim_wall_ms(const struct sim *sim, uint64_t at_us);

/* Forgets items, journal, counters, scripted faults and limits in use; keeps settings, tokens and catalogs.
 * Writes still in flight never land. */
void sim_reset(struct sim *sim);

#endif
