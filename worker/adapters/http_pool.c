#include "worker/adapters/http_pool.h"

#include "common/assertx.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum {
    FIRST_ROOM = 1024,
    KEEP_ROOM = 16384,
    RECEIVE_BYTES = 8192,
    UPLOAD_BYTES = 16384,
};

static const struct {
    const char *name;
    size_t size;
} kept_names[KEPT_COUNT] = {
#define NAME(text)                                                                                           \
    {                                                                                                        \
        text, sizeof(text) - 1                                                                               \
    }
    [KEPT_CONTENT_TYPE] = NAME("content-type"),
    [KEPT_API_VERSION] = NAME("facebook-api-version"),
    [KEPT_TRACE_ID] = NAME("x-fb-trace-id"),
    [KEPT_RETRY_AFTER] = NAME("retry-after"),
    [KEPT_APP_USAGE] = NAME("x-app-usage"),
    [KEPT_BUSINESS_USAGE] = NAME("x-business-use-case-usage"),
    [KEPT_AD_ACCOUNT_USAGE] = NAME("x-ad-account-usage"),
#undef NAME
};

void buffer_add(struct buffer *buffer, const void *bytes, size_t size)
{
    size_t need = buffer->size + size + 1;
    if (need > buffer->room) {
        size_t room = buffer->room ? buffer->room : FIRST_ROOM;
        while (room < need) {
            room *= 2;
        }
        buffer->bytes = realloc(buffer->bytes, room);
        ASSERT(buffer->bytes);
        buffer->room = room;
    }
    if (size > 0) {
        memcpy(buffer->bytes + buffer->size, bytes, size);
    }
    buffer->size += size;
    buffer->bytes[buffer->size] = '\0';
}

static void buffer_reset(struct buffer *buffer)
{
    buffer->size = 0;
    if (buffer->room > KEEP_ROOM) {
        free(buffer->bytes);
        *buffer = (struct buffer){0};
    }
}

static bool writes(const struct http_transfer *transfer)
{
    return transfer->kind != CALL_LOOKUP;
}

/* The moment of truth, by a clock read now: between the turn's time and this one the process may have slept.
 */
static bool lease_over(struct http_transfer *transfer)
{
    if (writes(transfer) && loop_clock_us() > transfer->send_before_us) {
        transfer->refused = REFUSED_LEASE;
        return true;
    }
    return false;
}

/* A connection is there and the headers are about to go out, in the same breath as this is asked: once a
 * transfer, and once more when curl wants to repeat it on another connection. */
static int on_ready(void *arg, char *peer, char *local, int peer_port, int local_port)
{
    (void)peer, (void)local, (void)peer_port, (void)local_port;
    struct http_transfer *transfer = arg;
    if (writes(transfer) && transfer->handed) {
        transfer->refused = REFUSED_TWICE;
        return CURL_PREREQFUNC_ABORT;
    }
    if (lease_over(transfer)) {
        return CURL_PREREQFUNC_ABORT;
    }
    transfer->begun = true;
    transfer->handed = transfer->whole;
    return CURL_PREREQFUNC_OK;
}

/* Larger bodies: curl asks for them only when they can go out (design.md M9). */
static size_t on_read(char *to, size_t unit, size_t count, void *arg)
{
    struct http_transfer *transfer = arg;
    size_t left = transfer->body.size - transfer->body_read;
    size_t size = unit * count < left ? unit * count : left;
    if (transfer->body_read == 0 && lease_over(transfer)) {
        return CURL_READFUNC_ABORT;
    }
    transfer->handed = true;
    memcpy(to, transfer->body.bytes + transfer->body_read, size);
    transfer->body_read += size;
    return size;
}

/* curl would send the body again on a fresh connection: a write is never repeated behind our back. */
static int on_seek(void *arg, curl_off_t offset, int origin)
{
    struct http_transfer *transfer = arg;
    if (origin == SEEK_SET && offset == 0 && transfer->body_read == 0) {
        return CURL_SEEKFUNC_OK;
    }
    transfer->refused = REFUSED_TWICE;
    return CURL_SEEKFUNC_FAIL;
}

static size_t on_body(char *bytes, size_t unit, size_t count, void *arg)
{
    struct http_transfer *transfer = arg;
    size_t size = unit * count;
    size_t cap = transfer->kind == CALL_LOOKUP ? HTTP_LOOKUP_MAX_BYTES : HTTP_BODY_MAX_BYTES;
    if (transfer->answer.size + size > cap) {
        transfer->overflow = true;
        return 0; /* curl breaks off */
    }
    buffer_add(&transfer->answer, bytes, size);
    return size;
}

static void keep(struct buffer *buffer, const char *value, const char *end)
{
    while (value < end && (*value == ' ' || *value == '\t')) {
        value++;
    }
    while (end > value && (end[-1] == '\r' || end[-1] == '\n' || end[-1] == ' ' || end[-1] == '\t')) {
        end--;
    }
    size_t size = (size_t)(end - value);
    buffer->size = 0;
    buffer_add(buffer, value, size < HTTP_HEADER_MAX_BYTES ? size : HTTP_HEADER_MAX_BYTES);
}

static size_t on_header(char *line, size_t unit, size_t count, void *arg)
{
    struct http_transfer *transfer = arg;
    size_t size = unit * count;
    transfer->headers_whole = size > 0 && (line[0] == '\r' || line[0] == '\n'); /* the empty line ends them */
    if (size > 5 && memcmp(line, "HTTP/", 5) == 0) {
        for (int i = 0; i < KEPT_COUNT; i++) {
            transfer->kept[i].size = 0; /* what came before were headers of a 1xx answer */
        }
        return size;
    }
    const char *colon = memchr(line, ':', size);
    size_t name = colon ? (size_t)(colon - line) : 0;
    for (int i = 0; i < KEPT_COUNT && name > 0; i++) {
        if (name == kept_names[i].size && strncasecmp(line, kept_names[i].name, name) == 0) {
            keep(&transfer->kept[i], colon + 1, line + size);
            break;
        }
    }
    return size;
}

/* What no transfer changes. */
static void set_once(struct http_pool *pool, struct http_transfer *transfer)
{
    CURL *easy = transfer->easy;
    const struct http_api_settings *settings = pool->settings;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)settings->connect_timeout_ms);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)settings->total_timeout_ms);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, settings->tls_unverified ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, settings->tls_unverified ? 0L : 2L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (settings->ca_file) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, settings->ca_file);
    }
    if (pool->direct) {
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
    }
    if (pool->base) {
        curl_easy_setopt(easy, CURLOPT_CURLU, pool->base);
    }
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                     (long)(settings->http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, settings->http2 ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)RECEIVE_BYTES);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)UPLOAD_BYTES);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_ready);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(easy, CURLOPT_READDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek);
    curl_easy_setopt(easy, CURLOPT_SEEKDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    http_loop_prepare(pool->http, easy);
}

struct http_transfer *http_pool_take(struct http_pool *pool)
{
    struct http_transfer *transfer = pool->free;
    if (transfer) {
        pool->free = transfer->next;
        transfer->next = NULL;
        return transfer;
    }
    transfer = calloc(1, sizeof(*transfer));
    ASSERT(transfer);
    transfer->easy = curl_easy_init();
    if (!transfer->easy) {
        free(transfer);
        return NULL;
    }
    transfer->http2 = pool->settings->http2;
    transfer->target = pool->base != NULL;
    set_once(pool, transfer);
    return transfer;
}

void http_pool_give(struct http_pool *pool, struct http_transfer *transfer)
{
    buffer_reset(&transfer->url);
    buffer_reset(&transfer->body);
    buffer_reset(&transfer->answer);
    for (int i = 0; i < KEPT_COUNT; i++) {
        buffer_reset(&transfer->kept[i]);
    }
    transfer->prev = NULL;
    transfer->next = pool->free;
    pool->free = transfer;
}

void http_transfer_free(struct http_transfer *transfer)
{
    curl_easy_cleanup(transfer->easy);
    free(transfer->url.bytes);
    free(transfer->body.bytes);
    free(transfer->answer.bytes);
    for (int i = 0; i < KEPT_COUNT; i++) {
        free(transfer->kept[i].bytes);
    }
    free(transfer);
}

void http_pool_free(struct http_pool *pool)
{
    while (pool->free) {
        struct http_transfer *transfer = pool->free;
        pool->free = transfer->next;
        http_transfer_free(transfer);
    }
    curl_url_cleanup(pool->base);
    pool->base = NULL;
}

struct http_transfer *http_transfer_of(CURL *easy)
{
    char *transfer = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
    return (struct http_transfer *)(void *)transfer;
}

void http_transfer_begin(struct http_transfer *transfer, struct curl_slist *headers)
{
    CURL *easy = transfer->easy;
    transfer->body_read = 0;
    transfer->begun = transfer->handed = transfer->overflow = transfer->headers_whole = false;
    transfer->refused = REFUSED_NOT;
    buffer_add(&transfer->answer, "", 0);
    curl_easy_setopt(easy, transfer->target ? CURLOPT_REQUEST_TARGET : CURLOPT_URL, transfer->url.bytes);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, transfer->kind == CALL_DELETE ? "DELETE" : NULL);
    bool post = transfer->kind != CALL_LOOKUP && transfer->kind != CALL_DELETE;
    transfer->whole = !post || (transfer->body.size <= HTTP_WHOLE_BYTES && !transfer->http2);
    if (post) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer->whole ? transfer->body.bytes : NULL);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)transfer->body.size);
    } else {
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    }
}

static enum api_transport transport_of(const struct http_transfer *transfer, CURLcode result)
{
    if (transfer->refused == REFUSED_LEASE) {
        return API_NET_ABORTED;
    }
    if (transfer->refused == REFUSED_TWICE || transfer->overflow) {
        return API_NET_RESET;
    }
    switch (result) {
    case CURLE_OK: return transfer->headers_whole ? API_NET_OK : API_NET_RESET;
    case CURLE_ABORTED_BY_CALLBACK: return API_NET_ABORTED;
    case CURLE_OPERATION_TIMEDOUT: return transfer->begun ? API_NET_TIMEOUT : API_NET_CONNECT_FAILED;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_ENGINE_INITFAILED: return API_NET_TLS;
    default: return transfer->begun ? API_NET_RESET : API_NET_CONNECT_FAILED;
    }
}

static const char *text_of(const struct http_transfer *transfer, CURLcode result)
{
    if (transfer->refused == REFUSED_LEASE) {
        return "the lease was too short when the request was to go out: kept back";
    }
    if (transfer->refused == REFUSED_TWICE) {
        return "the connection died before an answer came; a write is not sent twice";
    }
    if (transfer->overflow) {
        return "the answer is longer than its limit";
    }
    if (result == CURLE_OK) {
        return transfer->headers_whole ? "" : "the answer ended within its headers";
    }
    return curl_easy_strerror(result);
}

static const char *kept(const struct http_transfer *transfer, enum kept_header which)
{
    return transfer->kept[which].size > 0 ? transfer->kept[which].bytes : "";
}

/* For classify(), which takes NULL for absent. */
static const char *kept_if_any(const struct http_transfer *transfer, enum kept_header which)
{
    return transfer->kept[which].size > 0 ? transfer->kept[which].bytes : NULL;
}

static enum api_op op_of(enum call_kind kind)
{
    switch (kind) {
    case CALL_CREATE: return API_OP_CREATE;
    case CALL_UPDATE:
    case CALL_HIDE: return API_OP_UPDATE;
    case CALL_DELETE: return API_OP_DELETE;
    case CALL_LOOKUP: return API_OP_LOOKUP;
    }
    UNREACHABLE("every kind has its op");
}

static int64_t wall_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void http_transfer_answer(struct http_transfer *transfer, CURLcode result, usec_t now_us,
                          struct http_answer *answer)
{
    long status = 0;
    enum api_transport transport = transport_of(transfer, result);
    if (transport == API_NET_OK) {
        curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    }
    *answer = (struct http_answer){
        .api =
            {
                .op = op_of(transfer->kind),
                .transport = transport,
                .body_sent = transfer->handed,
                .http_status = (int)status,
                .body = transfer->answer.bytes,
                .body_bytes = transfer->answer.size,
                .retry_after = kept_if_any(transfer, KEPT_RETRY_AFTER),
                .usage_business = kept_if_any(transfer, KEPT_BUSINESS_USAGE),
                .usage_app = kept_if_any(transfer, KEPT_APP_USAGE),
                .transport_text = text_of(transfer, result),
                .now_ms = wall_ms(),
            },
        .content_type = kept(transfer, KEPT_CONTENT_TYPE),
        .api_version = kept(transfer, KEPT_API_VERSION),
        .trace_id = kept(transfer, KEPT_TRACE_ID),
        .ad_account_usage = kept(transfer, KEPT_AD_ACCOUNT_USAGE),
        .took_us = now_us - transfer->started_us,
    };
}
