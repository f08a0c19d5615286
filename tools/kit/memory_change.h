/* Changes of memory by hand, which a later rebuild does not undo (docs/store.md, "Changes by hand"). One
 * change is: hold the products (workers wait, leases end), write the audit record, write the result records,
 * change Redis. Killed anywhere in between, running it again completes it. */
#ifndef KIT_MEMORY_CHANGE_H
#define KIT_MEMORY_CHANGE_H

#include "tools/kit/audit.h"
#include "tools/kit/memory.h"

enum { KIT_CHANGE_BATCH_MAX = 1000, KIT_CHANGE_ERROR_SIZE = 640, KIT_CHANGE_ID_SIZE = 256 };

enum kit_change_kind {
    KIT_CHANGE_RESET,  /* the last version becomes last_version */
    KIT_CHANGE_FORGET, /* nothing is remembered any more */
    KIT_CHANGE_ADOPT,  /* an item that exists becomes known: sku, item_id, item_state, last_version */
};

enum kit_change_status {
    KIT_CHANGE_PENDING, /* held, or not yet looked at */
    KIT_CHANGE_DONE,
    KIT_CHANGE_UNKNOWN, /* nothing is remembered of the product: left alone */
    KIT_CHANGE_BUSY,    /* a worker's lease or another operator's hold did not end in time: left alone */
    KIT_CHANGE_KNOWN,   /* adopt: the product has an item already: left alone */
    KIT_CHANGE_TAKEN,   /* adopt: the SKU belongs to another product: left alone */
};

/* One product. Texts are the caller's; NULL: none. What is set here is what the result record tells. */
struct kit_change {
    const char *product_id;
    bool product_id_is_number; /* as the result is to show it */
    int64_t last_version, current_version;
    char item_state; /* 'a' 'l' 'h' 'd' */
    const char *sku, *item_id;
    enum kit_change_status status;
    int64_t wait_ms; /* BUSY: how much longer, as far as known */
};

struct kit_changer {
    const struct config *config;
    struct kit_redis *redis; /* the caller's */
    rd_kafka_t *producer;
    enum kit_change_kind kind;
    const char *catalog;
    uint64_t epoch;
    char holder[17], script_sha[41];
    int64_t held_ms; /* when the hold was taken, by the monotonic clock */
    /* where the audit record lies: the result records name it as their place in the log */
    int32_t audit_partition;
    int64_t audit_offset;
    uint64_t sent, delivered, failed;
    char failure[200];
};

/* The event id that a change goes by, in Redis and in its result record. */
void kit_change_event_id(const struct kit_changer *changer, const struct kit_change *change,
                         char out[KIT_CHANGE_ID_SIZE]);

/* Gets ready for changes of one kind in one catalog (texts and redis must outlive it). False with a message
 * in error: Redis' memory is not ready (it is being rebuilt), Kafka is not reachable. */
bool kit_changer_open(struct kit_changer *changer, const struct config *config, struct kit_redis *redis,
                      const char *catalog, enum kit_change_kind kind, char error[KIT_CHANGE_ERROR_SIZE]);
void kit_changer_close(struct kit_changer *changer);

/* Holds the pending ones (at most KIT_CHANGE_BATCH_MAX): workers wait from now on, and leases that run are
 * waited for, at most wait_ms in all; those that did not end are let go and become BUSY. False with a
 * message: Redis failed, or kit_stop was raised. The hold ends by itself after a minute. */
bool kit_change_hold(struct kit_changer *changer, struct kit_change *list, size_t count, int64_t wait_ms,
                     char error[KIT_CHANGE_ERROR_SIZE]);

/* Writes the audit record and waits until it is acknowledged. */
bool kit_change_audit(struct kit_changer *changer, const struct kit_audit *audit,
                      char error[KIT_CHANGE_ERROR_SIZE]);

/* Writes a result record for each pending one, with the audit record's place, and waits until all are
 * acknowledged. */
bool kit_change_record(struct kit_changer *changer, const struct kit_change *list, size_t count,
                       char error[KIT_CHANGE_ERROR_SIZE]);

/* Changes Redis for each pending one, which becomes DONE (or KNOWN, TAKEN). */
bool kit_change_apply(struct kit_changer *changer, struct kit_change *list, size_t count,
                      char error[KIT_CHANGE_ERROR_SIZE]);

/* Lets go of those still pending, after a failure. */
void kit_change_drop(struct kit_changer *changer, struct kit_change *list, size_t count);

#endif
