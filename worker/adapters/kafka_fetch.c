#include "worker/adapters/kafka_fetch.h"

#include "common/assertx.h"
#include "worker/adapters/kafka_ends.h"
#include "worker/adapters/kafka_pump.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ONE_TIMEOUT_US = 15000000, WAITING_MAX = 1024, EVENTS_BUDGET = 100, FETCH_PREFETCH_BYTES = 65536 };

struct question {
    char *topic;
    int32_t partition;
    int64_t offset;
    uint64_t cookie;
    struct question *next;
};

struct kafka_fetch {
    struct loop *loop;
    struct kafka_settings settings;
    kafka_fetched_fn fetched;
    kafka_log_fn log;
    void *arg;
    rd_kafka_t *rk; /* made at the first question */
    rd_kafka_topic_t *rkt;
    struct kafka_pump records, main;
    struct kafka_log_pump logs;
    struct question *first, **end; /* the first is the one being asked once rkt is set */
    uint32_t waiting;
    struct question *refused; /* more than may wait */
    struct loop_timer timer;
    char trouble[KAFKA_ERROR_SIZE];
};

static void next(void *arg);

static void free_question(struct question *question)
{
    free(question->topic);
    free(question);
}

/* Answers the question being asked, and goes on to the next one in the next turn. */
static void answer(struct kafka_fetch *fetch, enum fetch_status status, struct kafka_record record,
                   const char *error)
{
    struct question *question = fetch->first;
    fetch->first = question->next;
    if (!fetch->first) {
        fetch->end = &fetch->first;
    }
    fetch->waiting--;
    loop_timer_clear(fetch->loop, &fetch->timer);
    if (fetch->rkt) {
        rd_kafka_consume_stop(fetch->rkt, question->partition);
        rd_kafka_topic_destroy(fetch->rkt);
        fetch->rkt = NULL;
    }
    if (fetch->first) {
        loop_defer(fetch->loop, next, fetch);
    }
    fetch->fetched(fetch->arg, question->cookie, status, record, error);
    free_question(question);
}

static void answer_failed(struct kafka_fetch *fetch, const char *why)
{
    char text[KAFKA_ERROR_SIZE];
    snprintf(text, sizeof(text), "reading %.200s [%d] at %lld: %.200s", fetch->first->topic,
             (int)fetch->first->partition, (long long)fetch->first->offset, why);
    answer(fetch, FETCH_FAILED, (struct kafka_record){0}, text);
}

static void on_timeout(void *arg)
{
    struct kafka_fetch *fetch = arg;
    answer_failed(fetch, fetch->trouble[0] ? fetch->trouble : "no answer in time");
}

static void on_message(struct kafka_fetch *fetch, rd_kafka_event_t *event)
{
    struct kafka_record record = {event, rd_kafka_event_message_next(event)};
    const rd_kafka_message_t *message = record.message;
    const struct question *question = fetch->first;
    if (!fetch->rkt || !message || message->partition != question->partition ||
        strcmp(rd_kafka_topic_name(message->rkt), question->topic) != 0 ||
        message->offset < question->offset) {
        kafka_record_free(&record); /* left over from the question before */
        return;
    }
    if (message->offset == question->offset) {
        answer(fetch, FETCH_FOUND, record, "");
        return;
    }
    kafka_record_free(&record);
    answer(fetch, FETCH_GONE, record, "the record is not in the log any more");
}

static void on_error(struct kafka_fetch *fetch, rd_kafka_event_t *event)
{
    rd_kafka_resp_err_t err = rd_kafka_event_error(event);
    if (!fetch->rkt) {
        /* nobody is asking */
    } else if (err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        answer(fetch, FETCH_GONE, (struct kafka_record){0}, "the offset is not in the log");
    } else if (err == RD_KAFKA_RESP_ERR__FATAL || err == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ||
               err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC) {
        answer_failed(fetch, rd_kafka_event_error_string(event));
    } else {
        snprintf(fetch->trouble, sizeof(fetch->trouble), "%s", rd_kafka_event_error_string(event));
    }
    rd_kafka_event_destroy(event);
}

static void on_event(void *arg, rd_kafka_event_t *event)
{
    struct kafka_fetch *fetch = arg;
    switch (rd_kafka_event_type(event)) {
    case RD_KAFKA_EVENT_FETCH: on_message(fetch, event); break;
    case RD_KAFKA_EVENT_ERROR: on_error(fetch, event); break;
    default: rd_kafka_event_destroy(event);
    }
}

static bool connect_client(struct kafka_fetch *fetch, char *error)
{
    rd_kafka_conf_t *conf = kafka_conf_new(KAFKA_READER, &fetch->settings, error);
    if (!conf) {
        return false;
    }
    fetch->rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, KAFKA_ERROR_SIZE);
    if (!fetch->rk) {
        rd_kafka_conf_destroy(conf);
        return false;
    }
    fetch->records.event = fetch->main.event = on_event;
    fetch->records.arg = fetch->main.arg = fetch;
    bool started =
        kafka_log_start(&fetch->logs, fetch->loop, fetch->rk, fetch->log, fetch->arg) &&
        kafka_pump_start(&fetch->records, fetch->loop, rd_kafka_queue_new(fetch->rk), EVENTS_BUDGET) &&
        kafka_pump_start(&fetch->main, fetch->loop, rd_kafka_queue_get_main(fetch->rk), EVENTS_BUDGET);
    ASSERT(started);
    return true;
}

static void next(void *arg)
{
    struct kafka_fetch *fetch = arg;
    const struct question *question = fetch->first;
    if (!question || fetch->rkt) {
        return;
    }
    char error[KAFKA_ERROR_SIZE];
    if (!fetch->rk && !connect_client(fetch, error)) {
        answer_failed(fetch, error);
        return;
    }
    fetch->trouble[0] = '\0';
    fetch->rkt = rd_kafka_topic_new(fetch->rk, question->topic, NULL);
    if (!fetch->rkt || rd_kafka_consume_start_queue(fetch->rkt, question->partition, question->offset,
                                                    fetch->records.queue) != 0) {
        answer_failed(fetch, rd_kafka_err2str(rd_kafka_last_error()));
        return;
    }
    loop_timer_set(fetch->loop, &fetch->timer, loop_now_us(fetch->loop) + ONE_TIMEOUT_US, on_timeout, fetch);
}

struct kafka_fetch *kafka_fetch_open(struct loop *loop, const struct kafka_settings *settings,
                                     kafka_fetched_fn fetched, kafka_log_fn log, void *arg)
{
    struct kafka_fetch *fetch = calloc(1, sizeof(*fetch));
    ASSERT(fetch);
    fetch->loop = loop;
    fetch->settings = *settings;
    fetch->settings.prefetch_bytes = FETCH_PREFETCH_BYTES; /* one record is wanted, not what follows it */
    fetch->fetched = fetched;
    fetch->log = log;
    fetch->arg = arg;
    fetch->end = &fetch->first;
    return fetch;
}

static void answer_refused(void *arg)
{
    struct kafka_fetch *fetch = arg;
    while (fetch->refused) {
        struct question *question = fetch->refused;
        fetch->refused = question->next;
        fetch->fetched(fetch->arg, question->cookie, FETCH_FAILED, (struct kafka_record){0},
                       "too many records are being read one by one");
        free_question(question);
    }
}

void kafka_fetch_one(struct kafka_fetch *fetch, const char *topic, int32_t partition, int64_t offset,
                     uint64_t cookie)
{
    ASSERT(partition >= 0 && offset >= 0);
    struct question *question = malloc(sizeof(*question));
    ASSERT(question);
    *question = (struct question){strdup(topic), partition, offset, cookie, NULL};
    ASSERT(question->topic);
    if (fetch->waiting == WAITING_MAX) {
        question->next = fetch->refused;
        fetch->refused = question;
        loop_defer(fetch->loop, answer_refused, fetch);
        return;
    }
    if (!fetch->first) {
        loop_defer(fetch->loop, next, fetch);
    }
    *fetch->end = question;
    fetch->end = &question->next;
    fetch->waiting++;
}

static void free_list(struct question *list)
{
    while (list) {
        struct question *question = list;
        list = list->next;
        free_question(question);
    }
}

void kafka_fetch_destroy(struct kafka_fetch *fetch)
{
    if (!fetch) {
        return;
    }
    loop_defer_cancel(fetch->loop, fetch);
    loop_timer_clear(fetch->loop, &fetch->timer);
    kafka_pump_stop(&fetch->records);
    kafka_pump_stop(&fetch->main);
    kafka_pump_stop(&fetch->logs.pump);
    if (fetch->rkt) {
        rd_kafka_consume_stop(fetch->rkt, fetch->first->partition);
        rd_kafka_topic_destroy(fetch->rkt);
    }
    if (fetch->rk) {
        kafka_bury(NULL, NULL, 0, fetch->rk);
    }
    free_list(fetch->first);
    free_list(fetch->refused);
    free(fetch);
}
