#include "worker/runtime/admin.h"

#include "common/config.h"
#include "common/log.h"
#include "common/sbuf.h"
#include "worker/runtime/metrics.h"
#include "worker/runtime/reactor.h"
#include "worker/runtime/status_print.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <microhttpd.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAGE_MAX_BYTES = 1 << 20,
    STUCK_US = 10 * 1000 * 1000, /* a loop that has not turned for so long is not alive */
    CONNECTIONS_PER_IP_MAX = 32, /* whoever holds these keeps nobody else out */
    CONNECTION_TIMEOUT_S = 3,
};

enum page { PAGE_READY, PAGE_STATUS, PAGE_METRICS, PAGE_COUNT };

struct admin {
    struct MHD_Daemon *daemon;
    pthread_mutex_t lock;
    char *pages[PAGE_COUNT]; /* under lock; owned */
    bool ready;              /* under lock */
    _Atomic int64_t turned_us;
};

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, const char *type,
                              const char *text)
{
    char *copy = strdup(text);
    struct MHD_Response *response =
        copy ? MHD_create_response_from_buffer(strlen(copy), copy, MHD_RESPMEM_MUST_FREE) : NULL;
    enum MHD_Result result;

    if (!response) {
        free(copy);
        return MHD_NO;
    }
    MHD_add_response_header(response, "Content-Type", type);
    MHD_add_response_header(response, "Cache-Control", "no-store");
    result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_page(struct admin *admin, struct MHD_Connection *connection, enum page page,
                                   const char *type)
{
    enum MHD_Result result;

    pthread_mutex_lock(&admin->lock);
    result = answer(connection, page == PAGE_READY && !admin->ready ? 503 : 200, type,
                    admin->pages[page] ? admin->pages[page] : "");
    pthread_mutex_unlock(&admin->lock);
    return result;
}

static enum MHD_Result handle(void *arg, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **state)
{
    struct admin *admin = arg;
    usec_t idle_us;

    (void)version;
    (void)upload;
    (void)upload_size;
    (void)state;
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return answer(connection, 405, "text/plain", "read-only: GET only\n");
    if (strcmp(url, "/livez") == 0) {
        idle_us = loop_clock_us() - atomic_load(&admin->turned_us);
        return idle_us < STUCK_US ? answer(connection, 200, "text/plain", "alive: the loop turns\n")
                                  : answer(connection, 503, "text/plain", "the loop does not turn\n");
    }
    if (strcmp(url, "/readyz") == 0)
        return answer_page(admin, connection, PAGE_READY, "text/plain");
    if (strcmp(url, "/status") == 0)
        return answer_page(admin, connection, PAGE_STATUS, "application/json");
    if (strcmp(url, "/metrics") == 0)
        return answer_page(admin, connection, PAGE_METRICS, "text/plain; version=0.0.4; charset=utf-8");
    return answer(connection, 404, "text/plain", "there are /livez, /readyz, /status and /metrics\n");
}

bool admin_resolve(const char *listen, struct sockaddr_storage *addr, char *error, size_t error_size)
{
    const char *colon = strrchr(listen, ':');
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE},
                    *found;
    char host[256] = "";
    int failed;

    if (!colon || colon[1] == '\0' || (size_t)(colon - listen) >= sizeof host) {
        snprintf(error, error_size, "admin.listen: \"%s\" is not host:port or :port", listen);
        return false;
    }
    memcpy(host, listen, (size_t)(colon - listen));
    failed = getaddrinfo(host[0] ? host : NULL, colon + 1, &hints, &found);
    if (failed) {
        snprintf(error, error_size, "admin.listen: \"%s\": %s", listen, gai_strerror(failed));
        return false;
    }
    memcpy(addr, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return true;
}

bool admin_open(struct admin **out, const char *listen, char *error, size_t error_size)
{
    struct sockaddr_storage addr;
    struct admin *admin;

    *out = NULL;
    if (listen[0] == '\0')
        return true;
    if (!admin_resolve(listen, &addr, error, error_size))
        return false;
    admin = calloc(1, sizeof *admin);
    if (!admin)
        return false;
    pthread_mutex_init(&admin->lock, NULL);
    admin_alive(admin);
    admin->daemon =
        MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, handle, admin, MHD_OPTION_SOCK_ADDR,
                         &addr, MHD_OPTION_CONNECTION_LIMIT, (unsigned)ADMIN_CONNECTIONS_MAX,
                         MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)CONNECTIONS_PER_IP_MAX,
                         MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)CONNECTION_TIMEOUT_S, MHD_OPTION_END);
    if (!admin->daemon) {
        snprintf(error, error_size, "admin.listen: \"%s\" cannot be listened on: is the port taken?", listen);
        free(admin);
        return false;
    }
    log_info("admin endpoint",
             log_int("port", MHD_get_daemon_info(admin->daemon, MHD_DAEMON_INFO_BIND_PORT)->port));
    *out = admin;
    return true;
}

void admin_alive(struct admin *admin)
{
    if (admin)
        atomic_store(&admin->turned_us, loop_clock_us());
}

static void write_ready(struct sbuf *page, const struct reactor *r, unsigned why)
{
    if (why == 0)
        sbuf_puts(page, "ready\n");
    if (why & NOT_KAFKA)
        sbuf_puts(page, "waiting for Kafka: no broker can be used\n");
    if (why & NOT_JOINED)
        sbuf_puts(page, "waiting for the consumer group\n");
    if (why & NOT_STORE)
        sbuf_puts(page, "waiting for Redis: not connected, or its memory is being rebuilt\n");
    if (why & NOT_STOPPING)
        sbuf_puts(page, "stopping\n");
    /* a paused catalog is no reason to replace the worker: it waits as it should, and says so */
    for (uint8_t i = 0; i < r->config->catalog_count; i++) {
        if (core_gate(r->core, i) != GATE_WORKS)
            sbuf_printf(page, "catalog %s is paused: %s\n", r->config->catalogs[i].name,
                        gate_words(core_gate(r->core, i)));
    }
}

void admin_snapshot(struct admin *admin, struct reactor *r)
{
    struct sbuf pages[PAGE_COUNT];
    unsigned why;

    if (!admin)
        return;
    why = reactor_not_ready(r);
    for (int i = 0; i < PAGE_COUNT; i++)
        sbuf_init(&pages[i], PAGE_MAX_BYTES);
    write_ready(&pages[PAGE_READY], r, why);
    metrics_status(&pages[PAGE_STATUS], r, why);
    metrics_prometheus(&pages[PAGE_METRICS], r, why);
    pthread_mutex_lock(&admin->lock);
    admin->ready = why == 0;
    for (int i = 0; i < PAGE_COUNT; i++) {
        free(admin->pages[i]);
        admin->pages[i] = sbuf_take(&pages[i]);
    }
    pthread_mutex_unlock(&admin->lock);
}

void admin_close(struct admin *admin)
{
    if (!admin)
        return;
    MHD_stop_daemon(admin->daemon);
    for (int i = 0; i < PAGE_COUNT; i++)
        free(admin->pages[i]);
    pthread_mutex_destroy(&admin->lock);
    free(admin);
}

static size_t print_body(char *bytes, size_t size, size_t count, void *arg)
{
    (void)arg;
    return fwrite(bytes, size, count, stdout) * size;
}

/* Asks for path of the worker that listens there; its answer goes to on_body. The HTTP status; 0 for no
 * answer, which is said on stderr unless quiet. */
static long ask(const char *listen, const char *path, curl_write_callback on_body, void *arg, bool quiet)
{
    char url[300];
    const char *colon = strrchr(listen, ':');
    bool any = colon == listen || strncmp(listen, "0.0.0.0:", 8) == 0;
    long status = 0;
    CURL *curl = curl_easy_init();
    CURLcode code;

    if (!curl)
        return 0;
    snprintf(url, sizeof url, "http://%.*s%s%s", any ? 9 : (int)(colon - listen), any ? "127.0.0.1" : listen,
             colon, path);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 3000L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, arg);
    code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(curl);
    if (code == CURLE_OK)
        return status;
    if (!quiet)
        fprintf(stderr, "no worker answers at %s: %s\n", url, curl_easy_strerror(code));
    return 0;
}

static size_t keep_body(char *bytes, size_t size, size_t count, void *arg)
{
    sbuf_put(arg, bytes, size * count);
    return size * count;
}

int admin_show_status(const char *listen)
{
    struct sbuf page;
    int code = 1;

    if (!strchr(listen, ':')) {
        fprintf(stderr, "--status: admin.listen is not set: set it to host:port, such as 127.0.0.1:8080\n");
        return 2;
    }
    sbuf_init(&page, PAGE_MAX_BYTES);
    if (ask(listen, "/status", keep_body, &page, false) == 200 && sbuf_ok(&page))
        code = status_print(page.data, page.len, stdout) ? 0 : 1;
    sbuf_free(&page);
    return code;
}

int admin_ask(const char *listen)
{
    if (!strchr(listen, ':')) {
        fprintf(stderr, "--health: admin.listen is not set: set it to host:port, such as 127.0.0.1:8080\n");
        return 2;
    }
    return ask(listen, "/readyz", print_body, NULL, false) == 200 ? 0 : 1;
}

static size_t drop_body(char *bytes, size_t size, size_t count, void *arg)
{
    (void)bytes;
    (void)arg;
    return size * count;
}

bool admin_alive_at(const char *listen)
{
    long status = strchr(listen, ':') ? ask(listen, "/livez", drop_body, NULL, true) : 0;

    return status == 200 || status == 503;
}
