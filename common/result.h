/* Result events (design.md section 3, "Out"): what the backend learns of each event, and all that it takes to
 * rebuild Redis' memory. Encoded by hand into a capped buffer, decoded with cJSON; and the compact form of an
 * outcome that Redis keeps, from which an equal result can be published again. */
#ifndef COMMON_RESULT_H
#define COMMON_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/key128.h"
#include "common/reason.h"

struct sbuf;

#define RESULT_ABSORBED_MAX 100
#define RESULT_WARNINGS_MAX 16
/* Texts are cut to these many bytes, at a character's end. */
#define RESULT_ID_MAX_BYTES           256 /* event ids, sources, product ids, reasons */
#define RESULT_SKU_MAX_BYTES          400 /* 100 characters of 4 bytes */
#define RESULT_MESSAGE_MAX_BYTES      480
#define RESULT_USER_MESSAGE_MAX_BYTES 400
#define RESULT_WARNING_MAX_BYTES      256
/* An encoded result never needs more than this; give the buffer this cap. */
#define RESULT_MAX_BYTES 262144 /* 256 KiB */
/* A stored outcome never needs more than this: about 100 bytes for a success, 1 KiB of error, the rest
 * absorbed ids. */
#define OUTCOME_BLOB_MAX_BYTES       8192
#define OUTCOME_BLOB_ERROR_MAX_BYTES 1024

#define RESULT_TYPE         "product.sync.result"
#define RESULT_SOURCE       "catalog-sync"
#define RESULT_CONTENT_TYPE "application/cloudevents+json; charset=UTF-8"

#define RESULT_PLANNED_MAX_BYTES 2048

enum result_path { RESULT_PATH_NONE, RESULT_PATH_SINGLE, RESULT_PATH_BULK };

/* Texts here and below: NUL-terminated, owned by whoever filled the struct, NULL or "" where there is none.
 */
struct result_error {
    const char
        *class_name; /* api_class_name(), or "invalid" where we refused the event ourselves; NULL: no error */
    int32_t code, subcode; /* 0: none */
    int http_status;       /* 0: none */
    const char *message, *user_message, *fbtrace_id;
};

/* The part that Redis stores. */
struct result_outcome {
    enum result_kind kind;
    enum result_path path;
    const char *reason;      /* a name of common/reason.h, or one of validation's own; NULL: none */
    const char *catalog_id;  /* the catalog item's id */
    int64_t version;         /* the event's; 0: none */
    int64_t current_version; /* what the catalog shows; 0: unknown */
    struct key128 content_hash;
    const char *superseded_by; /* an event id */
    const char *sku;
    const char *absorbed[RESULT_ABSORBED_MAX]; /* event ids */
    uint32_t absorbed_listed;                  /* how many of them are listed here */
    uint32_t absorbed_count;                   /* how many there were */
    /* plan-only: members of the JSON object `planned`, without its braces: "outcome" and "calls" (each kind
     * and SKU); at most RESULT_PLANNED_MAX_BYTES. NULL: not planned */
    const char *planned;
    struct result_error error;
};

struct result_event {
    struct result_outcome out;
    /* Which event. Where the record has no identity, event_source and event_id are NULL. */
    const char *event_source, *event_id;
    int64_t replays;           /* the replay count, part of the identity */
    const char *product_id;    /* NULL where none could be read */
    bool product_id_is_number; /* written back as the JSON type it came in; then only digits and a sign */
    const char *catalog;       /* the configured catalog's name; NULL where none could be read */
    const char *topic;
    int32_t partition;
    int64_t offset;
    uint32_t attempts;
    const char *warnings[RESULT_WARNINGS_MAX];
    uint32_t warning_count;
    int64_t first_attempt_at_ms; /* since 1970; 0: no attempt was made */
    int64_t finished_at_ms;      /* since 1970 */
    int64_t queued_for_ms;       /* from the record's time stamp to the first attempt; negative counts as 0 */
    const char *traceparent;     /* NULL: none */
    /* plan-only: the request's fields as JSON (the body of the update, or of the hide); NULL: no body */
    const char *planned_fields;
    struct key128 planned_hash; /* of that body */
};

/* Appends the event as one JSON object (CloudEvents structured mode). Returns false where the buffer's cap
 * was reached: a bug of the caller's, since RESULT_MAX_BYTES suffices. Control characters and broken UTF-8
 * are made safe. */
bool result_encode(const struct result_event *event, struct sbuf *out);

/* The record key: `catalog/product_id`, or `topic/partition/offset` where no product could be read. Never
 * empty. */
bool result_key(const struct result_event *event, struct sbuf *out);

/* The result's own CloudEvents id: 32 hex digits that depend on source, event id and replay count only (on
 * topic, partition and offset where there is no identity), so that repeated results are recognised. Writes 33
 * bytes. */
#define RESULT_EVENT_ID_BYTES 33
void result_id(const struct result_event *event, char out[RESULT_EVENT_ID_BYTES]);

/* Reads an encoded result back. Results without dataschema, as they were written before there were contract
 * versions, are read as version 1; another contract is refused, since it might be misread. Texts land in
 * `text` (RESULT_TEXT_BYTES suffice for what result_encode wrote) and *event points into it. Unknown members
 * are ignored. Returns false with a message in `why` (what is wrong, and where) for anything that is no
 * result event of ours; *event is then not to be used. */
#define RESULT_TEXT_BYTES 65536
bool result_decode(const void *value, size_t value_bytes, struct result_event *event, char *text,
                   size_t text_bytes, char *why, size_t why_bytes);

/* The compact form for Redis: binary, versioned, at most OUTCOME_BLOB_MAX_BYTES (error texts and absorbed ids
 * are cut to fit; absorbed_count stays true). Returns the bytes written; cap must be OUTCOME_BLOB_MAX_BYTES
 * or more. */
size_t outcome_blob_encode(const struct result_outcome *outcome, uint8_t *out, size_t cap);

/* Reads it back; texts are copied NUL-terminated into `text` (OUTCOME_TEXT_BYTES suffice for any blob).
 * Returns false for a blob of another version, a cut one, or garbage: the caller then treats the outcome as
 * not stored. */
#define OUTCOME_TEXT_BYTES (OUTCOME_BLOB_MAX_BYTES + 256)
bool outcome_blob_decode(const uint8_t *blob, size_t blob_bytes, struct result_outcome *outcome, char *text,
                         size_t text_bytes);

const char *result_path_name(enum result_path path);

#endif
