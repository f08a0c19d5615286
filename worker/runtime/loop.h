/* A small loop over libuv: file descriptors, a few timers, signals, deferred calls. The reactor turns the
 * crank.
 *
 * One turn is loop_run_once(): flush hooks run, the loop sleeps until something is ready or a moment comes,
 * `now` is taken once, callbacks run, what was parked is freed. Every callback runs inside loop_run_once(),
 * on the calling thread; a callback must not call loop_run_once(). */
#ifndef RUNTIME_LOOP_H
#define RUNTIME_LOOP_H

#include "worker/core/store.h" /* usec_t */

#include <stddef.h>

struct loop;
struct loop_watch;

#define LOOP_NEVER INT64_MAX

enum { LOOP_READABLE = 1, LOOP_WRITABLE = 2 };

typedef void (*loop_fn)(void *arg);

/* events: LOOP_READABLE | LOOP_WRITABLE; both bits are set when the descriptor is in error. */
typedef void (*loop_io_fn)(void *arg, unsigned events);

/* A moment at which to be called once. Lives inside its owner's struct; zeroed means not armed. The fields
 * belong to the loop. */
struct loop_timer {
    usec_t at_us;
    loop_fn fn;
    void *arg;
    bool armed;
    struct loop_timer *next, *prev;
};

/* A function called before every sleep (pipelines flushed, batches sent). Lives inside its owner's struct. */
struct loop_flush {
    loop_fn fn;
    void *arg;
    struct loop_flush *next;
};

/* Returns a loop, or NULL when the system refuses one (out of memory or descriptors). SIGPIPE is ignored from
 * here on: a closed peer is an answer, not a signal. */
struct loop *loop_create(void);

/* Frees the loop. Every watch must have been unwatched; what is parked is freed, deferred calls not yet made
 * are dropped. NULL is allowed. */
void loop_destroy(struct loop *loop);

/* Microseconds of the monotonic clock, read fresh. For the last-moment checks (design.md section 4, M9) and
 * for measuring; everything else takes loop_now_us(). */
usec_t loop_clock_us(void);

/* The turn's time: taken once when the loop wakes, never goes back. */
usec_t loop_now_us(const struct loop *loop);

/* One turn. Sleeps at most until deadline_us (monotonic; LOOP_NEVER: no bound; a past moment: does not
 * sleep). Returns at once when calls are deferred or a timer is due. */
void loop_run_once(struct loop *loop, usec_t deadline_us);

/* Watches fd (not owned) for events; level-triggered. Returns NULL when the system refuses. One watch a
 * descriptor. */
struct loop_watch *loop_watch(struct loop *loop, int fd, unsigned events, loop_io_fn fn, void *arg);

/* Changes what is watched; 0 keeps the watch without events. */
void loop_watch_set(struct loop_watch *watch, unsigned events);

/* Ends a watch; allowed inside its own callback and before the descriptor is closed (which the caller does
 * after this call). The callback does not run again. NULL is allowed. */
void loop_unwatch(struct loop_watch *watch);

/* Arms (or moves) a timer: fn(arg) runs in the first turn at or after at_us. Timers due in one turn run in
 * order of their moments. */
void loop_timer_set(struct loop *loop, struct loop_timer *timer, usec_t at_us, loop_fn fn, void *arg);

/* Disarms a timer; nothing happens if it is not armed. */
void loop_timer_clear(struct loop *loop, struct loop_timer *timer);

/* Registers a flush hook for the life of the loop, or until loop_flush_remove(). */
void loop_flush_add(struct loop *loop, struct loop_flush *flush, loop_fn fn, void *arg);
void loop_flush_remove(struct loop *loop, struct loop_flush *flush);

/* Calls fn(arg) in the next turn, which then does not sleep. Calls are made in the order asked for; one
 * deferred from within a deferred call waits for the turn after. */
void loop_defer(struct loop *loop, loop_fn fn, void *arg);

/* This turn does not sleep: for flush hooks that told their owner something. */
void loop_stay_awake(struct loop *loop);

/* Drops deferred calls with this argument (its owner is going away). */
void loop_defer_cancel(struct loop *loop, const void *arg);

/* Frees ptr with free_fn at the end of the current turn: what a callback further up the stack may still
 * touch. */
void loop_park(struct loop *loop, void *ptr, loop_fn free_fn);

/* Calls fn(arg) in a turn of the loop after each signum. Returns false when the system refuses. Lasts until
 * loop_destroy(). At most 8 signals. */
bool loop_on_signal(struct loop *loop, int signum, loop_fn fn, void *arg);

/* Microseconds the loop has slept since it was made: with the clock, how busy it is. */
usec_t loop_slept_us(const struct loop *loop);

#endif
