#include "common/assertx.h"
#include "worker/adapters/kafka_source_impl.h"

#include <stdlib.h>
#include <string.h>

static bool current(const struct kafka_source *source, uint16_t partition, uint32_t assignment)
{
    if (partition >= CORE_PARTITIONS_MAX) {
        return false;
    }
    const struct part *part = &source->parts.list[partition];
    return part->state != PART_FREE && part->assignment == assignment;
}

void kafka_source_commit(struct kafka_source *source, uint16_t partition, uint32_t assignment, int64_t offset,
                         const char *metadata)
{
    ASSERT(strlen(metadata) <= COMMIT_METADATA_MAX);
    struct commits *commits = &source->commits;
    if (commits->count == commits->room) {
        commits->room = commits->room ? commits->room * 2 : 64;
        commits->list = realloc(commits->list, commits->room * sizeof(*commits->list));
        ASSERT(commits->list);
    }
    char *copy = NULL;
    if (current(source, partition, assignment)) {
        copy = strdup(metadata);
        ASSERT(copy);
    }
    commits->list[commits->count++] = (struct commit){partition, assignment, offset, copy};
}

/* The commits of one request, waiting for its answer. */
struct batch {
    size_t count;
    struct commit list[];
};

static void answer(struct kafka_source *source, const struct commit *commit, const char *error)
{
    source->events.committed(source->events.arg, commit->partition, commit->assignment, commit->offset,
                             error[0] == '\0', error);
    loop_stay_awake(source->loop);
}

static void fill(struct kafka_source *source, struct batch *batch, rd_kafka_topic_partition_list_t *list)
{
    for (size_t i = 0; i < source->commits.count; i++) {
        struct commit *commit = &source->commits.list[i];
        if (!commit->metadata || !current(source, commit->partition, commit->assignment)) {
            free(commit->metadata);
            answer(source, commit, "the partition is not assigned any more");
            continue;
        }
        const struct part *part = &source->parts.list[commit->partition];
        rd_kafka_topic_partition_t *at = rd_kafka_topic_partition_list_add(
            list, parts_name(&source->parts, commit->partition), part->number);
        at->offset = commit->offset;
        at->metadata = commit->metadata;
        at->metadata_size = strlen(commit->metadata);
        batch->list[batch->count++] = *commit;
    }
    source->commits.count = 0;
}

void source_send_commits(void *arg)
{
    struct kafka_source *source = arg;
    if (source->commits.count == 0) {
        return;
    }
    struct batch *batch = malloc(sizeof(*batch) + source->commits.count * sizeof(batch->list[0]));
    ASSERT(batch);
    batch->count = 0;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)source->commits.count);
    fill(source, batch, list);
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_NO_ERROR;
    if (batch->count > 0) {
        err = rd_kafka_commit_queue(source->rk, list, source->main.queue, NULL, batch);
    }
    for (size_t i = 0; err && i < batch->count; i++) {
        answer(source, &batch->list[i], rd_kafka_err2str(err));
    }
    if (err || batch->count == 0) {
        free(batch);
    }
    /* The metadata strings belong to the list from here on. */
    rd_kafka_topic_partition_list_destroy(list);
}

void source_commit_answer(struct kafka_source *source, rd_kafka_event_t *event)
{
    struct batch *batch = rd_kafka_event_opaque(event);
    const rd_kafka_topic_partition_list_t *list = rd_kafka_event_topic_partition_list(event);
    rd_kafka_resp_err_t whole = rd_kafka_event_error(event);
    for (size_t i = 0; batch && i < batch->count; i++) {
        const struct commit *commit = &batch->list[i];
        const struct part *part = &source->parts.list[commit->partition];
        const rd_kafka_topic_partition_t *at = NULL;
        if (list && part->assignment == commit->assignment) {
            at = rd_kafka_topic_partition_list_find(list, parts_name(&source->parts, commit->partition),
                                                    part->number);
        }
        rd_kafka_resp_err_t err = at && at->err ? at->err : whole;
        answer(source, commit, err ? rd_kafka_err2str(err) : "");
    }
    if (!whole) {
        kafka_health_works(&source->health);
    }
    free(batch);
    rd_kafka_event_destroy(event);
}

void source_commits_free(struct kafka_source *source)
{
    for (size_t i = 0; i < source->commits.count; i++) {
        free(source->commits.list[i].metadata);
    }
    free(source->commits.list);
}
