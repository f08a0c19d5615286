#include "tools/kit/redis.h"

#include "common/textsafe.h"
#include "worker/adapters/redis_mend.h"
#include "worker/adapters/redis_tls.h"
#include "worker/adapters/redis_url.h"

#include <stdio.h>
#include <string.h>

static struct timeval timeval_of(int64_t ms)
{
    return (struct timeval){.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
}

static bool wrong(const struct kit_redis *redis, char *error, const char *what)
{
    const char *mend = redis_mend(what);
    char safe[200];

    textsafe_copy(safe, sizeof safe, what, strlen(what));
    snprintf(error, KIT_REDIS_ERROR_SIZE, "redis at %.120s: %s%s%.150s%s", redis->where, safe,
             mend[0] ? " (" : "", mend, mend[0] ? ")" : "");
    return false;
}

static bool unreachable(const struct kit_redis *redis, char *error)
{
    char what[160];

    snprintf(what, sizeof what, "%.80s (look at redis.url, and whether Redis runs)", redis->context->errstr);
    return wrong(redis, error, what);
}

redisReply *kit_redis_ask(struct kit_redis *redis, int count, const char **args, const size_t *lens,
                          char error[KIT_REDIS_ERROR_SIZE])
{
    redisReply *reply = redisCommandArgv(redis->context, count, args, lens);

    if (!reply) {
        wrong(redis, error, redis->context->errstr[0] ? redis->context->errstr : "the connection broke");
        return NULL;
    }
    if (reply->type == REDIS_REPLY_ERROR) {
        wrong(redis, error, reply->str);
        freeReplyObject(reply);
        return NULL;
    }
    return reply;
}

static bool say(struct kit_redis *redis, int count, const char **args, char *error)
{
    redisReply *reply = kit_redis_ask(redis, count, args, NULL, error);

    if (reply)
        freeReplyObject(reply);
    return reply != NULL;
}

static bool sign_in(struct kit_redis *redis, const struct redis_url *url, const char *password,
                    const char *name, char *error)
{
    char db[12];

    if (password && url->user[0] && !say(redis, 3, (const char *[]){"AUTH", url->user, password}, error))
        return false;
    if (password && !url->user[0] && !say(redis, 2, (const char *[]){"AUTH", password}, error))
        return false;
    snprintf(db, sizeof db, "%d", url->db);
    if (url->db > 0 && !say(redis, 2, (const char *[]){"SELECT", db}, error))
        return false;
    return say(redis, 3, (const char *[]){"CLIENT", "SETNAME", name}, error);
}

static bool connect_to(struct kit_redis *redis, const struct config *config, const struct redis_url *url,
                       char *error)
{
    struct timeval connect_in = timeval_of(config->redis_connect_timeout_ms);

    redis->context = url->host[0] ? redisConnectWithTimeout(url->host, url->port, connect_in)
                                  : redisConnectUnixWithTimeout(url->path, connect_in);
    if (!redis->context)
        return wrong(redis, error, "no memory");
    if (redis->context->err)
        return unreachable(redis, error);
    redisSetTimeout(redis->context, timeval_of(config->redis_reply_timeout_ms));
    if (!url->tls)
        return true;
    redis->tls =
        redis_tls_new(config->tls_ca_file[0] ? config->tls_ca_file : NULL, error, KIT_REDIS_ERROR_SIZE);
    return redis->tls && redis_tls_start(redis->tls, redis->context, url->host, error, KIT_REDIS_ERROR_SIZE);
}

bool kit_redis_open(struct kit_redis *redis, const struct config *config, const char *name,
                    char error[KIT_REDIS_ERROR_SIZE])
{
    struct redis_url url;
    const char *password;

    memset(redis, 0, sizeof *redis);
    if (!redis_url_parse(config->redis_url, &url, error, KIT_REDIS_ERROR_SIZE))
        return false;
    redis_url_show(&url, redis->where, sizeof redis->where);
    password = config->redis_password.value ? config->redis_password.value
               : url.password[0]            ? url.password
                                            : NULL;
    if (connect_to(redis, config, &url, error) && sign_in(redis, &url, password, name, error))
        return true;
    kit_redis_close(redis);
    return false;
}

void kit_redis_close(struct kit_redis *redis)
{
    if (redis->context)
        redisFree(redis->context);
    redis_tls_free(redis->tls);
    redis->context = NULL;
    redis->tls = NULL;
}
