/* A private redis-server for tests: its own directory under the temporary one, a unix socket and a port that
 * was free; it dies with the test. Whatever goes wrong here ends the test with a message. */
#ifndef SUPPORT_REDIS_SERVER_H
#define SUPPORT_REDIS_SERVER_H

#include <stdbool.h>

struct redis_server;

int redis_server_free_port(void); /* a port on loopback that nobody used a moment ago */

/* Starts one without persistence and waits until it answers. options: further arguments for redis-server
 * ("--name", "value", ..., NULL), or NULL; kept for restarts. */
struct redis_server *redis_server_start(const char *const *options);
void redis_server_free(struct redis_server *server); /* kills it and removes its directory; NULL is allowed */

const char *redis_server_url(const struct redis_server *server); /* redis+unix://... */
const char *redis_server_path(const struct redis_server *server);
int redis_server_port(const struct redis_server *server);

void redis_server_kill(struct redis_server *server); /* SIGKILL, waited for */
void redis_server_again(struct redis_server *server,
                        bool with_data);             /* after a kill; data: of the last "SAVE" */
void redis_server_stop(struct redis_server *server); /* SIGSTOP: connected, silent */
void redis_server_continue(struct redis_server *server);

/* Asks over a connection of its own (words end with NULL) and returns the answer as text, valid until the
 * next call: a bulk string or number as it is, "(nil)", an array's elements one a line, an error beginning
 * with "-". */
const char *redis_server_ask(struct redis_server *server, const char *word, ...) __attribute__((sentinel));

#endif
