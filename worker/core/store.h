/* What the core asks of the store (Redis) and what it may answer: claim, settle, release, budget and the
 * epoch. The scripts in worker/adapters/scripts and the model in tests/sim implement exactly this page;
 * docs/store.md tells it in prose, and a differential test holds the two against each other.
 *
 * Strings (product id, SKUs, item ids, event ids, the stored outcome) stay with whoever carries the request
 * out, in a table beside the op; the core decides by hashes, numbers and facts. */
#ifndef CORE_STORE_H
#define CORE_STORE_H

#include "common/key128.h"
#include "worker/core/limits.h"

#include <stdbool.h>
#include <stdint.h>

typedef int64_t usec_t; /* microseconds: of the monotonic clock where a moment, else a span */

/* Names an op. The generation grows each time a slot is used again, so that a late answer is recognised and
 * dropped. */
struct op_id {
    uint32_t slot, gen;
};

/* What an event wants of the catalog. */
enum intent {
    INTENT_UPSERT, /* make the item look like this */
    INTENT_HIDE,   /* inactive, or without SKU: hide the item if there is one */
    INTENT_DELETE,
};

enum outcome {
    OUTCOME_NONE,
    OUTCOME_CREATED,
    OUTCOME_UPDATED,
    OUTCOME_DELETED,
    OUTCOME_UNCHANGED,
    OUTCOME_SKIPPED,
    OUTCOME_SUPERSEDED,
    OUTCOME_FAILED,
};

/* Why an outcome is what it is, where the outcome alone does not say. Local failures keep their own reason
 * (the field's) with the event; here they are REASON_LOCAL. */
enum reason {
    REASON_NONE,
    REASON_LOCAL,    /* the event itself is wrong or skipped: the reason was found when it was decoded */
    REASON_NO_SKU,   /* nothing to hide, and no SKU to sync under */
    REASON_INACTIVE, /* inactive and never synced */
    REASON_NOT_IN_CATALOG,    /* a delete of what neither memory nor the catalog knows */
    REASON_SKU_TAKEN,         /* a delete, but the SKU belongs to another product by now */
    REASON_NEWER_VERSION,     /* superseded: memory holds a newer version, or an equal one that goes before */
    REASON_ABSORBED,          /* superseded: a newer event of the product was waiting behind it */
    REASON_IDENTITY_REUSED,   /* failed: the same source and id came before with other content */
    REASON_TOMBSTONE_UNKNOWN, /* failed: a tombstone of which neither memory nor SKU is known */
    REASON_TOO_MANY_SKUS,     /* failed: more unfinished SKU changes than CORE_OLD_SKUS_MAX */
    REASON_KILLS_WORKERS,     /* failed: its claims ended in the death of a worker CORE_CLAIMS_DEAD times */
    REASON_REFUSED,           /* failed: the API refused it for good */
    REASON_ATTEMPTS,          /* failed: retry.max.attempts used up while the catalog worked */
    REASON_AGE,               /* failed: retry.max.age.ms used up while the catalog worked */
    REASON_PLAN_ONLY,         /* skipped: catalog.mode=plan-only, so the calls were planned and not made */
};

/* What the catalog is known to hold for a product, stored by a settle. */
enum item_state {
    ITEM_ABSENT,  /* never synced, or nothing found */
    ITEM_LIVE,    /* shows the version settled */
    ITEM_HIDDEN,  /* there, with visibility staging */
    ITEM_DELETED, /* was there, deleted by us */
};

/* Names a claim: only the very process that asked is granted again. */
struct claim_token {
    uint64_t incarnation; /* random at the start of the process */
    struct op_id op;
};

/* Where a record lies in the log. Offsets are comparable only within one (topic, partition). */
struct position {
    uint16_t topic; /* index of the topic as configured; the adapter knows its name */
    int32_t partition;
    int64_t offset;
};

enum claim_mode {
    CLAIM_WORK, /* decide, and lease what is needed for calls */
    CLAIM_END,  /* store the given outcome (superseded by absorption, skipped or failed by itself): no lease,
                   and one  that this token holds is given back */
};

struct claim_request {
    enum claim_mode mode;
    uint8_t catalog;
    enum intent intent;
    enum reason hide_reason;  /* INTENT_HIDE: what a skip is to say: REASON_NO_SKU or REASON_INACTIVE */
    enum outcome end_outcome; /* CLAIM_END */
    enum reason end_reason;
    bool has_sku;
    bool force;     /* product.resync: write even if nothing seems to have changed */
    bool replay;    /* replay count above 0: loses at an equal version with other content */
    bool tombstone; /* no version of its own: takes the one in memory */
    bool hint;      /* the event carries a catalog_id: an unknown product is worth a lookup */
    bool repair; /* the newest event of a product done again after a late write: its stored outcome does not
                    end it */
    uint64_t epoch;
    uint64_t version;
    struct claim_token token;
    struct key128 product, sku, identity, data_hash, content;
    struct position at;
    usec_t lease_us;             /* how long a grant lasts, from when the request was sent */
    usec_t late_us;              /* call.late.max.ms */
    usec_t unchanged_max_age_us; /* how long a confirmed content is believed */
};

enum claim_status {
    CLAIM_UNANSWERED, /* no answer: it may have been applied. Safe to ask again with the same token */
    CLAIM_GRANTED,    /* leased: targets, fence and version are set */
    CLAIM_HELD,       /* leased by another op until wait_us from now */
    CLAIM_WAIT,       /* a call of unknown outcome and other content may still land until wait_us from now */
    CLAIM_DONE,       /* the event's outcome is stored: publish it again */
    CLAIM_STALE,      /* superseded, stored so by this script */
    CLAIM_IS_UNCHANGED,  /* unchanged, stored so */
    CLAIM_SKIPPED,       /* skipped, stored so, with reason */
    CLAIM_ENDED,         /* CLAIM_END: stored */
    CLAIM_CONFLICT,      /* identity used before with other content; nothing stored */
    CLAIM_NOTHING_KNOWN, /* tombstone of an unknown product without SKU; nothing stored */
    CLAIM_TOO_MANY_SKUS, /* nothing stored */
    CLAIM_EPOCH,         /* the store's epoch is another, missing, or not ready: the guard must look */
};

/* One item the op will write: [0] the wanted SKU, [1..] the product's old ones, to be deleted. */
struct claim_target {
    uint64_t item_hash; /* hash of the item id the SKU's record holds; 0: unknown */
    usec_t
        last_write_ago_us; /* since a write to this SKU may last have landed (negative: may still land);
                              INT64_MAX/2: never. An empty lookup is believed only lookup.lag.max.ms after */
};

struct claim_reply {
    enum claim_status status;
    usec_t wait_us;        /* HELD, WAIT */
    enum outcome outcome;  /* DONE: what is stored */
    enum reason reason;    /* SKIPPED */
    uint64_t fence;        /* GRANTED */
    uint64_t version;      /* GRANTED: the event's, or the known one for a tombstone */
    uint8_t claims;        /* GRANTED: grants of this event to dead processes before, this one not counted */
    bool known_item;       /* GRANTED: memory says that the product has, or may have, an item */
    uint8_t targets_count; /* GRANTED: 1 + old SKUs */
    struct claim_target targets[CORE_TARGETS_MAX];
};

/* What became of one target. */
struct settle_target {
    bool gone;           /* the item is known not to be there any more (deleted, or looked up and absent) */
    bool has_item;       /* its id is known: in the table beside the op */
    bool written;        /* a writing call was made for it under this claim */
    usec_t uncertain_us; /* how long from now a call without an answer may still land; 0: none */
};

struct settle_request {
    uint8_t catalog;
    bool success; /* outcome other than failed: moves the last version, sets hash and clean */
    enum outcome outcome;
    enum outcome planned; /* plan-only: what the outcome would be if the calls were made; NONE: not planned */
    enum reason reason;
    enum item_state after;
    uint64_t epoch, fence, version;
    struct claim_token token;
    struct key128 product, identity, data_hash, content;
    struct position at;
    bool repair; /* store no outcome for the event: it has one */
    uint8_t targets_count;
    struct settle_target targets[CORE_TARGETS_MAX];
};

enum settle_status {
    SETTLE_UNANSWERED, /* may have been applied: ask again, it is idempotent */
    SETTLE_OK,
    SETTLE_REFUSED, /* another claim was granted since: nothing stored, the product marked dirty */
    SETTLE_EPOCH,   /* the epoch moved on: nothing stored */
};

/* Gives a lease back unused, or with a call whose answer never came. Nothing is waited for. */
struct release_request {
    uint8_t catalog;
    uint64_t epoch, fence;
    struct claim_token token;
    struct key128 product;
    uint8_t targets_count;
    struct settle_target targets[CORE_TARGETS_MAX];
};

/* What a worker learns when it looks at the store after a (re)connect, or while an epoch is built. */
struct store_view {
    bool answered;
    bool witness_ok;    /* every write this worker, or the predecessor named in the commit metadata, saw
                           acknowledged    is there */
    bool restarted;     /* the server is not the one seen before: others may find their writes lost */
    uint64_t epoch;     /* 0: none, the store is empty */
    bool ready;         /* the epoch is complete: claims are served */
    bool builder;       /* this worker is the elected builder */
    bool builder_alive; /* somebody is, and has reported within its lease */
    usec_t wait_us;     /* ready only after this long: leases and calls of before must have ended */
};

#endif
