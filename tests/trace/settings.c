/* The settings of a story: round numbers, and a seed that makes every jitter repeat. */
#include "tests/trace/trace.h"

#include <string.h>

static const usec_t ms = 1000, second = 1000 * 1000;

void settings_begin(struct trace *trace)
{
    memset(trace, 0, sizeof *trace);
    trace->settings = (struct core_settings){
        .catalogs_count = 1,
        .topics_count = 1,
        .catalogs = {{.upsert = true, .inflight_max = 8, .claims_max = 16}},
        .window_records = 16,
        .slack_records = 16,
        .window_bytes = 1 << 20,
        .window_span = 1 << 20,
        .retry_attempts_max = 3,
        .retry_age_max_us = 600 * second,
        .retry_base_us = 200 * ms,
        .retry_max_us = 10 * second,
        .retry_budget_percent = 20,
        .breaker_failures = 3,
        .refusals_max = 3,
        .breaker_open_us = 2 * second,
        .breaker_open_max_us = 20 * second,
        .pause_probe_us = 60 * second,
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
        .incarnation = 1,
        .seed = 1,
    };
}

void settings_take(struct trace *trace, struct words *words)
{
    struct core_settings *set = &trace->settings;

    if (trace->core)
        trace_fail(words, "settings come before the first input", words_take(words, "a setting"));
    if (words_flag(words, "cold"))
        trace->cold = true;
    if (words_flag(words, "no-upsert"))
        set->catalogs[0].upsert = false;
    if (words_flag(words, "limited"))
        set->catalogs[0].limited = true;
    set->retry_attempts_max = (uint32_t)words_number(words, "attempts", set->retry_attempts_max);
    set->breaker_failures = (uint32_t)words_number(words, "breaker", set->breaker_failures);
    set->refusals_max = (uint32_t)words_number(words, "refusals", set->refusals_max);
    set->catalogs[0].inflight_max = (uint32_t)words_number(words, "inflight", set->catalogs[0].inflight_max);
    set->window_records = (uint32_t)words_number(words, "window", set->window_records);
    set->slack_records = set->window_records < CORE_SLACK_RECORDS ? set->window_records : CORE_SLACK_RECORDS;
    set->lease_us = words_number(words, "lease", set->lease_us / ms) * ms;
    words_end(words);
}
