/* One API call, from its last received byte to the moment it can have no more effect. */
#ifndef CATALOG_SIM_CALL_H
#define CATALOG_SIM_CALL_H

#include "faults.h"
#include "flight.h"
#include "params.h"
#include "rng.h"
#include "store.h"
#include "text.h"
#include "timers.h"

#include <stdbool.h>
#include <stdint.h>

struct batch;
struct sim;

enum call_method { METHOD_GET, METHOD_POST, METHOD_DELETE, METHOD_OTHER };
enum call_kind {
    KIND_CREATE,
    KIND_UPDATE,
    KIND_DELETE,
    KIND_BATCH, /* the last that writes */
    KIND_LOOKUP,
    KIND_READ,
    KIND_STATUS,
    KIND_OTHER,
    KIND_COUNT
};
enum call_op {
    OP_ANSWERED,
    OP_CREATE,
    OP_ITEM_UPDATE,
    OP_ITEM_DELETE,
    OP_ITEM_READ,
    OP_LOOKUP,
    OP_BATCH,
    OP_BATCH_STATUS,
    OP_CATALOG_READ,
    OP_ME
};
enum delivery { DELIVER_WHOLE, DELIVER_SLOW, DELIVER_CUT, DELIVER_CLOSE, DELIVER_RESET, DELIVER_NOTHING };

extern const char *const kind_names[KIND_COUNT];

/* What goes back to the client. status 0: nothing yet. */
struct answer {
    int status;
    struct text body;
    const char *content_type; /* NULL: JSON */
    int code, subcode;        /* of an error */
    int regain_minutes;       /* of a catalog throttle, for the usage header; 0: not throttled */
    char authenticate[200];   /* WWW-Authenticate, empty: none */
};

/* A scripted or drawn fault, with its details. Texts may be NULL. */
struct fault {
    enum fault_kind kind;
    int64_t ms; /* of delay, slow body, hang or late landing; -1: the knob's */
    int status, code, subcode, regain_minutes;
    int is_transient; /* -1: not said */
    bool applied;     /* error and body: after the write was applied */
    char *message, *type, *user_title, *user_message, *error_data, *body, *content_type;
};

/* What arrived. Pointers live as long as the call's owner needs them: until call_begin() returned. */
struct request {
    enum call_method method;
    const char *method_name;                         /* lower case, a constant */
    const char *url;                                 /* as received, undecoded */
    const char *content_type, *authorization, *host; /* NULL: absent */
    const char *body;
    size_t body_size_bytes;
    bool body_too_large; /* of an items_batch: the body was thrown away */
};

struct call {
    struct sim *sim;
    const char *method_name; /* lower case, a constant */
    enum call_method method;
    enum call_kind kind;
    enum call_op op;
    int version; /* that serves it */
    char host[128];
    int token; /* index, -1: none valid */
    bool token_in_query;
    struct catalog *catalog;
    struct subject *subject;
    char target[160];  /* node id as asked, for messages */
    struct item *item; /* read, written or made */
    uint64_t content_hash;
    uint64_t seq;     /* in the journal */
    uint64_t ordinal; /* among all calls, from 1 */
    uint32_t number;  /* of this subject's calls, from 1 */
    struct rng rng;
    struct fault fault;
    bool fault_answers; /* the fault has an answer of its own, the true one is thrown away */
    bool by_retailer;   /* addressed as catalog:ID:BASE64 */
    bool beginning;     /* still inside call_begin() */
    bool applied, lost, duplicate_refused;
    struct answer answer;
    enum delivery delivery;

    uint64_t received_us, apply_at_us, answer_at_us, settle_at_us; /* UINT64_MAX: never, or done */
    uint64_t applied_us;
    struct flight flight;
    struct batch *batch; /* of an items_batch that can be carried out */
    struct call *next_live, *prev_live;
    struct timer timer;
    void (*on_ready)(void *owner);
    void *owner;          /* NULL: released */
    struct params params; /* last: its tail is not cleared for each call */
};

/* Takes a request in. True: the answer is ready in `answer` and `delivery`; false: on_ready(owner) is called
 * when it is. The owner must release every call. The call stays alive after that while a late write is to
 * land. */
struct call *call_begin(struct sim *sim, const struct request *request, void (*on_ready)(void *owner),
                        void *owner, bool *ready);
void call_release(struct call *call);

/* Finds what the call is about: kind, operation, catalog, item; or sets the answer (operation OP_ANSWERED).
 */
void call_route(struct call *call, const struct request *request);

/* Carries the operation out, now: sets the answer, and `applied` if something was written. */
void call_operate(struct call *call);

/* Takes all calls out of the world: none has an effect any more, those not yet answered are answered HTTP
 * 500. */
void calls_detach_all(struct sim *sim);

/* Frees all calls. Their owners must be gone. */
void calls_free_all(struct sim *sim);

#endif
