/* TLS to Redis, where hiredis was built with it (Debian 13; not Debian 12). The certificate and the host's
 * name are verified, always. */
#ifndef ADAPTERS_REDIS_TLS_H
#define ADAPTERS_REDIS_TLS_H

#include <hiredis/hiredis.h>

#include <stdbool.h>
#include <stddef.h>

struct redis_tls;

/* Makes a context for any number of connections. ca_file: certificates to trust instead of the system's;
 * NULL: the system's. Returns NULL and a message for people in error where this program has no TLS, or the
 * file cannot be read. */
struct redis_tls *redis_tls_new(const char *ca_file, char *error, size_t error_size);
void redis_tls_free(struct redis_tls *tls);

/* Starts TLS on a fresh connection (an asynchronous one's: &ac->c). Returns false and a message if it cannot.
 */
bool redis_tls_start(struct redis_tls *tls, redisContext *connection, const char *host, char *error,
                     size_t error_size);

#endif
