/* Causes: dead letters that died of the same thing. A cause's name is its fingerprint, made of class, code,
 * subcode, reason, and the message without what differs from product to product. */
#ifndef DLQ_CAUSE_H
#define DLQ_CAUSE_H

#include "letter.h"

#include "common/key128.h"
#include "common/sbuf.h"

enum {
    CAUSE_RECENT = 64,
    CAUSE_ID_BYTES = 13,       /* 12 hex digits and a NUL */
    CAUSE_MESSAGE_MAX = 512,   /* bytes of a message that count */
    CAUSE_COUNT_MAX = 1 << 14, /* kinds kept apart; what is beyond them shares one, and is said to */
};

/* Appends the message in its normal form: numbers, quoted texts, URLs and long hex words each as one sign, so
 * that the same fault of two products reads the same. Bytes that are no printable ASCII are kept. */
void cause_normalise(struct sbuf *out, const char *message, size_t len);

/* The letter's fingerprint; stable between runs and versions. */
void cause_fingerprint(const struct letter *letter, char id[CAUSE_ID_BYTES]);

struct cause {
    char id[CAUSE_ID_BYTES];
    int32_t code, subcode;
    char *class_name, *reason, *message; /* owned, as the first letter had them; never NULL */
    uint64_t count;                      /* open letters; counted by whoever uses the table */
    int64_t first_ms, last_ms;           /* since 1970, of those */
    int32_t example_partition;           /* where one of them lies; offset negative: none */
    int64_t example_offset;
};

struct cause_table {
    struct cause *list;
    uint32_t count, room;
    uint32_t *slots; /* open addressing; index + 1 */
    uint32_t slot_count;
    uint64_t beyond; /* letters whose cause did not fit */
    struct cause_recent {
        struct key128 raw; /* of the message and so on as they stand; zero: empty */
        uint32_t index;
    } recent[CAUSE_RECENT]; /* most letters say word for word what one before them said */
};

/* Zeroed memory is an empty table. */
void cause_table_free(struct cause_table *table);

/* The index of the letter's cause, added if it is new; UINT32_MAX without memory or room. */
uint32_t cause_table_find(struct cause_table *table, const struct letter *letter);

#endif
