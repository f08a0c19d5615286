/* The record header of a result that says what memory held of the product when the result was written
 * (docs/store.md, "Epochs"). The result topic is compacted by product, and its last record for a product may
 * be of an event that changed nothing, or a repeated old one: the rebuild of Redis reads this header. It is
 * no part of the event: a repeated result is equal, its header tells the memory of now. */
#ifndef COMMON_MEMORY_HEADER_H
#define COMMON_MEMORY_HEADER_H

#include "common/key128.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sbuf;

#define MEMORY_HEADER "catalog-sync-memory"

enum { MEMORY_HEADER_MAX_BYTES = 4096, MEMORY_TEXT_MAX_BYTES = 512 };

/* Who says it: an event's result, or an operator, whose word stands whatever earlier records of the product
 * say (docs/store.md, "Changes by hand"). */
enum memory_change { MEMORY_OF_EVENT, MEMORY_RESET, MEMORY_FORGOTTEN };

struct memory_header {
    enum memory_change change;
    int64_t last_version, current_version; /* 0: none */
    char item_state;                       /* 'a' absent, 'l' live, 'h' hidden, 'd' deleted */
    const char *sku, *item_id;             /* of the item; NULL or "": none. The caller's */
    /* The event's identity and the hash of its data, under which its outcome is stored; none: it is not
     * stored */
    struct key128 identity, data_hash;
};

/* Appends the header's value, JSON of less than MEMORY_HEADER_MAX_BYTES. False where the buffer is full. */
bool memory_header_encode(const struct memory_header *memory, struct sbuf *out);

/* Reads a value; texts are copied into text[2][MEMORY_TEXT_MAX_BYTES]. False for anything that is none of
 * ours. */
bool memory_header_decode(const void *value, size_t size, struct memory_header *memory,
                          char text[2][MEMORY_TEXT_MAX_BYTES]);

#endif
