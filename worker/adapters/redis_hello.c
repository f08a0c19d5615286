/* The sign-in on a fresh connection, all in one go: AUTH, SELECT, a name, who the server is, the scripts. And
 * what people are told when the server refuses something. */
#include "worker/adapters/redis_link_state.h"
#include "worker/adapters/redis_mend.h"

#include <stdio.h>
#include <string.h>

enum hello { HELLO_AUTH, HELLO_SELECT, HELLO_NAME, HELLO_SERVER, HELLO_MEMORY, HELLO_SCRIPT, HELLO_LAST };

void link_refused(struct redis_link *link, const char *what, const char *error)
{
    const char *mend = redis_mend(error);
    char why[sizeof link->why];

    snprintf(why, sizeof why, "refuses %s: %s%s(%.120s)", what, mend, mend[0] ? " " : "", error);
    link_drop(link, why);
}

/* The value after "name:" in an answer of INFO. */
static void info_value(const redisReply *reply, const char *name, char *out, size_t out_size)
{
    const char *at = reply->type == REDIS_REPLY_STRING ? strstr(reply->str, name) : NULL;
    size_t len;

    out[0] = '\0';
    if (!at)
        return;
    at += strlen(name);
    len = strcspn(at, "\r\n");
    snprintf(out, out_size, "%.*s", (int)(len < out_size ? len : out_size - 1), at);
}

static void check_policy(struct redis_link *link)
{
    char message[400];

    if (strcmp(link->policy, "noeviction") == 0 || link->policy[0] == '\0')
        return;
    snprintf(
        message, sizeof message,
        "redis at %.200s: maxmemory-policy is %s: it may drop memory silently and cause needless calls; set "
        "noeviction",
        link->where, link->policy);
    link->events.trouble(link->events.arg, message);
}

static void on_hello(struct redis_cmd *cmd, const redisReply *reply)
{
    static const char *const names[] = {"AUTH", "SELECT",      "CLIENT SETNAME", "INFO",
                                        "INFO", "SCRIPT LOAD", "SCRIPT LOAD"};
    struct redis_link *link = cmd->link;

    if (!reply || link->state != LINK_HELLO)
        return;
    if (reply->type == REDIS_REPLY_ERROR) {
        if (cmd->count != HELLO_NAME) /* only a comfort */
            link_refused(link, names[cmd->count], reply->str);
        return;
    }
    if (cmd->count == HELLO_SERVER)
        info_value(reply, "run_id:", link->run_id, sizeof link->run_id);
    else if (cmd->count == HELLO_MEMORY)
        info_value(reply, "maxmemory_policy:", link->policy, sizeof link->policy);
    else if (cmd->count == HELLO_LAST) {
        link_is_ready(link);
        check_policy(link);
    }
}

static void say(struct redis_link *link, enum hello step, const char *a, const char *b, const char *c)
{
    struct redis_cmd *cmd = redis_cmd_new(link, SCRIPT_NONE, on_hello, link);

    cmd->count = step;
    resp_str(&cmd->resp, a);
    resp_str(&cmd->resp, b);
    if (c)
        resp_str(&cmd->resp, c);
    if (!link_put(link, cmd))
        redis_cmd_free(cmd);
}

void link_hello(struct redis_link *link)
{
    char db[12];

    if (link->password && link->set.url.user[0])
        say(link, HELLO_AUTH, "AUTH", link->set.url.user, link->password);
    else if (link->password)
        say(link, HELLO_AUTH, "AUTH", link->password, NULL);
    if (link->set.url.db > 0) {
        snprintf(db, sizeof db, "%d", link->set.url.db);
        say(link, HELLO_SELECT, "SELECT", db, NULL);
    }
    if (link->client_name)
        say(link, HELLO_NAME, "CLIENT", "SETNAME", link->client_name);
    say(link, HELLO_SERVER, "INFO", "server", NULL);
    say(link, HELLO_MEMORY, "INFO", "memory", NULL);
    for (int i = 0; i < SCRIPT_COUNT; i++)
        say(link, i + 1 < SCRIPT_COUNT ? HELLO_SCRIPT : HELLO_LAST, "SCRIPT", "LOAD",
            link_script_text((enum redis_script)i));
}
