/* When all is quiet: every record has its outcome, and every item shows the newest accepted version of the
 * product that owns its SKU. The expectation is computed from the result topic alone. */
#include "tests/sim/oracle.h"

#include <string.h>

/* What the results say of one product. */
struct belief {
    const struct result *newest; /* of the accepted ones, by version, then by place in the log */
    const struct result *live;   /* of the accepted ones that made an item what it is */
};

/* What the results say of one SKU. */
struct claim_of_sku {
    const struct result *last; /* last accepted write that wanted it */
    usec_t tainted_at;         /* a later failure may have left anything there */
    uint32_t tainted_by;       /* product */
};

static const struct event *event_of(const struct world *world, const struct result *r)
{
    return &world->workload.events[r->event];
}

static bool accepted(const struct result *r)
{
    return r->outcome == OUTCOME_CREATED || r->outcome == OUTCOME_UPDATED ||
           r->outcome == OUTCOME_UNCHANGED || r->outcome == OUTCOME_DELETED || r->outcome == OUTCOME_SKIPPED;
}

static int64_t offset_of(const struct world *world, const struct result *r)
{
    return world->kafka.logs[r->tp].records[r->record].offset;
}

/* Versions order since the last change by hand between them; where they are equal, the place in one
 * partition; else who finished later. */
static bool newer(const struct world *world, const struct result *a, const struct result *b)
{
    uint32_t product = event_of(world, a)->product;
    const struct hand_change *of_a = hand_in_force(world, product, world->hand.ended_at[a->event]);
    const struct hand_change *of_b = hand_in_force(world, product, world->hand.ended_at[b->event]);

    if (of_a != of_b)
        return of_a && (!of_b || of_a->since > of_b->since);
    if (a->version != b->version)
        return a->version > b->version;
    if (a->tp == b->tp)
        return offset_of(world, a) > offset_of(world, b);
    return a->finished_at > b->finished_at;
}

/* A stored outcome told again says nothing new, unless it was never told before. */
static bool told_before(const struct world *world, const struct result *r)
{
    for (uint32_t i = 0; r->stored && i < world->kafka.results_count; i++) {
        const struct result *other = &world->kafka.results[i];

        if (other->event == r->event && (!other->stored || other->record < r->record))
            return true;
    }
    return false;
}

static bool counts(const struct world *world, const struct result *r)
{
    return !told_before(world, r) && !event_of(world, r)->no_product &&
           event_of(world, r)->local == LOCAL_NONE;
}

static void believe_product(const struct world *world, struct belief *beliefs)
{
    for (uint32_t i = 0; i < world->kafka.results_count; i++) {
        const struct result *r = &world->kafka.results[i];
        struct belief *b = &beliefs[event_of(world, r)->product];

        if (counts(world, r) && accepted(r) && (!b->newest || newer(world, r, b->newest)))
            b->newest = r;
    }
}

/* It failed: what its calls did may be there, or not. */
static void taint(const struct world *world, struct claim_of_sku *skus, const struct result *r, usec_t at)
{
    for (uint32_t t = 0; t < r->skus_count; t++)
        if (r->skus[t] != SIM_NO_SKU && at > skus[r->skus[t]].tainted_at) {
            skus[r->skus[t]].tainted_at = at;
            skus[r->skus[t]].tainted_by = event_of(world, r)->product;
        }
}

static void believe_sku(const struct world *world, struct claim_of_sku skus[SIM_CATALOGS_MAX][SIM_SKUS_MAX])
{
    for (uint32_t i = 0; i < world->kafka.results_count; i++) {
        const struct result *r = &world->kafka.results[i];
        struct claim_of_sku *row;

        if (!counts(world, r) || r->skus_count == 0)
            continue;
        if (r->outcome == OUTCOME_FAILED && r->granted)
            taint(world, skus[event_of(world, r)->catalog], r, r->finished_at);

        if (r->skus[0] == SIM_NO_SKU ||
            (r->outcome != OUTCOME_CREATED && r->outcome != OUTCOME_UPDATED && r->outcome != OUTCOME_DELETED))
            continue;
        row = &skus[event_of(world, r)->catalog][r->skus[0]];
        if (!row->last || r->finished_at > row->last->finished_at)
            row->last = r;
    }
}

static bool was_accepted(const struct world *world, uint32_t event)
{
    for (uint32_t i = 0; i < world->kafka.results_count; i++)
        if (world->kafka.results[i].event == event && accepted(&world->kafka.results[i]))
            return true;
    return false;
}

/* Calls were made for events that came to nothing: superseded later by one that needs no call. */
static void taint_by_writes(const struct world *world,
                            struct claim_of_sku skus[SIM_CATALOGS_MAX][SIM_SKUS_MAX])
{
    for (uint32_t i = 0; i < world->writes_count; i++) {
        const struct write *write = &world->writes[i];
        struct claim_of_sku *row = &skus[write->catalog][write->sku];

        if (write->sent_at > row->tainted_at && !was_accepted(world, write->event)) {
            row->tainted_at = write->sent_at;
            row->tainted_by = world->workload.events[write->event].product;
        }
    }
}

/* The product that had a SKU last was forgotten since, or the store lost its data: what an unfinished event
 * left there is known to nobody. */
static bool known_to_nobody(const struct world *world, uint8_t catalog, int32_t sku)
{
    uint32_t product = world->last_grant[catalog][sku].product;
    usec_t forgotten_at = world->hand.forgotten_at[product];

    return world->last_grant[catalog][sku].losses != world->losses ||
           (forgotten_at > 0 && forgotten_at >= world->last_grant[catalog][sku].at);
}

static bool vanished_since(const struct world *world, uint8_t catalog, int32_t sku, usec_t since)
{
    for (uint32_t i = 0; i < world->catalog.items_count; i++) {
        const struct item *item = &world->catalog.items[i];

        if (item->catalog == catalog && item->sku == sku && item->vanished_at >= since &&
            item->vanished_at > 0)
            return true;
    }
    return false;
}

/* A product whose newest event has made another SKU's item left nothing under the SKUs it failed on before.
 */
static void check_left_behind(struct world *world, const struct belief *beliefs,
                              const struct claim_of_sku *row, uint8_t catalog, int32_t sku)
{
    const struct result *newest = beliefs[row->tainted_by].newest;
    const struct item *item = fake_catalog_find(&world->catalog, catalog, sku);

    if (!item || item->content == CONTENT_FOREIGN || !newest || newest->finished_at <= row->tainted_at ||
        (newest->outcome != OUTCOME_CREATED && newest->outcome != OUTCOME_UPDATED) || newest->stored ||
        event_of(world, newest)->intent != INTENT_UPSERT || event_of(world, newest)->sku == sku ||
        world->last_grant[catalog][sku].product != row->tainted_by || world->losses > 0 ||
        known_to_nobody(world, catalog, sku))
        return;
    oracle_fail(world, "P3", "sku %d has an item that product %u left behind when event %u made another", sku,
                row->tainted_by, newest->event);
}

static void check_item(struct world *world, const struct belief *beliefs, const struct claim_of_sku *row,
                       uint8_t catalog, int32_t sku)
{
    struct item *item = fake_catalog_find(&world->catalog, catalog, sku);
    const struct result *newest;
    bool upsert, owns, forgotten; /* forgotten: what an unfinished event left is known to nobody */

    if (world->unsure[catalog][sku])
        return;
    if (row->tainted_at > 0 && (!row->last || row->tainted_at >= row->last->finished_at - 1)) {
        check_left_behind(world, beliefs, row, catalog, sku);
        return;
    }
    if (!row->last) {
        /* what an unfinished event made is known to the store alone */
        if (item && item->content != CONTENT_FOREIGN && !known_to_nobody(world, catalog, sku))
            oracle_fail(world, "P3", "sku %d has an item, and no result says so", sku);
        return;
    }
    if (world->last_grant[catalog][sku].at > row->last->finished_at &&
        world->last_grant[catalog][sku].product != event_of(world, row->last)->product)
        return; /* another product took it since, by an event that came to nothing */
    forgotten = known_to_nobody(world, catalog, sku);
    newest = beliefs[event_of(world, row->last)->product].newest;
    upsert = event_of(world, newest)->intent == INTENT_UPSERT && newest->outcome != OUTCOME_SKIPPED;
    owns = upsert && event_of(world, newest)->sku == sku;
    if (owns && !item) {
        if (!vanished_since(world, catalog, sku, 1))
            oracle_fail(world, "P3", "sku %d has no item, but event %u made one", sku, newest->event);
    } else if (owns && (item->content != event_of(world, newest)->content || item->hidden)) {
        oracle_fail(world, "P3",
                    "sku %d shows content %u%s, but event %u (version %llu, content %u) is the newest", sku,
                    item->content, item->hidden ? " hidden" : "", newest->event,
                    (unsigned long long)newest->version, event_of(world, newest)->content);
    } else if (!owns && item && upsert && !forgotten) {
        oracle_fail(world, "P3", "sku %d still has an item, but its product moved to sku %d by event %u", sku,
                    event_of(world, newest)->sku, newest->event);
    } else if (!owns && !forgotten && item && newest->outcome == OUTCOME_DELETED) {
        oracle_fail(world, "P3", "sku %d has an item, but event %u deleted it", sku, newest->event);
    } else if (!owns && !forgotten && item && event_of(world, newest)->intent == INTENT_HIDE &&
               !item->hidden && newest->outcome != OUTCOME_SKIPPED) {
        oracle_fail(world, "P3", "sku %d is shown, but event %u hid it", sku, newest->event);
    }
}

static void check_outcomes(struct world *world)
{
    for (uint32_t tp = 0; tp < world->kafka.tps; tp++)
        for (uint32_t i = 0; i < world->kafka.logs[tp].count; i++) {
            const struct log_record *record = &world->kafka.logs[tp].records[i];

            if (record->results == 0)
                oracle_fail(world, "P1", "p%u@%lld has no result at the end", tp, (long long)record->offset);
        }
}

static void check_superseded_by_hand(struct world *world, const struct result *r,
                                     const struct hand_change *change)
{
    const struct event *own = event_of(world, r);

    if (change->forget || change->product != own->product || (!own->tombstone && own->version > change->to))
        oracle_fail(
            world, "hand",
            "event %u (version %llu) is said to be superseded by a reset of product %u to version %llu",
            r->event, (unsigned long long)own->version, change->product, (unsigned long long)change->to);
}

/* What superseded an event was at least as new. */
static void check_superseded(struct world *world)
{
    for (uint32_t i = 0; i < world->kafka.results_count; i++) {
        const struct result *r = &world->kafka.results[i];
        const struct event *own = event_of(world, r), *by;

        if (r->outcome != OUTCOME_SUPERSEDED || r->superseded_by == 0)
            continue;
        if (hand_named(world, r->superseded_by)) {
            check_superseded_by_hand(world, r, hand_named(world, r->superseded_by));
            continue;
        }
        by = &world->workload.events[r->superseded_by - 1];
        if (by->product != own->product || (!by->tombstone && !own->tombstone && by->version < own->version))
            oracle_fail(world, "P3",
                        "event %u (version %llu) is said to be superseded by event %u (version %llu)",
                        r->event, (unsigned long long)own->version, r->superseded_by - 1,
                        (unsigned long long)by->version);
        /* once the store has forgotten outcomes, a duplicate may find its own version in what the results
         * gave back */
        if (r->superseded_by - 1 == r->event && r->losses == 0)
            oracle_fail(world, "P1", "event %u is said to be superseded by itself", r->event);
    }
}

/* Shadow mode's promise. */
static void check_plan_only(struct world *world)
{
    const struct fake_catalog *cat = &world->catalog;

    if (world->set.core.plan_only &&
        cat->creates + cat->updates + cat->deletes + cat->hides + cat->lookups > 0)
        oracle_fail(world, "plan-only", "a call reached the catalog");
}

static void check_duplicates(struct world *world)
{
    for (uint32_t i = 0; i < world->catalog.items_count; i++)
        for (uint32_t j = 0; j < i; j++) {
            const struct item *a = &world->catalog.items[i], *b = &world->catalog.items[j];

            if (a->alive && b->alive && a->catalog == b->catalog && a->sku == b->sku)
                oracle_fail(world, "P4", "two items for sku %d", a->sku);
        }
}

void oracle_end(struct world *world)
{
    struct belief beliefs[SIM_PRODUCTS_MAX];
    struct claim_of_sku skus[SIM_CATALOGS_MAX][SIM_SKUS_MAX];

    memset(beliefs, 0, sizeof beliefs);
    memset(skus, 0, sizeof skus);
    check_plan_only(world);
    check_outcomes(world);
    check_superseded(world);
    check_duplicates(world);
    believe_product(world, beliefs);
    believe_sku(world, skus);
    taint_by_writes(world, skus);
    for (uint8_t c = 0; c < world->set.catalogs; c++)
        for (int32_t sku = 0; sku < SIM_SKUS_MAX; sku++)
            check_item(world, beliefs, &skus[c][sku], c, sku);
}
