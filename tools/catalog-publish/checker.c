#include "checker.h"

#include "common/textsafe.h"
#include "tools/kit/cli.h"

#include <stdio.h>
#include <string.h>

/* Only stands where the worker's own is not known; nothing of it is sent. */
static const char any_image[] = "https://example.invalid/image.jpg";
static const char any_currency[] = "USD";

bool checker_init(struct checker *checker, const struct config *config, char error[CHECK_ERROR_SIZE])
{
    struct event_settings *event = &checker->settings.event;

    if (!worker_settings_fill(config, &checker->settings, error, CHECK_ERROR_SIZE))
        return false;
    checker->lenient = true;
    for (size_t i = 0; i < config->catalog_count; i++)
        checker->lenient = checker->lenient && !config->catalogs[i].id[0];
    if (!checker->lenient)
        return true;
    if (!event->image_placeholder || !event->image_placeholder[0])
        event->image_placeholder = any_image;
    if (!event->default_currency || !event->default_currency[0])
        event->default_currency = any_currency;
    event->zero_price_allowed = event->unknown_field_ignored = true;
    return true;
}

static struct event *decode(struct checker *checker, const struct outgoing *record)
{
    struct event_header headers[RECORD_HEADERS_MAX];
    struct event_record in = {.topic = record->topic,
                              .timestamp_ms = kit_wall_ms(),
                              .now_ms = kit_wall_ms(),
                              .key = record->key,
                              .key_len = record->key_len,
                              .value = record->value,
                              .value_len = record->value_len,
                              .headers = headers,
                              .header_count = (size_t)record->headers_count};
    struct event *event = NULL;

    for (int i = 0; i < record->headers_count; i++)
        headers[i] = (struct event_header){record->headers[i].name, record->headers[i].value,
                                           strlen(record->headers[i].value)};
    event_decode(&in, &checker->settings.event, &event);
    return event;
}

/* Once more, with the catalog that it names among the configured ones. */
static struct event *decode_any_catalog(struct checker *checker, const struct outgoing *record,
                                        struct event *event)
{
    struct event_settings *settings = &checker->settings.event;
    struct event_catalog known = settings->catalogs[0], named = {.name = NULL};
    char name[CONFIG_CATALOG_NAME_MAX + 1];

    if (!checker->lenient || event->broken.fault != EVENT_FAULT_UNKNOWN_CATALOG ||
        event->catalog.len >= sizeof name)
        return event;
    memcpy(name, event->catalog.ptr, event->catalog.len + 1);
    named.name = name;
    event_free(event);
    checker->settings.event_catalogs[0] = named;
    event = decode(checker, record);
    checker->settings.event_catalogs[0] = known;
    return event;
}

static bool judge(const struct event *event, struct checked *checked, char *why)
{
    const struct event_broken *broken = &event->broken;

    if (event->kind == EVENT_UNKNOWN_TYPE)
        snprintf(why, WHY_SIZE, "the type is none that the worker knows");
    if (event->kind != EVENT_BROKEN)
        return event->kind != EVENT_UNKNOWN_TYPE;
    snprintf(checked->field, sizeof checked->field, "%.*s", (int)(sizeof checked->field - 1),
             broken->field.ptr);
    snprintf(why, WHY_SIZE, "%s: %.900s", event_fault_name(broken->fault), broken->message.ptr);
    return false;
}

bool checker_check(struct checker *checker, const struct outgoing *record, struct checked *checked, char *why)
{
    struct event *event = decode(checker, record);
    bool ok;

    *checked = (struct checked){.catalog_index = -1};
    if (!event) {
        snprintf(why, WHY_SIZE, "no memory to check it");
        return false;
    }
    event = decode_any_catalog(checker, record, event);
    if (!event) {
        snprintf(why, WHY_SIZE, "no memory to check it");
        return false;
    }
    textsafe_copy(checked->catalog, sizeof checked->catalog, event->catalog.ptr, event->catalog.len);
    checked->catalog_index = event->catalog_index;
    ok = judge(event, checked, why);
    event_free(event);
    return ok;
}
