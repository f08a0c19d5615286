#include "worker/adapters/redis_mend.h"

#include <stddef.h>
#include <string.h>

struct mend {
    const char *error; /* how the reply begins, or a part of it */
    const char *mend;
};

static const struct mend mends[] = {
    {"WRONGPASS", "user or password is wrong: check redis.url and redis.password"},
    {"NOAUTH", "it wants a password: set redis.password"},
    {"invalid password", "the password is wrong: check redis.password"},
    {"without any password configured",
     "it has no password, or wants a user: check redis.url and redis.password"},
    {"no password is set", "it has no password: take redis.password away"},
    {"wrong number of arguments for 'auth'",
     "it is older than Redis 6 and knows no users: take the user out of redis.url"},
    {"NOPERM",
     "the user lacks a right: it needs EVALSHA, EVAL, SCRIPT, INFO, SELECT, and all keys with the prefix"},
    {"executing the script can't",
     "the user lacks a right that scripts need: reading, writing and time, on all keys with the prefix"},
    {"DB index is out of range", "it has no such database: check the number at the end of redis.url"},
    {"LOADING", "it is loading its data: wait"},
    {"OOM", "it is out of memory: raise its maxmemory"},
    {"MISCONF", "it cannot save to disk: mend that first"},
    {"READONLY", "it is a replica: name the primary in redis.url"},
    {"BUSY", "a script blocks it: see SCRIPT KILL"},
    {"WRONGTYPE", "a key of ours holds something else: another program uses the prefix redis.prefix"},
    {"max number of clients", "it has no connection left: raise its maxclients"},
    {"unknown command", "it lacks a command, or has it renamed: Redis 5 or later is needed"},
};

const char *redis_mend(const char *error)
{
    for (size_t i = 0; i < sizeof mends / sizeof mends[0]; i++) {
        if (strstr(error, mends[i].error))
            return mends[i].mend;
    }
    return "";
}
