#include "timers.h"

#include "common/assertx.h"

#include <stdbool.h>
#include <stdlib.h>

static bool before(const struct timer *a, const struct timer *b)
{
    return a->due_us != b->due_us ? a->due_us < b->due_us : a->order < b->order;
}

static void place(struct timers *ts, struct timer *t, size_t slot)
{
    ts->heap[slot] = t;
    t->slot = slot;
}

static void sift_up(struct timers *ts, struct timer *t, size_t slot)
{
    while (slot > 1 && before(t, ts->heap[slot / 2])) {
        place(ts, ts->heap[slot / 2], slot);
        slot /= 2;
    }
    place(ts, t, slot);
}

static void sift_down(struct timers *ts, struct timer *t, size_t slot)
{
    for (;;) {
        size_t child = slot * 2;
        if (child > ts->count)
            break;
        if (child < ts->count && before(ts->heap[child + 1], ts->heap[child]))
            child++;
        if (!before(ts->heap[child], t))
            break;
        place(ts, ts->heap[child], slot);
        slot = child;
    }
    place(ts, t, slot);
}

void timers_cancel(struct timers *ts, struct timer *t)
{
    if (t->slot == 0)
        return;
    size_t slot = t->slot;
    struct timer *last = ts->heap[ts->count--];
    t->slot = 0;
    if (last == t)
        return;
    if (slot > 1 && before(last, ts->heap[slot / 2]))
        sift_up(ts, last, slot);
    else
        sift_down(ts, last, slot);
}

void timers_arm(struct timers *ts, struct timer *t, uint64_t due_us, void (*fire)(void *), void *arg)
{
    timers_cancel(ts, t);
    if (ts->count + 2 > ts->cap) {
        ts->cap = ts->cap ? ts->cap * 2 : 256;
        ts->heap = realloc(ts->heap, ts->cap * sizeof *ts->heap);
        ASSERT(ts->heap != NULL);
    }
    *t = (struct timer){.due_us = due_us, .order = ++ts->armed, .fire = fire, .arg = arg};
    ts->count++;
    sift_up(ts, t, ts->count);
}

void timers_run(struct timers *ts, uint64_t now_us)
{
    uint64_t limit = ts->armed;
    while (ts->count > 0 && ts->heap[1]->due_us <= now_us && ts->heap[1]->order <= limit) {
        struct timer *t = ts->heap[1];
        timers_cancel(ts, t);
        t->fire(t->arg);
    }
}

uint64_t timers_next(const struct timers *ts)
{
    return ts->count ? ts->heap[1]->due_us : UINT64_MAX;
}

void timers_free(struct timers *ts)
{
    free(ts->heap);
    *ts = (struct timers){0};
}
