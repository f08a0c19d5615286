/* The memory's rebuild: streams the result topic into the store, at the store's pace (docs/store.md,
 * "Epochs"). */
#include "common/log.h"
#include "worker/adapters/result_row.h"
#include "worker/runtime/reactor.h"

enum {
    SCAN_A_TURN = 256,
    SCAN_STALL_MS = 30000,
    ALIVE_US = 1000 * 1000,
    PEEKS_AGAIN = 1,
    PEEK_AGAIN_US = 1000 * 1000
};

static void finish(struct reactor *r, bool ok)
{
    struct input in = {.type = IN_REBUILT};

    kafka_scan_destroy(r->scan);
    r->scan = NULL;
    loop_timer_clear(r->loop, &r->rebuild_timer);
    if (ok && r->scan_rows == 0)
        log_info("no result was ever published: nothing to rebuild, this is a first start",
                 log_str("topic", r->config->topic_results));
    else if (ok)
        log_warn("the memory in redis was rebuilt from the result topic",
                 log_str("topic", r->config->topic_results), log_uint("results", r->scan_rows));
    in.u.rebuilt.ok = ok;
    reactor_input(r, &in);
}

/* Names keep real and plan-only workers apart (common/config_shadow.c). Where somebody copied a topic all the
 * same, memory must not be built of what was never done: the worker stops. */
static void stop_other_mode(struct reactor *r, const rd_kafka_message_t *message)
{
    log_error(
        r->settings.core.plan_only
            ? "stopping: this worker is plan-only, and its result topic holds results of real calls: give "
              "it a topic of its own"
            : "stopping: the result topic holds results of plan-only workers, of calls that were never "
              "made: give the real workers a topic of their own",
        log_str("topic", r->config->topic_results), log_int("partition", message->partition),
        log_int("offset", message->offset));
    r->fatal = true;
}

/* False: the store takes no more for now, the record waits. */
static bool load(struct reactor *r, const rd_kafka_message_t *message)
{
    static struct result_row_space space;
    struct store_row row;
    char why[256];

    switch (result_row_read(r->config, message, &space, &row, why, sizeof why)) {
    case RESULT_ROW: break;
    case RESULT_ROW_NONE: return true;
    case RESULT_ROW_OTHER_MODE: stop_other_mode(r, message); return true;
    case RESULT_ROW_BAD:
        log_warn_limited("a record of the result topic is no result event and was passed over in the rebuild",
                         log_int("partition", message->partition), log_int("offset", message->offset),
                         log_str("error", why));
        return true;
    }
    if (!redis_store_load(r->store, &row))
        return false;
    r->scan_loading++;
    r->scan_rows++;
    return true;
}

static void on_record(void *arg, struct kafka_record record)
{
    struct reactor *r = arg;

    if (r->scan_peek) {
        r->scan_rows++;
        kafka_record_free(&record);
        return;
    }
    if (!load(r, record.message)) {
        r->row_waiting = true;
        r->row_record = record;
        kafka_scan_hold(r->scan, true);
        return;
    }
    kafka_record_free(&record);
}

static void on_done(void *arg, bool ok, const char *error)
{
    struct reactor *r = arg;

    r->scan_done = true;
    r->scan_ok = ok;
    if (!ok)
        log_warn("reading the result topic failed, will be tried again", log_str("error", error));
    if (!ok || r->scan_loading == 0)
        finish(r, ok);
}

static bool open_scan(struct reactor *r, void (*done)(void *, bool, const char *))
{
    char error[KAFKA_ERROR_SIZE];

    r->scan_done = r->scan_ok = r->row_waiting = false;
    r->scan_loading = r->scan_rows = 0;
    r->scan = kafka_scan_open(
        r->loop,
        &(struct scan_settings){.kafka = &r->settings.kafka,
                                .topic = r->config->topic_results,
                                .records_per_turn = SCAN_A_TURN,
                                .stall_timeout_ms = SCAN_STALL_MS},
        &(struct scan_events){.arg = r, .record = on_record, .done = done, .log = reactor_kafka_log}, error);
    if (!r->scan)
        log_error("the result topic cannot be read", log_str("error", error));
    return r->scan != NULL;
}

static void keep_alive(void *arg)
{
    struct reactor *r = arg;

    redis_store_build_alive(r->store);
    loop_timer_set(r->loop, &r->rebuild_timer, loop_now_us(r->loop) + ALIVE_US, keep_alive, r);
}

static void failed_to_open(void *arg)
{
    finish(arg, false);
}

void perform_rebuild(struct reactor *r)
{
    rebuild_abandon(r);
    r->scan_peek = false;
    if (!open_scan(r, on_done)) {
        loop_defer(r->loop, failed_to_open, r);
        return;
    }
    loop_timer_set(r->loop, &r->rebuild_timer, loop_now_us(r->loop) + ALIVE_US, keep_alive, r);
}

void rebuild_loaded(struct reactor *r, bool ok)
{
    if (!r->scan || r->scan_peek)
        return;
    if (!ok) {
        rebuild_abandon(r);
        finish(r, false);
        return;
    }
    if (r->scan_loading > 0)
        r->scan_loading--;
    if (r->row_waiting && load(r, r->row_record.message)) {
        r->row_waiting = false;
        kafka_record_free(&r->row_record);
        kafka_scan_hold(r->scan, false);
    }
    if (r->scan_done && r->scan_loading == 0 && !r->row_waiting)
        finish(r, r->scan_ok);
}

void rebuild_abandon(struct reactor *r)
{
    kafka_scan_destroy(r->scan);
    r->scan = NULL;
    if (r->row_waiting)
        kafka_record_free(&r->row_record);
    r->row_waiting = false;
    loop_timer_clear(r->loop, &r->rebuild_timer);
}

/* ---- the first epoch of all ---- */

static void peeked(void *arg, bool ok, const char *error);

static void raise_now(struct reactor *r, bool empty)
{
    redis_store_epoch_raise(r->store, r->raise_epoch, empty ? 0 : r->raise_quiet_us);
}

static void peek(void *arg)
{
    struct reactor *r = arg;

    if (!open_scan(r, peeked))
        raise_now(r, false);
}

/* A worker that never knew an epoch and finds no result ever published is the first of a new fleet: no lease
 * and no call of before can exist, so there is nothing to be quiet for. A look that fails is repeated before
 * the whole quiet time is taken instead: a broker that has just started may not know its leaders yet. */
static void peeked(void *arg, bool ok, const char *error)
{
    struct reactor *r = arg;
    bool empty = ok && r->scan_rows == 0;

    rebuild_abandon(r);
    if (!ok && r->peeks_left > 0) {
        r->peeks_left--;
        log_warn("whether the result topic is empty could not be seen, will be tried again",
                 log_str("topic", r->config->topic_results), log_str("error", error));
        loop_timer_set(r->loop, &r->rebuild_timer, loop_now_us(r->loop) + PEEK_AGAIN_US, peek, r);
        return;
    }
    raise_now(r, empty);
}

void perform_epoch_raise(struct reactor *r, uint64_t epoch, usec_t quiet_us)
{
    rebuild_abandon(r);
    r->raise_epoch = epoch;
    r->raise_quiet_us = quiet_us;
    r->scan_peek = true;
    r->peeks_left = PEEKS_AGAIN;
    if (epoch > 0)
        raise_now(r, false);
    else
        peek(r);
}
