#include "tools/kit/topic.h"

#include "tools/kit/cli.h"

#include <stdio.h>
#include <stdlib.h>

enum { NUDGE_MS = 1000, STALL_MS = 30000, PROGRESS_RECORDS = 1000, BATCH = 512 };

static bool wrong(char *error, const char *topic, const char *what)
{
    snprintf(error, KAFKA_ERROR_SIZE, "topic %.249s: %.200s", topic, what);
    return false;
}

/* librdkafka's words, and what to do. */
static bool refused(char *error, const char *topic, rd_kafka_resp_err_t err)
{
    const char *mend = "";

    switch (err) {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__RESOLVE:
        mend = " (no broker answers: look at kafka.bootstrap.servers, and whether Kafka runs)";
        break;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
        mend = " (it does not exist: create it, or look at the topic.* keys)";
        break;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
        mend = " (give this user the right to describe and read it)";
        break;
    default: break;
    }
    snprintf(error, KAFKA_ERROR_SIZE, "topic %.249s: %.150s%s", topic, rd_kafka_err2str(err), mend);
    return false;
}

static bool count_partitions(rd_kafka_t *rk, const char *topic, int32_t *partitions, char *error)
{
    rd_kafka_topic_t *handle = rd_kafka_topic_new(rk, topic, NULL);
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t err;

    if (!handle)
        return refused(error, topic, rd_kafka_last_error());
    err = rd_kafka_metadata(rk, 0, handle, &metadata, KIT_REQUEST_TIMEOUT_MS);
    rd_kafka_topic_destroy(handle);
    if (err)
        return refused(error, topic, err);
    err = metadata->topic_cnt == 1 ? metadata->topics[0].err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    *partitions = metadata->topic_cnt == 1 ? metadata->topics[0].partition_cnt : 0;
    rd_kafka_metadata_destroy(metadata);
    if (err)
        return refused(error, topic, err);
    if (*partitions < 1 || *partitions > KIT_PARTITIONS_MAX)
        return wrong(error, topic, "has no partitions, or more than this program reads (1024)");
    return true;
}

bool kit_topic_look(rd_kafka_t *rk, const char *topic, struct kit_topic *out, char error[KAFKA_ERROR_SIZE])
{
    if (!count_partitions(rk, topic, &out->partitions, error))
        return false;
    for (int32_t i = 0; i < out->partitions; i++) {
        rd_kafka_resp_err_t err = rd_kafka_query_watermark_offsets(rk, topic, i, &out->begin[i], &out->end[i],
                                                                   KIT_REQUEST_TIMEOUT_MS);

        if (err)
            return refused(error, topic, err);
    }
    return true;
}

void kit_topic_nudge(rd_kafka_t *rk, const char *topic, int32_t partition)
{
    int64_t low, high;

    (void)rd_kafka_query_watermark_offsets(rk, topic, partition, &low, &high, NUDGE_MS);
}

struct reading {
    rd_kafka_t *reader;
    const struct kit_scan *scan;
    struct kit_topic topic;
    bool over[KIT_PARTITIONS_MAX];
    int32_t open; /* partitions not yet read to their end */
    int64_t total, records, moved_ms;
    int64_t at[KIT_PARTITIONS_MAX];
    int32_t nudged; /* partition */
};

static void end_partition(struct reading *r, int32_t partition)
{
    if (partition < 0 || partition >= r->topic.partitions || r->over[partition])
        return;
    r->over[partition] = true;
    r->at[partition] = r->topic.end[partition];
    r->open--;
}

static void tell(const struct reading *r)
{
    int64_t done = 0;

    if (!r->scan->on_progress)
        return;
    for (int32_t i = 0; i < r->topic.partitions; i++)
        done += r->at[i] - r->topic.begin[i];
    r->scan->on_progress(r->scan->arg, done, r->total);
}

/* Returns false where the owner of the scan has enough. */
static bool take(struct reading *r, const rd_kafka_message_t *message)
{
    int32_t partition = message->partition;

    if (r->over[partition])
        return true;
    if (message->offset >= r->topic.end[partition]) {
        end_partition(r, partition);
        return true;
    }
    r->at[partition] = message->offset + 1;
    if (!r->scan->on_record(r->scan->arg, message))
        return false;
    if (++r->records % PROGRESS_RECORDS == 0)
        tell(r);
    if (message->offset + 1 >= r->topic.end[partition])
        end_partition(r, partition);
    return true;
}

static bool assign(struct reading *r, char *error)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(r->topic.partitions);
    rd_kafka_resp_err_t err;

    for (int32_t i = 0; i < r->topic.partitions; i++) {
        if (r->scan->from && r->scan->from[i] > r->topic.begin[i])
            r->topic.begin[i] = r->scan->from[i] < r->topic.end[i] ? r->scan->from[i] : r->topic.end[i];
        r->at[i] = r->topic.begin[i];
        r->total += r->topic.end[i] - r->topic.begin[i];
        if (r->topic.begin[i] >= r->topic.end[i]) {
            r->over[i] = true;
            continue;
        }
        r->open++;
        rd_kafka_topic_partition_list_add(list, r->scan->topic, i)->offset = r->topic.begin[i];
    }
    err = rd_kafka_assign(r->reader, list);
    rd_kafka_topic_partition_list_destroy(list);
    return err ? wrong(error, r->scan->topic, rd_kafka_err2str(err)) : true;
}

/* One message that is no record: an end, or trouble. True: go on. */
static bool weigh(struct reading *r, const rd_kafka_message_t *message, char *error)
{
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        end_partition(r, message->partition);
        return true;
    }
    switch (message->err) {
    case RD_KAFKA_RESP_ERR__TRANSPORT: /* librdkafka connects again; the stall bounds it */
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__TIMED_OUT: return true;
    default: return wrong(error, r->scan->topic, rd_kafka_message_errstr(message));
    }
}

/* Nothing came: the partitions that are not done are woken, one after the other. */
static void nudge(struct reading *r)
{
    for (int32_t n = 0; n < r->topic.partitions; n++) {
        r->nudged = (r->nudged + 1) % r->topic.partitions;
        if (!r->over[r->nudged]) {
            kit_topic_nudge(r->reader, r->scan->topic, r->nudged);
            return;
        }
    }
}

static bool read_all(struct reading *r, char *error)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(r->reader);
    rd_kafka_message_t *batch[BATCH];
    int stall_ms = r->scan->stall_ms > 0 ? r->scan->stall_ms : STALL_MS;
    bool ok = true, more = true;

    r->moved_ms = kit_now_ms();
    while (ok && more && r->open > 0) {
        ssize_t count = rd_kafka_consume_batch_queue(queue, KIT_DRY_MS, batch, BATCH);

        for (ssize_t i = 0; i < count; i++) {
            if (ok && more && !batch[i]->err)
                more = take(r, batch[i]);
            else if (ok && more)
                ok = weigh(r, batch[i], error);
            rd_kafka_message_destroy(batch[i]);
        }
        if (count > 0)
            r->moved_ms = kit_now_ms();
        else
            nudge(r);
        if (ok && kit_stop)
            ok = wrong(error, r->scan->topic, "stopped before its end");
        else if (ok && kit_now_ms() - r->moved_ms > stall_ms)
            ok = wrong(error, r->scan->topic, "nothing came within the time allowed: are the brokers up?");
    }
    rd_kafka_queue_destroy(queue);
    return ok;
}

bool kit_topic_scan(rd_kafka_t *reader, const struct kit_scan *scan, char error[KAFKA_ERROR_SIZE])
{
    struct reading *r = calloc(1, sizeof *r);
    bool ok;

    if (!r)
        return wrong(error, scan->topic, "no memory");
    r->reader = reader;
    r->scan = scan;
    ok = kit_topic_look(reader, scan->topic, &r->topic, error) && assign(r, error) && read_all(r, error);
    if (ok)
        tell(r);
    rd_kafka_assign(reader, NULL);
    free(r);
    return ok;
}
