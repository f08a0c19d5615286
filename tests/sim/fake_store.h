/* A model in C of the store's scripts: docs/store.md, and nothing else. Pure functions over small tables in
 * memory; the time is given with each call. It knows nothing of the simulated world, so that a differential
 * test can hold it against the real scripts.
 *
 * What is a string in the real store is a number here: an item id is a uint64_t (0: none), a stored result a
 * `blob`, an event id `event`. Moments are microseconds; the real scripts count leases in milliseconds, so a
 * differential test gives multiples of 1,000. */
#ifndef SIM_FAKE_STORE_H
#define SIM_FAKE_STORE_H

#include "worker/core/store.h"

enum {
    FSTORE_EVENTS_MAX = 1024,
    FSTORE_PRODUCTS_MAX = 64,
    FSTORE_SKUS_MAX = 128,
    FSTORE_CATALOGS_MAX = 4,
    FSTORE_WITNESSES_MAX = 2048,
    FSTORE_X_MAX = 32, /* `x` of a product: unfinished SKUs, and after a rebuild all that it ever had */
};

/* What superseded a repair: nobody asks. */
#define FSTORE_NOBODY UINT64_MAX

/* `e:<identity>` */
struct fstore_event {
    bool used;
    uint8_t catalog;
    struct key128 identity, data_hash;
    enum outcome outcome;
    enum reason reason;
    uint64_t blob, fence; /* fence: of the settle that stored it; 0: a claim did */
    struct claim_token token;
};

enum fstore_clean { FSTORE_UNSET, FSTORE_CLEAN, FSTORE_DIRTY };

/* `p:<product id>` */
struct fstore_product {
    bool used;
    uint8_t catalog;
    struct key128 product;
    uint64_t v, cv, ep, ev;
    struct key128 c;
    enum fstore_clean st;
    enum item_state is;
    struct key128 s, x[FSTORE_X_MAX];
    uint32_t x_count;
    uint16_t topic;
    int32_t partition;
    int64_t offset;
    usec_t at;
    struct key128 ci;
    uint32_t cn;
    bool lw;
    usec_t hu; /* held by an operator until then */
};

/* `s:<sku>` */
struct fstore_sku {
    bool used;
    uint8_t catalog;
    struct key128 sku, ow; /* ow all zero: no owner */
    uint64_t id;
    struct claim_token tk; /* incarnation 0: no lease */
    uint64_t fe;
    usec_t un, uu, wr; /* uu, wr: 0 where never */
    struct key128 co, uc;
};

/* `g`. The epoch is the same for all catalogs of a fleet: the real store keeps a copy with each. */
struct fstore_guard {
    bool exists;
    uint64_t ep;
    bool rd, first; /* first: the epoch of a first start, nothing came before it */
    uint64_t bt;    /* builder: its incarnation */
    usec_t bu, q;
};

/* Fence counter, `b` and `bb` of one catalog. */
struct fstore_catalog {
    uint64_t f;
    usec_t tat, bb;
};

struct fstore_witness {
    uint64_t incarnation, number;
};

struct fstore {
    uint64_t run_id; /* of the server process: changes with a restart */
    struct fstore_guard guard;
    struct fstore_catalog catalogs[FSTORE_CATALOGS_MAX];
    struct fstore_event events[FSTORE_EVENTS_MAX];
    struct fstore_product products[FSTORE_PRODUCTS_MAX];
    struct fstore_sku skus[FSTORE_SKUS_MAX];
    struct fstore_witness witnesses[FSTORE_WITNESSES_MAX];
    uint32_t events_count, products_count, skus_count, witnesses_count;
};

/* What travels with a claim besides the request. */
struct fstore_claim_side {
    struct key128 event_sku; /* = request sku where has_sku; kept apart so that zero means none */
    uint64_t event, blob;    /* the event's id; what to store beside an outcome that the script decides */
    uint64_t witness;        /* number of this write of the process */
};

/* What comes back beside the reply. */
struct fstore_claim_answer {
    struct claim_reply reply;
    enum reason stored_reason; /* DONE */
    uint64_t blob;             /* DONE */
    uint64_t superseded_by;    /* STALE: event id of the version in memory, or FSTORE_NOBODY */
    uint64_t shown_version;    /* `cv` */
    struct key128 skus[CORE_TARGETS_MAX];
    uint64_t ids[CORE_TARGETS_MAX];
};

struct fstore_settle_side {
    uint64_t event, blob, witness;
    uint64_t ids[CORE_TARGETS_MAX];       /* item ids, where has_item */
    struct key128 skus[CORE_TARGETS_MAX]; /* as the claim answered */
};

/* One result of the result topic, as the rebuild reads it. */
struct fstore_result {
    uint8_t catalog;
    struct key128 product, sku; /* sku all zero: none */
    uint64_t version, shown_version, event, id;
    enum outcome outcome;
    enum reason reason;
    struct key128 identity, data_hash; /* of the event; identity all zero: its outcome is not kept */
    uint64_t blob;
    enum item_state item;
    struct position at;
    usec_t finished_at; /* used by the caller: results are fed in the order of this */
};

/* The content constants of docs/store.md: what a hide and a delete make of an item. */
struct key128 fstore_content_hide(void);
struct key128 fstore_content_delete(void);

void fstore_init(struct fstore *store, uint64_t run_id);

void fstore_claim(struct fstore *store, usec_t now_us, const struct claim_request *req,
                  const struct fstore_claim_side *side, struct fstore_claim_answer *answer);

enum settle_status fstore_settle(struct fstore *store, usec_t now_us, const struct settle_request *req,
                                 const struct fstore_settle_side *side);

void fstore_release(struct fstore *store, usec_t now_us, const struct release_request *req,
                    const struct fstore_settle_side *side);

/* GCRA: grants up to n tokens; *wait_us (where fewer came) until the next one. */
uint32_t fstore_budget_take(struct fstore *store, uint8_t catalog, usec_t now_us, uint32_t n,
                            usec_t interval_us, uint32_t burst, usec_t *wait_us);

void fstore_budget_block(struct fstore *store, uint8_t catalog, usec_t now_us, usec_t block_us,
                         usec_t interval_us, uint32_t burst);

/* Epoch and builder as `incarnation` sees them. Fills all but witness_ok and restarted. The
 * builder's own look renews its lease. */
void fstore_look(struct fstore *store, usec_t now_us, uint64_t incarnation, struct store_view *view);

/* Number of the last write of a process, 0 where none is kept; and noting one. */
uint64_t fstore_witness(const struct fstore *store, uint64_t incarnation);
void fstore_witness_raise(struct fstore *store, uint64_t incarnation, uint64_t number);

/* Starts an epoch above `known` unless the store's is above it already; takes over a building whose builder
 * is gone. quiet_us 0: a first start. */
void fstore_raise(struct fstore *store, usec_t now_us, uint64_t incarnation, uint64_t known, usec_t quiet_us,
                  struct store_view *view);

/* Only while `incarnation` is the builder of `epoch`: false otherwise. Renews the builder's lease. */
bool fstore_rebuild(struct fstore *store, usec_t now_us, uint64_t incarnation, uint64_t epoch,
                    const struct fstore_result *result);

void fstore_ready(struct fstore *store, usec_t now_us, uint64_t incarnation, uint64_t epoch,
                  struct store_view *view);

/* An operator's changes: docs/store.md, "Changes by hand". The letter that the script answers with; *wait_us
 * where it is B or L. There is one operator. */
char fstore_hold(struct fstore *store, usec_t now_us, uint8_t catalog, struct key128 product, usec_t hold_us,
                 usec_t late_us, usec_t *wait_us);
void fstore_drop(struct fstore *store, uint8_t catalog, struct key128 product);
char fstore_reset(struct fstore *store, usec_t now_us, uint8_t catalog, struct key128 product, usec_t late_us,
                  uint64_t version, uint64_t event, usec_t *wait_us);
char fstore_forget(struct fstore *store, usec_t now_us, uint8_t catalog, struct key128 product,
                   usec_t late_us, usec_t keep_us, usec_t *wait_us);

/* What a result of such a change makes of memory in a rebuild; false: not the builder. */
bool fstore_rebuild_change(struct fstore *store, usec_t now_us, uint64_t incarnation, uint64_t epoch,
                           const struct fstore_result *result, bool forgotten);

/* For oracles and differential tests. NULL: not there. */
const struct fstore_event *fstore_find_event(const struct fstore *store, uint8_t catalog,
                                             struct key128 identity);
const struct fstore_product *fstore_find_product(const struct fstore *store, uint8_t catalog,
                                                 struct key128 product);
const struct fstore_sku *fstore_find_sku(const struct fstore *store, uint8_t catalog, struct key128 sku);

#endif
