/* curl's multi interface on the loop: sockets, its one timer, and completions. */
#ifndef ADAPTERS_HTTP_LOOP_H
#define ADAPTERS_HTTP_LOOP_H

#include "worker/runtime/loop.h"

#include <curl/curl.h>

struct http_loop;

struct http_loop_events {
    void *arg;
    /* A transfer is over; its handle has been taken out already and may be used again. */
    void (*done)(void *arg, CURL *easy, CURLcode result);
    /* curl reported an error of its own bookkeeping: every handle added is in an unknown state. The callee
     * takes all of them out with http_loop_remove(); then a new multi handle is made. */
    void (*broken)(void *arg, const char *why);
};

/* connections_max: kept open and used at once. Returns NULL when out of memory. */
struct http_loop *http_loop_open(struct loop *loop, uint32_t connections_max,
                                 const struct http_loop_events *events);

/* Sets what a handle needs to run here (socket callbacks); once a handle. */
void http_loop_prepare(struct http_loop *http, CURL *easy);

/* Starts a transfer; it runs from the end of this turn on. Not from within curl's own callbacks. */
void http_loop_add(struct http_loop *http, CURL *easy);

/* Takes a transfer out before its end; done() is not called. */
void http_loop_remove(struct http_loop *http, CURL *easy);

/* Closes all connections. Every handle must have been taken out, and is freed after this. NULL is allowed. */
void http_loop_close(struct http_loop *http);

#endif
