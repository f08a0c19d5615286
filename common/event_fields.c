/* `fields`: further fields of the API, checked against one table of both dialects (catalog-api.md sections 1,
 * 2, 4; for names not listed there, Meta's own Python SDK). */
#include "common/assertx.h"
#include "common/event_parts.h"
#include "common/sbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum field_type {
    FIELD_TEXT,    /* max: characters */
    FIELD_MONEY,   /* a decimal string in the product's currency */
    FIELD_INTEGER, /* 0 to max */
    FIELD_URL,
    FIELD_DATE,    /* 2026-11-22, or with a time behind it */
    FIELD_COUNTRY, /* ISO 3166 alpha-2 */
    FIELD_CHOICE,  /* one of choices */
    FIELD_MAP,     /* an object of strings; max: characters of each */
};

struct field_spec {
    const char *name;       /* single edge */
    const char *batch_name; /* items_batch; NULL: the same; "": has no name of its own there */
    enum field_type type;
    unsigned max;
    const char *const *choices;
    bool create_only; /* the item's own edge does not take it (section 2) */
};

enum { MAP_MEMBERS_MAX = 20, DATE_CHARS_MAX = 40 };

static const char *const genders[] = {"female", "male", "unisex", NULL};
static const char *const compliance[] = {"DEFAULT", "COUNTRY_ORIGIN_EXEMPT", NULL};
static const char *const launch[] = {"default", "marked", "not_marked", NULL};

static const struct field_spec specs[] = {
    {.name = "sale_price", .type = FIELD_MONEY},
    {.name = "sale_price_start_date", .batch_name = "", .type = FIELD_DATE},
    {.name = "sale_price_end_date", .batch_name = "", .type = FIELD_DATE},
    {.name = "product_type", .type = FIELD_TEXT, .max = 750},
    {.name = "custom_label_0", .type = FIELD_TEXT, .max = 100},
    {.name = "custom_label_1", .type = FIELD_TEXT, .max = 100},
    {.name = "custom_label_2", .type = FIELD_TEXT, .max = 100},
    {.name = "custom_label_3", .type = FIELD_TEXT, .max = 100},
    {.name = "custom_label_4", .type = FIELD_TEXT, .max = 100},
    {.name = "retailer_product_group_id",
     .batch_name = "item_group_id",
     .type = FIELD_TEXT,
     .max = 100,
     .create_only = true},
    {.name = "gtin", .type = FIELD_TEXT, .max = 100},
    {.name = "manufacturer_part_number", .batch_name = "mpn", .type = FIELD_TEXT, .max = 100},
    {.name = "color", .type = FIELD_TEXT, .max = 200},
    {.name = "size", .type = FIELD_TEXT, .max = 200},
    {.name = "material", .type = FIELD_TEXT, .max = 200},
    {.name = "pattern", .type = FIELD_TEXT, .max = 200},
    {.name = "gender", .type = FIELD_CHOICE, .choices = genders},
    {.name = "additional_variant_attributes",
     .batch_name = "additional_variant_attribute",
     .type = FIELD_MAP,
     .max = 200},
    {.name = "short_description", .type = FIELD_TEXT, .max = EVENT_TEXT_CHARS_MAX},
    {.name = "fb_product_category", .type = FIELD_TEXT, .max = 750},
    {.name = "ordering_index", .type = FIELD_INTEGER, .max = INT32_MAX},
    {.name = "expiration_date", .type = FIELD_DATE},
    {.name = "start_date", .type = FIELD_DATE},
    {.name = "launch_date", .type = FIELD_DATE},
    {.name = "marked_for_product_launch", .type = FIELD_CHOICE, .choices = launch},
    {.name = "mobile_link", .type = FIELD_URL},
    {.name = "checkout_url", .type = FIELD_URL},
    {.name = "quantity_to_sell_on_facebook", .type = FIELD_INTEGER, .max = INT32_MAX},
    {.name = "return_policy_days", .type = FIELD_INTEGER, .max = 10000},
    {.name = "commerce_tax_category", .type = FIELD_TEXT, .max = 100},
    {.name = "origin_country", .type = FIELD_COUNTRY},
    {.name = "importer_name", .type = FIELD_TEXT, .max = 500},
    {.name = "importer_address", .type = FIELD_MAP, .max = 500},
    {.name = "wa_compliance_category", .type = FIELD_CHOICE, .choices = compliance},
};

enum { SPECS = sizeof(specs) / sizeof(specs[0]) };
_Static_assert((int)SPECS <= (int)EVENT_FIELDS_MAX, "EVENT_FIELDS_MAX holds one value of each row");

static const struct field_spec *row(uint16_t spec)
{
    ASSERT(spec < SPECS);
    return &specs[spec];
}

const char *event_field_name(uint16_t spec)
{
    return row(spec)->name;
}

const char *event_field_batch_name(uint16_t spec)
{
    return row(spec)->batch_name ? row(spec)->batch_name : row(spec)->name;
}

bool event_field_is_money(uint16_t spec)
{
    return row(spec)->type == FIELD_MONEY;
}

bool event_field_is_json(uint16_t spec)
{
    return row(spec)->type == FIELD_MAP;
}

bool event_field_create_only(uint16_t spec)
{
    return row(spec)->create_only;
}

/* A row by its name in either dialect; -1: none. */
static int find_spec(const char *name)
{
    for (int i = 0; i < SPECS; i++) {
        if (strcmp(specs[i].name, name) == 0 ||
            (specs[i].batch_name && strcmp(specs[i].batch_name, name) == 0))
            return name[0] ? i : -1;
    }
    return -1;
}

/* A calendar date, and behind it nothing or what may be a time and an offset. The API reads several forms;
 * the ancestor's "1970" and "2038" for "no sale" are not among them (catalog-api.md section 12). */
static bool date_valid(const struct text *text)
{
    static const char form[] = "dddd-dd-dd";
    int month, day;

    if (text->len < 10 || text->len > DATE_CHARS_MAX)
        return false;
    for (int i = 0; i < 10; i++) {
        bool digit = text->ptr[i] >= '0' && text->ptr[i] <= '9';

        if (form[i] == 'd' ? !digit : text->ptr[i] != '-')
            return false;
    }
    month = (text->ptr[5] - '0') * 10 + text->ptr[6] - '0';
    day = (text->ptr[8] - '0') * 10 + text->ptr[9] - '0';
    return month >= 1 && month <= 12 && day >= 1 && day <= 31 &&
           strspn(text->ptr + 10, "0123456789Tt:.+-Zz ") == text->len - 10 &&
           (text->len == 10 || strchr("Tt ", text->ptr[10]));
}

static int by_name(const void *a, const void *b)
{
    const cJSON *const *left = a, *const *right = b;

    return strcmp((*left)->string, (*right)->string);
}

/* An object of strings, as JSON whose names are sorted, so that equal content hashes alike. */
static bool read_map(struct draft *d, const cJSON *item, const char *path, unsigned max_chars,
                     struct text *out)
{
    const cJSON *members[MAP_MEMBERS_MAX], *member;
    char *start = d->maps + d->maps_len;
    size_t count = 0;
    struct sbuf b;

    *out = text_none();
    if (!cJSON_IsObject(item))
        return event_refuse(d, EVENT_FAULT_WRONG_TYPE, path, "must be an object of strings, not %s",
                            event_type_word(item));
    cJSON_ArrayForEach(member, item)
    {
        struct text text;

        if (!event_text(d, member, path, max_chars, &text))
            return false;
        if (text.len == 0)
            continue;
        if (count == MAP_MEMBERS_MAX)
            return event_refuse(d, EVENT_FAULT_TOO_MANY_MEMBERS, path, "has more than %d members",
                                MAP_MEMBERS_MAX);
        members[count++] = member;
    }
    if (count == 0)
        return true; /* empty objects are left out: the API refuses some of them */
    qsort(members, count, sizeof(members[0]), by_name);
    sbuf_init_fixed(&b, start, sizeof(d->maps) - d->maps_len);
    for (size_t i = 0; i < count; i++) {
        sbuf_putc(&b, i ? ',' : '{');
        sbuf_put_json(&b, members[i]->string, strlen(members[i]->string));
        sbuf_putc(&b, ':');
        sbuf_put_json(&b, members[i]->valuestring, strlen(members[i]->valuestring));
    }
    sbuf_putc(&b, '}');
    if (!sbuf_ok(&b))
        return event_refuse(d, EVENT_FAULT_TEXT_TOO_LONG, path,
                            "is too large: all objects together may have %d bytes", EVENT_MAPS_BYTES);
    *out = text_of(start, b.len);
    d->maps_len += b.len; /* without the NUL, so that there is always room for one */
    return true;
}

static bool read_choice(struct draft *d, const cJSON *item, const char *path, const char *const *choices,
                        struct text *out)
{
    unsigned count = 0, choice = UINT32_MAX;

    while (choices[count])
        count++;
    if (!event_choice(d, item, path, choices, count, &choice))
        return false;
    *out = choice < count ? text_of(choices[choice], strlen(choices[choice])) : text_none();
    return true;
}

/* A text that must have a certain form. */
static bool read_formed(struct draft *d, const cJSON *item, const char *path, const struct field_spec *spec,
                        struct text *out)
{
    bool ok;

    if (!event_text(d, item, path, spec->max ? spec->max : UINT32_MAX, out))
        return false;
    if (out->len == 0 || spec->type == FIELD_TEXT)
        return true;
    if (spec->type == FIELD_DATE)
        ok = date_valid(out);
    else
        ok = out->len == 2 && out->ptr[0] >= 'A' && out->ptr[0] <= 'Z' && out->ptr[1] >= 'A' &&
             out->ptr[1] <= 'Z';
    return ok ||
           event_refuse(d, EVENT_FAULT_INVALID_VALUE, path, "must be %s, it is %s",
                        spec->type == FIELD_DATE
                            ? "a date such as 2026-11-22, or with a time such as 2026-11-22T08:00:00+01:00"
                            : "two capital letters (ISO 3166) such as \"IN\"",
                        event_shown(d, out->ptr, out->len));
}

static bool is_empty_string(const cJSON *item)
{
    return cJSON_IsString(item) && item->valuestring[0] == '\0';
}

static bool read_field(struct draft *d, const cJSON *item, const char *path, const struct field_spec *spec,
                       struct event_field *field)
{
    field->text = text_none();
    field->number = 0;
    field->is_number = false;
    switch (spec->type) {
    case FIELD_MONEY:
        field->is_number = true;
        return event_money(d, item, path, &field->text, &field->number);
    case FIELD_INTEGER:
        field->is_number = true;
        return event_integer(d, item, path, 0, spec->max, &field->number);
    case FIELD_URL: return event_url(d, item, path, &field->text);
    case FIELD_CHOICE: return read_choice(d, item, path, spec->choices, &field->text);
    case FIELD_MAP: return read_map(d, item, path, spec->max, &field->text);
    default: return read_formed(d, item, path, spec, &field->text);
    }
}

/* One member of `fields`, put where its row is. present tells which rows are taken. */
static bool take_member(struct draft *d, const cJSON *item, bool present[SPECS])
{
    int spec = find_spec(item->string);
    struct event_field field;
    char path[64];

    if (spec < 0) {
        struct sbuf b;
        char named[sizeof(d->field)];

        if (d->settings->unknown_field_ignored)
            return true;
        sbuf_init_fixed(&b, named, sizeof(named));
        sbuf_puts(&b, "data.fields.");
        sbuf_put_json_inner(&b, item->string, strnlen(item->string, 24));
        return event_refuse(
            d, EVENT_FAULT_UNKNOWN_FIELD, sbuf_str(&b),
            "is no field of the catalog that is known here (unknown.fields=ignore leaves such out)");
    }
    snprintf(path, sizeof(path), "data.fields.%s", item->string);
    if (present[spec])
        return event_refuse(d, EVENT_FAULT_DUPLICATE_KEY, path, "is given twice, under both its names");
    if (cJSON_IsNull(item) || is_empty_string(item))
        return true;
    if (!read_field(d, item, path, &specs[spec], &field))
        return false;
    field.spec = (uint16_t)spec;
    present[spec] = field.is_number || field.text.len > 0;
    d->fields[spec] = field;
    return true;
}

bool event_read_fields(struct draft *d)
{
    const cJSON *fields = d->members[MEMBER_FIELDS], *item;
    struct event_product *p = &d->event.product;
    bool present[SPECS] = {false};

    if (!fields)
        return true;
    if (!cJSON_IsObject(fields))
        return event_refuse(d, EVENT_FAULT_WRONG_TYPE, "data.fields", "must be an object, not %s",
                            event_type_word(fields));
    cJSON_ArrayForEach(item, fields)
    {
        if (!take_member(d, item, present))
            return false;
    }
    for (int i = 0; i < SPECS; i++) {
        if (present[i])
            d->fields[p->field_count++] = d->fields[i];
    }
    p->fields = d->fields;
    return true;
}
