/* How far the shadow's group is behind: what it has not read, no plan is about. */
#include "shadow.h"

#include "tools/kit/admin.h"
#include "tools/kit/topic.h"

#include <stdio.h>
#include <stdlib.h>

/* One topic of events, and where the group stands in it. */
struct place {
    struct kit_topic topic;
    int64_t from[KIT_PARTITIONS_MAX]; /* by partition */
    bool any;                         /* an event lies behind that */
};

static bool ask_group(rd_kafka_t *admin, const char *topic, struct place *place, char error[KAFKA_ERROR_SIZE])
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(place->topic.partitions);
    rd_kafka_resp_err_t err;

    for (int32_t i = 0; i < place->topic.partitions; i++)
        rd_kafka_topic_partition_list_add(list, topic, i);
    err = rd_kafka_committed(admin, list, KIT_REQUEST_TIMEOUT_MS);
    for (int i = 0; i < list->cnt && !err; i++) /* nothing committed: from the beginning */
        place->from[list->elems[i].partition] = list->elems[i].offset < 0 ? 0 : list->elems[i].offset;
    rd_kafka_topic_partition_list_destroy(list);
    if (err)
        snprintf(error, KAFKA_ERROR_SIZE, "topic %.249s: the shadow's offsets cannot be had: %s", topic,
                 rd_kafka_err2str(err));
    return !err;
}

static bool on_event(void *arg, const rd_kafka_message_t *message)
{
    (void)message;
    ((struct place *)arg)->any = true;
    return false;
}

/* Offsets alone do not tell: the last ones of a topic may be marks of transactions. */
static bool look_behind(rd_kafka_t *reader, const char *topic, struct place *place, uint64_t *waiting,
                        char error[KAFKA_ERROR_SIZE])
{
    struct kit_scan scan = {.topic = topic, .on_record = on_event, .arg = place, .from = place->from};
    uint64_t behind = 0;

    for (int32_t i = 0; i < place->topic.partitions; i++) {
        int64_t from = place->from[i] > place->topic.begin[i] ? place->from[i] : place->topic.begin[i];

        behind += from < place->topic.end[i] ? (uint64_t)(place->topic.end[i] - from) : 0;
    }
    if (behind > 0 && !kit_topic_scan(reader, &scan, error))
        return false;
    *waiting += place->any ? behind : 0;
    return true;
}

static bool look(struct shadow *shadow, rd_kafka_t *reader, rd_kafka_t *admin, const char *topic,
                 char error[KAFKA_ERROR_SIZE])
{
    struct place *place = calloc(1, sizeof *place);
    bool ok;

    snprintf(error, KAFKA_ERROR_SIZE, "no memory");
    ok = place && kit_topic_look(reader, topic, &place->topic, error) &&
         ask_group(admin, topic, place, error) && look_behind(reader, topic, place, &shadow->waiting, error);
    free(place);
    return ok;
}

bool shadow_read_waiting(struct shadow *shadow, rd_kafka_t *reader)
{
    struct config_topic topics[CONFIG_TOPICS_MAX];
    size_t count = config_event_topics(shadow->config, topics);
    char error[KAFKA_ERROR_SIZE];
    rd_kafka_t *admin =
        kit_admin_open(shadow->config, "catalog-shadow", shadow->config->kafka_group_id, error);
    bool ok = admin != NULL;

    for (size_t i = 0; i < count && ok; i++)
        ok = look(shadow, reader, admin, topics[i].name, error);
    if (admin)
        kit_admin_close(admin);
    return ok || kit_stop ? ok : shadow_fails(shadow, error);
}
