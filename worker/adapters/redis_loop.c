#include "worker/adapters/redis_loop.h"

#include "common/assertx.h"

static bool connected(const struct redis_loop *hooks)
{
    return (hooks->ac->c.flags & REDIS_CONNECTED) != 0;
}

/* While connecting, writable means connected. */
static void watch(struct redis_loop *hooks)
{
    bool for_room;

    if (!hooks->ac)
        return; /* hiredis 1.2 calls on after its cleanup */
    for_room = hooks->want_write && (hooks->full || !connected(hooks));

    loop_watch_set(hooks->watch, (hooks->want_read ? LOOP_READABLE : 0U) | (for_room ? LOOP_WRITABLE : 0U));
}

static void add_read(void *privdata)
{
    struct redis_loop *hooks = privdata;

    hooks->want_read = true;
    watch(hooks);
}

static void del_read(void *privdata)
{
    struct redis_loop *hooks = privdata;

    hooks->want_read = false;
    watch(hooks);
}

static void add_write(void *privdata)
{
    struct redis_loop *hooks = privdata;

    if (hooks->want_write)
        return;
    hooks->want_write = true;
    if (hooks->ac && !connected(hooks))
        watch(hooks);
}

static void del_write(void *privdata)
{
    struct redis_loop *hooks = privdata;

    hooks->want_write = false;
    hooks->full = false;
    watch(hooks);
}

static void cleanup(void *privdata)
{
    struct redis_loop *hooks = privdata;

    if (!hooks->ac)
        return;
    loop_unwatch(hooks->watch);
    hooks->watch = NULL;
    hooks->ac = NULL;
    hooks->gone(hooks->arg);
}

static void on_io(void *arg, unsigned events)
{
    struct redis_loop *hooks = arg;

    if (events & LOOP_READABLE)
        redisAsyncHandleRead(hooks->ac);
    if (hooks->ac && (events & LOOP_WRITABLE) && hooks->want_write)
        redisAsyncHandleWrite(hooks->ac);
}

/* Before the loop sleeps. What hiredis could not write stays wanted: then the socket is full. */
static void on_flush(void *arg)
{
    struct redis_loop *hooks = arg;

    if (!hooks->ac || !hooks->want_write || hooks->full || !connected(hooks))
        return;
    redisAsyncHandleWrite(hooks->ac);
    if (hooks->ac && hooks->want_write) {
        hooks->full = true;
        watch(hooks);
    }
}

void redis_loop_init(struct redis_loop *hooks, struct loop *loop, loop_fn gone, void *arg)
{
    *hooks = (struct redis_loop){.loop = loop, .gone = gone, .arg = arg};
    loop_flush_add(loop, &hooks->flush, on_flush, hooks);
}

bool redis_loop_attach(struct redis_loop *hooks, redisAsyncContext *ac)
{
    ASSERT(!hooks->ac);
    hooks->watch = loop_watch(hooks->loop, ac->c.fd, 0, on_io, hooks);
    if (!hooks->watch)
        return false;
    hooks->ac = ac;
    hooks->want_read = hooks->want_write = hooks->full = false;
    ac->ev.data = hooks;
    ac->ev.addRead = add_read;
    ac->ev.delRead = del_read;
    ac->ev.addWrite = add_write;
    ac->ev.delWrite = del_write;
    ac->ev.cleanup = cleanup;
    return true;
}

void redis_loop_done(struct redis_loop *hooks)
{
    ASSERT(!hooks->ac);
    loop_flush_remove(hooks->loop, &hooks->flush);
}
