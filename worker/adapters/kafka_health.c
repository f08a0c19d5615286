#include "worker/adapters/kafka_health.h"

#include <stdio.h>

enum { PROBE_US = 2000000, PROBE_BLOCKS_MS = 1, TEXT_SIZE = 768 };

static void say(struct kafka_health *health, enum kafka_trouble kind, const char *what, const char *mend)
{
    char text[TEXT_SIZE];
    snprintf(text, sizeof(text), "Kafka %s: %s%s%s", health->who, what, mend[0] ? ": " : "", mend);
    health->trouble(health->arg, kind, text);
}

/* Asks for metadata without waiting for the answer: the error tells whether any connection is up, and the
 * question makes librdkafka connect. */
static void probe(void *arg)
{
    struct kafka_health *health = arg;
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t err = rd_kafka_metadata(health->rk, 0, NULL, &metadata, PROBE_BLOCKS_MS);
    if (metadata) {
        rd_kafka_metadata_destroy(metadata);
    }
    if (err == RD_KAFKA_RESP_ERR__TRANSPORT) {
        loop_timer_set(health->loop, &health->probe, loop_now_us(health->loop) + PROBE_US, probe, health);
        return;
    }
    health->down = false;
    if (!health->refused) {
        say(health, KAFKA_UP, "a broker answers again", "");
    }
}

void kafka_health_start(struct kafka_health *health, struct loop *loop, rd_kafka_t *rk, const char *who,
                        kafka_trouble_fn trouble, void *arg)
{
    *health = (struct kafka_health){.loop = loop, .rk = rk, .who = who, .trouble = trouble, .arg = arg};
}

static void went_down(struct kafka_health *health)
{
    health->down = true;
    if (!health->probe.armed) {
        loop_timer_set(health->loop, &health->probe, loop_now_us(health->loop) + PROBE_US, probe, health);
    }
}

static void fatal_error(struct kafka_health *health)
{
    char why[TEXT_SIZE / 2];
    rd_kafka_resp_err_t err = rd_kafka_fatal_error(health->rk, why, sizeof(why));
    if (health->fatal || !err) {
        return;
    }
    health->fatal = true;
    const char *mend =
        err == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID
            ? "another process joined with the same kafka.group.instance.id; each worker needs its own"
            : "restart the worker";
    say(health, KAFKA_FATAL, why, mend);
}

void kafka_health_error(struct kafka_health *health, rd_kafka_resp_err_t err, const char *detail)
{
    /* Some fatal errors come under their own code (a fenced static member's does), so the client itself is
     * asked. */
    if (err == RD_KAFKA_RESP_ERR__FATAL || rd_kafka_fatal_error(health->rk, NULL, 0)) {
        fatal_error(health);
        return;
    }
    switch (err) {
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
        if (!health->down) {
            say(health, KAFKA_DOWN, detail, "check kafka.bootstrap.servers and the network; trying again");
        }
        went_down(health);
        break;
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR__SSL:
        /* No connection comes up, so the probe finds out when the credentials are right again. */
        say(health, KAFKA_AUTH, detail, "check the kafka.sasl.* and kafka.ssl.* settings; trying again");
        went_down(health);
        break;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
        health->refused = true;
        say(health, KAFKA_AUTH, detail, "grant this user its rights on topics and group; trying again");
        break;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
        say(health, KAFKA_WARNING, detail, "create the topic, or correct its name; trying again");
        break;
    default: say(health, KAFKA_WARNING, detail, "");
    }
}

void kafka_health_works(struct kafka_health *health)
{
    if (!health->down && !health->refused) {
        return;
    }
    health->down = health->refused = false;
    loop_timer_clear(health->loop, &health->probe);
    say(health, KAFKA_UP, "a broker answers again", "");
}

void kafka_health_stop(struct kafka_health *health)
{
    if (health->loop) {
        loop_timer_clear(health->loop, &health->probe);
    }
}
