#include "fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define STR(n, max)                                                                                          \
    {                                                                                                        \
        n, FIELD_STRING, max, NULL, NULL                                                                     \
    }

#define WHOLE(n)                                                                                             \
    {                                                                                                        \
        n, FIELD_WHOLE, 0, NULL, NULL                                                                        \
    }

const struct field_def field_defs[FIELD_COUNT] = {
    [FIELD_NAME] = STR("name", 0),
    [FIELD_CURRENCY] = {"currency", FIELD_CURRENCY_CODE, 0, NULL, NULL},
    [FIELD_PRICE] = {"price", FIELD_WHOLE, 0, NULL, NULL},
    [FIELD_IMAGE_URL] = {"image_url", FIELD_URI, 0, NULL, NULL},
    [FIELD_URL] = {"url", FIELD_URI, 0, NULL, NULL},
    [FIELD_DESCRIPTION] = STR("description", 5000),
    [FIELD_BRAND] = STR("brand", 0),
    [FIELD_AVAILABILITY] =
        {"availability", FIELD_ENUM, 0,
         "in stock|out of stock|preorder|available for order|discontinued|pending|mark_as_sold|"
         "mark_as_expired",
         "\"in stock\""},
    [FIELD_CONDITION] = {"condition", FIELD_ENUM, 0,
                         "new|refurbished|used|used_like_new|used_good|used_fair|cpo|open_box_new",
                         "\"new\""},
    [FIELD_VISIBILITY] = {"visibility", FIELD_ENUM, 0, "staging|published", "\"published\""},
    [FIELD_INVENTORY] = {"inventory", FIELD_WHOLE, 0, NULL, NULL},
    [FIELD_SALE_PRICE] = {"sale_price", FIELD_WHOLE, 0, NULL, NULL},
    /* Names and types: catalog-api.md sections 1 and 2, and Meta's own SDK (ProductCatalog.create_product).
     */
    [FIELD_OTHERS] = STR("category", 0),
    STR("product_type", 750),
    STR("fb_product_category", 0),
    STR("custom_label_0", 100),
    STR("custom_label_1", 100),
    STR("custom_label_2", 100),
    STR("custom_label_3", 100),
    STR("custom_label_4", 100),
    WHOLE("custom_number_0"),
    WHOLE("custom_number_1"),
    WHOLE("custom_number_2"),
    WHOLE("custom_number_3"),
    WHOLE("custom_number_4"),
    STR("retailer_product_group_id", 100),
    {"additional_image_urls", FIELD_LIST, 0, NULL, NULL},
    {"sale_price_start_date", FIELD_DATE, 0, NULL, NULL},
    {"sale_price_end_date", FIELD_DATE, 0, NULL, NULL},
    {"origin_country", FIELD_COUNTRY, 0, NULL, NULL},
    STR("importer_name", 0),
    {"importer_address", FIELD_OBJECT, 0, NULL, NULL},
    STR("manufacturer_info", 0),
    {"wa_compliance_category", FIELD_ENUM, 0, "DEFAULT|COUNTRY_ORIGIN_EXEMPT", NULL},
    STR("color", 0),
    STR("size", 0),
    STR("pattern", 0),
    STR("material", 0),
    {"gender", FIELD_ENUM, 0, "female|male|unisex", NULL},
    {"age_group", FIELD_ENUM, 0, "adult|all ages|infant|kids|newborn|teen|toddler", NULL},
    STR("gtin", 0),
    STR("manufacturer_part_number", 0),
    STR("short_description", 0),
    STR("rich_text_description", 0),
    WHOLE("ordering_index"),
    {"launch_date", FIELD_DATE, 0, NULL, NULL},
    {"expiration_date", FIELD_DATE, 0, NULL, NULL},
    {"start_date", FIELD_DATE, 0, NULL, NULL},
    {"marked_for_product_launch", FIELD_ENUM, 0, "default|marked|not_marked", NULL},
    {"mobile_link", FIELD_URI, 0, NULL, NULL},
    {"checkout_url", FIELD_URI, 0, NULL, NULL},
    WHOLE("live_special_price"),
    WHOLE("quantity_to_sell_on_facebook"),
    WHOLE("return_policy_days"),
    STR("commerce_tax_category", 0),
    {"additional_variant_attributes", FIELD_OBJECT, 0, NULL, NULL},
    {"internal_label", FIELD_BULK, 0, NULL, NULL},
    {"video", FIELD_BULK, 0, NULL, NULL},
    {"disabled_capabilities", FIELD_BULK, 0, NULL, NULL},
};

static char message[512];

int field_by_name(const char *name)
{
    for (int i = 0; i < FIELD_COUNT && field_defs[i].name; i++) {
        if (field_defs[i].name[0] == name[0] && strcmp(field_defs[i].name, name) == 0)
            return i;
    }
    return -1;
}

size_t field_chars(const char *s)
{
    size_t n = 0;
    for (; *s; s++)
        n += ((unsigned char)*s & 0xc0) != 0x80;
    return n;
}

static const char *must_be(const struct field_def *def, const char *what)
{
    snprintf(message, sizeof message, "(#100) Param %s must be %s", def->name, what);
    return message;
}

/* A whole number: a JSON number without fraction, or the digits of a form. A JSON string is refused (section
 * 1). */
static const char *read_whole(const struct field_def *def, const struct param *p, char **out)
{
    long long v = 0;
    if (p->json) {
        double d = p->json->valuedouble;
        if (!cJSON_IsNumber(p->json) || !(d >= -9007199254740992.0 && d <= 9007199254740992.0) ||
            d != (double)(long long)d)
            return must_be(def, "an integer");
        v = (long long)d;
    } else {
        size_t digits = strspn(p->text + (p->text[0] == '-'), "0123456789");
        if (digits == 0 || digits > 15 || p->text[digits + (p->text[0] == '-')] != '\0')
            return must_be(def, "an integer");
        v = strtoll(p->text, NULL, 10);
    }
    if (v < 0)
        return must_be(def, "greater than or equal to 0");
    char digits[24];
    snprintf(digits, sizeof digits, "%lld", v);
    *out = copy_str(digits);
    return NULL;
}

/* A list of URIs, or an object of texts. */
static const char *read_json(const struct field_def *def, const struct params *p, char **out)
{
    cJSON *owned;
    const cJSON *value = params_json(p, def->name, &owned), *member;
    bool fits = def->type == FIELD_LIST ? cJSON_IsArray(value) : cJSON_IsObject(value), strings = true;
    if (fits) {
        cJSON_ArrayForEach(member, value) strings = strings && cJSON_IsString(member);
    }
    if (fits && strings) {
        char *printed = cJSON_PrintUnformatted(value);
        *out = copy_str(printed ? printed : "null");
        cJSON_free(printed);
    }
    cJSON_Delete(owned);
    if (!fits)
        return must_be(def, def->type == FIELD_LIST ? "an array" : "an object");
    return strings ? NULL
                   : must_be(def, def->type == FIELD_LIST ? "an array of strings" : "an object of strings");
}

bool field_is_date(const char *s)
{
    int year, month, day, used = 0;
    return sscanf(s, "%4d-%2d-%2d%n", &year, &month, &day, &used) == 3 && used == 10 && month >= 1 &&
           month <= 12 && day >= 1 && day <= 31 && strspn(s + 10, "0123456789Tt:.+-Zz ") == strlen(s + 10);
}

static const char *read_string(const struct field_def *def, const struct param *p, char **out)
{
    const char *s = p->text ? p->text : cJSON_GetStringValue(p->json);
    if (!s)
        return must_be(def, "a string");
    if (def->max_chars && field_chars(s) > (size_t)def->max_chars) {
        char what[64];
        snprintf(what, sizeof what, "at most %d characters long", def->max_chars);
        return must_be(def, what);
    }
    if (def->type == FIELD_CURRENCY_CODE && s[0] &&
        (strlen(s) != 3 || strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3))
        return must_be(def, "a valid ISO 4217 currency code");
    if (def->type == FIELD_COUNTRY && s[0] &&
        (strlen(s) != 2 || strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 2))
        return must_be(def, "a valid ISO 3166-1 country code");
    if (def->type == FIELD_DATE && s[0] && !field_is_date(s))
        return must_be(def, "a valid date");
    struct text json = {0};
    text_reserve(&json, strlen(s) + 2);
    text_json(&json, s);
    *out = json.at;
    return NULL;
}

const char *fields_read(struct field_values *values, const struct params *p)
{
    for (int i = 0; i < p->count; i++) {
        int field = field_by_name(p->at[i].name);
        if (field < 0 || field_defs[field].type == FIELD_BULK)
            continue;
        const struct field_def *def = &field_defs[field];
        char *json = NULL;
        const char *why;
        if (def->type == FIELD_WHOLE)
            why = read_whole(def, &p->at[i], &json);
        else if (def->type == FIELD_LIST || def->type == FIELD_OBJECT)
            why = read_json(def, p, &json);
        else
            why = read_string(def, &p->at[i], &json);
        if (why)
            return why;
        free(values->json[field]);
        values->json[field] = json;
    }
    return NULL;
}

bool field_is_uri(const char *s)
{
    size_t scheme = strncasecmp(s, "https://", 8) == 0 ? 8 : strncasecmp(s, "http://", 7) == 0 ? 7 : 0;
    return scheme && s[scheme] != '\0' && s[scheme] != '"' && s[scheme] != '/' &&
           s[strcspn(s, " \\")] == '\0';
}

const char *fields_check_uris(const struct field_values *values)
{
    for (int i = 0; i < FIELD_COUNT && field_defs[i].name; i++) {
        const char *json = values->json[i];
        if (field_defs[i].type == FIELD_URI && json && !field_is_uri(json + 1)) { /* after the quote */
            snprintf(message, sizeof message, "(#100) Param %s is not a valid URI.", field_defs[i].name);
            return message;
        }
    }
    return NULL;
}

static bool in_list(const char *values, const char *s, size_t len)
{
    for (const char *at = values;;) {
        size_t n = strcspn(at, "|");
        if (n == len && memcmp(at, s, n) == 0)
            return true;
        if (at[n] == '\0')
            return false;
        at += n + 1;
    }
}

bool field_in_list(const char *values, const char *s)
{
    return in_list(values, s, strlen(s));
}

const char *fields_check_enums(const struct field_values *values)
{
    for (int i = 0; i < FIELD_COUNT && field_defs[i].name; i++) {
        const struct field_def *def = &field_defs[i];
        const char *json = values->json[i]; /* with its quotes */
        if (def->type != FIELD_ENUM || !json || in_list(def->values, json + 1, strlen(json) - 2))
            continue;
        size_t used =
            (size_t)snprintf(message, sizeof message, "(#100) Param %s must be one of {", def->name);
        for (const char *at = def->values; *at && used < sizeof message - 4; at++) {
            message[used++] = *at == '|' ? ',' : *at;
            if (*at == '|')
                message[used++] = ' ';
        }
        message[used++] = '}';
        message[used] = '\0';
        return message;
    }
    return NULL;
}

bool field_given(const struct field_values *values, int field)
{
    return values->json[field] && strcmp(values->json[field], "\"\"") != 0;
}

void fields_free(struct field_values *values)
{
    for (int i = 0; i < FIELD_COUNT; i++) {
        free(values->json[i]);
        values->json[i] = NULL;
    }
}
