#include "exchange.h"

#include "control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define SWALLOW_MAX_BYTES      (64u * 1024 * 1024) /* of a body that is refused for its size */
#define CONTROL_BODY_MAX_BYTES (16u * 1024 * 1024)
#define SLOW_PIECES            20

struct exchange *exchange_open(struct sim *sim, struct exchange **list, const char *url)
{
    struct exchange *ex = zalloc(1, sizeof *ex);
    ex->sim = sim;
    ex->list = list;
    ex->url = copy_str(url);
    ex->next = *list;
    if (*list)
        (*list)->prev = ex;
    *list = ex;
    return ex;
}

static int socket_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

void exchange_close(struct exchange *ex)
{
    if (ex->call) {
        if (ex->state == EXCHANGE_ANSWERED && ex->call->delivery == DELIVER_CLOSE)
            shutdown(socket_of(ex->connection), SHUT_RDWR);
        call_release(ex->call);
    }
    timers_cancel(&ex->sim->timers, &ex->timer);
    if (ex->prev)
        ex->prev->next = ex->next;
    else
        *ex->list = ex->next;
    if (ex->next)
        ex->next->prev = ex->prev;
    text_free(&ex->body);
    text_free(&ex->out);
    free(ex->url);
    free(ex);
}

static void suspend(struct exchange *ex)
{
    ex->suspended = true;
    MHD_suspend_connection(ex->connection);
}

static void resume(struct exchange *ex)
{
    if (!ex->suspended)
        return;
    ex->suspended = false;
    MHD_resume_connection(ex->connection);
}

void exchange_abort(struct exchange *ex)
{
    ex->state = EXCHANGE_ABORT;
    resume(ex);
}

static void on_call_ready(void *owner)
{
    struct exchange *ex = owner;
    ex->state = EXCHANGE_READY;
    resume(ex);
}

static void on_next_piece(void *arg)
{
    resume(arg);
}

/* Gives an answer out in twenty pieces over slow.body.ms, pausing the connection in between. */
static ssize_t read_slow(void *cls, uint64_t position, char *buffer, size_t max)
{
    struct exchange *ex = cls;
    uint64_t now_us = sim_now_us();
    if (ex->state == EXCHANGE_ABORT)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (now_us < ex->next_piece_us) {
        timers_arm(&ex->sim->timers, &ex->timer, ex->next_piece_us, on_next_piece, ex);
        suspend(ex);
        return 0;
    }
    size_t piece = ex->out.len / SLOW_PIECES + 1, left = ex->out.len - (size_t)position;
    if (piece > left)
        piece = left;
    if (piece > max)
        piece = max;
    memcpy(buffer, ex->out.at + position, piece);
    int64_t ms = ex->call->fault.ms >= 0 ? ex->call->fault.ms : ex->sim->knobs.slow_body_ms;
    size_t full = ex->out.len / SLOW_PIECES + 1;
    ex->next_piece_us = now_us + (uint64_t)ms * 1000 / ((ex->out.len + full - 1) / full);
    return (ssize_t)piece;
}

/* Gives half of the answer out, then breaks the connection off. */
static ssize_t read_cut(void *cls, uint64_t position, char *buffer, size_t max)
{
    struct exchange *ex = cls;
    size_t half = ex->out.len / 2;
    if (position >= half)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t n = half - (size_t)position < max ? half - (size_t)position : max;
    memcpy(buffer, ex->out.at + position, n);
    return (ssize_t)n;
}

static enum MHD_Result queue(struct exchange *ex, int status, struct MHD_Response *response)
{
    if (!response)
        return MHD_NO;
    ex->state = EXCHANGE_ANSWERED;
    enum MHD_Result queued = MHD_queue_response(ex->connection, (unsigned int)status, response);
    MHD_destroy_response(response);
    return queued;
}

static struct MHD_Response *whole_response(struct text *body)
{
    if (!body->at)
        text_str(body, "");
    struct MHD_Response *response =
        MHD_create_response_from_buffer(body->len, body->at, MHD_RESPMEM_MUST_FREE);
    *body = (struct text){0};
    return response;
}

static void add_usage_headers(struct call *call, struct MHD_Response *response)
{
    struct text business = {0}, app = {0};
    bool mixed = call->sim->knobs.usage_header_case == CASE_MIXED;
    limits_headers(call, &business, &app);
    if (business.len)
        MHD_add_response_header(response, mixed ? "X-Business-Use-Case-Usage" : "x-business-use-case-usage",
                                business.at);
    if (app.len)
        MHD_add_response_header(response, mixed ? "X-App-Usage" : "x-app-usage", app.at);
    text_free(&business);
    text_free(&app);
}

static void add_headers(struct call *call, struct MHD_Response *response)
{
    const struct answer *a = &call->answer;
    char version[16], trace[20] = "T";
    MHD_add_response_header(response, "Content-Type",
                            a->content_type ? a->content_type : "application/json; charset=UTF-8");
    snprintf(version, sizeof version, "v%d.0", call->version);
    MHD_add_response_header(response, "facebook-api-version", version);
    uint64_t id = mix64(call->seq ^ ((uint64_t)call->sim->knobs.seed << 32));
    for (int i = 1; i <= 16; i++, id >>= 4)
        trace[i] = "0123456789abcdef"[id & 15];
    MHD_add_response_header(response, "x-fb-trace-id", trace);
    MHD_add_response_header(response, "x-fb-rev", "1030000000");
    if (a->authenticate[0])
        MHD_add_response_header(response, "WWW-Authenticate", a->authenticate);
    add_usage_headers(call, response);
}

/* The kernel sends RST instead of FIN when a socket without lingering is closed. */
static void reset_on_close(struct exchange *ex)
{
    struct linger none = {.l_onoff = 1, .l_linger = 0};
    setsockopt(socket_of(ex->connection), SOL_SOCKET, SO_LINGER, &none, sizeof none);
}

static enum MHD_Result deliver(struct exchange *ex)
{
    struct call *call = ex->call;
    struct MHD_Response *response;
    switch (call->delivery) {
    case DELIVER_RESET: reset_on_close(ex); return MHD_NO;
    case DELIVER_NOTHING: return MHD_NO;
    case DELIVER_SLOW:
    case DELIVER_CUT:
        ex->out = call->answer.body;
        call->answer.body = (struct text){0};
        response = MHD_create_response_from_callback(
            ex->out.len, ex->out.len + 1, call->delivery == DELIVER_SLOW ? read_slow : read_cut, ex, NULL);
        break;
    default: response = whole_response(&call->answer.body); break;
    }
    if (response)
        add_headers(call, response);
    return queue(ex, call->answer.status, response);
}

static enum MHD_Result refuse(struct exchange *ex, int status, const char *text)
{
    struct text body = {0};
    text_fmt(&body, "<!DOCTYPE html>\n<html><body><h1>%d %s</h1></body></html>\n", status, text);
    struct MHD_Response *response = whole_response(&body);
    if (response)
        MHD_add_response_header(response, "Content-Type", "text/html; charset=UTF-8");
    return queue(ex, status, response);
}

static enum MHD_Result control(struct exchange *ex, const struct request *request)
{
    struct text out = {0};
    int status = control_handle(ex->sim, request, &out);
    struct MHD_Response *response = whole_response(&out);
    if (response)
        MHD_add_response_header(response, "Content-Type", "application/json; charset=UTF-8");
    return queue(ex, status, response);
}

static void set_method(struct request *r, const char *method)
{
    static const struct {
        const char *name, *lower;
        enum call_method method;
    } methods[] = {
        {"GET", "get", METHOD_GET}, {"POST", "post", METHOD_POST}, {"DELETE", "delete", METHOD_DELETE}};
    r->method = METHOD_OTHER;
    r->method_name = "put";
    for (size_t i = 0; i < 3; i++) {
        if (strcmp(methods[i].name, method) == 0) {
            r->method = methods[i].method;
            r->method_name = methods[i].lower;
        }
    }
}

static bool is_control(const struct exchange *ex)
{
    return strncmp(ex->url, "/_sim", 5) == 0 && strchr("/?", ex->url[5]);
}

/* Bulk calls may be larger than others. */
static bool is_items_batch(const struct exchange *ex)
{
    static const char edge[] = "/items_batch";
    size_t len = strcspn(ex->url, "?"), edge_len = sizeof edge - 1;
    return len > edge_len && memcmp(ex->url + len - edge_len, edge, edge_len) == 0;
}

static uint64_t body_max_bytes(const struct exchange *ex)
{
    const struct knobs *k = &ex->sim->knobs;
    return is_control(ex)       ? CONTROL_BODY_MAX_BYTES
           : is_items_batch(ex) ? (uint64_t)k->batch_body_max_bytes
                                : (uint64_t)k->body_max_bytes;
}

/* The whole request is here. */
static enum MHD_Result process(struct exchange *ex, const char *method)
{
    struct request request = {
        .url = ex->url,
        .content_type = MHD_lookup_connection_value(ex->connection, MHD_HEADER_KIND, "Content-Type"),
        .authorization = MHD_lookup_connection_value(ex->connection, MHD_HEADER_KIND, "Authorization"),
        .host = MHD_lookup_connection_value(ex->connection, MHD_HEADER_KIND, "Host"),
        .body = ex->body.at ? ex->body.at : "",
        .body_size_bytes = ex->body.len,
        .body_too_large = ex->body_seen_bytes > ex->body.len,
    };
    set_method(&request, method);
    if (ex->url[0] != '/')
        return refuse(ex, 400, "Bad Request");
    if (request.body_too_large && !is_items_batch(ex))
        return refuse(ex, 413, "Content Too Large");
    if (is_control(ex))
        return control(ex, &request);
    if (strlen(ex->url) > (size_t)ex->sim->knobs.url_max_bytes)
        return refuse(ex, 414, "URI Too Long");
    bool ready;
    ex->call = call_begin(ex->sim, &request, on_call_ready, ex, &ready);
    if (ready)
        return deliver(ex);
    ex->state = EXCHANGE_WAITING;
    suspend(ex);
    return MHD_YES;
}

static enum MHD_Result take_body(struct exchange *ex, const char *upload, size_t size)
{
    ex->body_seen_bytes += size;
    if (ex->body_seen_bytes > body_max_bytes(ex))
        text_free(&ex->body);
    else
        text_add(&ex->body, upload, size);
    return ex->body_seen_bytes > SWALLOW_MAX_BYTES ? MHD_NO : MHD_YES;
}

enum MHD_Result exchange_handle(struct exchange *ex, struct MHD_Connection *connection, const char *method,
                                const char *upload, size_t *upload_size)
{
    ex->connection = connection;
    switch (ex->state) {
    case EXCHANGE_NEW: ex->state = EXCHANGE_READING; return MHD_YES;
    case EXCHANGE_READING:
        if (*upload_size == 0)
            return process(ex, method);
        size_t size = *upload_size;
        *upload_size = 0;
        return take_body(ex, upload, size);
    case EXCHANGE_READY: return deliver(ex);
    case EXCHANGE_WAITING: suspend(ex); return MHD_YES;
    default: return MHD_NO;
    }
}
