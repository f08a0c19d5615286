#include "http.h"

#include "route.h"

#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One request between libmicrohttpd's calls. */
struct exchange {
    struct serve *serve;
    char *query; /* the raw text behind the question mark; owned */
    struct sbuf form;
    bool begun;
};

static const char policy[] =
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/* The address as it came: libmicrohttpd's own parsing hides what is broken in it. */
static void *on_uri(void *arg, const char *uri, struct MHD_Connection *connection)
{
    struct exchange *exchange = calloc(1, sizeof *exchange);
    const char *query = strchr(uri, '?');

    (void)connection;
    if (!exchange)
        return NULL;
    exchange->serve = arg;
    exchange->query = strdup(query ? query + 1 : "");
    sbuf_init(&exchange->form, HTTP_FORM_BYTES_MAX);
    return exchange;
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode code)
{
    struct exchange *exchange = *state;

    (void)arg;
    (void)connection;
    (void)code;
    if (exchange) {
        free(exchange->query);
        sbuf_free(&exchange->form);
        free(exchange);
    }
    *state = NULL;
}

/* ---- answers ---- */

static void add_headers(struct MHD_Response *response, const struct answer *answer)
{
    static const char *const pairs[][2] = {
        {"Content-Security-Policy", policy},
        {"X-Content-Type-Options", "nosniff"},
        {"X-Frame-Options", "DENY"},
        {"Referrer-Policy", "same-origin"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
    };

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        MHD_add_response_header(response, pairs[i][0], pairs[i][1]);
    MHD_add_response_header(response, "Content-Type", answer->type);
    MHD_add_response_header(response, "Cache-Control", answer->cached ? "max-age=3600" : "no-store");
    if (answer->location[0])
        MHD_add_response_header(response, "Location", answer->location);
    if (answer->cookie[0])
        MHD_add_response_header(response, "Set-Cookie", answer->cookie);
    if (answer->status == 503)
        MHD_add_response_header(response, "Retry-After", "5");
}

static enum MHD_Result send_answer(struct MHD_Connection *connection, struct answer *answer)
{
    struct MHD_Response *response =
        answer->text ? MHD_create_response_from_buffer(answer->len, answer->text, MHD_RESPMEM_MUST_FREE)
                     : MHD_create_response_from_buffer(answer->len, (char *)(uintptr_t)answer->fixed,
                                                       MHD_RESPMEM_PERSISTENT);
    enum MHD_Result result;

    if (!response) {
        free(answer->text);
        return MHD_NO;
    }
    add_headers(response, answer);
    result = MHD_queue_response(connection, answer->status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **state)
{
    struct exchange *exchange = *state;
    struct serve *serve = arg;
    struct answer answer = {.status = 500};
    struct asked asked;

    (void)version;
    if (!exchange || !exchange->query)
        return MHD_NO;
    if (!exchange->begun) { /* the headers are there; now comes the form, if any */
        exchange->begun = true;
        return MHD_YES;
    }
    if (*upload_size > 0) { /* too much is noted by the buffer, and thrown away */
        sbuf_put(&exchange->form, upload, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    }
    asked = (struct asked){
        .method = method,
        .path = path,
        .query = exchange->query,
        .host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Host"),
        .origin = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Origin"),
        .fetch_site = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Sec-Fetch-Site"),
        .content_type = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Type"),
        .cookie = MHD_lookup_connection_value(connection, MHD_COOKIE_KIND, serve->cookie_name),
        .form = sbuf_str(&exchange->form),
        .form_len = exchange->form.len,
        .form_whole = sbuf_ok(&exchange->form),
    };
    route(serve, &asked, &answer);
    return send_answer(connection, &answer);
}

struct MHD_Daemon *http_start(struct serve *serve, int fd)
{
    return MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL, 0,
                            NULL, NULL, on_request, serve, MHD_OPTION_LISTEN_SOCKET, fd,
                            MHD_OPTION_URI_LOG_CALLBACK, on_uri, serve, MHD_OPTION_NOTIFY_COMPLETED,
                            on_completed, serve, MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_CONNECTIONS_MAX,
                            MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)HTTP_CONNECTIONS_PER_IP_MAX,
                            MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_CONNECTION_TIMEOUT_S,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_HEADER_BYTES_MAX,
                            MHD_OPTION_END);
}

void http_stop(struct MHD_Daemon *daemon)
{
    MHD_stop_daemon(daemon);
}
