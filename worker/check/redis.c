/* Redis: reached, fit for the work, scripts allowed, its clock. What the prefix holds is prefix.c's. */
#include "tools/kit/redis.h"
#include "tools/kit/cli.h"
#include "worker/adapters/redis_mend.h"
#include "worker/check/check.h"
#include "worker/check/judge.h"
#include "worker/check/prefix.h"

#include <stdlib.h>
#include <string.h>

/* Reads one key and deletes another that nobody ever makes: what scripts need (EVAL, reading and writing
 * under the prefix, on a primary that accepts writes), without a trace. */
static const char harmless[] = "redis.call('TYPE', KEYS[1]) return redis.call('DEL', KEYS[2])";

static void refused(struct check_report *report, const char *id, const char *error)
{
    const char *mend = redis_mend(error);

    check_say(report, CHECK_FAIL, id, NULL,
              mend[0] ? mend
                      : "look at redis.url, the firewall or network policy, and whether Redis is up there",
              "%s", error);
}

/* INFO's text, to be freed; NULL: said why. */
static char *ask_info(struct kit_redis *redis, struct check_report *report)
{
    char error[KIT_REDIS_ERROR_SIZE];
    redisReply *reply = kit_redis_ask(redis, 1, (const char *[]){"INFO"}, NULL, error);
    char *text;

    if (!reply) {
        refused(report, "redis.info", error);
        return NULL;
    }
    /* hiredis 1 and later tells verbatim strings apart; both have str */
    text = reply->str ? strdup(reply->str) : NULL;
    freeReplyObject(reply);
    return text;
}

/* The value of CONFIG GET save, to be freed; NULL where it is not told (hosted ones keep CONFIG to
 * themselves). */
static char *ask_save(struct kit_redis *redis)
{
    char error[KIT_REDIS_ERROR_SIZE];
    redisReply *reply = kit_redis_ask(redis, 3, (const char *[]){"CONFIG", "GET", "save"}, NULL, error);
    char *text = reply && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 && reply->element[1]->str
                     ? strdup(reply->element[1]->str)
                     : NULL;

    if (reply)
        freeReplyObject(reply);
    return text;
}

static void look_at_server(struct kit_redis *redis, struct check_report *report)
{
    char *info = ask_info(redis, report), *save = ask_save(redis);

    if (info)
        judge_redis_info(report, info, save);
    free(info);
    free(save);
}

static void look_at_scripts(struct kit_redis *redis, const char *prefix, struct check_report *report)
{
    char error[KIT_REDIS_ERROR_SIZE], read[64], written[64];
    redisReply *reply;

    snprintf(read, sizeof read, "{%s}:1:g", prefix);
    snprintf(written, sizeof written, "{%s}:1:check", prefix);
    reply = kit_redis_ask(redis, 5, (const char *[]){"EVAL", harmless, "2", read, written}, NULL, error);
    if (!reply) {
        refused(report, "redis.scripts", error);
        return;
    }
    check_say(report, CHECK_OK, "redis.scripts", NULL, NULL, "scripts may read and write under the prefix %s",
              prefix);
    freeReplyObject(reply);
}

static void look_at_clock(const struct check *check, struct kit_redis *redis, struct check_report *report)
{
    char error[KIT_REDIS_ERROR_SIZE];
    int64_t asked_ms = kit_wall_ms(), way_ms, theirs_ms;
    redisReply *reply = kit_redis_ask(redis, 1, (const char *[]){"TIME"}, NULL, error);

    if (!reply) {
        refused(report, "redis.clock", error);
        return;
    }
    way_ms = kit_wall_ms() - asked_ms;
    if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 && reply->element[0]->str &&
        reply->element[1]->str) {
        theirs_ms = strtoll(reply->element[0]->str, NULL, 10) * 1000 +
                    strtoll(reply->element[1]->str, NULL, 10) / 1000;
        judge_clock(report, "redis.clock", NULL, "Redis", asked_ms + way_ms / 2 - theirs_ms, way_ms / 2,
                    check->config->version_future_max_ms);
    }
    freeReplyObject(reply);
}

void check_redis(const struct check *check, struct check_report *report)
{
    char error[KIT_REDIS_ERROR_SIZE];
    struct kit_redis redis;

    if (!kit_redis_open(&redis, check->config, "catalog-worker-check", error)) {
        refused(report, "redis.reach", error);
        return;
    }
    check_say(report, CHECK_OK, "redis.reach", NULL, NULL, "%s answers", redis.where);
    look_at_server(&redis, report);
    look_at_scripts(&redis, check->config->redis_prefix, report);
    check_prefix(check, &redis, report);
    look_at_clock(check, &redis, report);
    kit_redis_close(&redis);
}
