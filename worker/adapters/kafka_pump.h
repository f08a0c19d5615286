/* One librdkafka queue on the loop: an eventfd wakes, the queue is drained with a budget, stopping early is
 * remembered, and at least once a second it is polled even if nothing fired (an unpolled member is put out of
 * its group; style.md section 5, probes C1 to C4). */
#ifndef ADAPTERS_KAFKA_PUMP_H
#define ADAPTERS_KAFKA_PUMP_H

#include "worker/adapters/kafka_trouble.h"
#include "worker/runtime/loop.h"

#include <librdkafka/rdkafka.h>

struct kafka_pump {
    struct loop *loop;
    rd_kafka_queue_t *queue; /* owned */
    struct loop_watch *watch;
    int fd;
    uint32_t budget;
    bool held, again;
    struct loop_timer timer;
    usec_t every_us;
    void (*event)(void *arg, rd_kafka_event_t *event); /* takes the event over */
    loop_fn polled;                                    /* after each draining; may be NULL */
    void *arg;
};

/* Takes the queue over and starts. Returns false when the system has no descriptor left (the queue is then
 * destroyed). event() may call kafka_pump_stop(), but not free what it lives in. */
bool kafka_pump_start(struct kafka_pump *pump, struct loop *loop, rd_kafka_queue_t *queue, uint32_t budget);

/* Polls at least this often from now on; at the start once a second. */
void kafka_pump_every(struct kafka_pump *pump, usec_t every_us);

/* While held, the queue is not polled at all. */
void kafka_pump_hold(struct kafka_pump *pump, bool hold);

/* Stops and gives the queue back to librdkafka. A zeroed or stopped pump is allowed. */
void kafka_pump_stop(struct kafka_pump *pump);

/* A pump for logs alone: every line goes to log. queue must have been made rk's log queue. */
struct kafka_log_pump {
    struct kafka_pump pump;
    kafka_log_fn log;
    void *arg;
};

/* Sends rk's log lines to log on the loop. Lines that say that a setting does not concern this kind of client
 * are left out: the user's settings are the same for all. */
bool kafka_log_start(struct kafka_log_pump *logs, struct loop *loop, rd_kafka_t *rk, kafka_log_fn log,
                     void *arg);

#endif
