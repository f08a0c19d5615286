/* Commands: pooled, put on the wire, called back; scripts sent by their hash, whole where the server forgot
 * them. */
#include "worker/adapters/redis_link_state.h"

#include "common/assertx.h"
#include "redis_scripts.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    POOL_MAX = 1024,         /* commands kept for later; more are freed */
    BUFFER_KEPT_MAX = 16384, /* bytes of a pooled command's buffer */
};

static const char *const texts[SCRIPT_COUNT] = {
    [SCRIPT_CLAIM] = script_claim,   [SCRIPT_SETTLE] = script_settle, [SCRIPT_RELEASE] = script_release,
    [SCRIPT_BUDGET] = script_budget, [SCRIPT_EPOCH] = script_epoch,   [SCRIPT_LOAD] = script_load,
    [SCRIPT_CHANGE] = script_change,
};
static char shas[SCRIPT_COUNT][41];

const char *link_script_text(enum redis_script script)
{
    return texts[script];
}

const char *link_script_sha(enum redis_script script)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    char *sha = shas[script];

    if (sha[0])
        return sha;
    ASSERT(EVP_Digest(texts[script], strlen(texts[script]), digest, NULL, EVP_sha1(), NULL) == 1);
    for (size_t i = 0; i < 20; i++)
        snprintf(sha + 2 * i, 3, "%02x", digest[i]);
    return sha;
}

struct redis_cmd *redis_cmd_new(struct redis_link *link, enum redis_script script, redis_cmd_fn done,
                                void *owner)
{
    struct redis_cmd *cmd = link->pool;
    struct resp resp = {0};

    if (cmd) {
        link->pool = cmd->next;
        link->pooled--;
        resp = cmd->resp;
    } else {
        cmd = malloc(sizeof *cmd);
        ASSERT(cmd);
    }
    *cmd = (struct redis_cmd){.resp = resp, .script = script, .done = done, .owner = owner, .link = link};
    resp_reset(&cmd->resp);
    return cmd;
}

void redis_cmd_free(struct redis_cmd *cmd)
{
    struct redis_link *link = cmd->link;

    if (link->pooled >= POOL_MAX || cmd->resp.cap > BUFFER_KEPT_MAX) {
        resp_free(&cmd->resp);
        free(cmd);
        return;
    }
    cmd->next = link->pool;
    link->pool = cmd;
    link->pooled++;
}

void link_pool_free(struct redis_link *link)
{
    while (link->pool) {
        struct redis_cmd *cmd = link->pool;

        link->pool = cmd->next;
        resp_free(&cmd->resp);
        free(cmd);
    }
}

void redis_cmd_keep(struct redis_cmd *cmd)
{
    cmd->kept = true;
}

static void put_on_list(struct redis_link *link, struct redis_cmd *cmd)
{
    cmd->next = NULL;
    cmd->prev = link->newest;
    if (link->newest)
        link->newest->next = cmd;
    else
        link->oldest = cmd;
    link->newest = cmd;
    link->outstanding++;
}

static void take_off_list(struct redis_link *link, struct redis_cmd *cmd)
{
    if (cmd->prev)
        cmd->prev->next = cmd->next;
    else
        link->oldest = cmd->next;
    if (cmd->next)
        cmd->next->prev = cmd->prev;
    else
        link->newest = cmd->prev;
    link->outstanding--;
}

static void on_reply(redisAsyncContext *ac, void *raw, void *privdata);

static bool put(struct redis_link *link, struct redis_cmd *cmd, const char *command, size_t len)
{
    if (!link->ac || link->state == LINK_LEAVING ||
        redisAsyncFormattedCommand(link->ac, on_reply, cmd, command, len) != REDIS_OK)
        return false;
    cmd->kept = false;
    cmd->sent_us = loop_now_us(link->loop);
    put_on_list(link, cmd);
    return true;
}

bool link_put(struct redis_link *link, struct redis_cmd *cmd)
{
    const char *sha = cmd->script == SCRIPT_NONE ? NULL : link_script_sha(cmd->script);
    struct text command = resp_command(&cmd->resp, sha);

    return put(link, cmd, command.ptr, command.len);
}

/* The server forgot the script (restart, SCRIPT FLUSH): sent whole, which also teaches it again. Later writes
 * of ours may have been carried out meanwhile, so that this one takes a new number. */
static bool put_whole(struct redis_link *link, struct redis_cmd *cmd)
{
    const char *text = texts[cmd->script];
    const struct resp *args = &cmd->resp;
    struct resp whole = {0};
    bool ok;

    if (cmd->number_at) {
        cmd->number = link->events.next_number(link->events.arg);
        for (uint64_t i = RESP_FIXED_DIGITS, n = cmd->number; i-- > 0; n /= 10)
            cmd->resp.data[cmd->number_at + i] = (char)('0' + n % 10);
    }
    resp_reset(&whole);
    resp_str(&whole, "EVAL");
    resp_str(&whole, text);
    resp_raw(&whole, args->data + RESP_HEAD_SIZE, args->len - RESP_HEAD_SIZE, args->args);
    struct text command = resp_command(&whole, NULL);
    ok = put(link, cmd, command.ptr, command.len);
    resp_free(&whole);
    return ok;
}

static void answer(struct redis_cmd *cmd, const redisReply *reply)
{
    cmd->done(cmd, reply);
    if (!cmd->kept)
        redis_cmd_free(cmd);
}

static const char *name_of(const struct redis_cmd *cmd)
{
    static const char *const names[SCRIPT_COUNT + 1] = {
        [SCRIPT_CLAIM] = "the claim script",     [SCRIPT_SETTLE] = "the settle script",
        [SCRIPT_RELEASE] = "the release script", [SCRIPT_BUDGET] = "the budget script",
        [SCRIPT_EPOCH] = "the epoch script",     [SCRIPT_LOAD] = "the load script",
        [SCRIPT_CHANGE] = "the change script",   [SCRIPT_NONE] = "a command",
    };

    return names[cmd->script];
}

static void on_reply(redisAsyncContext *ac, void *raw, void *privdata)
{
    struct redis_cmd *cmd = privdata;
    struct redis_link *link = cmd->link;
    const redisReply *reply = raw;

    (void)ac;
    take_off_list(link, cmd);
    if (!reply && link->state == LINK_READY) /* hiredis is ending the connection by itself */
        link->state = LINK_LEAVING;
    if (!reply || link->state == LINK_LEAVING || link->state == LINK_CLOSED) {
        answer(cmd, NULL);
        return;
    }
    if (reply->type != REDIS_REPLY_ERROR) {
        answer(cmd, reply);
        return;
    }
    if (strncmp(reply->str, "NOSCRIPT", 8) == 0 && cmd->script != SCRIPT_NONE && put_whole(link, cmd))
        return;
    if (link->state == LINK_HELLO) { /* the sign-in judges by itself */
        answer(cmd, reply);
        return;
    }
    link_refused(link, name_of(cmd), reply->str);
    answer(cmd, NULL);
}
