/* The builder of an epoch: streams the result topic into the store, in the order in which the outcomes were
 * found. */
#include "tests/sim/world.h"

/* A stored outcome told again is of the moment at which the store took it. */
static usec_t moment(const struct world *world, const struct result *r)
{
    usec_t ended_at = world->hand.ended_at[r->event];

    return ended_at > 0 && ended_at < r->finished_at ? ended_at : r->finished_at;
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
    usec_t before = 0; /* changes by hand were fed up to here */
    uint32_t count = world->kafka.results_count;

    for (uint32_t i = 0; ok && i < count; i++) { /* insertion keeps equal moments in the topic's order */
        uint32_t j = i;

        for (; j > 0 &&
               moment(world, &world->kafka.results[order[j - 1]]) > moment(world, &world->kafka.results[i]);
             j--)
            order[j] = order[j - 1];
        order[j] = i;
    }
    for (uint32_t i = 0; ok && i < count; i++) {
        const struct result *result = &world->kafka.results[order[i]];

        operator_feeds(world, w, before, moment(world, result) - 1);
        before = moment(world, result) - 1;
        ok = feed(world, w, result);
    }
    if (ok)
        operator_feeds(world, w, before, world->now);
    if (ok)
        world->marks->count[MARK_REBUILT]++;
    in.u.rebuilt.ok = ok;
    worker_step(world, w, &in);
}
