/* The builder of an epoch: streams the result topic into the store, in the order in which the outcomes were
 * found. */
#include "tests/sim/world.h"

static int by_finish(const struct result *a, const struct result *b)
{
    return a->finished_at < b->finished_at ? -1 : a->finished_at > b->finished_at;
}

static bool feed(struct world *world, uint32_t w, const struct result *r)
{
    const struct event *e = &world->workload.events[r->event];
    struct fstore_result result = {
        .catalog = e->catalog,
        .product = key_product(e->catalog, e->product),
        .sku = key_sku(r->skus[0]),
        .version = r->version,
        .shown_version = r->version,
        .event = r->event,
        .id = r->item,
        .outcome = r->outcome,
        .reason = r->reason,
        .data_hash = key_data(e->data),
        .blob = shell_blob(r),
        .item = r->item_state,
        .at = {.topic = (uint16_t)(r->tp / world->kafka.parts),
               .partition = r->tp % (int32_t)world->kafka.parts,
               .offset = world->kafka.logs[r->tp].records[r->record].offset},
        .finished_at = r->finished_at,
    };

    if (e->no_product)
        return true;
    if (r->reason != REASON_IDENTITY_REUSED) /* the identity is another event's */
        result.identity = key_identity(e->identity);
    return fstore_rebuild(&world->store, world->now, world->workers[w].incarnation, world->store.guard.ep,
                          &result);
}

void shell_rebuild(struct world *world, uint32_t w)
{
    struct input in = {.type = IN_REBUILT};
    bool ok =
        !world->store_down && !world->kafka.down && world->workers[w].link_up &&
        fstore_rebuild(&world->store, world->now, world->workers[w].incarnation, world->store.guard.ep, NULL);
    static uint32_t order[KAFKA_RESULTS_MAX];
    uint32_t count = world->kafka.results_count;

    for (uint32_t i = 0; ok && i < count; i++) { /* insertion keeps equal moments in the topic's order */
        uint32_t j = i;

        for (; j > 0 && by_finish(&world->kafka.results[order[j - 1]], &world->kafka.results[i]) > 0; j--)
            order[j] = order[j - 1];
        order[j] = i;
    }
    for (uint32_t i = 0; ok && i < count; i++)
        ok = feed(world, w, &world->kafka.results[order[i]]);
    if (ok)
        world->marks->count[MARK_REBUILT]++;
    in.u.rebuilt.ok = ok;
    worker_step(world, w, &in);
}
