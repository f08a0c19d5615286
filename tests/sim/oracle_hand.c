/* What an operator's changes by hand promise, and what they allow: from a change on only later ones and what
 * the store took after it count of its product. */
#include "tests/sim/oracle.h"

#include <string.h>

const struct hand_change *hand_in_force(const struct world *world, uint32_t product, usec_t at)
{
    const struct hand_change *newest = NULL;

    for (uint32_t i = 0; i < world->hand.count; i++) {
        const struct hand_change *change = &world->hand.changes[i];

        if (change->product == product && change->since > 0 && change->since <= at &&
            (!newest || change->since >= newest->since))
            newest = change;
    }
    return newest;
}

const struct hand_change *hand_named(const struct world *world, uint32_t superseded_by)
{
    uint32_t index = superseded_by - 1 - HAND_EVENT;

    return superseded_by > HAND_EVENT && index < world->hand.count ? &world->hand.changes[index] : NULL;
}

static void in_force(struct world *world, struct hand_change *change, usec_t since)
{
    uint32_t product = change->product;
    uint64_t to = change->forget ? 0 : change->to;

    change->since = since;
    world->marks->count[change->forget ? MARK_HAND_FORGOT : MARK_HAND_RESET]++;
    if (change->forget)
        world->hand.forgotten_at[product] = world->now;
    if (world->accepted_version[product] > to)
        world->accepted_version[product] = to;
}

/* before: the last version that the change found. */
void oracle_changed(struct world *world, struct hand_change *change, uint64_t before)
{
    const struct fstore_product *p =
        fstore_find_product(&world->store, change->catalog, key_product(change->catalog, change->product));

    if (before != world->hand.held_version)
        oracle_fail(world, "hold", "product %u moved from version %llu to %llu while an operator held it",
                    change->product, (unsigned long long)world->hand.held_version,
                    (unsigned long long)before);
    if (change->forget ? p != NULL : !p || p->v != change->to)
        oracle_fail(world, "hand", "product %u is not what the operator made of it", change->product);
    world->hand.distrusted[change->product] = !change->forget;
    in_force(world, change, world->now);
}

void oracle_change_rebuilt(struct world *world, struct hand_change *change)
{
    if (change->since == 0)
        in_force(world, change, change->at);
}

/* The store's data are copied now; it may come back with them. */
void oracle_hand_copied(struct world *world)
{
    world->hand.copied_at = world->now;
    memcpy(world->hand.copied_distrusted, world->hand.distrusted, sizeof world->hand.distrusted);
}

/* The store is back with the copy: what an operator changed since is not in force again before a rebuild has
 * read it. */
void oracle_hand_undone(struct world *world)
{
    for (uint32_t i = 0; i < world->hand.count; i++)
        if (world->hand.changes[i].since > world->hand.copied_at)
            world->hand.changes[i].since = 0;
    memcpy(world->hand.distrusted, world->hand.copied_distrusted, sizeof world->hand.distrusted);
}

/* A late write's repair does not do again what the operator undid. */
void oracle_hand_granted(struct world *world, const struct claim_request *req, uint32_t event)
{
    uint32_t product = world->workload.events[event].product;
    const struct hand_change *change = hand_in_force(world, product, world->now);

    if (req->repair && change && world->hand.ended_at[event] < change->since)
        oracle_fail(world, "hand",
                    "a repair does event %u again, which is older than the operator's change of product %u",
                    event, product);
    world->hand.granted_at[event] = world->now;
}

/* first: the store takes it now, and had not before. */
void oracle_hand_settled(struct world *world, const struct settle_request *req, uint32_t event, bool first)
{
    uint32_t product = world->workload.events[event].product;
    const struct hand_change *change = hand_in_force(world, product, world->now);

    if (req->success)
        world->hand.distrusted[product] = false;
    if (first && change && world->hand.granted_at[event] < change->since)
        oracle_fail(world, "hand",
                    "event %u is settled under a lease of before the operator's change of product %u", event,
                    product);
}

/* A reset's product is written again before anything is said of it from memory. */
void oracle_hand_unchanged(struct world *world, uint32_t product, uint32_t event)
{
    if (world->hand.distrusted[product])
        oracle_fail(world, "hand", "event %u is said to be unchanged, by what was remembered before a reset",
                    event);
}

/* Events above what an operator set are taken again: nothing that the store took before the change stands in
 * their way, also when it was rebuilt since. */
void oracle_hand_stale(struct world *world, uint32_t event, uint64_t by)
{
    const struct event *e = &world->workload.events[event];
    const struct hand_change *change = hand_in_force(world, e->product, world->now);

    if (!change || e->tombstone || (!change->forget && e->version <= change->to) ||
        (world->losses > 0 && world->store.guard.ep == world->loss_epoch))
        return;
    if (by >= HAND_EVENT ? &world->hand.changes[by - HAND_EVENT] != change
                         : world->hand.ended_at[by] < change->since)
        oracle_fail(
            world, "hand",
            "event %u (version %llu) is superseded by %llu, which %s of product %u should have undone", event,
            (unsigned long long)e->version, (unsigned long long)by,
            change->forget ? "the forgetting" : "the reset", e->product);
}

/* A SKU is nobody's whose product is forgotten. */
void oracle_hand_taken(struct world *world, const struct claim_request *req, uint32_t event)
{
    const struct fstore_sku *row = fstore_find_sku(&world->store, req->catalog, req->sku);

    if (req->has_sku && row && !key128_none(row->ow) && !key128_eq(row->ow, req->product) &&
        !fstore_find_product(&world->store, req->catalog, row->ow))
        oracle_fail(world, "hand",
                    "event %u is skipped, for its SKU is said to be taken by a product that is forgotten",
                    event);
}
