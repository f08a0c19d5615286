/* catalog-dlq serve: the page's start and end. */
#include "page.h"

#include "http.h"
#include "job.h"

#include "common/redact.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WHY_SIZE = 512, BACKLOG = 64, LOOK_MS = 200, TOKEN_FILE_MAX = 4096 };

static const char default_listen[] = "127.0.0.1:8470";
static const char token_variable[] = "CATALOG_DLQ_TOKEN";

struct place_to_listen {
    struct sockaddr_storage address;
    socklen_t len;
    bool local; /* this machine alone reaches it */
};

static bool is_local(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET)
        return ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr) >> 24 == 127;
    return address->sa_family == AF_INET6 &&
           IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
}

/* HOST:PORT or :PORT, IPv6 in brackets. Keeps the host for the guard. */
static bool resolve(struct serve *serve, const char *listen_at, struct place_to_listen *out, char *why)
{
    const char *colon = strrchr(listen_at, ':');
    size_t len = colon ? (size_t)(colon - listen_at) : 0;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV}, *found;
    char host[GUARD_HOST_SIZE];
    bool brackets = len > 2 && listen_at[0] == '[' && listen_at[len - 1] == ']';
    int failed;

    if (!colon || !colon[1] || len >= sizeof host) {
        snprintf(why, WHY_SIZE, "--listen %.100s: want HOST:PORT, such as %s", listen_at, default_listen);
        return false;
    }
    snprintf(serve->guard.listen_host, sizeof serve->guard.listen_host, "%.*s", (int)len, listen_at);
    snprintf(host, sizeof host, "%.*s", (int)(brackets ? len - 2 : len), listen_at + brackets);
    failed = getaddrinfo(host[0] ? host : NULL, colon + 1, &hints, &found);
    if (failed) {
        snprintf(why, WHY_SIZE, "--listen %.100s: %s", listen_at, gai_strerror(failed));
        return false;
    }
    memcpy(&out->address, found->ai_addr, found->ai_addrlen);
    out->len = found->ai_addrlen;
    out->local = is_local(found->ai_addr);
    freeaddrinfo(found);
    return true;
}

static int open_socket(struct serve *serve, const struct place_to_listen *place, char *why)
{
    int fd = socket(place->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;
    struct sockaddr_storage bound;
    socklen_t len = sizeof bound;
    char port[16] = "0";

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, (const struct sockaddr *)&place->address, place->len) != 0 || listen(fd, BACKLOG) != 0 ||
        getsockname(fd, (struct sockaddr *)&bound, &len) != 0) {
        snprintf(why, WHY_SIZE, "--listen: %s", strerror(errno));
        if (fd >= 0)
            close(fd);
        return -1;
    }
    getnameinfo((struct sockaddr *)&bound, len, NULL, 0, port, sizeof port, NI_NUMERICSERV);
    serve->port = (int)strtol(port, NULL, 10);
    snprintf(serve->cookie_name, sizeof serve->cookie_name, "catalog_dlq_%d", serve->port);
    return fd;
}

/* ---- the token ---- */

static bool read_file(const char *name, char *text, size_t size, size_t *len, char *why)
{
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, size);

    if (n < 0)
        snprintf(why, WHY_SIZE, "--token-file %.200s: %s", name, strerror(errno));
    if (fd >= 0)
        close(fd);
    *len = n < 0 ? 0 : (size_t)n;
    return n >= 0;
}

static bool take_token(struct serve *serve, bool local, char *why)
{
    const char *file = serve->app->options.token_file, *given = getenv(token_variable);
    char text[TOKEN_FILE_MAX], wrong[GUARD_WHY_SIZE];
    size_t len = 0;

    if (file && !read_file(file, text, sizeof text, &len, why))
        return false;
    if (!file && !given) {
        if (!local)
            snprintf(why, WHY_SIZE,
                     "--listen is an address that other machines reach: give the page a token, by "
                     "--token-file FILE or the environment variable %s",
                     token_variable);
        return local;
    }
    if (!guard_take_token(&serve->guard, file ? text : given, file ? len : strlen(given), wrong)) {
        snprintf(why, WHY_SIZE, "%.200s: %.200s", file ? file : token_variable, wrong);
        return false;
    }
    redact_add(serve->guard.token);
    return true;
}

/* ---- the run ---- */

static void announce(const struct serve *serve)
{
    const char *host = serve->guard.listen_host;
    bool any = !host[0] || strcmp(host, "0.0.0.0") == 0 || strcmp(host, "[::]") == 0;

    printf("catalog-dlq: http://%s:%d/ (%s%s)\n", any ? "localhost" : host, serve->port,
           serve->changes ? "changes allowed" : "read-only", serve->guard.token[0] ? ", token wanted" : "");
    fflush(stdout);
}

static int run(struct serve *serve, int fd)
{
    struct MHD_Daemon *daemon;

    curl_global_init(CURL_GLOBAL_DEFAULT); /* before the threads: it is not theirs to race for */
    pthread_mutex_init(&serve->reading, NULL);
    serve->jobs = jobs_open(serve->app);
    daemon = serve->jobs ? http_start(serve, fd) : NULL;
    if (!daemon) {
        close(fd);
        return app_failed(serve->app, "the HTTP server did not start");
    }
    announce(serve);
    while (!kit_stop)
        poll(NULL, 0, LOOK_MS);
    http_stop(daemon);
    jobs_close(serve->jobs);
    pthread_mutex_destroy(&serve->reading);
    curl_global_cleanup();
    return KIT_DONE;
}

int command_serve(struct app *app)
{
    static struct serve serve;
    const struct options *o = &app->options;
    struct place_to_listen place;
    char why[WHY_SIZE];
    int fd;

    serve.app = app;
    serve.changes = o->allow_changes;
    if (!filter_is_empty(&o->filter)) {
        kit_complain(&app->cli, "serve takes no filters: they are in the page's addresses");
        return KIT_USAGE;
    }
    if (!resolve(&serve, o->listen ? o->listen : default_listen, &place, why) ||
        (o->public_url && !guard_public_url(&serve.guard, o->public_url, why)) ||
        !take_token(&serve, place.local, why)) {
        kit_complain(&app->cli, "%s", why);
        return KIT_USAGE;
    }
    if (!guard_start(&serve.guard))
        return app_failed(app, "this system gives no random numbers");
    fd = open_socket(&serve, &place, why);
    return fd < 0 ? app_failed(app, why) : run(&serve, fd);
}
