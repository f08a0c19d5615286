/* A connection to Redis for tools: redis.url, redis.password, TLS as the worker has them, used synchronously.
 */
#ifndef KIT_REDIS_H
#define KIT_REDIS_H

#include "common/config.h"

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stddef.h>

enum { KIT_REDIS_ERROR_SIZE = 512 };

struct kit_redis {
    redisContext *context;
    struct redis_tls *tls;
    char where[300]; /* host:port/db, for messages */
};

/* Connects and signs in (AUTH, SELECT, a name). False with a message in error that says what to do, never
 * quoting a password; nothing is to be closed then. */
bool kit_redis_open(struct kit_redis *redis, const struct config *config, const char *name,
                    char error[KIT_REDIS_ERROR_SIZE]);
void kit_redis_close(struct kit_redis *redis);

/* One command, arguments of any bytes; lens NULL: NUL-terminated. The caller frees the reply with
 * freeReplyObject. NULL with a message in error: the connection broke, or Redis refused. */
redisReply *kit_redis_ask(struct kit_redis *redis, int count, const char **args, const size_t *lens,
                          char error[KIT_REDIS_ERROR_SIZE]);

#endif
