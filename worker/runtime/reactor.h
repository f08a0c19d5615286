/* The reactor: one core, its adapters, one loop, one thread. It turns what the adapters tell into inputs,
 * steps the core and performs the outputs in order. It decides nothing.
 *
 * Files: reactor.c the turn; intake.c records in; answers.c what the store and Kafka answer; perform.c
 * outputs to the store and Kafka; calls.c API calls; publishing.c results and dead letters; rebuild.c the
 * memory's rebuild; repair.c records fetched again; credentials.c secrets that change; why_look.c why
 * nothing moves; status.c what else is told to operators. */
#ifndef RUNTIME_REACTOR_H
#define RUNTIME_REACTOR_H

#include "common/config.h"
#include "common/sbuf.h"
#include "worker/adapters/http_api.h"
#include "worker/adapters/kafka_fetch.h"
#include "worker/adapters/kafka_sink.h"
#include "worker/adapters/kafka_source.h"
#include "worker/adapters/redis_store.h"
#include "worker/runtime/event_path.h"
#include "worker/runtime/histogram.h"
#include "worker/runtime/loop.h"
#include "worker/runtime/payloads.h"
#include "worker/runtime/scale.h"
#include "worker/runtime/settings.h"
#include "worker/runtime/unread.h"
#include "worker/runtime/why.h"

#include <stdio.h>

struct admin;

/* Why the process is not ready, as bits; 0: ready. */
enum not_ready { NOT_JOINED = 1, NOT_STORE = 2, NOT_KAFKA = 4, NOT_STOPPING = 8 };

/* Labels of metrics. X(SYMBOL, name) */
#define KAFKA_ERRORS(X)                                                                                      \
    X(WARNING, "warning")         /* the client goes on by itself */                                         \
    X(UNREACHABLE, "unreachable") /* no broker can be used: until one answers */                             \
    X(DENIED, "denied")           /* credentials or rights are refused */                                    \
    X(FATAL, "fatal")             /* the worker stops */                                                     \
    X(COMMIT, "commit")           /* an offset was not committed, and will be again */

#define REDIS_ERRORS(X)                                                                                      \
    X(CONNECTION, "connection")  /* lost, not made, or refused by the server */                              \
    X(UNANSWERED, "unanswered")  /* a claim, settle or budget question to be asked again */                  \
    X(REFUSED, "settle_refused") /* fenced off: another worker took the product over */

enum kafka_error {
#define X(symbol, name) KAFKA_ERROR_##symbol,
    KAFKA_ERRORS(X)
#undef X
        KAFKA_ERROR_COUNT
};

enum redis_error {
#define X(symbol, name) REDIS_ERROR_##symbol,
    REDIS_ERRORS(X)
#undef X
        REDIS_ERROR_COUNT
};

/* Counted for /metrics and the last log line. */
struct reactor_counts {
    uint64_t events[RESULT_KIND_COUNT][EVENT_PATH_COUNT]; /* acknowledged results */
    uint64_t dead_letters, calls[CALL_LOOKUP + 1], call_classes[CALL_LOOKUP + 1][API_CLASS_COUNT], records_in,
        record_bytes_in, publish_failures, store_downs, turns, repairs_failed;
    uint64_t kafka_errors[KAFKA_ERROR_COUNT], redis_errors[REDIS_ERROR_COUNT];
    /* by catalog, as configured: events that name another one have no row here */
    uint64_t planned[CALL_LOOKUP + 1];
    uint64_t catalog_outcomes[CONFIG_CATALOGS_MAX][RESULT_KIND_COUNT], catalog_calls[CONFIG_CATALOGS_MAX];
    struct histogram freshness;                                    /* event time to the acknowledged result */
    struct histogram claims, settles, call_times[CALL_LOOKUP + 1]; /* question to answer */
    struct scale_pace paces[CONFIG_CATALOGS_MAX];                  /* how long a catalog's calls take */
    usec_t turn_max_us; /* longest turn since the last snapshot: how late anything may be */
};

struct reactor {
    const struct config *config;
    struct worker_settings settings;
    struct loop *loop;
    struct core *core;
    struct payloads *payloads;
    struct kafka_source *source;
    struct kafka_sink *sink;
    struct kafka_fetch *fetch;
    struct redis_store *store;
    struct http_api *apis[CONFIG_CATALOGS_MAX]; /* one a catalog: base URL and version may differ */
    struct outputs *outputs;
    struct sbuf scratch[3]; /* of whoever builds texts for a library that copies them: emptied before use */
    bool stepping;
    bool accepting;
    int exit_code;
    bool stopping, stopped, closed, kafka_down, fatal;
    uint64_t instance; /* random, names this process: the core's incarnation */
    char worker_name[64];
    struct reactor_counts counts;
    struct loop_timer housekeeping;
    struct why_track why;
    struct unread unread[CORE_PARTITIONS_MAX]; /* what is known of records not yet read */
    usec_t unacked_since_us; /* since when Kafka acknowledges nothing, while results wait for it */
    bool unacked_failed;     /* the last answer was a failure: what it was about is published again */
    usec_t store_look_us;    /* when the store was last looked at without need */
    struct admin *admin;
    /* rebuild */
    struct kafka_scan *scan;
    struct loop_timer rebuild_timer;
    bool scan_done, scan_ok, scan_peek;
    uint64_t scan_loading, scan_rows;
    uint64_t raise_epoch;
    usec_t raise_quiet_us;
    int peeks_left; /* failed looks whether the result topic is empty that may still be repeated */
    bool row_waiting;
    struct kafka_record row_record;
    usec_t credentials_due_us;
    struct config_secret *tokens, *app_secrets; /* copies that follow their files, one a catalog */
    struct config_secret redis_password;
};

/* Opens everything and runs until stopped; returns the exit code. */
int reactor_run(const struct config *config, const struct worker_settings *settings);

/* Steps the core with one input and performs what it asks for. Never from within an adapter call made here.
 */
void reactor_input(struct reactor *r, struct input *in);

/* Tells the source whether records may come: not while the window is over-full, nor while stopping. */
void reactor_accept(struct reactor *r);

/* An empty text to build in, one of three; valid until it is asked for again. */
struct sbuf *reactor_scratch(struct reactor *r, unsigned which);

/* Milliseconds since 1970. */
int64_t reactor_wall_ms(void);

/* intake.c */
void intake_kafka_record(struct reactor *r, uint16_t partition, uint32_t assignment,
                         struct kafka_record record);
void intake_repair(struct reactor *r, struct kafka_record record);

/* answers.c: callback tables for the adapters */
struct source_events reactor_source_events(struct reactor *r);
struct sink_events reactor_sink_events(struct reactor *r);
struct redis_store_events reactor_store_events(struct reactor *r);
void reactor_kafka_trouble(void *arg, enum kafka_trouble kind, const char *text);
void reactor_kafka_log(void *arg, int level, const char *facility, const char *text);

/* perform.c */
void perform(struct reactor *r, const struct output *output);

/* planning.c: plan-only */
#define PLANNED_ITEM_ID                                                                                      \
    "planned" /* stands in memory for an item that a planned call would have made or found */
/* Notes a planned call beside the op. */
void perform_plan(struct reactor *r, struct op_id op, const struct call_request *request);
/* The op's calls are all planned and would lead to this outcome (OUTCOME_NONE: nothing was planned). */
void planning_end(struct payload *payload, enum outcome planned);
/* What a plan-only result tells beyond the calls: the request's fields and their hash, also of an unchanged
 * product. Texts are valid until the next result. */
void planning_fill(struct reactor *r, const struct payload *payload, struct result_event *event);

/* calls.c */
struct http_events reactor_http_events(struct reactor *r);
void perform_call(struct reactor *r, struct op_id op, const struct call_request *request);

/* publishing.c */
void perform_publish(struct reactor *r, const struct output *output);
void publishing_answered(struct reactor *r, uint64_t cookie, enum sink_status status, const char *error);
/* The outcome as the store keeps it, from a payload and a verdict of the core. Texts point into the payload.
 */
void outcome_fill(const struct payload *payload, enum outcome outcome, enum reason reason,
                  struct result_outcome *out);

/* rebuild.c */
void perform_rebuild(struct reactor *r);
void perform_epoch_raise(struct reactor *r, uint64_t epoch, usec_t quiet_us);
void rebuild_loaded(struct reactor *r, bool ok);
void rebuild_abandon(struct reactor *r);

/* repair.c */
/* A late write stays as it is: counted, and one line. error: NULL where the line says all. */
void repair_failed(struct reactor *r, const char *why, const char *error);
void perform_repair(struct reactor *r, struct op_id op);
void repair_fetched(void *arg, uint64_t cookie, enum fetch_status status, struct kafka_record record,
                    const char *error);

/* credentials.c */
bool credentials_open(struct reactor *r, char *error, size_t error_size);
void credentials_look(struct reactor *r);
void credentials_close(struct reactor *r);

/* why_look.c: looks for the reason that dominates, and logs it when it changed */
void why_look(struct reactor *r);

/* status.c */
unsigned reactor_not_ready(const struct reactor *r);
void status_log_outcome(struct reactor *r, const struct payload *payload, const struct result_event *event);
void status_log_gate(struct reactor *r, uint8_t catalog, enum gate_cause cause, usec_t until_us);
const char *gate_words(enum gate_cause cause);

#endif
