#include "worker/runtime/loop.h"

#include "common/assertx.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

enum { SIGNALS_MAX = 8 };

struct loop_watch {
    uv_poll_t poll; /* first: libuv's handle is the watch */
    struct loop *loop;
    loop_io_fn fn;
    void *arg;
    unsigned events;
    bool ended;
};

struct call {
    loop_fn fn;
    void *arg;
};

struct calls {
    struct call *list;
    size_t count, room;
};

struct signal_watch {
    uv_signal_t handle;
    struct loop *loop;
    loop_fn fn;
    void *arg;
};

struct loop {
    uv_loop_t uv;
    uv_timer_t alarm; /* bounds the sleep */
    usec_t now_us, slept_us, asleep_at_us;
    bool awake;                /* this turn's time has been taken */
    bool sleepless;            /* this turn does not sleep */
    struct loop_timer *timers; /* sorted by moment; a handful */
    struct loop_flush *flushes;
    struct calls deferred, running, parked;
    struct signal_watch signals[SIGNALS_MAX];
    int signals_count;
};

usec_t loop_clock_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (usec_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

usec_t loop_now_us(const struct loop *loop)
{
    return loop->now_us;
}

usec_t loop_slept_us(const struct loop *loop)
{
    return loop->slept_us;
}

/* The first callback of a turn, or its end, takes the time. */
static void wake(struct loop *loop)
{
    if (loop->awake) {
        return;
    }
    loop->awake = true;
    loop->now_us = loop_clock_us();
    loop->slept_us += loop->now_us - loop->asleep_at_us;
}

static void calls_add(struct calls *calls, loop_fn fn, void *arg)
{
    if (calls->count == calls->room) {
        size_t room = calls->room ? calls->room * 2 : 64;
        struct call *list = realloc(calls->list, room * sizeof(*list));
        ASSERT(list);
        calls->list = list;
        calls->room = room;
    }
    calls->list[calls->count++] = (struct call){fn, arg};
}

static void on_alarm(uv_timer_t *alarm)
{
    wake(alarm->data);
}

struct loop *loop_create(void)
{
    struct loop *loop = calloc(1, sizeof(*loop));
    if (!loop) {
        return NULL;
    }
    if (uv_loop_init(&loop->uv) != 0) {
        free(loop);
        return NULL;
    }
    signal(SIGPIPE, SIG_IGN);
    uv_timer_init(&loop->uv, &loop->alarm);
    loop->alarm.data = loop;
    loop->now_us = loop_clock_us();
    loop->awake = true;
    return loop;
}

static void free_parked(struct loop *loop)
{
    /* Freeing one thing may park another. */
    for (size_t i = 0; i < loop->parked.count; i++) {
        loop->parked.list[i].fn(loop->parked.list[i].arg);
    }
    loop->parked.count = 0;
}

/* One that is not would keep loop_destroy waiting for ever. */
static void must_be_closing(uv_handle_t *handle, void *arg)
{
    (void)arg;
    ASSERT(uv_is_closing(handle));
}

void loop_destroy(struct loop *loop)
{
    if (!loop) {
        return;
    }
    uv_close((uv_handle_t *)&loop->alarm, NULL);
    for (int i = 0; i < loop->signals_count; i++) {
        uv_close((uv_handle_t *)&loop->signals[i].handle, NULL);
    }
    /* All that is left are handles being closed: this ends. */
    uv_walk(&loop->uv, must_be_closing, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    int left = uv_loop_close(&loop->uv);
    ASSERT(left == 0);
    free_parked(loop);
    free(loop->deferred.list);
    free(loop->running.list);
    free(loop->parked.list);
    free(loop);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct loop_watch *watch = (struct loop_watch *)poll;
    wake(watch->loop);
    if (watch->ended) {
        return;
    }
    unsigned ready = LOOP_READABLE | LOOP_WRITABLE; /* an error: whoever reads or writes will find it */
    if (status == 0) {
        ready = ((events & UV_READABLE) ? LOOP_READABLE : 0U) | ((events & UV_WRITABLE) ? LOOP_WRITABLE : 0U);
    }
    watch->fn(watch->arg, ready);
}

static int uv_events(unsigned events)
{
    return ((events & LOOP_READABLE) ? UV_READABLE : 0) | ((events & LOOP_WRITABLE) ? UV_WRITABLE : 0);
}

struct loop_watch *loop_watch(struct loop *loop, int fd, unsigned events, loop_io_fn fn, void *arg)
{
    struct loop_watch *watch = calloc(1, sizeof(*watch));
    if (!watch) {
        return NULL;
    }
    if (uv_poll_init(&loop->uv, &watch->poll, fd) != 0) {
        free(watch);
        return NULL;
    }
    watch->loop = loop;
    watch->fn = fn;
    watch->arg = arg;
    loop_watch_set(watch, events);
    return watch;
}

void loop_watch_set(struct loop_watch *watch, unsigned events)
{
    if (events == watch->events) {
        return;
    }
    watch->events = events;
    int rc = events ? uv_poll_start(&watch->poll, uv_events(events), on_poll) : uv_poll_stop(&watch->poll);
    ASSERT(rc == 0);
}

static void watch_closed(uv_handle_t *handle)
{
    free(handle);
}

void loop_unwatch(struct loop_watch *watch)
{
    if (!watch) {
        return;
    }
    watch->ended = true;
    uv_close((uv_handle_t *)&watch->poll, watch_closed);
}

void loop_timer_clear(struct loop *loop, struct loop_timer *timer)
{
    if (!timer->armed) {
        return;
    }
    timer->armed = false;
    if (timer->prev) {
        timer->prev->next = timer->next;
    } else {
        loop->timers = timer->next;
    }
    if (timer->next) {
        timer->next->prev = timer->prev;
    }
}

void loop_timer_set(struct loop *loop, struct loop_timer *timer, usec_t at_us, loop_fn fn, void *arg)
{
    loop_timer_clear(loop, timer);
    *timer = (struct loop_timer){.at_us = at_us, .fn = fn, .arg = arg, .armed = true};
    struct loop_timer *before = NULL, *after = loop->timers;
    while (after && after->at_us <= at_us) {
        before = after;
        after = after->next;
    }
    timer->prev = before;
    timer->next = after;
    if (after) {
        after->prev = timer;
    }
    if (before) {
        before->next = timer;
    } else {
        loop->timers = timer;
    }
}

void loop_flush_add(struct loop *loop, struct loop_flush *flush, loop_fn fn, void *arg)
{
    *flush = (struct loop_flush){.fn = fn, .arg = arg, .next = loop->flushes};
    loop->flushes = flush;
}

void loop_flush_remove(struct loop *loop, struct loop_flush *flush)
{
    for (struct loop_flush **at = &loop->flushes; *at; at = &(*at)->next) {
        if (*at == flush) {
            *at = flush->next;
            return;
        }
    }
}

void loop_defer(struct loop *loop, loop_fn fn, void *arg)
{
    calls_add(&loop->deferred, fn, arg);
}

void loop_stay_awake(struct loop *loop)
{
    loop->sleepless = true;
}

void loop_defer_cancel(struct loop *loop, const void *arg)
{
    struct calls *both[] = {&loop->deferred, &loop->running};
    for (size_t b = 0; b < 2; b++) {
        for (size_t i = 0; i < both[b]->count; i++) {
            if (both[b]->list[i].arg == arg) {
                both[b]->list[i].fn = NULL;
            }
        }
    }
}

void loop_park(struct loop *loop, void *ptr, loop_fn free_fn)
{
    calls_add(&loop->parked, free_fn, ptr);
}

static void on_signal(uv_signal_t *handle, int signum)
{
    (void)signum;
    struct signal_watch *watch = (struct signal_watch *)handle;
    wake(watch->loop);
    watch->fn(watch->arg);
}

bool loop_on_signal(struct loop *loop, int signum, loop_fn fn, void *arg)
{
    if (loop->signals_count == SIGNALS_MAX) {
        return false;
    }
    struct signal_watch *watch = &loop->signals[loop->signals_count];
    watch->loop = loop;
    watch->fn = fn;
    watch->arg = arg;
    if (uv_signal_init(&loop->uv, &watch->handle) != 0) {
        return false;
    }
    loop->signals_count++;
    return uv_signal_start(&watch->handle, on_signal, signum) == 0;
}

static void run_flushes(struct loop *loop)
{
    for (struct loop_flush *flush = loop->flushes, *next; flush; flush = next) {
        next = flush->next;
        flush->fn(flush->arg);
    }
}

/* Milliseconds to sleep, rounded up: waking a little late is fine, spinning until the moment comes is not. */
static uint64_t sleep_ms(const struct loop *loop, usec_t deadline_us)
{
    if (loop->deferred.count > 0 || loop->sleepless) {
        return 0;
    }
    if (loop->timers && loop->timers->at_us < deadline_us) {
        deadline_us = loop->timers->at_us;
    }
    if (deadline_us == LOOP_NEVER) {
        return UINT64_MAX;
    }
    usec_t left_us = deadline_us - loop->asleep_at_us;
    return left_us <= 0 ? 0 : ((uint64_t)left_us + 999) / 1000;
}

static void run_timers(struct loop *loop)
{
    while (loop->timers && loop->timers->at_us <= loop->now_us) {
        struct loop_timer *timer = loop->timers;
        loop_timer_clear(loop, timer);
        timer->fn(timer->arg);
    }
}

static void run_deferred(struct loop *loop)
{
    struct calls batch = loop->deferred;
    loop->deferred = loop->running;
    loop->deferred.count = 0;
    loop->running = batch;
    for (size_t i = 0; i < loop->running.count; i++) {
        struct call call = loop->running.list[i];
        if (call.fn) {
            call.fn(call.arg);
        }
    }
    loop->running.count = 0;
}

void loop_run_once(struct loop *loop, usec_t deadline_us)
{
    run_flushes(loop);
    loop->asleep_at_us = loop_clock_us();
    loop->awake = false;
    uint64_t ms = sleep_ms(loop, deadline_us);
    if (ms == 0) {
        uv_run(&loop->uv, UV_RUN_NOWAIT);
    } else {
        if (ms != UINT64_MAX) {
            uv_update_time(&loop->uv);
            uv_timer_start(&loop->alarm, on_alarm, ms, 0);
        }
        uv_run(&loop->uv, UV_RUN_ONCE);
        uv_timer_stop(&loop->alarm);
    }
    wake(loop);
    loop->sleepless = false;
    run_timers(loop);
    run_deferred(loop);
    free_parked(loop);
}
