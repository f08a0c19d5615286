/* Records in: decodes what Kafka delivers and tells the core what it needs to know of it. */
#include "common/assertx.h"
#include "common/hash128.h"
#include "common/log.h"
#include "worker/runtime/headers.h"
#include "worker/runtime/reactor.h"

#include <string.h>

enum { HEADERS_MAX = 128 };

/* Index of a topic as configured; topics_count where it is none of ours. */
static uint16_t topic_index(const struct reactor *r, const char *name)
{
    size_t i = 0;

    while (i < r->settings.topics_count && strcmp(r->settings.topics[i], name) != 0)
        i++;
    return (uint16_t)i;
}

/* *headers_bytes: the size of all the record's headers. */
static struct event *decode(struct reactor *r, const char *topic, uint16_t index,
                            const rd_kafka_message_t *message, size_t *headers_bytes)
{
    struct event_header headers[HEADERS_MAX];
    struct record_headers read = headers_read(message, headers, HEADERS_MAX);
    struct event_record record = {
        .topic = topic,
        .partition = message->partition,
        .offset = message->offset,
        .now_ms = reactor_wall_ms(),
        .key = message->key,
        .key_len = message->key_len,
        .value = message->payload,
        .value_len = message->len,
        .headers = headers,
        .header_count = read.count,
    };
    rd_kafka_timestamp_type_t type;
    struct event *event = NULL;

    if (index < r->settings.topics_count)
        record.topic_catalog = r->settings.topic_catalogs[index];
    record.timestamp_ms = rd_kafka_message_timestamp(message, &type);
    *headers_bytes = read.size_bytes;
    ASSERT(event_decode(&record, &r->settings.event, &event) ==
           0); /* out of memory: limits are set too low */
    return event;
}

static struct key128 delete_content(void)
{
    static struct key128 content;

    if (key128_none(content))
        content = hash128(HASH_BODY, "DELETE", 6);
    return content;
}

/* What an upsert wants of the catalog when it is inactive or has no SKU (inactive.policy). */
static void fill_inactive(const struct reactor *r, const struct event *event, struct record *to)
{
    to->hide_reason = event->has_sku ? REASON_INACTIVE : REASON_NO_SKU;
    switch ((enum config_inactive)r->config->inactive_policy) {
    case CONFIG_INACTIVE_HIDE: to->intent = INTENT_HIDE; return;
    case CONFIG_INACTIVE_DELETE:
        to->intent = INTENT_DELETE;
        to->content = delete_content();
        return;
    case CONFIG_INACTIVE_SKIP: to->local = LOCAL_SKIPPED; return;
    }
}

static void fill_intent(const struct reactor *r, const struct event *event, struct record *to)
{
    switch (event->kind) {
    case EVENT_BROKEN:
        to->local = LOCAL_FAILED;
        to->version = 0;
        return;
    case EVENT_UNKNOWN_TYPE:
        to->local = LOCAL_SKIPPED;
        to->version = 0; /* says nothing of the product: older events of it must not become stale */
        return;
    case EVENT_TOMBSTONE: to->tombstone = true; __attribute__((fallthrough));
    case EVENT_DELETE:
        to->intent = INTENT_DELETE;
        to->content = delete_content();
        return;
    case EVENT_RESYNC: to->force = true; __attribute__((fallthrough));
    case EVENT_UPSERT:
        if (event->has_body)
            to->intent = INTENT_UPSERT;
        else
            fill_inactive(r, event, to);
        return;
    }
}

static void fill_record(const struct reactor *r, const struct event *event, const rd_kafka_message_t *message,
                        size_t headers_bytes, struct record *to)
{
    to->size_bytes = (uint32_t)(message->len + message->key_len + headers_bytes + event->size_bytes);
    to->at.partition = message->partition;
    to->at.offset = message->offset;
    to->catalog = event->catalog_index >= 0 ? (uint8_t)event->catalog_index : CATALOG_NONE;
    to->remembered = event->catalog_index >= 0 && event->has_product && !key128_none(event->product_key);
    to->has_sku = event->has_sku;
    to->replay = event->replays > 0;
    to->hint = event->catalog_id.len > 0;
    to->version = event->version;
    to->product = event->product_key;
    to->sku = event->sku_key;
    to->identity = event->identity;
    to->data_hash = event->data_hash;
    to->content = event->content_hash;
    fill_intent(r, event, to);
    if (!to->remembered && to->local == LOCAL_NONE) /* a tombstone without a key names no product */
        to->local = LOCAL_FAILED;
}

static struct payload *park(struct reactor *r, struct kafka_record record, struct event *event,
                            uint16_t topic)
{
    struct payload *payload = payload_take(r->payloads, core_next_op(r->core));

    payload->record = record;
    payload->event = event;
    payload->topic = topic;
    payload->received_ms = reactor_wall_ms();
    payload->version = event->version;
    return payload;
}

/* For the age of what comes behind it. */
static void note_read(struct reactor *r, uint16_t partition, const rd_kafka_message_t *message)
{
    rd_kafka_timestamp_type_t type;
    int64_t written_ms = rd_kafka_message_timestamp(message, &type);

    r->unread[partition].last_read_ms = written_ms > 0 ? written_ms : reactor_wall_ms();
}

void intake_kafka_record(struct reactor *r, uint16_t partition, uint32_t assignment,
                         struct kafka_record record)
{
    struct input in = {.type = IN_RECORD};
    int32_t number;
    size_t headers_bytes;
    const char *topic = kafka_source_name(r->source, partition, &number);
    struct event *event;
    uint16_t index;

    ASSERT(core_can_accept(r->core)); /* the source was told otherwise */
    index = topic_index(r, topic);
    event = decode(r, topic, index, record.message, &headers_bytes);
    r->counts.records_in++;
    note_read(r, partition, record.message);
    r->counts.record_bytes_in += record.message->len;
    in.u.record.partition = partition;
    in.u.record.assignment = assignment;
    in.u.record.at.topic = index;
    fill_record(r, event, record.message, headers_bytes, &in.u.record);
    log_debug("event", log_bytes("event_id", event->id.ptr, event->id.len),
              log_payload("payload", record.message->payload, record.message->len));
    park(r, record, event, in.u.record.at.topic);
    reactor_input(r, &in);
    reactor_accept(r); /* holds the source at once when this record took the last slot */
}

void intake_repair(struct reactor *r, struct kafka_record record)
{
    struct input in = {.type = IN_RECORD};
    const char *topic = rd_kafka_topic_name(record.message->rkt);
    uint16_t index = topic_index(r, topic);
    struct event *event;
    size_t headers_bytes;

    if (!core_can_accept(r->core)) {
        repair_failed(r, "the window is full; the product's next event writes it again", NULL);
        kafka_record_free(&record);
        return;
    }
    event = decode(r, topic, index, record.message, &headers_bytes);
    in.u.record.partition = PARTITION_NONE;
    in.u.record.at.topic = index;
    fill_record(r, event, record.message, headers_bytes, &in.u.record);
    in.u.record.force = true;
    if (in.u.record.local != LOCAL_NONE || in.u.record.catalog == CATALOG_NONE ||
        in.u.record.at.topic == r->settings.topics_count) {
        event_free(event);
        kafka_record_free(&record);
        return;
    }
    park(r, record, event, in.u.record.at.topic);
    reactor_input(r, &in);
}
