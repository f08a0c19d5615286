/* The store on Redis: carries out what the core asks of it (worker/core/store.h) by the Lua scripts beside
 * this file (rules: docs/store.md), pipelined on one connection, on the loop's thread, never blocking it.
 *
 * Every request is answered exactly once, later, by a callback: never from within the call that asked. A
 * connection that is lost, or whose oldest answer is overdue, is dropped: all that was asked comes back
 * UNANSWERED, then on_down is called, and it connects again by itself (full jitter). All requests may be
 * asked again: the scripts are idempotent. Callbacks may call any function here except redis_store_close().
 */
#ifndef ADAPTERS_REDIS_STORE_H
#define ADAPTERS_REDIS_STORE_H

#include "common/event.h" /* struct text */
#include "worker/core/store.h"
#include "worker/runtime/loop.h"

#include <stddef.h>

enum {
    STORE_TEXT_MAX = 4096, /* bytes of any one id, SKU or name handed in: the decoder's bounds are lower */
    STORE_BLOB_MAX = 64 * 1024,  /* bytes of what a result needs beside the facts (error, absorbed ids) */
    STORE_PREDECESSORS_MAX = 64, /* witnesses of other processes, from commit metadata, checked by one look */
    STORE_METADATA_SIZE = 96,    /* bytes that redis_store_metadata() needs at most, terminator included */
};

/* What belongs to a request besides the core's numbers. Copied during the call. In all structs here a text of
 * len 0 means none, and its ptr may then be NULL; it need not be NUL-terminated where it is handed in. */
struct store_strings {
    struct text product_id;    /* always */
    struct text sku;           /* claim: the event's, if has_sku. settle, release: the SKU of target [0],
                                        as on_claimed named it (main_sku) */
    struct text event_id;      /* claim, settle: CloudEvents id; others are superseded by it */
    struct text superseded_by; /* CLAIM_END with OUTCOME_SUPERSEDED: event id of the absorber */
    struct text blob;          /* CLAIM_END, settle: kept with the outcome, given back on DONE; any bytes */
    struct text old_skus[CORE_OLD_SKUS_MAX]; /* settle, release: of targets [1..], as on_claimed named them */
    struct text item_ids[CORE_TARGETS_MAX];  /* settle: of each target with has_item */
};

/* What memory holds of a product, as every result is to carry it (docs/store.md "Epochs"). */
struct store_memory {
    uint64_t last_version;    /* 0: none */
    uint64_t current_version; /* what the catalog shows; 0: nothing, or not known */
    enum item_state state;    /* ITEM_ABSENT also where nothing is known */
    struct text sku, item_id; /* of its item, as long as the product owns that SKU */
};

/* What came with an answer to a claim. Valid during the callback only; every text is NUL-terminated, ptr
 * never NULL. */
struct claim_strings {
    struct store_memory
        memory;           /* now: DONE, STALE, IS_UNCHANGED, SKIPPED, ENDED; GRANTED: before the grant */
    uint64_t version;     /* of the event; of a tombstone: the one it took */
    struct text main_sku; /* GRANTED: the SKU of target [0]: for hides and deletes it may be another than the
                             event's. Keep it for settle and release */
    struct text old_skus[CORE_OLD_SKUS_MAX]; /* GRANTED: of targets [1..] */
    struct text item_ids[CORE_TARGETS_MAX];  /* GRANTED: of each target */
    /* What was stored with the outcome (DONE: when it was stored; the others: just now). */
    uint64_t current_version;
    struct text item_id, superseded_by;
    struct text blob; /* DONE: any bytes */
};

/* What a result tells of memory. */
enum store_row_kind {
    STORE_ROW_STATE,     /* what it held: loses to a higher version */
    STORE_ROW_SETTLED,   /* the same, and every other SKU of the product was dealt with: none may hold an item
                          */
    STORE_ROW_RESET,     /* an operator's: outranks what earlier records of the product told */
    STORE_ROW_FORGOTTEN, /* an operator's: earlier records of the product tell nothing any more */
};

/* One result event, to rebuild memory from. */
struct store_row {
    enum store_row_kind kind;
    uint8_t catalog;
    struct text product_id;      /* required */
    struct store_memory memory;  /* as the result tells it */
    int64_t finished_at_ms;      /* Unix time */
    struct key128 content;       /* of its event; none: all zero */
    struct text topic, event_id; /* of its record; may be empty */
    int32_t partition;
    int64_t offset;
    /* The event's own outcome, so that its redelivery is answered equally; identity none: not told. */
    struct key128 identity, data_hash;
    enum outcome outcome;
    uint64_t version, shown_version;
    struct text result_item, superseded_by;
    struct text blob; /* any bytes */
};

/* How to call back. All are required, except on_loaded and on_newest where nobody asks for what they answer.
 */
struct redis_store_events {
    void *user;
    void (*on_up)(void *user); /* connected and ready for requests: IN_STORE_UP */
    /* The connection is gone (called only after on_up), why in words for people: IN_STORE_DOWN. */
    void (*on_down)(void *user, const char *why);
    /* One line worth a WARNING: a connection that failed, a server that refuses us or is set up dangerously.
     * The same line is not repeated while nothing changes. Never holds a secret. */
    void (*on_trouble)(void *user, const char *message);
    /* DONE sets reply->reason too. strings is never NULL (empty for UNANSWERED). */
    void (*on_claimed)(void *user, struct op_id op, const struct claim_reply *reply,
                       const struct claim_strings *strings);
    void (*on_settled)(void *user, struct op_id op, enum settle_status status);
    void (*on_budget)(void *user, uint8_t catalog, bool answered, uint32_t granted, usec_t wait_us);
    void (*on_viewed)(void *user, const struct store_view *view);
    /* One row of redis_store_load() was answered. Not ok: not stored, since the connection was lost or this
     * process is not the builder any more: the rebuild is to be given up (IN_REBUILT, not ok). */
    void (*on_loaded)(void *user, bool ok);
    /* Where in the log the event lies that gave a product its last version; topic is NULL where memory does
     * not know it, or no answer came. Valid during the callback. */
    void (*on_newest)(void *user, const char *topic, int32_t partition, int64_t offset);
};

/* What the store needs to know of a catalog. */
struct redis_store_catalog {
    const char *name;           /* as configured; part of the keys */
    int64_t budget_interval_us; /* microseconds between two calls of the call budget; 0: no budget is kept */
    uint32_t budget_burst;      /* calls that may come at once after a rest; at least 1 with a budget */
};

struct redis_store_settings {
    const char *url; /* redis://[user[:password]@]host[:port][/db], redis+unix:///path[?db=N], or rediss://
                        (as redis://) where the program was built with TLS */
    const char *password; /* outranks the one in the url; NULL: none */
    const char *ca_file;  /* rediss://: certificates to trust instead of the system's; NULL: the system's */
    const char *prefix;   /* names the fleet that shares this memory; all keys carry it. NULL: "cs1" */
    const char *client_name;                    /* shown by CLIENT LIST; NULL: "catalog-worker" */
    uint64_t incarnation;                       /* of this process, random, as in struct core_settings */
    const struct redis_store_catalog *catalogs; /* [catalogs_count], copied */
    uint32_t catalogs_count;
    const char *const *topics; /* [topics_count]: names by position.topic, copied */
    uint32_t topics_count;
    int64_t dedup_ttl_ms;       /* how long outcomes are kept; at least 1000 */
    int64_t connect_timeout_ms; /* from the start of a connection until it may be used; 0: 5000 */
    int64_t reply_timeout_ms;   /* the oldest answer may be due this long before the connection is dropped;
                                   0: 5000 */
    int64_t reconnect_min_ms;   /* first bound of the jitter, doubled with each failure; 0: 50 */
    int64_t reconnect_max_ms;   /* last bound; 0: 5000 */
    uint32_t outstanding_max;   /* requests on the wire; more come back UNANSWERED. 0: 65536 */
    /* Tests only: the scripts take this moment (Unix time in microseconds) for now, instead of Redis' own.
     * NULL in production. Read at each request; owned by the caller, who keeps it for the life of the store.
     */
    const int64_t *test_now_us;
};

struct redis_store;

/* Checks the settings and makes a store on the loop; it connects once the loop runs. Settings and events are
 * copied. Returns NULL and a message for people in error[error_size] (naming what to mend, without secrets)
 * if the url cannot be understood, asks for TLS that this program was not built with, or a setting is out of
 * bounds. */
struct redis_store *redis_store_open(struct loop *loop, const struct redis_store_settings *settings,
                                     const struct redis_store_events *events, char *error, size_t error_size);

/* Drops the connection and frees the store. What is outstanding is not called back any more. Not from within
 * one of its callbacks. NULL is allowed. */
void redis_store_close(struct redis_store *store);

/* A password for the next connection (the secret's file changed). NULL: none. Copied. */
void redis_store_set_password(struct redis_store *store, const char *password);

/* True between on_up and on_down. */
bool redis_store_is_up(const struct redis_store *store);

/* Requests sent and not yet answered. */
uint32_t redis_store_outstanding(const struct redis_store *store);

/* The server's maxmemory-policy as of the last connection ("noeviction" is right: any other may drop memory
 * silently; on_trouble warns), "" before. Owned by the store. */
const char *redis_store_maxmemory_policy(const struct redis_store *store);

/* OUT_CLAIM: answered by on_claimed. docs/store.md "Claim". */
void redis_store_claim(struct redis_store *store, struct op_id op, const struct claim_request *request,
                       const struct store_strings *strings);

/* OUT_SETTLE: answered by on_settled. docs/store.md "Settle". */
void redis_store_settle(struct redis_store *store, struct op_id op, const struct settle_request *request,
                        const struct store_strings *strings);

/* OUT_RELEASE: no answer. Kept until Redis has acknowledged it, and sent again after a reconnect, before
 * on_up: a lost release would hide an uncertain call from the very process that is granted again.
 * docs/store.md "Release". */
void redis_store_release(struct redis_store *store, const struct release_request *request,
                         const struct store_strings *strings);

/* OUT_BUDGET: takes up to tokens calls of the catalog's budget, answered by on_budget. A catalog without a
 * budget is granted all of them. */
void redis_store_budget(struct redis_store *store, uint8_t catalog, uint32_t tokens);

/* OUT_BUDGET_BLOCK: nothing is granted to any worker for block_us. No answer. */
void redis_store_budget_block(struct redis_store *store, uint8_t catalog, usec_t block_us);

/* OUT_STORE_LOOK: answered by on_viewed. Compares this process' witness and those of the predecessors added
 * since the last good look; renews the builder's lease if this process is the builder; leaves a witness where
 * this process has none of the epoch yet. docs/store.md "Epochs". */
void redis_store_look(struct redis_store *store);

/* OUT_EPOCH_RAISE: answered by on_viewed. epoch: the last one known to the worker; quiet_us 0: a first start.
 */
void redis_store_epoch_raise(struct redis_store *store, uint64_t epoch, usec_t quiet_us);

/* OUT_EPOCH_READY: answered by on_viewed. Does nothing unless this process is the builder of that epoch and
 * the quiet time is over. */
void redis_store_epoch_ready(struct redis_store *store, uint64_t epoch);

/* Stores one result while the epoch last viewed is built (OUT_REBUILD's stream), answered by on_loaded, in
 * order. Renews the builder's lease. A row out of bounds (a number above 16 digits, a text above
 * STORE_TEXT_MAX) is passed over and answered ok. Returns false, and takes nothing, when too many are
 * outstanding: go on after an on_loaded. */
bool redis_store_load(struct redis_store *store, const struct store_row *row);

/* Renews the builder's lease while the stream of OUT_REBUILD has nothing to load for a while (call about once
 * a second); an on_loaded that is not ok comes if this process is not the builder any more, else nothing. */
void redis_store_build_alive(struct redis_store *store);

/* OUT_REPAIR: asks where the newest event of a product lies, answered by on_newest, in the order of the
 * questions. */
void redis_store_newest(struct redis_store *store, uint8_t catalog, struct text product_id);

/* The metadata to commit with an offset now: "v1 <run id> <incarnation> <number> <epoch>", number being that
 * of the last write that Redis acknowledged. Returns its length; 0 and "" if nothing was ever written. */
size_t redis_store_metadata(const struct redis_store *store, char text[STORE_METADATA_SIZE]);

/* Takes the metadata of a committed offset (left by a predecessor, or by ourselves): the next look compares
 * its witness. Returns false if it is none of ours (empty, other version, damaged); it is ignored then.
 * Beyond STORE_PREDECESSORS_MAX different processes the later ones are not checked. */
bool redis_store_predecessor(struct redis_store *store, const char *text, size_t size);

/* The hash by which the core knows an item id (claim_target.item_hash, call_reply.item_hash); never 0 for an
 * id. 0 for empty text. */
uint64_t store_item_hash(struct text item_id);

#endif
