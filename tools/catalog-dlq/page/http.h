/* The page over HTTP: libmicrohttpd's side. Every request is bounded and checked here before a view sees it.
 */
#ifndef DLQ_PAGE_HTTP_H
#define DLQ_PAGE_HTTP_H

#include "page.h"

struct MHD_Daemon;

enum {
    HTTP_CONNECTIONS_MAX = 32,
    HTTP_CONNECTIONS_PER_IP_MAX = 24, /* whoever holds these keeps nobody else out */
    HTTP_CONNECTION_TIMEOUT_S = 30,
    HTTP_HEADER_BYTES_MAX = 64 << 10, /* of a request, its address included: a hundred chosen keys fit */
    HTTP_FORM_BYTES_MAX = 64 << 10,
    HTTP_READING_WAIT_S = 20 /* for other pages that read; then "busy" */
};

/* Serves on a listening socket, which it takes over. NULL where it cannot. A thread a connection. */
struct MHD_Daemon *http_start(struct serve *serve, int fd);

/* Waits for answers that are under way, then closes everything. */
void http_stop(struct MHD_Daemon *daemon);

#endif
