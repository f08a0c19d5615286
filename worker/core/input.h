/* Everything the world may tell the core. Each input carries the turn's time; time never goes back. */
#ifndef CORE_INPUT_H
#define CORE_INPUT_H

#include "worker/core/store.h"

#define CORE_INPUTS(X)                                                                                       \
    X(TICK)         /* nothing but time has passed */                                                        \
    X(RECORD)       /* a record was read; it takes core_next_op() */                                         \
    X(CLAIMED)      /* answer to OUT_CLAIM */                                                                \
    X(CALLED)       /* answer to OUT_CALL: always exactly one */                                             \
    X(SETTLED)      /* answer to OUT_SETTLE */                                                               \
    X(BUDGET)       /* answer to OUT_BUDGET */                                                               \
    X(PUBLISHED)    /* delivery report of OUT_PUBLISH_DEAD or OUT_PUBLISH_RESULT */                          \
    X(COMMITTED)    /* answer to OUT_COMMIT */                                                               \
    X(ASSIGNED)     /* a partition is ours */                                                                \
    X(REVOKING)     /* a partition is asked back: finish, commit, answer OUT_REVOKED */                      \
    X(LOST)         /* a partition is gone: nothing of it may be committed */                                \
    X(STORE_UP)     /* connected to the store: the guard must look before it is used */                      \
    X(STORE_DOWN)   /* the connection is gone; what was asked comes back UNANSWERED */                       \
    X(STORE_VIEWED) /* answer to OUT_STORE_LOOK, OUT_EPOCH_RAISE or OUT_EPOCH_READY */                       \
    X(REBUILT)      /* answer to OUT_REBUILD */                                                              \
    X(CREDENTIALS)  /* a catalog's token or secret changed */                                                \
    X(TERMINATE)    /* stop within the shutdown bound */

enum input_type {
#define X(name) IN_##name,
    CORE_INPUTS(X)
#undef X
        IN_COUNT
};

/* How a record that needs no claim decision ends. */
enum local_end {
    LOCAL_NONE,
    LOCAL_FAILED,  /* permanently, by what it says; the event's own reason is beside the op */
    LOCAL_SKIPPED, /* by its type */
};

#define PARTITION_NONE UINT16_MAX
#define CATALOG_NONE   UINT8_MAX

struct record {
    uint16_t partition;  /* index in the core's table, as told by IN_ASSIGNED; PARTITION_NONE: a repair */
    uint32_t assignment; /* of IN_ASSIGNED: what is born under an older one is dead on arrival */
    struct position at;
    uint32_t size_bytes; /* counted against window.bytes */
    uint8_t catalog;     /* CATALOG_NONE: not readable or not configured */
    bool remembered;     /* catalog, product and identity are known: the store keeps its outcome */
    enum local_end local;
    enum intent intent;
    enum reason hide_reason;
    bool has_sku, force, replay, tombstone, hint;
    uint64_t version;
    struct key128 product, sku, identity, data_hash, content;
};

enum call_kind {
    CALL_CREATE, /* POST to the catalog */
    CALL_UPDATE, /* POST to the item */
    CALL_HIDE,   /* POST visibility to the item */
    CALL_DELETE, /* DELETE the item */
    CALL_LOOKUP, /* the item's id by SKU; also the probe read of catalogs that may be down */
};

enum call_class {
    CALLED_OK,
    CALLED_TRANSIENT, /* try again later */
    CALLED_THROTTLED, /* the catalog's limit: stop calling for wait_us */
    CALLED_BLOCKED,   /* policy block (368): stop calling for long */
    CALLED_AUTH,      /* the credentials are refused: pause */
    CALLED_FORBIDDEN, /* permission: pause */
    CALLED_NOT_FOUND, /* no such item, or no right to see it */
    CALLED_DUPLICATE, /* the SKU has an item already */
    CALLED_REFUSED,   /* the data is refused for good */
    CALLED_NOT_SENT,  /* our own check at the last moment kept the body back (lease too short) */
};

struct call_reply {
    enum call_class class;
    bool unknown;       /* a write that may or may not have been applied, or may still be */
    bool few;           /* refused by a code that nobody knows: retried a few times before it is believed */
    bool shared;        /* refused for a cause that many products may share (classify_table.h) */
    uint64_t item_hash; /* hash of the item id that came with it (create, lookup, duplicate); 0: none */
    usec_t wait_us;     /* THROTTLED, BLOCKED, TRANSIENT: what the server asked for; 0: nothing */
};

enum publish_kind { PUBLISH_DEAD, PUBLISH_RESULT };

struct input {
    enum input_type type;
    usec_t now_us;
    union {
        struct record record;
        struct {
            struct op_id op;
            struct claim_reply reply;
        } claimed;
        struct {
            struct op_id op;
            struct call_reply reply;
        } called;
        struct {
            struct op_id op;
            enum settle_status status;
        } settled;
        struct {
            uint8_t catalog;
            bool answered;
            uint32_t granted;
            usec_t wait_us; /* until the next token, when fewer than asked were granted */
        } budget;
        struct {
            struct op_id op;
            enum publish_kind kind;
            bool ok;
        } published;
        struct {
            uint16_t partition;
            uint32_t assignment;
            bool ok;
            int64_t offset;
        } committed;
        struct {
            uint16_t partition;
            uint32_t assignment; /* grows with every assignment of this partition */
            uint16_t topic;
        } assigned; /* also REVOKING and LOST: partition and assignment */
        struct store_view view;
        struct {
            bool ok;
        } rebuilt;
        struct {
            uint8_t catalog;
        } credentials;
    } u;
};

#endif
