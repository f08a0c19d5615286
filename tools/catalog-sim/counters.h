/* Counters over all calls since the last reset. */
#ifndef CATALOG_SIM_COUNTERS_H
#define CATALOG_SIM_COUNTERS_H

#include "faults.h"
#include "text.h"

#include <stdint.h>

struct call;
struct sim;

#define COUNTED_CODES 64

struct counters {
    uint64_t calls, by_kind[8], by_status[600], by_fault[FAULT_COUNT], connections, control;
    struct {
        int code;
        uint64_t count;
    } by_code[COUNTED_CODES];
    uint64_t applied[8], duplicates_refused, late_applied, late_beyond, lost_answers, unauthenticated;
    uint64_t overlaps, overlaps_different, different_within, different_beyond, overlaps_bulk;
    uint64_t entries_checked, entries_refused, entries_applied, entries_left_out;
};

/* Counts a call whose answer is settled (status 0: none went out). */
void counters_answered(struct counters *c, const struct call *call, int status, int code);
void counters_json(struct sim *sim, struct text *out);

#endif
