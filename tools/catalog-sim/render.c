#include "render.h"

#include "sim.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum derived {
    D_ID = -1,
    D_RETAILER_ID = -2,
    D_IMAGE_STATUS = -3,
    D_REVIEW = -4,
    D_ERRORS = -5,
    D_GROUP = -6,
    D_CATALOG = -7
};

static const struct {
    const char *name;
    enum derived derived;
} derived_fields[] = {
    {"id", D_ID},
    {"retailer_id", D_RETAILER_ID},
    {"image_fetch_status", D_IMAGE_STATUS},
    {"review_status", D_REVIEW},
    {"errors", D_ERRORS},
    {"product_group", D_GROUP},
    {"product_catalog", D_CATALOG},
};

#define DERIVED_COUNT (sizeof derived_fields / sizeof derived_fields[0])

static bool find_name(const char *name, int *out)
{
    int field = field_by_name(name);
    if (field >= 0) {
        *out = field;
        return true;
    }
    for (size_t i = 0; i < DERIVED_COUNT; i++) {
        if (strcmp(derived_fields[i].name, name) == 0) {
            *out = derived_fields[i].derived;
            return true;
        }
    }
    return false;
}

/* Length of one entry: up to a comma outside of braces. */
static size_t entry_len(const char *s)
{
    int depth = 0;
    size_t n = 0;
    for (; s[n] && (depth > 0 || s[n] != ','); n++)
        depth += s[n] == '{' ? 1 : s[n] == '}' ? -1 : 0;
    return n;
}

const char *field_list_parse(struct field_list *list, const char *fields)
{
    static char message[160];
    list->count = 0;
    if (!fields)
        fields = "id,retailer_id,name";
    while (*fields) {
        size_t len = entry_len(fields), name_len = strcspn(fields, "{, ");
        char name[64] = {0};
        if (name_len > len)
            name_len = len;
        memcpy(name, fields, name_len < sizeof name ? name_len : sizeof name - 1);
        fields += len + (fields[len] == ',');
        if (name[0] == '\0')
            continue;
        int found;
        if (!find_name(name, &found)) {
            snprintf(message, sizeof message,
                     "(#100) Tried accessing nonexisting field (%s) on node type (ProductItem)", name);
            return message;
        }
        if (found != D_ID && list->count < ASKED_MAX)
            list->asked[list->count++] = found;
    }
    return NULL;
}

const char *item_image_status(const struct sim *sim, const struct item *item)
{
    if (sim_now_us() < item->image_us + (uint64_t)sim->knobs.image_fetch_ms * 1000)
        return item->image_us > item->created_us ? "OUTDATED" : "NO_STATUS";
    return (double)(item->chance % 10000) < sim->knobs.image_fail_percent * 100 ? "FETCH_FAILED" : "FETCHED";
}

const char *item_review_status(const struct sim *sim, const struct item *item)
{
    if (sim_now_us() < item->created_us + (uint64_t)sim->knobs.review_ms * 1000)
        return "pending";
    return (double)(item->chance / 10000 % 10000) < sim->knobs.review_reject_percent * 100 ? "rejected"
                                                                                           : "approved";
}

bool item_field_plain(const struct item *item, int field, char *out, size_t out_size)
{
    const char *json = item->fields[field];
    if (!json || json[0] != '"')
        return false;
    cJSON *parsed = strchr(json, '\\') ? cJSON_Parse(json) : NULL;
    const char *s = parsed ? cJSON_GetStringValue(parsed) : json + 1;
    size_t len = s ? strlen(s) - (parsed ? 0 : 1) : 0;
    bool ok = s && len < out_size;
    if (ok) {
        memcpy(out, s, len);
        out[len] = '\0';
    }
    cJSON_Delete(parsed);
    return ok;
}

static void render_price(struct text *out, const struct sim *sim, const struct item *item, const char *json)
{
    char currency[8] = "";
    struct text plain = {0};
    item_field_plain(item, FIELD_CURRENCY, currency, sizeof currency);
    price_text(&plain, strtoll(json, NULL, 10), currency,
               sim->knobs.price_zero_decimal == ZERO_DECIMAL_CENTS);
    text_json(out, plain.at);
    text_free(&plain);
}

static void render_errors(struct text *out, const struct sim *sim, const struct item *item)
{
    text_char(out, '[');
    if (strcmp(item_image_status(sim, item), "FETCH_FAILED") == 0)
        text_str(out, "{\"title\":\"Image not fetched\",\"description\":\"The image could not be fetched "
                      "from its URL.\","
                      "\"error_type\":\"IMAGE_FETCH_FAILED\",\"error_priority\":\"HIGH\"}");
    if (item->fields[FIELD_PRICE] && strcmp(item->fields[FIELD_PRICE], "0") == 0)
        text_fmt(out,
                 "%s{\"title\":\"Price is zero\",\"description\":\"The price must be greater than zero.\","
                 "\"error_type\":\"ITEM_PRICE_NOT_POSITIVE\",\"error_priority\":\"HIGH\"}",
                 out->at[out->len - 1] == '[' ? "" : ",");
    text_char(out, ']');
}

static void render_derived(struct text *out, const struct sim *sim, const struct item *item, int which)
{
    switch (which) {
    case D_RETAILER_ID:
        text_key(out, "retailer_id");
        text_json(out, item->subject->retailer_id);
        break;
    case D_IMAGE_STATUS: text_fmt(out, ",\"image_fetch_status\":\"%s\"", item_image_status(sim, item)); break;
    case D_REVIEW: text_fmt(out, ",\"review_status\":\"%s\"", item_review_status(sim, item)); break;
    case D_ERRORS:
        text_key(out, "errors");
        render_errors(out, sim, item);
        break;
    case D_GROUP: text_fmt(out, ",\"product_group\":{\"id\":\"9%s\"}", item->id); break;
    default: text_fmt(out, ",\"product_catalog\":{\"id\":\"%s\"}", item->subject->catalog->id); break;
    }
}

void render_item(struct text *out, const struct sim *sim, const struct item *item,
                 const struct field_list *list)
{
    text_fmt(out, "{\"id\":\"%s\"", item->id);
    for (int i = 0; i < list->count; i++) {
        int field = list->asked[i];
        if (field < 0) {
            render_derived(out, sim, item, field);
            continue;
        }
        const char *json = item->fields[field];
        if (!json)
            continue;
        text_key(out, field_defs[field].name);
        if (field == FIELD_PRICE || field == FIELD_SALE_PRICE)
            render_price(out, sim, item, json);
        else
            text_str(out, json);
    }
    text_char(out, '}');
}
