/* Replay and drop: open problems are resolved, each exactly once, whatever happens meanwhile. One engine for
 * both: the letters that match are read, judged, and resolved in transactions of at most TXN_LETTERS_MAX
 * (event, tombstone and audit record together). Knows no terminal: what people are asked and told goes
 * through hooks. */
#ifndef DLQ_RESOLVE_H
#define DLQ_RESOLVE_H

#include "judge.h"
#include "open.h"
#include "reading.h"
#include "txn.h"

#include "common/key128.h"

enum resolve_action { RESOLVE_REPLAY, RESOLVE_DROP };
enum {
    RESOLVE_WHY_SIZE = 256,
    RESOLVE_REFUSALS_MAX = 32,
    RESOLVE_TARGETS_MAX = 64,
    RESOLVE_EXAMPLE_SIZE = 200
};

struct resolve_settings {
    enum resolve_action action;
    const struct filter *filter;
    const char *why, *actor;
    bool force, any_topic, private_audit;
    bool one_by_one; /* a person looks at each: it is committed before the next is shown */
    int64_t max;     /* 0: no bound */
    double rate;     /* letters a second; 0: no bound */
    int64_t replays_max;
    const char *const *keep; /* headers */
    size_t keep_count;
    int64_t now_ms; /* since 1970 */
};

/* What a hook that may change an event says. */
enum resolve_change { CHANGE_NONE, CHANGE_DONE, CHANGE_SKIP, CHANGE_STOP };

struct resolve_hooks {
    void *arg;
    /* progress of reading the topic (offsets), and of resolving (letters) */
    void (*reading)(void *arg, int64_t done, int64_t total);
    void (*resolving)(void *arg, uint64_t done, uint64_t total);
    /* May put another value into out (empty before); why is for a skip. NULL: events go out as they are. */
    enum resolve_change (*change)(void *arg, const struct letter *letter, const struct judge *judge,
                                  struct sbuf *out, char why[RESOLVE_WHY_SIZE]);
    /* An event is on its way; the pointer returned comes back with its offset in sent. May be NULL. */
    void *(*sending)(void *arg, const struct letter *letter, const char *topic);
    void (*sent)(void *arg, void *opaque, int32_t partition, int64_t offset);
};

struct refusal {
    char why[RESOLVE_WHY_SIZE], example[RESOLVE_EXAMPLE_SIZE];
    uint64_t count;
};

struct target {
    char topic[250];
    int32_t partitions; /* of the topic; 0: it cannot be looked at */
    uint64_t count;
};

struct resolve {
    struct resolve_settings settings;
    struct resolve_hooks hooks;
    const struct config *config;
    rd_kafka_t *reader;
    struct txn txn;
    struct judge judge;
    struct open_table table;
    struct place *places;
    size_t place_count; /* letters to do: matching, at most max */
    uint64_t left;      /* matching ones beyond max */
    /* what became of them */
    uint64_t done, changed, refused, gone, still_invalid;
    struct refusal refusals[RESOLVE_REFUSALS_MAX];
    size_t refusal_count;
    struct target targets[RESOLVE_TARGETS_MAX];
    size_t target_count;
    bool stopped; /* by Ctrl-C, or by a hook */
    /* of a dry run */
    uint64_t no_call, calls, products;
    struct key128 *product_keys;
    size_t product_room;
};

/* Fences and ends earlier runs (unless dry), reads the topic, lists what matches. False with a message. */
bool resolve_prepare(struct resolve *r, bool dry, char error[KAFKA_ERROR_SIZE]);

/* Judges all without sending: still_invalid, no_call, calls, products, refusals, targets. The change hook is
 * asked as in resolve_go. */
bool resolve_dry(struct resolve *r, char error[KAFKA_ERROR_SIZE]);

/* Resolves. True if all went through, or it was stopped in good order (r->stopped); false with a message:
 * r->done tells what is committed all the same. */
bool resolve_go(struct resolve *r, char error[KAFKA_ERROR_SIZE]);

void resolve_free(struct resolve *r);

#endif
