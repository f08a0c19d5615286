#include "tests/support/stub_server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 64, REQUESTS_MAX = 256, REQUEST_MAX = 1 << 20 };

static const char default_reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"id\":\"1\"}";

struct stub_server {
    const struct stub_step *steps;
    size_t steps_count;
    int fd, port, connections, requests;
    int fds[CONNECTIONS_MAX];
    pthread_t acceptor, threads[CONNECTIONS_MAX];
    pthread_mutex_t lock;
    char *seen[REQUESTS_MAX];
};

struct connection {
    struct stub_server *stub;
    int fd;
};

static int listen_on_loopback(int *port)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) || listen(fd, 64) ||
        getsockname(fd, (struct sockaddr *)&address, &size)) {
        abort();
    }
    *port = ntohs(address.sin_port);
    return fd;
}

/* Bytes of the whole request in text, or 0 while it is not complete. */
static size_t request_size(const char *text)
{
    const char *end = strstr(text, "\r\n\r\n");
    if (!end) {
        return 0;
    }
    size_t body = 0;
    const char *length = strcasestr(text, "\r\ncontent-length:");
    if (length && length < end) {
        body = (size_t)strtoul(length + 17, NULL, 10);
    }
    size_t whole = (size_t)(end - text) + 4 + body;
    return strlen(text) >= whole ? whole : 0;
}

/* Reads one request into a fresh string; NULL when the peer is gone. */
static char *read_request(int fd)
{
    char *text = calloc(1, REQUEST_MAX);
    size_t size = 0;
    while (request_size(text) == 0) {
        ssize_t got = recv(fd, text + size, REQUEST_MAX - 1 - size, 0);
        if (got <= 0) {
            free(text);
            return NULL;
        }
        size += (size_t)got;
    }
    return text;
}

static void send_all(int fd, const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        ssize_t sent = send(fd, text, left, MSG_NOSIGNAL);
        if (sent <= 0) {
            return;
        }
        text += sent;
        left -= (size_t)sent;
    }
}

/* Returns 0 when the connection is to be closed. */
static int perform(int fd, const struct stub_step *step)
{
    if (step->delay_ms > 0) {
        poll(NULL, 0, step->delay_ms);
    }
    switch (step->act) {
    case STUB_REPLY: send_all(fd, step->text ? step->text : default_reply); return 1;
    case STUB_REPLY_CLOSE: send_all(fd, step->text ? step->text : default_reply); return 0;
    case STUB_CLOSE: return 0;
    case STUB_RESET: {
        struct linger linger = {.l_onoff = 1, .l_linger = 0};
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
        return 0;
    }
    case STUB_SILENT: {
        char byte;
        while (recv(fd, &byte, 1, 0) > 0) {
        }
        return 0;
    }
    }
    return 0;
}

static void *serve(void *arg)
{
    struct connection connection = *(struct connection *)arg;
    struct stub_server *stub = connection.stub;
    free(arg);
    for (;;) {
        char *text = read_request(connection.fd);
        if (!text) {
            break;
        }
        pthread_mutex_lock(&stub->lock);
        size_t n = (size_t)stub->requests;
        if (n < REQUESTS_MAX) {
            stub->seen[stub->requests++] = text;
        } else {
            free(text);
        }
        pthread_mutex_unlock(&stub->lock);
        if (!perform(connection.fd, &stub->steps[n < stub->steps_count ? n : stub->steps_count - 1])) {
            break;
        }
    }
    pthread_mutex_lock(&stub->lock);
    for (int i = 0; i < stub->connections; i++) {
        if (stub->fds[i] == connection.fd) {
            stub->fds[i] = -1;
        }
    }
    close(connection.fd);
    pthread_mutex_unlock(&stub->lock);
    return NULL;
}

static void *accept_all(void *arg)
{
    struct stub_server *stub = arg;
    int fd;
    while ((fd = accept(stub->fd, NULL, NULL)) >= 0) {
        struct connection *connection = malloc(sizeof(*connection));
        *connection = (struct connection){stub, fd};
        pthread_mutex_lock(&stub->lock);
        if (stub->connections == CONNECTIONS_MAX) {
            abort();
        }
        stub->fds[stub->connections] = fd;
        pthread_create(&stub->threads[stub->connections++], NULL, serve, connection);
        pthread_mutex_unlock(&stub->lock);
    }
    return NULL;
}

struct stub_server *stub_start(const struct stub_step *steps, size_t count)
{
    struct stub_server *stub = calloc(1, sizeof(*stub));
    stub->steps = steps;
    stub->steps_count = count;
    pthread_mutex_init(&stub->lock, NULL);
    stub->fd = listen_on_loopback(&stub->port);
    pthread_create(&stub->acceptor, NULL, accept_all, stub);
    return stub;
}

int stub_port(const struct stub_server *stub)
{
    return stub->port;
}

static int locked(struct stub_server *stub, const int *value)
{
    pthread_mutex_lock(&stub->lock);
    int copy = *value;
    pthread_mutex_unlock(&stub->lock);
    return copy;
}

int stub_requests(struct stub_server *stub)
{
    return locked(stub, &stub->requests);
}

int stub_connections(struct stub_server *stub)
{
    return locked(stub, &stub->connections);
}

char *stub_request(struct stub_server *stub, int n)
{
    pthread_mutex_lock(&stub->lock);
    char *copy = n < stub->requests ? strdup(stub->seen[n]) : NULL;
    pthread_mutex_unlock(&stub->lock);
    return copy;
}

void stub_stop(struct stub_server *stub)
{
    shutdown(stub->fd, SHUT_RDWR);
    pthread_join(stub->acceptor, NULL);
    close(stub->fd);
    pthread_mutex_lock(&stub->lock);
    for (int i = 0; i < stub->connections; i++) {
        if (stub->fds[i] >= 0) {
            shutdown(stub->fds[i], SHUT_RDWR);
        }
    }
    pthread_mutex_unlock(&stub->lock);
    for (int i = 0; i < stub->connections; i++) {
        pthread_join(stub->threads[i], NULL);
    }
    for (int i = 0; i < stub->requests; i++) {
        free(stub->seen[i]);
    }
    free(stub);
}

int stub_closed_port(void)
{
    int port;
    close(listen_on_loopback(&port));
    return port;
}
