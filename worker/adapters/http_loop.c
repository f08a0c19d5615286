#include "worker/adapters/http_loop.h"

#include "common/assertx.h"

#include <stdlib.h>
#include <unistd.h>

/* A socket of curl's. While its connection idles in curl's cache the watch is kept: taking it out of epoll
 * and putting it back for every request would cost several system calls each. */
struct sock {
    struct http_loop *http;
    curl_socket_t fd;
    struct loop_watch *watch;
    bool ours; /* opened through on_open, so on_close will tell */
    bool idle; /* curl does not want to hear of it now */
    struct sock *next;
};

struct http_loop {
    struct loop *loop;
    CURLM *multi;
    struct http_loop_events events;
    uint32_t connections_max;
    struct loop_timer timer;
    struct loop_flush flush;
    struct sock *socks;
    int running; /* as curl counted last */
    bool kick;   /* curl wants to run at once */
    CURLMcode broken;
};

static void note(struct http_loop *http, CURLMcode rc)
{
    if (rc != CURLM_OK && http->broken == CURLM_OK) {
        http->broken = rc;
        loop_stay_awake(http->loop);
    }
}

static struct sock *find(struct http_loop *http, curl_socket_t fd)
{
    for (struct sock *sock = http->socks; sock; sock = sock->next) {
        if (sock->fd == fd) {
            return sock;
        }
    }
    return NULL;
}

static void forget(struct http_loop *http, struct sock *gone)
{
    for (struct sock **at = &http->socks; *at; at = &(*at)->next) {
        if (*at == gone) {
            *at = gone->next;
            break;
        }
    }
    loop_unwatch(gone->watch);
    loop_park(http->loop, gone, free);
}

static struct sock *remember(struct http_loop *http, curl_socket_t fd, bool ours)
{
    struct sock *sock = calloc(1, sizeof(*sock));
    ASSERT(sock);
    *sock = (struct sock){.http = http, .fd = fd, .ours = ours, .next = http->socks};
    http->socks = sock;
    return sock;
}

static void rebuild(struct http_loop *http);

/* Hands over what is finished. The owner may add new transfers meanwhile. */
static void read_done(struct http_loop *http)
{
    CURLMsg *message;
    int left;
    while (http->broken == CURLM_OK && (message = curl_multi_info_read(http->multi, &left))) {
        if (message->msg != CURLMSG_DONE) {
            continue;
        }
        CURL *easy = message->easy_handle;
        CURLcode result = message->data.result; /* the message dies with the removal */
        note(http, curl_multi_remove_handle(http->multi, easy));
        http->events.done(http->events.arg, easy, result);
    }
    if (http->broken != CURLM_OK) {
        rebuild(http);
    }
}

static void act(struct http_loop *http, curl_socket_t fd, int flags)
{
    int running = http->running;
    note(http, curl_multi_socket_action(http->multi, fd, flags, &running));
    http->running = running;
}

static void on_socket(void *arg, unsigned events)
{
    struct sock *sock = arg;
    struct http_loop *http = sock->http;
    if (sock->idle) {
        /* The peer closed an idle connection: curl will find out when it looks at it. */
        loop_watch_set(sock->watch, 0);
        return;
    }
    act(http, sock->fd,
        ((events & LOOP_READABLE) ? CURL_CSELECT_IN : 0) | ((events & LOOP_WRITABLE) ? CURL_CSELECT_OUT : 0));
    read_done(http);
}

static void on_timer(void *arg)
{
    struct http_loop *http = arg;
    act(http, CURL_SOCKET_TIMEOUT, 0);
    read_done(http);
}

/* What was added in this turn goes out before the loop sleeps. */
static void on_flush(void *arg)
{
    struct http_loop *http = arg;
    if (http->kick) {
        http->kick = false;
        loop_timer_clear(http->loop, &http->timer);
        act(http, CURL_SOCKET_TIMEOUT, 0);
        read_done(http);
    }
}

static int set_timer(CURLM *multi, long timeout_ms, void *arg)
{
    (void)multi;
    struct http_loop *http = arg;
    http->kick = timeout_ms == 0;
    if (timeout_ms < 0) {
        loop_timer_clear(http->loop, &http->timer);
    } else {
        /* From the clock, not the turn's time: curl measures from now, and would find a timer early
         * otherwise. */
        loop_timer_set(http->loop, &http->timer, loop_clock_us() + timeout_ms * 1000, on_timer, http);
    }
    return 0;
}

static int set_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *sockp)
{
    (void)easy;
    struct http_loop *http = arg;
    struct sock *sock = sockp ? sockp : find(http, fd);
    if (what == CURL_POLL_REMOVE) {
        if (!sock) {
            return 0;
        }
        if (sock->ours) {
            sock->idle = true;
        } else {
            forget(http, sock);
        }
        return 0;
    }
    if (!sock) {
        sock = remember(http, fd, false);
    }
    unsigned events =
        ((what & CURL_POLL_IN) ? LOOP_READABLE : 0U) | ((what & CURL_POLL_OUT) ? LOOP_WRITABLE : 0U);
    sock->idle = false;
    if (!sock->watch) {
        sock->watch = loop_watch(http->loop, fd, events, on_socket, sock);
        if (!sock->watch) {
            return -1; /* curl fails the transfer */
        }
    }
    loop_watch_set(sock->watch, events);
    curl_multi_assign(http->multi, fd, sock);
    return 0;
}

static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)purpose;
    struct http_loop *http = arg;
    curl_socket_t fd =
        socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address->protocol);
    if (fd == CURL_SOCKET_BAD) {
        return fd;
    }
    struct sock *stale = find(http, fd);
    if (stale) {
        forget(http, stale);
    }
    remember(http, fd, true);
    return fd;
}

static int on_close(void *arg, curl_socket_t fd)
{
    struct http_loop *http = arg;
    struct sock *sock = find(http, fd);
    if (sock) {
        forget(http, sock);
    }
    return close(fd);
}

static bool make_multi(struct http_loop *http)
{
    http->multi = curl_multi_init();
    if (!http->multi) {
        return false;
    }
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, set_socket);
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
    curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)http->connections_max);
    curl_multi_setopt(http->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)http->connections_max);
    return true;
}

static void rebuild(struct http_loop *http)
{
    http->events.broken(http->events.arg, curl_multi_strerror(http->broken));
    curl_multi_cleanup(http->multi);
    http->broken = CURLM_OK;
    http->running = 0;
    bool made = make_multi(http);
    ASSERT(made);
}

struct http_loop *http_loop_open(struct loop *loop, uint32_t connections_max,
                                 const struct http_loop_events *events)
{
    struct http_loop *http = calloc(1, sizeof(*http));
    if (!http) {
        return NULL;
    }
    http->loop = loop;
    http->events = *events;
    http->connections_max = connections_max;
    if (!make_multi(http)) {
        free(http);
        return NULL;
    }
    loop_flush_add(loop, &http->flush, on_flush, http);
    return http;
}

void http_loop_prepare(struct http_loop *http, CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, http);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, http);
}

void http_loop_add(struct http_loop *http, CURL *easy)
{
    CURLMcode rc = curl_multi_add_handle(http->multi, easy);
    ASSERT(rc == CURLM_OK); /* fails only for a handle in use, a call from within curl, or without memory */
}

void http_loop_remove(struct http_loop *http, CURL *easy)
{
    curl_multi_remove_handle(http->multi, easy);
}

void http_loop_close(struct http_loop *http)
{
    if (!http) {
        return;
    }
    loop_flush_remove(http->loop, &http->flush);
    curl_multi_cleanup(http->multi);
    loop_timer_clear(http->loop, &http->timer);
    while (http->socks) {
        forget(http, http->socks);
    }
    free(http);
}
