#include "floor_http.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

enum { FDS_MAX = 65536 };

static CURLM *multi;
static struct curl_slist *headers;
static const char *url;
static int epoll;
static int64_t timer_at_ms = -1;
static uint32_t watched[FDS_MAX]; /* what the epoll watches an fd for; kept while its connection idles */

static int64_t now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int on_timer(CURLM *of, long timeout_ms, void *arg)
{
    (void)of;
    (void)arg;
    timer_at_ms = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
    return 0;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *sockp)
{
    uint32_t wanted = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
    struct epoll_event event = {.events = wanted, .data.fd = fd};

    (void)easy;
    (void)arg;
    (void)sockp;
    if (what == CURL_POLL_REMOVE || watched[fd] == wanted)
        return 0;
    if (epoll_ctl(epoll, watched[fd] ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) != 0)
        return -1;
    watched[fd] = wanted;
    return 0;
}

static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address->protocol);

    (void)arg;
    (void)purpose;
    if (fd < 0 || fd >= FDS_MAX)
        return CURL_SOCKET_BAD;
    watched[fd] = 0;
    return fd;
}

static size_t on_write(char *bytes, size_t unit, size_t count, void *arg)
{
    (void)bytes;
    (void)arg;
    return unit * count;
}

void floor_http_open(int of_epoll, const char *to, unsigned connections)
{
    epoll = of_epoll;
    url = to;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)connections);
    headers = curl_slist_append(headers, "Authorization: Bearer sim-token");
    headers = curl_slist_append(headers, "Content-Type: application/json");
    headers =
        curl_slist_append(headers, "User-Agent: catalog-sync/" CATALOG_SYNC_VERSION); /* as the worker */
    headers = curl_slist_append(headers, "Expect:");
}

struct transfer *floor_transfer_new(void)
{
    struct transfer *transfer = calloc(1, sizeof *transfer);
    CURL *easy = transfer ? curl_easy_init() : NULL;

    if (!easy)
        return NULL;
    transfer->easy = easy;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer->body);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_write);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 8192L);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 16384L);
    return transfer;
}

void floor_post(struct transfer *transfer, unsigned long serial, void (*done)(void *arg), void *arg)
{
    int head = snprintf(transfer->body, sizeof transfer->body,
                        "{\"retailer_id\":\"F-%012lu\",\"name\":\"Lamp\",\"currency\":\"USD\",\"price\":1999,"
                        "\"url\":\"https://shop.example/p\",\"image_url\":\"https://shop.example/i.jpg\","
                        "\"description\":\"",
                        serial);

    memset(transfer->body + head, 'd', transfer->body_size - (size_t)head - 2);
    memcpy(transfer->body + transfer->body_size - 2, "\"}", 2);
    transfer->done = done;
    transfer->arg = arg;
    curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDSIZE, (long)transfer->body_size);
    curl_multi_add_handle(multi, transfer->easy);
}

void floor_http_ready(int fd, uint32_t events)
{
    int running;

    curl_multi_socket_action(multi, fd,
                             (events & (EPOLLIN | EPOLLHUP | EPOLLERR) ? CURL_CSELECT_IN : 0) |
                                 (events & EPOLLOUT ? CURL_CSELECT_OUT : 0),
                             &running);
}

int floor_http_wait_ms(int max_ms)
{
    int64_t left_ms = timer_at_ms < 0 ? max_ms : timer_at_ms - now_ms();

    return left_ms < 0 ? 0 : left_ms < max_ms ? (int)left_ms : max_ms;
}

void floor_http_turn(void)
{
    CURLMsg *message;
    int running, left;

    if (timer_at_ms >= 0 && timer_at_ms <= now_ms()) {
        timer_at_ms = -1;
        curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    while ((message = curl_multi_info_read(multi, &left))) {
        CURL *easy = message->easy_handle;
        CURLcode result = message->data.result;
        char *transfer = NULL;
        long status = 0;

        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        curl_multi_remove_handle(multi, easy);
        if (result != CURLE_OK || status != 200) {
            fprintf(stderr, "bench_floor: a POST failed: %s, HTTP %ld\n", curl_easy_strerror(result), status);
            exit(1);
        }
        ((struct transfer *)(void *)transfer)->done(((struct transfer *)(void *)transfer)->arg);
    }
}
