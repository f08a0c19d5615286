#include "worker/check/prefix.h"

#include "tools/kit/memory.h"

#include <inttypes.h>
#include <string.h>

enum { ROUNDS_MAX = 50 }; /* of SCAN, 1000 keys each, of a Redis that may hold millions */

/* What was seen under the prefix. */
struct seen {
    uint64_t ours, others, foreign;
    char other[CONFIG_CATALOG_NAME_MAX + 1], example[CHECK_SUBJECT_SIZE];
};

static bool begins(const char *text, size_t len, const char *with)
{
    size_t own = strlen(with);

    return len >= own && memcmp(text, with, own) == 0;
}

enum check_key check_key_kind(const struct config *config, const char *key, size_t len,
                              char catalog[CONFIG_CATALOG_NAME_MAX + 1])
{
    char start[64];
    size_t name;

    snprintf(start, sizeof start, "{%s}:1:", config->redis_prefix);
    if (!begins(key, len, start))
        return KEY_FOREIGN;
    key += strlen(start);
    len -= strlen(start);
    if ((len == 1 && *key == 'g') || begins(key, len, "w:"))
        return KEY_OURS;
    if (!begins(key, len, "c:"))
        return KEY_FOREIGN;
    key += 2;
    len -= 2;
    for (name = 0; name < len && key[name] != ':'; name++)
        continue;
    if (name == 0 || name == len || name > CONFIG_CATALOG_NAME_MAX)
        return KEY_FOREIGN;
    memcpy(catalog, key, name);
    catalog[name] = '\0';
    return config_catalog(config, catalog) ? KEY_OURS : KEY_OTHER_CATALOG;
}

static void take_key(const struct config *config, const redisReply *key, struct seen *seen)
{
    char catalog[CONFIG_CATALOG_NAME_MAX + 1];

    switch (check_key_kind(config, key->str, key->len, catalog)) {
    case KEY_OURS: seen->ours++; break;
    case KEY_OTHER_CATALOG:
        seen->others++;
        memcpy(seen->other, catalog, sizeof catalog);
        break;
    case KEY_FOREIGN:
        seen->foreign++;
        snprintf(seen->example, sizeof seen->example, "%.*s", (int)(key->len < 200 ? key->len : 200),
                 key->str);
        break;
    }
}

/* The prefix as SCAN's pattern: its own characters may mean something there. */
static void pattern_of(const char *prefix, char out[100])
{
    size_t at = 0;

    out[at++] = '{';
    for (; *prefix && at < 90; prefix++) {
        if (strchr("*?[]\\^", *prefix))
            out[at++] = '\\';
        out[at++] = *prefix;
    }
    memcpy(out + at, "}:*", 4);
}

/* False: Redis refused (a user without SCAN), which is said. */
static bool scan(const struct check *check, struct kit_redis *redis, struct check_report *report,
                 struct seen *seen, bool *whole)
{
    char error[KIT_REDIS_ERROR_SIZE], pattern[100], cursor[32] = "0";

    pattern_of(check->config->redis_prefix, pattern);
    for (int round = 0; round < ROUNDS_MAX && check_left_ms(check, 2) > 1; round++) {
        const char *args[] = {"SCAN", cursor, "MATCH", pattern, "COUNT", "1000"};
        redisReply *reply = kit_redis_ask(redis, 6, args, NULL, error);

        if (!reply || reply->type != REDIS_REPLY_ARRAY || reply->elements != 2) {
            check_say(report, CHECK_UNKNOWN, "redis.prefix", NULL,
                      "give the Redis user SCAN, or see yourself that nobody else uses redis.prefix",
                      "what lies under the prefix cannot be seen: %s",
                      reply ? "not an answer to SCAN" : error);
            if (reply)
                freeReplyObject(reply);
            return false;
        }
        snprintf(cursor, sizeof cursor, "%s", reply->element[0]->str);
        for (size_t i = 0; i < reply->element[1]->elements; i++)
            take_key(check->config, reply->element[1]->element[i], seen);
        freeReplyObject(reply);
        *whole = strcmp(cursor, "0") == 0;
        if (*whole)
            break;
    }
    return true;
}

static void say_seen(struct check_report *report, const struct kit_epoch *epoch, const struct seen *seen,
                     bool whole)
{
    if (seen->foreign > 0)
        check_say(report, CHECK_WARN, "redis.prefix", NULL, "give redis.prefix a value that nobody else uses",
                  "%" PRIu64 " keys under the prefix are none of ours, such as %s", seen->foreign,
                  seen->example);
    if (seen->others > 0)
        check_say(
            report, CHECK_WARN, "redis.prefix", NULL,
            "if another deployment uses this prefix, give this one another redis.prefix; if the catalog was "
            "taken out of the configuration, catalog-memory forget --catalog removes what is left",
            "it holds %" PRIu64 " keys of a catalog \"%s\", which is not configured here", seen->others,
            seen->other);
    if (seen->foreign + seen->others > 0)
        return;
    if (!epoch->exists)
        check_say(report, CHECK_OK, "redis.prefix", NULL, NULL, "nothing is under the prefix yet");
    else if (!epoch->ready)
        check_say(report, CHECK_WARN, "redis.prefix", NULL,
                  "wait until the workers have rebuilt it; their /status says how far they are",
                  "the memory (epoch %" PRId64 ") is being rebuilt", epoch->epoch);
    else
        check_say(report, CHECK_OK, "redis.prefix", NULL, NULL,
                  "memory of epoch %" PRId64 "; of the keys looked at%s %" PRIu64
                  " are ours and none is a stranger's",
                  epoch->epoch, whole ? "" : " (not all)", seen->ours);
}

void check_prefix(const struct check *check, struct kit_redis *redis, struct check_report *report)
{
    char error[KIT_REDIS_ERROR_SIZE];
    struct kit_epoch epoch;
    struct seen seen = {0};
    bool whole = false;

    if (!kit_memory_read_epoch(redis, check->config, &epoch, error)) {
        check_say(report, CHECK_FAIL, "redis.prefix", NULL, "give redis.prefix a value that nobody else uses",
                  "%s", error);
        return;
    }
    if (scan(check, redis, report, &seen, &whole))
        say_seen(report, &epoch, &seen, whole);
}
