/* The parts of an answer that carry data beside the verdict: the list of a lookup, and the usage headers. */
#include "common/classify.h"
#include "common/jsonmend.h"

#include <stdio.h>
#include <string.h>

enum { PERCENT_MAX = 1000, REGAIN_MINUTES_MAX = 1440 };

/* The member as text, given as such or as a number. */
static const char *text_of(const cJSON *object, const char *name, char number[API_ID_BYTES])
{
    const char *text = jsonmend_string(object, name);
    long long value;

    if (text)
        return text;
    value = jsonmend_integer(object, name, 0, INT64_C(999999999999999), -1);
    if (value < 0)
        return NULL;
    snprintf(number, API_ID_BYTES, "%lld", value);
    return number;
}

int classify_lookup(const char *body, size_t body_bytes, classify_item_fn on_item, void *arg, bool *has_next)
{
    cJSON *json = body && body_bytes <= API_BODY_MAX_BYTES ? jsonmend_parse(body, body_bytes) : NULL;
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(json, "data"), *entry;
    const cJSON *paging = cJSON_GetObjectItemCaseSensitive(json, "paging");
    int items = 0;

    *has_next = jsonmend_string(paging, "next") != NULL;
    if (!cJSON_IsArray(data)) {
        items = -1;
        data = NULL;
    }
    cJSON_ArrayForEach(entry, data)
    {
        char id_number[API_ID_BYTES], sku_number[API_ID_BYTES];
        const char *id = text_of(entry, "id", id_number), *sku = text_of(entry, "retailer_id", sku_number);

        if (!id || !sku || strlen(id) >= API_ID_BYTES || id[strspn(id, "0123456789")] != '\0')
            continue;
        on_item(arg, id, sku);
        items++;
    }
    cJSON_Delete(json);
    return items;
}

static void raise_to(int *value, const cJSON *object, const char *name, int max)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);

    if (cJSON_IsNumber(member) && member->valuedouble > *value)
        *value = member->valuedouble < max ? (int)member->valuedouble : max;
}

static void take_usage(const cJSON *object, int *percent, int *regain_minutes)
{
    raise_to(percent, object, "call_count", PERCENT_MAX);
    raise_to(percent, object, "total_time", PERCENT_MAX);
    raise_to(percent, object, "total_cputime", PERCENT_MAX);
    raise_to(regain_minutes, object, "estimated_time_to_regain_access", REGAIN_MINUTES_MAX);
}

void classify_usage(const char *usage_business, const char *usage_app, struct api_usage *usage)
{
    cJSON *business = usage_business ? jsonmend_parse(usage_business, strlen(usage_business)) : NULL;
    cJSON *app = usage_app ? jsonmend_parse(usage_app, strlen(usage_app)) : NULL;
    const cJSON *of_id, *of_type;

    memset(usage, 0, sizeof(*usage));
    cJSON_ArrayForEach(of_id, business)
    {
        cJSON_ArrayForEach(of_type, of_id)
        {
            take_usage(of_type, &usage->business_percent, &usage->regain_minutes);
        }
    }
    take_usage(app, &usage->app_percent, &usage->regain_minutes);
    cJSON_Delete(business);
    cJSON_Delete(app);
}
