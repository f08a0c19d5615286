/* From one input line to one Kafka record. Pure: no I/O. */
#ifndef CATALOG_PUBLISH_EVENT_H
#define CATALOG_PUBLISH_EVENT_H

#include "json_text.h"
#include "settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORD_HEADERS_MAX 32
#define PRODUCT_ID_MAX     256
#define WHY_MAX            256

struct header {
    const char *name, *value; /* NUL-terminated, in the record's arena */
};

/* One record. Every pointer is into the line it was made of or into the arena, so it holds until the next
 * event_make. */
struct record {
    const char *topic;
    int32_t partition; /* -1: by the key */
    const char *key;   /* NULL: none */
    size_t key_len;
    const char *value; /* NULL: a tombstone */
    size_t value_len;
    struct header headers[RECORD_HEADERS_MAX];
    int headers_count;
};

/* Memory for what is made anew, given out from its start for each record. */
struct arena {
    char *at;
    size_t size, used;
    bool full;
};

/* Makes the record of line (len bytes, not NUL-terminated). Returns false and writes a reason for people to
 * why (WHY_MAX bytes) when the line is no event that may be sent. */
bool event_make(struct record *record, struct arena *arena, const struct settings *settings, const char *line,
                size_t len, char *why);

#endif
