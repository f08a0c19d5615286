/* Letters at chosen places, in the order of the topic. */
#include "reading.h"

#include "tools/kit/cli.h"

#include <stdio.h>

enum {
    POLL_MS = 100,
    STALL_MS = 30000,
    LEAP = 20000, /* offsets between two places from which on jumping is cheaper than reading on */
};

void picker_start(struct picker *picker, rd_kafka_t *reader, const char *topic, const struct place *places,
                  size_t count)
{
    *picker =
        (struct picker){.reader = reader, .topic = topic, .places = places, .count = count, .assigned = -1};
}

static bool assign(struct picker *picker, struct place from, char *error)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_resp_err_t err;

    rd_kafka_topic_partition_list_add(list, picker->topic, from.partition)->offset = from.offset;
    err = rd_kafka_assign(picker->reader, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (err) {
        snprintf(error, KAFKA_ERROR_SIZE, "topic %.249s: %s", picker->topic, rd_kafka_err2str(err));
        return false;
    }
    picker->assigned = from.partition;
    picker->at = from.offset;
    picker->at_end = false;
    return true;
}

/* Passes places that the reading has gone by. True if there is one left to wait for. */
static bool pass_gone(struct picker *picker)
{
    while (picker->next < picker->count) {
        struct place place = picker->places[picker->next];

        if (place.partition != picker->assigned || (place.offset >= picker->at && !picker->at_end))
            return true;
        picker->gone++;
        picker->next++;
    }
    return false;
}

/* One message of the assigned partition: 1 where it is the one waited for. */
static int weigh(struct picker *picker, const rd_kafka_message_t *message, char *error)
{
    switch (message->err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR: break;
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        if (message->partition == picker->assigned)
            picker->at_end = true;
        return 0;
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__TIMED_OUT: return 0;
    default:
        snprintf(error, KAFKA_ERROR_SIZE, "topic %.249s: %s", picker->topic,
                 rd_kafka_message_errstr(message));
        return -1;
    }
    if (message->partition != picker->assigned || message->offset < picker->at)
        return 0; /* left over from before a jump */
    picker->at = message->offset + 1;
    if (message->offset != picker->places[picker->next].offset)
        return 0;
    picker->next++;
    return 1;
}

int picker_next(struct picker *picker, rd_kafka_message_t **message, char error[KAFKA_ERROR_SIZE])
{
    int64_t since = kit_now_ms();

    while (pass_gone(picker)) {
        struct place place = picker->places[picker->next];
        int got;

        if ((place.partition != picker->assigned || place.offset - picker->at > LEAP) &&
            !assign(picker, place, error))
            return -1;
        *message = rd_kafka_consumer_poll(picker->reader, POLL_MS);
        if (*message) {
            got = weigh(picker, *message, error);
            if (got > 0)
                return 1;
            rd_kafka_message_destroy(*message);
            *message = NULL;
            if (got < 0)
                return -1;
            since = kit_now_ms();
        }
        if (kit_stop > 1 || kit_now_ms() - since > STALL_MS) {
            snprintf(error, KAFKA_ERROR_SIZE, "topic %.249s: %s", picker->topic,
                     kit_stop > 1 ? "stopped" : "nothing came within the time allowed: are the brokers up?");
            return -1;
        }
    }
    rd_kafka_assign(picker->reader, NULL);
    picker->assigned = -1;
    return 0;
}

int32_t partition_of_key(const void *key, size_t len, int32_t partitions)
{
    return rd_kafka_msg_partitioner_murmur2(NULL, key, len, partitions, NULL, NULL);
}
