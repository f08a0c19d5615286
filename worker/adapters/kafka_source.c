#include "worker/adapters/kafka_source.h"

#include "common/assertx.h"
#include "worker/adapters/kafka_source_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAIN_BUDGET = 1000, CLOSING_POLL_US = 20000, TEXT_SIZE = 768, JOINING_MAY_END = 0x02030000 };

void kafka_record_free(struct kafka_record *record)
{
    if (record->owner) {
        rd_kafka_event_destroy(record->owner);
    }
    *record = (struct kafka_record){0};
}

/* The loud stop of design.md section 4: never a silent jump to another offset. */
static void out_of_range(struct kafka_source *source, rd_kafka_event_t *event)
{
    rd_kafka_topic_partition_t *at = rd_kafka_event_topic_partition(event);
    char text[TEXT_SIZE];
    snprintf(
        text, sizeof(text),
        "Kafka consumer: the committed offset %lld of group %s in %s [%d] is not in the log any more (%s): "
        "records may have been deleted unread. Stop all workers, set the group's offset for this partition "
        "to "
        "where reading shall go on (kafka-consumer-groups --reset-offsets), and start again",
        at ? (long long)at->offset : -1LL, source->group, at ? at->topic : "?", at ? (int)at->partition : -1,
        rd_kafka_event_error_string(event));
    if (at) {
        rd_kafka_topic_partition_destroy(at);
    }
    source->events.trouble(source->events.arg, KAFKA_FATAL, text);
}

/* The end was reached: behind the last record there may be transaction markers, which nobody delivers. */
static void on_end(struct kafka_source *source, rd_kafka_event_t *event)
{
    rd_kafka_topic_partition_t *at = rd_kafka_event_topic_partition(event);
    uint16_t index = at ? parts_find(&source->parts, at->topic, at->partition) : PARTS_NONE;
    if (index != PARTS_NONE && source->parts.list[index].state == PART_ASSIGNED) {
        source->parts.list[index].ended = at->offset;
    }
    if (at) {
        rd_kafka_topic_partition_destroy(at);
    }
}

static void on_error(struct kafka_source *source, rd_kafka_event_t *event)
{
    rd_kafka_resp_err_t err = rd_kafka_event_error(event);
    if (err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        on_end(source, event);
    } else if (err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
        out_of_range(source, event);
    } else {
        kafka_health_error(&source->health, err, rd_kafka_event_error_string(event));
    }
    rd_kafka_event_destroy(event);
}

static void on_message(struct kafka_source *source, rd_kafka_event_t *event)
{
    struct kafka_record record = {event, rd_kafka_event_message_next(event)};
    if (!record.message) {
        kafka_record_free(&record);
        return;
    }
    uint16_t index =
        parts_find(&source->parts, rd_kafka_topic_name(record.message->rkt), record.message->partition);
    struct part *part = index == PARTS_NONE ? NULL : &source->parts.list[index];
    if (!part || part->state != PART_ASSIGNED) {
        kafka_record_free(&record); /* given back, or about to be: the next owner reads it */
        return;
    }
    part->next = record.message->offset + 1;
    source->events.record(source->events.arg, index, part->assignment, record);
}

static void on_records_event(void *arg, rd_kafka_event_t *event)
{
    struct kafka_source *source = arg;
    switch (rd_kafka_event_type(event)) {
    case RD_KAFKA_EVENT_FETCH: on_message(source, event); break;
    case RD_KAFKA_EVENT_ERROR: on_error(source, event); break;
    default: rd_kafka_event_destroy(event);
    }
}

static void on_main_event(void *arg, rd_kafka_event_t *event)
{
    struct kafka_source *source = arg;
    switch (rd_kafka_event_type(event)) {
    case RD_KAFKA_EVENT_REBALANCE: source_rebalance(source, event); break;
    case RD_KAFKA_EVENT_OFFSET_COMMIT: source_commit_answer(source, event); break;
    case RD_KAFKA_EVENT_LISTCONSUMERGROUPOFFSETS_RESULT: source_offsets(source, event); break;
    default: on_records_event(arg, event);
    }
}

static void on_main_polled(void *arg)
{
    struct kafka_source *source = arg;
    source_check_lost(source);
    if (source->closing && !source->closed && rd_kafka_consumer_closed(source->rk)) {
        source->closed = true;
        source->joined = false;
        kafka_pump_every(&source->main, 1000000);
        source->events.closed(source->events.arg);
    }
}

static bool topics_valid(const struct source_settings *settings, char *error)
{
    if (settings->topics_count == 0 || settings->topics_count > CORE_TOPICS_MAX) {
        snprintf(error, KAFKA_ERROR_SIZE, "topic.events: between 1 and %d topics are needed, not %zu",
                 CORE_TOPICS_MAX, settings->topics_count);
        return false;
    }
    for (size_t i = 0; i < settings->topics_count; i++) {
        const char *name = settings->topics[i];
        if (name[0] == '^' || name[0] == '\0') {
            snprintf(error, KAFKA_ERROR_SIZE, "topic.events: \"%.200s\" is not a topic's name%s", name,
                     name[0] ? " (patterns are not supported: name each topic)" : "");
            return false;
        }
        for (size_t j = 0; j < i; j++) {
            if (strcmp(name, settings->topics[j]) == 0) {
                snprintf(error, KAFKA_ERROR_SIZE, "topic.events: %.200s is named twice", name);
                return false;
            }
        }
    }
    return true;
}

static rd_kafka_resp_err_t subscribe(struct kafka_source *source, const struct source_settings *settings)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)settings->topics_count);
    for (size_t i = 0; i < settings->topics_count; i++) {
        rd_kafka_topic_partition_list_add(list, settings->topics[i], RD_KAFKA_PARTITION_UA);
    }
    rd_kafka_resp_err_t err = rd_kafka_subscribe(source->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return err;
}

static char *copy_group(const struct kafka_settings *settings)
{
    const char *group = "";
    for (size_t i = 0; i < settings->user_count; i++) {
        if (strcmp(settings->user[i].name, "group.id") == 0) {
            group = settings->user[i].value; /* the last one counts, as in librdkafka */
        }
    }
    char *copy = strdup(group);
    ASSERT(copy);
    return copy;
}

static bool start_pumps(struct kafka_source *source, uint32_t records_per_turn)
{
    source->main.event = on_main_event;
    source->main.polled = on_main_polled;
    source->main.arg = source;
    source->records.event = on_records_event;
    source->records.arg = source;
    return kafka_log_start(&source->logs, source->loop, source->rk, source->events.log, source->events.arg) &&
           kafka_pump_start(&source->records, source->loop, rd_kafka_queue_new(source->rk),
                            records_per_turn) &&
           kafka_pump_start(&source->main, source->loop, rd_kafka_queue_get_consumer(source->rk),
                            MAIN_BUDGET);
}

struct kafka_source *kafka_source_open(struct loop *loop, const struct source_settings *settings,
                                       const struct source_events *events, char *error)
{
    ASSERT(settings->records_per_turn > 0);
    rd_kafka_conf_t *conf = NULL;
    if (!topics_valid(settings, error) || !(conf = kafka_conf_new(KAFKA_SOURCE, settings->kafka, error))) {
        return NULL;
    }
    struct kafka_source *source = calloc(1, sizeof(*source));
    ASSERT(source);
    source->loop = loop;
    source->events = *events;
    source->group = copy_group(settings->kafka);
    parts_init(&source->parts, settings->topics, settings->topics_count);
    loop_flush_add(loop, &source->flush, source_send_commits, source);
    char why[KAFKA_ERROR_SIZE];
    source->rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof(why));
    if (!source->rk) {
        rd_kafka_conf_destroy(conf);
        snprintf(error, KAFKA_ERROR_SIZE, "Kafka consumer: %.480s", why);
        kafka_source_destroy(source);
        return NULL;
    }
    kafka_health_start(&source->health, loop, source->rk, "consumer", events->trouble, events->arg);
    rd_kafka_poll_set_consumer(source->rk);
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_NO_ERROR;
    if (!start_pumps(source, settings->records_per_turn) || (err = subscribe(source, settings))) {
        snprintf(error, KAFKA_ERROR_SIZE, "Kafka consumer: cannot start: %s",
                 err ? rd_kafka_err2str(err) : "no file descriptors left");
        kafka_source_destroy(source);
        return NULL;
    }
    source_idle_ends_start(source);
    return source;
}

void kafka_source_accept(struct kafka_source *source, bool accept)
{
    kafka_pump_hold(&source->records, !accept);
}

static void pause(struct kafka_source *source, uint16_t partition, bool paused)
{
    struct part *part = partition < CORE_PARTITIONS_MAX ? &source->parts.list[partition] : NULL;
    if (!part || part->state != PART_ASSIGNED || part->paused == paused) {
        return;
    }
    part->paused = paused;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, parts_name(&source->parts, partition), part->number);
    if (paused) {
        rd_kafka_pause_partitions(source->rk, list);
    } else {
        rd_kafka_resume_partitions(source->rk, list);
    }
    rd_kafka_topic_partition_list_destroy(list);
}

void kafka_source_pause(struct kafka_source *source, uint16_t partition)
{
    pause(source, partition, true);
}

void kafka_source_resume(struct kafka_source *source, uint16_t partition)
{
    pause(source, partition, false);
}

void kafka_source_close(struct kafka_source *source)
{
    ASSERT(!source->closing);
    source->closing = true;
    kafka_pump_every(&source->main, CLOSING_POLL_US);
    rd_kafka_error_t *error = rd_kafka_consumer_close_queue(source->rk, source->main.queue);
    if (error) {
        char text[TEXT_SIZE];
        snprintf(text, sizeof(text), "Kafka consumer: closing: %s", rd_kafka_error_string(error));
        rd_kafka_error_destroy(error);
        source->events.log(source->events.arg, 4, "CLOSE", text);
    }
}

/* librdkafka before 2.3 aborts the process when it destroys a consumer that was joining its group for the
 * first time (its issue 4312). Such a one has left the group; the process is about to end, and takes it
 * along. */
void kafka_source_destroy(struct kafka_source *source)
{
    if (!source) {
        return;
    }
    source_idle_ends_stop(source);
    loop_flush_remove(source->loop, &source->flush);
    loop_defer_cancel(source->loop, source);
    kafka_health_stop(&source->health);
    source_rebalance_free(source);
    source_commits_free(source);
    parts_free(&source->parts);
    kafka_pump_stop(&source->records);
    kafka_pump_stop(&source->main);
    kafka_pump_stop(&source->logs.pump);
    if (source->rk && (source->ever_assigned || rd_kafka_version() >= JOINING_MAY_END)) {
        rd_kafka_destroy_flags(source->rk, source->closed ? 0 : RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    }
    free(source->group);
    free(source);
}

bool kafka_source_joined(const struct kafka_source *source)
{
    return source->joined;
}

static int64_t reached(const struct part *part)
{
    int64_t offset = part->next > part->ended ? part->next : part->ended;
    return offset > part->start ? offset : part->start;
}

bool kafka_source_position(struct kafka_source *source, size_t n, struct source_position *position)
{
    for (size_t i = 0; i < CORE_PARTITIONS_MAX; i++) {
        const struct part *part = &source->parts.list[i];
        if (!part->used) {
            return false; /* indexes are given out in order: none follows */
        }
        if (part->state == PART_FREE || n-- > 0) {
            continue;
        }
        int64_t low = -1, high = -1;
        rd_kafka_get_watermark_offsets(source->rk, parts_name(&source->parts, (uint16_t)i), part->number,
                                       &low, &high);
        *position = (struct source_position){.partition = (uint16_t)i,
                                             .topic = part->topic,
                                             .number = part->number,
                                             .paused = part->paused,
                                             .next = part->next,
                                             .reached = reached(part),
                                             .high = high > part->end ? high : part->end};
        return true;
    }
    return false;
}

const char *kafka_source_name(const struct kafka_source *source, uint16_t partition, int32_t *number)
{
    const char *name = parts_name(&source->parts, partition);
    if (name && number) {
        *number = source->parts.list[partition].number;
    }
    return name;
}

const char *kafka_source_group(const struct kafka_source *source)
{
    return source->group;
}
