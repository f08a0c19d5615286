#include "batch_fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum batch_type {
    TYPE_TEXT,
    TYPE_WHOLE,
    TYPE_URI,
    TYPE_ENUM,
    TYPE_MONEY,
    TYPE_COUNTRY,
    TYPE_DATE,
    TYPE_RANGE,  /* "start/end" */
    TYPE_TEXTS,  /* a list */
    TYPE_LINKS,  /* a list of URIs */
    TYPE_MEDIA,  /* a list of {"url", "tag"} */
    TYPE_OBJECT, /* of texts */
};

struct batch_field {
    const char *name;
    const char *item_name; /* of the item's field: the single edge's name; NULL: the same */
    enum batch_type type;
    uint32_t max;       /* characters; of a number, its greatest value; of links and media, their number */
    const char *values; /* of an enum, separated by '|' */
    bool required;      /* by a new item */
};

#define TEXT(n, most)                                                                                        \
    {                                                                                                        \
        n, NULL, TYPE_TEXT, most, NULL, false                                                                \
    }
#define WHOLE(n, most)                                                                                       \
    {                                                                                                        \
        n, NULL, TYPE_WHOLE, most, NULL, false                                                               \
    }
#define INT_MOST   2147483647u
#define LIST_MOST  20 /* members of a list or object without a documented bound */
#define IMAGE_MOST 21

/* Names, types and bounds: catalog-api.md section 4, then the product feed's fields of the same names. */
static const struct batch_field defs[] = {
    {"title", "name", TYPE_TEXT, 100, NULL, true},
    {"description", NULL, TYPE_TEXT, 5000, NULL, true},
    {"availability", NULL, TYPE_ENUM, 0, "in stock|out of stock|available for order|discontinued", true},
    {"brand", NULL, TYPE_TEXT, 0, NULL, true},
    {"condition", NULL, TYPE_ENUM, 0, "new|refurbished|used", true},
    {"link", "url", TYPE_URI, 0, NULL, true},
    {"price", NULL, TYPE_MONEY, 0, NULL, true},
    {"image", "image_url", TYPE_MEDIA, IMAGE_MOST, NULL, true},
    {"image_link", "image_url", TYPE_URI, 0, NULL, false},
    {"additional_image_link", "additional_image_urls", TYPE_LINKS, 50, NULL, false},
    {"visibility", NULL, TYPE_ENUM, 0, "published|hidden|staging", false},
    {"google_product_category", "category", TYPE_TEXT, 0, NULL, false},
    TEXT("fb_product_category", 750),
    TEXT("product_type", 750),
    {"item_group_id", "retailer_product_group_id", TYPE_TEXT, 100, NULL, false},
    {"sale_price", NULL, TYPE_MONEY, 0, NULL, false},
    {"sale_price_effective_date", "sale_price_start_date", TYPE_RANGE, 0, NULL, false},
    WHOLE("quantity_to_sell_on_facebook", INT_MOST),
    WHOLE("inventory", INT_MOST),
    {"mpn", "manufacturer_part_number", TYPE_TEXT, 100, NULL, false},
    TEXT("gtin", 14),
    {"expiration_date", NULL, TYPE_DATE, 0, NULL, false},
    {"launch_date", NULL, TYPE_DATE, 0, NULL, false},
    TEXT("custom_label_0", 100),
    TEXT("custom_label_1", 100),
    TEXT("custom_label_2", 100),
    TEXT("custom_label_3", 100),
    TEXT("custom_label_4", 100),
    WHOLE("custom_number_0", UINT32_MAX),
    WHOLE("custom_number_1", UINT32_MAX),
    WHOLE("custom_number_2", UINT32_MAX),
    WHOLE("custom_number_3", UINT32_MAX),
    WHOLE("custom_number_4", UINT32_MAX),
    {"internal_label", NULL, TYPE_TEXTS, 110, NULL, false},
    {"disabled_capabilities", NULL, TYPE_TEXTS, 64, NULL, false},
    {"origin_country", NULL, TYPE_COUNTRY, 0, NULL, false},
    TEXT("importer_name", 500),
    {"importer_address", NULL, TYPE_OBJECT, 500, NULL, false},
    TEXT("manufacturer_info", 500),
    {"wa_compliance_category", NULL, TYPE_ENUM, 0, "DEFAULT|COUNTRY_ORIGIN_EXEMPT", false},
    {"mobile_link", NULL, TYPE_URI, 0, NULL, false},
    {"video", NULL, TYPE_MEDIA, LIST_MOST, NULL, false},
    TEXT("color", 200),
    TEXT("size", 200),
    TEXT("material", 200),
    TEXT("pattern", 200),
    {"gender", NULL, TYPE_ENUM, 0, "female|male|unisex", false},
    {"age_group", NULL, TYPE_ENUM, 0, "adult|all ages|infant|kids|newborn|teen|toddler", false},
    TEXT("short_description", 5000),
    TEXT("rich_text_description", 5000),
    TEXT("commerce_tax_category", 100),
    {"additional_variant_attribute", "additional_variant_attributes", TYPE_OBJECT, 200, NULL, false},
};

enum { DEFS = sizeof defs / sizeof defs[0] };

static int field_of(const struct batch_field *def)
{
    return field_by_name(def->item_name ? def->item_name : def->name);
}

static void put(struct batch_values *values, int field, char *json)
{
    free(values->fields.json[field]);
    values->fields.json[field] = json;
}

static void put_text(struct batch_values *values, int field, const char *s)
{
    struct text json = {0};
    text_json(&json, s);
    put(values, field, json.at);
}

static void put_json(struct batch_values *values, int field, const cJSON *value)
{
    char *printed = cJSON_PrintUnformatted(value);
    put(values, field, copy_str(printed ? printed : "null"));
    cJSON_free(printed);
}

static const char *too_long(uint32_t max)
{
    static char what[64];
    snprintf(what, sizeof what, "must be at most %u characters long", max);
    return what;
}

static const char *read_money(struct batch_values *values, const struct batch_field *def, const char *s,
                              bool cents_always)
{
    bool sale = def->name[0] == 's';
    int64_t minor_units;
    char digits[24];
    const char *why =
        price_parse(s, cents_always, &minor_units, sale ? values->sale_currency : values->currency);
    if (why)
        return why;
    snprintf(digits, sizeof digits, "%lld", (long long)minor_units);
    put(values, sale ? FIELD_SALE_PRICE : FIELD_PRICE, copy_str(digits));
    if (!sale)
        put_text(values, FIELD_CURRENCY, values->currency);
    return NULL;
}

static const char *read_range(struct batch_values *values, const char *s)
{
    const char *slash = strchr(s, '/');
    char *start = copy_mem(s, slash ? (size_t)(slash - s) : 0);
    bool ok = slash && field_is_date(start) && field_is_date(slash + 1);
    if (ok) {
        put_text(values, field_by_name("sale_price_start_date"), start);
        put_text(values, field_by_name("sale_price_end_date"), slash + 1);
    }
    free(start);
    return ok ? NULL : "must be two dates with a slash between them";
}

/* A value that is a JSON string. */
static const char *read_text(struct batch_values *values, const struct batch_field *def, const char *s,
                             bool cents_always)
{
    switch (def->type) {
    case TYPE_MONEY: return read_money(values, def, s, cents_always);
    case TYPE_RANGE: return read_range(values, s);
    case TYPE_URI:
        if (!field_is_uri(s))
            return "must be an absolute URI";
        break;
    case TYPE_ENUM:
        if (!field_in_list(def->values, s))
            return "is not one of the values it may have";
        break;
    case TYPE_COUNTRY:
        if (strlen(s) != 2 || strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 2)
            return "must be an ISO 3166-1 country code";
        break;
    case TYPE_DATE:
        if (!field_is_date(s))
            return "must be a date";
        break;
    default:
        if (def->max && field_chars(s) > def->max)
            return too_long(def->max);
        break;
    }
    if (s[0] == '\0' && def->required)
        return "must not be empty";
    bool hidden = field_of(def) == FIELD_VISIBILITY && strcmp(s, "hidden") == 0;
    put_text(values, field_of(def), hidden ? "staging" : s);
    return NULL;
}

static const char *read_whole(struct batch_values *values, const struct batch_field *def, const cJSON *value)
{
    static char what[64];
    double d = value->valuedouble;
    if (!cJSON_IsNumber(value) || !(d >= 0 && d <= (double)def->max) || d != (double)(uint64_t)d) {
        snprintf(what, sizeof what, "must be a whole number from 0 to %u", def->max);
        return what;
    }
    char digits[24];
    snprintf(digits, sizeof digits, "%llu", (unsigned long long)d);
    put(values, field_of(def), copy_str(digits));
    return NULL;
}

/* The URI of a member of links or media; NULL: it has none. */
static const char *uri_of(const struct batch_field *def, const cJSON *member)
{
    const cJSON *url = def->type == TYPE_MEDIA ? cJSON_GetObjectItemCaseSensitive(member, "url") : member;
    const char *s = cJSON_GetStringValue(url);
    return s && field_is_uri(s) ? s : NULL;
}

/* The first image is the item's, the rest are its additional ones. */
static void put_images(struct batch_values *values, const struct batch_field *def, const cJSON *value)
{
    cJSON *rest = cJSON_CreateArray();
    const cJSON *member;
    cJSON_ArrayForEach(member, value)
    {
        if (member == value->child)
            put_text(values, FIELD_IMAGE_URL, uri_of(def, member));
        else
            cJSON_AddItemToArray(rest, cJSON_CreateString(uri_of(def, member)));
    }
    put_json(values, field_by_name("additional_image_urls"), rest);
    cJSON_Delete(rest);
}

static const char *read_list(struct batch_values *values, const struct batch_field *def, const cJSON *value)
{
    static char what[64];
    bool media = def->type == TYPE_MEDIA, image = media && def->required;
    int count = cJSON_IsArray(value) ? cJSON_GetArraySize(value) : -1,
        most = def->type == TYPE_TEXTS ? LIST_MOST : (int)def->max;
    const cJSON *member;
    if (count < 0)
        return "must be an array";
    if (count > most || (image && count == 0)) {
        snprintf(what, sizeof what, "must have %d to %d members", image, most);
        return what;
    }
    cJSON_ArrayForEach(member, value)
    {
        if (def->type == TYPE_TEXTS && !cJSON_IsString(member))
            return "must be an array of strings";
        if (def->type == TYPE_TEXTS && field_chars(member->valuestring) > def->max)
            return too_long(def->max);
        if (def->type != TYPE_TEXTS && !uri_of(def, member))
            return media ? "must be an array of objects with an absolute url"
                         : "must be an array of absolute URIs";
    }
    if (image)
        put_images(values, def, value);
    else
        put_json(values, field_of(def), value);
    return NULL;
}

static const char *read_object(struct batch_values *values, const struct batch_field *def, const cJSON *value)
{
    const cJSON *member;
    if (!cJSON_IsObject(value))
        return "must be an object";
    if (cJSON_GetArraySize(value) > LIST_MOST)
        return "has too many members";
    cJSON_ArrayForEach(member, value)
    {
        if (!cJSON_IsString(member))
            return "must be an object of strings";
        if (field_chars(member->valuestring) > def->max)
            return too_long(def->max);
    }
    put_json(values, field_of(def), value);
    return NULL;
}

static const char *read_value(struct batch_values *values, const struct batch_field *def, const cJSON *value,
                              bool cents_always)
{
    switch (def->type) {
    case TYPE_WHOLE: return read_whole(values, def, value);
    case TYPE_TEXTS:
    case TYPE_LINKS:
    case TYPE_MEDIA: return read_list(values, def, value);
    case TYPE_OBJECT: return read_object(values, def, value);
    default: break;
    }
    return cJSON_IsString(value) ? read_text(values, def, value->valuestring, cents_always)
                                 : "must be a string";
}

static const struct batch_field *find(const char *name)
{
    for (int i = 0; i < DEFS; i++) {
        if (defs[i].name[0] == name[0] && strcmp(defs[i].name, name) == 0)
            return &defs[i];
    }
    return NULL;
}

/* `image` outranks image_link, and what it says of additional images those of additional_image_link. */
static bool is_outranked(const struct batch_field *def, const cJSON *data)
{
    int field = field_of(def);
    return def->type != TYPE_MEDIA &&
           (field == FIELD_IMAGE_URL || field == field_by_name("additional_image_urls")) &&
           cJSON_GetObjectItemCaseSensitive(data, "image");
}

void batch_fields_read(struct batch_values *values, const cJSON *data, const char *retailer_id,
                       bool cents_always, batch_problem *problem, void *arg)
{
    struct text message = {0};
    const cJSON *member;
    cJSON_ArrayForEach(member, data)
    {
        const struct batch_field *def = find(member->string);
        if (strcmp(member->string, "id") == 0 || (def && is_outranked(def, data)))
            continue;
        const char *why = def ? read_value(values, def, member, cents_always) : NULL;
        text_clear(&message);
        if (!def)
            text_fmt(&message,
                     "Unrecognised field: A request for item %s contains unrecognised field: '%.100s'",
                     retailer_id, member->string);
        else if (why)
            text_fmt(&message, "Invalid value: Field '%s' of item %s %s.", def->name, retailer_id, why);
        if (!def || why)
            problem(arg, !def, message.at);
    }
    text_free(&message);
}

const char *batch_fields_missing(const struct batch_values *values, int *at)
{
    while (*at < DEFS) {
        const struct batch_field *def = &defs[(*at)++];
        if (def->required && !field_given(&values->fields, field_of(def)))
            return def->name;
    }
    return NULL;
}

void batch_values_free(struct batch_values *values)
{
    if (values)
        fields_free(&values->fields);
    free(values);
}
