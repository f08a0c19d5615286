/* P6 for refusals: a catalog that refuses every product for one cause is an outage, and pauses. Few products
 * at most are given up before that is known: fewer than the setting says, as long as the worker sees no write
 * succeed. */
#include "tests/sim/oracle.h"

void oracle_flood_refused(struct world *world, uint32_t w, struct side *side, const struct call_reply *reply)
{
    uint8_t catalog = world->workload.events[side->event].catalog;
    bool shared = reply->class == CALLED_REFUSED && reply->shared;

    side->refused_at = shared ? world->workers[w].writes[catalog] + 1 : 0;
}

void oracle_flood_over(struct world *world, uint32_t w, uint8_t catalog)
{
    world->workers[w].writes[catalog]++;
    world->workers[w].refused_for_good[catalog] = 0;
}

static uint32_t bits(uint64_t set)
{
    uint32_t count = 0;

    for (; set; set &= set - 1)
        count++;
    return count;
}

/* A settle that waited while a write succeeded was decided before it: it says nothing of what came after. */
void oracle_flood_settled(struct world *world, uint32_t w, const struct side *side)
{
    const struct event *event = &world->workload.events[side->event];
    struct worker *worker = &world->workers[w];

    if (side->refused_at != worker->writes[event->catalog] + 1)
        return;
    worker->refused_for_good[event->catalog] |= UINT64_C(1) << event->product;
    if (bits(worker->refused_for_good[event->catalog]) >= world->set.core.refusals_max)
        oracle_fail(
            world, "P6",
            "w%u gives up %u products that catalog %u refuses for a cause of its own, with no write between; "
            "fewer than %u are allowed",
            w, bits(worker->refused_for_good[event->catalog]), event->catalog, world->set.core.refusals_max);
}

static bool gate_opens(const struct outputs *out, uint8_t catalog)
{
    for (uint32_t i = 0; i < out->count; i++)
        if (out->list[i].type == OUT_CATALOG_STATE && out->list[i].u.state.catalog == catalog &&
            out->list[i].u.state.cause == GATE_WORKS)
            return true;
    return false;
}

/* That reads work says nothing of a catalog that refuses writes. */
void oracle_flood_step(struct world *world, uint32_t w, const struct input *in, const struct outputs *out)
{
    const struct side *side = in->type == IN_CALLED ? worker_side(world, w, in->u.called.op) : NULL;
    uint8_t catalog;

    if (!side)
        return;
    catalog = world->workload.events[side->event].catalog;
    if (world->workers[w].gate[catalog] == GATE_REFUSING && gate_opens(out, catalog) &&
        (side->call_kind == CALL_LOOKUP || in->u.called.reply.class == CALLED_NOT_FOUND))
        oracle_fail(world, "gate", "w%u takes catalog %u for working again, and has written nothing", w,
                    catalog);
}
