/* What a change by hand leaves in Kafka: the audit record, and a result for each product. */
#include "common/assertx.h"
#include "common/memory_header.h"
#include "common/result.h"
#include "tools/kit/cli.h"
#include "tools/kit/memory_change.h"

#include <stdio.h>
#include <string.h>

enum { FLUSH_MS = 65 * 1000, KEY_MAX_BYTES = 4096 };

static bool flush(struct kit_changer *changer, const char *topic, char *error)
{
    rd_kafka_flush(changer->producer, FLUSH_MS);
    if (changer->failed == 0 && changer->delivered == changer->sent)
        return true;
    snprintf(error, KIT_CHANGE_ERROR_SIZE,
             "topic %.249s: not written: %s. Nothing was changed in Redis: run the command "
             "again",
             topic, changer->failure[0] ? changer->failure : "no answer");
    return false;
}

bool kit_change_audit(struct kit_changer *changer, const struct kit_audit *audit,
                      char error[KIT_CHANGE_ERROR_SIZE])
{
    const char *topic = changer->config->topic_audit;

    changer->sent++;
    return kit_audit_produce(changer->producer, topic, audit, changer, error) && flush(changer, topic, error);
}

static const char *reason_of(enum kit_change_kind kind)
{
    switch (kind) {
    case KIT_CHANGE_RESET: return "memory_reset";
    case KIT_CHANGE_FORGET: return "memory_forgotten";
    case KIT_CHANGE_ADOPT: return "adopted";
    }
    UNREACHABLE("kind of change");
}

void kit_change_event_id(const struct kit_changer *changer, const struct kit_change *change,
                         char out[KIT_CHANGE_ID_SIZE])
{
    snprintf(out, KIT_CHANGE_ID_SIZE, "%s-%s-%.180s", reason_of(changer->kind), changer->holder,
             change->product_id);
}

static void fill_memory(const struct kit_changer *changer, const struct kit_change *change,
                        struct memory_header *memory)
{
    *memory = (struct memory_header){.change = changer->kind == KIT_CHANGE_FORGET  ? MEMORY_FORGOTTEN
                                               : changer->kind == KIT_CHANGE_RESET ? MEMORY_RESET
                                                                                   : MEMORY_OF_EVENT,
                                     .item_state = 'a'};
    if (changer->kind == KIT_CHANGE_FORGET)
        return;
    memory->last_version = change->last_version;
    memory->current_version = change->current_version;
    memory->item_state = change->item_state ? change->item_state : 'a';
    memory->sku = change->sku;
    memory->item_id = change->item_id;
}

static void fill_event(const struct kit_changer *changer, const struct kit_change *change,
                       const char *event_id, struct result_event *event)
{
    bool forget = changer->kind == KIT_CHANGE_FORGET;

    *event = (struct result_event){
        .out = {.kind = RESULT_SKIPPED,
                .reason = reason_of(changer->kind),
                .catalog_id = forget ? NULL : change->item_id,
                .sku = forget ? NULL : change->sku,
                .version = forget ? 0 : change->last_version,
                .current_version = forget ? 0 : change->current_version},
        .event_source = "catalog-sync/by-hand",
        .event_id = event_id,
        .product_id = change->product_id,
        .product_id_is_number = change->product_id_is_number,
        .catalog = changer->catalog,
        .topic = changer->config->topic_audit,
        .partition = changer->audit_partition,
        .offset = changer->audit_offset,
        .finished_at_ms = kit_wall_ms(),
    };
}

static rd_kafka_resp_err_t produce(struct kit_changer *changer, const struct sbuf *key,
                                   const struct sbuf *value, const struct sbuf *memory)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(2);
    rd_kafka_resp_err_t err;

    rd_kafka_header_add(headers, "content-type", -1, RESULT_CONTENT_TYPE, -1);
    rd_kafka_header_add(headers, MEMORY_HEADER, -1, memory->data, (ssize_t)memory->len);
    for (;;) {
        err = rd_kafka_producev(changer->producer, RD_KAFKA_V_TOPIC(changer->config->topic_results),
                                RD_KAFKA_V_KEY(key->data, key->len),
                                RD_KAFKA_V_VALUE(value->data, value->len), RD_KAFKA_V_HEADERS(headers),
                                RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
        if (err != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            break;
        rd_kafka_poll(changer->producer, 100);
    }
    if (err)
        rd_kafka_headers_destroy(headers);
    return err;
}

static bool record_one(struct kit_changer *changer, const struct kit_change *change, char *error)
{
    struct result_event event;
    struct memory_header memory;
    struct sbuf key, value, header;
    char id[KIT_CHANGE_ID_SIZE];
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;

    kit_change_event_id(changer, change, id);
    fill_event(changer, change, id, &event);
    fill_memory(changer, change, &memory);
    sbuf_init(&key, KEY_MAX_BYTES);
    sbuf_init(&value, RESULT_MAX_BYTES);
    sbuf_init(&header, MEMORY_HEADER_MAX_BYTES);
    if (result_key(&event, &key) && result_encode(&event, &value) && memory_header_encode(&memory, &header))
        err = produce(changer, &key, &value, &header);
    changer->sent += !err;
    if (err)
        snprintf(error, KIT_CHANGE_ERROR_SIZE, "topic %.249s: the record of product %.100s: %s",
                 changer->config->topic_results, change->product_id, rd_kafka_err2str(err));
    sbuf_free(&key);
    sbuf_free(&value);
    sbuf_free(&header);
    return !err;
}

bool kit_change_record(struct kit_changer *changer, const struct kit_change *list, size_t count,
                       char error[KIT_CHANGE_ERROR_SIZE])
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].status == KIT_CHANGE_PENDING && !record_one(changer, &list[i], error))
            return false;
    }
    return flush(changer, changer->config->topic_results, error);
}
