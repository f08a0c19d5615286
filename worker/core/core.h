/* The core: decides everything, does nothing. No I/O, no clock, no allocation in a step, no library.
 *
 *   core_step(core, input, outputs)   returns nothing and cannot fail: what goes wrong in the world is an
 * input, what goes wrong in us is an assertion, on in production too.
 *
 * Locality: one thread. The caller performs the outputs in order, then asks for core_deadline_us() and steps
 * again with the next input, or with IN_TICK when the deadline has come. */
#ifndef CORE_CORE_H
#define CORE_CORE_H

#include "worker/core/output.h"

#include <stddef.h>

struct core;

/* A catalog's settings. Spans in microseconds. */
struct catalog_settings {
    bool upsert;           /* the API version's create updates an existing item (v24.0 and later) */
    bool limited;          /* a call budget is kept in the store (catalog.rate.per.hour above 0) */
    uint32_t inflight_max; /* calls of this worker at once */
    uint32_t claims_max;   /* ops claimed and not yet settled, at once */
};

struct core_settings {
    bool plan_only; /* no call is ever made: OUT_PLAN instead of OUT_CALL */
    uint32_t catalogs_count, topics_count;
    struct catalog_settings catalogs[CORE_CATALOGS_MAX];
    uint32_t window_records; /* at most CORE_WINDOW_MAX */
    uint32_t slack_records; /* taken beyond the window while a pause takes effect, at most CORE_SLACK_RECORDS;
                               each topic's records on their way must fit */
    uint64_t window_bytes;
    int64_t window_span; /* offsets between a partition's oldest open record and its newest */
    uint32_t retry_attempts_max;
    usec_t retry_age_max_us, retry_base_us, retry_max_us;
    uint32_t retry_budget_percent; /* retries allowed a hundred successes */
    uint32_t
        breaker_failures;  /* distinct products failing without a success between: the catalog is failing */
    uint32_t refusals_max; /* distinct products refused for a cause they may share, without a write between:
                              the catalog is refusing all of them */
    usec_t breaker_open_us, breaker_open_max_us;
    usec_t pause_probe_us; /* between probes of a catalog paused for its credentials */
    usec_t call_timeout_us, call_late_us, lease_us, lease_margin_us, lookup_lag_us, unchanged_max_age_us;
    usec_t commit_interval_us, revoke_timeout_us, shutdown_timeout_us;
    usec_t store_grace_us; /* after a restart of the store, time for every worker to check its witness */
    uint64_t incarnation;  /* random, of this process */
    uint64_t seed;         /* of jitter */
};

/* Why nothing moves, in numbers: for /status, metrics and the simulation's checks. */
struct core_stats {
    uint64_t records, dropped_stale, dropped_again, absorbed, claims, calls, retries, counted_failures,
        late_writes, repairs, pauses, resumes, commits, stale_replies, alone;
    uint32_t open, open_bytes, waiting_claim, claimed, ready, calling, backoff, publishing;
};

/* Bytes of memory core_init needs for these settings; 0 where they break a bound of limits.h. */
size_t core_size(const struct core_settings *settings);

/* Slots the core will have: what is kept beside ops needs as many entries. */
uint32_t core_slots(const struct core_settings *settings);

/* Prepares a core in mem (core_size() bytes, zeroed, owned by the caller for the life of the core). */
struct core *core_init(void *mem, const struct core_settings *settings, usec_t now_us);

/* Takes one input and fills outputs (emptied first). */
void core_step(struct core *core, const struct input *in, struct outputs *out);

/* The moment of the next step if no input comes before; INT64_MAX: none. A moment that has passed: step at
 * once. */
usec_t core_deadline_us(const struct core *core);

/* The op that the next IN_RECORD will take: put what belongs beside it there first. */
struct op_id core_next_op(const struct core *core);

/* False while the window is over-full (paused partitions still delivering): read no record now. */
bool core_can_accept(const struct core *core);

/* True when claims are served: connected, epoch ready. */
bool core_store_ready(const struct core *core);

/* The gate of a catalog, and since when. */
enum gate_cause core_gate(const struct core *core, uint8_t catalog);

/* The committable offset of an assigned partition, or -1 where nothing has been read. */
int64_t core_committable(const struct core *core, uint16_t partition);

/* Asserts every invariant: after each step in tests, now and then in production. */
void core_check(const struct core *core);

void core_stats(const struct core *core, struct core_stats *stats);

const char *core_input_name(enum input_type type);
const char *core_output_name(enum output_type type);
const char *core_outcome_name(enum outcome outcome);
const char *core_reason_name(enum reason reason);
const char *core_state_name(const struct core *core, uint32_t slot);

#endif
