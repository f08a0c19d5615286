/* Between the files of the link: its state. */
#ifndef ADAPTERS_REDIS_LINK_STATE_H
#define ADAPTERS_REDIS_LINK_STATE_H

#include "worker/adapters/redis_link.h"
#include "worker/adapters/redis_resolve.h"
#include "worker/adapters/redis_tls.h"

enum link_state {
    LINK_WAITING,    /* for the backoff to pass */
    LINK_RESOLVING,  /* the host's name */
    LINK_CONNECTING, /* TCP, TLS */
    LINK_HELLO,      /* signing in */
    LINK_READY,
    LINK_LEAVING, /* the context is being freed: commands are called back without an answer */
    LINK_CLOSED,
};

struct redis_link {
    struct loop *loop;
    struct redis_link_settings set; /* its texts are not used any more */
    struct redis_link_events events;
    enum link_state state;
    bool told_ready;       /* ready() was called, lost() was not yet */
    redisAsyncContext *ac; /* hiredis'; NULL while there is none */
    struct redis_loop hooks;
    struct redis_tls *tls; /* NULL: plain */
    struct redis_resolve *resolve;
    struct loop_timer timer;           /* of the state: backoff, connect time-out, reply watchdog */
    struct redis_cmd *oldest, *newest; /* on the wire, in order */
    const struct redis_cmd *overdue; /* found late once: the socket is read once more before it is believed */
    struct redis_cmd *pool;
    uint32_t outstanding, pooled, failures;
    usec_t ready_at_us;
    uint64_t random;
    char *password, *client_name; /* owned */
    char where[300], run_id[48], policy[32], why[320], last_trouble[400];
};

/* Ends the connection, if any, for a reason in words; reconnecting follows. */
void link_drop(struct redis_link *link, const char *why);

/* Drops it for an error reply, explained; what: the command, for people. */
void link_refused(struct redis_link *link, const char *what, const char *error);

/* Sends the commands of the sign-in. */
void link_hello(struct redis_link *link);

/* The sign-in is over. */
void link_is_ready(struct redis_link *link);

/* Sends a command whatever the state (the sign-in's are sent before ready). */
bool link_put(struct redis_link *link, struct redis_cmd *cmd);

/* Tells people, unless it would be the same line again. */
void link_trouble(struct redis_link *link, const char *message);

/* Frees the pool. */
void link_pool_free(struct redis_link *link);

/* Text and SHA-1 (40 hex digits) of a script; made once. */
const char *link_script_text(enum redis_script script);
const char *link_script_sha(enum redis_script script);

#endif
