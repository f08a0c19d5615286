/* What Redis remembers, read by tools (docs/store.md, "Keys"): a product's memory with the records of its
 * SKUs, one SKU's record, the epoch. Reading changes nothing; changes go through the scripts
 * (tools/catalog-memory). */
#ifndef KIT_MEMORY_H
#define KIT_MEMORY_H

#include "common/sbuf.h"
#include "tools/kit/redis.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    KIT_MEMORY_TEXT_SIZE = 513, /* an id or a SKU, decoded; longer ones are cut */
    KIT_MEMORY_SKUS_MAX = 16,   /* of one product: the item's own and those of unfinished changes */
    KIT_CONTENT_SIZE = 33,      /* a content hash as hex, or "hide", "del" */
};

/* One SKU's record. Times are milliseconds since 1970 by Redis' clock; 0: none. */
struct kit_sku {
    bool exists;
    char sku[KIT_MEMORY_TEXT_SIZE], owner[KIT_MEMORY_TEXT_SIZE], item_id[KIT_MEMORY_TEXT_SIZE];
    char lease_token[64]; /* "": not leased */
    char fence[24];       /* of the last grant; "": none */
    int64_t lease_until_ms, uncertain_until_ms, written_at_ms;
    char lease_content[KIT_CONTENT_SIZE], uncertain_content[KIT_CONTENT_SIZE];
};

/* One product's memory. */
struct kit_memory {
    char catalog[65], product_id[KIT_MEMORY_TEXT_SIZE];
    int64_t now_ms; /* Redis' clock when it was read: what leases are measured by */
    bool exists;
    int64_t last_version, current_version; /* 0: none; current: what the catalog shows */
    char item_state;                       /* 'a' absent, 'l' live, 'h' hidden, 'd' deleted; 0: never said */
    bool clean;                            /* what the catalog shows is known, in epoch `epoch` */
    bool late_write;                       /* a call under a lost lease may have changed the item */
    char content[KIT_CONTENT_SIZE];
    char sku[KIT_MEMORY_TEXT_SIZE];                         /* of its item; "": none */
    char others[KIT_MEMORY_SKUS_MAX][KIT_MEMORY_TEXT_SIZE]; /* may hold an item as well */
    uint32_t others_count;
    char source[KIT_MEMORY_TEXT_SIZE],
        event_id[KIT_MEMORY_TEXT_SIZE];              /* "topic/partition" of the last event */
    int64_t offset;                                  /* -1: unknown */
    int64_t epoch, confirmed_at_ms;                  /* 0: none */
    uint32_t claims;                                 /* without a settle, of the event worked on last */
    struct kit_sku records[KIT_MEMORY_SKUS_MAX + 1]; /* of `sku` (where there is one) and of `others` */
    uint32_t records_count;
};

/* The fleet's epoch. */
struct kit_epoch {
    bool exists, ready, first;
    int64_t now_ms, epoch, quiet_until_ms, builder_until_ms;
    char builder[20]; /* incarnation of who builds; "": nobody */
    char fences[24];  /* leases granted since the store was empty */
};

/* Reads what is remembered of a product of catalog (a configured name). memory->exists is false where nothing
 * is: that is no error. Not one atomic picture: a worker may go on between the questions. False with a
 * message in error. */
bool kit_memory_read(struct kit_redis *redis, const struct config *config, const char *catalog,
                     const char *product_id, struct kit_memory *memory, char error[KIT_REDIS_ERROR_SIZE]);

/* Reads one SKU's record; record->owner then names the product, if it is known. */
bool kit_memory_read_sku(struct kit_redis *redis, const struct config *config, const char *catalog,
                         const char *sku, struct kit_sku *record, char error[KIT_REDIS_ERROR_SIZE]);

bool kit_memory_read_epoch(struct kit_redis *redis, const struct config *config, struct kit_epoch *epoch,
                           char error[KIT_REDIS_ERROR_SIZE]);

/* Until when somebody holds a lease of one of the product's SKUs; 0: nobody, as of memory->now_ms. */
int64_t kit_memory_leased_until(const struct kit_memory *memory);

/* Appends the memory as one JSON object (for --json and for audit records). Check sbuf_ok. */
void kit_memory_json(const struct kit_memory *memory, struct sbuf *out);
void kit_memory_sku_json(const struct kit_sku *record, struct sbuf *out);

/* "absent", "live", "hidden", "deleted"; "never said" for anything else. */
const char *kit_item_state_name(char letter);

/* Appends a key as the store writes it: kind is "p:" or "s:"; the id is percent-encoded. Check sbuf_ok. */
void kit_memory_key(const struct config *config, const char *catalog, const char *kind, const char *id,
                    struct sbuf *out);

#endif
