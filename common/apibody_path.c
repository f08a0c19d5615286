/* Paths and queries of the catalog API. */
#include "common/apibody.h"
#include "common/assertx.h"

#include <string.h>

bool apibody_version_upserts(const char *version)
{
    unsigned major = 0;

    if (version[0] != 'v')
        return false;
    for (version++; *version >= '0' && *version <= '9' && major < 1000; version++)
        major = major * 10 + (unsigned)(*version - '0');
    return major >= 24 && (*version == '\0' || *version == '.');
}

static void put_segment(struct sbuf *b, const char *text, size_t len)
{
    sbuf_putc(b, '/');
    sbuf_put_percent(b, text, len);
}

void apipath_products(struct sbuf *b, const char *version, const char *catalog_id)
{
    put_segment(b, version, strlen(version));
    put_segment(b, catalog_id, strlen(catalog_id));
    sbuf_puts(b, "/products");
}

void apipath_item(struct sbuf *b, const char *version, const char *item_id, size_t item_id_len)
{
    put_segment(b, version, strlen(version));
    put_segment(b, item_id, item_id_len);
}

/* One SKU of the filter: JSON first, then percent, straight into b. */
static void put_filter_sku(struct sbuf *b, const struct text *sku)
{
    char memory[1024]; /* 100 characters of 4 bytes, or 100 escapes of 6: always enough for a SKU that was
                          checked */
    struct sbuf json;

    sbuf_init_fixed(&json, memory, sizeof(memory));
    sbuf_put_json(&json, sku->ptr, sku->len);
    b->overflow |= json.overflow;
    sbuf_put_percent(b, json.data, json.len);
}

void apipath_lookup(struct sbuf *b, const char *version, const char *catalog_id, const struct text *skus,
                    size_t count)
{
    apipath_lookup_fields(b, version, catalog_id, "", skus, count);
}

void apipath_lookup_fields(struct sbuf *b, const char *version, const char *catalog_id, const char *fields,
                           const struct text *skus, size_t count)
{
    static const char head[] = "{\"retailer_id\":{\"is_any\":[", tail[] = "]}}";

    ASSERT(count >= 1 && count <= APIPATH_LOOKUP_MAX);
    apipath_products(b, version, catalog_id);
    sbuf_puts(b, "?fields=id,retailer_id");
    if (fields[0]) {
        sbuf_putc(b, ',');
        sbuf_puts(b, fields);
    }
    sbuf_puts(b, "&limit=");
    sbuf_put_u64(b, count < 25 ? 25 : count); /* room for what should not be there twice */
    sbuf_puts(b, "&filter=");
    sbuf_put_percent(b, head, sizeof(head) - 1);
    for (size_t i = 0; i < count; i++) {
        if (i)
            sbuf_put_percent(b, ",", 1);
        put_filter_sku(b, &skus[i]);
    }
    sbuf_put_percent(b, tail, sizeof(tail) - 1);
}
