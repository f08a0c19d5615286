/* The journal: every API call and every valid entry of a bulk call, the newest N of them (knob journal.size).
 */
#ifndef CATALOG_SIM_JOURNAL_H
#define CATALOG_SIM_JOURNAL_H

#include "text.h"

#include <stdbool.h>
#include <stdint.h>

struct sim;

struct journal_entry {
    uint64_t seq;                                  /* from 1 */
    uint64_t received_us, applied_us, answered_us; /* 0: not (yet) */
    uint64_t content_hash;
    uint64_t batch_seq; /* of a bulk call's entry: the call; else 0 */
    uint32_t number;
    uint32_t entries; /* of a bulk call */
    int status, code, subcode;
    uint8_t method, kind, fault, version;
    bool applied, lost, overlap, overlap_different;
    char catalog[24], item_id[20], retailer_id[104];
};

struct journal {
    struct journal_entry *ring;
    uint64_t size, next_seq; /* next_seq from 1 */
};

void journal_init(struct journal *j, uint64_t size);

/* Opens an entry. */
struct journal_entry *journal_open(struct journal *j, uint64_t received_us);

/* The entry of that call, or NULL if it was overwritten since. */
struct journal_entry *journal_at(struct journal *j, uint64_t seq);

/* Entries lost to the ring's size. */
uint64_t journal_lost(const struct journal *j);

/* Adds {"entries":[...],"next":SEQ,"lost":N}: at most `limit` entries from `since` on. */
void journal_json(const struct sim *sim, uint64_t since, uint64_t limit, struct text *out);
void journal_reset(struct journal *j);
void journal_free(struct journal *j);

#endif
