#include "worker/check/judge.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    VERSION_MIN = 5, /* scripts that replicate their effects (docs/store.md) */
    VALUE_SIZE = 64,
    FULL_PERCENT = 80,      /* of maxmemory: the rest goes in a few hours of a bad day */
    OVERCOMMIT_PERCENT = 80 /* of the machine's memory, where Redis has no bound of its own */
};

/* The value of a line "name:value"; "" where there is none. */
static const char *value(const char *info, const char *name, char out[VALUE_SIZE])
{
    size_t len = strlen(name);

    out[0] = '\0';
    for (const char *line = info; line && *line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, len) == 0 && line[len] == ':') {
            snprintf(out, VALUE_SIZE, "%.*s", (int)strcspn(line + len + 1, "\r\n"), line + len + 1);
            break;
        }
    }
    return out;
}

static int64_t number(const char *info, const char *name)
{
    char text[VALUE_SIZE];

    return strtoll(value(info, name, text), NULL, 10);
}

static bool is(const char *info, const char *name, const char *wanted)
{
    char text[VALUE_SIZE];

    return strcmp(value(info, name, text), wanted) == 0;
}

static void judge_version(struct check_report *report, const char *info)
{
    char version[VALUE_SIZE];

    value(info, "redis_version", version);
    if (strtol(version, NULL, 10) < VERSION_MIN)
        check_say(report, CHECK_FAIL, "redis.version", NULL, "run Redis 5 or later (or Valkey)",
                  "it is version %s: its scripts cannot do what ours need", version[0] ? version : "unknown");
    else
        check_say(report, CHECK_OK, "redis.version", NULL, NULL, "Redis %s", version);
}

static void judge_role(struct check_report *report, const char *info)
{
    if (is(info, "role", "slave"))
        check_say(report, CHECK_FAIL, "redis.role", NULL, "name the primary in redis.url",
                  "it is a replica: it takes no writes");
    else if (is(info, "cluster_enabled", "1") || is(info, "redis_mode", "cluster"))
        check_say(
            report, CHECK_WARN, "redis.role", NULL,
            "give the worker a Redis of its own, with one primary: the worker keeps one connection and does "
            "not follow a cluster's redirections",
            "it runs in cluster mode: this works only while one primary holds all slots");
    else
        check_say(report, CHECK_OK, "redis.role", NULL, NULL, "it is a primary");
}

static void judge_memory(struct check_report *report, const char *info)
{
    int64_t used = number(info, "used_memory"), max = number(info, "maxmemory");
    int64_t machine = number(info, "total_system_memory");
    int64_t mib = INT64_C(1) << 20;
    char policy[VALUE_SIZE];

    value(info, "maxmemory_policy", policy);
    if (!policy[0])
        check_say(report, CHECK_UNKNOWN, "redis.eviction", NULL, "see that maxmemory-policy is noeviction",
                  "this Redis does not tell its eviction policy");
    else if (strcmp(policy, "noeviction") != 0)
        check_say(
            report, CHECK_FAIL, "redis.eviction", NULL,
            "set maxmemory-policy noeviction (CONFIG SET and redis.conf), or give the worker a Redis of "
            "its own",
            "maxmemory-policy is %s: it drops memory silently, and leases and outcomes with it", policy);
    else
        check_say(report, CHECK_OK, "redis.eviction", NULL, NULL, "maxmemory-policy is noeviction");
    if (max > 0 && used >= max / 100 * FULL_PERCENT)
        check_say(report, CHECK_WARN, "redis.memory", NULL,
                  "raise maxmemory, or lower dedup.ttl.ms: a full Redis refuses claims, and the flow stops",
                  "%" PRId64 " of %" PRId64 " MiB are used", used / mib, max / mib);
    else if (max <= 0 && machine > 0 && used >= machine / 100 * OVERCOMMIT_PERCENT)
        check_say(report, CHECK_WARN, "redis.memory", NULL,
                  "give the machine more memory, or set maxmemory, so that Redis refuses rather than dies",
                  "%" PRId64 " MiB are used of the machine's %" PRId64 ", and maxmemory is not set",
                  used / mib, machine / mib);
    else if (max > 0)
        check_say(report, CHECK_OK, "redis.memory", NULL, NULL, "%" PRId64 " of %" PRId64 " MiB are used",
                  used / mib, max / mib);
    else
        check_say(report, CHECK_OK, "redis.memory", NULL, NULL, "%" PRId64 " MiB are used, without a bound",
                  used / mib);
}

static void judge_persistence(struct check_report *report, const char *info, const char *config_save)
{
    bool aof = is(info, "aof_enabled", "1");

    if (aof && is(info, "aof_last_write_status", "err"))
        check_say(report, CHECK_FAIL, "redis.persistence", NULL, "look at the disk: is it full?",
                  "its append-only file could not be written: it refuses writes");
    else if (aof)
        check_say(report, CHECK_OK, "redis.persistence", NULL, NULL, "append-only file");
    else if (config_save && config_save[0] && is(info, "rdb_last_bgsave_status", "err"))
        check_say(report, CHECK_FAIL, "redis.persistence", NULL,
                  "look at the disk and at vm.overcommit_memory: Redis' log says why",
                  "its last snapshot failed: it refuses writes");
    else if (!config_save)
        check_say(report, CHECK_UNKNOWN, "redis.persistence", NULL,
                  "see that snapshots (save) or the append-only file (appendonly yes) are on",
                  "no append-only file, and whether it makes snapshots it does not tell");
    else if (!config_save[0])
        check_say(
            report, CHECK_WARN, "redis.persistence", NULL,
            "set appendonly yes (appendfsync everysec will do)",
            "it keeps nothing on disk: each restart costs a rebuild from the result topic, and calls for "
            "what cannot be known from there");
    else
        check_say(report, CHECK_OK, "redis.persistence", NULL, NULL,
                  "snapshots only: a restart with older data is noticed and costs a rebuild");
}

void judge_redis_info(struct check_report *report, const char *info, const char *config_save)
{
    judge_version(report, info);
    judge_role(report, info);
    judge_memory(report, info);
    judge_persistence(report, info, config_save);
}
