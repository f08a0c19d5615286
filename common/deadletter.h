/* Dead letters (design.md section 3, "Dead"): the record's value and headers byte for byte, a key that names
 * the open problem, and `dlq-*` headers that say what happened. Pure encoding, no Kafka type. */
#ifndef COMMON_DEADLETTER_H
#define COMMON_DEADLETTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sbuf;

/* X(SYMBOL, header name, what it holds) */
#define DEADLETTER_HEADER_TABLE(X)                                                                           \
    X(KEY, "dlq-key", "the record's key, byte for byte (may be empty)")                                      \
    X(KEY_NULL, "dlq-key-null", "1 where the record had no key")                                             \
    X(TOPIC, "dlq-topic", "the record's topic")                                                              \
    X(PARTITION, "dlq-partition", "the record's partition")                                                  \
    X(OFFSET, "dlq-offset", "the record's offset")                                                           \
    X(TIMESTAMP, "dlq-timestamp", "the record's time stamp, ISO 8601 UTC; absent where it had none")         \
    X(CLASS, "dlq-class", "class of the failure, as in a result's error.class")                              \
    X(CODE, "dlq-code", "the API's error code; absent where none")                                           \
    X(SUBCODE, "dlq-subcode", "the API's error subcode; absent where none")                                  \
    X(HTTP_STATUS, "dlq-http-status", "the last answer's HTTP status; absent where none")                    \
    X(REASON, "dlq-reason", "the rule that ended the event")                                                 \
    X(MESSAGE, "dlq-message", "what was wrong")                                                              \
    X(USER_MESSAGE, "dlq-user-message", "the API's words for people; absent where none")                     \
    X(FBTRACE_ID, "dlq-fbtrace-id", "the API's trace id; absent where none")                                 \
    X(PRODUCT_ID, "dlq-product-id", "the product; absent where none could be read")                          \
    X(SKU, "dlq-sku", "the SKU; absent where none could be read")                                            \
    X(CATALOG, "dlq-catalog", "the catalog; absent where none could be read")                                \
    X(ATTEMPTS, "dlq-attempts", "tries made")                                                                \
    X(FIRST_SEEN, "dlq-first-seen", "when a worker first took the record, ISO 8601 UTC")                     \
    X(DIED_AT, "dlq-died-at", "when it was given up, ISO 8601 UTC")                                          \
    X(WORKER, "dlq-worker", "the worker that gave it up")                                                    \
    X(REPLAYS, "dlq-replays", "how often this event was replayed before")                                    \
    X(NULL_VALUE, "dlq-null-value",                                                                          \
      "1 where the record's value was null (a bare tombstone); the value is empty")                          \
    X(TRUNCATED, "dlq-truncated", "the value's size in bytes, where the value had to be left out")           \
    X(HEADERS_DROPPED, "dlq-headers-dropped", "how many of the record's own headers had to be left out")

enum deadletter_header {
#define X(symbol, name, holds) DLQ_##symbol,
    DEADLETTER_HEADER_TABLE(X)
#undef X
        DLQ_HEADER_COUNT
};

/* Caps: a dead letter's headers never grow without bound, however often it is replayed. */
#define DEADLETTER_TEXT_MAX_BYTES 1024  /* one text of ours */
#define DEADLETTER_KEY_MAX_BYTES  32768 /* the record's key */
#define DEADLETTER_ORIGINAL_MAX                                                                              \
    64 /* the record's own headers, in number; the event's (ce_*, content-type) go first */
#define DEADLETTER_ORIGINAL_MAX_BYTES 65536 /* and in bytes, names included */
#define DEADLETTER_HEADERS_MAX        (DLQ_HEADER_COUNT + DEADLETTER_ORIGINAL_MAX)
/* Scratch that holds our own header texts, all at their caps. */
#define DEADLETTER_SCRATCH_BYTES 16384

struct record_header {
    const char *name;  /* NUL-terminated */
    const void *value; /* NULL: a null value, kept apart from an empty one */
    size_t value_bytes;
};

/* Texts: NUL-terminated, the caller's, NULL where absent. */
struct deadletter {
    const void *key; /* NULL: the record had none; with key_bytes 0 and not NULL: an empty one */
    size_t key_bytes;
    bool value_null;                     /* the record's value was null */
    bool value_left_out;                 /* refused for size: written again without it */
    size_t value_bytes;                  /* of the original */
    const struct record_header *headers; /* the record's own, in order */
    size_t header_count;
    size_t headers_unread; /* further headers of the record that are not in `headers`: there were too many */
    const char *event_source, *event_id; /* both, or the key falls back to topic/partition/offset */
    bool identity_reused; /* same identity, other content: keyed by position, so it never hides the other */
    const char *topic;
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms; /* since 1970; negative: none */
    const char *class_name, *reason, *message, *user_message, *fbtrace_id;
    int32_t code, subcode;
    int http_status;
    const char *product_id, *sku, *catalog, *worker;
    uint32_t attempts;
    int64_t first_seen_ms, died_at_ms; /* since 1970 */
    int64_t replays;
};

/* Appends the record key: percent-encoded source `/` percent-encoded id (RFC 3986 unreserved characters
 * stay), or `topic/partition/offset` of what has no identity or reuses one. Returns false where the buffer's
 * cap was reached. */
bool deadletter_key(const struct deadletter *letter, struct sbuf *out);

/* Lists all headers to write: the record's own (byte for byte, those named `dlq-*` left out: they are
 * replaced, never appended to) and then ours. Values point into *letter and into `scratch`, which must live
 * as long as the list. `out` has room for DEADLETTER_HEADERS_MAX, `scratch` for DEADLETTER_SCRATCH_BYTES.
 * Returns how many were listed. */
size_t deadletter_headers(const struct deadletter *letter, struct record_header *out, char *scratch);

const char *deadletter_header_name(enum deadletter_header header);

/* The replay count in a record's headers (`dlq-replays`, decimal): 0 where absent or where it is no number
 * from 0 to 1,000,000. The last header of that name counts. */
int64_t deadletter_replays(const struct record_header *headers, size_t header_count);

#endif
