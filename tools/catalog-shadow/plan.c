#include "plan.h"

#include "common/hash128.h"
#include "common/jsonmend.h"
#include "common/result.h"

#include <stdio.h>
#include <string.h>

static const char *const call_names[PLAN_CALL_COUNT] = {"create", "update", "hide", "delete", "lookup"};

const char *plan_call_name(enum plan_call call)
{
    return call_names[call];
}

static bool is(const char *text, const char *name)
{
    return text && strcmp(text, name) == 0;
}

static void count_calls(const cJSON *planned, struct plan *plan)
{
    const cJSON *call;

    cJSON_ArrayForEach(call, cJSON_GetObjectItemCaseSensitive(planned, "calls"))
    {
        const char *kind = jsonmend_string(call, "kind");

        for (int i = 0; i < PLAN_CALL_COUNT; i++)
            plan->calls[i] += is(kind, call_names[i]);
    }
}

/* Hiding writes this field and no other. */
static bool hides(const cJSON *fields)
{
    return cJSON_GetArraySize(fields) == 1 && cJSON_HasObjectItem(fields, "visibility");
}

static enum plan_want want_of_plan(const cJSON *planned, const struct plan *plan)
{
    if (is(jsonmend_string(planned, "outcome"), "deleted"))
        return WANT_GONE;
    return hides(plan->fields) ? WANT_HIDDEN : WANT_LIVE;
}

static enum plan_want want_of_change(const char *reason)
{
    return is(reason, "memory_forgotten") ? WANT_FORGOTTEN : WANT_UNPLANNED;
}

static enum plan_want want_of(enum result_kind outcome, const cJSON *planned, const struct plan *plan)
{
    if (plan->by_hand)
        return want_of_change(plan->reason);
    if (planned)
        return want_of_plan(planned, plan);
    if (outcome == RESULT_FAILED)
        return WANT_FAILED;
    if (is(plan->reason, "not_in_catalog"))
        return WANT_GONE; /* deleted before */
    return is(plan->reason, "no_sku") || is(plan->reason, "inactive") ? WANT_NOTHING : WANT_UNCHANGED;
}

static void take_product(const cJSON *data, struct plan *plan)
{
    const cJSON *id = cJSON_GetObjectItemCaseSensitive(data, "product_id");

    if (cJSON_IsNumber(id)) /* at most 15 digits: longer ones are texts by now */
        snprintf(plan->product, sizeof plan->product, "%.0f", id->valuedouble);
    else
        snprintf(plan->product, sizeof plan->product, "%s", cJSON_IsString(id) ? id->valuestring : "");
}

static void take_event(const cJSON *data, struct plan *plan)
{
    const char *source = jsonmend_string(data, "event_source"), *id = jsonmend_string(data, "event_id");
    int64_t replays = jsonmend_integer(data, "replays", 0, INT64_MAX, 0);

    if (source && id)
        plan->event =
            hash128_parts(HASH_IDENTITY, source, strlen(source), id, strlen(id), (uint64_t)replays).lo;
}

static void take_data(const cJSON *data, enum result_kind outcome, struct plan *plan)
{
    const cJSON *planned = cJSON_GetObjectItemCaseSensitive(data, "planned");
    const cJSON *error = cJSON_GetObjectItemCaseSensitive(data, "error");

    take_product(data, plan);
    take_event(data, plan);
    plan->catalog = jsonmend_string(data, "catalog");
    plan->sku = jsonmend_string(data, "sku");
    plan->catalog_id = jsonmend_string(data, "catalog_id");
    plan->reason = jsonmend_string(data, "reason");
    plan->message = error ? jsonmend_string(error, "message") : NULL;
    plan->version = jsonmend_integer(data, "version", 0, INT64_MAX, 0);
    plan->fields = cJSON_GetObjectItemCaseSensitive(planned, "fields");
    plan->by_hand = is(plan->reason, "adopted") || is(plan->reason, "memory_reset") ||
                    is(plan->reason, "memory_forgotten");
    plan->superseded = outcome == RESULT_SUPERSEDED;
    plan->suppressed = outcome == RESULT_UNCHANGED;
    count_calls(planned, plan);
    plan->want = want_of(outcome, planned, plan);
}

bool plan_read(const void *value, size_t len, struct plan *plan)
{
    const char *outcome;
    const cJSON *data;
    enum result_kind kind;

    *plan = (struct plan){.json = jsonmend_parse(value, len)};
    data = cJSON_GetObjectItemCaseSensitive(plan->json, "data");
    outcome = jsonmend_string(data, "outcome");
    kind = outcome ? result_kind_parse(outcome, strlen(outcome)) : RESULT_NONE;
    if (kind == RESULT_NONE) {
        plan_free(plan);
        return false;
    }
    take_data(data, kind, plan);
    return true;
}

void plan_free(struct plan *plan)
{
    cJSON_Delete(plan->json);
    *plan = (struct plan){.json = NULL};
}
