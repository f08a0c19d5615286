#include "server.h"

#include "exchange.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct server {
    struct sim *sim;
    struct MHD_Daemon *daemon;
    struct exchange *exchanges;
    int epoll_fd, signal_fd, port;
    char url[128];
};

static void *on_uri(void *cls, const char *uri, struct MHD_Connection *connection)
{
    struct server *server = cls;
    (void)connection;
    return exchange_open(server->sim, &server->exchanges, uri);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **con_cls)
{
    (void)cls;
    (void)url;
    (void)version;
    return exchange_handle(*con_cls, connection, method, upload, upload_size);
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **con_cls,
                         enum MHD_RequestTerminationCode code)
{
    (void)cls;
    (void)connection;
    (void)code;
    if (*con_cls)
        exchange_close(*con_cls);
    *con_cls = NULL;
}

static void on_connection(void *cls, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct server *server = cls;
    (void)connection;
    (void)socket_context;
    server->sim->counters.connections += code == MHD_CONNECTION_NOTIFY_STARTED;
}

/* A listening socket on HOST:PORT, -1 on failure. IPv6 addresses stand in brackets. */
static int open_socket(const char *listen_at, char *host, size_t host_size, char *why, size_t why_size)
{
    const char *colon = strrchr(listen_at, ':');
    size_t len = colon ? (size_t)(colon - listen_at) : 0;
    if (!colon || len == 0 || len >= host_size) {
        snprintf(why, why_size, "--listen must be HOST:PORT, not '%.80s'", listen_at);
        return -1;
    }
    memcpy(host, listen_at, len);
    host[len] = '\0';
    char bare[128];
    bool brackets = host[0] == '[' && host[len - 1] == ']';
    snprintf(bare, sizeof bare, "%.*s", (int)(brackets ? len - 2 : len), host + brackets);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV},
                    *found = NULL;
    int rc = getaddrinfo(bare, colon + 1, &hints, &found);
    if (rc != 0) {
        snprintf(why, why_size, "--listen %.80s: %s", listen_at, gai_strerror(rc));
        return -1;
    }
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (fd < 0 || bind(fd, found->ai_addr, found->ai_addrlen) != 0 || listen(fd, 1024) != 0) {
        snprintf(why, why_size, "--listen %.80s: %s", listen_at, strerror(errno));
        if (fd >= 0)
            close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    return fd;
}

static int bound_port(int fd)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof address;
    char port[16] = "0";
    if (getsockname(fd, (struct sockaddr *)&address, &len) == 0)
        getnameinfo((struct sockaddr *)&address, len, NULL, 0, port, sizeof port, NI_NUMERICSERV);
    return (int)strtol(port, NULL, 10);
}

static int open_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

struct server *server_start(struct sim *sim, const char *listen_at, char *why, size_t why_size)
{
    char host[128];
    int fd = open_socket(listen_at, host, sizeof host, why, why_size);
    if (fd < 0)
        return NULL;
    struct server *server = zalloc(1, sizeof *server);
    const struct knobs *k = &sim->knobs;
    server->sim = sim;
    server->port = bound_port(fd);
    server->signal_fd = open_signals();
    snprintf(server->url, sizeof server->url, "http://%.100s:%d", host, server->port);
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_TURBO | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, server,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_URI_LOG_CALLBACK, on_uri, server,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_NOTIFY_CONNECTION, on_connection,
        server, MHD_OPTION_CONNECTION_LIMIT, (unsigned int)k->connections_max,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)k->header_max_bytes, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned int)((k->keepalive_timeout_ms + 999) / 1000), MHD_OPTION_END);
    const union MHD_DaemonInfo *info =
        server->daemon ? MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (!info || server->signal_fd < 0) {
        snprintf(why, why_size, "the HTTP server did not start");
        if (server->daemon)
            MHD_stop_daemon(server->daemon);
        free(server);
        return NULL;
    }
    server->epoll_fd = info->epoll_fd;
    return server;
}

const char *server_url(const struct server *server)
{
    return server->url;
}

int server_port(const struct server *server)
{
    return server->port;
}

/* Until the next timer of ours or of the library's, at most a second. */
static uint64_t wait_us(struct server *server)
{
    uint64_t wait = 1000000, now = sim_now_us(), due = timers_next(&server->sim->timers);
    unsigned long long library_ms;
    if (due <= now)
        return 0;
    if (due - now < wait)
        wait = due - now;
    if (MHD_get_timeout(server->daemon, &library_ms) == MHD_YES && library_ms * 1000 < wait)
        wait = library_ms * 1000;
    return wait;
}

bool server_run(struct server *server, char *why, size_t why_size)
{
    struct pollfd fds[] = {{server->epoll_fd, POLLIN, 0}, {server->signal_fd, POLLIN, 0}};
    for (;;) {
        uint64_t wait = wait_us(server);
        struct timespec ts = {(time_t)(wait / 1000000), (long)(wait % 1000000) * 1000};
        if (ppoll(fds, 2, &ts, NULL) < 0 && errno != EINTR) {
            snprintf(why, why_size, "waiting for requests: %s", strerror(errno));
            return false;
        }
        if (fds[1].revents)
            return true;
        timers_run(&server->sim->timers, sim_now_us());
        if (MHD_run(server->daemon) != MHD_YES) {
            snprintf(why, why_size, "the HTTP server failed");
            return false;
        }
    }
}

void server_stop(struct server *server)
{
    for (struct exchange *ex = server->exchanges; ex; ex = ex->next)
        exchange_abort(ex);
    MHD_run(server->daemon);
    MHD_run(server->daemon);
    MHD_stop_daemon(server->daemon);
    close(server->signal_fd);
    free(server);
}
