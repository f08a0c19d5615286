#include "worker/check/judge.h"

#include <inttypes.h>
#include <string.h>

enum { NAMED_OFFSETS_MAX = 5 };

static const char assignor[] = "cooperative-sticky";

static bool strange(const struct kit_group_member *member)
{
    return strcmp(member->client_id, "catalog-worker") != 0;
}

void judge_group(struct check_report *report, const char *name, const struct kit_group *group,
                 int32_t partitions)
{
    int listed = group->members < KIT_MEMBERS_MAX ? group->members : KIT_MEMBERS_MAX;

    if (group->members == 0) {
        check_say(report, CHECK_OK, "kafka.group", name, NULL,
                  group->state[0] ? "nobody is in it now" : "it is new");
        return;
    }
    if (group->protocol_type[0] && strcmp(group->protocol_type, "consumer") != 0) {
        check_say(report, CHECK_FAIL, "kafka.group", name,
                  "name another group in kafka.group.id: this one is no group of consumers",
                  "another kind of program uses it (protocol %s)", group->protocol_type);
        return;
    }
    for (int i = 0; i < listed; i++) {
        const struct kit_group_member *member = &group->list[i];

        if (member->topic[0]) {
            check_say(report, CHECK_FAIL, "kafka.group", name,
                      "give that program or this worker another group: two programs that share one take "
                      "partitions from each other",
                      "somebody else is in it: %s on %s reads topic %s, which is none of topic.events",
                      member->client_id, member->host, member->topic);
            return;
        }
    }
    if (group->assignor[0] && strcmp(group->assignor, assignor) != 0) {
        check_say(report, CHECK_FAIL, "kafka.group", name,
                  "stop the other program, or name another group in kafka.group.id",
                  "its members share partitions by \"%s\", workers by \"%s\": a worker cannot join them",
                  group->assignor, assignor);
        return;
    }
    for (int i = 0; i < listed; i++) {
        if (strange(&group->list[i])) {
            check_say(report, CHECK_WARN, "kafka.group", name,
                      "see that this is a worker (kafka.client.id names it so); another program would take "
                      "events away",
                      "a member calls itself %s (on %s), not catalog-worker", group->list[i].client_id,
                      group->list[i].host);
            return;
        }
    }
    if (partitions > 0 && group->members > partitions)
        check_say(report, CHECK_WARN, "kafka.group", name,
                  "add partitions to the event topics, or run fewer workers",
                  "%d workers share %" PRId32 " partitions: %" PRId32 " of them have nothing to do",
                  group->members, partitions, group->members - partitions);
    else
        check_say(report, CHECK_OK, "kafka.group", name, NULL, "%d worker%s in it, %s", group->members,
                  group->members == 1 ? " is" : "s are", group->state);
}

void judge_offsets(struct check_report *report, const char *topic, const struct check_offset *offsets,
                   size_t count)
{
    size_t none = 0, bad = 0;
    int64_t waiting = 0;

    for (size_t i = 0; i < count; i++) {
        const struct check_offset *at = &offsets[i];

        if (at->committed < 0) {
            none++;
            waiting += at->end - at->first;
        } else if (at->committed >= at->first && at->committed <= at->end) {
            waiting += at->end - at->committed;
        } else if (++bad <= NAMED_OFFSETS_MAX) {
            bool expired = at->committed < at->first;

            check_say(
                report, CHECK_FAIL, "kafka.offsets", topic,
                expired
                    ? "a worker stops here rather than skip them: republish what is gone (catalog-publish "
                      "--resync), then move the group's offset (kafka-consumer-groups.sh --reset-offsets)"
                    : "was the topic made anew? Move the group's offsets to its start "
                      "(kafka-consumer-groups.sh --reset-offsets --to-earliest)",
                expired ? "partition %" PRId32 ": the committed offset %" PRId64
                          " is gone, the first one kept is %" PRId64 ": events expired unread"
                        : "partition %" PRId32 ": the committed offset %" PRId64
                          " lies beyond the end, which is %" PRId64,
                at->partition, at->committed, expired ? at->first : at->end);
        }
    }
    if (bad > NAMED_OFFSETS_MAX)
        check_say(report, CHECK_FAIL, "kafka.offsets", topic, "the same for these",
                  "%zu more partitions have an offset out of range", bad - NAMED_OFFSETS_MAX);
    if (bad > 0)
        return;
    if (none == count)
        check_say(report, CHECK_OK, "kafka.offsets", topic, NULL,
                  "the group has none yet: reading begins at the earliest record, %" PRId64 " are there",
                  waiting);
    else
        check_say(report, CHECK_OK, "kafka.offsets", topic, NULL, "all in range, %" PRId64 " records wait%s",
                  waiting, none ? " (some partitions begin at their earliest)" : "");
}
