#include "worker/adapters/kafka_held.h"

#include "common/assertx.h"

#include <stdlib.h>
#include <string.h>

static size_t size_of(const struct sink_record *record)
{
    size_t size = sizeof(struct held_record) + record->headers_count * sizeof(struct sink_header);
    size += strlen(record->topic) + 1 + record->key_size + record->value_size;
    for (size_t i = 0; i < record->headers_count; i++) {
        size += strlen(record->headers[i].name) + 1 + record->headers[i].value_size;
    }
    return size;
}

/* Copies to *at and moves it on. NULL stays NULL, and an empty value stays one. */
static const void *copy(char **at, const void *bytes, size_t size)
{
    void *to = *at;
    if (!bytes) {
        return NULL;
    }
    if (size > 0) {
        memcpy(to, bytes, size);
    }
    *at += size;
    return to;
}

static struct held_record *copied(const struct sink_record *record)
{
    struct held_record *held = malloc(size_of(record));
    ASSERT(held);
    struct sink_header *headers = (struct sink_header *)(held + 1);
    char *at = (char *)(headers + record->headers_count);
    held->record = *record;
    held->record.headers = headers;
    held->record.topic = copy(&at, record->topic, strlen(record->topic) + 1);
    held->record.key = copy(&at, record->key, record->key_size);
    held->record.value = copy(&at, record->value, record->value_size);
    for (size_t i = 0; i < record->headers_count; i++) {
        const struct sink_header *from = &record->headers[i];
        headers[i].name = copy(&at, from->name, strlen(from->name) + 1);
        headers[i].value = copy(&at, from->value, from->value_size);
        headers[i].value_size = from->value_size;
    }
    return held;
}

void held_add(struct held_records *held, const struct sink_record *record, uint64_t cookie, usec_t now_us)
{
    struct held_record *made = copied(record);
    made->next = NULL;
    made->cookie = cookie;
    made->since_us = now_us;
    if (held->newest) {
        held->newest->next = made;
    } else {
        held->oldest = made;
    }
    held->newest = made;
}

struct held_record *held_take(struct held_records *held)
{
    struct held_record *taken = held->oldest;
    if (taken) {
        held->oldest = taken->next;
        if (!held->oldest) {
            held->newest = NULL;
        }
    }
    return taken;
}
