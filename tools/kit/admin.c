#include "tools/kit/admin.h"

#include "common/textsafe.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One answer of the admin API, and the queue it came through. */
struct reply {
    rd_kafka_queue_t *queue;
    rd_kafka_AdminOptions_t *options;
    rd_kafka_event_t *event;
};

static enum kit_told meaning(rd_kafka_resp_err_t err)
{
    switch (err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR: return KIT_TOLD;
    case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION: return KIT_UNTOLD;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED: return KIT_FORBIDDEN;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION: return KIT_MISSING;
    default: return KIT_NO_ANSWER;
    }
}

static enum kit_told wrong(char *error, const char *what, rd_kafka_resp_err_t err, const char *text)
{
    char safe[200];

    text = text && text[0] ? text : rd_kafka_err2str(err);
    textsafe_copy(safe, sizeof safe, text, strlen(text));
    snprintf(error, KAFKA_ERROR_SIZE, "%.249s: %s", what, safe);
    return err ? meaning(err) : KIT_NO_ANSWER;
}

static void on_error(rd_kafka_t *rk, int err, const char *reason, void *opaque)
{
    (void)rk;
    if (err != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) /* says less than what came before */
        textsafe_copy(opaque, KAFKA_ERROR_SIZE, reason, strlen(reason));
}

rd_kafka_t *kit_admin_open(const struct config *config, const char *client_id, const char *group,
                           char error[KAFKA_ERROR_SIZE])
{
    rd_kafka_conf_t *conf = kit_kafka_reader_conf(config, client_id, group, error);
    char why[KAFKA_ERROR_SIZE] = "no memory", *trouble;
    rd_kafka_t *rk;

    if (!conf)
        return NULL;
    trouble = calloc(1, KAFKA_ERROR_SIZE);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_opaque(conf, trouble);
    rk = trouble ? rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why) : NULL;
    if (!rk) {
        rd_kafka_conf_destroy(conf);
        free(trouble);
        snprintf(error, KAFKA_ERROR_SIZE, "the kafka.* settings do not fit together: %.400s", why);
    }
    return rk;
}

void kit_admin_close(rd_kafka_t *rk)
{
    void *trouble = rk ? rd_kafka_opaque(rk) : NULL;

    if (rk)
        rd_kafka_destroy(rk);
    free(trouble);
}

const char *kit_admin_trouble(rd_kafka_t *rk)
{
    while (rd_kafka_poll(rk, 0) > 0)
        continue;
    return rd_kafka_opaque(rk);
}

static int32_t least(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static void lay_out(const struct rd_kafka_metadata_topic *topic, struct kit_layout *out)
{
    *out = (struct kit_layout){
        .partitions = topic->partition_cnt, .copies = INT32_MAX, .copies_in_sync = INT32_MAX};
    for (int i = 0; i < topic->partition_cnt; i++) {
        out->copies = least(out->copies, topic->partitions[i].replica_cnt);
        out->copies_in_sync = least(out->copies_in_sync, topic->partitions[i].isr_cnt);
        out->without_leader += topic->partitions[i].leader < 0;
    }
}

/* The one topic asked for, out of what a broker tells of one or of all. */
static rd_kafka_resp_err_t find_topic(const struct rd_kafka_metadata *metadata, const char *topic,
                                      struct kit_layout *out)
{
    for (int i = 0; i < metadata->topic_cnt; i++) {
        const struct rd_kafka_metadata_topic *found = &metadata->topics[i];

        if (strcmp(found->topic, topic) != 0)
            continue;
        if (found->err && found->err != RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE)
            return found->err;
        lay_out(found, out);
        return found->partition_cnt > 0 ? RD_KAFKA_RESP_ERR_NO_ERROR
                                        : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    }
    return RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
}

static rd_kafka_resp_err_t ask_layout(rd_kafka_t *rk, const char *topic, rd_kafka_topic_t *handle,
                                      int timeout_ms, struct kit_layout *out)
{
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t err = rd_kafka_metadata(rk, handle == NULL, handle, &metadata, timeout_ms);

    if (err)
        return err;
    err = find_topic(metadata, topic, out);
    rd_kafka_metadata_destroy(metadata);
    return err;
}

/* All topics are listed first: asking for one by name makes it, where brokers create topics by themselves.
 * The list leaves out what we may not see; so what it lacks is asked for by name, to tell forbidden from
 * missing. */
enum kit_told kit_topic_layout(rd_kafka_t *rk, const char *topic, int timeout_ms, struct kit_layout *out,
                               char error[KAFKA_ERROR_SIZE])
{
    rd_kafka_resp_err_t err = ask_layout(rk, topic, NULL, timeout_ms, out);

    if (err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
        rd_kafka_topic_t *handle = rd_kafka_topic_new(rk, topic, NULL);
        rd_kafka_resp_err_t by_name =
            handle ? ask_layout(rk, topic, handle, timeout_ms, out) : rd_kafka_last_error();

        if (by_name)
            err = by_name;
        if (handle)
            rd_kafka_topic_destroy(handle);
    }
    return err ? wrong(error, topic, err, NULL) : KIT_TOLD;
}

static bool start(rd_kafka_t *rk, rd_kafka_admin_op_t op, int timeout_ms, struct reply *reply)
{
    char why[KAFKA_ERROR_SIZE];

    *reply = (struct reply){.queue = rd_kafka_queue_new(rk), .options = rd_kafka_AdminOptions_new(rk, op)};
    return rd_kafka_AdminOptions_set_request_timeout(reply->options, timeout_ms, why, sizeof why) ==
           RD_KAFKA_RESP_ERR_NO_ERROR;
}

static enum kit_told await(struct reply *reply, const char *what, int timeout_ms, char *error)
{
    rd_kafka_resp_err_t err;

    /* its own time-out ends the request; this is the wall behind it */
    reply->event = rd_kafka_queue_poll(reply->queue, timeout_ms + 1000);
    if (!reply->event)
        return wrong(error, what, RD_KAFKA_RESP_ERR__TIMED_OUT, NULL);
    err = rd_kafka_event_error(reply->event);
    return err ? wrong(error, what, err, rd_kafka_event_error_string(reply->event)) : KIT_TOLD;
}

static void finish(struct reply *reply)
{
    if (reply->event)
        rd_kafka_event_destroy(reply->event);
    rd_kafka_AdminOptions_destroy(reply->options);
    rd_kafka_queue_destroy(reply->queue);
}

static void take_number(const char *value, int64_t *out)
{
    char *end;
    long long number = strtoll(value, &end, 10);

    if (end != value && *end == '\0')
        *out = number;
}

static void take_setting(const char *name, const char *value, struct kit_topic_settings *out)
{
    if (strcmp(name, "cleanup.policy") == 0) {
        out->deletes = strstr(value, "delete") != NULL;
        out->compacts = strstr(value, "compact") != NULL;
    } else if (strcmp(name, "message.timestamp.type") == 0) {
        out->log_append_time = strcmp(value, "LogAppendTime") == 0;
    } else if (strcmp(name, "retention.ms") == 0) {
        take_number(value, &out->retention_ms);
    } else if (strcmp(name, "retention.bytes") == 0) {
        take_number(value, &out->retention_bytes);
    } else if (strcmp(name, "max.message.bytes") == 0) {
        take_number(value, &out->max_message_bytes);
    } else if (strcmp(name, "min.insync.replicas") == 0) {
        take_number(value, &out->min_insync_replicas);
    }
}

static enum kit_told take_settings(rd_kafka_event_t *event, const char *topic, struct kit_topic_settings *out,
                                   char *error)
{
    size_t resources, entries;
    const rd_kafka_ConfigResource_t **resource =
        rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event), &resources);
    const rd_kafka_ConfigEntry_t **entry;

    if (resources != 1)
        return wrong(error, topic, RD_KAFKA_RESP_ERR__BAD_MSG, NULL);
    if (rd_kafka_ConfigResource_error(resource[0]))
        return wrong(error, topic, rd_kafka_ConfigResource_error(resource[0]),
                     rd_kafka_ConfigResource_error_string(resource[0]));
    entry = rd_kafka_ConfigResource_configs(resource[0], &entries);
    for (size_t i = 0; i < entries; i++) {
        const char *value = rd_kafka_ConfigEntry_value(entry[i]);

        if (value)
            take_setting(rd_kafka_ConfigEntry_name(entry[i]), value, out);
    }
    return KIT_TOLD;
}

/* librdkafka asks the controller, and waits for one in vain where a cluster names none: its own mock does. */
static bool has_controller(rd_kafka_t *rk, int timeout_ms)
{
    const struct rd_kafka_metadata *metadata = NULL;
    bool found = false;
    int32_t controller;

    if (rd_kafka_metadata(rk, 0, NULL, &metadata, timeout_ms))
        return true; /* the question itself will tell what is wrong */
    controller = rd_kafka_controllerid(rk, timeout_ms);
    for (int i = 0; i < metadata->broker_cnt; i++)
        found = found || metadata->brokers[i].id == controller;
    rd_kafka_metadata_destroy(metadata);
    return found;
}

enum kit_told kit_topic_settings(rd_kafka_t *rk, const char *topic, int timeout_ms,
                                 struct kit_topic_settings *out, char error[KAFKA_ERROR_SIZE])
{
    rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
    struct reply reply;
    enum kit_told told = KIT_NO_ANSWER;

    *out = (struct kit_topic_settings){.retention_ms = -1, .retention_bytes = -1};
    if (!has_controller(rk, timeout_ms)) {
        rd_kafka_ConfigResource_destroy(resource);
        return wrong(error, topic, RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE,
                     "this broker does not tell its settings");
    }
    if (start(rk, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeout_ms, &reply)) {
        rd_kafka_DescribeConfigs(rk, &resource, 1, reply.options, reply.queue);
        told = await(&reply, topic, timeout_ms, error);
    }
    if (told == KIT_TOLD)
        told = take_settings(reply.event, topic, out, error);
    finish(&reply);
    rd_kafka_ConfigResource_destroy(resource);
    return told;
}

static void take_text(char *out, size_t size, const char *text)
{
    textsafe_copy(out, size, text ? text : "", text ? strlen(text) : 0);
}

/* A member's assignment as the group's protocol has it: version, topics {name, partitions}, ...; big-endian.
 */
struct bytes {
    const unsigned char *at, *end;
};

static uint32_t take_be(struct bytes *in, int size)
{
    uint32_t value = 0;

    if (in->end - in->at < size) {
        in->at = in->end;
        return 0;
    }
    for (; size > 0; size--)
        value = value << 8 | *in->at++;
    return value;
}

static void skip(struct bytes *in, uint64_t size)
{
    in->at = size < (uint64_t)(in->end - in->at) ? in->at + size : in->end;
}

static void find_foreign(const void *assignment, int size, kit_ours_fn ours, void *arg, char *out, size_t cap)
{
    struct bytes in = {assignment, (const unsigned char *)assignment + size};
    uint32_t topics;

    out[0] = '\0';
    if (size <= 0)
        return;
    take_be(&in, 2);
    topics = take_be(&in, 4);
    for (uint32_t i = 0; i < topics && in.at < in.end; i++) {
        uint32_t len = take_be(&in, 2);
        char name[256];

        if (len >= sizeof name || len > in.end - in.at)
            return;
        memcpy(name, in.at, len);
        name[len] = '\0';
        skip(&in, len);
        skip(&in, (uint64_t)take_be(&in, 4) * 4);
        if (!ours(arg, name))
            take_text(out, cap, name);
    }
}

static enum kit_told take_group(const struct rd_kafka_group_info *group, kit_ours_fn ours, void *arg,
                                struct kit_group *out, char *error)
{
    if (group->err)
        return wrong(error, group->group, group->err, NULL);
    take_text(out->state, sizeof out->state, group->state);
    take_text(out->protocol_type, sizeof out->protocol_type, group->protocol_type);
    take_text(out->assignor, sizeof out->assignor, group->protocol);
    out->members = group->member_cnt;
    for (int i = 0; i < group->member_cnt && i < KIT_MEMBERS_MAX; i++) {
        const struct rd_kafka_group_member_info *member = &group->members[i];

        take_text(out->list[i].client_id, sizeof out->list[i].client_id, member->client_id);
        take_text(out->list[i].host, sizeof out->list[i].host, member->client_host);
        find_foreign(member->member_assignment, member->member_assignment_size, ours, arg, out->list[i].topic,
                     sizeof out->list[i].topic);
    }
    return KIT_TOLD;
}

/* The older of librdkafka's two ways: the newer one (DescribeConsumerGroups) ends the process by an assertion
 * where a broker does not know the request (2.0.2, seen on its own mock cluster). */
enum kit_told kit_group_look(rd_kafka_t *rk, const char *group, int timeout_ms, kit_ours_fn ours, void *arg,
                             struct kit_group *out, char error[KAFKA_ERROR_SIZE])
{
    const struct rd_kafka_group_list *list = NULL;
    rd_kafka_resp_err_t err = rd_kafka_list_groups(rk, group, &list, timeout_ms);
    enum kit_told told = KIT_TOLD;

    memset(out, 0, sizeof *out);
    if (err && err != RD_KAFKA_RESP_ERR__PARTIAL)
        told = wrong(error, group, err, NULL);
    for (int i = 0; list && told == KIT_TOLD && i < list->group_cnt; i++) {
        if (strcmp(list->groups[i].group, group) == 0)
            told = take_group(&list->groups[i], ours, arg, out, error);
    }
    if (list)
        rd_kafka_group_list_destroy(list);
    return told;
}
