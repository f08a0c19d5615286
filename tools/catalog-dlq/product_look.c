#include "product.h"

#include "reading.h"

#include "common/apibody.h"
#include "common/jsonmend.h"
#include "tools/kit/api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_MAX_BYTES = 1024 };

const char *const product_item_fields[] = {"id",        "retailer_id",        "name",          "price",
                                           "currency",  "availability",       "visibility",    "url",
                                           "image_url", "image_fetch_status", "review_status", NULL};

static void copy(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text ? text : "");
}

/* ---- Redis ---- */

/* The catalogs to look in: --catalog, else all that are configured, else the one named default. */
static size_t catalogs_of(const struct config *config, const char *only,
                          const char *names[CONFIG_CATALOGS_MAX])
{
    size_t count = 0;

    if (only) {
        names[0] = only;
        return 1;
    }
    for (; count < config->catalog_count; count++)
        names[count] = config->catalogs[count].name;
    if (count == 0)
        names[count++] = "default";
    return count;
}

static bool find_in(const struct config *config, struct kit_redis *redis, const char *catalog,
                    struct product_look *look)
{
    char error[KIT_REDIS_ERROR_SIZE];
    struct kit_sku *record;
    bool found = false;

    if (!kit_memory_read(redis, config, catalog, look->asked, look->memory, error)) {
        copy(look->memory_error, sizeof look->memory_error, error);
        return true; /* asking on would say the same */
    }
    if (look->memory->exists)
        return true;
    record = calloc(1, sizeof *record);
    if (record && kit_memory_read_sku(redis, config, catalog, look->asked, record, error) && record->exists &&
        record->owner[0])
        found = kit_memory_read(redis, config, catalog, record->owner, look->memory, error);
    if (found && !look->memory->exists)
        copy(look->product_id, sizeof look->product_id, record->owner);
    free(record);
    return found;
}

static void look_in_memory(const struct config *config, struct product_look *look)
{
    const char *names[CONFIG_CATALOGS_MAX];
    size_t count = catalogs_of(config, look->in_catalog, names);
    char error[KIT_REDIS_ERROR_SIZE];
    struct kit_redis redis;

    copy(look->catalog, sizeof look->catalog, names[0]);
    copy(look->product_id, sizeof look->product_id, look->asked);
    look->memory = calloc(1, sizeof *look->memory);
    if (!look->memory || !kit_redis_open(&redis, config, "catalog-dlq", error)) {
        copy(look->memory_error, sizeof look->memory_error, look->memory ? error : "no memory");
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (!find_in(config, &redis, names[i], look))
            continue;
        copy(look->catalog, sizeof look->catalog, names[i]);
        break;
    }
    kit_redis_close(&redis);
    if (!look->memory->exists)
        return;
    copy(look->product_id, sizeof look->product_id, look->memory->product_id);
    copy(look->sku, sizeof look->sku, look->memory->sku);
    for (uint32_t i = 0; i < look->memory->records_count; i++)
        if (strcmp(look->memory->records[i].sku, look->sku) == 0)
            copy(look->item_id, sizeof look->item_id, look->memory->records[i].item_id);
}

/* ---- the result topic ---- */

struct key_search {
    struct product_look *look;
    char key[KIT_MEMORY_TEXT_SIZE + 80];
};

static void *look_at_result(void *arg, const struct letter *record)
{
    struct key_search *search = arg;

    if (record->key.len != strlen(search->key) || memcmp(record->key.ptr, search->key, record->key.len) != 0)
        return NULL;
    return strndup(record->value.ptr, record->value.len);
}

static void read_result(const cJSON *data, struct product_result *out)
{
    const cJSON *error = cJSON_GetObjectItemCaseSensitive(data, "error");

    copy(out->at, sizeof out->at, jsonmend_string(data, "finished_at"));
    copy(out->outcome, sizeof out->outcome, jsonmend_string(data, "outcome"));
    copy(out->reason, sizeof out->reason, jsonmend_string(data, "reason"));
    copy(out->event_id, sizeof out->event_id, jsonmend_string(data, "event_id"));
    copy(out->message, sizeof out->message, error ? jsonmend_string(error, "message") : NULL);
    out->version = jsonmend_integer(data, "version", 0, INT64_MAX, 0);
    out->replays = jsonmend_integer(data, "replays", 0, INT64_MAX, -1);
}

static bool tell_result(void *arg, void *seen)
{
    struct product_look *look = ((struct key_search *)arg)->look;
    cJSON *event = jsonmend_parse(seen, strlen(seen));
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(event, "data");

    if (cJSON_IsObject(data)) {
        read_result(data, &look->results[look->result_count++]);
        if (!look->sku[0])
            copy(look->sku, sizeof look->sku, jsonmend_string(data, "sku"));
        if (!look->item_id[0])
            copy(look->item_id, sizeof look->item_id, jsonmend_string(data, "catalog_id"));
    }
    cJSON_Delete(event);
    free(seen);
    return look->result_count < PRODUCT_RESULTS_MAX;
}

/* A product's results all lie in one partition, so only that one is read, from its tail. */
static void look_at_results(const struct config *config, rd_kafka_t *reader, struct product_look *look)
{
    struct key_search search = {.look = look};
    struct kit_topic *topic = calloc(1, sizeof *topic);
    struct backwards reading = {.reader = reader,
                                .topic = config->topic_results,
                                .every = true,
                                .look = look_at_result,
                                .tell = tell_result,
                                .arg = &search};

    snprintf(search.key, sizeof search.key, "%s/%s", look->catalog, look->product_id);
    if (topic && kit_topic_look(reader, config->topic_results, topic, look->results_error)) {
        reading.only = partition_of_key(search.key, strlen(search.key), topic->partitions);
        read_backwards(&reading, look->results_error);
    }
    free(topic);
}

/* ---- the dead letters ---- */

static bool is_of(const struct product_look *look, const struct letter *letter)
{
    struct bytes product = letter->fields[DLQ_PRODUCT_ID], sku = letter->fields[DLQ_SKU];

    return (product.ptr && product.len == strlen(look->product_id) &&
            memcmp(product.ptr, look->product_id, product.len) == 0) ||
           (look->sku[0] && sku.ptr && sku.len == strlen(look->sku) &&
            memcmp(sku.ptr, look->sku, sku.len) == 0);
}

static void *look_at_dead(void *arg, const struct letter *letter)
{
    const struct product_look *look = arg;

    return is_of(look, letter) ? look->line(look->arg, letter) : NULL;
}

static bool tell_dead(void *arg, void *seen)
{
    struct product_look *look = arg;

    if (look->dead_count < PRODUCT_DEAD_MAX) {
        look->dead[look->dead_count++] = seen;
    } else {
        look->dead_more++;
        free(seen);
    }
    return true;
}

static void look_at_dead_letters(const struct config *config, rd_kafka_t *reader, struct product_look *look)
{
    struct backwards reading = {.reader = reader,
                                .topic = config->topic_dlq,
                                .only = -1,
                                .look = look_at_dead,
                                .tell = tell_dead,
                                .arg = look};

    read_backwards(&reading, look->dead_error);
}

/* ---- the catalog ---- */

static void on_item(void *arg, const char *id, const char *retailer_id)
{
    struct product_look *look = arg;

    (void)retailer_id;
    copy(look->item_id, sizeof look->item_id, id);
}

static void read_item(struct kit_api *api, const struct config_catalog *catalog, struct product_look *look)
{
    struct text sku = {.ptr = look->sku, .len = (uint32_t)strlen(look->sku)};
    struct api_verdict verdict;
    const char *body;
    struct sbuf path;
    size_t size;

    if (look->sku[0]) {
        look->item_id[0] = '\0';
        if (!kit_api_lookup(api, &sku, 1, on_item, look, &verdict)) {
            copy(look->catalog_error, sizeof look->catalog_error, verdict.message);
            return;
        }
    }
    if (!look->item_id[0])
        return;
    sbuf_init(&path, PATH_MAX_BYTES);
    apipath_item(&path, catalog->api_version, look->item_id, strlen(look->item_id));
    sbuf_puts(&path, "?fields=");
    for (size_t i = 0; product_item_fields[i]; i++)
        sbuf_printf(&path, "%s,", product_item_fields[i]);
    sbuf_puts(&path, "errors");
    kit_api_get(api, API_OP_READ, sbuf_str(&path), &verdict, &body, &size);
    sbuf_free(&path);
    if (verdict.class == API_OK)
        look->item = jsonmend_parse(body, size);
    else if (verdict.class != API_NOT_FOUND)
        copy(look->catalog_error, sizeof look->catalog_error, verdict.message);
}

static void look_in_catalog(const struct config *config, struct product_look *look)
{
    const struct config_catalog *catalog = config_catalog(config, look->catalog);
    char error[KIT_API_ERROR_SIZE] = "no memory";
    struct kit_api *api;

    if (!catalog) {
        snprintf(look->catalog_error, sizeof look->catalog_error,
                 "catalog %s is not configured here: use --config with the worker's file", look->catalog);
        return;
    }
    if (!look->sku[0] && !look->item_id[0]) {
        copy(look->catalog_error, sizeof look->catalog_error, "neither its SKU nor its item's id is known");
        return;
    }
    api = kit_api_open(config, catalog, error);
    if (!api) {
        copy(look->catalog_error, sizeof look->catalog_error, error);
        return;
    }
    read_item(api, catalog, look);
    kit_api_close(api);
}

void product_look(const struct config *config, struct product_look *look)
{
    rd_kafka_t *reader = kit_kafka_reader(config, "catalog-dlq", READING_PREFETCH_BYTES, look->results_error);

    look_in_memory(config, look);
    if (reader) {
        look_at_results(config, reader, look);
        look_at_dead_letters(config, reader, look);
    } else {
        copy(look->dead_error, sizeof look->dead_error, look->results_error);
    }
    kit_kafka_reader_close(reader);
    /* Where memory does not know the name, it may be a SKU that was never synced. */
    if (!look->sku[0])
        copy(look->sku, sizeof look->sku, look->asked);
    look_in_catalog(config, look);
}

void product_look_free(struct product_look *look)
{
    for (size_t i = 0; i < look->dead_count; i++)
        free(look->dead[i]);
    free(look->memory);
    cJSON_Delete(look->item);
}
