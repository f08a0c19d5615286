#include "worker/check/group.h"

#include "tools/kit/admin.h"
#include "tools/kit/topic.h"
#include "worker/check/judge.h"

#include <stdlib.h>
#include <string.h>

static bool ours(void *arg, const char *topic)
{
    const struct worker_settings *set = arg;

    for (size_t i = 0; i < set->topics_count; i++) {
        if (strcmp(set->topics[i], topic) == 0)
            return true;
    }
    return false;
}

static void look_at_members(const struct check *check, rd_kafka_t *rk, int32_t partitions,
                            struct check_report *report)
{
    struct worker_settings *set = malloc(sizeof *set);
    struct kit_group *group = malloc(sizeof *group);
    const char *name = check->config->kafka_group_id;
    char error[KAFKA_ERROR_SIZE] = "";
    enum kit_told told = KIT_NO_ANSWER;

    if (set && group) {
        *set = *check->settings; /* kit_ours_fn takes no const */
        told = kit_group_look(rk, name, check_left_ms(check, CHECK_QUESTION_MS), ours, set, group, error);
    }
    if (told == KIT_TOLD)
        judge_group(report, name, group, partitions);
    else if (told == KIT_UNTOLD)
        check_say(
            report, CHECK_UNKNOWN, "kafka.group", name,
            "none needed for a try on a laptop; on a real cluster look by hand: kafka-consumer-groups.sh "
            "--describe --members",
            "not checked: this broker does not tell who is in a group");
    else if (told == KIT_FORBIDDEN)
        check_say(report, CHECK_FAIL, "kafka.group", name,
                  "give the Kafka user Read and Describe on the group: kafka-acls.sh --add --operation Read "
                  "--group ...",
                  "the ACLs do not let us use it (%s)", error);
    else
        check_say(report, CHECK_FAIL, "kafka.group", name, "see kafka.brokers", "no answer: %s", error);
    free(group);
    free(set);
}

/* False: said why not. */
static bool look_at_positions(const struct check *check, rd_kafka_t *rk, const char *topic,
                              rd_kafka_topic_partition_list_t *list, struct check_offset *offsets,
                              struct check_report *report)
{
    rd_kafka_resp_err_t err = rd_kafka_committed(rk, list, check_left_ms(check, CHECK_QUESTION_MS));

    if (err) {
        bool forbidden = err == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED;

        check_say(report, CHECK_FAIL, "kafka.offsets", topic,
                  forbidden ? "give the Kafka user Read on the group" : "see kafka.brokers",
                  "the group's offsets cannot be had: %s", rd_kafka_err2str(err));
        return false;
    }
    for (int i = 0; i < list->cnt; i++) {
        struct check_offset *at = &offsets[i];

        at->partition = list->elems[i].partition;
        at->committed = list->elems[i].offset;
        err = rd_kafka_query_watermark_offsets(rk, topic, at->partition, &at->first, &at->end,
                                               check_left_ms(check, CHECK_QUESTION_MS));
        if (!err)
            continue;
        check_say(report, CHECK_FAIL, "kafka.offsets", topic, "see kafka.read and kafka.topic",
                  "the ends of partition %d cannot be had: %s", (int)at->partition, rd_kafka_err2str(err));
        return false;
    }
    return true;
}

static void look_at_offsets(const struct check *check, rd_kafka_t *rk, const char *topic, int32_t partitions,
                            struct check_report *report)
{
    int32_t count = partitions < KIT_PARTITIONS_MAX ? partitions : KIT_PARTITIONS_MAX;
    struct check_offset *offsets = calloc((size_t)count, sizeof *offsets);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(count);

    for (int32_t i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(list, topic, i);
    if (offsets && look_at_positions(check, rk, topic, list, offsets, report))
        judge_offsets(report, topic, offsets, (size_t)count);
    rd_kafka_topic_partition_list_destroy(list);
    free(offsets);
}

void check_group(const struct check *check, rd_kafka_t *rk, const int32_t *partitions,
                 struct check_report *report)
{
    int32_t all = 0;

    for (size_t i = 0; i < check->settings->topics_count; i++)
        all += partitions[i];
    look_at_members(check, rk, all, report);
    for (size_t i = 0; i < check->settings->topics_count; i++) {
        if (partitions[i] > 0)
            look_at_offsets(check, rk, check->settings->topics[i], partitions[i], report);
    }
}
