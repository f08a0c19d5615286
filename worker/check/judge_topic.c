#include "worker/check/judge.h"

#include <inttypes.h>
#include <string.h>

enum {
    COPIES_WANTED = 3,               /* one may fail while another is down for maintenance */
    RETENTION_MIN_MS = 24 * 3600000, /* shorter than an outage may last that nobody sees before morning */
    RESULT_BYTES = 65536,            /* a result with all it may hold is well below */
    BATCH_OVERHEAD_BYTES = 1024,     /* what a batch adds to its one record */
    KAFKA_ADMIN_BYTES = 512,
};

static const char *const role_words[] = {"events", "results", "dead letters", "audit records"};

void judge_untold(struct check_report *report, const struct check_topic *topic, enum kit_told told,
                  const char *error)
{
    char mend[KAFKA_ADMIN_BYTES];

    switch (told) {
    case KIT_TOLD: break;
    case KIT_MISSING:
        snprintf(mend, sizeof mend, "create it%s: kafka-topics.sh --create --topic %.249s",
                 topic->role == ROLE_RESULTS || topic->role == ROLE_DLQ ? " with cleanup.policy=compact" : "",
                 topic->name);
        /* without the audit topic the worker works; the tools that repair do not */
        check_say(report, topic->role == ROLE_AUDIT ? CHECK_WARN : CHECK_FAIL, "kafka.topic", topic->name,
                  mend, "there is no such topic (for %s)", role_words[topic->role]);
        break;
    case KIT_FORBIDDEN:
        check_say(report, CHECK_UNKNOWN, "kafka.settings", topic->name,
                  "give the Kafka user Describe and DescribeConfigs on the topic, or look by hand: "
                  "kafka-configs.sh --describe",
                  "the ACLs do not let us ask (%s)", error);
        break;
    case KIT_UNTOLD:
        check_say(
            report, CHECK_UNKNOWN, "kafka.settings", topic->name,
            "none needed for a try on a laptop; on a real cluster look by hand: kafka-configs.sh --describe",
            "not checked: this broker does not tell a topic's retention, compaction and sizes");
        break;
    case KIT_NO_ANSWER:
        check_say(report, CHECK_FAIL, "kafka.settings", topic->name,
                  "see kafka.brokers; a cluster that elects leaders answers later", "no answer: %s", error);
        break;
    }
}

void judge_layout(struct check_report *report, const struct check_topic *topic,
                  const struct kit_layout *layout)
{
    if (layout->without_leader > 0)
        check_say(
            report, CHECK_FAIL, "kafka.topic", topic->name,
            "bring the brokers back that hold them: kafka-topics.sh --describe --unavailable-partitions",
            "%" PRId32 " of %" PRId32 " partitions have no leader: nothing can be read or written there",
            layout->without_leader, layout->partitions);
    else if (topic->role == ROLE_EVENTS && layout->partitions == 1)
        check_say(report, CHECK_WARN, "kafka.topic", topic->name,
                  "add partitions before there is much traffic: 6 or more leave room to grow",
                  "it has 1 partition: one worker alone can work on it");
    else
        check_say(report, CHECK_OK, "kafka.topic", topic->name, NULL, "%" PRId32 " partition%s for %s",
                  layout->partitions, layout->partitions == 1 ? "" : "s", role_words[topic->role]);
    if (layout->copies >= COPIES_WANTED || layout->copies >= topic->brokers)
        check_say(
            report, layout->copies == 1 ? CHECK_WARN : CHECK_OK, "kafka.replicas", topic->name,
            "run three brokers, and raise the topic's replication factor to 3: one lost disk loses what "
            "this topic holds",
            "%" PRId32 " cop%s on %d broker%s", layout->copies, layout->copies == 1 ? "y" : "ies",
            topic->brokers, topic->brokers == 1 ? "" : "s");
    else
        check_say(report, CHECK_WARN, "kafka.replicas", topic->name,
                  "raise the replication factor to 3: kafka-reassign-partitions.sh",
                  "%" PRId32 " cop%s on %d brokers: %s", layout->copies, layout->copies == 1 ? "y" : "ies",
                  topic->brokers,
                  layout->copies == 1 ? "one lost disk loses what this topic holds"
                                      : "no copy to spare while a broker is down for maintenance");
}

static void judge_retention(struct check_report *report, const struct check_topic *topic,
                            const struct kit_topic_settings *settings)
{
    char kept[32], remembered[32], mend[CHECK_TEXT_SIZE];

    check_span(settings->deletes ? settings->retention_ms : -1, kept);
    check_span(topic->dedup_ttl_ms, remembered);
    if (!settings->deletes || settings->retention_ms < 0) {
        check_say(
            report, CHECK_WARN, "kafka.retention", topic->name,
            "set retention.ms to dedup.ttl.ms or less, or raise dedup.ttl.ms beyond the oldest record you "
            "would read again",
            "records are kept %s, but an event's outcome is remembered for %s: read again after that, it "
            "may make its call once more",
            settings->deletes ? "for ever" : "for ever (compacted)", remembered);
        return;
    }
    if (settings->retention_ms > topic->dedup_ttl_ms) {
        snprintf(mend, sizeof mend,
                 "raise dedup.ttl.ms to %" PRId64 " or more, or lower the topic's retention.ms to %" PRId64
                 " or less",
                 settings->retention_ms, topic->dedup_ttl_ms);
        check_say(report, CHECK_FAIL, "kafka.retention", topic->name, mend,
                  "records are kept for %s (retention.ms), but an event's outcome is remembered for %s only "
                  "(dedup.ttl.ms): read again after that, it makes its call once more",
                  kept, remembered);
        return;
    }
    if (settings->retention_ms < RETENTION_MIN_MS) {
        check_say(report, CHECK_WARN, "kafka.retention", topic->name,
                  "raise retention.ms to a few days: the time in which an outage is seen and mended",
                  "records are kept for %s only: an outage longer than that loses events", kept);
        return;
    }
    if (settings->retention_bytes >= 0) {
        check_say(report, CHECK_WARN, "kafka.retention", topic->name,
                  "take retention.bytes away (-1), so that time alone decides",
                  "retention.bytes is %" PRId64 " a partition: a burst may push unread events out",
                  settings->retention_bytes);
        return;
    }
    check_say(report, CHECK_OK, "kafka.retention", topic->name, NULL,
              "records are kept for %s, outcomes remembered for %s", kept, remembered);
}

static void judge_compaction(struct check_report *report, const struct check_topic *topic,
                             const struct kit_topic_settings *settings)
{
    bool wanted = topic->role != ROLE_AUDIT;
    char kept[32];

    check_span(settings->retention_ms, kept);
    if (wanted && !settings->compacts && topic->role == ROLE_RESULTS)
        check_say(report, CHECK_FAIL, "kafka.compaction", topic->name,
                  "set cleanup.policy=compact: kafka-configs.sh --alter --add-config cleanup.policy=compact",
                  "it is not compacted and keeps results for %s: a rebuild of Redis' memory would not find "
                  "products older than that",
                  kept);
    else if (wanted && !settings->compacts)
        check_say(report, CHECK_FAIL, "kafka.compaction", topic->name,
                  "set cleanup.policy=compact: kafka-configs.sh --alter --add-config cleanup.policy=compact",
                  "it is not compacted and keeps dead letters for %s: they would go before anybody looked",
                  kept);
    else if (wanted && settings->deletes && settings->retention_ms >= 0)
        check_say(report, CHECK_WARN, "kafka.compaction", topic->name, "set cleanup.policy=compact alone",
                  "it is compacted, but also drops what is older than %s", kept);
    else if (!wanted && settings->compacts)
        check_say(report, CHECK_WARN, "kafka.compaction", topic->name, "set cleanup.policy=delete",
                  "it is compacted: of the audit records about one thing only the newest would stay");
    else
        check_say(report, CHECK_OK, "kafka.compaction", topic->name, NULL, "cleanup.policy is %s",
                  settings->compacts ? "compact" : "delete");
}

static void judge_size(struct check_report *report, const struct check_topic *topic,
                       const struct kit_topic_settings *settings)
{
    int64_t max = settings->max_message_bytes;
    char mend[CHECK_TEXT_SIZE];

    if (topic->role == ROLE_EVENTS && max > topic->record_max_bytes + BATCH_OVERHEAD_BYTES) {
        snprintf(mend, sizeof mend, "raise record.max.bytes to %" PRId64 ", or lower the topic's", max);
        check_say(report, CHECK_WARN, "kafka.message.size", topic->name, mend,
                  "max.message.bytes is %" PRId64 ": an event larger than record.max.bytes (%" PRId64
                  ") is accepted here and ends as a dead letter",
                  max, topic->record_max_bytes);
    } else if (topic->role == ROLE_DLQ && max < topic->publish_max_bytes) {
        snprintf(mend, sizeof mend,
                 "raise the topic's max.message.bytes to %" PRId64 ", or lower record.max.bytes to %" PRId64,
                 topic->publish_max_bytes, max - (topic->publish_max_bytes - topic->record_max_bytes));
        check_say(report, CHECK_WARN, "kafka.message.size", topic->name, mend,
                  "max.message.bytes is %" PRId64 ", an event may have %" PRId64
                  " and its dead letter adds headers: the largest would be kept without their value",
                  max, topic->record_max_bytes);
    } else if (topic->role == ROLE_RESULTS && max < RESULT_BYTES) {
        check_say(report, CHECK_FAIL, "kafka.message.size", topic->name,
                  "raise the topic's max.message.bytes to 1048588 (Kafka's default)",
                  "max.message.bytes is %" PRId64 ": a result with its absorbed events may not fit", max);
    } else {
        check_say(report, CHECK_OK, "kafka.message.size", topic->name, NULL, "max.message.bytes is %" PRId64,
                  max);
    }
}

/* The worker waits for all in-sync replicas; min.insync.replicas says how many that are at least. */
static void judge_acks(struct check_report *report, const struct check_topic *topic,
                       const struct kit_topic_settings *settings, const struct kit_layout *layout)
{
    int64_t least = settings->min_insync_replicas;

    if (layout->copies_in_sync < least)
        check_say(report, CHECK_FAIL, "kafka.min.insync", topic->name,
                  layout->copies < least
                      ? "lower min.insync.replicas below the number of copies, or add copies"
                      : "bring the missing brokers back",
                  "min.insync.replicas is %" PRId64 ", in sync are %" PRId32 ": every write is refused",
                  least, layout->copies_in_sync);
    else if (layout->copies > 1 && least == layout->copies)
        check_say(report, CHECK_WARN, "kafka.min.insync", topic->name,
                  "lower it to one below the number of copies",
                  "min.insync.replicas equals the number of copies (%" PRId64
                  "): one broker down stops every write",
                  least);
    else if (layout->copies > 1 && least == 1)
        check_say(report, CHECK_WARN, "kafka.min.insync", topic->name, "set min.insync.replicas=2",
                  "min.insync.replicas is 1: a record may be acknowledged by one broker and lost with it");
    else
        check_say(report, CHECK_OK, "kafka.min.insync", topic->name, NULL,
                  "min.insync.replicas is %" PRId64 " of %" PRId32, least, layout->copies);
}

void judge_settings(struct check_report *report, const struct check_topic *topic,
                    const struct kit_topic_settings *settings, const struct kit_layout *layout)
{
    if (topic->role == ROLE_EVENTS)
        judge_retention(report, topic, settings);
    else
        judge_compaction(report, topic, settings);
    if (topic->role != ROLE_AUDIT)
        judge_size(report, topic, settings);
    judge_acks(report, topic, settings, layout);
}
