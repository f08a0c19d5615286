#include "follow.h"

#include "filter.h"

#include "common/result.h"
#include "tools/kit/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POLL_MS = 100, NAME_MAX_BYTES = 4 * DEADLETTER_KEY_MAX_BYTES, TELL_EVERY = 100 };

bool follow_open(struct follow *follow, const struct config *config, char error[KAFKA_ERROR_SIZE])
{
    struct kit_topic *topic = calloc(1, sizeof *topic);
    rd_kafka_topic_partition_list_t *list;
    rd_kafka_resp_err_t err;

    follow->results = config->topic_results;
    follow->reader = kit_kafka_reader(config, "catalog-dlq", 0, error);
    follow->text = malloc(RESULT_TEXT_BYTES);
    if (!topic || !follow->text || !follow->reader ||
        !kit_topic_look(follow->reader, config->topic_results, topic, error)) {
        if (follow->reader && (!topic || !follow->text))
            snprintf(error, KAFKA_ERROR_SIZE, "no memory");
        free(topic);
        return false;
    }
    list = rd_kafka_topic_partition_list_new(topic->partitions);
    for (int32_t i = 0; i < topic->partitions; i++)
        rd_kafka_topic_partition_list_add(list, config->topic_results, i)->offset = topic->end[i];
    err = rd_kafka_assign(follow->reader, list);
    rd_kafka_topic_partition_list_destroy(list);
    free(topic);
    if (err)
        snprintf(error, KAFKA_ERROR_SIZE, "topic %.249s: %s", config->topic_results, rd_kafka_err2str(err));
    return !err;
}

void follow_close(struct follow *follow)
{
    for (size_t i = 0; i < follow->count; i++) {
        free(follow->list[i]->name);
        free(follow->list[i]);
    }
    free(follow->list);
    free(follow->by_place);
    free(follow->text);
    kit_kafka_reader_close(follow->reader);
    *follow = (struct follow){0};
}

struct followed *follow_add(struct follow *follow, const struct letter *letter, const char *topic)
{
    struct followed *fresh;
    struct sbuf name;

    if (follow->count == follow->room) {
        size_t room = follow->room ? follow->room * 2 : 64;
        struct followed **list = realloc(follow->list, room * sizeof *list);

        if (!list)
            return NULL;
        follow->list = list;
        follow->room = room;
    }
    fresh = calloc(1, sizeof *fresh);
    if (!fresh)
        return NULL;
    sbuf_init(&name, NAME_MAX_BYTES);
    letter_name(letter, &name);
    fresh->name = sbuf_take(&name);
    fresh->topic = topic;
    fresh->offset = -1;
    follow->list[follow->count++] = fresh;
    return fresh;
}

static int by_place(const void *a, const void *b)
{
    const struct followed *x = *(struct followed *const *)a, *y = *(struct followed *const *)b;
    int topics = strcmp(x->topic, y->topic);

    if (topics != 0)
        return topics;
    if (x->partition != y->partition)
        return x->partition < y->partition ? -1 : 1;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static bool sort(struct follow *follow)
{
    follow->by_place = malloc((follow->count + 1) * sizeof *follow->by_place);
    if (!follow->by_place)
        return false;
    for (size_t i = 0; i < follow->count; i++)
        if (follow->list[i]->offset >= 0)
            follow->by_place[follow->placed++] = follow->list[i];
    qsort(follow->by_place, follow->placed, sizeof *follow->by_place, by_place);
    follow->open = follow->placed;
    return true;
}

static void take(struct follow *follow, const rd_kafka_message_t *message)
{
    struct result_event event;
    struct followed wanted, *key = &wanted, **found;
    char why[256];

    if (!message->payload || !result_decode(message->payload, message->len, &event, follow->text,
                                            RESULT_TEXT_BYTES, why, sizeof why))
        return;
    wanted = (struct followed){.topic = event.topic, .partition = event.partition, .offset = event.offset};
    if (!wanted.topic)
        return;
    found = bsearch(&key, follow->by_place, follow->placed, sizeof key, by_place);
    if (!found || (*found)->outcome != RESULT_NONE)
        return;
    (*found)->outcome = event.out.kind;
    snprintf((*found)->detail, sizeof(*found)->detail, "%.60s%s%.130s",
             event.out.reason ? event.out.reason : "",
             event.out.error.message && event.out.error.message[0] ? ": " : "",
             event.out.error.message ? event.out.error.message : "");
    follow->outcomes[event.out.kind]++;
    follow->open--;
}

void follow_sent(struct followed *followed, int32_t partition, int64_t offset)
{
    if (!followed)
        return;
    followed->partition = partition;
    followed->offset = offset;
}

uint64_t follow_synced(const struct follow *follow)
{
    return follow->outcomes[RESULT_CREATED] + follow->outcomes[RESULT_UPDATED] +
           follow->outcomes[RESULT_DELETED] + follow->outcomes[RESULT_UNCHANGED];
}

bool follow_wait(struct follow *follow, int64_t timeout_ms, bool (*tell)(void *arg), void *arg,
                 char error[KAFKA_ERROR_SIZE])
{
    int64_t until_ms = kit_now_ms() + timeout_ms;
    uint64_t records = 0;
    bool go_on = true;

    if (!sort(follow)) {
        snprintf(error, KAFKA_ERROR_SIZE, "no memory");
        return false;
    }
    while (follow->open > 0 && kit_now_ms() < until_ms && !kit_stop && go_on) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(follow->reader, POLL_MS);

        if (message && !message->err)
            take(follow, message);
        if (message)
            rd_kafka_message_destroy(message);
        if (tell && (!message || ++records % TELL_EVERY == 0))
            go_on = tell(arg);
    }
    return true;
}
