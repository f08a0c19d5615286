/* Results and dead letters: from what is kept beside an op to records, and the delivery reports back. */
#include "common/assertx.h"
#include "common/deadletter.h"
#include "common/log.h"
#include "common/memory_header.h"
#include "common/sbuf.h"
#include "worker/runtime/headers.h"
#include "worker/runtime/metrics.h"
#include "worker/runtime/reactor.h"
#include "worker/runtime/warnings.h"

#include <string.h>

static const char *text_or_null(struct text text)
{
    return text.len > 0 ? text.ptr : NULL;
}

/* Reasons of the core, as results carry them: common/reason.h. A local one is the event's own. */
static const char *reason_of(const struct payload *payload, enum reason reason)
{
    const struct event *event = payload->event;

    switch (reason) {
    case REASON_NONE: return NULL;
    case REASON_LOCAL:
        if (event->kind == EVENT_BROKEN)
            return event_fault_name(event->broken.fault);
        if (event->kind == EVENT_UNKNOWN_TYPE)
            return "unknown_type";
        if (event_is_upsert(event))
            return event->has_sku ? "inactive" : "no_sku";
        return "missing_product_id";
    case REASON_REFUSED: /* the row of the classification table that decided */
    default: return core_reason_name(reason);
    }
}

static void fill_error(const struct payload *payload, enum reason reason, struct result_error *error)
{
    const struct api_verdict *verdict = payload->verdict;
    const struct event *event = payload->event;

    if (verdict && (reason == REASON_REFUSED || reason == REASON_ATTEMPTS || reason == REASON_AGE)) {
        *error = (struct result_error){
            .class_name = api_class_name(verdict->class),
            .code = verdict->code,
            .subcode = verdict->subcode,
            .http_status = verdict->http_status,
            .message = verdict->message,
            .user_message = verdict->user_message,
            .fbtrace_id = verdict->fbtrace_id,
        };
        return;
    }
    error->class_name = "invalid";
    if (event->kind == EVENT_BROKEN) {
        error->message = event->broken.message.ptr;
        return;
    }
    error->message = "see the reason";
    for (size_t i = 0; reason_at(i); i++) {
        if (strcmp(reason_at(i)->name, core_reason_name(reason)) == 0)
            error->message = reason_at(i)->words;
    }
}

/* The item's id, for results: one that stands for a planned item is nobody's business. */
static const char *shown_id(const struct payload *payload)
{
    const char *id = payload->item_ids[0];

    return id[0] == '\0' || strcmp(id, PLANNED_ITEM_ID) == 0 ? NULL : id;
}

void outcome_fill(const struct payload *payload, enum outcome outcome, enum reason reason,
                  struct result_outcome *out)
{
    const struct event *event = payload->event;
    const struct absorbed_ids *absorbed = payload->absorbed;

    *out = (struct result_outcome){
        .kind = (enum result_kind)outcome,
        .path =
            payload->first_attempt_ms > 0 && !payload->ended_by_claim ? RESULT_PATH_SINGLE : RESULT_PATH_NONE,
        .reason = reason_of(payload, reason),
        .catalog_id = shown_id(payload),
        .version = (int64_t)payload->version,
        .current_version = (int64_t)payload->current_version,
        .content_hash = event->content_hash,
        .superseded_by = payload->superseded_by,
        .sku = event->has_sku ? event->sku.ptr : payload->main_sku,
    };
    if (reason == REASON_PLAN_ONLY)
        out->planned = payload->planned;
    if (absorbed && !payload->ended_by_claim) {
        out->absorbed_count = absorbed->count;
        out->absorbed_listed = absorbed->listed;
        for (uint32_t i = 0; i < absorbed->listed; i++)
            out->absorbed[i] = absorbed->ids[i];
    }
    if (outcome == OUTCOME_FAILED)
        fill_error(payload, reason, &out->error);
}

static void fill_event(const struct reactor *r, const struct payload *payload, uint16_t attempts,
                       struct result_event *to)
{
    const struct event *event = payload->event;
    const rd_kafka_message_t *message = payload->record.message;
    rd_kafka_timestamp_type_t type;
    int64_t timestamp_ms = rd_kafka_message_timestamp(message, &type);
    int64_t first_ms = payload->first_attempt_ms > 0 ? payload->first_attempt_ms : payload->received_ms;

    to->event_source = event->has_identity ? event->source.ptr : NULL;
    to->event_id = event->has_identity ? event->id.ptr : NULL;
    to->replays = event->replays;
    to->product_id = event->has_product ? event->product_id.ptr : NULL;
    to->product_id_is_number = event->product_id_is_number;
    to->catalog = event->catalog_index >= 0 ? r->config->catalogs[event->catalog_index].name
                                            : text_or_null(event->catalog);
    to->topic = r->settings.topics[payload->topic];
    to->partition = message->partition;
    to->offset = message->offset;
    to->attempts = attempts;
    to->first_attempt_at_ms = payload->first_attempt_ms;
    to->finished_at_ms = reactor_wall_ms();
    to->queued_for_ms = timestamp_ms > 0 ? first_ms - timestamp_ms : 0;
    to->traceparent = text_or_null(event->traceparent);
}

/* What the store answered with outranks what this worker would say: a repeated result is equal. */
static void fill_outcome(struct payload *payload, const struct output *output, struct result_event *event,
                         char *scratch, size_t scratch_size)
{
    outcome_fill(payload, output->u.publish.outcome, output->u.publish.reason, &event->out);
    if (!output->u.publish.stored || !payload->blob)
        return;
    if (!outcome_blob_decode(payload->blob, payload->blob_size, &event->out, scratch, scratch_size)) {
        outcome_fill(payload, output->u.publish.outcome, output->u.publish.reason, &event->out);
        return;
    }
    /* An event that its claim ended had its blob made before the claim knew the product: what the catalog
     * showed then stands beside the blob. */
    if (!event->out.catalog_id)
        event->out.catalog_id = shown_id(payload);
    if (event->out.current_version == 0)
        event->out.current_version = (int64_t)payload->current_version;
}

static uint64_t cookie_of(struct op_id op)
{
    return (uint64_t)op.gen << 32 | op.slot;
}

static char state_letter(enum item_state state)
{
    switch (state) {
    case ITEM_ABSENT: return 'a';
    case ITEM_LIVE: return 'l';
    case ITEM_HIDDEN: return 'h';
    case ITEM_DELETED: return 'd';
    }
    UNREACHABLE("item state");
}

static void encode_memory(const struct payload *payload, enum reason reason, struct sbuf *out)
{
    const struct event *event = payload->event;
    /* an identity used again does not replace the outcome that stands under it */
    bool stored = event->catalog_index >= 0 && event->has_product && reason != REASON_IDENTITY_REUSED;
    struct memory_header memory = {
        .last_version = (int64_t)payload->last_version,
        .current_version = (int64_t)payload->current_version,
        .item_state = state_letter(payload->item_state),
        .sku = payload->memory_sku,
        .item_id = payload->memory_item,
    };

    if (stored) {
        memory.identity = event->identity;
        memory.data_hash = event->data_hash;
    }
    ASSERT(memory_header_encode(&memory, out));
}

static void publish_result(struct reactor *r, const struct output *output)
{
    static char scratch[OUTCOME_TEXT_BYTES];
    static struct warnings warnings;
    struct payload *payload = payload_of(r->payloads, output->op);
    struct result_event event;
    char memory_text[MEMORY_HEADER_MAX_BYTES];
    struct sbuf *key = reactor_scratch(r, 0), *value = reactor_scratch(r, 1), memory;
    struct sink_header headers[2];

    memset(&event, 0, sizeof event);
    fill_outcome(payload, output, &event, scratch, sizeof scratch);
    fill_event(r, payload, output->u.publish.attempts, &event);
    warnings_fill(payload, (enum outcome)event.out.kind, &warnings, &event);
    sbuf_init_fixed(&memory, memory_text, sizeof memory_text);
    encode_memory(payload, output->u.publish.reason, &memory);
    headers[0] = (struct sink_header){"content-type", RESULT_CONTENT_TYPE, sizeof RESULT_CONTENT_TYPE - 1};
    headers[1] = (struct sink_header){MEMORY_HEADER, memory.data, memory.len};
    if (r->settings.core.plan_only)
        planning_fill(r, payload, &event);
    ASSERT(result_key(&event, key) && result_encode(&event, value));
    kafka_sink_publish(r->sink,
                       &(struct sink_record){.topic = r->config->topic_results,
                                             .partition = -1,
                                             .key = key->data,
                                             .key_size = key->len,
                                             .value = value->data,
                                             .value_size = value->len,
                                             .headers = headers,
                                             .headers_count = 2},
                       cookie_of(output->op) << 1);
    payload->kind = (uint8_t)event.out.kind;
    payload->path = (uint8_t)event_path_of(event.out.kind, output->u.publish.reason, output->u.publish.stored,
                                           payload->first_attempt_ms > 0);
    status_log_outcome(r, payload, &event);
}

enum { ORIGINALS_MAX = DEADLETTER_ORIGINAL_MAX * 2 };

static void original_headers(const rd_kafka_message_t *message, struct record_header to[ORIGINALS_MAX],
                             struct deadletter *letter)
{
    struct event_header headers[ORIGINALS_MAX];
    struct record_headers read = headers_read(message, headers, ORIGINALS_MAX);

    for (size_t i = 0; i < read.count; i++)
        to[i] = (struct record_header){headers[i].name, headers[i].value, headers[i].len};
    letter->headers = to;
    letter->header_count = read.count;
    letter->headers_unread = read.left_out;
}

static void fill_letter(const struct reactor *r, const struct payload *payload,
                        const struct result_event *event, const struct output *output,
                        struct deadletter *letter)
{
    const rd_kafka_message_t *message = payload->record.message;
    const struct result_error *error = &event->out.error;
    rd_kafka_timestamp_type_t type;

    *letter = (struct deadletter){
        .key = message->key,
        .key_bytes = message->key_len,
        .value_null = message->payload == NULL,
        .value_left_out = payload->dead_truncated,
        .value_bytes = message->len,
        .event_source = event->event_source,
        .event_id = event->event_id,
        .identity_reused = output->u.publish.reason == REASON_IDENTITY_REUSED,
        .topic = event->topic,
        .partition = event->partition,
        .offset = event->offset,
        .timestamp_ms = rd_kafka_message_timestamp(message, &type),
        .class_name = error->class_name,
        .reason = event->out.reason,
        .message = error->message,
        .user_message = error->user_message,
        .fbtrace_id = error->fbtrace_id,
        .code = error->code,
        .subcode = error->subcode,
        .http_status = error->http_status,
        .product_id = event->product_id,
        .sku = event->out.sku,
        .catalog = event->catalog,
        .worker = r->worker_name,
        .attempts = event->attempts,
        .first_seen_ms = payload->received_ms,
        .died_at_ms = reactor_wall_ms(),
        .replays = event->replays,
    };
}

static void publish_dead(struct reactor *r, const struct output *output)
{
    static char scratch[OUTCOME_TEXT_BYTES], header_scratch[DEADLETTER_SCRATCH_BYTES];
    struct payload *payload = payload_of(r->payloads, output->op);
    struct record_header originals[ORIGINALS_MAX], headers[DEADLETTER_HEADERS_MAX];
    struct sink_header sink_headers[DEADLETTER_HEADERS_MAX];
    struct result_event event;
    struct deadletter letter;
    struct sbuf *key = reactor_scratch(r, 0);
    size_t count;

    memset(&event, 0, sizeof event);
    fill_outcome(payload, output, &event, scratch, sizeof scratch);
    fill_event(r, payload, output->u.publish.attempts, &event);
    fill_letter(r, payload, &event, output, &letter);
    original_headers(payload->record.message, originals, &letter);
    ASSERT(deadletter_key(&letter, key));
    count = deadletter_headers(&letter, headers, header_scratch);
    for (size_t i = 0; i < count; i++)
        sink_headers[i] = (struct sink_header){
            .name = headers[i].name, .value = headers[i].value, .value_size = headers[i].value_bytes};
    kafka_sink_publish(
        r->sink,
        &(struct sink_record){
            .topic = r->config->topic_dlq,
            .partition = -1,
            .key = key->data,
            .key_size = key->len,
            .value = letter.value_null || letter.value_left_out ? "" : payload->record.message->payload,
            .value_size = letter.value_null || letter.value_left_out ? 0 : payload->record.message->len,
            .headers = sink_headers,
            .headers_count = count,
        },
        cookie_of(output->op) << 1 | 1);
}

void perform_publish(struct reactor *r, const struct output *output)
{
    if (kafka_sink_pending(r->sink) == 0 && !r->unacked_failed)
        r->unacked_since_us = loop_now_us(r->loop);
    if (output->type == OUT_PUBLISH_DEAD)
        publish_dead(r, output);
    else
        publish_result(r, output);
}

void publishing_answered(struct reactor *r, uint64_t cookie, enum sink_status status, const char *error)
{
    struct input in = {.type = IN_PUBLISHED};
    bool dead = cookie & 1;
    struct op_id op = {.slot = (uint32_t)(cookie >> 1 & 0x7fffffff), .gen = (uint32_t)(cookie >> 33)};
    struct payload *payload = payload_find(r->payloads, op);

    if (status != SINK_OK) {
        r->counts.publish_failures++;
        log_warn_limited(dead ? "dead letter not published, will be tried again"
                              : "result not published, will be tried again",
                         log_str("error", error));
    }
    if (status == SINK_TOO_LARGE && dead && payload)
        payload->dead_truncated = true; /* written again without its value */
    if (status == SINK_OK && dead)
        r->counts.dead_letters++;
    else if (status == SINK_OK && payload)
        metrics_result_out(r, payload);
    r->unacked_failed = status != SINK_OK;
    if (status == SINK_OK)
        r->unacked_since_us = loop_now_us(r->loop);
    in.u.published.op = op;
    in.u.published.kind = dead ? PUBLISH_DEAD : PUBLISH_RESULT;
    in.u.published.ok = status == SINK_OK;
    reactor_input(r, &in);
}
