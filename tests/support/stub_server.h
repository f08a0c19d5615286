/* A scripted HTTP/1.1 server on loopback for tests: the n-th request, over all connections, gets the n-th
 * step. */
#ifndef SUPPORT_STUB_SERVER_H
#define SUPPORT_STUB_SERVER_H

#include <stddef.h>

enum stub_act {
    STUB_REPLY,       /* send text, keep the connection */
    STUB_REPLY_CLOSE, /* send text, close */
    STUB_CLOSE,       /* close without a byte */
    STUB_RESET,       /* reset without a byte */
    STUB_SILENT,      /* never answer */
};

struct stub_step {
    enum stub_act act;
    const char *text; /* sent as it is; NULL: 200 with {"id":"1"} */
    int delay_ms;     /* before acting */
};

struct stub_server;

/* Starts; requests beyond the script get the last step again. steps are borrowed. */
struct stub_server *stub_start(const struct stub_step *steps, size_t count);

int stub_port(const struct stub_server *stub);

/* Whole requests read so far, connections accepted so far. */
int stub_requests(struct stub_server *stub);
int stub_connections(struct stub_server *stub);

/* The n-th request as received, headers and body. The caller frees it. NULL: there is none. */
char *stub_request(struct stub_server *stub, int n);

void stub_stop(struct stub_server *stub);

/* A port on loopback that refuses connections. */
int stub_closed_port(void);

#endif
