/* One connection to Redis that keeps itself alive: resolves, connects, signs in, reads who the server is,
 * loads the scripts; time-outs of its own; reconnects with full jitter. Commands are pipelined; each is
 * called back exactly once, with an answer or, when the connection is gone, without. A script that the server
 * forgot is sent whole. */
#ifndef ADAPTERS_REDIS_LINK_H
#define ADAPTERS_REDIS_LINK_H

#include "worker/adapters/redis_loop.h"
#include "worker/adapters/redis_resp.h"
#include "worker/adapters/redis_url.h"
#include "worker/runtime/loop.h"

enum redis_script {
    SCRIPT_CLAIM,
    SCRIPT_SETTLE,
    SCRIPT_RELEASE,
    SCRIPT_BUDGET,
    SCRIPT_EPOCH,
    SCRIPT_LOAD,
    SCRIPT_CHANGE, /* tools only */
    SCRIPT_COUNT,
    SCRIPT_NONE = SCRIPT_COUNT, /* a plain command */
};

struct redis_link;
struct redis_cmd;

/* reply is NULL: no answer, it may have been carried out. Else never an error. The command goes back to the
 * pool afterwards, unless the function took it over by redis_cmd_keep(). */
typedef void (*redis_cmd_fn)(struct redis_cmd *cmd, const redisReply *reply);

/* A command on its way. Its owner sets what is above the line. */
struct redis_cmd {
    struct resp resp;
    enum redis_script script;
    redis_cmd_fn done;
    void *owner;
    struct op_id op;
    uint8_t catalog;
    uint32_t count;
    uint64_t number, epoch; /* of the write that the script notes as witness; 0: none */
    uint64_t round;         /* of the predecessors that a question is about */
    size_t number_at;       /* where in resp the number stands, 16 digits; 0: nowhere */
    /* ---- */
    struct redis_link *link;
    struct redis_cmd *next, *prev;
    usec_t sent_us;
    bool kept;
};

struct redis_link_events {
    void *arg;
    void (*ready)(void *arg);
    void (*lost)(void *arg, const char *why); /* after ready only */
    void (*trouble)(void *arg, const char *message);
    /* The command is about to be sent once more: it needs a new number. */
    uint64_t (*next_number)(void *arg);
};

struct redis_link_settings {
    struct redis_url url;
    const char *password, *ca_file, *client_name; /* copied; NULL: none */
    usec_t connect_timeout_us, reply_timeout_us, reconnect_min_us, reconnect_max_us;
    uint64_t seed; /* of the jitter */
};

/* Makes a link, which connects in the next turn. NULL and a message in error: the system refused something.
 */
struct redis_link *redis_link_open(struct loop *loop, const struct redis_link_settings *settings,
                                   const struct redis_link_events *events, char *error, size_t error_size);

/* Frees it; commands on their way go back to the pool without being called back. */
void redis_link_close(struct redis_link *link);

void redis_link_password(struct redis_link *link, const char *password); /* copied; for the next connection */
bool redis_link_is_ready(const struct redis_link *link);
uint32_t redis_link_outstanding(const struct redis_link *link);
const char *redis_link_run_id(const struct redis_link *link);           /* of the server; "" before */
const char *redis_link_maxmemory_policy(const struct redis_link *link); /* "" before */
const char *redis_link_where(const struct redis_link *link);            /* the server's name for people */

/* A command from the pool, its buffer empty. */
struct redis_cmd *redis_cmd_new(struct redis_link *link, enum redis_script script, redis_cmd_fn done,
                                void *owner);

/* Within done, or before sending: the command stays the caller's, to be sent later or freed. */
void redis_cmd_keep(struct redis_cmd *cmd);
void redis_cmd_free(struct redis_cmd *cmd);

/* Sends it; done follows, never from within this call. Returns false, changing nothing, if the link is not
 * ready. */
bool redis_link_send(struct redis_link *link, struct redis_cmd *cmd);

#endif
