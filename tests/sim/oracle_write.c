/* Writing calls, judged at the moment they leave a worker, and what the store accepts. */
#include "tests/sim/oracle.h"

#include "common/assertx.h"

static struct key128 content_of(const struct call_msg *msg)
{
    if (msg->call.kind == CALL_DELETE)
        return fstore_content_delete();
    return msg->call.kind == CALL_HIDE ? fstore_content_hide() : key_content(msg->call.content);
}

/* P2: nothing with other content is in flight for this SKU, nor may still land. What nobody has heard the end
 * of may land until call.late.max.ms after it was sent. */
static void check_overlap(struct world *world, uint32_t w, const struct call_msg *msg, struct key128 content)
{
    for (uint32_t i = world->writes_open; i < world->writes_count; i++) {
        const struct write *other = &world->writes[i];

        if (other->over || other->catalog != msg->call.catalog || other->sku != msg->call.sku ||
            key128_eq(other->content, content))
            continue;
        if (world->now < other->sent_at + world->set.core.call_late_us)
            oracle_fail(world, "P2",
                        "w%u writes to sku %d for event %u, while the call of w%u for event %u, sent at "
                        "%lld ms, may still land",
                        w, msg->call.sku, msg->event, other->worker, other->event,
                        (long long)(other->sent_at / 1000));
    }
}

static void forget_old(struct world *world)
{
    while (world->writes_open < world->writes_count) {
        const struct write *first = &world->writes[world->writes_open];

        if (!first->over && world->now < first->sent_at + world->set.core.call_late_us)
            return;
        world->writes_open++;
    }
}

static void check_claim(struct world *world, uint32_t w, const struct call_msg *msg, const struct side *side)
{
    const struct fstore_sku *row = fstore_find_sku(&world->store, msg->call.catalog, key_sku(msg->call.sku));
    const struct event *event = &world->workload.events[msg->event];
    const struct fstore_event *stored =
        fstore_find_event(&world->store, msg->call.catalog, key_identity(event->identity));
    bool own = row && row->tk.incarnation == world->workers[w].incarnation &&
               row->tk.op.slot == msg->op.slot && row->tk.op.gen == msg->op.gen;

    if (!side)
        oracle_fail(world, "call", "w%u makes a call for an op that holds nothing", w);
    if (side->losses != world->losses)
        return; /* the store has forgotten; the quiet time of the new epoch covers it, and P2 is still checked
                 */
    if (!own || row->fe != msg->fence || world->now > row->un)
        oracle_fail(world, "lease", "w%u writes to sku %d for event %u without a live claim of its own", w,
                    msg->call.sku, msg->event);
    if (stored && !side->repair && key128_eq(stored->data_hash, key_data(event->data)))
        oracle_fail(world, "P5", "w%u writes for event %u, whose outcome is stored: %s", w, msg->event,
                    core_outcome_name(stored->outcome));
}

static void check_order(struct world *world, uint32_t w, const struct call_msg *msg)
{
    const struct event *event = &world->workload.events[msg->event];

    if (world->accepted_losses[event->product] != world->losses)
        return;
    if (world->accepted_version[event->product] > msg->version)
        oracle_fail(world, "P3",
                    "w%u writes version %llu of product %u (event %u), version %llu was accepted before", w,
                    (unsigned long long)msg->version, event->product, msg->event,
                    (unsigned long long)world->accepted_version[event->product]);
}

static void check_item(struct world *world, uint32_t w, const struct call_msg *msg)
{
    if (msg->call.kind == CALL_CREATE)
        return;
    for (uint32_t i = 0; i < world->catalog.items_count; i++) {
        const struct item *item = &world->catalog.items[i];

        if (item->id != msg->call.item)
            continue;
        if (item->sku != msg->call.sku || item->catalog != msg->call.catalog)
            oracle_fail(world, "item", "w%u writes to item %llu of sku %d, meaning sku %d (event %u)", w,
                        (unsigned long long)item->id, item->sku, msg->call.sku, msg->event);
        return;
    }
    oracle_fail(world, "item", "w%u writes to item %llu, which never was (event %u)", w,
                (unsigned long long)msg->call.item, msg->event);
}

uint32_t oracle_write_sent(struct world *world, uint32_t w, const struct call_msg *msg)
{
    struct key128 content = content_of(msg);

    forget_old(world);
    check_overlap(world, w, msg, content);
    check_claim(world, w, msg, worker_side(world, w, msg->op));
    check_order(world, w, msg);
    check_item(world, w, msg);
    if (msg->call.sku != world->workload.events[msg->event].sku && msg->call.kind == CALL_DELETE)
        world->marks->count[MARK_OLD_SKU_DELETED]++;
    if (world->writes_count == SIM_WRITES_MAX)
        oracle_fail(world, "bounded", "more than %d writes for %u events", SIM_WRITES_MAX, world->set.events);
    world->writes[world->writes_count] = (struct write){.catalog = msg->call.catalog,
                                                        .sku = msg->call.sku,
                                                        .content = content,
                                                        .sent_at = world->now,
                                                        .event = msg->event,
                                                        .worker = w,
                                                        .kind = msg->call.kind};
    return world->writes_count++;
}

void oracle_write_over(struct world *world, uint32_t write)
{
    ASSERT(write < world->writes_count);
    world->writes[write].over = true;
}

void oracle_settled(struct world *world, const struct settle_request *req,
                    const struct fstore_settle_side *side, uint32_t event)
{
    uint32_t product = world->workload.events[event].product;

    const struct fstore_product *product_now = fstore_find_product(&world->store, req->catalog, req->product);

    (void)side;
    if (!req->success || !product_now || product_now->v < req->version)
        return; /* or it was taken before, and undone by hand since */
    if (world->accepted_losses[product] != world->losses)
        world->accepted_version[product] = 0;
    if (req->version > world->accepted_version[product])
        world->accepted_version[product] = req->version;
    world->accepted_losses[product] = world->losses;
}

/* P5: unchanged is said only of what the catalog really holds. */
void oracle_unchanged(struct world *world, const struct claim_request *req, uint32_t event)
{
    const struct event *e = &world->workload.events[event];
    const struct fstore_product *product = fstore_find_product(&world->store, req->catalog, req->product);
    int32_t sku = sku_of_key(product->s);
    const struct item *item = fake_catalog_find(&world->catalog, req->catalog, sku);

    if (world->set.core.plan_only) /* it is said of what the catalog would hold */
        return;
    for (uint32_t i = 0; i < world->catalog.items_count; i++)
        if (world->catalog.items[i].sku == sku && world->catalog.items[i].vanished_at)
            return; /* what is done by hand cannot be known */
    if (req->intent == INTENT_UPSERT && item && item->content == e->content && !item->hidden && sku == e->sku)
        return;
    if (req->intent == INTENT_HIDE && item && item->hidden)
        return;
    if (world->losses > 0 && world->store.guard.ep == world->loss_epoch) {
        /* whoever lost a write by the restart with old data is stopped, and has not yet looked:
         * docs/known-risks.md */
        if (sku != SIM_NO_SKU)
            world->unsure[req->catalog][sku] = true;
        if (e->sku != SIM_NO_SKU)
            world->unsure[req->catalog][e->sku] = true;
        return;
    }
    oracle_fail(world, "P5", "event %u is said to be unchanged, but the catalog %s", event,
                item ? "shows something else" : "has no such item");
}
