#include "compare.h"

#include "price.h"

#include "common/field_table.h"
#include "common/iso8601.h"
#include "common/jsonmend.h"
#include "tools/kit/lookup.h"

#include <stdlib.h>
#include <string.h>

static bool is_money(const char *name)
{
    for (size_t i = 0; i < field_count(); i++) {
        const struct field_spec *spec = field_at(i);

        if (spec->type == FIELD_MONEY && spec->single && strcmp(spec->single, name) == 0)
            return true;
    }
    return strcmp(name, "price") == 0;
}

static bool same_price(const cJSON *body, const char *name, const cJSON *found,
                       const struct money_table *money)
{
    const char *currency = jsonmend_string(body, "currency");
    unsigned offset = money_offset(money, currency && strlen(currency) == 3 ? currency : "USD");
    int64_t planned = jsonmend_integer(body, name, INT64_MIN, INT64_MAX, -1), amount;

    if (cJSON_IsNumber(found))
        return found->valuedouble == (double)planned;
    return cJSON_IsString(found) && price_read(found->valuestring, offset, &amount) && amount == planned;
}

static bool same_text(const char *planned, const char *found)
{
    int64_t a, b;

    if (strcmp(planned, found) == 0)
        return true;
    return iso8601_parse_us(planned, strlen(planned), &a) && iso8601_parse_us(found, strlen(found), &b) &&
           a == b;
}

/* Numbers that the catalog shows as texts are as good. */
static bool same_number(const cJSON *planned, const cJSON *found)
{
    return cJSON_IsString(found) && cJSON_IsNumber(planned) && planned->valuedouble >= 0 &&
           strspn(found->valuestring, "0123456789") == strlen(found->valuestring) && found->valuestring[0] &&
           cJSON_GetNumberValue(planned) == (double)strtoll(found->valuestring, NULL, 10);
}

static bool same(const cJSON *body, const cJSON *planned, const cJSON *found, const struct money_table *money)
{
    if (is_money(planned->string))
        return same_price(body, planned->string, found, money);
    if (cJSON_IsString(planned) && cJSON_IsString(found))
        return same_text(planned->valuestring, found->valuestring);
    return cJSON_Compare(planned, found, true) || same_number(planned, found);
}

void compare_fields(const cJSON *planned, const cJSON *item, const struct money_table *money,
                    const char *ignored, const char *refused, struct differences *out)
{
    const cJSON *field;

    out->count = 0;
    cJSON_ArrayForEach(field, planned)
    {
        const cJSON *found = cJSON_GetObjectItemCaseSensitive(item, field->string);

        if (kit_lookup_listed(ignored, field->string) || kit_lookup_listed(refused, field->string))
            continue;
        if (same(planned, field, found, money))
            continue;
        if (out->count < DIFFERENCES_MAX)
            out->list[out->count] = (struct difference){field->string, field, found};
        out->count++;
    }
}
