#include "worker/adapters/http_api.h"

#include "common/assertx.h"
#include "worker/adapters/http_credentials.h"
#include "worker/adapters/http_pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    TRACEPARENT_MAX_BYTES = 60,
    TEXT_SIZE = 256,
};

struct list {
    struct http_transfer *first, *last;
};

struct http_api {
    struct loop *loop;
    struct http_api_settings settings; /* its strings are these: */
    char *base_url, *api_version, *ca_file;
    const char *call_base; /* what stands in front of a call's path: of base_url all, or its path */
    struct http_events events;
    struct http_loop *http;
    struct http_pool pool;
    struct http_credentials *credentials[CORE_CATALOGS_MAX];
    bool version_warned[CORE_CATALOGS_MAX];
    struct list waiting, running, refused;
    struct http_stats stats;
};

static void list_add(struct list *list, struct http_transfer *transfer)
{
    transfer->next = NULL;
    transfer->prev = list->last;
    if (list->last) {
        list->last->next = transfer;
    } else {
        list->first = transfer;
    }
    list->last = transfer;
}

static void list_remove(struct list *list, struct http_transfer *transfer)
{
    if (transfer->prev) {
        transfer->prev->next = transfer->next;
    } else {
        list->first = transfer->next;
    }
    if (transfer->next) {
        transfer->next->prev = transfer->prev;
    } else {
        list->last = transfer->prev;
    }
}

bool http_api_set_credentials(struct http_api *api, uint8_t catalog, const char *token, const char *secret)
{
    ASSERT(catalog < CORE_CATALOGS_MAX);
    struct http_credentials *made = http_credentials_make(token, secret);
    if (!made) {
        return false;
    }
    http_credentials_release(api->credentials[catalog]);
    api->credentials[catalog] = made;
    return true;
}

/* ---- answers ---- */

static void warn_version(struct http_api *api, const struct http_transfer *transfer, const char *answered)
{
    if (!answered[0] || !api->settings.api_version[0] || api->version_warned[transfer->catalog] ||
        strcmp(answered, api->settings.api_version) == 0) {
        return;
    }
    api->version_warned[transfer->catalog] = true;
    char text[TEXT_SIZE];
    snprintf(text, sizeof(text),
             "the catalog API answers as version %.32s, but catalog.api.version is %.32s: that version may "
             "have been "
             "retired; set a current one",
             answered, api->settings.api_version);
    api->events.warning(api->events.arg, text);
}

static void fill(struct http_api *api);

/* Tells the owner, and frees the transfer's place. */
static void answer(struct http_api *api, struct http_transfer *transfer, CURLcode result)
{
    struct http_answer facts;
    http_transfer_answer(transfer, result, loop_now_us(api->loop), &facts);
    warn_version(api, transfer, facts.api_version);
    if (facts.api.transport == API_NET_ABORTED && !transfer->handed) {
        api->stats.not_sent++;
    }
    if (facts.api.transport != API_NET_OK && transfer->handed) {
        api->stats.lost++;
    }
    api->events.answered(api->events.arg, transfer->cookie, &facts);
    loop_stay_awake(api->loop);
    http_credentials_release(transfer->credentials);
    transfer->credentials = NULL;
    http_pool_give(&api->pool, transfer);
}

static void on_done(void *arg, CURL *easy, CURLcode result)
{
    struct http_api *api = arg;
    struct http_transfer *transfer = http_transfer_of(easy);
    long connects = 0;
    curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connects);
    api->stats.connects += (uint64_t)connects;
    list_remove(&api->running, transfer);
    api->stats.running--;
    answer(api, transfer, result);
    fill(api);
}

/* What never ran: no credentials, or no handle. */
static void answer_refused(void *arg)
{
    struct http_api *api = arg;
    struct list list = api->refused;
    api->refused = (struct list){0};
    while (list.first) {
        struct http_transfer *transfer = list.first;
        list_remove(&list, transfer);
        answer(api, transfer, CURLE_COULDNT_CONNECT);
    }
}

static void take_out_all(struct http_api *api, CURLcode result)
{
    while (api->running.first) {
        struct http_transfer *transfer = api->running.first;
        list_remove(&api->running, transfer);
        api->stats.running--;
        http_loop_remove(api->http, transfer->easy);
        answer(api, transfer, result);
    }
}

static void on_broken(void *arg, const char *why)
{
    struct http_api *api = arg;
    char text[TEXT_SIZE];
    snprintf(text, sizeof(text),
             "curl failed (%s): all connections are made anew, calls under way are unknown", why);
    api->events.warning(api->events.arg, text);
    api->stats.rebuilt++;
    take_out_all(api, CURLE_RECV_ERROR);
    fill(api);
}

void http_api_cancel_all(struct http_api *api)
{
    take_out_all(api, CURLE_ABORTED_BY_CALLBACK);
    struct list *lists[] = {&api->waiting, &api->refused};
    for (size_t i = 0; i < 2; i++) {
        while (lists[i]->first) {
            struct http_transfer *transfer = lists[i]->first;
            list_remove(lists[i], transfer);
            answer(api, transfer, CURLE_ABORTED_BY_CALLBACK);
        }
    }
    api->stats.waiting = 0;
}

/* ---- calls ---- */

static void start(struct http_api *api, struct http_transfer *transfer)
{
    struct http_credentials *credentials = transfer->credentials;
    struct curl_slist *headers = &credentials->nodes[transfer->body.size > HTTP_WHOLE_BYTES ? 0 : 1];
    if (transfer->traceparent[0]) {
        transfer->trace_node = (struct curl_slist){transfer->traceparent, headers};
        headers = &transfer->trace_node;
    }
    transfer->started_us = loop_now_us(api->loop);
    list_add(&api->running, transfer);
    api->stats.running++;
    http_transfer_begin(transfer, headers);
    http_loop_add(api->http, transfer->easy);
}

static void fill(struct http_api *api)
{
    while (api->waiting.first && api->stats.running < api->settings.calls_max) {
        struct http_transfer *transfer = api->waiting.first;
        list_remove(&api->waiting, transfer);
        api->stats.waiting--;
        start(api, transfer);
    }
}

/* The token stands in the header only; the proof is a parameter (catalog-api.md section 9). curl's URLs are
 * never logged. */
static void set_url(struct http_api *api, struct http_transfer *transfer, const char *path,
                    const struct http_credentials *credentials)
{
    size_t size = strlen(path);
    ASSERT(path[0] == '/' && size <= HTTP_PATH_MAX_BYTES);
    buffer_add(&transfer->url, api->call_base, strlen(api->call_base));
    buffer_add(&transfer->url, path, size);
    if (credentials && credentials->proof[0]) {
        const char *key = strchr(path, '?') ? "&appsecret_proof=" : "?appsecret_proof=";
        buffer_add(&transfer->url, key, strlen(key));
        buffer_add(&transfer->url, credentials->proof, strlen(credentials->proof));
    }
}

static void set_traceparent(struct http_transfer *transfer, const char *traceparent)
{
    transfer->traceparent[0] = '\0';
    if (!traceparent || !traceparent[0] || strlen(traceparent) > TRACEPARENT_MAX_BYTES ||
        traceparent[strspn(traceparent, "0123456789abcdef-")]) {
        return; /* what could not stand in a header is left out */
    }
    snprintf(transfer->traceparent, sizeof(transfer->traceparent), "traceparent: %s", traceparent);
}

void http_api_call(struct http_api *api, uint64_t cookie, const struct http_call *call)
{
    ASSERT(api != NULL); /* plan-only opens none */
    ASSERT(call->catalog < CORE_CATALOGS_MAX && call->body_size <= HTTP_REQUEST_MAX_BYTES);
    struct http_transfer *transfer = http_pool_take(&api->pool);
    ASSERT(transfer);
    struct http_credentials *credentials = api->credentials[call->catalog];
    transfer->cookie = cookie;
    transfer->catalog = call->catalog;
    transfer->kind = call->kind;
    transfer->send_before_us = call->send_before_us;
    transfer->handed = transfer->begun = transfer->overflow = false;
    transfer->refused = REFUSED_NOT;
    set_url(api, transfer, call->path, credentials);
    buffer_add(&transfer->body, call->body, call->body_size);
    buffer_add(&transfer->answer, "", 0);
    set_traceparent(transfer, call->traceparent);
    api->stats.calls++;
    if (!credentials) {
        transfer->started_us = loop_now_us(api->loop);
        if (!api->refused.first) {
            loop_defer(api->loop, answer_refused, api);
        }
        list_add(&api->refused, transfer);
        return;
    }
    credentials->holders++;
    transfer->credentials = credentials;
    if (!api->waiting.first && api->stats.running < api->settings.calls_max) {
        start(api, transfer);
    } else {
        list_add(&api->waiting, transfer);
        api->stats.waiting++;
    }
}

void http_api_stats(const struct http_api *api, struct http_stats *stats)
{
    *stats = api->stats;
}

/* ---- life ---- */

static bool is_local(const char *host)
{
    return strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 || strcmp(host, "[::1]") == 0;
}

/* Refuses by name what would send the token somewhere unexpected. */
static bool check_base(struct http_api *api, CURLU *url, char *error, size_t error_size)
{
    const char *base = api->settings.base_url, *wrong = NULL;
    char *host = NULL, *user = NULL, *query = NULL, *fragment = NULL;
    if (strncmp(base, "http://", 7) != 0 && strncmp(base, "https://", 8) != 0) {
        wrong = "must begin with https:// (or http://)";
    } else if (curl_url_set(url, CURLUPART_URL, base, 0) || curl_url_get(url, CURLUPART_HOST, &host, 0)) {
        wrong = "is no URL";
    } else if (!curl_url_get(url, CURLUPART_USER, &user, 0)) {
        wrong = "must not hold a user or password";
    } else if (!curl_url_get(url, CURLUPART_QUERY, &query, 0) ||
               !curl_url_get(url, CURLUPART_FRAGMENT, &fragment, 0)) {
        wrong = "must not hold a query or fragment";
    } else {
        api->pool.direct = is_local(host);
    }
    curl_free(host);
    curl_free(user);
    curl_free(query);
    curl_free(fragment);
    if (wrong) {
        snprintf(error, error_size, "catalog.base.url %s", wrong);
    }
    return !wrong;
}

/* Where the request's line is sure to hold the path alone, curl gets the base once, parsed, and only the
 * target of each call: it would parse and print the whole URL anew for every one. Only http:// through a
 * proxy needs whole URLs. */
static bool set_base(struct http_api *api, char *error, size_t error_size)
{
    CURLU *url = curl_url();
    ASSERT(url);
    const char *base = api->call_base = api->settings.base_url;
    bool ok = check_base(api, url, error, error_size);
    if (ok && (api->pool.direct || strncmp(base, "https://", 8) == 0)) {
        const char *path = strchr(strstr(base, "://") + 3, '/');
        api->call_base = path ? path : "";
        api->pool.base = url;
    } else {
        curl_url_cleanup(url);
    }
    return ok;
}

static char *copy(const char *text)
{
    char *made = text ? strdup(text) : NULL;
    ASSERT(!text || made);
    return made;
}

static void copy_settings(struct http_api *api, const struct http_api_settings *settings)
{
    api->base_url = copy(settings->base_url);
    size_t size = strlen(api->base_url);
    while (size > 0 && api->base_url[size - 1] == '/') {
        api->base_url[--size] = '\0'; /* paths bring their own */
    }
    api->api_version = copy(settings->api_version ? settings->api_version : "");
    api->ca_file = copy(settings->ca_file);
    api->settings = *settings;
    api->settings.base_url = api->base_url;
    api->settings.api_version = api->api_version;
    api->settings.ca_file = api->ca_file;
    if (api->settings.connections_max == 0) {
        api->settings.connections_max = settings->calls_max;
    }
}

struct http_api *http_api_open(struct loop *loop, const struct http_api_settings *settings,
                               const struct http_events *events, char *error, size_t error_size)
{
    ASSERT(settings->calls_max > 0 && settings->connect_timeout_ms > 0 && settings->total_timeout_ms > 0);
    if (settings->ca_file && access(settings->ca_file, R_OK) != 0) {
        snprintf(error, error_size, "tls.ca.file: %.300s cannot be read", settings->ca_file);
        return NULL;
    }
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        snprintf(error, error_size, "libcurl cannot be started");
        return NULL;
    }
    struct http_api *api = calloc(1, sizeof(*api));
    ASSERT(api);
    api->loop = loop;
    api->events = *events;
    copy_settings(api, settings);
    const struct http_loop_events loop_events = {.arg = api, .done = on_done, .broken = on_broken};
    if (set_base(api, error, error_size)) {
        api->http = http_loop_open(loop, api->settings.connections_max, &loop_events);
        ASSERT(api->http);
        api->pool.http = api->http;
        api->pool.settings = &api->settings;
        return api;
    }
    http_api_destroy(api);
    return NULL;
}

static void drop(struct list *list)
{
    while (list->first) {
        struct http_transfer *transfer = list->first;
        list_remove(list, transfer);
        http_credentials_release(transfer->credentials);
        http_transfer_free(transfer);
    }
}

void http_api_destroy(struct http_api *api)
{
    if (!api) {
        return;
    }
    loop_defer_cancel(api->loop, api);
    for (struct http_transfer *transfer = api->running.first; transfer; transfer = transfer->next) {
        http_loop_remove(api->http, transfer->easy);
    }
    http_loop_close(api->http);
    drop(&api->running);
    drop(&api->waiting);
    drop(&api->refused);
    http_pool_free(&api->pool);
    for (size_t i = 0; i < CORE_CATALOGS_MAX; i++) {
        http_credentials_release(api->credentials[i]);
    }
    free(api->base_url);
    free(api->api_version);
    free(api->ca_file);
    free(api);
    curl_global_cleanup();
}
