#include "watch.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TIMEOUT_MS 2000

bool watch_open(struct watch *watch, const char *bootstrap_servers)
{
    char why[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();

    if (rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap_servers, why, sizeof(why)) ==
            RD_KAFKA_CONF_OK &&
        rd_kafka_conf_set(conf, "client.id", "dev-kafka-watch", why, sizeof(why)) == RD_KAFKA_CONF_OK &&
        rd_kafka_conf_set(conf, "log_level", "0", why, sizeof(why)) == RD_KAFKA_CONF_OK) {
        watch->rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof(why));
        if (watch->rk)
            return true;
    }
    rd_kafka_conf_destroy(conf);
    fprintf(stderr, "dev-kafka: no client to watch the logs with: %s\n", why);
    return false;
}

static enum watch_verdict look_at(struct watch *watch, const char *topic, int32_t partition)
{
    int64_t low = 0, high = 0;

    if (rd_kafka_query_watermark_offsets(watch->rk, topic, partition, &low, &high, TIMEOUT_MS))
        return WATCH_UNKNOWN;
    if (low <= 0)
        return WATCH_WHOLE;
    fprintf(stderr,
            "dev-kafka: RECORDS WERE DROPPED: the log of %s/%" PRId32 " starts at offset %" PRId64
            " (end %" PRId64 ").\nThe embedded Kafka keeps about 5 MB a partition; what was dropped cannot "
            "be accounted for, so it stops "
            "here.\nUse fewer or smaller events, more partitions, or Apache Kafka.\n",
            topic, partition, low, high);
    return WATCH_DROPPED;
}

enum watch_verdict watch_look(struct watch *watch)
{
    const struct rd_kafka_metadata *metadata = NULL;
    enum watch_verdict verdict = WATCH_WHOLE;

    if (rd_kafka_metadata(watch->rk, 1, NULL, &metadata, TIMEOUT_MS))
        return WATCH_UNKNOWN;
    for (int t = 0; t < metadata->topic_cnt && verdict == WATCH_WHOLE; t++)
        for (int p = 0; p < metadata->topics[t].partition_cnt && verdict == WATCH_WHOLE; p++)
            verdict = look_at(watch, metadata->topics[t].topic, metadata->topics[t].partitions[p].id);
    rd_kafka_metadata_destroy(metadata);
    return verdict;
}

void watch_close(struct watch *watch)
{
    if (watch->rk)
        rd_kafka_destroy(watch->rk);
    watch->rk = NULL;
}
