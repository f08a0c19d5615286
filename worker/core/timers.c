/* A heap of op slots by moment; each op knows its place, so that a timer is cleared without a search. Equal
 * moments go by slot number: the same inputs give the same order. */
#include "worker/core/state.h"

static bool before(const struct core *core, uint32_t a, uint32_t b)
{
    usec_t da = core->ops[a].due_us, db = core->ops[b].due_us;

    return da != db ? da < db : a < b;
}

static void place(struct core *core, uint32_t index, uint32_t slot)
{
    core->heap[index] = slot;
    core->ops[slot].heap_index = index;
}

static void sift_up(struct core *core, uint32_t index)
{
    uint32_t slot = core->heap[index];

    while (index > 0) {
        uint32_t parent = (index - 1) / 2;

        if (!before(core, slot, core->heap[parent]))
            break;
        place(core, index, core->heap[parent]);
        index = parent;
    }
    place(core, index, slot);
}

static void sift_down(struct core *core, uint32_t index)
{
    uint32_t slot = core->heap[index];

    for (;;) {
        uint32_t child = 2 * index + 1;

        if (child >= core->heap_count)
            break;
        if (child + 1 < core->heap_count && before(core, core->heap[child + 1], core->heap[child]))
            child++;
        if (!before(core, core->heap[child], slot))
            break;
        place(core, index, core->heap[child]);
        index = child;
    }
    place(core, index, slot);
}

void timer_clear(struct core *core, uint32_t slot)
{
    uint32_t index = core->ops[slot].heap_index;
    uint32_t last;

    if (index == NIL)
        return;
    ASSERT(index < core->heap_count && core->heap[index] == slot);
    last = core->heap[--core->heap_count];
    core->ops[slot].heap_index = NIL;
    if (last != slot) {
        place(core, index, last);
        sift_up(core, index);
        sift_down(core, core->ops[last].heap_index);
    }
}

void timer_set(struct core *core, uint32_t slot, usec_t due_us)
{
    timer_clear(core, slot);
    ASSERT(core->heap_count < core->slots);
    core->ops[slot].due_us = due_us;
    place(core, core->heap_count, slot);
    core->heap_count++;
    sift_up(core, core->heap_count - 1);
}

uint32_t timer_due(const struct core *core)
{
    if (core->heap_count == 0 || core->ops[core->heap[0]].due_us > core->now_us)
        return NIL;
    return core->heap[0];
}
