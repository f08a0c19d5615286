/* The table of open problems: one entry for each key whose newest record is a dead letter and not a
 * tombstone. 40 bytes an entry, so that a million of them fit beside everything else; no payload is kept. */
#ifndef DLQ_OPEN_H
#define DLQ_OPEN_H

#include "cause.h"
#include "filter.h"
#include "letter.h"

#include "common/config.h"
#include "tools/kit/topic.h"

struct open_entry {
    uint64_t key_hi, product; /* hash of partition and key; hash of catalog and product, 0: none */
    int64_t offset;           /* of the newest record of the key */
    uint32_t key_lo;
    uint32_t cause; /* in the cause table; UINT32_MAX: none */
    uint32_t hour;  /* of the death, since 1970 */
    uint16_t partition;
    bool open, matches;
};

struct open_table {
    const struct filter *filter; /* the caller's */
    struct open_entry *list;
    uint32_t count, room;
    uint32_t *slots; /* index + 1 */
    uint32_t slot_count;
    struct cause_table causes;
    uint64_t records, tombstones; /* read */
    uint64_t open, matching;      /* after open_finish */
    bool no_memory;               /* the table is not complete */
};

/* Zero the table and set filter, then give every record of the topic, in the order of its partition. */
void open_take(struct open_table *table, const rd_kafka_message_t *message);

/* Counts what is open and what of it matches, also for each cause. */
void open_finish(struct open_table *table);
void open_free(struct open_table *table);

/* Reads the whole topic into the table. on_progress as in kit_scan. False with a message in error. */
bool open_read(struct open_table *table, rd_kafka_t *reader, const char *topic,
               void (*on_progress)(void *arg, int64_t done, int64_t total), void *arg,
               char error[KAFKA_ERROR_SIZE]);

/* The places of all open and matching letters, by partition and offset; the caller frees. NULL without memory
 * or where there are none. */
struct place {
    int32_t partition;
    int64_t offset;
};
struct place *open_places(const struct open_table *table, size_t *count);

/* The products with the most open matching letters, most first. Returns how many there are in all. */
struct open_product {
    struct place example;
    uint64_t hash;
    uint32_t count;
};
size_t open_products(const struct open_table *table, struct open_product *out, size_t max, size_t *found);

#endif
