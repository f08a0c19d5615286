/* The small world of the exhaustive test: one process at a time around the real core, one partition with one
 * to three events of one product, the store's model and a catalog of a few items. It shares no shell and no
 * oracle with the simulation (tests/sim): what one of them misses by its own mistake, the other may see. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "tests/model/choice.h"
#include "tests/sim/fake_store.h"
#include "worker/core/core.h"

#include <setjmp.h>

enum {
    MODEL_EVENTS_MAX = 3,
    MODEL_EFFECTS_MAX = 64,
    MODEL_SIDES_MAX = 64,
    MODEL_WRITES_MAX = 256,
    MODEL_ITEMS_MAX = 64,
    MODEL_STEPS_MAX = 4000,
    REASSIGN_US = 500, /* a partition comes back before a record that was on its way does */
};

/* How the catalog answers a create whose SKU has an item. */
enum model_api { API_UPSERT, API_DUPLICATE_WITH_ID, API_DUPLICATE, API_COUNT };

/* When a record after the first is produced: with it, while a call for the one before is on its way, or when
 * that one's result is there. */
enum arrival { ARRIVES_AT_ONCE, ARRIVES_IN_CALL, ARRIVES_AFTER, ARRIVAL_COUNT };

/* What an event says. Strings are numbers, 0 is none. */
struct model_event {
    enum intent intent;
    uint32_t sku, content, identity;
    uint64_t version;
};

struct scenario {
    const char *name;
    uint32_t events_count;
    uint32_t calls; /* writing calls of a run without faults, at most */
    struct model_event events[MODEL_EVENTS_MAX];
};

enum effect_kind {
    EFFECT_INPUT, /* to the process that asked, if it lives */
    EFFECT_CLAIMED,
    EFFECT_CALLED,
    EFFECT_FETCH,
    EFFECT_REPAIR,
    EFFECT_LAND, /* a call at the catalog: comes whoever lives */
    EFFECT_ASSIGN,
    EFFECT_START,
};

struct model_call {
    struct op_id op;
    enum call_kind kind;
    uint32_t sku, content;
    uint64_t item;
    uint32_t write; /* number of the write; UINT32_MAX: a read */
    bool silent;    /* nobody hears of the landing */
    struct call_reply reply;
};

struct effect {
    bool used;
    enum effect_kind kind;
    usec_t at;
    uint32_t seq, life;
    struct input input;
    struct fstore_claim_answer answer; /* EFFECT_CLAIMED */
    struct model_call call;            /* EFFECT_LAND, EFFECT_CALLED */
    int64_t offset;                    /* EFFECT_FETCH, EFFECT_REPAIR */
    uint32_t assignment;               /* EFFECT_FETCH */
};

/* What is kept beside an op. */
struct side {
    bool used;
    uint32_t gen, event, superseded_by;
    int64_t offset;
    bool repair, in_call;
    uint32_t skus[CORE_TARGETS_MAX];
    uint64_t ids[CORE_TARGETS_MAX];
    uint8_t targets_count;
    uint64_t blob;
    enum reason stored_reason;
};

struct item {
    uint32_t sku, content;
    uint64_t id;
    bool alive, hidden;
    usec_t created_at, gone_at;
};

/* A writing call, for the oracle: until it is over, or too old to land, nothing else may be written. */
struct write {
    uint32_t sku, content;
    enum call_kind kind;
    usec_t sent_at;
    bool over;
};

/* A record, and what the world heard about it. */
struct model_record {
    uint32_t event;
    bool produced, written, acked, dead_acked;
    enum outcome outcome;
    enum reason reason;
    uint32_t superseded_by;
    uint64_t item;
    uint32_t acked_assignment; /* under which its result was acknowledged first */
};

struct model {
    const struct scenario *scenario;
    struct choices *choices;
    struct core_settings set;
    usec_t now;
    enum model_api api;
    uint32_t steps, seq, idle_ticks;

    /* the process */
    void *mem;
    struct core *core; /* NULL: none is up */
    uint64_t incarnation, witness;
    usec_t tick_at, revoking_at;
    uint32_t life, assignment, position;
    bool terminating, assigned, revoking, paused, fetching;
    struct side sides[MODEL_SIDES_MAX];
    struct outputs out;

    /* the world */
    int64_t committed, commit_tried; /* tried: under this assignment */
    uint32_t group_assignment;       /* whose commits are taken */
    enum arrival arrival;
    struct model_record records[MODEL_EVENTS_MAX];
    struct item items[MODEL_ITEMS_MAX];
    struct write writes[MODEL_WRITES_MAX];
    uint32_t items_count, writes_count;
    struct effect effects[MODEL_EFFECTS_MAX];
    struct fstore store;

    jmp_buf stop;
    char failure[256];
    bool trace, failed, crashed, disturbed;
    bool refused[MODEL_EVENTS_MAX]; /* the catalog has refused the event's data */
};

/* model.c: runs one sequence of choices to its end. False: failed, with m->failure. The caller has set
 * scenario, api, choices, trace and mem (core_size() of model_settings()). */
bool model_run(struct model *m);
struct core_settings model_settings(enum model_api api);
struct effect *model_effect(struct model *m, enum effect_kind kind, usec_t after_us);
struct side *model_side(struct model *m, struct op_id op); /* fails the run where it holds nothing */
void model_give(struct model *m, int64_t offset, uint32_t assignment, bool repair);
void model_step(struct model *m, const struct input *in);
__attribute__((format(printf, 2, 3))) void model_note(struct model *m, const char *format, ...);

/* perform.c: carries one output out, as the chooser says. */
void model_perform(struct model *m, const struct output *out);
void model_take_claimed(struct model *m, const struct effect *effect);
void model_take_called(struct model *m, const struct effect *effect);

/* catalog.c */
void model_call(struct model *m, const struct output *out);
void model_land(struct model *m, const struct effect *effect);

/* oracle.c */
__attribute__((format(printf, 3, 4))) _Noreturn void model_fail(struct model *m, const char *oracle,
                                                                const char *format, ...);
void model_check_commit(struct model *m, int64_t offset);
void model_check_result(struct model *m, int64_t offset, const struct model_record *result);
uint32_t model_check_write(struct model *m, const struct model_call *call, const struct side *side);
void model_check_items(struct model *m);
void model_check_given_back(struct model *m);
void model_check_end(struct model *m);

/* Numbers as the keys the core sees. */
struct key128 model_key(uint32_t tag, uint64_t n);
uint32_t model_sku_of(struct key128 key);
enum { KEY_PRODUCT = 1, KEY_SKU, KEY_IDENTITY, KEY_DATA, KEY_CONTENT };

#endif
