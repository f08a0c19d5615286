#include "tools/kit/kafka.h"

#include <stdio.h>
#include <string.h>

enum {
    PREFETCH_BYTES = 8 << 20,
    DELIVERY_TIMEOUT_MS = 60000,
    MARGIN_BYTES = 128 * 1024,  /* headers of the largest record */
    ANSWER_MAX_BYTES = 1 << 20, /* of one partition, in one answer */
};

struct pairs {
    struct kafka_pair list[CONFIG_KAFKA_MAX];
};

static struct kafka_settings settings_of(const struct config *config, struct pairs *pairs,
                                         const char *client_id)
{
    for (size_t i = 0; i < config->kafka_count; i++)
        pairs->list[i] = (struct kafka_pair){.name = config->kafka[i].name, .value = config->kafka[i].value};
    return (struct kafka_settings){
        .user = pairs->list,
        .user_count = config->kafka_count,
        .client_id = client_id,
        .prefetch_bytes = PREFETCH_BYTES,
        .delivery_timeout_ms = DELIVERY_TIMEOUT_MS,
        .message_max_bytes = (size_t)config->record_max_bytes + MARGIN_BYTES,
    };
}

/* Tools call and wait, so nothing is an event; librdkafka's own log lines stay silent, errors come as return
 * values. */
static bool make_synchronous(rd_kafka_conf_t *conf, char *error)
{
    rd_kafka_conf_set_events(conf, 0);
    return rd_kafka_conf_set(conf, "log.queue", "false", error, KAFKA_ERROR_SIZE) == RD_KAFKA_CONF_OK &&
           rd_kafka_conf_set(conf, "log_level", "0", error, KAFKA_ERROR_SIZE) == RD_KAFKA_CONF_OK;
}

/* The worker's readers read single records; who reads whole topics wants large answers, or waits for each
 * small one; and who jumps within a topic waits for the answer to what was asked for before, which a broker
 * with nothing new holds back for fetch.wait.max.ms (500 by default). The user's own settings outrank this.
 */
static bool read_in_bulk(rd_kafka_conf_t *conf, const struct config *config, size_t prefetch, char *error)
{
    char kbytes[24], answer[24];

    snprintf(kbytes, sizeof kbytes, "%zu", prefetch / 2048);
    snprintf(answer, sizeof answer, "%zu", prefetch / 8 < ANSWER_MAX_BYTES ? prefetch / 8 : ANSWER_MAX_BYTES);
    return rd_kafka_conf_set(conf, "queued.max.messages.kbytes", kbytes, error, KAFKA_ERROR_SIZE) ==
               RD_KAFKA_CONF_OK &&
           (config_kafka(config, "fetch.wait.max.ms") ||
            rd_kafka_conf_set(conf, "fetch.wait.max.ms", "20", error, KAFKA_ERROR_SIZE) ==
                RD_KAFKA_CONF_OK) &&
           (config_kafka(config, "fetch.message.max.bytes") ||
            config_kafka(config, "max.partition.fetch.bytes") ||
            rd_kafka_conf_set(conf, "fetch.message.max.bytes", answer, error, KAFKA_ERROR_SIZE) ==
                RD_KAFKA_CONF_OK);
}

static rd_kafka_t *client_of(rd_kafka_type_t type, rd_kafka_conf_t *conf, char *error)
{
    char why[KAFKA_ERROR_SIZE];
    rd_kafka_t *rk = rd_kafka_new(type, conf, why, sizeof why);

    if (!rk) {
        rd_kafka_conf_destroy(conf);
        snprintf(error, KAFKA_ERROR_SIZE, "the kafka.* settings do not fit together: %.400s", why);
    }
    return rk;
}

static rd_kafka_conf_t *reader_conf(const struct config *config, const char *client_id, const char *group,
                                    size_t prefetch_bytes, char *error)
{
    struct pairs pairs;
    struct kafka_settings settings = settings_of(config, &pairs, client_id);
    rd_kafka_conf_t *conf;

    if (prefetch_bytes > 0)
        settings.prefetch_bytes = prefetch_bytes;
    conf = kafka_conf_new(KAFKA_READER, &settings, error);
    if (!conf)
        return NULL;
    if (make_synchronous(conf, error) && read_in_bulk(conf, config, settings.prefetch_bytes, error) &&
        rd_kafka_conf_set(conf, "group.id", group, error, KAFKA_ERROR_SIZE) == RD_KAFKA_CONF_OK)
        return conf;
    rd_kafka_conf_destroy(conf);
    return NULL;
}

rd_kafka_conf_t *kit_kafka_reader_conf(const struct config *config, const char *client_id, const char *group,
                                       char error[KAFKA_ERROR_SIZE])
{
    return reader_conf(config, client_id, group, 0, error);
}

rd_kafka_t *kit_kafka_reader(const struct config *config, const char *client_id, size_t prefetch_bytes,
                             char error[KAFKA_ERROR_SIZE])
{
    /* assign() wants a group's name, though none is joined and nothing is committed */
    rd_kafka_conf_t *conf = reader_conf(config, client_id, client_id, prefetch_bytes, error);
    rd_kafka_t *rk = conf ? client_of(RD_KAFKA_CONSUMER, conf, error) : NULL;

    if (rk)
        rd_kafka_poll_set_consumer(rk);
    return rk;
}

void kit_kafka_reader_close(rd_kafka_t *reader)
{
    if (!reader)
        return;
    rd_kafka_consumer_close(reader);
    rd_kafka_destroy(reader);
}

/* A setting of the tool's that the user's own outranks, whatever its name. */
static bool set_default(rd_kafka_conf_t *conf, const struct config *config, const char *name,
                        const char *alias, const char *value, char *error)
{
    if (!value || config_kafka(config, name) || (alias && config_kafka(config, alias)))
        return true;
    return rd_kafka_conf_set(conf, name, value, error, KAFKA_ERROR_SIZE) == RD_KAFKA_CONF_OK;
}

rd_kafka_t *kit_kafka_producer(const struct config *config, const struct kit_producer_settings *producer,
                               char error[KAFKA_ERROR_SIZE])
{
    struct pairs pairs;
    struct kafka_settings settings = settings_of(config, &pairs, producer->client_id);
    rd_kafka_conf_t *conf;

    if (producer->delivery_timeout_ms > 0)
        settings.delivery_timeout_ms = producer->delivery_timeout_ms;
    conf = kafka_conf_new(KAFKA_SINK, &settings, error);
    if (!conf)
        return NULL;
    if (!make_synchronous(conf, error) ||
        !set_default(conf, config, "compression.type", "compression.codec", producer->compression, error) ||
        !set_default(conf, config, "queue.buffering.max.kbytes", NULL, producer->queue_kbytes, error) ||
        (producer->transactional_id && rd_kafka_conf_set(conf, "transactional.id", producer->transactional_id,
                                                         error, KAFKA_ERROR_SIZE) != RD_KAFKA_CONF_OK)) {
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    if (producer->on_delivery)
        rd_kafka_conf_set_dr_msg_cb(conf, producer->on_delivery);
    if (producer->on_error)
        rd_kafka_conf_set_error_cb(conf, producer->on_error);
    rd_kafka_conf_set_opaque(conf, producer->opaque);
    return client_of(RD_KAFKA_PRODUCER, conf, error);
}
