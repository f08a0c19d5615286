/* Rules of single outputs. Each stands for harm that would come only by a rare chance: a call through a
 * closed gate, a token not taken, an item believed gone. */
#include "tests/sim/oracle.h"

#include "common/assertx.h"

static const struct event *event_of(const struct world *world, const struct side *side)
{
    return &world->workload.events[side->event];
}

/* Events of one product are worked on one after the other. */
void oracle_claim(struct world *world, uint32_t w, struct side *side, const struct claim_request *req)
{
    side->working = req->mode == CLAIM_WORK;
    for (uint32_t i = 0; side->working && !side->repair && i < SIM_SIDES_MAX; i++) {
        const struct side *other = &world->workers[w].sides[i];

        if (other == side || !other->used || !other->working || other->final || other->repair ||
            event_of(world, other)->product != event_of(world, side)->product)
            continue;
        if (other->tp == side->tp && other->assignment == side->assignment)
            oracle_fail(world, "order", "w%u works on events %u and %u of one product at once", w,
                        other->event, side->event);
    }
}

/* Only a SKU that belongs to no other product is hidden or deleted; one whose item its product deleted by an
 * event that failed later on is nobody's. */
void oracle_granted(struct world *world, const struct store_msg *msg, uint32_t event)
{
    const struct event *e = &world->workload.events[event];
    int32_t sku = sku_of_key(msg->u.claim.answer.skus[0]);
    uint32_t holder = world->last_grant[e->catalog][sku].product;
    const struct fstore_product *other;

    if (e->intent == INTENT_UPSERT || holder == e->product || world->last_grant[e->catalog][sku].at == 0 ||
        world->last_grant[e->catalog][sku].losses != world->losses)
        return;
    other = fstore_find_product(&world->store, e->catalog, key_product(e->catalog, holder));
    if (other && key128_eq(other->s, key_sku(sku)) && fake_catalog_find(&world->catalog, e->catalog, sku))
        oracle_fail(world, "P3", "event %u of product %u may %s sku %d, which is product %u's", event,
                    e->product, e->intent == INTENT_HIDE ? "hide" : "delete", sku, holder);
}

static void check_lease(struct world *world, uint32_t w, const struct side *side, const struct output *out)
{
    const struct core_settings *set = &world->set.core;
    const struct fstore_sku *row = fstore_find_sku(&world->store, event_of(world, side)->catalog,
                                                   key_sku(side->skus[out->u.call.target]));

    if (side->losses != world->losses || !row || row->fe != side->fence)
        return; /* oracle_write.c says more of this */
    if (world->now + set->call_timeout_us + set->lease_margin_us > row->un)
        oracle_fail(world, "lease", "w%u starts a call for event %u that its lease may not outlive", w,
                    side->event);
}

void oracle_call(struct world *world, uint32_t w, struct side *side, const struct output *out)
{
    struct worker *worker = &world->workers[w];
    uint8_t catalog = event_of(world, side)->catalog;

    check_lease(world, w, side, out);
    if (side->in_call)
        oracle_fail(world, "call", "w%u makes two calls for event %u at once", w, side->event);
    side->in_call = true;
    side->call_kind = out->u.call.kind;
    if (side->epoch != worker->epoch_ready)
        oracle_fail(world, "epoch", "w%u makes a call for event %u under a lease of an older epoch", w,
                    side->event);
    if (world->set.core.catalogs[catalog].limited && worker->tokens[catalog]-- == 0)
        oracle_fail(world, "budget", "w%u makes a call for event %u without a token", w, side->event);
    if (worker->gate[catalog] == GATE_WORKS)
        return;
    side->closed_gate = true;
    if (++worker->calls_while_closed[catalog] > 1)
        oracle_fail(world, "gate", "w%u makes a second call through the closed gate of catalog %u", w,
                    catalog);
}

void oracle_call_over(struct world *world, uint32_t w, struct side *side)
{
    side->in_call = false;
    if (side->closed_gate)
        world->workers[w].calls_while_closed[event_of(world, side)->catalog]--;
    side->closed_gate = false;
}

void oracle_absorb(struct world *world, uint32_t w, const struct side *older, const struct side *newer)
{
    const struct event *o = event_of(world, older), *n = event_of(world, newer);
    const char *why = NULL;

    if (o->product != n->product)
        why = "it is another product's";
    else if (o->intent == INTENT_DELETE)
        why = "a delete is made, not passed over";
    else if (older->called)
        why = "a call was made for it";
    else if (o->identity == n->identity)
        why = "it is the same event";
    else if (o->force && !n->force)
        why = "it demands a write";
    else if (n->local != LOCAL_NONE)
        why = "the newer one ends by itself";
    else if (!n->tombstone && n->version < o->version)
        why = "it is newer";
    if (why)
        oracle_fail(world, "absorb", "w%u: event %u may not be absorbed by event %u: %s", w, older->event,
                    newer->event, why);
}

/* A partition is given back when what is in flight is done, or its bound is over, and what is done is
 * committed. */
void oracle_given_back(struct world *world, uint32_t w, uint32_t tp)
{
    const struct worker *worker = &world->workers[w];
    const struct worker_partition *part = &worker->parts[tp];
    const struct partition_log *log = &world->kafka.logs[tp];
    usec_t since = part->revoking ? part->revoking_at : worker->terminated_at;
    usec_t bound = part->revoking ? world->set.core.revoke_timeout_us : world->set.core.shutdown_timeout_us;
    uint32_t next =
        fake_kafka_seek(&world->kafka, (uint8_t)tp, log->group.committed < 0 ? 0 : log->group.committed);

    if (worker->terminating && part->revoking && world->set.core.shutdown_timeout_us < bound)
        bound = world->set.core.shutdown_timeout_us;
    for (uint32_t i = 0; i < SIM_SIDES_MAX; i++) {
        const struct side *side = &worker->sides[i];

        if (side->used && side->in_call && !side->repair && side->tp == tp &&
            side->assignment == part->assignment && world->now < since + bound &&
            (!worker->terminating || world->now < worker->terminated_at + bound))
            oracle_fail(world, "revoke",
                        "w%u gives p%u back before its bound while a call for event %u is in flight", w, tp,
                        side->event);
    }
    if (next < log->count && log->group.assignment == part->assignment &&
        log->records[next].acked == part->assignment && part->commit_tried <= log->records[next].offset &&
        log->records[next].acked_at < since + bound)
        oracle_fail(world, "revoke", "w%u gives p%u back and has not committed %lld, which is done", w, tp,
                    (long long)log->records[next].offset);
}

/* Records of a topic that a worker has in hand under assignments that stand. */
static uint32_t open_of_topic(const struct world *world, uint32_t w, uint32_t topic)
{
    const struct worker *worker = &world->workers[w];
    uint32_t count = 0;

    for (uint32_t i = 0; i < SIM_SIDES_MAX; i++) {
        const struct side *side = &worker->sides[i];
        const struct worker_partition *part = &worker->parts[side->tp];

        if (side->used && !side->repair && side->tp / world->kafka.parts == topic && part->assigned &&
            !part->revoking && part->assignment == side->assignment)
            count++;
    }
    return count;
}

static uint32_t topic_share(const struct world *world)
{
    uint32_t share = world->set.core.window_records / world->kafka.topics;

    return share > 0 ? share : 1;
}

/* A topic whose share of the window is full reads nothing more. */
void oracle_window(struct world *world, uint32_t w)
{
    const struct worker *worker = &world->workers[w];

    if (worker->terminating)
        return;
    for (uint32_t topic = 0; topic < world->kafka.topics; topic++) {
        uint32_t open = open_of_topic(world, w, topic);

        for (uint32_t i = topic * world->kafka.parts;
             open >= topic_share(world) && i < (topic + 1) * world->kafka.parts; i++)
            if (worker->parts[i].assigned && !worker->parts[i].revoking && !worker->parts[i].paused)
                oracle_fail(world, "P7", "w%u has %u records of topic %u open and still reads p%u", w, open,
                            topic, i);
    }
}

void oracle_isolated(struct world *world)
{
    for (uint32_t w = 0; w < world->set.workers; w++)
        if (world->workers[w].up && open_of_topic(world, w, 0) >= topic_share(world))
            world->marks->count[MARK_ISOLATED]++;
}

/* Leases and calls of before have ended when a new epoch's memory is built. */
void oracle_rebuild(struct world *world, uint32_t w)
{
    const struct fstore_guard *guard = &world->store.guard;

    if (guard->exists && guard->bt == world->workers[w].incarnation && !guard->rd && world->now < guard->q)
        oracle_fail(world, "epoch", "w%u builds the epoch before its quiet time is over", w);
}

static bool has_repair(const struct outputs *out)
{
    for (uint32_t i = 0; i < out->count; i++)
        if (out->list[i].type == OUT_REPAIR)
            return true;
    return false;
}

static bool has_drop(const struct outputs *out, struct op_id op)
{
    for (uint32_t i = 0; i < out->count; i++)
        if (out->list[i].type == OUT_DROP && out->list[i].op.slot == op.slot && out->list[i].op.gen == op.gen)
            return true;
    return false;
}

/* Notes what is acknowledged and done with (where a rebuild may have missed it, it is claimed once more); and
 * a settle refused after a write asks for a repair. */
void oracle_acked(struct world *world, uint32_t w, const struct input *in, const struct outputs *out)
{
    const struct side *side;

    if (in->type == IN_PUBLISHED && in->u.published.ok && in->u.published.kind == PUBLISH_RESULT &&
        has_drop(out, in->u.published.op)) {
        side = worker_side(world, w, in->u.published.op);
        if (side && !side->repair) {
            struct log_record *record = &world->kafka.logs[side->tp].records[side->record];

            record->acked = side->assignment;
            record->acked_at = world->now;
        }
    }
    if (in->type != IN_SETTLED || in->u.settled.status != SETTLE_REFUSED)
        return;
    side = worker_side(world, w, in->u.settled.op);
    if (side && side->settled_writes && !has_repair(out))
        oracle_fail(world, "repair", "w%u wrote for event %u, its settle is refused, and nothing is repaired",
                    w, side->event);
}
