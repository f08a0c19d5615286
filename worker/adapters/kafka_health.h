/* Whether a client's brokers can be reached: turns librdkafka's error events into struct kafka_trouble, and
 * finds out when a broker is back (librdkafka does not say so). */
#ifndef ADAPTERS_KAFKA_HEALTH_H
#define ADAPTERS_KAFKA_HEALTH_H

#include "worker/adapters/kafka_trouble.h"
#include "worker/runtime/loop.h"

#include <librdkafka/rdkafka.h>

struct kafka_health {
    struct loop *loop;
    rd_kafka_t *rk;
    const char *who; /* "consumer", "producer": for the texts */
    kafka_trouble_fn trouble;
    void *arg;
    bool down, refused, fatal;
    struct loop_timer probe;
};

void kafka_health_start(struct kafka_health *health, struct loop *loop, rd_kafka_t *rk, const char *who,
                        kafka_trouble_fn trouble, void *arg);

/* Takes the error of an event that is not the answer to a request. */
void kafka_health_error(struct kafka_health *health, rd_kafka_resp_err_t err, const char *detail);

/* Something was acknowledged by a broker, so it is there and lets us in. */
void kafka_health_works(struct kafka_health *health);

void kafka_health_stop(struct kafka_health *health);

#endif
