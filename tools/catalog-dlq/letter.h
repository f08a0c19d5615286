/* A dead letter as it was read from the topic: what its headers say, and what is wrong with it. Records that
 * others wrote, or that are damaged, are letters as well; nothing in them is trusted. Views only: all memory
 * is the caller's. */
#ifndef DLQ_LETTER_H
#define DLQ_LETTER_H

#include "common/deadletter.h"

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LETTER_HEADERS_MAX = 256, /* more are not looked at; the worker writes DEADLETTER_HEADERS_MAX at most */
    LETTER_REPLAYS_MAX = 1000000,
};

struct bytes {
    const char *ptr; /* NULL: absent, or null; not NUL-terminated */
    size_t len;
};

/* X(SYMBOL, name in JSON, what is wrong, for people) */
#define LETTER_FAULT_TABLE(X)                                                                                \
    X(NO_KEY, "no_key",                                                                                      \
      "the record has no key, so it cannot be marked as done: only a purge of the topic "                    \
      "removes it")                                                                                          \
    X(FOREIGN, "foreign", "it has no dlq-* headers: another program wrote it")                               \
    X(NO_ORIGIN, "no_origin",                                                                                \
      "dlq-topic or dlq-partition is missing or not readable: nobody knows where it belongs")                \
    X(NO_ORIGINAL_KEY, "no_original_key",                                                                    \
      "neither dlq-key nor dlq-key-null (or both) is there: the event's own key is not known")               \
    X(BAD_NUMBER, "bad_number", "a dlq-* header that should be a number is none")                            \
    X(BAD_TIME, "bad_time", "a dlq-* header that should be a time is none")                                  \
    X(BAD_TEXT, "bad_text", "a dlq-* header holds bytes that are no UTF-8")                                  \
    X(DOUBLED, "doubled_header", "a dlq-* header is there twice: the last one counts")                       \
    X(MANY_HEADERS, "too_many_headers", "it has more headers than this program looks at")                    \
    X(LEFT_OUT, "value_left_out",                                                                            \
      "the value was too large for the topic and was left out; the original may still be in its topic")      \
    X(HEADERS_DROPPED, "headers_dropped", "some of the event's own headers did not fit and were left out")

enum letter_fault {
#define X(symbol, name, words) LETTER_##symbol,
    LETTER_FAULT_TABLE(X)
#undef X
        LETTER_FAULT_COUNT
};

struct letter {
    /* as read */
    int32_t partition; /* of the dead letter itself */
    int64_t offset;
    int64_t timestamp_ms; /* since 1970; negative: none */
    struct bytes key;     /* ptr NULL: none */
    struct bytes value;   /* ptr NULL: a tombstone, which is no letter */
    const struct record_header *headers;
    size_t header_count;
    /* as the headers say */
    struct bytes fields[DLQ_HEADER_COUNT]; /* by enum deadletter_header; ptr NULL: absent */
    int32_t code, subcode, http_status;    /* 0: none */
    int32_t origin_partition;              /* negative: not known */
    int64_t origin_offset;                 /* negative: not known */
    int64_t origin_ms, first_seen_ms;      /* since 1970; negative: not known */
    int64_t died_ms;                       /* the header's, else the record's own time */
    int64_t attempts, replays;
    uint32_t faults; /* bit 1 << enum letter_fault */
};

/* Fills *letter from what is under "as read", which the caller has set. */
void letter_parse(struct letter *letter);

/* The same from a message; headers point into it and are listed in `headers`. */
void letter_of_message(const rd_kafka_message_t *message, struct record_header headers[LETTER_HEADERS_MAX],
                       struct letter *letter);

static inline bool letter_has_fault(const struct letter *letter, enum letter_fault fault)
{
    return letter->faults & 1u << fault;
}
const char *letter_fault_name(enum letter_fault fault);
const char *letter_fault_words(enum letter_fault fault);

/* The value that a replay sends: ptr NULL where the event was a bare tombstone. */
struct bytes letter_replay_value(const struct letter *letter);

/* Why this letter cannot be sent again, as a sentence; NULL: it can. */
const char *letter_not_replayable(const struct letter *letter);

#endif
