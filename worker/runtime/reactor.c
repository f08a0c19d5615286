#include "worker/runtime/reactor.h"

#include "common/assertx.h"
#include "common/log.h"
#include "worker/runtime/admin.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

enum {
    RECORDS_A_TURN = 128, /* at most CORE_SLACK_RECORDS may be on their way when a window fills */
    HOUSEKEEPING_US = 250 * 1000,
    STORE_LOOK_US = 5 * 1000 * 1000,
    SCRATCH_MAX_BYTES = 4 << 20, /* above what any text built there may have: their own bounds are lower */
    END_MAX_S = 20,
    CLOSE_MAX_US = 15 * 1000 * 1000, /* leaving the group and flushing, after the core has stopped */
};

int64_t reactor_wall_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

struct sbuf *reactor_scratch(struct reactor *r, unsigned which)
{
    ASSERT(which < sizeof r->scratch / sizeof *r->scratch);
    sbuf_reset(&r->scratch[which]);
    return &r->scratch[which];
}

void reactor_input(struct reactor *r, struct input *in)
{
    ASSERT(!r->stepping); /* adapters answer later, never from within a call */
    r->stepping = true;
    in->now_us = loop_now_us(r->loop);
    core_step(r->core, in, r->outputs);
    for (uint32_t i = 0; i < r->outputs->count; i++)
        perform(r, &r->outputs->list[i]);
    r->stepping = false;
}

void reactor_accept(struct reactor *r)
{
    bool accept = core_can_accept(r->core) && !r->stopping;

    if (accept == r->accepting)
        return;
    r->accepting = accept;
    kafka_source_accept(r->source, accept);
}

static void on_terminate(void *arg)
{
    struct reactor *r = arg;
    struct input in = {.type = IN_TERMINATE};

    if (r->stopping) {
        log_warn("second signal: stopping at once; what is in flight will be done again by another worker");
        r->fatal = true;
        return;
    }
    log_info("stopping: finishing what is in flight", log_int("within_ms", r->config->shutdown_timeout_ms));
    r->stopping = true;
    reactor_input(r, &in);
}

/* A worker without events would learn of a new epoch only by its next claim, so that nobody took a rebuild
 * over from a tool that died. */
static void store_look(struct reactor *r)
{
    if (!r->store || !core_store_ready(r->core) || loop_now_us(r->loop) - r->store_look_us < STORE_LOOK_US)
        return;
    r->store_look_us = loop_now_us(r->loop);
    redis_store_look(r->store);
}

static void housekeeping(void *arg)
{
    struct reactor *r = arg;

    credentials_look(r);
    store_look(r);
    why_look(r);
    admin_snapshot(r->admin, r);
    loop_timer_set(r->loop, &r->housekeeping, loop_now_us(r->loop) + HOUSEKEEPING_US, housekeeping, r);
}

static bool open_core(struct reactor *r)
{
    struct core_settings *set = &r->settings.core;
    void *mem;

    if (getrandom(&set->incarnation, sizeof set->incarnation, 0) != (ssize_t)sizeof set->incarnation ||
        getrandom(&set->seed, sizeof set->seed, 0) != (ssize_t)sizeof set->seed)
        return false;
    mem = calloc(1, core_size(set));
    r->outputs = malloc(sizeof *r->outputs);
    r->payloads = payloads_create(core_slots(set));
    if (!mem || !r->outputs || !r->payloads) {
        free(mem);
        return false;
    }
    r->core = core_init(mem, set, loop_now_us(r->loop));
    return true;
}

static bool open_store(struct reactor *r, char *error, size_t error_size)
{
    struct redis_store_events events = reactor_store_events(r);
    const struct config *config = r->config;

    r->store = redis_store_open(r->loop,
                                &(struct redis_store_settings){
                                    .url = config->redis_url,
                                    .password = config->redis_password.value,
                                    .ca_file = config->tls_ca_file[0] ? config->tls_ca_file : NULL,
                                    .prefix = config->redis_prefix,
                                    .client_name = r->worker_name,
                                    .incarnation = r->settings.core.incarnation,
                                    .catalogs = r->settings.store_catalogs,
                                    .catalogs_count = (uint32_t)config->catalog_count,
                                    .topics = r->settings.topics,
                                    .topics_count = (uint32_t)r->settings.topics_count,
                                    .dedup_ttl_ms = config->dedup_ttl_ms,
                                    .connect_timeout_ms = config->redis_connect_timeout_ms,
                                    .reply_timeout_ms = config->redis_reply_timeout_ms,
                                },
                                &events, error, error_size);
    return r->store != NULL;
}

static bool open_apis(struct reactor *r, char *error, size_t error_size)
{
    struct http_events events = reactor_http_events(r);
    const struct config *config = r->config;

    for (size_t i = 0; i < config->catalog_count && !r->settings.core.plan_only; i++) {
        r->apis[i] = http_api_open(r->loop,
                                   &(struct http_api_settings){
                                       .base_url = config->catalogs[i].base_url,
                                       .api_version = config->catalogs[i].api_version,
                                       .ca_file = config->tls_ca_file[0] ? config->tls_ca_file : NULL,
                                       .tls_unverified = !config->tls_verify,
                                       .connect_timeout_ms = (int)config->call_connect_timeout_ms,
                                       .total_timeout_ms = (int)config->call_timeout_ms,
                                       .calls_max = (uint32_t)config->catalogs[i].inflight_max,
                                   },
                                   &events, error, error_size);
        if (!r->apis[i])
            return false;
    }
    return credentials_open(r, error, error_size);
}

static bool open_kafka(struct reactor *r, char *error)
{
    struct source_events source_events = reactor_source_events(r);
    struct sink_events sink_events = reactor_sink_events(r);

    r->sink = kafka_sink_open(r->loop, &r->settings.kafka, &sink_events, error);
    if (!r->sink)
        return false;
    r->fetch = kafka_fetch_open(r->loop, &r->settings.kafka, repair_fetched, reactor_kafka_log, r);
    if (!r->fetch)
        return false;
    r->source = kafka_source_open(r->loop,
                                  &(struct source_settings){.kafka = &r->settings.kafka,
                                                            .topics = r->settings.topics,
                                                            .topics_count = r->settings.topics_count,
                                                            .records_per_turn = RECORDS_A_TURN},
                                  &source_events, error);
    return r->source != NULL;
}

static void name_worker(struct reactor *r)
{
    const char *instance = config_kafka(r->config, "group.instance.id");
    char host[40] = "worker";

    gethostname(host, sizeof host - 1);
    if (instance)
        snprintf(r->worker_name, sizeof r->worker_name, "%.60s", instance);
    else
        snprintf(r->worker_name, sizeof r->worker_name, "%s-%ld", host, (long)getpid());
    log_set_worker(r->worker_name);
}

static bool open_all(struct reactor *r)
{
    char error[KAFKA_ERROR_SIZE] = "out of memory";

    r->loop = loop_create();
    if (!r->loop || !open_core(r) || !open_store(r, error, sizeof error) ||
        !open_apis(r, error, sizeof error) || !open_kafka(r, error) ||
        !admin_open(&r->admin, r->config->admin_listen, error, sizeof error) ||
        !loop_on_signal(r->loop, SIGTERM, on_terminate, r) ||
        !loop_on_signal(r->loop, SIGINT, on_terminate, r) ||
        !loop_on_signal(r->loop, SIGHUP, on_terminate, r)) {
        log_error("cannot start", log_str("error", error));
        return false;
    }
    housekeeping(r);
    return true;
}

static void close_all(struct reactor *r)
{
    if (!r->loop)
        return;
    admin_close(r->admin);
    rebuild_abandon(r);
    for (size_t i = 0; i < r->config->catalog_count; i++)
        http_api_destroy(r->apis[i]);
    payloads_destroy(r->payloads); /* frees records, which must go before their consumer */
    kafka_fetch_destroy(r->fetch);
    kafka_source_destroy(r->source);
    kafka_sink_destroy(r->sink);
    redis_store_close(r->store);
    credentials_close(r);
    loop_timer_clear(r->loop, &r->housekeeping);
    loop_destroy(r->loop);
    for (size_t i = 0; i < sizeof r->scratch / sizeof *r->scratch; i++)
        sbuf_free(&r->scratch[i]);
    free(r->outputs);
    free(r->core);
}

/* One turn: what is due first, then whatever is ready, bounded by the core's next moment. */
static void turn(struct reactor *r)
{
    struct input tick = {.type = IN_TICK};
    usec_t began_us, took_us;

    reactor_accept(r);
    log_flush();
    loop_run_once(r->loop, core_deadline_us(r->core));
    began_us = loop_now_us(r->loop);
    if (core_deadline_us(r->core) <= began_us)
        reactor_input(r, &tick);
    r->counts.turns++;
    took_us = loop_clock_us() - began_us;
    if (took_us > r->counts.turn_max_us)
        r->counts.turn_max_us = took_us;
    admin_alive(r->admin);
}

static void leave(struct reactor *r)
{
    usec_t until_us = loop_clock_us() + CLOSE_MAX_US;

    kafka_source_close(r->source);
    while ((!r->closed || kafka_sink_pending(r->sink) > 0) && loop_clock_us() < until_us && !r->fatal) {
        log_flush();
        loop_run_once(r->loop, loop_clock_us() + HOUSEKEEPING_US);
    }
}

static volatile sig_atomic_t code_at_last;

static void let_go(int signum)
{
    static const char text[] =
        "catalog-worker: a library does not let go; everything is committed, leaving\n";

    (void)signum;
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
        _exit(code_at_last);
    _exit(code_at_last);
}

/* Freeing what is left is a courtesy to leak checkers: a library that hangs in it must not keep the process.
 */
static void bound_the_end(int code)
{
    code_at_last = code;
    signal(SIGALRM, let_go);
    alarm(END_MAX_S);
}

static uint64_t outcomes(const struct reactor *r, enum result_kind kind)
{
    uint64_t sum = 0;

    for (int path = 0; path < EVENT_PATH_COUNT; path++)
        sum += r->counts.events[kind][path];
    return sum;
}

static void log_account(const struct reactor *r)
{
    log_info("stopped", log_uint("records", r->counts.records_in),
             log_uint("created", outcomes(r, RESULT_CREATED)),
             log_uint("updated", outcomes(r, RESULT_UPDATED)),
             log_uint("deleted", outcomes(r, RESULT_DELETED)),
             log_uint("unchanged", outcomes(r, RESULT_UNCHANGED)),
             log_uint("skipped", outcomes(r, RESULT_SKIPPED)),
             log_uint("superseded", outcomes(r, RESULT_SUPERSEDED)),
             log_uint("failed", outcomes(r, RESULT_FAILED)));
}

int reactor_run(const struct config *config, const struct worker_settings *settings)
{
    static struct reactor r;

    memset(&r, 0, sizeof r);
    r.config = config;
    r.settings = *settings;
    r.settings.event.catalogs = r.settings.event_catalogs;
    r.settings.event.money = &r.settings.money;
    r.settings.kafka.user = r.settings.kafka_pairs;
    r.accepting = true;
    for (size_t i = 0; i < sizeof r.scratch / sizeof *r.scratch; i++)
        sbuf_init(&r.scratch[i], SCRATCH_MAX_BYTES);
    name_worker(&r);
    if (!open_all(&r)) {
        close_all(&r);
        return 1;
    }
    if (settings->core.plan_only)
        log_warn("plan-only: no call is made; results say what would be called",
                 log_str("topic", config->topic_results));
    log_info("started", log_str("version", CATALOG_SYNC_VERSION), log_str("group", config->kafka_group_id),
             log_str("brokers", config->kafka_bootstrap_servers));
    while (!r.stopped && !r.fatal)
        turn(&r);
    if (r.stopped)
        leave(&r);
    log_account(&r);
    log_flush();
    bound_the_end(r.fatal ? 1 : 0);
    close_all(&r);
    log_flush();
    return r.fatal ? 1 : 0;
}
