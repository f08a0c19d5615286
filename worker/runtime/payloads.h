/* What belongs to an op and is none of the core's business: the record, the decoded event, and the strings
 * that came with the store's and the API's answers. One entry a slot; an entry is valid while its generation
 * is the op's. */
#ifndef RUNTIME_PAYLOADS_H
#define RUNTIME_PAYLOADS_H

#include "common/classify.h"
#include "common/event.h"
#include "common/result.h"
#include "worker/adapters/kafka_source.h"
#include "worker/core/core.h"

/* Event ids an op absorbed, for its result. */
struct absorbed_ids {
    uint32_t count, listed;
    char *ids[CORE_ABSORBED_IDS_MAX]; /* owned */
};

struct payload {
    uint32_t gen;               /* of the op it belongs to; 0: empty */
    struct kafka_record record; /* owned; empty for a repair whose record was freed */
    struct event *event;        /* owned */
    uint16_t topic;
    char *main_sku;                    /* owned; NULL: the event's own */
    char *old_skus[CORE_OLD_SKUS_MAX]; /* owned */
    char item_ids[CORE_TARGETS_MAX][API_ID_BYTES];
    char *superseded_by; /* owned; NULL: none */
    char *planned; /* owned: plan-only, the calls planned so far; after the settle, members of `planned` */
    uint8_t *blob; /* owned: the stored outcome of a claim answered DONE */
    bool ended_by_claim; /* the claim script ended it, and keeps no blob: what only this process knows is left
                            out, or a repeated result would differ */
    size_t blob_size;
    uint64_t version, current_version;
    uint64_t last_version; /* memory of the product, as the result is to carry it: docs/store.md, "Epochs" */
    enum item_state item_state; /* of its item */
    char *memory_sku;           /* owned: SKU of its item; NULL: none */
    char memory_item[API_ID_BYTES];
    struct api_verdict *verdict;           /* owned: the last answer that was no success; NULL: none */
    struct absorbed_ids *absorbed;         /* owned; NULL: none */
    int64_t received_ms, first_attempt_ms; /* since 1970; 0: no attempt yet */
    enum call_kind call;                   /* in flight or last */
    usec_t asked_us;                       /* when the claim, call or settle in flight was asked for */
    uint8_t call_target;
    uint8_t kind, path;  /* enum result_kind and enum event_path of the result handed over to Kafka */
    bool dead_truncated; /* its dead letter was refused for size: write it without value */
};

struct payloads;

/* A table for all slots of a core of these settings; NULL without memory. */
struct payloads *payloads_create(uint32_t slots);
void payloads_destroy(struct payloads *table);

/* The entry of an op that is at work; asserts that it is the op's. */
struct payload *payload_of(struct payloads *table, struct op_id op);

/* The same, or NULL when the op is gone: for answers that come late. */
struct payload *payload_find(struct payloads *table, struct op_id op);

/* An empty entry for the op that the next record will take. */
struct payload *payload_take(struct payloads *table, struct op_id op);

/* Forgets what is kept beside the op, if it still is the op's. */
void payload_drop(struct payloads *table, struct op_id op);

/* Replaces an owned string by a copy of len bytes (0: NULL). Out of memory ends the process. */
void payload_set(char **owned, const char *bytes, size_t len);

/* Notes that the payload's event absorbed an event of this id. */
void payload_absorb(struct payload *payload, struct text event_id);

/* When Kafka says that the record was written, else when this worker got it; ms since 1970. */
int64_t payload_record_ms(const struct payload *payload);

/* The SKU of a target: [0] the wanted one, [1..] old ones. Never NULL. */
struct text payload_sku(const struct payload *payload, uint8_t target);

#endif
