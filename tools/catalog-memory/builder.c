#include "rebuild.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

static const usec_t second_us = 1000 * 1000, answer_us = 15 * 1000 * 1000;

static void on_up(void *user)
{
    ((struct builder *)user)->up = true;
}

static void on_down(void *user, const char *why)
{
    struct builder *b = user;

    b->up = false;
    b->lost = true;
    snprintf(b->why, sizeof b->why, "the connection to Redis was lost: %.200s", why);
}

static void on_trouble(void *user, const char *message)
{
    struct builder *b = user;

    snprintf(b->why, sizeof b->why, "%.250s", message);
}

static void on_viewed(void *user, const struct store_view *view)
{
    struct builder *b = user;

    b->view = *view;
    b->viewed = true;
}

static void on_loaded(void *user, bool ok)
{
    struct builder *b = user;

    if (b->loading > 0) {
        b->loading--;
        b->loaded++;
    }
    if (!ok && !b->lost) {
        b->lost = true;
        snprintf(b->why, sizeof b->why, "another process builds by now");
    }
}

/* What a builder never asks for. */
static void on_claimed(void *user, struct op_id op, const struct claim_reply *reply,
                       const struct claim_strings *strings)
{
    (void)user;
    (void)op;
    (void)reply;
    (void)strings;
}

static void on_settled(void *user, struct op_id op, enum settle_status status)
{
    (void)user;
    (void)op;
    (void)status;
}

static void on_budget(void *user, uint8_t catalog, bool answered, uint32_t granted, usec_t wait_us)
{
    (void)user;
    (void)catalog;
    (void)answered;
    (void)granted;
    (void)wait_us;
}

static bool failed(const struct builder *b, char *error, size_t error_size, const char *what)
{
    snprintf(error, error_size, "%s%s%s", what, b->why[0] ? ": " : "", b->why);
    return false;
}

/* Turns the loop until *flag, or until it takes too long. */
static bool until(struct builder *b, const bool *flag, bool needs_up)
{
    usec_t end_us = loop_clock_us() + answer_us;

    while (!*flag && !kit_stop && loop_clock_us() < end_us && !(needs_up && b->lost))
        loop_run_once(b->loop, loop_clock_us() + second_us / 20);
    return *flag;
}

bool builder_open(struct builder *b, char *error, size_t error_size)
{
    const struct config *config = b->tool->config;
    struct redis_store_catalog catalogs[CONFIG_CATALOGS_MAX] = {0};
    struct redis_store_events events = {b,          on_up,     on_down,   on_trouble, on_claimed,
                                        on_settled, on_budget, on_viewed, on_loaded,  NULL};
    uint64_t incarnation;

    for (size_t i = 0; i < config->catalog_count; i++)
        catalogs[i].name = config->catalogs[i].name;
    b->loop = loop_create();
    if (!b->loop || getrandom(&incarnation, sizeof incarnation, 0) != (ssize_t)sizeof incarnation)
        return failed(b, error, error_size, "out of memory");
    b->store = redis_store_open(b->loop,
                                &(struct redis_store_settings){
                                    .url = config->redis_url,
                                    .password = config->redis_password.value,
                                    .ca_file = config->tls_ca_file[0] ? config->tls_ca_file : NULL,
                                    .prefix = config->redis_prefix,
                                    .client_name = "catalog-memory",
                                    .incarnation = incarnation,
                                    .catalogs = catalogs,
                                    .catalogs_count = (uint32_t)config->catalog_count,
                                    .dedup_ttl_ms = config->dedup_ttl_ms,
                                    .connect_timeout_ms = config->redis_connect_timeout_ms,
                                    .reply_timeout_ms = config->redis_reply_timeout_ms,
                                },
                                &events, error, error_size);
    if (!b->store)
        return false;
    return until(b, &b->up, false) || failed(b, error, error_size, "Redis does not answer");
}

void builder_close(struct builder *b)
{
    redis_store_close(b->store);
    if (b->loop)
        loop_destroy(b->loop);
}

static bool look(struct builder *b)
{
    b->viewed = false;
    redis_store_look(b->store);
    return until(b, &b->viewed, true) && b->view.answered;
}

bool builder_begin(struct builder *b, usec_t quiet_us, char *error, size_t error_size)
{
    if (!look(b))
        return failed(b, error, error_size, "Redis does not answer");
    if (b->view.epoch > 0 && !b->view.ready && b->view.builder_alive)
        return failed(b, error, error_size,
                      "memory is being rebuilt already, by a worker or another catalog-memory (see "
                      "catalog-memory show)");
    b->viewed = false;
    /* one that nobody builds any more is taken over; else a new epoch begins */
    redis_store_epoch_raise(b->store, b->view.ready || b->view.epoch == 0 ? b->view.epoch : b->view.epoch - 1,
                            quiet_us);
    if (!until(b, &b->viewed, true) || !b->view.answered)
        return failed(b, error, error_size, "Redis does not answer");
    if (!b->view.builder)
        return failed(b, error, error_size,
                      "another process became the builder at the same moment: it rebuilds");
    return true;
}

bool builder_quiet(struct builder *b, void (*tick)(void *arg, int64_t left_ms), void *arg, char *error,
                   size_t error_size)
{
    for (;;) {
        usec_t next_us = loop_clock_us() + second_us;

        if (kit_stop)
            return failed(b, error, error_size, "stopped: a worker takes the rebuild over in a few seconds");
        if (!look(b) || !b->view.builder)
            return failed(b, error, error_size, "this process is not the builder any more");
        tick(arg, b->view.wait_us / 1000);
        if (b->view.wait_us == 0)
            return true;
        if (loop_clock_us() + b->view.wait_us < next_us)
            next_us = loop_clock_us() + b->view.wait_us;
        while (loop_clock_us() < next_us && !kit_stop)
            loop_run_once(b->loop, next_us);
    }
}

bool builder_load(struct builder *b, const struct store_row *row)
{
    usec_t end_us = loop_clock_us() + answer_us;

    while (!b->lost && !redis_store_load(b->store, row)) {
        if (loop_clock_us() > end_us) {
            b->lost = true;
            snprintf(b->why, sizeof b->why, "Redis does not answer");
        }
        loop_run_once(b->loop, loop_clock_us() + second_us / 20);
    }
    b->loading += !b->lost;
    return !b->lost;
}

bool builder_turn(struct builder *b)
{
    redis_store_build_alive(b->store);
    loop_run_once(b->loop, loop_clock_us());
    return !b->lost;
}

bool builder_finish(struct builder *b, char *error, size_t error_size)
{
    usec_t end_us = loop_clock_us() + answer_us;

    while (b->loading > 0 && !b->lost && loop_clock_us() < end_us)
        loop_run_once(b->loop, loop_clock_us() + second_us / 20);
    if (b->loading > 0 || b->lost)
        return failed(b, error, error_size, "the rebuild did not finish, a worker takes it over");
    b->viewed = false;
    redis_store_epoch_ready(b->store, b->view.epoch);
    if (!until(b, &b->viewed, true) || !b->view.ready)
        return failed(b, error, error_size,
                      "memory could not be declared ready, a worker takes the rebuild over");
    return true;
}
