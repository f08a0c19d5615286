#include "worker/adapters/kafka_sink.h"

#include "common/assertx.h"
#include "worker/adapters/kafka_health.h"
#include "worker/adapters/kafka_held.h"
#include "worker/adapters/kafka_pump.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENTS_BUDGET = 1000, PRODUCE_ARGS_MAX = 8, HELD_MAX_US = 20000 };

/* A publish refused on the spot, to be answered in the next turn. */
struct refusal {
    uint64_t cookie;
    rd_kafka_resp_err_t err;
    struct refusal *next;
};

struct kafka_sink {
    struct loop *loop;
    rd_kafka_t *rk;
    struct sink_events events;
    struct kafka_pump pump;
    struct kafka_log_pump logs;
    struct kafka_health health;
    struct refusal *refused, **refused_end;
    struct held_records held;
    struct loop_flush flush;
    struct loop_timer held_timer;
    size_t pending; /* all not yet answered */
    size_t given;   /* of these, those librdkafka has */
};

static enum sink_status status_of(rd_kafka_resp_err_t err)
{
    switch (err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR: return SINK_OK;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE: return SINK_TOO_LARGE;
    default: return SINK_FAILED;
    }
}

static void answer(struct kafka_sink *sink, uint64_t cookie, rd_kafka_resp_err_t err)
{
    sink->pending--;
    sink->events.published(sink->events.arg, cookie, status_of(err), err ? rd_kafka_err2str(err) : "");
}

static void answer_refused(void *arg)
{
    struct kafka_sink *sink = arg;
    struct refusal *list = sink->refused;
    sink->refused = NULL;
    sink->refused_end = &sink->refused;
    while (list) {
        struct refusal *refusal = list;
        list = refusal->next;
        answer(sink, refusal->cookie, refusal->err);
        free(refusal);
    }
}

static void refuse(struct kafka_sink *sink, uint64_t cookie, rd_kafka_resp_err_t err)
{
    struct refusal *refusal = malloc(sizeof(*refusal));
    ASSERT(refusal);
    *refusal = (struct refusal){.cookie = cookie, .err = err};
    if (!sink->refused) {
        loop_defer(sink->loop, answer_refused, sink);
    }
    *sink->refused_end = refusal;
    sink->refused_end = &refusal->next;
}

static void on_delivered(struct kafka_sink *sink, rd_kafka_event_t *event)
{
    const rd_kafka_message_t *message;
    while ((message = rd_kafka_event_message_next(event))) {
        if (!message->err) {
            kafka_health_works(&sink->health);
        }
        sink->given--;
        answer(sink, (uint64_t)(uintptr_t)message->_private, message->err);
    }
}

static void on_event(void *arg, rd_kafka_event_t *event)
{
    struct kafka_sink *sink = arg;
    switch (rd_kafka_event_type(event)) {
    case RD_KAFKA_EVENT_DR: on_delivered(sink, event); break;
    case RD_KAFKA_EVENT_ERROR:
        kafka_health_error(&sink->health, rd_kafka_event_error(event), rd_kafka_event_error_string(event));
        break;
    default: break;
    }
    rd_kafka_event_destroy(event);
}

static rd_kafka_headers_t *make_headers(const struct sink_record *record)
{
    if (record->headers_count == 0) {
        return NULL;
    }
    rd_kafka_headers_t *headers = rd_kafka_headers_new(record->headers_count);
    for (size_t i = 0; i < record->headers_count; i++) {
        const struct sink_header *header = &record->headers[i];
        rd_kafka_resp_err_t err = rd_kafka_header_add(headers, header->name, -1, header->value,
                                                      header->value ? (ssize_t)header->value_size : 0);
        ASSERT(!err);
    }
    return headers;
}

/* librdkafka's arguments have no const, though it only reads them. */
static void *unconst(const void *bytes)
{
    union {
        const void *in;
        void *out;
    } same = {.in = bytes};
    return same.out;
}

/* A cookie travels as the record's opaque pointer. */
static void *as_opaque(uint64_t cookie)
{
    void *opaque;
    memcpy(&opaque, &cookie, sizeof(opaque));
    return opaque;
}

static void produce(struct kafka_sink *sink, const struct sink_record *record, uint64_t cookie)
{
    rd_kafka_headers_t *headers = make_headers(record);
    rd_kafka_vu_t args[PRODUCE_ARGS_MAX];
    size_t count = 0;
    args[count++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = record->topic};
    args[count++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY};
    args[count++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = as_opaque(cookie)};
    args[count++] =
        (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_PARTITION,
                        .u.i32 = record->partition < 0 ? RD_KAFKA_PARTITION_UA : record->partition};
    args[count++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_KEY,
                                    .u.mem = {unconst(record->key), record->key ? record->key_size : 0}};
    args[count++] =
        (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_VALUE,
                        .u.mem = {unconst(record->value), record->value ? record->value_size : 0}};
    if (headers) {
        args[count++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers};
    }
    rd_kafka_error_t *error = rd_kafka_produceva(sink->rk, args, count);
    if (!error) {
        sink->given++; /* the headers went with it */
        return;
    }
    if (headers) {
        rd_kafka_headers_destroy(headers);
    }
    refuse(sink, cookie, rd_kafka_error_code(error));
    rd_kafka_error_destroy(error);
}

/* Hands over what is held once librdkafka has nothing of ours left unanswered: a single record goes at once,
 * and under load each round trip carries all that came during the one before. librdkafka could wait for
 * company as well (linger.ms), but it waits when idle too, and while more requests are due than it may have
 * in flight its thread spins. A partition that does not answer must not hold up the others: nobody waits for
 * longer than HELD_MAX_US. */
static void hand_over(void *arg)
{
    struct kafka_sink *sink = arg;
    struct held_record *oldest = sink->held.oldest;
    if (!oldest) {
        return;
    }
    if (sink->given > 0 && loop_now_us(sink->loop) - oldest->since_us < HELD_MAX_US) {
        if (!sink->held_timer.armed) {
            loop_timer_set(sink->loop, &sink->held_timer, oldest->since_us + HELD_MAX_US, hand_over, sink);
        }
        return;
    }
    loop_timer_clear(sink->loop, &sink->held_timer);
    while ((oldest = held_take(&sink->held))) {
        produce(sink, &oldest->record, oldest->cookie);
        free(oldest);
    }
}

void kafka_sink_publish(struct kafka_sink *sink, const struct sink_record *record, uint64_t cookie)
{
    sink->pending++;
    held_add(&sink->held, record, cookie, loop_now_us(sink->loop));
}

struct kafka_sink *kafka_sink_open(struct loop *loop, const struct kafka_settings *settings,
                                   const struct sink_events *events, char *error)
{
    _Static_assert(sizeof(void *) == sizeof(uint64_t), "a cookie must fit a pointer");
    rd_kafka_conf_t *conf = kafka_conf_new(KAFKA_SINK, settings, error);
    if (!conf) {
        return NULL;
    }
    struct kafka_sink *sink = calloc(1, sizeof(*sink));
    ASSERT(sink);
    sink->loop = loop;
    sink->events = *events;
    sink->refused_end = &sink->refused;
    loop_flush_add(loop, &sink->flush, hand_over, sink);
    sink->pump.event = on_event;
    sink->pump.arg = sink;
    char why[KAFKA_ERROR_SIZE];
    sink->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
    if (!sink->rk) {
        rd_kafka_conf_destroy(conf);
        snprintf(error, KAFKA_ERROR_SIZE, "Kafka producer: %.480s", why);
        kafka_sink_destroy(sink);
        return NULL;
    }
    kafka_health_start(&sink->health, loop, sink->rk, "producer", events->trouble, events->arg);
    if (!kafka_log_start(&sink->logs, loop, sink->rk, events->log, events->arg) ||
        !kafka_pump_start(&sink->pump, loop, rd_kafka_queue_get_main(sink->rk), EVENTS_BUDGET)) {
        snprintf(error, KAFKA_ERROR_SIZE, "Kafka producer: cannot start: no file descriptors left");
        kafka_sink_destroy(sink);
        return NULL;
    }
    return sink;
}

size_t kafka_sink_pending(const struct kafka_sink *sink)
{
    return sink->pending;
}

void kafka_sink_destroy(struct kafka_sink *sink)
{
    if (!sink) {
        return;
    }
    loop_defer_cancel(sink->loop, sink);
    loop_flush_remove(sink->loop, &sink->flush);
    loop_timer_clear(sink->loop, &sink->held_timer);
    for (struct held_record *held; (held = held_take(&sink->held));) {
        free(held);
    }
    kafka_health_stop(&sink->health);
    kafka_pump_stop(&sink->pump);
    kafka_pump_stop(&sink->logs.pump);
    if (sink->rk) {
        rd_kafka_purge(sink->rk,
                       RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
        rd_kafka_destroy(sink->rk);
    }
    while (sink->refused) {
        struct refusal *next = sink->refused->next;
        free(sink->refused);
        sink->refused = next;
    }
    free(sink);
}
