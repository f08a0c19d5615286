#include "common/assertx.h"
#include "worker/adapters/kafka_source_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOOKUP_RETRY_US = 1000000, LOOKUP_TIMEOUT_MS = 10000, TEXT_SIZE = 768 };

static void next_rebalance(void *arg);

static bool cooperative(const struct kafka_source *source)
{
    const char *protocol = rd_kafka_rebalance_protocol(source->rk);
    return protocol && strcmp(protocol, "COOPERATIVE") == 0;
}

static rd_kafka_event_t *current(const struct kafka_source *source)
{
    return source->rebalance.queue[0];
}

static rd_kafka_topic_partition_list_t *partitions(const struct kafka_source *source)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_event_topic_partition_list(current(source));
    ASSERT(list);
    return list;
}

static void warn(struct kafka_source *source, const char *text)
{
    source->events.trouble(source->events.arg, KAFKA_WARNING, text);
}

/* librdkafka refused an (un)assignment: fatal states come as error events of their own, the rest is worth a
 * line. */
static void note_error(struct kafka_source *source, const char *what, rd_kafka_error_t *error)
{
    if (!error) {
        return;
    }
    char text[TEXT_SIZE];
    snprintf(text, sizeof(text), "Kafka consumer: %s: %s", what, rd_kafka_error_string(error));
    warn(source, text);
    rd_kafka_error_destroy(error);
}

static rd_kafka_error_t *as_error(rd_kafka_resp_err_t err)
{
    return err ? rd_kafka_error_new(err, "%s", rd_kafka_err2str(err)) : NULL;
}

/* The first rebalance of the queue is done; the next one starts in the next turn. */
static void finish(struct kafka_source *source)
{
    struct rebalance *rebalance = &source->rebalance;
    rd_kafka_event_destroy(rebalance->queue[0]);
    rebalance->count--;
    memmove(rebalance->queue, rebalance->queue + 1, rebalance->count * sizeof(rd_kafka_event_t *));
    rebalance->step = REBALANCE_NONE;
    rebalance->warned = false;
    if (rebalance->count > 0) {
        loop_defer(source->loop, next_rebalance, source);
    }
}

/* Its records go to the queue that is polled only while records are wanted. Must be done before the
 * assignment: librdkafka then leaves the forwarding alone. */
static void forward(struct kafka_source *source, struct part *part, const char *topic)
{
    part->queue = rd_kafka_queue_get_partition(source->rk, topic, part->number);
    if (part->queue) {
        rd_kafka_queue_forward(part->queue, source->records.queue);
    }
}

static void warn_start(struct kafka_source *source, const char *topic, int32_t number)
{
    char text[TEXT_SIZE];
    snprintf(
        text, sizeof(text),
        "group %s has no committed offset for %s [%d]: reading starts at the earliest record (what was done "
        "before is recognised, and not done again)",
        source->group, topic, (int)number);
    warn(source, text);
}

/* Every partition of the event becomes ours, from its committed offset. found: as told by the group. */
static void assign(struct kafka_source *source, const rd_kafka_topic_partition_list_t *found)
{
    rd_kafka_topic_partition_list_t *list = partitions(source);
    for (int i = 0; i < list->cnt; i++) {
        rd_kafka_topic_partition_t *at = &list->elems[i];
        const rd_kafka_topic_partition_t *known =
            rd_kafka_topic_partition_list_find(found, at->topic, at->partition);
        struct source_assigned assigned = {.number = at->partition, .committed = -1, .metadata = ""};
        if (known && known->offset >= 0) {
            assigned.committed = known->offset;
        }
        char metadata[COMMIT_METADATA_MAX + 1];
        if (known && known->metadata && known->metadata_size > 0 && known->metadata_size < sizeof(metadata)) {
            memcpy(metadata, known->metadata, known->metadata_size);
            metadata[known->metadata_size] = '\0';
            assigned.metadata = metadata;
        }
        at->offset = assigned.committed >= 0 ? assigned.committed : RD_KAFKA_OFFSET_BEGINNING;
        uint16_t index = parts_assign(&source->parts, at->topic, at->partition);
        if (index == PARTS_NONE) {
            source->events.trouble(
                source->events.arg, KAFKA_FATAL,
                "more partitions are assigned than one worker can hold (1024): start more workers");
            continue;
        }
        struct part *part = &source->parts.list[index];
        part->start = assigned.committed;
        forward(source, part, at->topic);
        if (assigned.committed < 0) {
            warn_start(source, at->topic, at->partition);
        }
        assigned.partition = index;
        assigned.assignment = part->assignment;
        assigned.topic = part->topic;
        source->events.assigned(source->events.arg, &assigned);
    }
    if (cooperative(source)) {
        note_error(source, "taking partitions over", rd_kafka_incremental_assign(source->rk, list));
    } else {
        note_error(source, "taking partitions over", as_error(rd_kafka_assign(source->rk, list)));
    }
    source->joined = true;
    kafka_health_works(&source->health);
    finish(source);
}

/* Asks the group's coordinator where to go on, and what the predecessor left beside it; the answer comes as
 * an event. rd_kafka_committed() would block. */
static void look(void *arg)
{
    struct kafka_source *source = arg;
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(source->rk, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS);
    char ignored[64];
    rd_kafka_AdminOptions_set_request_timeout(options, LOOKUP_TIMEOUT_MS, ignored, sizeof(ignored));
    rd_kafka_error_t *error = rd_kafka_AdminOptions_set_require_stable_offsets(options, 1);
    if (error) {
        rd_kafka_error_destroy(error);
    }
    rd_kafka_ListConsumerGroupOffsets_t *question =
        rd_kafka_ListConsumerGroupOffsets_new(source->group, partitions(source));
    rd_kafka_ListConsumerGroupOffsets(source->rk, &question, 1, options, source->main.queue);
    rd_kafka_ListConsumerGroupOffsets_destroy(question);
    rd_kafka_AdminOptions_destroy(options);
}

static void look_again(struct kafka_source *source, const char *why)
{
    struct rebalance *rebalance = &source->rebalance;
    if (!rebalance->warned) {
        rebalance->warned = true;
        char text[TEXT_SIZE];
        snprintf(text, sizeof(text),
                 "Kafka consumer: committed offsets of group %s cannot be read: %s; trying again",
                 source->group, why);
        warn(source, text);
    }
    loop_timer_set(source->loop, &rebalance->retry, loop_now_us(source->loop) + LOOKUP_RETRY_US, look,
                   source);
}

static const char *lookup_error(rd_kafka_event_t *event, const rd_kafka_topic_partition_list_t **found)
{
    if (rd_kafka_event_error(event)) {
        return rd_kafka_event_error_string(event);
    }
    size_t count = 0;
    const rd_kafka_group_result_t **groups = rd_kafka_ListConsumerGroupOffsets_result_groups(
        rd_kafka_event_ListConsumerGroupOffsets_result(event), &count);
    if (count != 1) {
        return "no answer for the group";
    }
    const rd_kafka_error_t *error = rd_kafka_group_result_error(groups[0]);
    if (error) {
        return rd_kafka_error_string(error);
    }
    *found = rd_kafka_group_result_partitions(groups[0]);
    if (!*found) {
        return "the answer names no partitions";
    }
    for (int i = 0; i < (*found)->cnt; i++) {
        if ((*found)->elems[i].err) {
            return rd_kafka_err2str((*found)->elems[i].err);
        }
    }
    return NULL;
}

void source_offsets(struct kafka_source *source, rd_kafka_event_t *event)
{
    if (source->rebalance.step == REBALANCE_LOOKING) {
        const rd_kafka_topic_partition_list_t *found = NULL;
        const char *why = lookup_error(event, &found);
        if (why) {
            look_again(source, why);
        } else {
            assign(source, found);
        }
    }
    rd_kafka_event_destroy(event);
}

/* Gives the partitions of the revocation being done back to the group. */
static void give_back(void *arg)
{
    struct kafka_source *source = arg;
    rd_kafka_topic_partition_list_t *list = partitions(source);
    /* A pause outlives the assignment inside librdkafka, and would be met again at the next one. */
    rd_kafka_resume_partitions(source->rk, list);
    if (cooperative(source)) {
        note_error(source, "giving partitions back", rd_kafka_incremental_unassign(source->rk, list));
    } else {
        note_error(source, "giving partitions back", as_error(rd_kafka_assign(source->rk, NULL)));
        source->joined = false;
    }
    for (int i = 0; i < list->cnt; i++) {
        uint16_t index = parts_find(&source->parts, list->elems[i].topic, list->elems[i].partition);
        if (index != PARTS_NONE) {
            parts_release(&source->parts, index);
        }
    }
    finish(source);
}

/* What of the revocation has not been answered for is gone. */
static void lose(struct kafka_source *source)
{
    rd_kafka_topic_partition_list_t *list = partitions(source);
    for (int i = 0; i < list->cnt; i++) {
        uint16_t index = parts_find(&source->parts, list->elems[i].topic, list->elems[i].partition);
        if (index != PARTS_NONE && source->parts.list[index].state != PART_FREE) {
            struct part *part = &source->parts.list[index];
            part->state = PART_FREE;
            if (!part->answered) {
                source->events.lost(source->events.arg, index, part->assignment);
            }
        }
    }
    source->joined = false;
    give_back(source);
}

static void revoke(struct kafka_source *source)
{
    rd_kafka_topic_partition_list_t *list = partitions(source);
    struct rebalance *rebalance = &source->rebalance;
    rebalance->step = REBALANCE_WAITING;
    rebalance->waiting = 0;
    for (int i = 0; i < list->cnt; i++) {
        uint16_t index = parts_find(&source->parts, list->elems[i].topic, list->elems[i].partition);
        if (index != PARTS_NONE && source->parts.list[index].state == PART_ASSIGNED) {
            source->parts.list[index].state = PART_REVOKING;
            rebalance->waiting++;
        }
    }
    if (rebalance->waiting == 0) {
        give_back(source);
        return;
    }
    rd_kafka_pause_partitions(source->rk, list);
    for (int i = 0; i < list->cnt; i++) {
        uint16_t index = parts_find(&source->parts, list->elems[i].topic, list->elems[i].partition);
        if (index != PARTS_NONE && source->parts.list[index].state == PART_REVOKING) {
            source->events.revoking(source->events.arg, index, source->parts.list[index].assignment);
        }
    }
}

void kafka_source_revoked(struct kafka_source *source, uint16_t partition, uint32_t assignment)
{
    if (partition >= CORE_PARTITIONS_MAX || source->rebalance.step != REBALANCE_WAITING) {
        return;
    }
    struct part *part = &source->parts.list[partition];
    if (part->state != PART_REVOKING || part->answered || part->assignment != assignment) {
        return;
    }
    part->answered = true;
    if (--source->rebalance.waiting == 0) {
        /* In the next turn, behind the commits asked for in this one. */
        source->rebalance.step = REBALANCE_GIVING;
        loop_defer(source->loop, give_back, source);
    }
}

void source_check_lost(struct kafka_source *source)
{
    if (source->rebalance.step == REBALANCE_WAITING && rd_kafka_assignment_lost(source->rk)) {
        lose(source);
    }
}

static void next_rebalance(void *arg)
{
    struct kafka_source *source = arg;
    struct rebalance *rebalance = &source->rebalance;
    if (rebalance->count == 0 || rebalance->step != REBALANCE_NONE) {
        return;
    }
    switch (rd_kafka_event_error(current(source))) {
    case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS:
        if (partitions(source)->cnt == 0) {
            assign(source, partitions(source));
            break;
        }
        rebalance->step = REBALANCE_LOOKING;
        look(source);
        break;
    case RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS:
        if (rd_kafka_assignment_lost(source->rk)) {
            lose(source);
        } else {
            revoke(source);
        }
        break;
    default:
        note_error(source, "rebalance failed", as_error(rd_kafka_event_error(current(source))));
        lose(source);
    }
}

void source_rebalance(struct kafka_source *source, rd_kafka_event_t *event)
{
    ASSERT(source->rebalance.count < REBALANCES_MAX);
    source->rebalance.queue[source->rebalance.count++] = event;
    source->ever_assigned |= rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
    next_rebalance(source);
}

void source_rebalance_free(struct kafka_source *source)
{
    loop_timer_clear(source->loop, &source->rebalance.retry);
    for (size_t i = 0; i < source->rebalance.count; i++) {
        rd_kafka_event_destroy(source->rebalance.queue[i]);
    }
}
