/* hiredis' hooks on our loop. What is queued in a turn goes out in one write before the loop sleeps, without
 * asking the kernel first whether the socket takes it; only a full socket is watched for room. Works with
 * hiredis 0.14 (no timers: time-outs are the caller's) and 1.x. */
#ifndef ADAPTERS_REDIS_LOOP_H
#define ADAPTERS_REDIS_LOOP_H

#include "worker/runtime/loop.h"

#include <hiredis/async.h>

/* Embedded in its owner. The fields belong to this module. */
struct redis_loop {
    struct loop *loop;
    redisAsyncContext *ac; /* NULL: detached */
    struct loop_watch *watch;
    struct loop_flush flush;
    bool want_read, want_write, full; /* full: the socket took less than was there */
    loop_fn gone;
    void *arg;
};

/* Prepares hooks for any number of connections, one after the other. gone(arg) runs when hiredis lets go of
 * an attached context, whatever the reason, from within hiredis: err and errstr may still be read, commands
 * may yet have to be called back (hiredis 1.2), and after this turn the context is no more. */
void redis_loop_init(struct redis_loop *hooks, struct loop *loop, loop_fn gone, void *arg);

/* Attaches a fresh context (before any callback is set on it). Returns false when the system refuses a watch.
 */
bool redis_loop_attach(struct redis_loop *hooks, redisAsyncContext *ac);

/* Ends it; no context may be attached. */
void redis_loop_done(struct redis_loop *hooks);

#endif
