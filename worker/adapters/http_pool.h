/* Transfers: a reusable easy handle each, with the request's bytes, the lease check at hand-over, and the
 * capped answer. What an easy handle never changes is set once. */
#ifndef ADAPTERS_HTTP_POOL_H
#define ADAPTERS_HTTP_POOL_H

#include "worker/adapters/http_api.h"
#include "worker/adapters/http_loop.h"

/* Headers and a body of so many bytes at most leave in one send: a socket whose last answer is whole has room
 * for both. */
enum { HTTP_WHOLE_BYTES = 8192 };

enum kept_header {
    KEPT_CONTENT_TYPE,
    KEPT_API_VERSION,
    KEPT_TRACE_ID,
    KEPT_RETRY_AFTER,
    KEPT_APP_USAGE,
    KEPT_BUSINESS_USAGE,
    KEPT_AD_ACCOUNT_USAGE,
    KEPT_COUNT,
};

struct buffer {
    char *bytes;
    size_t size, room;
};

enum refusal_at { REFUSED_NOT, REFUSED_LEASE, REFUSED_TWICE };

struct http_transfer {
    CURL *easy;
    struct http_transfer *next, *prev; /* in the owner's list, or the pool's */
    uint64_t cookie;
    uint8_t catalog;
    enum call_kind kind;
    usec_t send_before_us, started_us;
    struct buffer url, body; /* the request's; the URL is the target alone where the pool has a base */
    bool target;             /* so it is */
    size_t body_read;        /* bytes of the body that curl has taken */
    bool http2;              /* may be spoken: bodies then follow their headers */
    bool whole;              /* the request leaves in one piece: lease checked just before it */
    bool begun;              /* the request may be on the wire: its headers may have left */
    bool handed; /* what makes it a whole request has (begun to) leave: the body, or headers without */
    enum refusal_at refused;
    bool overflow;      /* the answer was longer than its cap */
    bool headers_whole; /* curl takes an answer that ends within its headers for one without a body */
    struct buffer answer;
    struct buffer kept[KEPT_COUNT];
    char traceparent[80];
    struct curl_slist trace_node; /* heads the list of the credentials' headers */
    void *credentials;            /* held by http_api while the transfer runs */
};

struct http_pool {
    struct http_loop *http;
    const struct http_api_settings *settings; /* borrowed for the pool's life */
    bool direct;                              /* no proxy: the server is on this machine */
    CURLU *base; /* owned: scheme, host and port of all calls, parsed once; NULL: curl gets whole URLs */
    struct http_transfer *free;
};

/* A transfer ready for http_transfer_begin(); NULL when curl refuses a handle. */
struct http_transfer *http_pool_take(struct http_pool *pool);

/* Takes it back; big answer buffers are given up. */
void http_pool_give(struct http_pool *pool, struct http_transfer *transfer);

void http_pool_free(struct http_pool *pool);

/* Frees one for good. */
void http_transfer_free(struct http_transfer *transfer);

/* Sets the request: method by kind; url and body are in the transfer already, headers live until the transfer
 * is over. */
void http_transfer_begin(struct http_transfer *transfer, struct curl_slist *headers);

/* The transfer of a handle. */
struct http_transfer *http_transfer_of(CURL *easy);

/* Fills the answer from what curl reports. Its strings point into the transfer (or are constants). */
void http_transfer_answer(struct http_transfer *transfer, CURLcode result, usec_t now_us,
                          struct http_answer *answer);

/* Appends bytes, and a zero after them that is not counted; for requests (no cap but memory). */
void buffer_add(struct buffer *buffer, const void *bytes, size_t size);

#endif
