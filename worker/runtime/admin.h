/* The admin endpoint: /livez, /readyz, /status, /metrics; read-only. It runs on a thread of its own and
 * answers from snapshots that the reactor leaves, so that it answers even when the loop hangs, and then says
 * so. */
#ifndef RUNTIME_ADMIN_H
#define RUNTIME_ADMIN_H

#include <stdbool.h>
#include <stddef.h>

struct admin;
struct reactor;
struct sockaddr_storage;

enum { ADMIN_CONNECTIONS_MAX = 512 };

/* Listens on "host:port" or ":port" (port 0: any, logged); empty: off, *admin is NULL. False with a message.
 */
bool admin_open(struct admin **admin, const char *listen, char *error, size_t error_size);

/* The loop has turned. Cheap; NULL allowed, as everywhere here. */
void admin_alive(struct admin *admin);

/* Leaves new texts for /readyz, /status and /metrics. */
void admin_snapshot(struct admin *admin, struct reactor *r);

void admin_close(struct admin *admin);

/* The address that admin.listen means; false with a message. */
bool admin_resolve(const char *listen, struct sockaddr_storage *addr, char *error, size_t error_size);

/* Whether a worker's endpoint answers there, whatever it says. */
bool admin_alive_at(const char *listen);

/* catalog-worker --health: asks the endpoint of a running worker; 0 ready, 1 not, with the reason printed. */
int admin_ask(const char *listen);

/* catalog-worker --status: asks for /status and prints it for people. 0; 1 without an answer; 2 without
 * admin.listen. */
int admin_show_status(const char *listen);

#endif
