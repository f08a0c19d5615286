#include "common/apibatch.h"

#include "common/apiput.h"
#include "common/assertx.h"
#include "common/utf8.h"

#include <string.h>

static bool has_field(const struct event_product *p, const char *name)
{
    for (uint32_t i = 0; i < p->field_count; i++) {
        if (strcmp(event_field_name(p->fields[i].spec), name) == 0)
            return true;
    }
    return false;
}

/* The other end of a range that is given with one end only; NULL: both or neither. */
static const char *half_range(const struct event_product *p)
{
    static const char start[] = "sale_price_start_date", end[] = "sale_price_end_date";

    if (has_field(p, start) == has_field(p, end))
        return NULL;
    return has_field(p, start) ? "sale_price_end_date" : "sale_price_start_date";
}

static bool availability_fits(enum event_availability availability)
{
    return availability == EVENT_IN_STOCK || availability == EVENT_OUT_OF_STOCK ||
           availability == EVENT_AVAILABLE_FOR_ORDER || availability == EVENT_DISCONTINUED;
}

static bool condition_fits(enum event_condition condition)
{
    return condition == EVENT_CONDITION_NEW || condition == EVENT_CONDITION_REFURBISHED ||
           condition == EVENT_CONDITION_USED;
}

const char *apibatch_unfit(const struct event *event)
{
    const struct event_product *p = &event->product;

    ASSERT(event->has_body);
    if (utf8_count(p->name.ptr, p->name.len) > APIBATCH_TITLE_CHARS_MAX)
        return "name";
    if (p->description.len == 0)
        return "description";
    if (p->brand.len == 0)
        return "brand";
    if (p->url.len == 0)
        return "link";
    if (!availability_fits(p->availability))
        return "availability";
    if (!condition_fits(p->condition))
        return "condition";
    for (uint32_t i = 0; i < p->field_count; i++) {
        if (!event_field_batch_name(p->fields[i].spec))
            return event_field_name(p->fields[i].spec);
    }
    return half_range(p);
}

/* "9.99 USD": the decimal as the event gave it, without zeros in front, so that equal prices are equal texts.
 */
static void put_money(struct sbuf *b, const char *name, const struct text *decimal, const char *currency)
{
    size_t zeros = 0;

    while (zeros + 1 < decimal->len && decimal->ptr[zeros] == '0' && decimal->ptr[zeros + 1] != '.')
        zeros++;
    apiput_name(b, name);
    sbuf_putc(b, '"');
    sbuf_put(b, decimal->ptr + zeros, decimal->len - zeros); /* digits and a point only */
    sbuf_putc(b, ' ');
    sbuf_puts(b, currency);
    sbuf_putc(b, '"');
}

static void put_image(struct sbuf *b, const struct text *url)
{
    sbuf_puts(b, "{\"url\":");
    sbuf_put_json(b, url->ptr, url->len);
    sbuf_putc(b, '}');
}

static void put_images(struct sbuf *b, const struct event_product *p)
{
    apiput_name(b, "image");
    sbuf_putc(b, '[');
    put_image(b, &p->image_url);
    for (uint32_t i = 0; i < p->more_image_count; i++) {
        sbuf_putc(b, ',');
        put_image(b, &p->more_images[i]);
    }
    sbuf_putc(b, ']');
}

/* Start and end stand side by side in the table: the first opens the text, the second closes it. */
static void put_range_end(struct sbuf *b, const struct event_field *field, bool first)
{
    if (first) {
        apiput_name(b, event_field_batch_name(field->spec));
        sbuf_putc(b, '"');
    } else {
        sbuf_putc(b, '/');
    }
    sbuf_put(b, field->text.ptr, field->text.len); /* a checked date */
    if (!first)
        sbuf_putc(b, '"');
}

static void put_fields(struct sbuf *b, const struct event_product *p)
{
    bool in_range = false;

    for (uint32_t i = 0; i < p->field_count; i++) {
        const struct event_field *field = &p->fields[i];
        const char *name = event_field_batch_name(field->spec);

        if (event_field_is_range(field->spec)) {
            in_range = !in_range;
            put_range_end(b, field, in_range);
        } else if (event_field_is_money(field->spec)) {
            put_money(b, name, &field->text, p->currency);
        } else if (field->is_number) {
            apiput_integer(b, name, field->number);
        } else if (event_field_is_json(field->spec)) {
            apiput_name(b, name);
            sbuf_put(b, field->text.ptr, field->text.len);
        } else {
            apiput_text(b, name, &field->text);
        }
    }
    ASSERT(!in_range);
}

static void put_product(struct sbuf *b, const struct event *event)
{
    const struct event_product *p = &event->product;

    apiput_text(b, "id", &event->sku);
    apiput_text(b, "title", &p->name);
    apiput_text(b, "description", &p->description);
    apiput_text(b, "brand", &p->brand);
    apiput_text(b, "google_product_category", &p->category);
    apiput_text(b, "link", &p->url);
    put_images(b, p);
    put_money(b, "price", &p->price_text, p->currency);
    apiput_word(b, "availability", event_availability_name(p->availability));
    apiput_word(b, "condition", event_condition_name(p->condition));
    /* not in the page's list, but what Meta's own plugin sends (catalog-api.md section 4) */
    apiput_word(b, "visibility", p->visibility == EVENT_STAGING ? "hidden" : "published");
    if (p->has_stock && !has_field(p, "quantity_to_sell_on_facebook"))
        apiput_integer(b, "quantity_to_sell_on_facebook", p->stock_quantity);
    put_fields(b, p);
}

static void open_entry(struct sbuf *b, const char *method)
{
    sbuf_puts(b, "{\"method\":\"");
    sbuf_puts(b, method);
    sbuf_puts(b, "\",\"data\":{");
}

void apibatch_update(struct sbuf *b, const struct event *event)
{
    ASSERT(!apibatch_unfit(event));
    open_entry(b, "UPDATE");
    put_product(b, event);
    sbuf_puts(b, "}}");
}

void apibatch_hide(struct sbuf *b, const struct text *sku)
{
    open_entry(b, "UPDATE");
    apiput_text(b, "id", sku);
    apiput_word(b, "visibility", "hidden");
    sbuf_puts(b, "}}");
}

void apibatch_delete(struct sbuf *b, const struct text *sku)
{
    open_entry(b, "DELETE");
    apiput_text(b, "id", sku);
    sbuf_puts(b, "}}");
}
