/* Between the files of the store on Redis: its state, and what they all need. */
#ifndef ADAPTERS_REDIS_STORE_STATE_H
#define ADAPTERS_REDIS_STORE_STATE_H

#include "worker/adapters/redis_link.h"
#include "worker/adapters/redis_store.h"

#include "common/assertx.h"

enum {
    STORE_KEPT_MAX = 4096,  /* releases kept for the next connection; a lost one only costs time */
    STORE_LOADS_MAX = 1024, /* rows of a rebuild on the wire */
    STORE_RUN_ID_SIZE = 48, /* Redis' are 40 hex digits */
    STORE_BUILDER_LEASE_MS = 10 * 1000, /* docs/store.md "Epochs" */
};

/* Beyond the outcomes' time to live: a predecessor that was down for long is no sign of loss. */
#define STORE_WITNESS_EXTRA_MS (INT64_C(30) * 24 * 3600 * 1000)

/* A write that somebody saw acknowledged. */
struct witness {
    uint64_t incarnation, number, epoch;
    char run_id[STORE_RUN_ID_SIZE];
};

struct store_catalog {
    char *base; /* owned: "{<prefix>}:1:c:<catalog>:" */
    size_t base_len;
    int64_t interval_us;
    uint32_t burst;
};

struct redis_store {
    struct loop *loop;
    struct redis_link *link;
    struct redis_store_events events;
    const int64_t *test_now_us;
    struct store_catalog *catalogs; /* owned */
    uint32_t catalogs_count, topics_count, outstanding_max, loads;
    char **topics; /* owned, and each of them */
    char incarnation[17];
    char *epoch_key, *witness_key, *witness_prefix;     /* owned */
    struct resp fixed_epoch, fixed_witness, fixed_ttls; /* arguments that no request changes, as RESP */
    int64_t dedup_ttl_ms, witness_ttl_ms;
    struct resp_scratch scratch;
    uint64_t number;                      /* of the last write asked for */
    struct witness own;                   /* our last acknowledged write; number 0: none */
    uint64_t epoch;                       /* as last viewed */
    char known_run_id[STORE_RUN_ID_SIZE]; /* of the server that last served a claim */
    bool restarted;                       /* since then, as of this connection */
    struct witness before[STORE_PREDECESSORS_MAX];
    uint32_t before_count;
    uint32_t before_asked; /* the first of them, which a question on its way is about: left as they are */
    uint32_t questions;    /* on their way */
    uint64_t before_round; /* grows when all were found well and forgotten */
    struct redis_cmd *unsent, *unsent_last; /* asked while not connected: answered in the next turn */
    bool unsent_deferred;
    struct redis_cmd *kept, *kept_last; /* releases that nobody acknowledged */
    uint32_t kept_count;
    struct loop_timer renew; /* keeps our witness from expiring */
};

/* A command for a script with the test clock (or nothing) as first argument to come: keys are added by the
 * caller after their number. */
struct redis_cmd *store_cmd(struct redis_store *store, enum redis_script script, redis_cmd_fn done,
                            uint32_t keys);

/* ARGV 1 of every script. */
void store_clock(const struct redis_store *store, struct resp *r);

/* Arguments that were written once and for all. */
static inline void store_fixed(struct resp *r, const struct resp *fixed)
{
    resp_raw(r, fixed->data + RESP_HEAD_SIZE, fixed->len - RESP_HEAD_SIZE, fixed->args);
}

/* Adds KEYS: of a catalog, by kind ("e:", "p:", "s:") and an encoded id. */
void store_key(const struct store_catalog *catalog, struct resp *r, const char *kind, struct text id);
void store_event_key(const struct store_catalog *catalog, struct resp *r, struct key128 identity);

/* The number of a write, as last argument; the command carries it and its epoch. */
void store_number(struct redis_store *store, struct redis_cmd *cmd, uint64_t epoch);

/* A write was acknowledged. */
void store_acknowledged(struct redis_store *store, const struct redis_cmd *cmd);

/* Sends, or lets it come back unanswered in the next turn. */
void store_send(struct redis_store *store, struct redis_cmd *cmd);

/* Same, but always without the server: done(cmd, NULL) in the next turn. */
void store_answer_later(struct redis_store *store, struct redis_cmd *cmd);

/* After a (re)connection: releases that were not acknowledged go out again. */
void store_release_again(struct redis_store *store);

/* Source position "topic/partition" as an argument. */
void store_place(const struct redis_store *store, struct resp *r, const struct position *at);

const struct store_catalog *store_catalog(const struct redis_store *store, uint8_t catalog);

/* Texts of one command are encoded into the store's scratch: call first, with the sum of their lengths. */
static inline struct text store_encode(struct redis_store *store, struct text text)
{
    ASSERT(text.len <= STORE_TEXT_MAX);
    return resp_encode(&store->scratch, text);
}

/* Milliseconds that are not less (spans that protect), or not more (spans that are believed). */
static inline int64_t store_ms_up(usec_t us)
{
    return us <= 0 ? 0 : us / 1000 + (us % 1000 ? 1 : 0);
}

/* Words of the stored outcome. They stay in Redis for as long as outcomes do: names may be added, never
 * changed. */
const char *store_outcome_name(enum outcome outcome);
const char *store_reason_name(enum reason reason);
enum outcome store_outcome_parse(const char *name);
enum reason store_reason_parse(const char *name);
char store_item_letter(enum item_state state);
enum item_state store_item_parse(const char *letter);

#endif
