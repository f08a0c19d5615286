/* HTTP: libmicrohttpd driven by our own loop, so that all is one thread. */
#ifndef CATALOG_SIM_SERVER_H
#define CATALOG_SIM_SERVER_H

#include "sim.h"

#include <stdbool.h>

struct server;

/* Starts to listen on HOST:PORT (port 0: any free one). NULL on failure, with the reason in `why`. */
struct server *server_start(struct sim *sim, const char *listen, char *why, size_t why_size);

/* "http://HOST:PORT", as it is really bound. */
const char *server_url(const struct server *server);
int server_port(const struct server *server);

/* Serves until SIGTERM or SIGINT; both must be blocked in the process. False: the loop broke, with the
 * reason. */
bool server_run(struct server *server, char *why, size_t why_size);

/* Closes every connection without further answers. */
void server_stop(struct server *server);

#endif
