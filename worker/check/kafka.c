/* Kafka: its brokers, the topics, whether they can be read. The group is group.c's. */
#include "tools/kit/admin.h"
#include "tools/kit/cli.h"
#include "worker/check/check.h"
#include "worker/check/group.h"
#include "worker/check/judge.h"

#include <stdlib.h>
#include <string.h>

static const char client_id[] = "catalog-worker-check";

/* What a broker's trouble asks for, by what librdkafka's text holds; the first that fits. */
static const char *trouble_mend(const char *trouble)
{
    static const struct {
        const char *part, *mend;
    } mends[] = {
        {"SASL", "look at kafka.sasl.mechanism, kafka.sasl.username and the password's file"},
        {"Authentication", "look at kafka.sasl.mechanism, kafka.sasl.username and the password's file"},
        {"ertificate", "name the brokers' authority in kafka.ssl.ca.location, and the brokers as their "
                       "certificates name them"},
        {"SSL", "does the port speak TLS? kafka.security.protocol must be what the listener speaks"},
        {"refused",
         "nothing listens there: look at the port in kafka.bootstrap.servers, or start the broker"},
        {"resolve", "the name is not known here: look at kafka.bootstrap.servers (and, for another name than "
                    "those, at the brokers' advertised.listeners)"},
        {"isconnected", "is it a TLS or SASL port? kafka.security.protocol must be what the listener speaks"},
    };

    for (size_t i = 0; i < sizeof mends / sizeof *mends; i++) {
        if (strstr(trouble, mends[i].part))
            return mends[i].mend;
    }
    return "look at kafka.bootstrap.servers, kafka.security.protocol, the firewall, and the brokers' "
           "advertised.listeners";
}

/* Returns the number of brokers; 0: none answers, and that was said. */
static int look_at_brokers(const struct check *check, rd_kafka_t *rk, struct check_report *report)
{
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t err =
        rd_kafka_metadata(rk, 0, NULL, &metadata, check_left_ms(check, CHECK_QUESTION_MS));
    int brokers = 0;

    if (!err) {
        brokers = metadata->broker_cnt;
        rd_kafka_metadata_destroy(metadata);
        check_say(report, CHECK_OK, "kafka.brokers", NULL, NULL, "%d broker%s known at %s", brokers,
                  brokers == 1 ? " is" : "s are", check->config->kafka_bootstrap_servers);
        return brokers;
    }
    check_say(report, CHECK_FAIL, "kafka.brokers", NULL, trouble_mend(kit_admin_trouble(rk)),
              "no broker of %s answers: %s", check->config->kafka_bootstrap_servers,
              kit_admin_trouble(rk)[0] ? kit_admin_trouble(rk) : rd_kafka_err2str(err));
    check_say(report, CHECK_UNKNOWN, "kafka.topic", NULL, "mend kafka.brokers first",
              "topics and group were not looked at");
    return 0;
}

/* True if the topic is there; its partitions are in *partitions then. */
static bool look_at_topic(const struct check *check, rd_kafka_t *rk, int brokers, enum check_role role,
                          const char *name, struct check_report *report, int32_t *partitions)
{
    const struct check_topic topic = {
        .name = name,
        .role = role,
        .brokers = brokers,
        .dedup_ttl_ms = check->config->dedup_ttl_ms,
        .record_max_bytes = check->config->record_max_bytes,
        .publish_max_bytes = (int64_t)check->settings->kafka.message_max_bytes,
    };
    struct kit_layout layout;
    struct kit_topic_settings settings;
    char error[KAFKA_ERROR_SIZE] = "";
    enum kit_told told = kit_topic_layout(rk, name, check_left_ms(check, CHECK_QUESTION_MS), &layout, error);

    *partitions = 0;
    if (told != KIT_TOLD) {
        judge_untold(report, &topic, told, error);
        return false;
    }
    *partitions = layout.partitions;
    judge_layout(report, &topic, &layout);
    told = kit_topic_settings(rk, name, check_left_ms(check, CHECK_QUESTION_MS), &settings, error);
    if (told == KIT_TOLD)
        judge_settings(report, &topic, &settings, &layout);
    else
        judge_untold(report, &topic, told, error);
    return true;
}

struct reading {
    const char *topics[CORE_TOPICS_MAX + 1];
    bool answered[CORE_TOPICS_MAX + 1];
    size_t count;
};

static void take_read(struct check_report *report, struct reading *reading, const rd_kafka_message_t *message)
{
    const char *topic = message->rkt ? rd_kafka_topic_name(message->rkt) : "";

    for (size_t i = 0; i < reading->count; i++) {
        if (reading->answered[i] || strcmp(reading->topics[i], topic) != 0)
            continue;
        if (!message->err || message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            reading->answered[i] = true;
            check_say(report, CHECK_OK, "kafka.read", topic, NULL, "it can be read");
        } else if (message->err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) {
            reading->answered[i] = true;
            check_say(report, CHECK_FAIL, "kafka.read", topic,
                      "give the Kafka user Read on it: kafka-acls.sh --add --operation Read --topic ...",
                      "the ACLs do not let us read it");
        }
    }
}

static bool all_answered(const struct reading *reading)
{
    for (size_t i = 0; i < reading->count; i++) {
        if (!reading->answered[i])
            return false;
    }
    return true;
}

/* Reads at the end of one partition a topic: whether we may, and whether its broker can be reached by the
 * name it gives itself. */
static void look_at_reading(const struct check *check, struct reading *reading, struct check_report *report)
{
    char error[KAFKA_ERROR_SIZE];
    rd_kafka_t *reader = kit_kafka_reader(check->config, client_id, 0, error);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)reading->count);
    int64_t until_ms = kit_now_ms() + check_left_ms(check, CHECK_QUESTION_MS);

    for (size_t i = 0; i < reading->count; i++)
        rd_kafka_topic_partition_list_add(list, reading->topics[i], 0)->offset = RD_KAFKA_OFFSET_END;
    if (reader)
        rd_kafka_assign(reader, list);
    while (reader && !all_answered(reading) && kit_now_ms() < until_ms) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(reader, 100);

        if (message) {
            take_read(report, reading, message);
            rd_kafka_message_destroy(message);
        }
    }
    for (size_t i = 0; i < reading->count; i++) {
        if (!reading->answered[i])
            check_say(report, CHECK_FAIL, "kafka.read", reading->topics[i],
                      "can the broker be reached by the name it gives itself (advertised.listeners)?",
                      "no answer from the broker that leads its partition 0");
    }
    rd_kafka_topic_partition_list_destroy(list);
    kit_kafka_reader_close(reader);
}

static void look_at_topics(const struct check *check, rd_kafka_t *rk, int brokers,
                           struct check_report *report)
{
    const struct worker_settings *set = check->settings;
    struct reading reading = {.count = 0};
    int32_t partitions[CORE_TOPICS_MAX] = {0}, ignored;

    for (size_t i = 0; i < set->topics_count; i++) {
        if (look_at_topic(check, rk, brokers, ROLE_EVENTS, set->topics[i], report, &partitions[i]))
            reading.topics[reading.count++] = set->topics[i];
    }
    if (look_at_topic(check, rk, brokers, ROLE_RESULTS, check->config->topic_results, report, &ignored))
        reading.topics[reading.count++] = check->config->topic_results;
    look_at_topic(check, rk, brokers, ROLE_DLQ, check->config->topic_dlq, report, &ignored);
    look_at_topic(check, rk, brokers, ROLE_AUDIT, check->config->topic_audit, report, &ignored);
    look_at_reading(check, &reading, report);
    check_group(check, rk, partitions, report);
}

void check_kafka(const struct check *check, struct check_report *report)
{
    char error[KAFKA_ERROR_SIZE];
    rd_kafka_t *rk = kit_admin_open(check->config, client_id, check->config->kafka_group_id, error);
    int brokers;

    if (!rk) {
        check_say(report, CHECK_FAIL, "kafka.brokers", NULL, "mend the key it names", "%s", error);
        return;
    }
    brokers = look_at_brokers(check, rk, report);
    if (brokers > 0)
        look_at_topics(check, rk, brokers, report);
    kit_admin_close(rk);
}
