/* Draws a seed's settings: small limits and zero margins among them, since a margin hides what is behind it.
 */
#include "tests/sim/settings.h"

#include "tests/sim/rng.h"

#include <string.h>

static const usec_t ms = 1000, second = 1000 * 1000;

void settings_calm(struct sim_settings *s)
{
    memset(s, 0, sizeof *s);
    s->workers = 1;
    s->topics = 1;
    s->parts = 1;
    s->catalogs = 1;
    s->products = 1;
    s->skus = 2;
    s->contents = 4;
    s->session_us = 10 * second;
    s->store_latency_us = 1 * ms;
    s->call_latency_us = 80 * ms;
    s->publish_latency_us = 5 * ms;
    s->fetch_us = 1 * ms;
    s->lookup_lag_us = 0;
    s->faults_us = 60 * second;
    s->hand_hold_us = 60 * second;
    s->budget_interval_us = 10 * ms;
    s->budget_burst = 10;
    s->core = (struct core_settings){
        .catalogs_count = 1,
        .topics_count = 1,
        .window_records = 16,
        .slack_records = 16,
        .window_bytes = 1 << 20,
        .window_span = 1 << 20,
        .retry_attempts_max = 5,
        .retry_age_max_us = 600 * second,
        .retry_base_us = 200 * ms,
        .retry_max_us = 10 * second,
        .retry_budget_percent = 20,
        .breaker_failures = 5,
        .refusals_max = 5,
        .breaker_open_us = 2 * second,
        .breaker_open_max_us = 20 * second,
        .pause_probe_us = 10 * second,
        .call_timeout_us = 2 * second,
        .call_late_us = 5 * second,
        .lease_us = 8 * second,
        .lease_margin_us = 1 * second,
        .lookup_lag_us = 1 * second,
        .unchanged_max_age_us = 3600 * second,
        .commit_interval_us = 1 * second,
        .revoke_timeout_us = 5 * second,
        .shutdown_timeout_us = 5 * second,
        .store_grace_us = 1 * second,
    };
    for (uint32_t i = 0; i < SIM_CATALOGS_MAX; i++)
        s->core.catalogs[i] = (struct catalog_settings){.inflight_max = 8, .claims_max = 16};
}

/* One of n spans, each a few times the one before. */
static usec_t pick(struct rng *rng, const usec_t *spans, uint32_t n)
{
    return spans[rng_below(rng, n)];
}

static void draw_core(struct sim_settings *s, struct rng *rng)
{
    struct core_settings *c = &s->core;
    bool limited = false;
    static const usec_t timeouts[] = {200 * 1000, 1000 * 1000, 5 * 1000 * 1000};
    static const usec_t spans[] = {10 * 1000, 100 * 1000, 1000 * 1000, 5 * 1000 * 1000};

    c->catalogs_count = s->catalogs;
    c->topics_count = s->topics;
    for (uint32_t i = 0; i < s->catalogs; i++) {
        c->catalogs[i].upsert = rng_chance(rng, 500);
        c->catalogs[i].limited = rng_chance(rng, 300);
        limited = limited || c->catalogs[i].limited;
        c->catalogs[i].inflight_max = (uint32_t)(1u << rng_below(rng, 7));
        c->catalogs[i].claims_max = c->catalogs[i].inflight_max * (uint32_t)rng_range(rng, 1, 3);
    }
    c->window_records = 4u << rng_below(rng, 5);
    c->window_bytes = rng_chance(rng, 300) ? 600 + rng_below(rng, 4000) : 1 << 20;
    c->window_span = rng_chance(rng, 300) ? rng_range(rng, 2, 40) : 1 << 20;
    c->retry_attempts_max = (uint32_t)rng_range(rng, 2, 8);
    c->retry_base_us = pick(rng, spans, 3);
    c->retry_max_us = c->retry_base_us * rng_range(rng, 1, 20);
    c->retry_age_max_us = rng_range(rng, 2, 200) * second;
    c->retry_budget_percent = (uint32_t)rng_range(rng, 0, 100);
    c->breaker_failures = (uint32_t)rng_range(rng, 1, 6);
    c->breaker_open_us = pick(rng, spans, 4);
    c->breaker_open_max_us = c->breaker_open_us * rng_range(rng, 1, 10);
    c->pause_probe_us = rng_range(rng, 1, 20) * second;
    c->call_timeout_us = pick(rng, timeouts, 3);
    c->call_late_us = c->call_timeout_us * rng_range(rng, 10, 40) / 10;
    c->lease_margin_us = rng_chance(rng, 400) ? 0 : c->call_timeout_us / rng_range(rng, 2, 10);
    /* beyond the time-out of the last, a lease must leave room for the calls of a plan */
    c->lease_us = c->call_timeout_us * rng_range(rng, 10, 40) / 10 + c->lease_margin_us + 20 * ms +
                  6 * (2 * s->call_latency_us + 2 * s->store_latency_us) + (limited ? 4 * second : 0);
    c->lookup_lag_us = s->lookup_lag_us;
    c->unchanged_max_age_us = rng_chance(rng, 300) ? 10 * second : 100000 * second;
    c->commit_interval_us = pick(rng, spans, 4);
    c->revoke_timeout_us = rng_range(rng, 1, 20) * second;
    c->shutdown_timeout_us = rng_range(rng, 1, 20) * second;
    c->store_grace_us = rng_range(rng, 1, 3) * second;
}

static uint16_t rate(struct rng *rng, uint32_t max)
{
    static const uint32_t shares[] = {0, 0, 1, 4, 10};

    return (uint16_t)(max * shares[rng_below(rng, 5)] / 10);
}

static void draw_fates(struct sim_settings *s, struct rng *rng)
{
    uint16_t(*f)[FATES_MAX] = s->fate_permille;

    f[FATE_CRASH][1] = rng_chance(rng, 400) ? (uint16_t)rng_range(rng, 1, 12) : 0;
    f[FATE_STORE][STORE_REQUEST_LOST] = rate(rng, 60);
    f[FATE_STORE][STORE_ANSWER_LOST] = rate(rng, 80);
    f[FATE_CALL][CALL_FAILS] = rate(rng, 300);
    f[FATE_CALL][CALL_FAILS_UNKNOWN] = rate(rng, 150);
    f[FATE_CALL][CALL_ANSWER_LOST] = rate(rng, 200);
    f[FATE_CALL][CALL_LANDS_LATE] = rate(rng, 200);
    f[FATE_CALL][CALL_IS_THROTTLED] = rate(rng, 60);
    f[FATE_CALL][CALL_IS_BLOCKED] = rate(rng, 10);
    f[FATE_CALL][CALL_LOSES_AUTH] = rate(rng, 20);
    f[FATE_CALL][CALL_STRANGE_REFUSAL] = rate(rng, 60);
    f[FATE_CALL][CALL_FALSE_NOT_FOUND] = rate(rng, 40);
    f[FATE_CALL][CALL_SLOW] = rate(rng, 300);
    f[FATE_PUBLISH][PUBLISH_LOST] = rate(rng, 120);
    f[FATE_PUBLISH][PUBLISH_REPORT_LOST] = rate(rng, 120);
    f[FATE_PUBLISH][PUBLISH_SLOW] = rate(rng, 200);
    f[FATE_COMMIT][COMMIT_FAILS] = rate(rng, 200);
    f[FATE_COMMIT][COMMIT_ANSWER_LOST] = rate(rng, 200);
    f[FATE_RESUME][1] = rate(rng, 500);
    f[FATE_STOP][1] = rate(rng, 40);
}

static usec_t every(struct rng *rng, uint32_t permille, int64_t from_s, int64_t to_s)
{
    return rng_chance(rng, permille) ? rng_range(rng, from_s, to_s) * second : 0;
}

static void draw_troubles(struct sim_settings *s, struct rng *rng)
{
    s->crash_every_us = every(rng, 250, 5, 60);
    s->freeze_every_us = every(rng, 300, 5, 60);
    s->rebalance_every_us = every(rng, 400, 3, 40);
    s->terminate_every_us = every(rng, 250, 10, 60);
    s->store_down_every_us = every(rng, 250, 10, 60);
    s->store_loss_every_us = every(rng, 150, 20, 90);
    s->store_old_every_us = every(rng, 120, 20, 90);
    s->kafka_down_every_us = every(rng, 200, 10, 60);
    s->catalog_down_every_us = every(rng, 300, 10, 60);
    s->token_dies_every_us = every(rng, 200, 15, 60);
    s->vanish_every_us = every(rng, 250, 5, 40);
    s->freeze_max_us = rng_range(rng, 1, 40) * second;
    s->down_max_us = rng_range(rng, 1, 30) * second;
}

static void draw_workload(struct sim_settings *s, struct rng *rng)
{
    s->gaps = rate(rng, 300);
    s->duplicates = rate(rng, 150);
    s->reused = rate(rng, 40);
    s->hides = rate(rng, 200);
    s->no_sku = rate(rng, 100);
    s->deletes = rate(rng, 250);
    s->tombstones = rate(rng, 80);
    s->resyncs = rate(rng, 120);
    s->replays = rate(rng, 80);
    s->sku_changes = rate(rng, 250);
    s->swaps = rate(rng, 150);
    s->out_of_order = rate(rng, 150);
    s->equal_versions = rate(rng, 120);
    s->poison = rate(rng, 80);
    s->killers = rng_chance(rng, 100) ? 20 : 0;
    s->local_failed = rate(rng, 60);
    s->local_skipped = rate(rng, 60);
    s->no_product = rate(rng, 60);
    s->hints = rate(rng, 200);
    s->bulk = rate(rng, 400);
    s->storms = rng_chance(rng, 100) ? 30 : 0;
}

/* A catalog on a topic of its own each. Few slots, so that the paused one's share is full soon. */
static void draw_own_topics(struct sim_settings *s, struct rng *rng)
{
    struct core_settings *c = &s->core;

    s->own_topics = true;
    s->catalogs = s->topics = (uint32_t)rng_range(rng, 2, SIM_CATALOGS_MAX);
    c->catalogs_count = c->topics_count = s->catalogs;
    s->parts = (uint32_t)rng_range(rng, 1, 2);
    if (s->products < 2 * s->catalogs)
        s->products = 2 * s->catalogs;
    if (s->skus < s->products)
        s->skus = s->products;
    c->window_records = 4u << rng_below(rng, 3);
    c->window_bytes = rng_chance(rng, 500) ? 400 + rng_below(rng, 2000) : 1 << 20;
    for (uint32_t i = 0; i < s->catalogs; i++) {
        if (c->catalogs[i].inflight_max == 0)
            c->catalogs[i] = c->catalogs[0];
    }
    if (rng_chance(rng, 300)) /* enough to fill every slot behind a head that waits */
        s->events = (uint32_t)rng_range(rng, 150, 250);
}

void settings_draw(struct sim_settings *s, uint64_t seed)
{
    struct rng rng = {.state = mix64(seed)};

    memset(s, 0, sizeof *s);
    s->seed = seed;
    s->workers = (uint32_t)rng_range(&rng, 1, SIM_WORKERS_MAX);
    s->topics = rng_chance(&rng, 400) ? 2 : 1;
    s->parts = (uint32_t)rng_range(&rng, 1, SIM_PARTS_MAX / 2);
    s->catalogs = rng_chance(&rng, 250) ? 2 : 1;
    s->products = (uint32_t)rng_range(&rng, 1, rng_chance(&rng, 300) ? SIM_PRODUCTS_MAX : 5);
    s->skus = s->products + (uint32_t)rng_range(&rng, 0, SIM_SKUS_MAX - SIM_PRODUCTS_MAX);
    s->contents = (uint32_t)rng_range(&rng, 1, 6);
    s->events = (uint32_t)(rng_chance(&rng, 60) ? rng_range(&rng, 100, 250) : rng_range(&rng, 10, 60));
    s->static_members = rng_chance(&rng, 500);
    s->upsert_answers_id = rng_chance(&rng, 500);
    s->foreign_items = rng_chance(&rng, 200) ? (uint32_t)rng_range(&rng, 1, 3) : 0;
    s->session_us = rng_range(&rng, 2, 15) * second;
    s->store_latency_us = rng_range(&rng, 0, 5) * ms;
    s->call_latency_us = rng_range(&rng, 1, 150) * ms;
    s->publish_latency_us = rng_range(&rng, 1, 50) * ms;
    s->fetch_us = rng_range(&rng, 0, 20) * ms;
    s->lookup_lag_us = rng_chance(&rng, 500) ? rng_range(&rng, 1, 5000) * ms : 0;
    s->produce_us = rng_range(&rng, 1, rng_chance(&rng, 300) ? 150 : 20) * second;
    s->faults_us = s->produce_us + rng_range(&rng, 5, 60) * second;
    s->budget_interval_us = rng_range(&rng, 10, 500) * ms;
    s->budget_burst = (uint32_t)rng_range(&rng, 1, 20);
    draw_core(s, &rng);
    draw_fates(s, &rng);
    draw_troubles(s, &rng);
    if (s->store_old_every_us >
        0) /* a restart with old data: leases and calls that it forgot must have ended */
        s->core.store_grace_us = s->core.lease_us + s->core.call_late_us + second;
    draw_workload(s, &rng);
    s->refusing_every_us = every(&rng, 250, 5, 40);
    s->core.refusals_max = (uint32_t)rng_range(&rng, 1, 5);
    if (rng_chance(&rng, 200)) /* last, so that all other seeds are what they were */
        draw_own_topics(s, &rng);
    s->core.plan_only = rng_chance(&rng, 50);
    if (!s->own_topics) { /* those worlds are about isolation */
        s->hand_every_us = every(&rng, 350, 3, 30);
        s->rebuild_every_us = s->hand_every_us ? 0 : every(&rng, 100, 1, 3);
    }
    s->core.slack_records = s->core.window_records;
    if (s->own_topics && s->core.slack_records < 2 * s->topics * s->parts)
        s->core.slack_records = 2 * s->topics * s->parts; /* what each topic has on its way must fit */
    s->hand_hold_us = rng_range(&rng, 2, 20) * second;
    s->hand_dies_permille = rng_chance(&rng, 500) ? 100 : 0;
}

static const char *point_names[FATE_POINTS] = {"crash",  "store",  "call", "publish",
                                               "commit", "resume", "stop", "step"};

void settings_print(const struct sim_settings *s, FILE *to)
{
    const struct core_settings *c = &s->core;

    fprintf(
        to,
        "seed %llu: %u workers, %u topics of %u partitions, %u catalogs, %u events of %u products, %u SKUs\n",
        (unsigned long long)s->seed, s->workers, s->topics, s->parts, s->catalogs, s->events, s->products,
        s->skus);
    if (c->plan_only)
        fprintf(to, "  plan-only\n");
    if (s->own_topics)
        fprintf(to, "  a topic a catalog, catalog 0 is paused to the last\n");
    fprintf(to,
            "  window %u records, %llu bytes, span %lld; attempts %u, age %llds, breaker %u, refusals %u\n",
            c->window_records, (unsigned long long)c->window_bytes, (long long)c->window_span,
            c->retry_attempts_max, (long long)(c->retry_age_max_us / second), c->breaker_failures,
            c->refusals_max);
    fprintf(to, "  call time-out %lld ms, late %lld ms, lease %lld ms, margin %lld ms, lookup lag %lld ms\n",
            (long long)(c->call_timeout_us / ms), (long long)(c->call_late_us / ms),
            (long long)(c->lease_us / ms), (long long)(c->lease_margin_us / ms),
            (long long)(c->lookup_lag_us / ms));
    for (uint32_t i = 0; i < s->catalogs; i++)
        fprintf(to, "  catalog %u: %s, %s, in flight %u, claims %u\n", i,
                c->catalogs[i].upsert ? "upsert" : "no upsert",
                c->catalogs[i].limited ? "limited" : "unlimited", c->catalogs[i].inflight_max,
                c->catalogs[i].claims_max);
    fprintf(to, "  members %s, session %llds; events within %llds, faults until %llds\n",
            s->static_members ? "static" : "dynamic", (long long)(s->session_us / second),
            (long long)(s->produce_us / second), (long long)(s->faults_us / second));
    fprintf(to, "  fates in 1000:");
    for (uint32_t p = 0; p < FATE_POINTS; p++)
        for (uint32_t f = 1; f < FATES_MAX; f++)
            if (s->fate_permille[p][f])
                fprintf(to, " %s.%u=%u", point_names[p], f, s->fate_permille[p][f]);
    fprintf(
        to,
        "\n  every (s): crash %lld freeze %lld rebalance %lld terminate %lld store-down %lld store-loss %lld",
        (long long)(s->crash_every_us / second), (long long)(s->freeze_every_us / second),
        (long long)(s->rebalance_every_us / second), (long long)(s->terminate_every_us / second),
        (long long)(s->store_down_every_us / second), (long long)(s->store_loss_every_us / second));
    fprintf(to,
            " store-old %lld kafka-down %lld catalog-down %lld token %lld vanish %lld refusing %lld hand "
            "%lld rebuild %lld\n",
            (long long)(s->store_old_every_us / second), (long long)(s->kafka_down_every_us / second),
            (long long)(s->catalog_down_every_us / second), (long long)(s->token_dies_every_us / second),
            (long long)(s->vanish_every_us / second), (long long)(s->refusing_every_us / second),
            (long long)(s->hand_every_us / second), (long long)(s->rebuild_every_us / second));
}
