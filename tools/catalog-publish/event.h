/* From one row to one Kafka record. Pure: no I/O. */
#ifndef CATALOG_PUBLISH_EVENT_H
#define CATALOG_PUBLISH_EVENT_H

#include "common/sbuf.h"
#include "options.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RECORD_HEADERS_MAX = 32, PRODUCT_ID_MAX_BYTES = 256, WHY_SIZE = 1024, MAKER_BYTES = 6 * 1024 * 1024 };

struct header {
    const char *name, *value; /* NUL-terminated, in the maker's memory */
};

/* One record. Every pointer is into the row it was made of or into the maker's memory, so it holds until the
 * next event_make. */
struct outgoing {
    const char *topic;
    int32_t partition; /* -1: by the key */
    const char *key;   /* NULL: none */
    size_t key_len;
    const char *value; /* NULL: a tombstone */
    size_t value_len;
    struct header headers[RECORD_HEADERS_MAX];
    int headers_count;
    const char *sku; /* of data alone and of whole events; NULL: none */
};

/* What is the same for all records, and memory that is used anew for each. */
struct maker {
    const struct options *options;
    const char *topic;     /* where all of it goes */
    const char *id_prefix; /* before made ids; "" for none */
    int64_t stamp;         /* version of rows that have none; 0: they are refused */
    struct sbuf memory;    /* of fixed size: nothing in it moves */
};

/* Takes the memory. False without it. */
bool maker_init(struct maker *maker, const struct options *options, const char *topic, const char *id_prefix,
                int64_t stamp);
void maker_free(struct maker *maker);

/* Makes the record of a row (len bytes of JSON, not NUL-terminated). Returns false and writes a reason for
 * people to why (WHY_SIZE bytes) when it is no event that may be sent. What the worker would say of it is not
 * asked here (checker.h). */
bool event_make(struct maker *maker, struct outgoing *record, const char *row, size_t len, char *why);

#endif
