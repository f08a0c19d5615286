/* CPU of one POST of 600 bytes through the HTTP adapter, every promise on, against a server that does
 * nothing, in a process of its own: bench_http [CALLS [IN_FLIGHT]]. Reports user+system time of this process.
 */
#include "worker/adapters/http_api.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BODY_SIZE = 600, EVENTS = 64, BUFFER = 65536 };

static struct http_api *api;
static struct http_call call;
static long to_start, to_come, failed;

static void on_answered(void *arg, uint64_t cookie, const struct http_answer *answer)
{
    (void)arg;
    to_come--;
    failed += answer->api.transport != API_NET_OK || answer->api.http_status != 200;
    if (to_start > 0) {
        to_start--;
        http_api_call(api, cookie, &call);
    }
}

static void on_warning(void *arg, const char *text)
{
    (void)arg;
    fprintf(stderr, "%s\n", text);
}

/* Every body ends with the only ~ of its request. */
static int ends(const char *bytes, ssize_t size)
{
    int count = 0;
    for (ssize_t i = 0; i < size; i++) {
        count += bytes[i] == '~';
    }
    return count;
}

static void serve(int listener)
{
    static const char reply[] =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nfacebook-api-version: v25.0\r\n"
        "x-fb-trace-id: AbCdEfGhIjK\r\nContent-Length: 25\r\n\r\n{\"id\":\"1234567890123456\"}";
    static char bytes[BUFFER];
    int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[EVENTS];
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int count = epoll_wait(epoll, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            if (fd == listener) {
                event.data.fd = accept(listener, NULL, NULL);
                epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event);
                continue;
            }
            ssize_t got = recv(fd, bytes, sizeof(bytes), 0);
            if (got <= 0) {
                close(fd);
            }
            for (int n = ends(bytes, got); n > 0; n--) {
                if (send(fd, reply, sizeof(reply) - 1, MSG_NOSIGNAL) < 0) {
                    break;
                }
            }
        }
    }
}

static double cpu_s(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void run(struct loop *loop, long calls, long inflight)
{
    to_come = calls;
    to_start = calls > inflight ? calls - inflight : 0;
    for (long i = 0; i < inflight && i < calls; i++) {
        http_api_call(api, (uint64_t)i, &call);
    }
    while (to_come > 0) {
        loop_run_once(loop, LOOP_NEVER);
    }
}

int main(int argc, char **argv)
{
    long calls = argc > 1 ? strtol(argv[1], NULL, 10) : 100000,
         inflight = argc > 2 ? strtol(argv[2], NULL, 10) : 64;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 1024) ||
        getsockname(listener, (struct sockaddr *)&address, &size)) {
        perror("bench_http: loopback");
        return 1;
    }
    pid_t server = fork();
    if (server == 0) {
        serve(listener);
    }
    char base[64], error[256], body[BODY_SIZE + 1];
    snprintf(base, sizeof(base), "http://127.0.0.1:%d", ntohs(address.sin_port));
    struct http_api_settings settings = {.base_url = base,
                                         .api_version = "v25.0",
                                         .connect_timeout_ms = 5000,
                                         .total_timeout_ms = 30000,
                                         .calls_max = (uint32_t)inflight};
    struct http_events events = {.answered = on_answered, .warning = on_warning};
    struct loop *loop = loop_create();
    api = http_api_open(loop, &settings, &events, error, sizeof(error));
    http_api_set_credentials(api, 0, "EAAB0123456789012345678901234567890123456789", "0123456789abcdef");
    memset(body, 'x', BODY_SIZE);
    body[BODY_SIZE - 1] = '~';
    call = (struct http_call){.kind = CALL_CREATE,
                              .path = "/v25.0/1234567890/products",
                              .body = body,
                              .body_size = BODY_SIZE,
                              .traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                              .send_before_us = LOOP_NEVER};
    run(loop, inflight * 2, inflight); /* connections made */
    double cpu = cpu_s();
    usec_t start = loop_clock_us();
    run(loop, calls, inflight);
    double took_s = (double)(loop_clock_us() - start) / 1e6;
    cpu = cpu_s() - cpu;
    struct http_stats stats;
    http_api_stats(api, &stats);
    printf("%ld calls, %ld in flight: %.1f us of CPU a call, %.0f calls/s, %llu connections, %ld failed\n",
           calls, inflight, cpu / (double)calls * 1e6, (double)calls / took_s,
           (unsigned long long)stats.connects, failed);
    http_api_destroy(api);
    loop_destroy(loop);
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    return failed > 0;
}
