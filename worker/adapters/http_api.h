/* Calls to the catalog API on the loop. Every call is answered exactly once, in a later turn than it was
 * made; the answer holds facts of the transport, never a verdict (common/classify.h gives that).
 *
 * A write's body goes out only if the lease still allows it: send_before_us is compared with a clock read
 * fresh when curl asks for the body (design.md M9), or, for a request without a body, when the connection is
 * ready for it. No request is ever sent twice by itself: what curl would retry on a connection that died is
 * answered API_LOST. */
#ifndef ADAPTERS_HTTP_API_H
#define ADAPTERS_HTTP_API_H

#include "worker/core/input.h"
#include "worker/runtime/loop.h"

struct http_api;

enum {
    API_BODY_MAX_BYTES = 64 * 1024,      /* of an answer; what is beyond is cut off and the answer marked */
    API_LOOKUP_MAX_BYTES = 1024 * 1024,  /* of an answer to a lookup */
    API_REQUEST_MAX_BYTES = 1024 * 1024, /* of a request's body */
    API_URL_MAX_BYTES = 8 * 1024,        /* catalog-api.md section 3: lookups are GET, keep below 8 KB */
    API_HEADER_MAX_BYTES = 8 * 1024,     /* of one answer's header kept, e.g. x-business-use-case-usage */
    API_ERROR_BYTES = 256,
};

struct http_api_settings {
    const char
        *base_url; /* catalog.base.url: http:// or https://, host, port, path; without a trailing slash */
    const char *api_version; /* catalog.api.version, such as v25.0: the first part of every path */
    const char *ca_file;     /* NULL: the system's certificates */
    int connect_timeout_ms;  /* 1 to 60000 */
    int total_timeout_ms;    /* of one call, connecting included: 1 to 300000 */
    uint32_t calls_max; /* at once, over all catalogs; what is beyond waits inside, in order: 1 to 65536 */
    uint32_t connections_max; /* 0: as many as calls */
    bool http2;               /* negotiate HTTP/2 over TLS; else 1.1 only */
};

/* One call. Everything borrowed during http_api_call() only, but for `body`, which is copied as well. */
struct api_call {
    uint8_t catalog;        /* index, as in the core */
    enum call_kind kind;    /* gives method, path and whether a lease is checked: CALL_LOOKUP is a GET */
    const char *catalog_id; /* Meta's id of the catalog: CREATE and LOOKUP */
    const char *item_id;    /* UPDATE, HIDE, DELETE: item id, of [A-Za-z0-9:_=-] */
    const char *query;      /* LOOKUP: encoded query string without `?`; NULL: none */
    const void *body;       /* CREATE, UPDATE, HIDE: form-encoded or JSON */
    size_t body_size;
    const char *content_type; /* of the body; NULL: application/json */
    const char *traceparent;  /* NULL or "": none */
    usec_t send_before_us;    /* writes: not handed over after this moment; LOOP_NEVER: no bound */
    int total_timeout_ms;     /* 0: that of the settings */
};

enum api_transport {
    API_ANSWERED,  /* a whole answer was read (its body may have been cut) */
    API_NOT_SENT,  /* the lease check kept the request back: certainly not applied */
    API_UNREACHED, /* failed before the request was handed over: certainly not applied */
    API_LOST, /* handed over, in part or whole, and no whole answer came: applied, not applied, or still to be
               */
};

/* Strings are never NULL ("" if absent) and valid during the callback. */
struct api_answer {
    enum api_transport transport;
    int status;       /* HTTP status, API_ANSWERED only */
    bool cut;         /* the body was longer than its cap */
    const char *body; /* zero-terminated after body_size bytes; may hold zero bytes */
    size_t body_size;
    const char *error; /* of the transport, without URL or secrets; "" when API_ANSWERED */
    const char *content_type, *api_version, *trace_id, *retry_after;
    const char *app_usage, *business_usage, *ad_account_usage; /* x-*-usage; repeated ones: the last */
    usec_t took_us; /* from the request's start to the answer's end */
};

struct http_events {
    void *arg;
    void (*answered)(void *arg, uint64_t cookie, const struct api_answer *answer);
    /* Worth a WARNING line: the answered API version is not the asked one (once a catalog), curl was rebuilt
     * ... */
    void (*warning)(void *arg, const char *text);
};

struct http_stats {
    uint64_t calls, connects, reused, not_sent, unreached, lost, rebuilt;
    uint32_t running, waiting;
};

/* Makes the client; settings and events are copied. Returns NULL with a message in error (error_size bytes)
 * that names the setting at fault. */
struct http_api *http_api_open(struct loop *loop, const struct http_api_settings *settings,
                               const struct http_events *events, char *error, size_t error_size);

/* Sets a catalog's token and app secret (NULL or "": none, no proof is sent); copied, spaces and line ends
 * around both trimmed. Calls already started keep the old ones. Returns false, changing nothing, if the token
 * could not stand in a header (empty, control bytes, over 4096 bytes). */
bool http_api_set_credentials(struct http_api *api, uint8_t catalog, const char *token, const char *secret);

/* Makes a call; http_events.answered() follows in a later turn. A call whose catalog has no credentials, or
 * whose item id or sizes are out of bounds, is answered API_UNREACHED. */
void http_api_call(struct http_api *api, uint64_t cookie, const struct api_call *call);

/* Answers every call still open now (API_NOT_SENT, API_UNREACHED or API_LOST, as it stands) from within this
 * call: for a stop whose time is over. */
void http_api_cancel_all(struct http_api *api);

void http_api_stats(const struct http_api *api, struct http_stats *stats);

/* Frees everything; open calls are dropped unanswered. NULL is allowed. */
void http_api_destroy(struct http_api *api);

#endif
