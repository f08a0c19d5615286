/* Timers of the one loop: a binary heap of intrusive nodes, ordered by due time, then by the order of arming.
 */
#ifndef CATALOG_SIM_TIMERS_H
#define CATALOG_SIM_TIMERS_H

#include <stddef.h>
#include <stdint.h>

struct timer {
    uint64_t due_us;
    uint64_t order;
    size_t slot; /* place in the heap, from 1; 0: not armed */
    void (*fire)(void *arg);
    void *arg;
};

struct timers {
    struct timer **heap; /* heap[1..count] */
    size_t count, cap;
    uint64_t armed;
};

/* (Re-)arms: `fire(arg)` runs once, at or after due_us. The node belongs to the caller and stays where it is.
 */
void timers_arm(struct timers *ts, struct timer *t, uint64_t due_us, void (*fire)(void *), void *arg);
void timers_cancel(struct timers *ts, struct timer *t);

/* Runs every timer due at now_us that was armed before this call. */
void timers_run(struct timers *ts, uint64_t now_us);

/* When the next timer is due, or UINT64_MAX. */
uint64_t timers_next(const struct timers *ts);
void timers_free(struct timers *ts);

#endif
