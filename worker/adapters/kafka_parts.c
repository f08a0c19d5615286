#include "worker/adapters/kafka_parts.h"

#include "common/assertx.h"

#include <stdlib.h>
#include <string.h>

void parts_init(struct parts *parts, const char *const *names, size_t count)
{
    ASSERT(count <= CORE_TOPICS_MAX);
    parts->topics_count = count;
    for (size_t i = 0; i < count; i++) {
        parts->topics[i].name = names[i];
    }
}

int parts_topic(struct parts *parts, const char *name)
{
    if (strcmp(parts->topics[parts->topic_hint].name, name) == 0) {
        return parts->topic_hint;
    }
    for (size_t i = 0; i < parts->topics_count; i++) {
        if (strcmp(parts->topics[i].name, name) == 0) {
            parts->topic_hint = (uint16_t)i;
            return (int)i;
        }
    }
    return -1;
}

uint16_t parts_find(struct parts *parts, const char *topic, int32_t number)
{
    int t = parts_topic(parts, topic);
    if (t < 0 || number < 0 || number >= parts->topics[t].count) {
        return PARTS_NONE;
    }
    return parts->topics[t].index[number];
}

static void make_room(struct parts_topic *topic, int32_t number)
{
    if (number < topic->count) {
        return;
    }
    int32_t count = (number / 64 + 1) * 64;
    uint16_t *index = realloc(topic->index, (size_t)count * sizeof(*index));
    ASSERT(index);
    for (int32_t i = topic->count; i < count; i++) {
        index[i] = PARTS_NONE;
    }
    topic->index = index;
    topic->count = count;
}

/* An index never used if there is one, else the one that has been free for longest. */
static uint16_t free_index(struct parts *parts)
{
    uint16_t best = PARTS_NONE;
    for (size_t i = 0; i < CORE_PARTITIONS_MAX; i++) {
        const struct part *part = &parts->list[i];
        if (!part->used) {
            return (uint16_t)i;
        }
        if (part->state == PART_FREE &&
            (best == PARTS_NONE || part->assignment < parts->list[best].assignment)) {
            best = (uint16_t)i;
        }
    }
    if (best != PARTS_NONE) {
        struct part *old = &parts->list[best];
        parts->topics[old->topic].index[old->number] = PARTS_NONE;
    }
    return best;
}

uint16_t parts_assign(struct parts *parts, const char *topic, int32_t number)
{
    int t = parts_topic(parts, topic);
    if (t < 0 || number < 0 || number > PARTS_NUMBER_MAX) {
        return PARTS_NONE;
    }
    make_room(&parts->topics[t], number);
    uint16_t index = parts->topics[t].index[number];
    if (index == PARTS_NONE) {
        index = free_index(parts);
    }
    if (index == PARTS_NONE) {
        return PARTS_NONE;
    }
    parts->topics[t].index[number] = index;
    parts->list[index] = (struct part){
        .state = PART_ASSIGNED,
        .used = true,
        .topic = (uint16_t)t,
        .number = number,
        .assignment = ++parts->assignments,
        .start = -1,
        .next = -1,
        .ended = -1,
        .end = -1,
    };
    return index;
}

void parts_release(struct parts *parts, uint16_t index)
{
    struct part *part = &parts->list[index];
    part->state = PART_FREE;
    part->paused = false;
    if (part->queue) {
        rd_kafka_queue_destroy(part->queue);
        part->queue = NULL;
    }
}

const char *parts_name(const struct parts *parts, uint16_t index)
{
    return index < CORE_PARTITIONS_MAX && parts->list[index].used
               ? parts->topics[parts->list[index].topic].name
               : NULL;
}

void parts_free(struct parts *parts)
{
    for (size_t i = 0; i < CORE_PARTITIONS_MAX; i++) {
        parts_release(parts, (uint16_t)i);
    }
    for (size_t i = 0; i < parts->topics_count; i++) {
        free(parts->topics[i].index);
    }
}
