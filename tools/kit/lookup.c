#include "tools/kit/lookup.h"

#include "common/jsonmend.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    THROTTLE_LEAST_MS = 1000,
    NAP_MS = 200,
    SHIFT_MAX = 20,
    MS_PER_HOUR = 3600000,
};

bool kit_lookup_open(struct kit_lookup *lookup, char error[KIT_API_ERROR_SIZE])
{
    snprintf(error, KIT_API_ERROR_SIZE, "no memory");
    lookup->size = KIT_LOOKUP_MAX;
    lookup->api = kit_api_open(lookup->config, lookup->catalog, error);
    return lookup->api != NULL;
}

void kit_lookup_close(struct kit_lookup *lookup)
{
    kit_api_close(lookup->api);
    lookup->api = NULL;
}

/* ---- pace and refusals ---- */

static void wait_until(int64_t due_ms)
{
    for (int64_t left = due_ms - kit_now_ms(); left > 0 && !kit_stop; left = due_ms - kit_now_ms()) {
        struct timespec nap = {.tv_nsec = (left < NAP_MS ? left : NAP_MS) * 1000000};

        nanosleep(&nap, NULL);
    }
}

bool kit_lookup_turn(struct kit_lookup *lookup)
{
    int64_t rate = lookup->catalog->rate_per_hour;

    wait_until(lookup->due_ms);
    if (kit_stop)
        return false;
    lookup->due_ms = kit_now_ms() + (rate > 0 ? (MS_PER_HOUR + rate - 1) / rate : 0);
    lookup->calls++;
    return true;
}

static bool hopeless(const struct kit_lookup *lookup, const struct api_verdict *verdict)
{
    const char *name = lookup->catalog->name;

    kit_progress_clear(lookup->progress);
    if (verdict->class == API_AUTH)
        kit_complain(lookup->cli,
                     "catalog %s does not accept the token: renew it (catalogs.%s.token.file), then run this "
                     "again. It says: %s",
                     name, name, verdict->message);
    else if (verdict->class == API_PERMISSION)
        kit_complain(lookup->cli,
                     "catalog %s: the token may not read it: give its system user the catalog and "
                     "catalog_management. It says: %s",
                     name, verdict->message);
    else
        kit_complain(lookup->cli, "catalog %s cannot be asked: %s", name, verdict->message);
    return false;
}

bool kit_lookup_again(struct kit_lookup *lookup, const struct api_verdict *verdict, int *tries)
{
    const struct config *config = lookup->config;
    int64_t wait_ms = config->retry_backoff_base_ms << (*tries < SHIFT_MAX ? *tries : SHIFT_MAX);

    if (wait_ms > config->retry_backoff_max_ms)
        wait_ms = config->retry_backoff_max_ms;
    switch (verdict->class) {
    case API_THROTTLE:
    case API_POLICY_BLOCK:
        wait_ms = verdict->wait_ms > THROTTLE_LEAST_MS ? verdict->wait_ms : THROTTLE_LEAST_MS;
        kit_progress_clear(lookup->progress);
        kit_complain(lookup->cli, "catalog %s asks for %" PRId64 " s of rest; waiting (Ctrl-C stops)",
                     lookup->catalog->name, (wait_ms + 999) / 1000);
        break;
    case API_SHRINK:
    case API_TRANSIENT:
        if (verdict->class == API_SHRINK && lookup->size > 1)
            lookup->size /= 2;
        if (++*tries < config->retry_max_attempts)
            break;
        return hopeless(lookup, verdict);
    default: return hopeless(lookup, verdict);
    }
    lookup->due_ms = kit_now_ms() + wait_ms;
    wait_until(lookup->due_ms);
    return !kit_stop;
}

/* ---- fields that the catalog does not know ---- */

/* Where name stands in a list; NULL: nowhere. */
static const char *place_of(const char *list, const char *name, size_t len)
{
    for (const char *at = list; *at; at += strcspn(at, ","), at += *at == ',')
        if (strcspn(at, ",") == len && memcmp(at, name, len) == 0)
            return at;
    return NULL;
}

bool kit_lookup_listed(const char *list, const char *name)
{
    return place_of(list, name, strlen(name)) != NULL;
}

static void add_to(char list[KIT_LOOKUP_FIELDS_SIZE], const char *name, size_t len)
{
    size_t at = strlen(list);

    snprintf(list + at, KIT_LOOKUP_FIELDS_SIZE - at, "%s%.*s", at ? "," : "", (int)len, name);
}

/* True if the refusal names a field that was asked for, which is asked for no more. */
static bool drop_field(struct kit_lookup *lookup, const struct api_verdict *verdict)
{
    static const char mark[] = "nonexisting field (";
    const char *name = verdict->class == API_PERMANENT ? strstr(verdict->message, mark) : NULL, *place;
    char *at;
    size_t len;

    if (!name)
        return false;
    name += sizeof mark - 1;
    len = strcspn(name, ")");
    place = len > 0 ? place_of(lookup->fields, name, len) : NULL;
    if (!place)
        return false;
    at = lookup->fields + (place - lookup->fields);
    if (at[len] == ',')
        memmove(at, at + len + 1, strlen(at + len + 1) + 1);
    else
        at[at > lookup->fields ? -1 : 0] = '\0';
    add_to(lookup->refused, name, len);
    return true;
}

/* True if the answer was more than is read of one: half as many items are asked for. */
static bool shrink(struct kit_lookup *lookup)
{
    if (!kit_api_seen(lookup->api)->too_large || lookup->size == 1)
        return false;
    lookup->size /= 2;
    return true;
}

/* ---- asking ---- */

static void take_item(struct kit_lookup *lookup, struct kit_wanted *list, size_t count, const cJSON *item)
{
    const char *id = jsonmend_string(item, "id"), *sku = jsonmend_string(item, "retailer_id");

    if (!id || !sku)
        return;
    lookup->seen++;
    for (size_t i = 0; i < count; i++) {
        if (list[i].answered || strcmp(list[i].sku, sku) != 0)
            continue;
        if (list[i].items < 2)
            list[i].items++;
        if (!list[i].item && lookup->fields[0])
            list[i].item = cJSON_Duplicate(item, true);
        snprintf(list[i].id, sizeof list[i].id, "%s", id);
    }
}

static void forget_items(struct kit_wanted *wanted)
{
    cJSON_Delete(wanted->item);
    wanted->item = NULL;
    wanted->items = 0;
    wanted->id[0] = '\0';
}

/* Marks those that the answer is complete for. Where doubled items filled the page, the ones without an item
 * are asked for again without the others. */
static void conclude(const struct kit_lookup *lookup, struct kit_wanted *const *asked, size_t count)
{
    bool found = false;

    for (size_t i = 0; i < count; i++)
        found = found || asked[i]->items > 0;
    for (size_t i = 0; i < count; i++)
        asked[i]->answered = !found || lookup->seen < count || asked[i]->items > 0;
}

/* One call. False: said on stderr, or stopped. */
static bool call(struct kit_lookup *lookup, struct kit_wanted *list, size_t count, int *tries)
{
    struct kit_wanted *asked[KIT_LOOKUP_MAX];
    struct text skus[KIT_LOOKUP_MAX];
    struct api_verdict verdict;
    const char *body;
    const cJSON *item;
    size_t n = 0, size;
    cJSON *json;

    for (size_t i = 0; i < count && n < lookup->size; i++) {
        if (list[i].answered)
            continue;
        forget_items(&list[i]);
        skus[n] = (struct text){list[i].sku, (uint32_t)strlen(list[i].sku)};
        asked[n++] = &list[i];
    }
    if (!kit_lookup_turn(lookup))
        return false;
    kit_api_lookup_fields(lookup->api, skus, n, lookup->fields, &verdict, &body, &size);
    if (verdict.class != API_OK)
        return drop_field(lookup, &verdict) || shrink(lookup) || kit_lookup_again(lookup, &verdict, tries);
    *tries = 0;
    lookup->seen = 0;
    json = jsonmend_parse(body, size);
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(json, "data"))
        take_item(lookup, list, count, item);
    cJSON_Delete(json);
    conclude(lookup, asked, n);
    return true;
}

static bool any_left(const struct kit_wanted *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!list[i].answered)
            return true;
    return false;
}

bool kit_lookup_ask(struct kit_lookup *lookup, struct kit_wanted *list, size_t count)
{
    int tries = 0;

    while (any_left(list, count))
        if (!call(lookup, list, count, &tries))
            return false;
    return true;
}
