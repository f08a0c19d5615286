/* The core's own state: plain structs, so that tests and invariants can look. Nothing outside worker/core and
 * its tests includes this.
 *
 * An op is one record on its way. Its life, state by state:
 *
 *            record
 *              |                 (another event of the product is before it)
 *              +------------------------------> QUEUED
 *              v                                   |
 *   +----> CLAIM_DUE <------------------------------+
 *   |          | OUT_CLAIM
 *   |          v
 *   |       CLAIMING --held, wait--> HELD --timer--> CLAIM_DUE
 *   |          | granted                \
 *   |          v                         +-- ended by the script: done, stale, ... --> PUBLISH_DUE
 *   +------- READY <---timer--- BACKOFF
 *  lease too   | OUT_CALL          ^
 *  short       v                   | transient
 *           CALLING ---------------+
 *              | plan complete, or failed for good
 *              v
 *          SETTLE_DUE -> SETTLING --refused, epoch--> CLAIM_DUE
 *              | stored
 *              v
 *         PUBLISH_DUE -> PUBLISHING (dead letter first where it failed, then the result) -> DONE -> committed
 *                            '--acknowledged, but the store's epoch has moved on--> CLAIM_DUE: is it in
 * memory?
 *
 * From any state: its partition is taken away. Ops with nothing in flight become ORPHAN (lease given back,
 * slot freed); ops with a call or script in flight go on, detached, until what they did is settled. */
#ifndef CORE_STATE_H
#define CORE_STATE_H

#include "common/assertx.h"
#include "worker/core/core.h"
#include "worker/core/mutant.h"
#include "worker/core/view.h"

#define NIL   UINT32_MAX
#define NEVER INT64_MAX

#define OP_STATES(X)                                                                                         \
    X(FREE)                                                                                                  \
    X(QUEUED)                                                                                                \
    X(CLAIM_DUE)                                                                                             \
    X(CLAIMING)                                                                                              \
    X(HELD)                                                                                                  \
    X(READY) X(CALLING) X(BACKOFF) X(SETTLE_DUE) X(SETTLING) X(PUBLISH_DUE) X(PUBLISHING) X(DONE) X(ORPHAN)

enum op_state {
#define X(name) OP_##name,
    OP_STATES(X)
#undef X
};

/* An op is in at most one list of each kind. */
enum link_kind { LINK_WINDOW, LINK_PRODUCT, LINK_WAIT, LINK_COUNT };

struct list {
    uint32_t head, tail, count;
    enum link_kind kind;
};

struct link {
    uint32_t prev, next;
    struct list *in;
};

/* What is known of one item the op writes, within one claim (unknown_until_us: over all claims of the op). */
struct target {
    uint64_t item_hash;         /* id to write to; 0: unknown */
    uint64_t bad_hash;          /* id that was answered with not-found; 0: none */
    usec_t unknown_until_us;    /* a call of ours may land until then; 0: none */
    usec_t lag_until_us;        /* the API contradicted the index: until then its lag is nobody's failure */
    usec_t believe_empty_at_us; /* an empty lookup counts from then on */
    bool lookup_first;          /* the id must be looked up before anything is written */
    bool must_exist;            /* the API said that the item is there: an empty lookup is lag */
    bool had_item;              /* an id was known at some time */
    bool gone, written, done;
};

struct op {
    uint32_t gen;
    enum op_state state;
    struct link link[LINK_COUNT];
    uint32_t heap_index; /* in the timer heap; NIL: no timer */
    usec_t due_us;
    struct record rec;
    bool in_product_queue;
    bool repeats;  /* an event of the same identity is before it in the queue: it will be answered with that
                      outcome */
    bool detached; /* its partition is gone: finish what is in flight, publish nothing */

    /* claim */
    enum claim_mode mode;
    bool leased;
    bool alone; /* it may kill workers: nothing runs beside it */
    bool known_item;
    uint8_t held_times;
    bool held_uncertain;  /* HELD: for a call that may still land, not for a lease */
    usec_t held_until_us; /* HELD: when what it waits for ends by itself */
    usec_t claim_sent_us, lease_until_us;
    uint64_t fence, epoch, version;

    /* calls */
    uint8_t targets_count, current;
    struct target targets[CORE_TARGETS_MAX];
    enum call_kind call;
    bool call_probe, call_check;
    bool retrying; /* waits as a retry: pays from the retry budget */
    uint16_t attempts, failures, counted, few, lag_waits;
    uint32_t call_credentials;
    uint64_t success_seq_seen, failed_seq, refused_seq;
    usec_t call_sent_us, last_failure_us, aged_us;
    bool created;

    /* absorption: an absorber's result goes out after those of what it absorbed, so that the last record of a
     * key in the compacted result topic is the newest */
    struct op_id absorber;
    bool absorbed;
    uint32_t absorbed_open;

    /* verdict */
    enum outcome outcome, planned; /* planned: plan-only, what it would be if the calls were made */
    enum reason reason;
    enum item_state after;
    bool stored, success, dead_done;
    bool told; /* its result is acknowledged; claimed once more, since a rebuild may not have read it */
    uint8_t publish_failures;
};

/* The events of one product, in order of arrival; the head is the one at work. */
struct product {
    struct key128 key;
    uint8_t catalog;
    bool used;
    struct list queue;
};

enum partition_state { PART_NONE, PART_ASSIGNED, PART_REVOKING, PART_COMMITTING };

struct partition {
    enum partition_state state;
    uint32_t assignment;
    uint16_t topic;
    struct list window; /* open and done-but-not-passed records, by offset */
    uint32_t open;
    int64_t last_accepted; /* highest offset taken under this assignment; -1: none */
    int64_t passed;        /* everything below is done; -1: nothing read yet */
    int64_t abandoned;     /* lowest offset given up by a revoke; INT64_MAX: none */
    int64_t committed;     /* last offset acknowledged; -1: none */
    bool commit_sent, paused;
    usec_t deadline_us; /* revoking: give back by then */
};

struct topic {
    uint32_t open, assigned;
    uint32_t held; /* in windows: open, or done behind one that is not; each takes a slot */
    uint64_t open_bytes;
    bool full;
};

struct catalog {
    struct list claim_due, ready;
    uint32_t claimed; /* ops in CLAIMING, READY, CALLING, SETTLE_DUE, SETTLING */
    uint32_t inflight;
    /* gate */
    enum gate_cause gate;
    usec_t gate_until_us;
    uint32_t gate_level;
    bool probing;
    uint32_t credentials;
    uint64_t success_seq; /* calls answered well; "known to work since" compares two of these */
    uint32_t failing;     /* distinct ops that failed since the last success */
    uint64_t write_seq;   /* writes answered well */
    uint32_t refused;     /* distinct products refused for a cause they may share, since the last of those */
    struct key128 refused_last; /* the product counted last */
    /* budgets */
    uint32_t tokens;
    bool budget_asked;
    usec_t budget_wait_until_us;
    int64_t retry_millitokens;
    usec_t retry_refilled_us;
};

enum guard_state { GUARD_DOWN, GUARD_LOOK_DUE, GUARD_LOOKING, GUARD_QUIET, GUARD_REBUILDING, GUARD_READY };

/* Watches over the store's epoch: claims are served only while it says READY. */
struct guard {
    enum guard_state state;
    uint64_t epoch;       /* last one known; 0: none */
    uint64_t raise_above; /* EPOCH_RAISE: a new epoch only if the store's is not above this */
    usec_t due_us, quiet_until_us;
    enum output_type ask; /* what LOOK_DUE will ask: STORE_LOOK, EPOCH_RAISE, EPOCH_READY */
    bool grace_passed;
};

struct core {
    struct core_settings set;
    usec_t now_us;
    uint64_t rng;
    uint32_t slots, product_buckets;
    uint32_t alone_op; /* slot of the op that runs alone; NIL: none */
    uint32_t total_inflight;
    uint32_t open;
    uint64_t open_bytes;
    bool flow_changed, terminating, stopped, more;
    usec_t commit_due_us, terminate_deadline_us;
    uint32_t commit_cursor, catalog_cursor, partitions_used, revoking;
    struct guard guard;
    struct list free_slots, ends_due, settle_due, publish_due, orphans;
    struct core_stats stats;
    struct catalog catalogs[CORE_CATALOGS_MAX];
    struct topic topics[CORE_TOPICS_MAX];
    struct partition partitions[CORE_PARTITIONS_MAX];
    uint32_t heap_count;
    uint32_t *heap;
    struct product *products;
    struct op *ops;
};

/* list.c */
void list_init(struct list *list, enum link_kind kind);
void list_push(struct core *core, struct list *list, uint32_t slot);
void list_push_front(struct core *core, struct list *list, uint32_t slot);
void list_remove(struct core *core, enum link_kind kind, uint32_t slot); /* no-op where it is in none */
uint32_t list_pop(struct core *core, struct list *list);

/* timers.c: one timer an op; ties go by slot number, so that runs repeat */
void timer_set(struct core *core, uint32_t slot, usec_t due_us);
void timer_clear(struct core *core, uint32_t slot);
uint32_t timer_due(const struct core *core); /* slot whose moment has come, or NIL */

/* random.c */
uint64_t random_next(struct core *core);
usec_t random_span(struct core *core, usec_t max_us); /* 0..max */

/* products.c */
struct product *product_find(struct core *core, uint8_t catalog, struct key128 key);
struct product *product_add(struct core *core, uint8_t catalog, struct key128 key);
void product_remove(struct core *core, struct product *product);

/* op.c: the one place where a state changes */
void op_move(struct core *core, struct op *op, enum op_state to);
bool op_inflight(const struct op *op);
void op_free(struct core *core, struct op *op, struct outputs *out);
void op_retire(struct core *core, struct op *op, struct outputs *out);
void op_orphan(struct core *core, struct op *op);
void op_give_up(struct core *core, struct op *op);
void op_leave_queue(struct core *core, struct op *op);
struct op *op_of(struct core *core, struct op_id id); /* NULL: gone; counted */
uint32_t op_slot(const struct core *core, const struct op *op);
struct op_id op_name(const struct core *core, const struct op *op);
void op_finish(struct core *core, struct op *op, enum outcome outcome, enum reason reason, bool stored);

/* one file a kind of input or owned piece of state */
void intake_record(struct core *core, const struct record *rec, struct outputs *out);
void claim_pump(struct core *core, struct outputs *out);
void claim_replied(struct core *core, struct op *op, const struct claim_reply *reply, struct outputs *out);
void claim_again(struct core *core, struct op *op);
enum call_kind plan_next(const struct core *core, const struct op *op);
void plan_replied(struct core *core, struct op *op, const struct call_reply *reply);
void plan_fail_transient(struct core *core, struct op *op, usec_t wait_us);
void call_pump(struct core *core, struct outputs *out);
void plan_only_pump(struct core *core, struct catalog *cat, struct outputs *out);
void call_replied(struct core *core, struct op *op, const struct call_reply *reply, struct outputs *out);
bool gate_lets_through(const struct core *core, const struct catalog *cat);
bool gate_refuses_all(const struct core *core, const struct catalog *cat);
void gate_replied(struct core *core, struct op *op, const struct call_reply *reply, struct outputs *out);
void gate_credentials(struct core *core, uint8_t catalog);
void budget_replied(struct core *core, uint8_t catalog, bool answered, uint32_t granted, usec_t wait_us);
bool retry_budget_take(struct core *core, struct catalog *cat);
usec_t retry_backoff(struct core *core, uint32_t failures);
void settle_start(struct core *core, struct op *op, enum outcome outcome, enum reason reason,
                  enum item_state after);
void settle_pump(struct core *core, struct outputs *out);
void settle_replied(struct core *core, struct op *op, enum settle_status status, struct outputs *out);
void release_emit(struct core *core, struct op *op, struct outputs *out);
void publish_pump(struct core *core, struct outputs *out);
void publish_replied(struct core *core, struct op *op, enum publish_kind kind, bool ok, struct outputs *out);
void partition_assigned(struct core *core, uint16_t index, uint32_t assignment, uint16_t topic);
void partition_revoking(struct core *core, uint16_t index, usec_t deadline_us);
void partition_lost(struct core *core, uint16_t index, struct outputs *out);
void partition_committed(struct core *core, uint16_t index, uint32_t assignment, bool ok, int64_t offset);
void partition_op_done(struct core *core, struct op *op, struct outputs *out);
void partition_pump(struct core *core, struct outputs *out);
bool partition_current(const struct core *core, const struct op *op);
void flow_accepted(struct core *core, struct partition *part, struct outputs *out);
void flow_pump(struct core *core, struct outputs *out);
enum core_full flow_full(const struct core *core, const struct partition *part); /* of a paused partition */
void window_count(struct core *core, const struct op *op, int delta);
void window_enter(struct core *core, struct op *op); /* behind the partition's newest record */
void window_leave(struct core *core, struct op *op); /* no-op where it is in none */
void guard_up(struct core *core);
void guard_down(struct core *core);
void guard_suspect(struct core *core);
void guard_viewed(struct core *core, const struct store_view *view);
void guard_rebuilt(struct core *core, bool ok);
void guard_pump(struct core *core, struct outputs *out);

/* Appends an output. There is always room for what one handler emits; pumps ask outputs_room() before each
 * turn. */
struct output *output_add(struct outputs *out, enum output_type type);
bool outputs_room(const struct outputs *out);

#endif
