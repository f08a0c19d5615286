/* Calls to the catalog API on the loop. Every call is answered exactly once, in a later turn than it was
 * made; the answer holds facts of the transport, never a verdict (common/classify.h gives that).
 *
 * A write goes out only if the lease still allows it: send_before_us is compared with a clock read fresh when
 * the connection is ready for the request, just before it is handed to the socket whole; a body too large for
 * that is checked when curl asks for it (design.md M9). No write is ever sent twice by itself: what curl
 * would retry on a connection that died is answered API_NET_RESET with body_sent. */
#ifndef ADAPTERS_HTTP_API_H
#define ADAPTERS_HTTP_API_H

#include "common/classify.h"
#include "worker/core/input.h"
#include "worker/runtime/loop.h"

struct http_api;

enum {
    HTTP_BODY_MAX_BYTES = 64 * 1024,      /* of an answer; a longer one counts as broken (API_NET_RESET) */
    HTTP_LOOKUP_MAX_BYTES = 1024 * 1024,  /* of an answer to a lookup */
    HTTP_REQUEST_MAX_BYTES = 1024 * 1024, /* of a request's body */
    HTTP_PATH_MAX_BYTES = 16 * 1024,      /* path and query: a lookup of 100 encoded SKUs fits */
    HTTP_HEADER_MAX_BYTES = 8 * 1024, /* of one kept header of an answer, e.g. x-business-use-case-usage */
};

struct http_api_settings {
    const char
        *base_url; /* catalog.base.url: http:// or https://, host, port, path; without a trailing slash */
    const char *api_version; /* catalog.api.version, such as v25.0: what answers should name as theirs */
    const char *ca_file;     /* NULL: the system's certificates */
    bool tls_unverified;     /* tls.verify=false: any certificate will do; for laboratories only */
    int connect_timeout_ms;  /* 1 to 60000 */
    int total_timeout_ms;    /* of one call, connecting included: 1 to 300000 */
    uint32_t calls_max; /* at once, over all catalogs; what is beyond waits inside, in order: 1 to 65536 */
    uint32_t connections_max; /* 0: as many as calls */
    bool http2;               /* negotiate HTTP/2 over TLS; else 1.1 only */
};

/* One call. Everything is borrowed during http_api_call() only, and copied. */
struct http_call {
    uint8_t catalog;     /* index, as in the core: chooses the credentials */
    enum call_kind kind; /* CALL_LOOKUP: GET, CALL_DELETE: DELETE, else POST */
    const char *path;    /* from common/apibody.h's apipath_*(): /{version}/..., query included */
    const void *body;    /* POST: JSON from apibody_*() */
    size_t body_size;
    const char *traceparent; /* W3C; NULL or "": none */
    usec_t send_before_us; /* writes: not handed over after this moment of the monotonic clock; LOOP_NEVER: no
                              bound. Not looked at for a lookup */
};

/* What came of a call. Strings are valid during the callback; in api NULL where absent (as classify() takes
 * them), the others "". */
struct http_answer {
    struct api_answer api; /* all that classify() asks for. API_NET_ABORTED: the lease check, or a cancel,
                              kept the request back whole, or (body_sent) broke it off */
    const char *content_type, *api_version, *trace_id; /* content-type, facebook-api-version, x-fb-trace-id */
    const char *ad_account_usage;                      /* x-ad-account-usage */
    usec_t took_us;                                    /* from the request's start to the answer's end */
};

struct http_events {
    void *arg;
    void (*answered)(void *arg, uint64_t cookie, const struct http_answer *answer);
    /* Worth a WARNING line: the answered API version is not the asked one (once a catalog), curl was rebuilt
     * ... */
    void (*warning)(void *arg, const char *text);
};

struct http_stats {
    uint64_t calls, connects, not_sent, lost, rebuilt; /* lost: body_sent and no whole answer */
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

/* Makes a call; http_events.answered() follows in a later turn. A call whose catalog has no credentials yet
 * is answered API_NET_CONNECT_FAILED. Sizes out of bounds and a path that does not begin with / are
 * assertions. */
void http_api_call(struct http_api *api, uint64_t cookie, const struct http_call *call);

/* Answers every call still open now (API_NET_ABORTED, body_sent as it stands) from within this call: for a
 * stop whose time is over. */
void http_api_cancel_all(struct http_api *api);

void http_api_stats(const struct http_api *api, struct http_stats *stats);

/* Frees everything; open calls are dropped unanswered. NULL is allowed. */
void http_api_destroy(struct http_api *api);

#endif
