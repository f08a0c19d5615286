/* `fields`: further fields of the API, read and checked under their rows of field_table.h. */
#include "common/assertx.h"
#include "common/event_parts.h"
#include "common/field_form.h"
#include "common/field_table.h"
#include "common/sbuf.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A name of the event's own, as paths and warnings show it, grows sixfold at most when it is escaped. */
enum { NAME_SHOWN_BYTES = 48, PATH_BYTES = 64 + 6 * NAME_SHOWN_BYTES };

static const struct field_spec *row(uint16_t spec)
{
    return field_at(spec);
}

const char *event_field_name(uint16_t spec)
{
    return row(spec)->name;
}

const char *event_field_single_name(uint16_t spec)
{
    return row(spec)->single;
}

const char *event_field_batch_name(uint16_t spec)
{
    return row(spec)->batch;
}

bool event_field_is_money(uint16_t spec)
{
    return row(spec)->type == FIELD_MONEY;
}

bool event_field_is_range(uint16_t spec)
{
    return row(spec)->range;
}

bool event_field_is_json(uint16_t spec)
{
    switch (row(spec)->type) {
    case FIELD_MAP:
    case FIELD_ADDRESS:
    case FIELD_TEXTS:
    case FIELD_URLS: return true;
    default: return false;
    }
}

bool event_field_create_only(uint16_t spec)
{
    return row(spec)->create_only;
}

/* ---- objects and lists, as JSON in d->maps ---- */

static void json_begin(struct draft *d, struct sbuf *b)
{
    sbuf_init_fixed(b, d->maps + d->maps_len, sizeof(d->maps) - d->maps_len);
}

static bool json_end(struct draft *d, const char *path, struct sbuf *b, struct text *out)
{
    if (!sbuf_ok(b))
        return event_refuse(d, EVENT_FAULT_TEXT_TOO_LONG, path,
                            "is too large: all objects and lists together may have %d bytes",
                            EVENT_MAPS_BYTES);
    *out = text_of(b->data, b->len);
    d->maps_len += b->len; /* without the NUL, so that there is always room for one */
    return true;
}

static bool refuse_count(struct draft *d, const char *path)
{
    return event_refuse(d, EVENT_FAULT_TOO_MANY_MEMBERS, path, "has more than %d members", FIELD_MEMBERS_MAX);
}

static int by_name(const void *a, const void *b)
{
    const cJSON *const *left = a, *const *right = b;

    return strcmp((*left)->string, (*right)->string);
}

/* The path of a member, clean whatever its name holds. */
static void member_path(const char *path, const char *name, char out[PATH_BYTES])
{
    struct sbuf b;

    sbuf_init_fixed(&b, out, PATH_BYTES);
    sbuf_puts(&b, path);
    sbuf_putc(&b, '.');
    sbuf_put_json_inner(&b, name, strnlen(name, NAME_SHOWN_BYTES));
}

static bool address_member(struct draft *d, const cJSON *member, const char *path, const struct text *text)
{
    char list[120];
    struct sbuf b;

    sbuf_init_fixed(&b, list, sizeof(list));
    for (size_t i = 0; field_address_members[i]; i++) {
        if (strcmp(field_address_members[i], member->string) == 0) {
            if (field_address_members[i + 1] || text->len == 0 || country_check(text->ptr, text->len))
                return true;
            return event_refuse(d, EVENT_FAULT_INVALID_VALUE, path,
                                "must be a country's code (ISO 3166-1) such as "
                                "\"IN\", it is %s",
                                event_shown(d, text->ptr, text->len));
        }
        sbuf_printf(&b, "%s%s", i ? ", " : "", field_address_members[i]);
    }
    return event_refuse(d, EVENT_FAULT_UNKNOWN_FIELD, path, "is no part of an address; known are %s",
                        sbuf_str(&b));
}

/* An object of texts, as JSON whose names are sorted, so that equal content hashes alike. */
static bool read_map(struct draft *d, const cJSON *item, const char *path, const struct field_spec *spec,
                     struct text *out)
{
    const cJSON *members[FIELD_MEMBERS_MAX], *member;
    char inner[PATH_BYTES];
    size_t count = 0;
    struct sbuf b;

    if (!cJSON_IsObject(item))
        return event_refuse(d, EVENT_FAULT_WRONG_TYPE, path, "must be an object of texts, not %s",
                            event_type_word(item));
    cJSON_ArrayForEach(member, item)
    {
        struct text text;

        member_path(path, member->string, inner);
        if (!event_text(d, member, inner, spec->max, &text) ||
            (spec->type == FIELD_ADDRESS && !address_member(d, member, inner, &text)))
            return false;
        if (text.len == 0)
            continue;
        if (count == FIELD_MEMBERS_MAX)
            return refuse_count(d, path);
        members[count++] = member;
    }
    if (count == 0)
        return true; /* empty objects are left out: the API refuses some of them */
    qsort(members, count, sizeof(members[0]), by_name);
    json_begin(d, &b);
    for (size_t i = 0; i < count; i++) {
        sbuf_putc(&b, i ? ',' : '{');
        sbuf_put_json(&b, members[i]->string, strlen(members[i]->string));
        sbuf_putc(&b, ':');
        sbuf_put_json(&b, members[i]->valuestring, strlen(members[i]->valuestring));
    }
    sbuf_putc(&b, '}');
    return json_end(d, path, &b, out);
}

static bool read_list(struct draft *d, const cJSON *list, const char *path, const struct field_spec *spec,
                      struct text *out)
{
    bool urls = spec->type == FIELD_URLS;
    char inner[PATH_BYTES + 16];
    const cJSON *item;
    int index = 0, count = 0;
    struct sbuf b;

    if (!cJSON_IsArray(list))
        return event_refuse(d, EVENT_FAULT_WRONG_TYPE, path, "must be a list of %s, not %s",
                            urls ? "URLs" : "texts", event_type_word(list));
    json_begin(d, &b);
    cJSON_ArrayForEach(item, list)
    {
        struct text text;

        snprintf(inner, sizeof(inner), "%s[%d]", path, index++);
        if (urls ? !event_url(d, item, inner, &text) : !event_text(d, item, inner, spec->max, &text))
            return false;
        if (text.len == 0)
            continue;
        if (count == FIELD_MEMBERS_MAX)
            return refuse_count(d, path);
        sbuf_putc(&b, count++ ? ',' : '[');
        if (urls)
            sbuf_puts(&b, "{\"url\":");
        sbuf_put_json(&b, text.ptr, text.len);
        if (urls)
            sbuf_putc(&b, '}');
    }
    if (count == 0)
        return true;
    sbuf_putc(&b, ']');
    return json_end(d, path, &b, out);
}

/* ---- texts that must have a certain form ---- */

static bool check_gtin(struct draft *d, const char *path, const struct text *text)
{
    char expected = '0';

    switch (gtin_check(text->ptr, text->len, &expected)) {
    case GTIN_OK: return true;
    case GTIN_CHARACTER:
        return event_refuse(d, EVENT_FAULT_INVALID_VALUE, path,
                            "must be digits only, without spaces or hyphens, it is %s",
                            event_shown(d, text->ptr, text->len));
    case GTIN_LENGTH:
        return event_refuse(d, EVENT_FAULT_INVALID_VALUE, path, "must have 8, 12, 13 or 14 digits, it has %u",
                            text->len);
    case GTIN_CHECK_DIGIT:
        return event_refuse(d, EVENT_FAULT_INVALID_VALUE, path,
                            "is %s, whose check digit (the last) should be %c: a digit is mistyped",
                            event_shown(d, text->ptr, text->len), expected);
    }
    UNREACHABLE("gtin fault");
}

static bool check_form(struct draft *d, const char *path, enum field_type type, const struct text *text)
{
    int64_t unix_us;
    bool is_day;

    if (type == FIELD_GTIN)
        return check_gtin(d, path, text);
    if (type == FIELD_DATE && !date_check(text->ptr, text->len, &unix_us, &is_day))
        return event_refuse(
            d, EVENT_FAULT_INVALID_VALUE, path,
            "must be a day that exists, such as 2026-11-22, or one with time and offset, such as "
            "2026-11-22T08:00:00+01:00; it is %s",
            event_shown(d, text->ptr, text->len));
    if (type == FIELD_COUNTRY && !country_check(text->ptr, text->len))
        return event_refuse(
            d, EVENT_FAULT_INVALID_VALUE, path,
            "must be a country's code (two capital letters of ISO 3166-1) such as \"IN\", it is %s",
            event_shown(d, text->ptr, text->len));
    return true;
}

static bool read_formed(struct draft *d, const cJSON *item, const char *path, const struct field_spec *spec,
                        struct text *out)
{
    return event_text(d, item, path, spec->max ? spec->max : UINT32_MAX, out) &&
           (out->len == 0 || check_form(d, path, spec->type, out));
}

static bool read_choice(struct draft *d, const cJSON *item, const char *path, const char *const *choices,
                        struct text *out)
{
    unsigned count = 0, choice = UINT32_MAX;

    while (choices[count])
        count++;
    if (!event_choice(d, item, path, choices, count, &choice))
        return false;
    if (choice < count)
        *out = text_of(choices[choice], strlen(choices[choice]));
    return true;
}

/* ---- one field ---- */

static bool read_field(struct draft *d, const cJSON *item, const char *path, const struct field_spec *spec,
                       struct event_field *field)
{
    field->text = text_none();
    field->number = 0;
    field->is_number = spec->type == FIELD_MONEY || spec->type == FIELD_INTEGER;
    switch (spec->type) {
    case FIELD_MONEY: return event_money(d, item, path, &field->text, &field->number);
    case FIELD_INTEGER: return event_integer(d, item, path, 0, spec->max, &field->number);
    case FIELD_URL: return event_url(d, item, path, &field->text);
    case FIELD_CHOICE: return read_choice(d, item, path, spec->choices, &field->text);
    case FIELD_MAP:
    case FIELD_ADDRESS: return read_map(d, item, path, spec, &field->text);
    case FIELD_TEXTS:
    case FIELD_URLS: return read_list(d, item, path, spec, &field->text);
    case FIELD_TEXT:
    case FIELD_DATE:
    case FIELD_COUNTRY:
    case FIELD_GTIN: return read_formed(d, item, path, spec, &field->text);
    }
    UNREACHABLE("field type");
}

/* Notes the name of a field that is left out, for the result's warnings, as far as there is room. */
static void leave_out(struct draft *d, const char *name)
{
    struct sbuf b;

    sbuf_init_fixed(&b, d->left_out + d->left_out_len, sizeof(d->left_out) - d->left_out_len);
    if (d->left_out_len)
        sbuf_puts(&b, ", ");
    sbuf_put_json_inner(&b, name, strnlen(name, NAME_SHOWN_BYTES));
    if (sbuf_ok(&b))
        d->left_out_len += b.len;
    d->event.left_out = text_of(d->left_out, d->left_out_len);
}

static bool unknown_field(struct draft *d, const char *name)
{
    const char *elsewhere = field_elsewhere(name);
    char path[PATH_BYTES];
    struct sbuf b;

    if (d->settings->unknown_field_ignored) {
        leave_out(d, name);
        return true;
    }
    sbuf_init_fixed(&b, path, sizeof(path));
    sbuf_puts(&b, "data.fields.");
    sbuf_put_json_inner(&b, name, strnlen(name, NAME_SHOWN_BYTES));
    if (elsewhere)
        return event_refuse(d, EVENT_FAULT_UNKNOWN_FIELD, sbuf_str(&b),
                            "is no further field: give it as data.%s", elsewhere);
    return event_refuse(
        d, EVENT_FAULT_UNKNOWN_FIELD, sbuf_str(&b),
        "is no field of the catalog that is known here: see docs/fields.md (unknown.fields=ignore leaves "
        "such out)");
}

static bool is_empty_string(const cJSON *item)
{
    return cJSON_IsString(item) && item->valuestring[0] == '\0';
}

/* One member of `fields`, put where its row is. present tells which rows are taken. */
static bool take_member(struct draft *d, const cJSON *item, bool present[EVENT_FIELDS_MAX])
{
    int spec = field_find(item->string);
    struct event_field field;
    char path[PATH_BYTES];

    if (spec < 0)
        return unknown_field(d, item->string);
    snprintf(path, sizeof(path), "data.fields.%s", item->string);
    if (cJSON_IsNull(item) || is_empty_string(item))
        return true;
    if (present[spec])
        return event_refuse(d, EVENT_FAULT_DUPLICATE_KEY, path, "is given twice, under two of its names");
    if (!read_field(d, item, path, row((uint16_t)spec), &field))
        return false;
    field.spec = (uint16_t)spec;
    present[spec] = field.is_number || field.text.len > 0;
    d->fields[spec] = field;
    return true;
}

/* A sale's end must not be before its start; a day given alone lasts until it is over. */
static bool check_sale(struct draft *d, const bool present[EVENT_FIELDS_MAX])
{
    const int64_t day_us = INT64_C(24) * 60 * 60 * 1000000;
    int start = field_find("sale_price_start_date"), end = field_find("sale_price_end_date");
    const struct text *from, *to;
    int64_t from_us, to_us;
    bool is_day;

    if (!present[start] || !present[end])
        return true;
    from = &d->fields[start].text;
    to = &d->fields[end].text;
    ASSERT(date_check(from->ptr, from->len, &from_us, &is_day));
    ASSERT(date_check(to->ptr, to->len, &to_us, &is_day));
    if (is_day ? to_us + day_us > from_us : to_us >= from_us)
        return true;
    return event_refuse(d, EVENT_FAULT_INVALID_VALUE, "data.fields.sale_price_end_date",
                        "is %s, before the sale starts", event_shown(d, to->ptr, to->len));
}

bool event_read_fields(struct draft *d)
{
    const cJSON *fields = d->members[MEMBER_FIELDS], *item;
    struct event_product *p = &d->event.product;
    bool present[EVENT_FIELDS_MAX] = {false};

    ASSERT(field_count() <= EVENT_FIELDS_MAX);
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
    if (!check_sale(d, present))
        return false;
    for (size_t i = 0; i < field_count(); i++) {
        if (present[i])
            d->fields[p->field_count++] = d->fields[i];
    }
    p->fields = d->fields;
    return true;
}
