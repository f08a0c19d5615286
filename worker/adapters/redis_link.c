/* The connection's life: wait, resolve, connect, sign in, ready, lost, wait ... */
#include "worker/adapters/redis_link_state.h"

#include "common/assertx.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { OVERDUE_AGAIN_US = 10 * 1000 };

static void on_timer(void *arg);

static void arm(struct redis_link *link, usec_t after_us)
{
    loop_timer_set(link->loop, &link->timer, loop_now_us(link->loop) + after_us, on_timer, link);
}

static uint64_t random_next(struct redis_link *link)
{
    uint64_t x = link->random;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    link->random = x;
    return x * UINT64_C(0x2545F4914F6CDD1D);
}

/* Full jitter: anything up to a bound that doubles with each failure. */
static void wait_to_reconnect(struct redis_link *link)
{
    usec_t bound_us = link->set.reconnect_min_us;

    for (uint32_t i = 0; i < link->failures && bound_us < link->set.reconnect_max_us; i++)
        bound_us *= 2;
    if (bound_us > link->set.reconnect_max_us)
        bound_us = link->set.reconnect_max_us;
    if (link->failures < 32)
        link->failures++;
    link->state = LINK_WAITING;
    arm(link, 1 + (usec_t)(random_next(link) % (uint64_t)bound_us));
}

void link_trouble(struct redis_link *link, const char *message)
{
    if (strcmp(message, link->last_trouble) == 0)
        return;
    snprintf(link->last_trouble, sizeof link->last_trouble, "%s", message);
    link->events.trouble(link->events.arg, link->last_trouble);
}

/* An attempt that never became ready has failed. */
static void failed(struct redis_link *link, const char *why)
{
    char message[sizeof link->last_trouble];

    snprintf(message, sizeof message, "redis at %.250s: %.120s", link->where, why);
    link_trouble(link, message);
}

/* The connection is over, and every command was called back. */
static void on_over(void *arg)
{
    struct redis_link *link = arg;
    char why[sizeof link->why];

    ASSERT(link->outstanding == 0);
    memcpy(why, link->why, sizeof why);
    link->why[0] = '\0';
    link->overdue = NULL;
    if (link->told_ready && loop_now_us(link->loop) - link->ready_at_us >= link->set.reconnect_max_us)
        link->failures = 0;
    wait_to_reconnect(link);
    if (!link->told_ready) {
        failed(link, why);
        return;
    }
    link->told_ready = false;
    link->events.lost(link->events.arg, why);
}

/* hiredis lets go of the context; before or after it calls the commands back, depending on its version. */
static void on_gone(void *arg)
{
    struct redis_link *link = arg;

    if (!link->why[0])
        snprintf(link->why, sizeof link->why, "%s", link->ac->err ? link->ac->errstr : "closed");
    link->ac = NULL;
    if (link->state == LINK_CLOSED)
        return;
    link->state = LINK_LEAVING;
    loop_timer_clear(link->loop, &link->timer);
    loop_defer(link->loop, on_over, link);
}

void link_drop(struct redis_link *link, const char *why)
{
    if (!link->ac || link->state == LINK_LEAVING)
        return;
    snprintf(link->why, sizeof link->why, "%s", why);
    link->state = LINK_LEAVING;
    loop_timer_clear(link->loop, &link->timer);
    redisAsyncFree(link->ac);
}

static void on_connect(const redisAsyncContext *ac, int status)
{
    struct redis_link *link = ac->data;
    int one = 1;

    if (status != REDIS_OK || link->state != LINK_CONNECTING)
        return; /* on_gone follows */
    /* Small commands must not wait for each other; a unix socket has no such option. */
    (void)setsockopt(ac->c.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    link->state = LINK_HELLO;
    link_hello(link);
}

/* Lets go of a context that was never attached to the loop. */
static void give_up(struct redis_link *link, redisAsyncContext *ac, const char *why)
{
    char copy[sizeof link->why];

    snprintf(copy, sizeof copy, "%s", why);
    if (ac)
        redisAsyncFree(ac);
    link->ac = NULL;
    wait_to_reconnect(link);
    failed(link, copy);
}

static void connect_to(struct redis_link *link, const char *address)
{
    const struct redis_url *url = &link->set.url;
    redisAsyncContext *ac =
        url->path[0] ? redisAsyncConnectUnix(url->path) : redisAsyncConnect(address, url->port);
    char error[256];

    if (!ac || ac->err) {
        give_up(link, ac, ac ? ac->errstr : "out of memory");
        return;
    }
    if (link->tls && !redis_tls_start(link->tls, &ac->c, url->host, error, sizeof error)) {
        give_up(link, ac, error);
        return;
    }
    link->state = LINK_CONNECTING;
    link->ac = ac;
    ac->data = link;
    if (!redis_loop_attach(&link->hooks, ac)) {
        give_up(link, ac, "the system refuses to watch the socket");
        return;
    }
    redisAsyncSetConnectCallback(ac, on_connect);
}

static void on_resolved(void *arg, const char *address, const char *error)
{
    struct redis_link *link = arg;
    char why[sizeof link->why];

    link->resolve = NULL;
    if (address) {
        connect_to(link, address);
        return;
    }
    snprintf(why, sizeof why, "the host's name is not known (%s): check redis.url", error);
    give_up(link, NULL, why);
}

static void start(struct redis_link *link)
{
    const struct redis_url *url = &link->set.url;

    arm(link, link->set.connect_timeout_us);
    if (url->path[0] || redis_resolve_is_numeric(url->host)) {
        connect_to(link, url->host);
        return;
    }
    link->state = LINK_RESOLVING;
    link->resolve = redis_resolve_start(link->loop, url->host, on_resolved, link);
    if (!link->resolve)
        give_up(link, NULL, "the system refuses a thread to resolve the host's name");
}

static void connect_timed_out(struct redis_link *link)
{
    char why[160];

    snprintf(why, sizeof why, "%s within %lld ms",
             link->state == LINK_RESOLVING ? "the host's name was not resolved"
             : link->state == LINK_HELLO   ? "no answer to the sign-in"
                                           : "no connection",
             (long long)(link->set.connect_timeout_us / 1000));
    if (link->resolve) {
        redis_resolve_cancel(link->resolve);
        link->resolve = NULL;
        give_up(link, NULL, why);
        return;
    }
    link_drop(link, why);
}

/* The oldest answer is due: read once more, in case it was us who stood still, and then end the connection.
 */
static void watch_replies(struct redis_link *link)
{
    const struct redis_cmd *cmd = link->oldest;
    usec_t left_us;
    char why[120];

    if (!cmd)
        return;
    left_us = cmd->sent_us + link->set.reply_timeout_us - loop_now_us(link->loop);
    if (left_us > 0) {
        arm(link, left_us);
        return;
    }
    if (link->overdue != cmd) {
        link->overdue = cmd;
        arm(link, OVERDUE_AGAIN_US);
        return;
    }
    snprintf(why, sizeof why, "no answer for %lld ms", (long long)(link->set.reply_timeout_us / 1000));
    link_drop(link, why);
}

static void on_timer(void *arg)
{
    struct redis_link *link = arg;

    switch (link->state) {
    case LINK_WAITING: start(link); return;
    case LINK_RESOLVING:
    case LINK_CONNECTING:
    case LINK_HELLO: connect_timed_out(link); return;
    case LINK_READY: watch_replies(link); return;
    case LINK_LEAVING:
    case LINK_CLOSED: return;
    }
}

bool redis_link_send(struct redis_link *link, struct redis_cmd *cmd)
{
    if (link->state != LINK_READY || !link_put(link, cmd))
        return false;
    if (!link->timer.armed)
        arm(link, link->set.reply_timeout_us);
    return true;
}

void link_is_ready(struct redis_link *link)
{
    link->state = LINK_READY;
    link->told_ready = true;
    link->ready_at_us = loop_now_us(link->loop);
    link->last_trouble[0] = '\0';
    loop_timer_clear(link->loop, &link->timer);
    link->events.ready(link->events.arg);
}

static char *copied(const char *text)
{
    char *copy = text && text[0] ? strdup(text) : NULL;

    ASSERT(copy || !text || !text[0]);
    return copy;
}

static void wipe(char *secret)
{
    if (secret)
        explicit_bzero(secret, strlen(secret));
    free(secret);
}

struct redis_link *redis_link_open(struct loop *loop, const struct redis_link_settings *settings,
                                   const struct redis_link_events *events, char *error, size_t error_size)
{
    struct redis_tls *tls = settings->url.tls ? redis_tls_new(settings->ca_file, error, error_size) : NULL;
    struct redis_link *link = calloc(1, sizeof *link);

    ASSERT(link);
    if (settings->url.tls && !tls) {
        free(link);
        return NULL;
    }
    link->loop = loop;
    link->set = *settings;
    link->events = *events;
    link->tls = tls;
    link->password = copied(settings->password ? settings->password : settings->url.password);
    link->client_name = copied(settings->client_name);
    link->random = settings->seed | 1;
    redis_url_show(&settings->url, link->where, sizeof link->where);
    explicit_bzero(link->set.url.password, sizeof link->set.url.password);
    redis_loop_init(&link->hooks, loop, on_gone, link);
    link->state = LINK_WAITING;
    arm(link, 0);
    return link;
}

static void drop_unanswered(struct redis_cmd *cmd, const redisReply *reply)
{
    (void)cmd;
    (void)reply;
}

void redis_link_close(struct redis_link *link)
{
    link->state = LINK_CLOSED;
    loop_defer_cancel(link->loop, link);
    loop_timer_clear(link->loop, &link->timer);
    for (struct redis_cmd *cmd = link->oldest; cmd; cmd = cmd->next)
        cmd->done = drop_unanswered;
    if (link->resolve)
        redis_resolve_cancel(link->resolve);
    if (link->ac)
        redisAsyncFree(link->ac);
    redis_loop_done(&link->hooks);
    link_pool_free(link);
    redis_tls_free(link->tls);
    wipe(link->password);
    free(link->client_name);
    free(link);
}

void redis_link_password(struct redis_link *link, const char *password)
{
    wipe(link->password);
    link->password = copied(password);
}

bool redis_link_is_ready(const struct redis_link *link)
{
    return link->state == LINK_READY;
}

uint32_t redis_link_outstanding(const struct redis_link *link)
{
    return link->outstanding;
}

const char *redis_link_run_id(const struct redis_link *link)
{
    return link->run_id;
}

const char *redis_link_maxmemory_policy(const struct redis_link *link)
{
    return link->policy;
}

const char *redis_link_where(const struct redis_link *link)
{
    return link->where;
}
