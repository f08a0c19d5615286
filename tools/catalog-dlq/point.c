#include "point.h"

#include "edit.h"
#include "jsonspan.h"

#include "common/jsonscan.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { DEPTH = 64 };

/* What the API calls a field, and what the event calls it. The longer names stand first. */
static const struct {
    const char *api, *event;
} names[] = {
    {"additional_image_urls", "data.additional_image_links"},
    {"additional_image_link", "data.additional_image_links"},
    {"image_url", "data.image_link"},
    {"image_link", "data.image_link"},
    {"retailer_id", "data.sku"},
    {"sale_price", "data.fields.sale_price"},
    {"availability", "data.stock_quantity"},
    {"inventory", "data.stock_quantity"},
    {"description", "data.description"},
    {"visibility", "data.visibility"},
    {"condition", "data.condition"},
    {"category", "data.category"},
    {"currency", "data.currency"},
    {"product_id", "data.product_id"},
    {"version", "data.version"},
    {"image", "data.image_link"},
    {"brand", "data.brand"},
    {"price", "data.price"},
    {"title", "data.name"},
    {"name", "data.name"},
    {"link", "data.link"},
    {"url", "data.link"},
    {"sku", "data.sku"},
};

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static bool has_word(struct bytes text, const char *word)
{
    size_t len = strlen(word);

    for (size_t i = 0; text.ptr && i + len <= text.len; i++)
        if (strncasecmp(text.ptr + i, word, len) == 0 && (i == 0 || !is_word(text.ptr[i - 1])) &&
            (i + len == text.len || !is_word(text.ptr[i + len])))
            return true;
    return false;
}

static const char *field_in(struct bytes message)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (has_word(message, names[i].api))
            return names[i].event;
    return NULL;
}

static void copy(char out[POINT_TEXT_SIZE], const char *text, size_t len)
{
    snprintf(out, POINT_TEXT_SIZE, "%.*s", (int)(len < POINT_TEXT_SIZE ? len : POINT_TEXT_SIZE - 1), text);
}

/* Where the field stands; binary mode has no "data." around it. */
static void locate(const struct letter *letter, struct bytes value, struct point *out)
{
    const char *path = out->field;
    struct jsonspan span;

    if (edit_is_binary(letter)) {
        if (strncmp(path, "data.", 5) != 0)
            return; /* an attribute: in a header */
        path += 5;
    }
    jsonspan_find(value.ptr, value.len, path, &span);
    out->known = true;
    out->missing = !span.found;
    out->from = span.from;
    out->to = span.found ? span.to : span.from + 1;
}

/* The worker's own messages begin with the field's path. */
static size_t leading_path(struct bytes message)
{
    size_t len = 0;

    if (!message.ptr || message.len < 5 || strncmp(message.ptr, "data", 4) != 0 ||
        (message.ptr[4] != '.' && message.ptr[4] != '['))
        return 0;
    while (len < message.len && (is_word(message.ptr[len]) || strchr(".[]-", message.ptr[len])))
        len++;
    return len;
}

static void point_by_words(struct bytes message, struct bytes user_message, struct point *out)
{
    const char *field = field_in(message);

    if (!field)
        field = field_in(user_message);
    if (field)
        copy(out->field, field, strlen(field));
    copy(out->words, message.ptr ? message.ptr : "", message.ptr ? message.len : 0);
}

void point_find(const struct judge *judge, const struct letter *letter, struct point *out)
{
    struct bytes value = letter_replay_value(letter), message = letter->fields[DLQ_MESSAGE];
    struct event *event = judge_decode(judge, letter, value);
    struct jsonscan scan;

    *out = (struct point){.is_json = value.ptr && jsonscan(value.ptr, value.len, DEPTH, NULL, &scan)};
    out->valid_now = event && event->kind != EVENT_BROKEN;
    if (event && !out->valid_now)
        copy(out->now, event->broken.message.ptr, event->broken.message.len);
    if (leading_path(message) > 0) {
        copy(out->field, message.ptr, leading_path(message));
        copy(out->words, message.ptr, message.len);
    } else if (event && !out->valid_now && letter->code == 0) {
        copy(out->field, event->broken.field.ptr, event->broken.field.len);
        copy(out->words, event->broken.message.ptr, event->broken.message.len);
    } else {
        point_by_words(message, letter->fields[DLQ_USER_MESSAGE], out);
    }
    event_free(event);
    if (!value.ptr)
        return;
    if (out->is_json && out->field[0])
        locate(letter, value, out);
    else if (!out->is_json && value.len > 0) {
        out->known = true;
        out->from = scan.offset < value.len ? scan.offset : value.len - 1;
        out->to = out->from + 1;
    }
}
