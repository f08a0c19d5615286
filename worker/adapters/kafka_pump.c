#include "worker/adapters/kafka_pump.h"

#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { EVERY_US = 1000000, LOG_BUDGET = 100 };

static void drain(void *arg);

static void drain_again(struct kafka_pump *pump)
{
    if (!pump->again) {
        pump->again = true;
        loop_defer(pump->loop, drain, pump);
    }
}

static void drain(void *arg)
{
    struct kafka_pump *pump = arg;
    pump->again = false;
    loop_timer_set(pump->loop, &pump->timer, loop_now_us(pump->loop) + pump->every_us, drain, pump);
    for (uint32_t n = 0; !pump->held && n < pump->budget; n++) {
        rd_kafka_event_t *event = rd_kafka_queue_poll(pump->queue, 0);
        if (!event) {
            break;
        }
        pump->event(pump->arg, event);
        if (!pump->queue) {
            return; /* stopped by what it heard */
        }
        if (n + 1 == pump->budget) {
            drain_again(pump);
        }
    }
    if (pump->polled) {
        pump->polled(pump->arg);
    }
}

static void on_wake(void *arg, unsigned events)
{
    (void)events;
    struct kafka_pump *pump = arg;
    uint64_t count;
    if (read(pump->fd, &count, sizeof(count)) < 0) {
        /* Nothing to read: woken for nothing, or already cleared. The queue is asked all the same. */
    }
    if (!pump->again) {
        drain(pump);
    }
}

bool kafka_pump_start(struct kafka_pump *pump, struct loop *loop, rd_kafka_queue_t *queue, uint32_t budget)
{
    static const uint64_t one = 1;
    pump->loop = loop;
    pump->queue = queue;
    pump->budget = budget;
    pump->every_us = EVERY_US;
    pump->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    pump->watch = pump->fd < 0 ? NULL : loop_watch(loop, pump->fd, LOOP_READABLE, on_wake, pump);
    if (!pump->watch) {
        if (pump->fd >= 0) {
            close(pump->fd);
        }
        rd_kafka_queue_destroy(queue);
        pump->queue = NULL;
        return false;
    }
    rd_kafka_queue_io_event_enable(queue, pump->fd, &one, sizeof(one));
    drain_again(pump); /* what came before the eventfd was set */
    return true;
}

void kafka_pump_every(struct kafka_pump *pump, usec_t every_us)
{
    pump->every_us = every_us;
    drain_again(pump);
}

void kafka_pump_hold(struct kafka_pump *pump, bool hold)
{
    if (pump->held && !hold) {
        drain_again(pump);
    }
    pump->held = hold;
}

void kafka_pump_stop(struct kafka_pump *pump)
{
    if (!pump->queue) {
        return;
    }
    rd_kafka_queue_io_event_enable(pump->queue, -1, NULL, 0);
    rd_kafka_queue_destroy(pump->queue);
    pump->queue = NULL;
    loop_unwatch(pump->watch);
    close(pump->fd);
    loop_timer_clear(pump->loop, &pump->timer);
    loop_defer_cancel(pump->loop, pump);
}

static void on_log(void *arg, rd_kafka_event_t *event)
{
    struct kafka_log_pump *logs = arg;
    const char *facility, *text;
    int level;
    if (rd_kafka_event_log(event, &facility, &text, &level) == 0 &&
        !strstr(text, "will be ignored by this")) {
        logs->log(logs->arg, level, facility, text);
    }
    rd_kafka_event_destroy(event);
}

bool kafka_log_start(struct kafka_log_pump *logs, struct loop *loop, rd_kafka_t *rk, kafka_log_fn log,
                     void *arg)
{
    logs->log = log;
    logs->arg = arg;
    logs->pump.event = on_log;
    logs->pump.arg = logs;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_set_log_queue(rk, queue);
    return kafka_pump_start(&logs->pump, loop, queue, LOG_BUDGET);
}
