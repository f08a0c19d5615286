#include "judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool judge_init(struct judge *judge, const struct config *config, int64_t now_ms, char *error,
                size_t error_size)
{
    char why[512];
    struct event_settings fallback;

    judge->now_ms = now_ms;
    judge->worker = calloc(1, sizeof *judge->worker);
    if (!judge->worker) {
        snprintf(error, error_size, "no memory");
        return false;
    }
    /* What is wrong with settings of calls and leases is the worker's to say, at its start. */
    (void)worker_settings_fill(config, judge->worker, why, sizeof why);
    judge->catalogs_known = config->catalog_count > 0;
    if (!judge->catalogs_known) {
        event_settings_init(&fallback);
        judge->worker->event.catalogs = fallback.catalogs;
        judge->worker->event.catalog_count = fallback.catalog_count;
    }
    return true;
}

void judge_free(struct judge *judge)
{
    free(judge->worker);
    judge->worker = NULL;
}

static bool is_carried(const char *name, const char *const *keep, size_t keep_count)
{
    static const char *const carried[] = {"content-type", "traceparent", "tracestate", "baggage"};

    if (strncasecmp(name, "dlq-", 4) == 0)
        return false;
    if (strncasecmp(name, "ce_", 3) == 0)
        return true;
    for (size_t i = 0; i < sizeof carried / sizeof carried[0]; i++)
        if (strcasecmp(name, carried[i]) == 0)
            return true;
    for (size_t i = 0; i < keep_count; i++)
        if (strcasecmp(name, keep[i]) == 0)
            return true;
    return false;
}

size_t replay_headers(const struct letter *letter, const char *const *keep, size_t keep_count,
                      struct record_header out[JUDGE_HEADERS_MAX], char number[JUDGE_NUMBER_SIZE])
{
    size_t count = 0;
    int len = snprintf(number, JUDGE_NUMBER_SIZE, "%lld", (long long)letter->replays + 1);

    for (size_t i = 0; i < letter->header_count; i++)
        if (is_carried(letter->headers[i].name, keep, keep_count))
            out[count++] = letter->headers[i];
    out[count++] = (struct record_header){deadletter_header_name(DLQ_REPLAYS), number, (size_t)len};
    return count;
}

struct event *judge_decode(const struct judge *judge, const struct letter *letter, struct bytes value)
{
    struct record_header headers[JUDGE_HEADERS_MAX];
    struct event_header list[JUDGE_HEADERS_MAX];
    char number[JUDGE_NUMBER_SIZE], topic[256];
    struct bytes name = letter->fields[DLQ_TOPIC], key = letter->fields[DLQ_KEY];
    size_t count = replay_headers(letter, NULL, 0, headers, number);
    struct event_record record = {
        .topic = topic,
        .partition = letter->origin_partition,
        .offset = letter->origin_offset,
        .timestamp_ms = judge->now_ms,
        .now_ms = judge->now_ms,
        .key = key.ptr,
        .key_len = key.len,
        .value = value.ptr,
        .value_len = value.len,
        .headers = list,
        .header_count = count,
    };
    struct event *event = NULL;

    snprintf(topic, sizeof topic, "%.*s", (int)(name.len < 250 ? name.len : 250), name.ptr ? name.ptr : "");
    for (size_t i = 0; i < count; i++)
        list[i] = (struct event_header){headers[i].name, headers[i].value, headers[i].value_bytes};
    if (event_decode(&record, &judge->worker->event, &event) != 0)
        return NULL;
    if (!judge->catalogs_known && event->kind == EVENT_BROKEN &&
        event->broken.fault == EVENT_FAULT_UNKNOWN_CATALOG) {
        /* which catalogs there are is not known here */
        event->kind = EVENT_UPSERT;
        event->broken.fault = EVENT_FAULT_NONE;
    }
    return event;
}

enum judge_cost judge_cost(const struct event *event)
{
    if (event->kind == EVENT_BROKEN)
        return COST_FAILS;
    if (event->kind == EVENT_UNKNOWN_TYPE || (event_is_upsert(event) && !event->has_sku))
        return COST_NONE;
    return COST_CALL;
}
