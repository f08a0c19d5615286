/* The simulated world: virtual time, a heap of effects to come, N workers that each run a real core, and the
 * models of Kafka, the store and the catalog around them. Nothing here judges: oracle.h does. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "tests/sim/fake_catalog.h"
#include "tests/sim/fake_kafka.h"
#include "tests/sim/fake_store.h"
#include "tests/sim/marks.h"
#include "tests/sim/operator.h"
#include "tests/sim/rng.h"
#include "tests/sim/settings.h"
#include "tests/sim/workload.h"
#include "worker/core/core.h"

#include <setjmp.h>
#include <stdio.h>

enum {
    SIM_SIDES_MAX = 192,
    SIM_OUTSTANDING_MAX = 512,
    SIM_EFFECTS_MAX = 8192,
    SIM_WRITES_MAX = 8192, /* probes every 10 ms of an outage of a minute are writes too */
    SIM_RELEASES_MAX = 64,
    SIM_ALL = 255, /* every worker */
};

enum effect_kind {
    /* inside a process: they die with it and wait while it is stopped */
    E_INPUT,
    E_TICK,
    E_FETCH,
    E_STORE_REPLY,
    E_CALL_SEND,
    E_CALL_REPLY,
    E_REBUILD,
    E_REPAIR,
    E_STRAGGLER,
    E_ECHO,
    /* on the wire and at the far end */
    E_STORE_ARRIVE,
    E_CALL_LAND,
    E_PUBLISH_ARRIVE,
    E_COMMIT_ARRIVE,
    /* the world's own */
    E_PRODUCE,
    E_START,
    E_SESSION,
    E_REJOIN,
    E_THAW,
    E_TROUBLE,
    E_TROUBLE_OVER,
    E_SCRIPT,
    E_OPERATOR,
    E_HEAL,
};

/* Troubles that come and go; each has a mean span between two in the settings. */
enum trouble {
    T_CRASH,
    T_FREEZE,
    T_REBALANCE,
    T_TERMINATE,
    T_STORE_DOWN,
    T_STORE_LOSS,
    T_STORE_OLD,
    T_KAFKA_DOWN,
    T_CATALOG_DOWN,
    T_TOKEN_DIES,
    T_VANISH,
    T_REFUSING,
    T_HAND,
    T_REBUILD,
    T_COUNT
};

struct store_msg {
    enum output_type type;
    uint32_t id;
    uint64_t link, run_id; /* connection it was sent on, and to which life of the server */
    unsigned fate;
    struct op_id op;
    uint8_t catalog;
    bool unanswered;
    union {
        struct {
            struct claim_request req;
            struct fstore_claim_side side;
            struct fstore_claim_answer answer;
        } claim;
        struct {
            struct settle_request req;
            struct fstore_settle_side side;
            enum settle_status status;
        } settle;
        struct {
            struct release_request req;
            struct fstore_settle_side side;
        } release;
        struct {
            uint32_t tokens, granted;
            usec_t wait_us, block_us;
        } budget;
        struct {
            uint64_t epoch;
            usec_t quiet_us;
            struct store_view view;
            uint64_t run_id;
            uint64_t witness; /* number of the write that leaves one; 0: there is one */
        } look;
    } u;
};

struct call_msg {
    struct op_id op;
    struct catalog_call call;
    uint32_t event;
    uint64_t fence, version;
    usec_t send_before_us, sent_at, reply_at;
    unsigned fate;
    uint32_t write; /* the oracle's number of it; UINT32_MAX: a read */
    bool timed_out; /* the reply is the worker's own time-out */
    struct call_reply reply;
};

struct publish_msg {
    struct op_id op;
    enum publish_kind kind;
    unsigned fate;
    bool arrived_once;
    usec_t sent_at;
    struct result result;
};

struct commit_msg {
    uint8_t tp;
    uint32_t assignment;
    int64_t offset;
    unsigned fate;
    uint64_t meta_run, meta_number, meta_epoch;
};

struct effect {
    usec_t at;
    uint64_t seq;
    enum effect_kind kind;
    uint8_t worker;
    uint64_t incarnation;
    union {
        struct input input;
        struct store_msg store;
        struct call_msg call;
        struct publish_msg publish;
        struct commit_msg commit;
        struct {
            enum trouble trouble;
            uint64_t arg;
            bool loss, old; /* the store comes back so */
            bool over;      /* of a script: it ends */
        } trouble;
        uint64_t arg;
    } u;
};

/* What a shell keeps beside an op: the strings that the core never sees, and notes for the oracles. */
struct side {
    bool used, repair;
    uint32_t gen, event, record;
    uint8_t tp;
    int64_t offset;
    uint64_t fence, version;
    int32_t skus[CORE_TARGETS_MAX];
    uint64_t ids[CORE_TARGETS_MAX];
    uint8_t targets_count;
    uint32_t superseded_by;
    uint64_t blob; /* of an answer DONE, or of the last settle */
    enum reason stored_reason;
    usec_t finished_at;
    enum item_state after;
    /* for the oracles */
    uint32_t assignment;
    uint64_t losses; /* of the store, when the claim was granted */
    bool has_verdict, final, called, contradicted, in_call, working;
    bool closed_gate;    /* its call in flight was made through a closed gate */
    uint64_t epoch;      /* of its last claim */
    bool settled_writes; /* its last settle told of a write */
    enum outcome verdict;
    uint64_t verdict_losses; /* of the store, when it was decided */
    enum reason verdict_reason;
    uint32_t failures, countable, planned;
    uint64_t successes_seen;
    enum call_kind call_kind; /* of its last call */
    uint64_t
        refused_at; /* 1 + the writes answered well when it was last refused for a shared cause; 0: else */
};

struct worker_partition {
    bool assigned, paused, revoking;
    uint32_t assignment, position, start, after_pause;
    usec_t revoke_by, revoking_at; /* revoking: when it must have been given back, and since when */
    int64_t commit_tried;
};

struct outstanding {
    uint32_t id;
    enum output_type type;
    struct op_id op;
    uint8_t catalog;
};

struct worker {
    bool up, frozen, terminating;
    uint64_t incarnation;
    usec_t thaw_at, terminate_by;
    uint64_t life; /* counts starts and freezes: an old session time-out means nothing */
    void *mem;
    size_t mem_size;
    struct core *core;
    struct side sides[SIM_SIDES_MAX];
    struct worker_partition parts[SIM_PARTS_MAX];
    uint64_t tick; /* the tick in the heap; older ones are void */
    usec_t tick_at;
    bool fetching;
    uint32_t idle_ticks; /* steps in a row without any time passing */
    /* connection to the store */
    bool link_up;
    uint32_t ups_coming; /* connections made that the process has not yet seen: it was stopped meanwhile */
    uint64_t link, run_seen;
    usec_t last_arrival, last_commit;
    struct outstanding outstanding[SIM_OUTSTANDING_MAX];
    uint32_t outstanding_count;
    struct store_msg
        releases[SIM_RELEASES_MAX]; /* not known to have been applied: sent again after a reconnect */
    uint32_t releases_count;
    uint64_t write_no, acked_no, acked_epoch, viewed_epoch;
    bool looked;
    uint32_t calls_open[SIM_CATALOGS_MAX];
    uint64_t successes[SIM_CATALOGS_MAX];
    uint64_t writes[SIM_CATALOGS_MAX];           /* answered well */
    uint64_t refused_for_good[SIM_CATALOGS_MAX]; /* since the last of those: a bit a product */
    struct core_stats stats;                     /* as of the last step */
    enum gate_cause gate[SIM_CATALOGS_MAX];
    uint32_t calls_while_closed[SIM_CATALOGS_MAX];
    uint32_t tokens[SIM_CATALOGS_MAX];
    uint64_t epoch_ready; /* that it was last told is ready */
    usec_t terminated_at;
};

/* A writing call as the oracles remember it. */
struct write {
    uint8_t catalog;
    int32_t sku;
    struct key128 content;
    usec_t sent_at;
    bool over; /* its answer is known to whoever asked */
    uint32_t event, worker;
    enum call_kind kind;
};

struct world {
    struct sim_settings set;
    struct rng rng;
    usec_t now;
    bool healed, failed, done;
    bool kept_paused; /* own_topics: catalog 0's credentials stay refused until all others are done */
    char failure[512];
    FILE *trace; /* NULL: no trace */
    struct marks *marks;

    uint64_t seq, steps;

    struct workload workload;
    struct fake_kafka kafka;
    struct log_record records[SIM_PARTS_MAX * KAFKA_LOG_MAX];
    struct fake_catalog catalog;
    struct fstore store, snapshot;
    bool store_down, snapshot_taken;
    uint64_t losses;     /* of data of the store */
    uint64_t loss_epoch; /* epoch of the data that came back: while it stands, nobody has noticed the loss */
    bool unsure[SIM_CATALOGS_MAX][SIM_SKUS_MAX]; /* said to be unchanged meanwhile: a known risk */
    struct hand hand;
    uint32_t next_msg, to_produce;
    struct worker workers[SIM_WORKERS_MAX];
    struct write writes[SIM_WRITES_MAX];
    uint32_t writes_count;
    uint64_t tombstone_version[SIM_EVENTS_MAX]; /* that the store gave to a tombstone */
    struct {
        usec_t at;
        uint32_t product;
        uint64_t losses;
    } last_grant[SIM_CATALOGS_MAX][SIM_SKUS_MAX]; /* who took a SKU last */
    uint32_t writes_open;                         /* writes before this one are over */
    uint64_t accepted_version[SIM_PRODUCTS_MAX];
    uint64_t accepted_losses[SIM_PRODUCTS_MAX]; /* losses of the store when it was accepted */
    struct outputs out;
    jmp_buf stop;

    /* decides a fate instead of the settings' rates; NULL: drawn. For the model and golden traces. */
    unsigned (*choose)(struct world *world, enum fate_point point, void *arg);
    void *choose_arg;

    /* from here on nothing is cleared between runs */
    struct effect effects[SIM_EFFECTS_MAX];
    uint32_t free_effects[SIM_EFFECTS_MAX], free_count;
    uint32_t heap[SIM_EFFECTS_MAX], heap_count;
};

/* world.c */
void world_init(struct world *world, const struct sim_settings *settings);
/* Runs until everything is done and quiet, or an oracle fails. */
void world_run(struct world *world);
void world_assertion_failed(void *world); /* for assertx_set_hook() */
unsigned world_fate(struct world *world, enum fate_point point);
usec_t world_about(struct world *world, usec_t mean_us); /* jitter: half to one and a half */

/* heap.c */
struct effect *effect_new(struct world *world, enum effect_kind kind, usec_t at);
struct effect *effect_for(struct world *world, enum effect_kind kind, usec_t at, uint32_t worker);
struct effect *effect_pop(struct world *world);
void effect_push_again(struct world *world, struct effect *effect, usec_t at);
void effect_free(struct world *world, struct effect *effect);

/* worker.c: a process's life, and the turn of its crank */
void worker_start(struct world *world, uint32_t w);
void worker_crash(struct world *world, uint32_t w);
void worker_freeze(struct world *world, uint32_t w, usec_t span_us);
void worker_thaw(struct world *world, uint32_t w);
void worker_terminate(struct world *world, uint32_t w);
void worker_stopped(struct world *world, uint32_t w);
void worker_step(struct world *world, uint32_t w, const struct input *in);
struct side *worker_side(struct world *world, uint32_t w, struct op_id op); /* NULL: not that generation */

/* shell_store.c */
void shell_store_send(struct world *world, uint32_t w, const struct output *out);
void shell_store_arrive(struct world *world, struct effect *effect);
void shell_store_reply(struct world *world, struct effect *effect);
/* shell_answers.c, shell_rebuild.c */
uint64_t shell_blob(const struct result *result);          /* what the store keeps beside an outcome */
void shell_send_releases(struct world *world, uint32_t w); /* again, after a reconnect */
void shell_link_down(struct world *world, uint32_t w);
void shell_link_seen(struct world *world, uint32_t w); /* STORE_UP reaches the process */
void shell_link_up(struct world *world, uint32_t w);
void shell_rebuild(struct world *world, uint32_t w);

/* shell_call.c */
void shell_call(struct world *world, uint32_t w, const struct output *out);
void shell_plan(struct world *world, uint32_t w, const struct output *out);
void shell_call_send(struct world *world, struct effect *effect);
void shell_call_land(struct world *world, struct effect *effect);
void shell_call_reply(struct world *world, struct effect *effect);

/* shell_kafka.c */
void shell_fetch_soon(struct world *world, uint32_t w);
void shell_fetch(struct world *world, uint32_t w);
void shell_repair(struct world *world, uint32_t w, struct op_id op);
void shell_repair_fetched(struct world *world, uint32_t w, uint64_t where);
void shell_publish(struct world *world, uint32_t w, const struct output *out);
void shell_publish_arrive(struct world *world, struct effect *effect);
void shell_commit(struct world *world, uint32_t w, const struct output *out);
void shell_commit_arrive(struct world *world, struct effect *effect);
/* A record fetched before its partition went, which reaches the core after it. */
void shell_straggler(struct world *world, uint32_t w, uint32_t tp);
void shell_straggler_comes(struct world *world, uint32_t w, const struct input *record);
void shell_flow(struct world *world, uint32_t w, const struct output *out);

/* group.c */
void group_balance(struct world *world);
void group_join(struct world *world, uint32_t w);
void group_leave(struct world *world, uint32_t w);
void group_session_over(struct world *world, uint32_t w, uint64_t incarnation, uint64_t life);
void group_revoked(struct world *world, uint32_t w, const struct output *out);
/* Takes note of ASSIGNED, REVOKING and LOST as they reach the process. False: it is void by now. */
bool group_deliver(struct world *world, uint32_t w, const struct input *in);

/* troubles.c */
void troubles_begin(struct world *world);
void trouble_happens(struct world *world, struct effect *effect);
void trouble_over(struct world *world, struct effect *effect);
void troubles_heal(struct world *world);
/* The credentials of catalog 0, kept refused so far, are good again. */
void troubles_release(struct world *world);
/* Scripted worlds: one trouble begins or ends. arg: the worker, catalog or SKU; a stop's length in ms above 8
 * bits; by hand: the product, above 8 bits 1 to forget it, above 16 the version. */
void trouble_scripted(struct world *world, enum trouble trouble, uint64_t arg, bool over);

/* trace.c */
void trace_step(struct world *world, uint32_t w, const struct input *in, const struct outputs *out);
__attribute__((format(printf, 2, 3))) void trace_note(struct world *world, const char *format, ...);

#endif
