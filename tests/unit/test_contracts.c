/* The contract's words against the programs: each example of schemas/examples through the real decoders, and
 * the lists that documentation and schemas give against the tables in the code. */
#include "event_case.h"

#include "common/deadletter.h"
#include "common/field_table.h"
#include "common/reason.h"
#include "common/result.h"
#include "common/sbuf.h"

#include <cjson/cJSON.h>
#include <dirent.h>

enum { FILE_MAX_BYTES = 1 << 20, NAME_MAX_BYTES = 512, HEADERS_MAX = 40 };

static const int64_t now_ms =
    INT64_C(1795400000000); /* 2026-11-23: the examples' versions are not from the future */

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = malloc(FILE_MAX_BYTES + 1);
    size_t len;

    if (!file || !text)
        fail_msg("%s cannot be read", path);
    len = fread(text, 1, FILE_MAX_BYTES, file);
    assert_true(len < FILE_MAX_BYTES);
    text[len] = '\0';
    fclose(file);
    return text;
}

static const char *string_of(const cJSON *object, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

/* An example's record. What it points to lives in the example and in `value`. */
struct example {
    char path[NAME_MAX_BYTES];
    cJSON *json;
    const cJSON *record;
    char *value; /* NULL: null */
    size_t value_len;
};

static void from_hex(struct example *e, const char *hex)
{
    e->value_len = strlen(hex) / 2;
    e->value = malloc(e->value_len + 1);
    assert_non_null(e->value);
    for (size_t i = 0; i < e->value_len; i++) {
        unsigned byte = 0;

        assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
        e->value[i] = (char)byte;
    }
}

static void read_value(struct example *e)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(e->record, "value");
    const char *text = string_of(e->record, "value_text"), *hex = string_of(e->record, "value_hex");

    if (hex) {
        from_hex(e, hex);
        return;
    }
    if (value && cJSON_IsNull(value))
        return;
    e->value = text ? strdup(text) : cJSON_PrintUnformatted(value);
    assert_non_null(e->value);
    e->value_len = strlen(e->value);
}

static void example_free(struct example *e)
{
    cJSON_Delete(e->json);
    free(e->value);
}

/* Calls each() with every example of a contract in a folder; returns how many there were. */
static int each_example(const char *folder, const char *contract, void (*each)(const struct example *))
{
    char path[NAME_MAX_BYTES];
    struct dirent *entry;
    int count = 0;
    DIR *dir;

    snprintf(path, sizeof(path), "%s/schemas/examples/%s", SOURCE_DIR, folder);
    dir = opendir(path);
    if (!dir)
        fail_msg("%s cannot be read", path);
    while ((entry = readdir(dir))) {
        struct example e = {.path = ""};
        char *text;

        if (entry->d_name[0] == '.')
            continue;
        snprintf(e.path, sizeof(e.path), "%.200s/%.200s", path, entry->d_name);
        text = read_file(e.path);
        e.json = cJSON_Parse(text);
        free(text);
        if (!e.json || !string_of(e.json, "contract"))
            fail_msg("%s is no example", e.path);
        if (strcmp(string_of(e.json, "contract"), contract) == 0) {
            e.record = cJSON_GetObjectItemCaseSensitive(e.json, "record");
            read_value(&e);
            each(&e);
            count++;
        }
        example_free(&e);
    }
    closedir(dir);
    return count;
}

/* ---- product events ---- */

static struct event *decoded(const struct example *e)
{
    const char *key = string_of(e->record, "key");
    struct event_header headers[HEADERS_MAX];
    struct event_settings settings;
    struct event_record record = {.topic = "product-events",
                                  .offset = 1,
                                  .timestamp_ms = now_ms,
                                  .now_ms = now_ms,
                                  .key = key,
                                  .key_len = key ? strlen(key) : 0,
                                  .value = e->value,
                                  .value_len = e->value_len,
                                  .headers = headers};
    struct event *event = NULL;
    const cJSON *header;

    cJSON_ArrayForEach(header, cJSON_GetObjectItemCaseSensitive(e->record, "headers"))
    {
        assert_true(record.header_count < HEADERS_MAX);
        headers[record.header_count++] = (struct event_header){
            .name = header->string, .value = header->valuestring, .len = strlen(header->valuestring)};
    }
    event_settings_init(&settings);
    assert_int_equal(event_decode(&record, &settings, &event), 0);
    return event;
}

static void check_accepted(const struct example *e)
{
    const cJSON *worker = cJSON_GetObjectItemCaseSensitive(e->json, "worker");
    const cJSON *body = cJSON_GetObjectItemCaseSensitive(worker, "body");
    struct event *event = decoded(e);

    if (strcmp(event_kind_name(event->kind), string_of(worker, "kind")) != 0)
        fail_msg("%s is %s: %s", e->path, event_kind_name(event->kind), event->broken.message.ptr);
    if (body && event->has_body != (bool)cJSON_IsTrue(body))
        fail_msg("%s: has_body is %d", e->path, event->has_body);
    event_free(event);
}

static bool fault_shown[EVENT_FAULT_COUNT];

static void check_refused(const struct example *e)
{
    const cJSON *refused = cJSON_GetObjectItemCaseSensitive(e->json, "refused");
    struct event *event = decoded(e);
    /* an unknown type is skipped by default: its reason is the kind's name */
    const char *reason =
        event->kind == EVENT_BROKEN ? event_fault_name(event->broken.fault) : event_kind_name(event->kind);

    fault_shown[event->kind == EVENT_UNKNOWN_TYPE ? EVENT_FAULT_UNKNOWN_TYPE : event->broken.fault] = true;
    if (strcmp(reason, string_of(refused, "reason")) != 0 ||
        strcmp(event->broken.field.ptr, string_of(refused, "field")) != 0)
        fail_msg("%s is %s at %s: %s", e->path, reason, event->broken.field.ptr, event->broken.message.ptr);
    event_free(event);
}

static void valid_events_are_taken(void **state)
{
    (void)state;
    assert_true(each_example("valid", "product-event", check_accepted) >= 25);
}

static void invalid_events_are_refused_with_their_reason(void **state)
{
    (void)state;
    assert_true(each_example("invalid", "product-event", check_refused) >= 50);
    for (int fault = 1; fault < EVENT_FAULT_COUNT; fault++) {
        /* a megabyte is no example, and the examples' worker has one catalog without topics of its own */
        if (!fault_shown[fault] && fault != EVENT_FAULT_TOO_LARGE &&
            fault != EVENT_FAULT_CATALOG_NOT_OF_TOPIC)
            fail_msg("schemas/examples/invalid has none for %s", event_fault_name((enum event_fault)fault));
    }
}

/* ---- results ---- */

static char text[RESULT_TEXT_BYTES];
static char why[256];

static void check_result(const struct example *e)
{
    struct result_event result;
    struct sbuf key;

    if (!result_decode(e->value, e->value_len, &result, text, sizeof(text), why, sizeof(why)))
        fail_msg("%s: %s", e->path, why);
    sbuf_init(&key, 1024);
    assert_true(result_key(&result, &key));
    if (strcmp(sbuf_str(&key), string_of(e->record, "key")) != 0)
        fail_msg("%s: its key would be %s", e->path, sbuf_str(&key));
    sbuf_free(&key);
}

static void check_no_result(const struct example *e)
{
    const char *says = string_of(cJSON_GetObjectItemCaseSensitive(e->json, "refused"), "rebuild_says");
    struct result_event result;

    if (!says) /* the rebuild takes more than the contract promises */
        return;
    if (result_decode(e->value, e->value_len, &result, text, sizeof(text), why, sizeof(why)))
        fail_msg("%s was read", e->path);
    if (!strstr(why, says))
        fail_msg("%s: %s", e->path, why);
}

static void the_rebuild_reads_the_results(void **state)
{
    (void)state;
    assert_true(each_example("valid", "product-sync-result", check_result) >= 12);
    assert_true(each_example("invalid", "product-sync-result", check_no_result) >= 8);
}

/* ---- lists ---- */

/* docs/contracts.md has a row for every reason, and one for every header of a dead letter. */
static void the_page_names_what_there_is(void **state)
{
    char *page = read_file(SOURCE_DIR "/docs/contracts.md");
    char row[NAME_MAX_BYTES];

    (void)state;
    for (size_t i = 0; reason_at(i); i++) {
        const struct reason_info *info = reason_at(i);

        snprintf(row, sizeof(row), "\n| `%s` | %s | %s |\n", info->name, info->words, info->mend);
        if (!strstr(page, row))
            fail_msg("docs/contracts.md lacks this row among the reasons:%s", row);
    }
    for (int i = 0; i < DLQ_HEADER_COUNT; i++) {
        snprintf(row, sizeof(row), "`%s`", deadletter_header_name((enum deadletter_header)i));
        if (!strstr(page, row))
            fail_msg("docs/contracts.md does not name %s", row);
    }
    free(page);
}

static void the_schema_names_each_header(void **state)
{
    char *page = read_file(SOURCE_DIR "/schemas/dead-letter-headers.schema.json");
    cJSON *schema = cJSON_Parse(page);
    const cJSON *properties = cJSON_GetObjectItemCaseSensitive(schema, "properties");

    (void)state;
    assert_int_equal(cJSON_GetArraySize(properties), DLQ_HEADER_COUNT);
    for (int i = 0; i < DLQ_HEADER_COUNT; i++) {
        const char *name = deadletter_header_name((enum deadletter_header)i);

        if (!cJSON_GetObjectItemCaseSensitive(properties, name))
            fail_msg("schemas/dead-letter-headers.schema.json does not know %s", name);
    }
    cJSON_Delete(schema);
    free(page);
}

/* The schema of one further field, as the table has it: its bound, where the type has one. */
static void check_field(const cJSON *properties, const char *name, const struct field_spec *spec)
{
    const cJSON *schema = cJSON_GetObjectItemCaseSensitive(properties, name), *bound = NULL;

    if (!schema)
        fail_msg("schemas/product-event-data.schema.json does not know the field %s", name);
    if (spec->type == FIELD_TEXT)
        bound = cJSON_GetObjectItemCaseSensitive(schema, "maxLength");
    else if (spec->type == FIELD_INTEGER)
        bound = cJSON_GetObjectItemCaseSensitive(schema, "maximum");
    else if (spec->type == FIELD_MAP)
        bound = cJSON_GetObjectItemCaseSensitive(
            cJSON_GetObjectItemCaseSensitive(schema, "additionalProperties"), "maxLength");
    else
        return;
    if (!bound || bound->valuedouble != (double)spec->max)
        fail_msg("schemas/product-event-data.schema.json has another bound for %s than %u", name, spec->max);
}

/* `fields` of the schema and the worker's table name the same, in both dialects, within the same bounds. */
static void the_schema_names_each_field(void **state)
{
    char *page = read_file(SOURCE_DIR "/schemas/product-event-data.schema.json");
    cJSON *schema = cJSON_Parse(page);
    const cJSON *defs = cJSON_GetObjectItemCaseSensitive(schema, "$defs");
    const cJSON *properties =
        cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(defs, "fields"), "properties");
    const cJSON *field;

    (void)state;
    assert_non_null(properties);
    cJSON_ArrayForEach(field, properties)
    {
        if (field_find(field->string) < 0)
            fail_msg("the schema has the field %s, the worker does not know it", field->string);
    }
    for (size_t i = 0; i < field_count(); i++) {
        const struct field_spec *spec = field_at(i);

        check_field(properties, spec->name, spec);
        if (spec->single)
            check_field(properties, spec->single, spec);
        if (spec->batch && !spec->range)
            check_field(properties, spec->batch, spec);
    }
    cJSON_Delete(schema);
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_events_are_taken),
        cmocka_unit_test(invalid_events_are_refused_with_their_reason),
        cmocka_unit_test(the_rebuild_reads_the_results),
        cmocka_unit_test(the_page_names_what_there_is),
        cmocka_unit_test(the_schema_names_each_header),
        cmocka_unit_test(the_schema_names_each_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
