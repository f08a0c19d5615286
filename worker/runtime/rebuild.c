/* The memory's rebuild: streams the result topic into the store, at the store's pace (docs/store.md,
 * "Epochs"). */
#include "common/log.h"
#include "common/memory_header.h"
#include "common/result.h"
#include "worker/runtime/reactor.h"

#include <string.h>

enum { SCAN_A_TURN = 256, SCAN_STALL_MS = 30000, ALIVE_US = 1000 * 1000 };

static void finish(struct reactor *r, bool ok)
{
    struct input in = {.type = IN_REBUILT};

    kafka_scan_destroy(r->scan);
    r->scan = NULL;
    loop_timer_clear(r->loop, &r->rebuild_timer);
    if (ok && r->scan_rows == 0)
        log_info("no result was ever published: nothing to rebuild, this is a first start",
                 log_str("topic", r->config->topic_results));
    else if (ok)
        log_warn("the memory in redis was rebuilt from the result topic",
                 log_str("topic", r->config->topic_results), log_uint("results", r->scan_rows));
    in.u.rebuilt.ok = ok;
    reactor_input(r, &in);
}

static uint8_t catalog_index(const struct reactor *r, const char *name)
{
    for (size_t i = 0; i < r->config->catalog_count; i++) {
        if (name && strcmp(r->config->catalogs[i].name, name) == 0)
            return (uint8_t)i;
    }
    return CATALOG_NONE;
}

static struct text text_of(const char *string)
{
    return (struct text){.ptr = string ? string : "", .len = string ? (uint32_t)strlen(string) : 0};
}

/* What memory held when the result was written, by the record's header. A record without it (written by
 * others) tells what its own event says. */
static void read_memory(const rd_kafka_message_t *message, const struct result_event *event,
                        struct memory_header *memory, char text[2][MEMORY_TEXT_MAX_BYTES])
{
    rd_kafka_headers_t *headers = NULL;
    const void *value;
    size_t size;

    if (rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR &&
        rd_kafka_header_get_last(headers, MEMORY_HEADER, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR &&
        memory_header_decode(value, size, memory, text))
        return;
    *memory = (struct memory_header){
        .last_version = event->out.kind == RESULT_FAILED ? event->out.current_version : event->out.version,
        .current_version = event->out.current_version,
        .item_state = event->out.kind == RESULT_DELETED ? 'd'
                      : event->out.catalog_id           ? 'l'
                                                        : 'a',
        .sku = event->out.sku,
        .item_id = event->out.catalog_id,
    };
}

static enum item_state state_of(char letter)
{
    switch (letter) {
    case 'l': return ITEM_LIVE;
    case 'h': return ITEM_HIDDEN;
    case 'd': return ITEM_DELETED;
    default: return ITEM_ABSENT;
    }
}

static bool fill_row(const struct reactor *r, const struct result_event *event,
                     const struct memory_header *memory, uint8_t blob[OUTCOME_BLOB_MAX_BYTES],
                     struct store_row *row)
{
    *row = (struct store_row){
        .catalog = catalog_index(r, event->catalog),
        .product_id = text_of(event->product_id),
        .memory = {.last_version = (uint64_t)memory->last_version,
                   .current_version = (uint64_t)memory->current_version,
                   .state = state_of(memory->item_state),
                   .sku = text_of(memory->sku),
                   .item_id = text_of(memory->item_id)},
        .finished_at_ms = event->finished_at_ms,
        .content = event->out.content_hash,
        .topic = text_of(event->topic),
        .event_id = text_of(event->event_id),
        .partition = event->partition,
        .offset = event->offset,
        .identity = memory->identity,
        .data_hash = memory->data_hash,
        .outcome = (enum outcome)event->out.kind,
        .version = (uint64_t)event->out.version,
        .shown_version = (uint64_t)event->out.current_version,
        .result_item = text_of(event->out.catalog_id),
        .superseded_by = text_of(event->out.superseded_by),
        .blob = {.ptr = (const char *)blob,
                 .len = (uint32_t)outcome_blob_encode(&event->out, blob, OUTCOME_BLOB_MAX_BYTES)},
    };
    return row->catalog != CATALOG_NONE && row->product_id.len > 0;
}

/* False: the store takes no more for now, the record waits. */
static bool load(struct reactor *r, const rd_kafka_message_t *message)
{
    static char text[RESULT_TEXT_BYTES];
    char why[256];
    char memory_text[2][MEMORY_TEXT_MAX_BYTES];
    uint8_t blob[OUTCOME_BLOB_MAX_BYTES];
    struct memory_header memory = {0};
    struct result_event event;
    struct store_row row;

    if (!message->payload)
        return true; /* a tombstone: the product was forgotten on purpose */
    if (!result_decode(message->payload, message->len, &event, text, sizeof text, why, sizeof why)) {
        log_warn_limited("a record of the result topic is no result event and was passed over in the rebuild",
                         log_int("partition", message->partition), log_int("offset", message->offset),
                         log_str("error", why));
        return true;
    }
    read_memory(message, &event, &memory, memory_text);
    if (!fill_row(r, &event, &memory, blob, &row))
        return true;
    if (!redis_store_load(r->store, &row))
        return false;
    r->scan_loading++;
    r->scan_rows++;
    return true;
}

static void on_record(void *arg, struct kafka_record record)
{
    struct reactor *r = arg;

    if (r->scan_peek) {
        r->scan_rows++;
        kafka_record_free(&record);
        return;
    }
    if (!load(r, record.message)) {
        r->row_waiting = true;
        r->row_record = record;
        kafka_scan_hold(r->scan, true);
        return;
    }
    kafka_record_free(&record);
}

static void on_done(void *arg, bool ok, const char *error)
{
    struct reactor *r = arg;

    r->scan_done = true;
    r->scan_ok = ok;
    if (!ok)
        log_warn("reading the result topic failed, will be tried again", log_str("error", error));
    if (!ok || r->scan_loading == 0)
        finish(r, ok);
}

static bool open_scan(struct reactor *r, void (*done)(void *, bool, const char *))
{
    char error[KAFKA_ERROR_SIZE];

    r->scan_done = r->scan_ok = r->row_waiting = false;
    r->scan_loading = r->scan_rows = 0;
    r->scan = kafka_scan_open(
        r->loop,
        &(struct scan_settings){.kafka = &r->settings.kafka,
                                .topic = r->config->topic_results,
                                .records_per_turn = SCAN_A_TURN,
                                .stall_timeout_ms = SCAN_STALL_MS},
        &(struct scan_events){.arg = r, .record = on_record, .done = done, .log = reactor_kafka_log}, error);
    if (!r->scan)
        log_error("the result topic cannot be read", log_str("error", error));
    return r->scan != NULL;
}

static void keep_alive(void *arg)
{
    struct reactor *r = arg;

    redis_store_build_alive(r->store);
    loop_timer_set(r->loop, &r->rebuild_timer, loop_now_us(r->loop) + ALIVE_US, keep_alive, r);
}

static void failed_to_open(void *arg)
{
    finish(arg, false);
}

void perform_rebuild(struct reactor *r)
{
    rebuild_abandon(r);
    r->scan_peek = false;
    if (!open_scan(r, on_done)) {
        loop_defer(r->loop, failed_to_open, r);
        return;
    }
    loop_timer_set(r->loop, &r->rebuild_timer, loop_now_us(r->loop) + ALIVE_US, keep_alive, r);
}

void rebuild_loaded(struct reactor *r, bool ok)
{
    if (!r->scan || r->scan_peek)
        return;
    if (!ok) {
        rebuild_abandon(r);
        finish(r, false);
        return;
    }
    if (r->scan_loading > 0)
        r->scan_loading--;
    if (r->row_waiting && load(r, r->row_record.message)) {
        r->row_waiting = false;
        kafka_record_free(&r->row_record);
        kafka_scan_hold(r->scan, false);
    }
    if (r->scan_done && r->scan_loading == 0 && !r->row_waiting)
        finish(r, r->scan_ok);
}

void rebuild_abandon(struct reactor *r)
{
    kafka_scan_destroy(r->scan);
    r->scan = NULL;
    if (r->row_waiting)
        kafka_record_free(&r->row_record);
    r->row_waiting = false;
    loop_timer_clear(r->loop, &r->rebuild_timer);
}

/* ---- the first epoch of all ---- */

/* A worker that never knew an epoch and finds no result ever published is the first of a new fleet: no lease
 * and no call of before can exist, so there is nothing to be quiet for. */
static void peeked(void *arg, bool ok, const char *error)
{
    struct reactor *r = arg;
    bool empty = ok && r->scan_rows == 0;

    (void)error;
    rebuild_abandon(r);
    redis_store_epoch_raise(r->store, r->raise_epoch, empty ? 0 : r->raise_quiet_us);
}

void perform_epoch_raise(struct reactor *r, uint64_t epoch, usec_t quiet_us)
{
    rebuild_abandon(r);
    r->raise_epoch = epoch;
    r->raise_quiet_us = quiet_us;
    r->scan_peek = true;
    if (epoch > 0 || !open_scan(r, peeked))
        redis_store_epoch_raise(r->store, epoch, quiet_us);
}
