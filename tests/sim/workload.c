/* Draws events of every kind: changes, hides, deletes, tombstones, duplicates, replays, versions out of
 * order. */
#include "tests/sim/workload.h"

#include "common/assertx.h"

static const usec_t second = 1000 * 1000;

static struct key128 key_of(uint64_t tag, uint64_t n)
{
    return (struct key128){.hi = tag << 56 | (n + 1), .lo = mix64(tag << 32 ^ n)};
}

struct key128 key_product(uint8_t catalog, uint32_t product)
{
    return key_of(1, (uint64_t)catalog << 32 | product);
}

struct key128 key_sku(int32_t sku)
{
    return sku == SIM_NO_SKU ? (struct key128){0} : key_of(2, (uint64_t)sku);
}

struct key128 key_identity(uint32_t identity)
{
    return key_of(3, identity);
}

struct key128 key_data(uint32_t data)
{
    return key_of(4, data);
}

struct key128 key_content(uint32_t content)
{
    return key_of(5, content);
}

int32_t sku_of_key(struct key128 key)
{
    return key128_none(key) ? SIM_NO_SKU : (int32_t)((key.hi & 0xffffffffu) - 1);
}

/* A product as the shop's backend has it. */
struct shop_product {
    uint64_t version;
    uint32_t content;
    int32_t sku;
    bool bulk_has_version; /* equal versions of other content are ordered only within one topic */
    bool changed_at_version;
    uint32_t last_event;
    bool has_event;
};

struct drawing {
    struct workload *workload;
    const struct sim_settings *set;
    struct rng *rng;
    usec_t now;
    struct shop_product products[SIM_PRODUCTS_MAX];
};

uint32_t workload_event(struct workload *workload, struct event event)
{
    uint32_t n = workload->events_count;

    ASSERT(n < SIM_EVENTS_MAX);
    workload->events[n] = event;
    workload->events_count++;
    return n;
}

void workload_produce(struct workload *workload, usec_t at, uint32_t event, uint8_t tp, uint8_t gap)
{
    ASSERT(workload->productions_count < SIM_RECORDS_MAX);
    workload->productions[workload->productions_count++] =
        (struct production){.at = at, .event = event, .tp = tp, .gap = gap};
}

static void produce(struct drawing *d, uint32_t event, bool bulk)
{
    const struct event *e = &d->workload->events[event];
    uint32_t topic = d->set->own_topics ? e->catalog : bulk ? 1 : 0;
    uint32_t number = d->set->own_topics ? e->product / d->set->catalogs : e->product;
    uint8_t tp = (uint8_t)(topic * d->set->parts + number % d->set->parts);
    uint8_t gap = rng_chance(d->rng, d->set->gaps) ? (uint8_t)rng_range(d->rng, 1, 4) : 0;

    d->now += rng_range(d->rng, 0, 2 * d->set->produce_us / d->set->events);
    workload_produce(d->workload, d->now, event, tp, gap);
}

static struct event fresh(struct drawing *d, uint32_t product)
{
    struct shop_product *p = &d->products[product];
    uint32_t n = d->workload->events_count;

    return (struct event){.catalog = (uint8_t)(product % d->set->catalogs),
                          .product = product,
                          .sku = p->sku,
                          .version = p->version,
                          .content = p->content,
                          .identity = n,
                          .data = n,
                          .hint = rng_chance(d->rng, d->set->hints),
                          .poison = rng_chance(d->rng, d->set->poison),
                          .killer = rng_chance(d->rng, d->set->killers)};
}

static void emit(struct drawing *d, uint32_t product, struct event e, bool may_be_bulk)
{
    struct shop_product *p = &d->products[product];
    bool bulk = may_be_bulk && d->set->topics > 1 && !d->set->own_topics && rng_chance(d->rng, d->set->bulk);

    p->last_event = workload_event(d->workload, e);
    p->has_event = true;
    p->bulk_has_version = p->bulk_has_version || bulk;
    produce(d, p->last_event, bulk);
}

static void raise_version(struct drawing *d, struct shop_product *p)
{
    p->version += (uint64_t)rng_range(d->rng, 2, 9);
    p->bulk_has_version = false;
    p->changed_at_version = false;
}

static void change(struct drawing *d, uint32_t product)
{
    struct shop_product *p = &d->products[product];

    raise_version(d, p);
    if (rng_chance(d->rng, 800))
        p->content =
            (rng_chance(d->rng, 100) ? 0 : product * 8) + (uint32_t)rng_below(d->rng, d->set->contents);
    emit(d, product, fresh(d, product), true);
}

static void change_sku(struct drawing *d, uint32_t product)
{
    d->products[product].sku = (int32_t)rng_below(d->rng, d->set->skus);
    change(d, product);
}

static void swap(struct drawing *d, uint32_t a)
{
    uint32_t b = (uint32_t)rng_below(d->rng, d->set->products);
    int32_t sku = d->products[a].sku;

    d->products[a].sku = d->products[b].sku;
    d->products[b].sku = sku;
    change(d, a);
    if (b != a && d->workload->events_count < SIM_EVENTS_MAX - 4)
        change(d, b);
}

static void hide(struct drawing *d, uint32_t product, bool no_sku)
{
    struct event e;

    raise_version(d, &d->products[product]);
    e = fresh(d, product);
    e.intent = INTENT_HIDE;
    e.hide_reason = no_sku ? REASON_NO_SKU : REASON_INACTIVE;
    if (no_sku)
        e.sku = SIM_NO_SKU;
    emit(d, product, e, true);
}

static void erase(struct drawing *d, uint32_t product)
{
    struct event e;

    raise_version(d, &d->products[product]);
    e = fresh(d, product);
    e.intent = INTENT_DELETE;
    if (rng_chance(d->rng, 200))
        e.sku = SIM_NO_SKU;
    emit(d, product, e, true);
}

static void tombstone(struct drawing *d, uint32_t product)
{
    struct event e = fresh(d, product);

    e.intent = INTENT_DELETE;
    e.tombstone = true;
    e.version = 0;
    if (rng_chance(d->rng, 500))
        e.sku = SIM_NO_SKU;
    emit(d, product, e, false);
    raise_version(d, &d->products[product]);
}

static void resync(struct drawing *d, uint32_t product)
{
    struct shop_product *p = &d->products[product];
    struct event e;

    if (p->changed_at_version || p->version == 0)
        raise_version(d, p);
    e = fresh(d, product);
    e.force = true;
    emit(d, product, e, true);
}

static void equal_version(struct drawing *d, uint32_t product)
{
    struct shop_product *p = &d->products[product];

    if (p->bulk_has_version || p->version == 0)
        raise_version(d, p);
    p->changed_at_version = true;
    p->content = product * 8 + (uint32_t)rng_below(d->rng, d->set->contents);
    emit(d, product, fresh(d, product), false);
}

static void out_of_order(struct drawing *d, uint32_t product)
{
    struct event e = fresh(d, product);

    if (e.version == 0)
        return;
    e.version--; /* versions grow by two at least, so this one is free */
    e.content = product * 8 + (uint32_t)rng_below(d->rng, d->set->contents);
    if (rng_chance(d->rng, 200))
        e.intent = INTENT_DELETE;
    emit(d, product, e, false); /* two of one version are ordered only within one topic */
}

/* An earlier record of the product once more: a duplicate, a replay, or its identity with other content. */
static void again(struct drawing *d, bool replay, bool reuse)
{
    struct workload *w = d->workload;
    uint32_t pick;
    struct event e;
    uint8_t tp;

    if (w->productions_count == 0)
        return;
    pick = (uint32_t)rng_below(d->rng, w->productions_count);
    tp = w->productions[pick].tp;
    if (d->workload->events[w->productions[pick].event].tombstone)
        return; /* a bare tombstone has no identity but its position */
    if (!replay && !reuse) {
        d->now += rng_range(d->rng, 0, 2 * d->set->produce_us / d->set->events);
        workload_produce(w, d->now, w->productions[pick].event, tp, 0);
        return;
    }
    e = w->events[w->productions[pick].event];
    if (e.no_product || e.killer)
        return;
    if (replay) {
        e.identity = e.data = w->events_count;
        e.replay = true;
        e.poison = e.poison && rng_chance(d->rng, 500);
    } else {
        e.data = w->events_count;
        e.content = e.product * 8 + 7;
        raise_version(d, &d->products[e.product]);
        e.version = d->products[e.product].version;
        raise_version(d, &d->products[e.product]);
    }
    d->now += rng_range(d->rng, 0, 2 * d->set->produce_us / d->set->events);
    workload_produce(w, d->now, workload_event(w, e), tp, 0);
}

static void local(struct drawing *d, uint32_t product, enum local_end end, bool no_product)
{
    struct event e;

    raise_version(d, &d->products[product]);
    e = fresh(d, product);
    e.local = end;
    e.no_product = no_product;
    e.killer = false;
    if (end == LOCAL_FAILED)
        e.poison = true;
    emit(d, product, e, true);
}

/* SKU changes that all fail: the product may hold an item under each of them. */
static void storm(struct drawing *d, uint32_t product)
{
    for (uint32_t i = 0; i < 7 && d->workload->events_count < SIM_EVENTS_MAX - 8; i++) {
        struct event e;

        d->products[product].sku = (int32_t)rng_below(d->rng, d->set->skus);
        raise_version(d, &d->products[product]);
        e = fresh(d, product);
        e.poison = true;
        d->now += second;
        emit(d, product, e, false);
    }
}

static void draw_one(struct drawing *d)
{
    const struct sim_settings *s = d->set;
    uint32_t product = (uint32_t)rng_below(d->rng, s->products);

    if (rng_chance(d->rng, s->duplicates))
        again(d, false, false);
    else if (rng_chance(d->rng, s->replays))
        again(d, true, false);
    else if (rng_chance(d->rng, s->reused))
        again(d, false, true);
    else if (rng_chance(d->rng, s->deletes))
        erase(d, product);
    else if (rng_chance(d->rng, s->tombstones))
        tombstone(d, product);
    else if (rng_chance(d->rng, s->hides))
        hide(d, product, false);
    else if (rng_chance(d->rng, s->no_sku))
        hide(d, product, true);
    else if (rng_chance(d->rng, s->resyncs))
        resync(d, product);
    else if (rng_chance(d->rng, s->storms))
        storm(d, product);
    else if (rng_chance(d->rng, s->swaps))
        swap(d, product);
    else if (rng_chance(d->rng, s->sku_changes))
        change_sku(d, product);
    else if (rng_chance(d->rng, s->equal_versions))
        equal_version(d, product);
    else if (rng_chance(d->rng, s->out_of_order))
        out_of_order(d, product);
    else if (rng_chance(d->rng, s->local_failed))
        local(d, product, LOCAL_FAILED, rng_chance(d->rng, s->no_product));
    else if (rng_chance(d->rng, s->local_skipped))
        local(d, product, LOCAL_SKIPPED, rng_chance(d->rng, s->no_product));
    else
        change(d, product);
}

void workload_draw(struct workload *workload, const struct sim_settings *settings, struct rng *rng)
{
    struct drawing d = {.workload = workload, .set = settings, .rng = rng, .now = 1000 * 1000};

    workload->events_count = workload->productions_count = 0;
    for (uint32_t i = 0; i < settings->products; i++)
        d.products[i] = (struct shop_product){.sku = (int32_t)i, .content = i * 8};
    while (workload->productions_count < settings->events && workload->events_count < SIM_EVENTS_MAX - 10)
        draw_one(&d);
}
