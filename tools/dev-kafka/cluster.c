#include "cluster.h"

#include <stdlib.h>
#include <string.h>

#define RTT_MAX_MS 60000

static rd_kafka_resp_err_t create_topic(struct cluster *cluster, const struct topic_spec *spec)
{
    return rd_kafka_mock_topic_create(cluster->mock, spec->name, spec->partitions, cluster->brokers);
}

bool cluster_open(struct cluster *cluster, const struct options *options)
{
    char why[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();

    cluster->brokers = options->brokers;
    rd_kafka_conf_set(conf, "client.id", "dev-kafka", NULL, 0);
    rd_kafka_conf_set(conf, "log_level", "3", NULL, 0);
    cluster->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
    if (!cluster->rk) {
        rd_kafka_conf_destroy(conf);
        fprintf(stderr, "dev-kafka: librdkafka did not start: %s\n", why);
        return false;
    }
    cluster->mock = rd_kafka_mock_cluster_new(cluster->rk, options->brokers);
    if (!cluster->mock) {
        fputs("dev-kafka: the mock cluster did not start (no free port on 127.0.0.1, or no memory?)\n",
              stderr);
        return false;
    }
    cluster->bootstrap_servers = rd_kafka_mock_cluster_bootstraps(cluster->mock);
    for (int i = 0; i < options->topics_count; i++) {
        rd_kafka_resp_err_t err = create_topic(cluster, &options->topics[i]);

        if (err) {
            fprintf(stderr, "dev-kafka: topic %s: %s\n", options->topics[i].name, rd_kafka_err2str(err));
            return false;
        }
    }
    return true;
}

static rd_kafka_resp_err_t each_broker(struct cluster *cluster,
                                       rd_kafka_resp_err_t (*change)(rd_kafka_mock_cluster_t *, int32_t))
{
    for (int32_t id = 1; id <= cluster->brokers; id++) {
        rd_kafka_resp_err_t err = change(cluster->mock, id);

        if (err)
            return err;
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static void set_rtt(struct cluster *cluster, const char *text, FILE *out)
{
    char *end = NULL;
    long rtt_ms = strtol(text, &end, 10);

    if (end == text || *end || rtt_ms < 0 || rtt_ms > RTT_MAX_MS) {
        fprintf(out, "error rtt wants milliseconds, 0 to %d\n", RTT_MAX_MS);
        return;
    }
    for (int32_t id = 1; id <= cluster->brokers; id++)
        rd_kafka_mock_broker_set_rtt(cluster->mock, id, (int)rtt_ms);
    fprintf(out, "ok rtt %ld\n", rtt_ms);
}

static void answer(FILE *out, const char *line, rd_kafka_resp_err_t err)
{
    if (err)
        fprintf(out, "error %s: %s\n", line, rd_kafka_err2str(err));
    else
        fprintf(out, "ok %s\n", line);
}

void cluster_command(struct cluster *cluster, const char *line, FILE *out)
{
    struct topic_spec spec;

    if (!strncmp(line, "topic ", 6)) {
        if (topic_spec_parse(&spec, line + 6, PARTITIONS_DEFAULT))
            answer(out, line, create_topic(cluster, &spec));
        else
            fprintf(out, "error %s: not NAME[:PARTITIONS]\n", line);
    } else if (!strcmp(line, "down")) {
        cluster->down = true;
        answer(out, line, each_broker(cluster, rd_kafka_mock_broker_set_down));
    } else if (!strcmp(line, "up")) {
        cluster->down = false;
        answer(out, line, each_broker(cluster, rd_kafka_mock_broker_set_up));
    } else if (!strncmp(line, "rtt ", 4)) {
        set_rtt(cluster, line + 4, out);
    } else {
        fprintf(out, "error %s: the commands are topic, down, up, rtt\n", line);
    }
    fflush(out);
}

void cluster_close(struct cluster *cluster)
{
    if (cluster->mock)
        rd_kafka_mock_cluster_destroy(cluster->mock);
    if (cluster->rk)
        rd_kafka_destroy(cluster->rk);
    memset(cluster, 0, sizeof(*cluster));
}
