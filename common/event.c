/* From record to event: the order of the checks, the hashes, and the one block of memory that comes out. */
#include "common/event.h"

#include "common/apibody.h"
#include "common/assertx.h"
#include "common/event_parts.h"
#include "common/hash128.h"
#include "common/jsonscan.h"
#include "common/sbuf.h"
#include "common/utf8.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void event_settings_init(struct event_settings *settings)
{
    static const struct event_catalog only[] = {{.name = "default"}};

    *settings = (struct event_settings){
        .catalogs = only,
        .catalog_count = 1,
        .default_catalog = "default",
        .version_source = EVENT_VERSION_DATA,
        .version_ahead_max_ms = INT64_C(24) * 60 * 60 * 1000,
        .value_max_bytes = 1 << 20,
        .depth_max = 64,
        .name_max_chars = 255,
    };
}

const char *event_shown(struct draft *d, const void *bytes, size_t len)
{
    enum { SHOWN_BYTES = 40 }; /* escaped at most six times as long */
    struct sbuf b;

    sbuf_init_fixed(&b, d->shown, sizeof(d->shown));
    sbuf_put_json(&b, bytes, len > SHOWN_BYTES ? SHOWN_BYTES : len);
    if (len > SHOWN_BYTES)
        sbuf_puts(&b, "...");
    return sbuf_str(&b);
}

/* A text that may have been cut, without the half of a character at its end. */
static struct text whole_characters(char *text)
{
    size_t len = utf8_valid_up_to(text, strlen(text));

    text[len] = '\0';
    return text_of(text, len);
}

bool event_refuse(struct draft *d, enum event_fault fault, const char *field, const char *format, ...)
{
    struct event_broken *broken = &d->event.broken;
    va_list args;
    int len;

    if (broken->fault != EVENT_FAULT_NONE)
        return false;
    snprintf(d->field, sizeof(d->field), "%s", field);
    broken->fault = fault;
    broken->field = whole_characters(d->field);
    len = snprintf(d->message, sizeof(d->message), "%s%s", d->field, d->field[0] ? " " : "");
    va_start(args, format);
    vsnprintf(d->message + len, sizeof(d->message) - (size_t)len, format, args);
    va_end(args);
    broken->message = whole_characters(d->message);
    return false;
}

/* ---- hashes ---- */

static void hash_event(struct event *e, const struct event_record *record)
{
    if (e->has_product && e->catalog.len)
        e->product_key = hash128_parts(HASH_PRODUCT, e->catalog.ptr, e->catalog.len, e->product_id.ptr,
                                       e->product_id.len, 0);
    if (e->has_sku && e->catalog.len)
        e->sku_key = hash128_parts(HASH_SKU, e->catalog.ptr, e->catalog.len, e->sku.ptr, e->sku.len, 0);
    if (e->has_identity)
        e->identity =
            hash128_parts(HASH_IDENTITY, e->source.ptr, e->source.len, e->id.ptr, e->id.len, e->replays);
    else
        e->identity = hash128_parts(HASH_RECORD, record->topic, strlen(record->topic), NULL, 0,
                                    (uint64_t)record->partition << 48 ^ (uint64_t)record->offset);
    if (event_is_upsert(e))
        e->content_hash = apibody_content_hash(e);
}

/* ---- one block ---- */

/* Every text of an event, so that measuring and copying cannot differ. */
static const size_t text_places[] = {
    offsetof(struct event, broken.field),
    offsetof(struct event, broken.message),
    offsetof(struct event, id),
    offsetof(struct event, source),
    offsetof(struct event, type),
    offsetof(struct event, traceparent),
    offsetof(struct event, catalog),
    offsetof(struct event, product_id),
    offsetof(struct event, sku),
    offsetof(struct event, catalog_id),
    offsetof(struct event, left_out),
    offsetof(struct event, product.name),
    offsetof(struct event, product.description),
    offsetof(struct event, product.brand),
    offsetof(struct event, product.category),
    offsetof(struct event, product.url),
    offsetof(struct event, product.image_url),
    offsetof(struct event, product.price_text),
};

enum { TEXT_PLACES = sizeof(text_places) / sizeof(text_places[0]) };

static struct text *text_at(struct event *e, size_t place)
{
    return (struct text *)(void *)((char *)e + text_places[place]);
}

static void copy_text(struct text *text, char **to)
{
    if (text->len == 0) {
        *text = text_none();
        return;
    }
    memcpy(*to, text->ptr, text->len);
    (*to)[text->len] = '\0';
    text->ptr = *to;
    *to += text->len + 1;
}

static size_t texts_bytes(struct event *e)
{
    const struct event_product *p = &e->product;
    size_t bytes = 0;

    for (size_t i = 0; i < TEXT_PLACES; i++)
        bytes += text_at(e, i)->len + 1;
    for (uint32_t i = 0; i < p->more_image_count; i++)
        bytes += p->more_images[i].len + 1;
    for (uint32_t i = 0; i < p->field_count; i++)
        bytes += p->fields[i].text.len + 1;
    return bytes;
}

/* Copies the draft's event with all that it points to into one block; NULL: no memory. */
static struct event *pack(struct event *draft)
{
    struct event_product *p = &draft->product;
    size_t images_bytes = p->more_image_count * sizeof(struct text);
    size_t fields_bytes = p->field_count * sizeof(struct event_field);
    size_t size_bytes = sizeof(struct event) + images_bytes + fields_bytes + texts_bytes(draft);
    struct event *e = malloc(size_bytes);
    struct text *images;
    struct event_field *fields;
    char *to;

    if (!e)
        return NULL;
    *e = *draft;
    e->size_bytes = size_bytes;
    images = (struct text *)(void *)(e + 1);
    fields = (struct event_field *)(void *)((char *)images + images_bytes);
    to = (char *)fields + fields_bytes;
    for (size_t i = 0; i < TEXT_PLACES; i++)
        copy_text(text_at(e, i), &to);
    for (uint32_t i = 0; i < p->more_image_count; i++) {
        images[i] = p->more_images[i];
        copy_text(&images[i], &to);
    }
    for (uint32_t i = 0; i < p->field_count; i++) {
        fields[i] = p->fields[i];
        copy_text(&fields[i].text, &to);
    }
    e->product.more_images = p->more_image_count ? images : NULL;
    e->product.fields = p->field_count ? fields : NULL;
    ASSERT((size_t)(to - (char *)e) <= size_bytes);
    return e;
}

void event_free(struct event *event)
{
    free(event);
}

/* ---- the order of things ---- */

/* A record with a value. Every part is read as far as it goes, so that the failure can name the product. */
static void read_record(struct draft *d)
{
    struct event *e = &d->event;

    if (!event_read_mode(d) && e->broken.fault != EVENT_FAULT_NOT_A_CLOUD_EVENT)
        return;
    if (event_is_refused(d)) { /* no mode: the value may still tell which product it is about */
        e->structured = memmem(d->record->value, d->record->value_len, "\"specversion\"", 13) != NULL;
        d->json_expected = true;
    } else if (!e->structured) {
        event_read_binary(d);
        event_read_kind(d);
    }
    if (!event_parse_value(d))
        return;
    if (e->structured) {
        if (cJSON_IsObject(d->json))
            event_read_structured(d);
        event_read_kind(d);
    }
    event_read_data(d);
    if (!d->data)
        return;
    event_read_identity(d);
    if (event_is_upsert(e) && e->is_active && e->has_sku && !event_is_refused(d))
        event_read_product(d);
}

/* Adds the byte where the refused value begins to what is known of it, for values inside of JSON that could
 * be parsed. */
static void name_byte(struct draft *d)
{
    static const char data[] = "data";
    struct event_broken *broken = &d->event.broken;
    const char *path = d->field;
    size_t at, len = strlen(d->message);

    if (broken->offset >= 0 || !d->json || path[0] == '\0')
        return;
    if (!d->event
             .structured) { /* the value is `data` itself; what is no part of it is a header, or the key */
        if (strncmp(path, data, sizeof(data) - 1) != 0 || !strchr(".[", path[sizeof(data) - 1]))
            return;
        path += sizeof(data) - 1;
        path += *path == '.';
    }
    at = jsonscan_find(d->record->value, d->record->value_len, path);
    if (at == SIZE_MAX)
        return; /* missing */
    broken->offset = (int64_t)at;
    snprintf(d->message + len, sizeof(d->message) - len, " (byte %zu of the value)", at);
    broken->message = whole_characters(d->message);
}

/* A type that is not ours is skipped whatever its data holds, unless it cannot even be told which type it is.
 */
static void settle_kind(struct draft *d)
{
    struct event *e = &d->event;

    if (e->kind == EVENT_UNKNOWN_TYPE && e->type.len && !d->settings->unknown_type_fails) {
        e->broken = (struct event_broken){.fault = EVENT_FAULT_NONE, .offset = -1};
        return;
    }
    if (!event_is_refused(d))
        return;
    name_byte(d);
    e->kind = EVENT_BROKEN;
    e->has_body = false;
    e->product.more_image_count = 0;
    e->product.field_count = 0;
}

static void init_draft(struct draft *d, const struct event_record *record,
                       const struct event_settings *settings)
{
    d->record = record;
    d->settings = settings;
    d->event = (struct event){
        .kind = EVENT_BROKEN,
        .broken.offset = -1,
        .time_ms = -1,
        .catalog_index = -1,
        .is_active = true,
    };
    d->json = NULL;
    jsontree_init(&d->tree);
    d->data = NULL;
    d->time_us = -1;
    d->json_expected = false;
    d->maps_len = d->left_out_len = 0;
    d->field[0] = d->message[0] = d->shown[0] = '\0';
    memset(d->headers, 0, sizeof(d->headers));
    memset(d->members, 0, sizeof(d->members));
}

int event_decode(const struct event_record *record, const struct event_settings *settings, struct event **out)
{
    struct draft d; /* 24 KiB, mostly filled only when needed */

    ASSERT(settings->depth_max > 0 && settings->depth_max <= JSONSCAN_DEPTH_MAX);
    init_draft(&d, record, settings);
    event_read_headers(&d);
    if (record->value)
        read_record(&d);
    else
        event_read_tombstone(&d);
    settle_kind(&d);
    ASSERT(d.event.kind != EVENT_BROKEN || event_is_refused(&d));
    hash_event(&d.event, record);
    *out = pack(&d.event);
    jsontree_free(&d.tree);
    return *out ? 0 : -1;
}
