#include "worker/runtime/settings.h"

#include "common/apibody.h"

#include <stdio.h>
#include <string.h>

enum { HOUR_US_PER = 3600, CLAIMS_PER_CALL = 4 };

static const usec_t ms = 1000;

static void fill_catalogs(const struct config *config, struct worker_settings *set)
{
    set->core.catalogs_count = (uint32_t)config->catalog_count;
    for (size_t i = 0; i < config->catalog_count; i++) {
        const struct config_catalog *from = &config->catalogs[i];
        bool limited = from->rate_per_hour > 0;

        set->event_catalogs[i] = (struct event_catalog){.name = from->name};
        set->core.catalogs[i] = (struct catalog_settings){
            .upsert = apibody_version_upserts(from->api_version),
            .limited = limited,
            .inflight_max = (uint32_t)from->inflight_max,
            .claims_max = (uint32_t)from->inflight_max * CLAIMS_PER_CALL,
        };
        set->store_catalogs[i] = (struct redis_store_catalog){
            .name = from->name,
            .budget_interval_us =
                limited ? (HOUR_US_PER * 1000 * ms + from->rate_per_hour - 1) / from->rate_per_hour : 0,
            .budget_burst = limited ? (uint32_t)from->rate_burst : 0,
        };
    }
}

static void fill_core(const struct config *config, struct core_settings *core)
{
    core->plan_only = config->catalog_mode == CONFIG_MODE_PLAN_ONLY;
    core->window_records = (uint32_t)config->window_records;
    core->slack_records = CORE_SLACK_RECORDS;
    core->window_bytes = (uint64_t)config->window_bytes;
    core->window_span = config->window_span;
    core->retry_attempts_max = (uint32_t)config->retry_max_attempts;
    core->retry_age_max_us = config->retry_max_age_ms * ms;
    core->retry_base_us = config->retry_backoff_base_ms * ms;
    core->retry_max_us = config->retry_backoff_max_ms * ms;
    core->retry_budget_percent = (uint32_t)config->retry_budget_percent;
    core->breaker_failures = (uint32_t)config->breaker_failures;
    core->refusals_max = (uint32_t)config->breaker_refusals;
    core->breaker_open_us = config->breaker_open_ms * ms;
    core->breaker_open_max_us = config->breaker_open_max_ms * ms;
    core->pause_probe_us = config->pause_probe_ms * ms;
    core->call_timeout_us = config->call_timeout_ms * ms;
    core->call_late_us = config->call_late_max_ms * ms;
    core->lease_us = config->lease_ms * ms;
    core->lease_margin_us = config->lease_margin_ms * ms;
    core->lookup_lag_us = config->lookup_lag_max_ms * ms;
    core->unchanged_max_age_us = config->unchanged_max_age_ms * ms;
    core->commit_interval_us = config->commit_interval_ms * ms;
    core->revoke_timeout_us = config->revoke_timeout_ms * ms;
    core->shutdown_timeout_us = config->shutdown_timeout_ms * ms;
    core->store_grace_us = config->redis_restart_grace_ms * ms;
}

_Static_assert(CONFIG_TOPICS_MAX == CORE_TOPICS_MAX, "a configuration that loads fits the core");
_Static_assert(CONFIG_CATALOGS_MAX == CORE_CATALOGS_MAX, "a configuration that loads fits the core");

static void fill_topics(const struct config *config, struct worker_settings *set)
{
    struct config_topic topics[CONFIG_TOPICS_MAX];

    set->topics_count = config_event_topics(config, topics);
    for (size_t i = 0; i < set->topics_count; i++) {
        set->topics[i] = topics[i].name;
        set->topic_catalogs[i] = topics[i].catalog ? topics[i].catalog->name : NULL;
    }
    set->core.topics_count = (uint32_t)set->topics_count;
}

static bool fill_event(const struct config *config, struct worker_settings *set, char *error,
                       size_t error_size)
{
    event_settings_init(&set->event);
    set->event.catalogs = set->event_catalogs;
    set->event.catalog_count = config->catalog_count;
    set->event.default_catalog = "default";
    set->event.version_source = (enum event_version_source)config->version_source;
    set->event.version_ahead_max_ms = config->version_future_max_ms;
    set->event.link_fallback = config->link_fallback;
    set->event.default_currency = config->default_currency;
    set->event.image_placeholder = config->image_fallback;
    set->event.unknown_type_fails = config->unknown_type == CONFIG_UNKNOWN_TYPE_FAIL;
    set->event.unknown_field_ignored = config->unknown_fields == CONFIG_UNKNOWN_FIELDS_IGNORE;
    set->event.zero_price_allowed = config->allow_zero_price;
    set->event.value_max_bytes = (uint32_t)config->record_max_bytes;
    set->money = money_table_builtin;
    set->event.money = &set->money;
    for (size_t i = 0; i < config->currency_offsets.count; i++) {
        size_t bad_at;

        if (!money_table_extend(&set->money, config->currency_offsets.items[i], &bad_at)) {
            snprintf(error, error_size,
                     "currency.offsets: \"%s\" cannot be read from its byte %zu on: write CUR=N with N one "
                     "of 1, 10, "
                     "100, 1000, such as HUF=1",
                     config->currency_offsets.items[i], bad_at + 1);
            return false;
        }
    }
    return true;
}

static void fill_kafka(const struct config *config, struct worker_settings *set)
{
    for (size_t i = 0; i < config->kafka_count; i++)
        set->kafka_pairs[i] =
            (struct kafka_pair){.name = config->kafka[i].name, .value = config->kafka[i].value};
    set->kafka = (struct kafka_settings){
        .user = set->kafka_pairs,
        .user_count = config->kafka_count,
        .client_id = "catalog-worker",
        .prefetch_bytes = (size_t)config->prefetch_bytes,
        .delivery_timeout_ms = 30000,
        .message_max_bytes = (size_t)config->record_max_bytes + 128 * 1024,
    };
}

bool worker_settings_fill(const struct config *config, struct worker_settings *set, char *error,
                          size_t error_size)
{
    memset(set, 0, sizeof *set);
    fill_catalogs(config, set);
    fill_core(config, &set->core);
    fill_kafka(config, set);
    fill_topics(config, set);
    if (!fill_event(config, set, error, error_size))
        return false;
    if (core_size(&set->core) == 0) {
        snprintf(
            error, error_size,
            "the settings leave no room for a call within a lease: raise lease.ms above call.timeout.ms plus "
            "lease.margin.ms");
        return false;
    }
    return true;
}
