/* The product itself: what the API's body needs, with the defaults of design.md section 3. Stops at the first
 * fault. */
#include "common/event_parts.h"
#include "common/money.h"

#include <stdio.h>
#include <string.h>

static bool required(struct draft *d, const struct text *text, const char *field, const char *mend)
{
    return text->len > 0 || event_refuse(d, EVENT_FAULT_MISSING_FIELD, field, "is missing: %s", mend);
}

static bool read_texts(struct draft *d)
{
    struct event_product *p = &d->event.product;

    return event_text(d, d->members[MEMBER_NAME], "data.name", d->settings->name_max_chars, &p->name) &&
           required(d, &p->name, "data.name", "the catalog takes no item without a name") &&
           event_text(d, d->members[MEMBER_DESCRIPTION], "data.description", EVENT_TEXT_CHARS_MAX,
                      &p->description) &&
           event_text(d, d->members[MEMBER_BRAND], "data.brand", EVENT_TEXT_CHARS_MAX, &p->brand) &&
           event_text(d, d->members[MEMBER_CATEGORY], "data.category", EVENT_TEXT_CHARS_MAX, &p->category);
}

/* The catalog's own default, else that of all, else nothing. Checked when the configuration is read. */
static struct text fallback(const char *own, const char *common)
{
    const char *text = own && own[0] ? own : common ? common : "";

    return text_of(text, strlen(text));
}

static bool read_currency(struct draft *d)
{
    struct text text;

    if (!event_text(d, d->members[MEMBER_CURRENCY], "data.currency", UINT32_MAX, &text))
        return false;
    if (text.len == 0)
        text = fallback(NULL, d->settings->default_currency);
    if (!required(d, &text, "data.currency", "give an ISO 4217 code such as \"USD\""))
        return false;
    if (!money_currency_valid(text.ptr, text.len))
        return event_refuse(d, EVENT_FAULT_CURRENCY_INVALID, "data.currency",
                            "must be three capital letters (ISO 4217) such as \"USD\", it is %s",
                            event_shown(d, text.ptr, text.len));
    memcpy(d->event.product.currency, text.ptr, 3);
    return true;
}

static bool read_price(struct draft *d)
{
    const cJSON *item = d->members[MEMBER_PRICE];

    if (!item || (cJSON_IsString(item) && item->valuestring[0] == '\0'))
        return event_refuse(d, EVENT_FAULT_MISSING_FIELD, "data.price",
                            "is missing: give a decimal string such as \"19.99\"");
    return read_currency(d) &&
           event_money(d, item, "data.price", &d->event.product.price_text, &d->event.product.price);
}

static bool read_more_images(struct draft *d)
{
    const cJSON *list = d->members[MEMBER_MORE_IMAGES], *item;
    struct event_product *p = &d->event.product;
    int index = 0;

    if (!list)
        return true;
    if (!cJSON_IsArray(list))
        return event_refuse(d, EVENT_FAULT_WRONG_TYPE, "data.additional_image_links",
                            "must be a list of URLs, not %s", event_type_word(list));
    p->more_images = d->more_images;
    cJSON_ArrayForEach(item, list)
    {
        char field[64];
        struct text url;

        snprintf(field, sizeof(field), "data.additional_image_links[%d]", index++);
        if (!event_url(d, item, field, &url))
            return false;
        if (url.len == 0)
            continue;
        if (p->more_image_count == EVENT_IMAGES_MAX)
            return event_refuse(d, EVENT_FAULT_TOO_MANY_MEMBERS, "data.additional_image_links",
                                "has more than %d links: the catalog takes no more", EVENT_IMAGES_MAX);
        d->more_images[p->more_image_count++] = url;
    }
    return true;
}

static bool read_links(struct draft *d)
{
    const struct event_catalog *catalog = &d->settings->catalogs[d->event.catalog_index];
    struct event_product *p = &d->event.product;

    if (!event_url(d, d->members[MEMBER_LINK], "data.link", &p->url) ||
        !event_url(d, d->members[MEMBER_IMAGE_LINK], "data.image_link", &p->image_url))
        return false;
    if (p->url.len == 0)
        p->url = fallback(catalog->link_fallback, d->settings->link_fallback);
    if (p->image_url.len == 0)
        p->image_url = fallback(catalog->image_placeholder, d->settings->image_placeholder);
    return required(d, &p->image_url, "data.image_link",
                    "the catalog takes no item without an image; configure a placeholder, or give one") &&
           read_more_images(d);
}

static bool read_stock(struct draft *d)
{
    const cJSON *item = d->members[MEMBER_STOCK];
    struct event_product *p = &d->event.product;
    unsigned choice = EVENT_IN_STOCK; /* neither given: the API's own default */

    if (item) {
        if (!event_integer(d, item, "data.stock_quantity", -EVENT_VERSION_MAX, EVENT_VERSION_MAX,
                           &p->stock_quantity))
            return false;
        if (p->stock_quantity < 0)
            p->stock_quantity = 0; /* oversold: the API takes no negative number */
        p->has_stock = true;
        choice = p->stock_quantity > 0 ? EVENT_IN_STOCK : EVENT_OUT_OF_STOCK;
    }
    if (!event_choice(d, d->members[MEMBER_AVAILABILITY], "data.availability", event_availability_names,
                      EVENT_MARK_AS_EXPIRED + 1, &choice))
        return false;
    p->availability = (enum event_availability)choice;
    return true;
}

static bool read_choices(struct draft *d)
{
    unsigned condition = EVENT_CONDITION_NEW, visibility = EVENT_PUBLISHED;

    if (!event_choice(d, d->members[MEMBER_CONDITION], "data.condition", event_condition_names,
                      EVENT_CONDITION_OPEN_BOX_NEW + 1, &condition) ||
        !event_choice(d, d->members[MEMBER_VISIBILITY], "data.visibility", event_visibility_names,
                      EVENT_STAGING + 1, &visibility))
        return false;
    d->event.product.condition = (enum event_condition)condition;
    d->event.product.visibility = (enum event_visibility)visibility;
    return true;
}

void event_read_product(struct draft *d)
{
    d->event.has_body = read_texts(d) && read_price(d) && read_links(d) && read_stock(d) && read_choices(d) &&
                        event_read_fields(d);
}
