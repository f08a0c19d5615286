#include "common/assertx.h"
#include "worker/adapters/kafka_ends.h"
#include "worker/adapters/kafka_fetch.h"
#include "worker/adapters/kafka_pump.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUESTION_TIMEOUT_MS = 10000, EVENTS_BUDGET = 100, TEXT_SIZE = 768 };

struct scan_part {
    int64_t next, end;
    bool done;
};

struct kafka_scan {
    struct loop *loop;
    struct scan_settings settings;
    struct scan_events events;
    char *topic;
    rd_kafka_t *rk;
    rd_kafka_topic_t *rkt;
    struct kafka_ends *ends;
    struct kafka_pump records, main;
    struct kafka_log_pump logs;
    struct scan_part *parts;
    struct scan_progress progress;
    struct loop_timer stall;
    bool over;
    char trouble[TEXT_SIZE]; /* what the client complained of last */
};

static void finish(struct kafka_scan *scan, bool ok, const char *error)
{
    if (scan->over) {
        return;
    }
    scan->over = true;
    loop_timer_clear(scan->loop, &scan->stall);
    kafka_pump_hold(&scan->records, true);
    scan->events.done(scan->events.arg, ok, error);
}

static void fail(struct kafka_scan *scan, const char *what)
{
    char text[TEXT_SIZE * 2];
    snprintf(text, sizeof(text), "reading topic %s from its beginning: %s%s%s", scan->topic, what,
             scan->trouble[0] ? "; last trouble: " : "", scan->trouble);
    finish(scan, false, text);
}

static void on_stall(void *arg)
{
    fail(arg, "nothing came within the time allowed");
}

static void moved(struct kafka_scan *scan)
{
    if (scan->over || scan->records.held) {
        return;
    }
    loop_timer_set(scan->loop, &scan->stall,
                   loop_now_us(scan->loop) + (usec_t)scan->settings.stall_timeout_ms * 1000, on_stall, scan);
}

static void advance(struct kafka_scan *scan, struct scan_part *part, int64_t next)
{
    if (next > part->end) {
        next = part->end;
    }
    scan->progress.offsets_left -= next - part->next;
    part->next = next;
    if (next == part->end && !part->done) {
        part->done = true;
        scan->progress.partitions_done++;
    }
}

static void check_end(struct kafka_scan *scan)
{
    if (scan->progress.partitions_done == scan->progress.partitions) {
        finish(scan, true, "");
    }
}

static void on_message(struct kafka_scan *scan, rd_kafka_event_t *event)
{
    struct kafka_record record = {event, rd_kafka_event_message_next(event)};
    int64_t number = record.message ? record.message->partition : -1;
    if (number < 0 || number >= scan->progress.partitions) {
        kafka_record_free(&record);
        return;
    }
    struct scan_part *part = &scan->parts[number];
    int64_t offset = record.message->offset;
    if (part->done || offset < part->next) {
        kafka_record_free(&record); /* written since the scan began, or a step back of librdkafka's */
        return;
    }
    if (offset < part->end) {
        scan->progress.records++;
        scan->events.record(scan->events.arg, record);
        if (!scan->rk) {
            return; /* destroyed by its owner meanwhile */
        }
    } else {
        kafka_record_free(&record);
    }
    advance(scan, part, offset + 1);
    moved(scan);
    check_end(scan);
}

static void on_error(struct kafka_scan *scan, rd_kafka_event_t *event)
{
    rd_kafka_resp_err_t err = rd_kafka_event_error(event);
    rd_kafka_topic_partition_t *at = rd_kafka_event_topic_partition(event);
    if (err == RD_KAFKA_RESP_ERR__PARTITION_EOF && at && at->partition < (int32_t)scan->progress.partitions) {
        advance(scan, &scan->parts[at->partition], INT64_MAX);
        moved(scan);
        check_end(scan);
    } else if (err == RD_KAFKA_RESP_ERR__FATAL || err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {
        fail(scan, rd_kafka_event_error_string(event));
    } else {
        snprintf(scan->trouble, sizeof(scan->trouble), "%s", rd_kafka_event_error_string(event));
    }
    if (at) {
        rd_kafka_topic_partition_destroy(at);
    }
    rd_kafka_event_destroy(event);
}

static void on_event(void *arg, rd_kafka_event_t *event)
{
    struct kafka_scan *scan = arg;
    if (scan->over) {
        rd_kafka_event_destroy(event);
        return;
    }
    switch (rd_kafka_event_type(event)) {
    case RD_KAFKA_EVENT_FETCH: on_message(scan, event); break;
    case RD_KAFKA_EVENT_ERROR: on_error(scan, event); break;
    default: rd_kafka_event_destroy(event);
    }
}

static void start_partition(struct kafka_scan *scan, int32_t number, int64_t low, int64_t end)
{
    struct scan_part *part = &scan->parts[number];
    *part = (struct scan_part){.next = low, .end = end};
    if (low >= end) {
        part->done = true;
        scan->progress.partitions_done++;
        return;
    }
    scan->progress.offsets_total += end - low;
    scan->progress.offsets_left += end - low;
    if (rd_kafka_consume_start_queue(scan->rkt, number, RD_KAFKA_OFFSET_BEGINNING, scan->records.queue) !=
        0) {
        fail(scan, rd_kafka_err2str(rd_kafka_last_error()));
    }
}

static void on_ends(void *arg, const struct ends_answer *answer)
{
    struct kafka_scan *scan = arg;
    if (!answer->ok) {
        fail(scan, answer->error);
        return;
    }
    scan->rkt = rd_kafka_topic_new(scan->rk, scan->topic, NULL);
    ASSERT(scan->rkt);
    scan->parts = calloc((size_t)answer->count + 1, sizeof(*scan->parts));
    ASSERT(scan->parts);
    scan->progress.partitions = (uint32_t)answer->count;
    for (int32_t i = 0; !scan->over && i < answer->count; i++) {
        start_partition(scan, i, answer->low[i], answer->end[i]);
    }
    moved(scan);
    if (!scan->over) {
        check_end(scan);
    }
}

static bool start_pumps(struct kafka_scan *scan)
{
    scan->records.event = scan->main.event = on_event;
    scan->records.arg = scan->main.arg = scan;
    return kafka_log_start(&scan->logs, scan->loop, scan->rk, scan->events.log, scan->events.arg) &&
           kafka_pump_start(&scan->records, scan->loop, rd_kafka_queue_new(scan->rk),
                            scan->settings.records_per_turn) &&
           kafka_pump_start(&scan->main, scan->loop, rd_kafka_queue_get_main(scan->rk), EVENTS_BUDGET);
}

struct kafka_scan *kafka_scan_open(struct loop *loop, const struct scan_settings *settings,
                                   const struct scan_events *events, char *error)
{
    ASSERT(settings->records_per_turn > 0 && settings->stall_timeout_ms > 0);
    rd_kafka_conf_t *conf = kafka_conf_new(KAFKA_READER, settings->kafka, error);
    if (!conf) {
        return NULL;
    }
    struct kafka_scan *scan = calloc(1, sizeof(*scan));
    ASSERT(scan);
    scan->loop = loop;
    scan->settings = *settings;
    scan->events = *events;
    scan->topic = strdup(settings->topic);
    ASSERT(scan->topic);
    char why[KAFKA_ERROR_SIZE];
    scan->rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof(why));
    if (!scan->rk) {
        rd_kafka_conf_destroy(conf);
        snprintf(error, KAFKA_ERROR_SIZE, "Kafka reader: %.480s", why);
        kafka_scan_destroy(scan);
        return NULL;
    }
    if (start_pumps(scan)) {
        scan->ends = kafka_ends_ask(loop, scan->rk, scan->topic, NULL, 0, QUESTION_TIMEOUT_MS, on_ends, scan);
    }
    if (!scan->ends) {
        snprintf(error, KAFKA_ERROR_SIZE, "Kafka reader: no threads or file descriptors left");
        kafka_scan_destroy(scan);
        return NULL;
    }
    return scan;
}

void kafka_scan_hold(struct kafka_scan *scan, bool hold)
{
    if (scan->over) {
        return;
    }
    kafka_pump_hold(&scan->records, hold);
    if (hold) {
        loop_timer_clear(scan->loop, &scan->stall);
    } else if (scan->parts) {
        moved(scan);
    }
}

void kafka_scan_progress(const struct kafka_scan *scan, struct scan_progress *progress)
{
    *progress = scan->progress;
}

static void free_scan(void *arg)
{
    struct kafka_scan *scan = arg;
    free(scan->parts);
    free(scan->topic);
    free(scan);
}

void kafka_scan_destroy(struct kafka_scan *scan)
{
    if (!scan) {
        return;
    }
    scan->over = true;
    loop_timer_clear(scan->loop, &scan->stall);
    kafka_pump_stop(&scan->records);
    kafka_pump_stop(&scan->main);
    kafka_pump_stop(&scan->logs.pump);
    if (scan->rk) {
        kafka_bury(scan->ends, scan->rkt, scan->rkt ? (int32_t)scan->progress.partitions : 0, scan->rk);
        scan->rk = NULL;
    }
    /* Callers further up the stack may still look at it. */
    loop_park(scan->loop, scan, free_scan);
}
