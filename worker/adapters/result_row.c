#include "worker/adapters/result_row.h"

#include "worker/core/input.h" /* CATALOG_NONE */

#include <string.h>

static uint8_t catalog_index(const struct config *config, const char *name, size_t len)
{
    for (size_t i = 0; i < config->catalog_count; i++) {
        const char *known = config->catalogs[i].name;

        if (strlen(known) == len && memcmp(known, name, len) == 0)
            return (uint8_t)i;
    }
    return CATALOG_NONE;
}

static struct text text_of(const char *string)
{
    return (struct text){.ptr = string ? string : "", .len = string ? (uint32_t)strlen(string) : 0};
}

static void read_memory(const rd_kafka_message_t *message, const struct result_event *event,
                        struct memory_header *memory, char text[2][MEMORY_TEXT_MAX_BYTES])
{
    rd_kafka_headers_t *headers = NULL;
    const void *value;
    size_t size;

    memset(memory, 0, sizeof *memory);
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

static enum store_row_kind kind_of(enum memory_change change)
{
    switch (change) {
    case MEMORY_RESET: return STORE_ROW_RESET;
    case MEMORY_FORGOTTEN: return STORE_ROW_FORGOTTEN;
    case MEMORY_OF_EVENT: break;
    }
    return STORE_ROW_STATE;
}

/* The place, event and content that belong to the last version are those of the event that gave it. A result
 * of another event (superseded, failed, an older one told again) knows the version, but not these; an
 * operator's change has none. */
static bool gave_version(const struct result_event *event, const struct store_row *row)
{
    return row->kind == STORE_ROW_STATE && event->out.kind != RESULT_FAILED &&
           event->out.kind != RESULT_SUPERSEDED && row->version == row->memory.last_version;
}

static void fill_place(const struct result_event *event, struct store_row *row)
{
    row->partition = row->offset = -1;
    if (row->kind == STORE_ROW_RESET)
        row->event_id = text_of(event->event_id);
    if (!gave_version(event, row))
        return;
    /* a success has dealt with every SKU of the product (docs/store.md, "Settle") */
    if (event->out.kind != RESULT_SKIPPED)
        row->kind = STORE_ROW_SETTLED;
    row->event_id = text_of(event->event_id);
    row->topic = text_of(event->topic);
    row->partition = event->partition;
    row->offset = event->offset;
    row->content = event->out.content_hash;
}

static void fill_row(const struct config *config, const struct result_event *event,
                     const struct memory_header *memory, uint8_t blob[OUTCOME_BLOB_MAX_BYTES],
                     struct store_row *row)
{
    *row = (struct store_row){
        .kind = kind_of(memory->change),
        .catalog =
            event->catalog ? catalog_index(config, event->catalog, strlen(event->catalog)) : CATALOG_NONE,
        .product_id = text_of(event->product_id),
        .memory = {.last_version = (uint64_t)memory->last_version,
                   .current_version = (uint64_t)memory->current_version,
                   .state = state_of(memory->item_state),
                   .sku = text_of(memory->sku),
                   .item_id = text_of(memory->item_id)},
        .finished_at_ms = event->finished_at_ms,
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
    fill_place(event, row);
}

static bool of_other_mode(const struct config *config, const struct result_event *event)
{
    if (config->catalog_mode != CONFIG_MODE_PLAN_ONLY)
        return event->out.planned != NULL;
    return event->out.kind == RESULT_CREATED || event->out.kind == RESULT_UPDATED ||
           event->out.kind == RESULT_DELETED;
}

/* No value: forgotten, by whoever wrote the tombstone. */
static enum result_row read_tombstone(const struct config *config, const rd_kafka_message_t *message,
                                      struct store_row *row)
{
    const char *key = message->key, *slash = key ? memchr(key, '/', message->key_len) : NULL;

    *row = (struct store_row){
        .kind = STORE_ROW_FORGOTTEN, .catalog = CATALOG_NONE, .partition = -1, .offset = -1};
    if (!slash)
        return RESULT_ROW_NONE;
    row->catalog = catalog_index(config, key, (size_t)(slash - key));
    row->product_id =
        (struct text){.ptr = slash + 1, .len = (uint32_t)(message->key_len - (size_t)(slash + 1 - key))};
    return row->catalog != CATALOG_NONE && row->product_id.len > 0 ? RESULT_ROW : RESULT_ROW_NONE;
}

enum result_row result_row_read(const struct config *config, const rd_kafka_message_t *message,
                                struct result_row_space *space, struct store_row *row, char *why,
                                size_t why_size)
{
    struct memory_header memory;
    struct result_event event;

    if (!message->payload)
        return read_tombstone(config, message, row);
    if (!result_decode(message->payload, message->len, &event, space->text, sizeof space->text, why,
                       why_size))
        return RESULT_ROW_BAD;
    if (of_other_mode(config, &event))
        return RESULT_ROW_OTHER_MODE;
    read_memory(message, &event, &memory, space->memory_text);
    fill_row(config, &event, &memory, space->blob, row);
    return row->catalog != CATALOG_NONE && row->product_id.len > 0 ? RESULT_ROW : RESULT_ROW_NONE;
}
