/* Turns a host name into an address without blocking the loop: getaddrinfo on a thread of its own, one at a
 * time. */
#ifndef ADAPTERS_REDIS_RESOLVE_H
#define ADAPTERS_REDIS_RESOLVE_H

#include "worker/runtime/loop.h"

enum { REDIS_ADDRESS_SIZE = 64 }; /* a numeric address, scope included */

struct redis_resolve;

/* address: numeric, IPv4 first if the name has both; NULL: error says why. Called once, from the loop. */
typedef void (*redis_resolved_fn)(void *arg, const char *address, const char *error);

/* True if the host is a numeric address already. */
bool redis_resolve_is_numeric(const char *host);

/* Starts; the callback follows in a later turn. Returns NULL when the system refuses a thread or a
 * descriptor. What is returned is valid until the callback or redis_resolve_cancel(). */
struct redis_resolve *redis_resolve_start(struct loop *loop, const char *host, redis_resolved_fn fn,
                                          void *arg);

/* No callback will come. The thread, which cannot be stopped, frees what is left when getaddrinfo returns. */
void redis_resolve_cancel(struct redis_resolve *resolve);

#endif
