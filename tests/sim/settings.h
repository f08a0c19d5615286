/* What a seed draws: the size of the world, the core's settings, and which faults happen how often. */
#ifndef SIM_SETTINGS_H
#define SIM_SETTINGS_H

#include "worker/core/core.h"

#include <stdio.h>

enum {
    SIM_WORKERS_MAX = 4,
    SIM_TOPICS_MAX = 3,
    SIM_PARTS_MAX = 8, /* over all topics */
    SIM_CATALOGS_MAX = 3,
    SIM_EVENTS_MAX = 400,
    SIM_PRODUCTS_MAX = 16,
    SIM_SKUS_MAX = 24,
};

/* Points at which the world decides what becomes of something. Fate 0 is always: it works. */
enum fate_point {
    FATE_CRASH,
    FATE_STORE,
    FATE_CALL,
    FATE_PUBLISH,
    FATE_COMMIT,
    FATE_RESUME,
    FATE_STOP,
    FATE_STEP,
    FATE_POINTS
};

enum { FATES_MAX = 12 };

enum fate_store { STORE_WORKS, STORE_REQUEST_LOST, STORE_ANSWER_LOST };
enum fate_call {
    CALL_WORKS,
    CALL_FAILS,         /* 5xx that says no; not applied */
    CALL_FAILS_UNKNOWN, /* connection reset; not applied, but nobody can know */
    CALL_ANSWER_LOST,   /* applied; the answer never comes, the worker's time-out ends it */
    CALL_LANDS_LATE,    /* reset at once; applied later, within call.late.max.ms */
    CALL_IS_THROTTLED,
    CALL_IS_BLOCKED,      /* 368 */
    CALL_LOSES_AUTH,      /* one refusal of the credentials, gone at the next call */
    CALL_STRANGE_REFUSAL, /* an unknown 4xx code that does not come again */
    CALL_FALSE_NOT_FOUND, /* 100/33 for want of rights */
    CALL_SLOW,            /* answered late, but before the time-out */
    CALL_FATES
};
enum fate_publish { PUBLISH_WORKS, PUBLISH_LOST, PUBLISH_REPORT_LOST, PUBLISH_SLOW };
/* What befalls a worker before a step; only the model chooses here. */
enum fate_step { STEP_GOES_ON, STEP_REBALANCE, STEP_LINK_BREAKS, STEP_TERMINATE };
enum fate_commit { COMMIT_WORKS, COMMIT_FAILS, COMMIT_ANSWER_LOST };

struct sim_settings {
    uint64_t seed;
    uint32_t workers, topics, parts, catalogs, events, products, skus, contents;
    struct core_settings core; /* incarnation and seed are each process's own */
    bool own_topics; /* each catalog has a topic of its own, and one of them is kept paused to the last:
                        oracle_isolation */
    bool static_members;
    bool upsert_answers_id; /* 10800 carries the existing id */
    uint32_t foreign_items; /* items there before anything began */

    usec_t session_us, store_latency_us, call_latency_us, publish_latency_us, fetch_us, lookup_lag_us;
    usec_t produce_us; /* the events come within this span */
    usec_t faults_us;  /* faults happen until here; then everything heals */
    usec_t budget_interval_us;
    uint32_t budget_burst;

    uint16_t fate_permille[FATE_POINTS][FATES_MAX];
    /* mean spans between troubles of a kind; 0: never */
    usec_t crash_every_us, freeze_every_us, rebalance_every_us, terminate_every_us, store_down_every_us,
        store_loss_every_us, store_old_every_us, kafka_down_every_us, catalog_down_every_us,
        token_dies_every_us, vanish_every_us, refusing_every_us, hand_every_us, rebuild_every_us;
    usec_t freeze_max_us, down_max_us;
    usec_t hand_hold_us;         /* how long an operator holds a product */
    uint16_t hand_dies_permille; /* the command, before each of its steps */

    /* the workload, permille of events */
    uint16_t gaps, duplicates, reused, hides, no_sku, deletes, tombstones, resyncs, replays, sku_changes,
        swaps, out_of_order, equal_versions, poison, killers, local_failed, local_skipped, no_product, hints,
        bulk, storms;
};

void settings_draw(struct sim_settings *settings, uint64_t seed);

/* A quiet world of fixed latencies and no fault: what the model and the golden traces begin with. */
void settings_calm(struct sim_settings *settings);

void settings_print(const struct sim_settings *settings, FILE *to);

#endif
