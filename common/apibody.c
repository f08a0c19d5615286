#include "common/apibody.h"

#include "common/apiput.h"
#include "common/assertx.h"
#include "common/hash128.h"

#include <string.h>

static void put_images(struct sbuf *b, const struct event_product *p)
{
    if (p->more_image_count == 0)
        return;
    apiput_name(b, "additional_image_urls");
    for (uint32_t i = 0; i < p->more_image_count; i++) {
        sbuf_putc(b, i ? ',' : '[');
        sbuf_put_json(b, p->more_images[i].ptr, p->more_images[i].len);
    }
    sbuf_putc(b, ']');
}

static void put_fields(struct sbuf *b, const struct event_product *p, bool create)
{
    for (uint32_t i = 0; i < p->field_count; i++) {
        const struct event_field *field = &p->fields[i];
        const char *name = event_field_single_name(field->spec);

        if (!name || (event_field_create_only(field->spec) && !create))
            continue; /* the result's warnings say so */
        if (field->is_number) {
            apiput_integer(b, name, field->number);
        } else if (event_field_is_json(field->spec)) {
            apiput_name(b, name);
            sbuf_put(b, field->text.ptr, field->text.len);
        } else {
            apiput_text(b, name, &field->text);
        }
    }
}

static void put_product(struct sbuf *b, const struct event *event, bool create)
{
    const struct event_product *p = &event->product;

    ASSERT(event->has_body);
    apiput_text(b, "name", &p->name);
    apiput_text(b, "description", &p->description);
    apiput_text(b, "brand", &p->brand);
    apiput_text(b, "category", &p->category);
    apiput_text(b, "url", &p->url);
    apiput_text(b, "image_url", &p->image_url);
    put_images(b, p);
    apiput_integer(b, "price", p->price);
    apiput_word(b, "currency", p->currency);
    apiput_word(b, "availability", event_availability_name(p->availability));
    apiput_word(b, "condition", event_condition_name(p->condition));
    apiput_word(b, "visibility", event_visibility_name(p->visibility));
    if (p->has_stock)
        apiput_integer(b, "inventory", p->stock_quantity);
    put_fields(b, p, create);
}

void apibody_update(struct sbuf *b, const struct event *event)
{
    sbuf_putc(b, '{');
    put_product(b, event, false);
    sbuf_putc(b, '}');
}

void apibody_create(struct sbuf *b, const struct event *event, bool upsert)
{
    sbuf_putc(b, '{');
    apiput_text(b, "retailer_id", &event->sku);
    if (upsert) {
        apiput_name(b, "allow_upsert");
        sbuf_puts(b, "true");
    }
    put_product(b, event, true);
    sbuf_putc(b, '}');
}

void apibody_hide(struct sbuf *b)
{
    sbuf_puts(b, "{\"visibility\":\"staging\"}");
}

static void put_content(struct sbuf *b, const struct event *event)
{
    if (event->has_body)
        apibody_update(b, event);
    else
        apibody_hide(b);
}

struct key128 apibody_content_hash(const struct event *event)
{
    char memory[4096]; /* nearly always enough */
    struct key128 key = {0, 0};
    struct sbuf b;

    sbuf_init_fixed(&b, memory, sizeof(memory));
    put_content(&b, event);
    if (sbuf_ok(&b))
        return hash128(HASH_BODY, b.data, b.len);
    sbuf_init(&b, APIBODY_MAX_BYTES);
    put_content(&b, event);
    if (sbuf_ok(&b))
        key = hash128(HASH_BODY, b.data, b.len);
    sbuf_free(&b);
    return key; /* none: never equal to what the catalog is known to hold */
}
