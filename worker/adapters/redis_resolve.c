#include "worker/adapters/redis_resolve.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Owned by the loop's side and the thread together: whoever lets go last frees it. */
struct redis_resolve {
    struct loop_watch *watch;
    redis_resolved_fn fn;
    void *arg;
    int fd; /* eventfd: the thread is done */
    atomic_int owners;
    char host[256], address[REDIS_ADDRESS_SIZE], error[128];
};

bool redis_resolve_is_numeric(const char *host)
{
    struct in6_addr address;

    return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1;
}

static void let_go(struct redis_resolve *resolve)
{
    if (atomic_fetch_sub(&resolve->owners, 1) > 1)
        return;
    close(resolve->fd);
    free(resolve);
}

static void look_up(struct redis_resolve *resolve)
{
    static const int families[] = {AF_INET, AF_INET6};
    int rc = 0;

    for (size_t i = 0; i < 2; i++) {
        struct addrinfo hints = {.ai_family = families[i], .ai_socktype = SOCK_STREAM}, *list = NULL;

        rc = getaddrinfo(resolve->host, NULL, &hints, &list);
        if (rc == 0)
            rc = getnameinfo(list->ai_addr, list->ai_addrlen, resolve->address, sizeof resolve->address, NULL,
                             0, NI_NUMERICHOST);
        if (list)
            freeaddrinfo(list);
        if (rc == 0)
            return;
    }
    resolve->address[0] = '\0';
    snprintf(resolve->error, sizeof resolve->error, "%s", gai_strerror(rc));
}

static void *run(void *arg)
{
    struct redis_resolve *resolve = arg;

    look_up(resolve);
    if (eventfd_write(resolve->fd, 1) != 0)
        resolve->error[0] = '\0'; /* cannot happen with a counter of 0; the connect time-out would end it */
    let_go(resolve);
    return NULL;
}

static void on_done(void *arg, unsigned events)
{
    struct redis_resolve *resolve = arg;
    redis_resolved_fn fn = resolve->fn;
    void *fn_arg = resolve->arg;
    char address[REDIS_ADDRESS_SIZE], error[sizeof resolve->error];

    (void)events;
    memcpy(address, resolve->address, sizeof address);
    memcpy(error, resolve->error, sizeof error);
    loop_unwatch(resolve->watch);
    let_go(resolve);
    fn(fn_arg, address[0] ? address : NULL, error);
}

struct redis_resolve *redis_resolve_start(struct loop *loop, const char *host, redis_resolved_fn fn,
                                          void *arg)
{
    struct redis_resolve *resolve = calloc(1, sizeof *resolve);
    pthread_attr_t detached;
    pthread_t thread;
    int rc;

    if (!resolve)
        return NULL;
    resolve->fn = fn;
    resolve->arg = arg;
    snprintf(resolve->host, sizeof resolve->host, "%s", host);
    resolve->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    resolve->watch = resolve->fd < 0 ? NULL : loop_watch(loop, resolve->fd, LOOP_READABLE, on_done, resolve);
    atomic_init(&resolve->owners, 2);
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    rc = resolve->watch ? pthread_create(&thread, &detached, run, resolve) : -1;
    pthread_attr_destroy(&detached);
    if (rc == 0)
        return resolve;
    loop_unwatch(resolve->watch);
    if (resolve->fd >= 0)
        close(resolve->fd);
    free(resolve);
    return NULL;
}

void redis_resolve_cancel(struct redis_resolve *resolve)
{
    loop_unwatch(resolve->watch);
    let_go(resolve);
}
