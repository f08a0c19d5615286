/* Items and what calls do to them: catalog-api.md sections 1 to 3 and 7, in small. */
#include "tests/sim/fake_catalog.h"

#include "common/assertx.h"

#include <string.h>

void fake_catalog_init(struct fake_catalog *cat, const struct sim_settings *settings)
{
    memset(cat, 0, sizeof *cat);
    cat->next_id = 1000;
    cat->answers_id = settings->upsert_answers_id;
    for (uint32_t i = 0; i < settings->catalogs; i++)
        cat->upsert[i] = settings->core.catalogs[i].upsert;
    for (uint32_t i = 0; i < settings->foreign_items; i++)
        fake_catalog_add(cat, 0, (int32_t)i, CONTENT_FOREIGN, -3600ll * 1000 * 1000);
}

struct item *fake_catalog_find(struct fake_catalog *cat, uint8_t catalog, int32_t sku)
{
    for (uint32_t i = 0; i < cat->items_count; i++)
        if (cat->items[i].alive && cat->items[i].catalog == catalog && cat->items[i].sku == sku)
            return &cat->items[i];
    return NULL;
}

struct item *fake_catalog_by_id(struct fake_catalog *cat, uint64_t id)
{
    for (uint32_t i = 0; i < cat->items_count; i++)
        if (cat->items[i].alive && cat->items[i].id == id)
            return &cat->items[i];
    return NULL;
}

uint64_t fake_catalog_add(struct fake_catalog *cat, uint8_t catalog, int32_t sku, uint32_t content,
                          usec_t now_us)
{
    ASSERT(cat->items_count < CATALOG_ITEMS_MAX);
    cat->items[cat->items_count++] = (struct item){.catalog = catalog,
                                                   .sku = sku,
                                                   .id = cat->next_id,
                                                   .content = content,
                                                   .alive = true,
                                                   .created_at = now_us};
    return cat->next_id++;
}

void fake_catalog_vanish(struct fake_catalog *cat, struct item *item, usec_t now_us)
{
    (void)cat;
    item->alive = false;
    item->gone_at = item->vanished_at = now_us;
}

/* The index of lookups shows the catalog as it was some time ago. */
static uint64_t lookup(const struct fake_catalog *cat, const struct catalog_call *call, usec_t then_us)
{
    uint64_t found = 0;

    for (uint32_t i = 0; i < cat->items_count; i++) {
        const struct item *item = &cat->items[i];

        if (item->catalog != call->catalog || item->sku != call->sku || item->created_at > then_us)
            continue;
        if (item->alive || item->gone_at > then_us)
            found = item->id;
    }
    return found;
}

static struct call_reply create(struct fake_catalog *cat, const struct catalog_call *call, usec_t now_us)
{
    struct item *item = fake_catalog_find(cat, call->catalog, call->sku);

    cat->creates++;
    if (!item)
        return (struct call_reply){
            .class = CALLED_OK,
            .item_hash = fake_catalog_add(cat, call->catalog, call->sku, call->content, now_us)};
    if (!cat->upsert[call->catalog])
        return (struct call_reply){.class = CALLED_DUPLICATE, .item_hash = cat->answers_id ? item->id : 0};
    item->content = call->content;
    item->hidden = false;
    return (struct call_reply){.class = CALLED_OK, .item_hash = item->id};
}

struct call_reply fake_catalog_apply(struct fake_catalog *cat, const struct catalog_call *call, usec_t now_us,
                                     usec_t lag_us)
{
    struct item *item = fake_catalog_by_id(cat, call->item);

    if (call->poison && (call->kind == CALL_CREATE || call->kind == CALL_UPDATE))
        return (struct call_reply){.class = CALLED_REFUSED};
    switch (call->kind) {
    case CALL_CREATE: return create(cat, call, now_us);
    case CALL_LOOKUP:
        cat->lookups++;
        return (struct call_reply){.class = CALLED_OK, .item_hash = lookup(cat, call, now_us - lag_us)};
    case CALL_UPDATE: cat->updates++; break;
    case CALL_HIDE: cat->hides++; break;
    case CALL_DELETE: cat->deletes++; break;
    }
    if (!item)
        return (struct call_reply){.class = CALLED_NOT_FOUND};
    if (call->kind == CALL_DELETE) {
        item->alive = false;
        item->gone_at = now_us;
    } else if (call->kind == CALL_HIDE) {
        item->hidden = true;
    } else {
        item->content = call->content;
        item->hidden = false;
    }
    return (struct call_reply){.class = CALLED_OK};
}
