/* The one heap of effects to come: earliest first, ties by the order in which they were made. */
#include "tests/sim/world.h"

#include "common/assertx.h"

#include <string.h>

static bool before(const struct world *world, uint32_t a, uint32_t b)
{
    const struct effect *x = &world->effects[a], *y = &world->effects[b];

    return x->at != y->at ? x->at < y->at : x->seq < y->seq;
}

static void swap(struct world *world, uint32_t i, uint32_t j)
{
    uint32_t t = world->heap[i];

    world->heap[i] = world->heap[j];
    world->heap[j] = t;
}

static void push(struct world *world, uint32_t slot)
{
    uint32_t i = world->heap_count++;

    world->heap[i] = slot;
    while (i > 0 && before(world, world->heap[i], world->heap[(i - 1) / 2])) {
        swap(world, i, (i - 1) / 2);
        i = (i - 1) / 2;
    }
}

/* The moment of an effect may still be moved by its maker only before the next one is made: it is sifted
 * here. */
struct effect *effect_new(struct world *world, enum effect_kind kind, usec_t at)
{
    uint32_t slot;
    struct effect *effect;

    ASSERT(world->free_count > 0);
    slot = world->free_effects[--world->free_count];
    effect = &world->effects[slot];
    memset(effect, 0, sizeof *effect);
    effect->kind = kind;
    effect->at = at > world->now ? at : world->now;
    effect->seq = world->seq++;
    push(world, slot);
    return effect;
}

struct effect *effect_for(struct world *world, enum effect_kind kind, usec_t at, uint32_t worker)
{
    struct effect *effect = effect_new(world, kind, at);

    effect->worker = (uint8_t)worker;
    effect->incarnation = world->workers[worker].incarnation;
    return effect;
}

struct effect *effect_pop(struct world *world)
{
    uint32_t top, i = 0;

    if (world->heap_count == 0)
        return NULL;
    top = world->heap[0];
    world->heap[0] = world->heap[--world->heap_count];
    for (;;) {
        uint32_t l = 2 * i + 1, least = i;

        if (l < world->heap_count && before(world, world->heap[l], world->heap[least]))
            least = l;
        if (l + 1 < world->heap_count && before(world, world->heap[l + 1], world->heap[least]))
            least = l + 1;
        if (least == i)
            break;
        swap(world, i, least);
        i = least;
    }
    return &world->effects[top];
}

void effect_push_again(struct world *world, struct effect *effect, usec_t at)
{
    effect->at = at;
    effect->seq = world->seq++;
    push(world, (uint32_t)(effect - world->effects));
}

void effect_free(struct world *world, struct effect *effect)
{
    world->free_effects[world->free_count++] = (uint32_t)(effect - world->effects);
}
