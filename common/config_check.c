/* What concerns more than one value: contradictions, what is required, names that clash, and what deserves a
 * warning. */
#include "common/config_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* librdkafka's own defaults, for the checks that involve them. */
enum { SESSION_TIMEOUT_MS = 45000, POLL_INTERVAL_MS = 300000, HEARTBEAT_MS = 3000 };

static const struct {
    const char *name;
    int64_t fallback;
} kafka_numbers[] = {
    {"session.timeout.ms", SESSION_TIMEOUT_MS},
    {"max.poll.interval.ms", POLL_INTERVAL_MS},
    {"heartbeat.interval.ms", HEARTBEAT_MS},
};

/* A number of librdkafka's; what it cannot read is left for it to refuse. */
static int64_t kafka_number(const struct config *c, const char *name)
{
    const char *text = config_kafka(c, name);
    int64_t fallback = 0;
    char *end;

    for (size_t i = 0; i < sizeof(kafka_numbers) / sizeof(kafka_numbers[0]); i++)
        if (strcmp(kafka_numbers[i].name, name) == 0)
            fallback = kafka_numbers[i].fallback;
    if (text) {
        long long value = strtoll(text, &end, 10);

        if (*text && *end == '\0')
            return value;
    }
    return fallback;
}

static const struct config_raw *raw_of_kafka(const struct config_origin *raw, const char *name)
{
    for (size_t i = 0; i < raw->kafka_count; i++)
        if (strcmp(raw->kafka_names[i], name) == 0)
            return &raw->kafka[i];
    return NULL;
}

/* key=value (place) */
static void show(const struct config_loader *l, const char *name, struct sbuf *out)
{
    bool twin;
    const struct config_key *key = config_find(config_global_keys, CONFIG_GLOBAL_ROWS, name, &twin);
    const struct config_raw *raw =
        key ? &l->raw->globals[key - config_global_keys][0] : raw_of_kafka(l->raw, name + strlen("kafka."));

    if (raw && raw->value)
        sbuf_printf(out, "%s=%s (%s)", name, raw->value, raw->place);
    else if (key)
        sbuf_printf(out, "%s=%s (default)", name, key->fallback);
    else
        sbuf_printf(out, "%s=%lld (default)", name,
                    (long long)kafka_number(l->config, name + strlen("kafka.")));
}

/* Reports values that contradict each other, named by a comma-separated list of keys. */
static void contradiction(struct config_loader *l, const char *keys, const char *text)
{
    struct sbuf shown;

    sbuf_init(&shown, 2048);
    for (const char *key = keys; *key;) {
        char name[CONFIG_KEY_MAX_BYTES];
        size_t len = strcspn(key, ",");

        snprintf(name, sizeof(name), "%.*s", (int)len, key);
        if (key != keys)
            sbuf_puts(&shown, ", ");
        show(l, name, &shown);
        key += len + (key[len] == ',');
    }
    config_mistake(l, "%s: %s", sbuf_str(&shown), text);
    sbuf_free(&shown);
}

static void check_numbers(struct config_loader *l)
{
    const struct config *c = l->config;
    int64_t session_ms = kafka_number(c, "session.timeout.ms"),
            poll_ms = kafka_number(c, "max.poll.interval.ms");
    int64_t heartbeat_ms = kafka_number(c, "heartbeat.interval.ms");

#define X(holds, keys, text)                                                                                 \
    if (!(holds))                                                                                            \
        contradiction(l, keys, text);
    CONFIG_CHECK_TABLE(X)
#undef X
}

const char *config_catalog_key(const struct config_catalog *catalog, const char *suffix, char *out,
                               size_t out_bytes)
{
    if (strcmp(catalog->name, "default") == 0)
        snprintf(out, out_bytes, "catalog.%s", suffix);
    else
        snprintf(out, out_bytes, "catalogs.%s.%s", catalog->name, suffix);
    return out;
}

static void required(struct config_loader *l, const char *key, const char *what)
{
    char variable[CONFIG_KEY_MAX_BYTES * 2];

    config_env_name(key, variable, sizeof(variable));
    config_mistake(l, "%s: required and not set: set it to %s (or %s in the environment)", key, what,
                   variable);
}

static void check_catalogs(struct config_loader *l, unsigned needs)
{
    const struct config *c = l->config;
    char key[CONFIG_KEY_MAX_BYTES];

    for (size_t i = 0; i < c->catalog_count; i++) {
        const struct config_catalog *catalog = &c->catalogs[i];

        if (needs & CONFIG_NEEDS_CATALOG && !catalog->id[0])
            required(l, config_catalog_key(catalog, "id", key, sizeof(key)), "the catalog's number");
        if (needs & CONFIG_NEEDS_TOKEN && !catalog->token.value)
            required(l, config_catalog_key(catalog, "token.file", key, sizeof(key)),
                     "a file that holds the access token");
        for (size_t j = 0; j < i; j++)
            if (catalog->id[0] && strcmp(catalog->id, c->catalogs[j].id) == 0)
                config_mistake(
                    l,
                    "catalogs %s and %s: both have the id %s: one catalog under two names would have two "
                    "writers: keep one of them",
                    c->catalogs[j].name, catalog->name, catalog->id);
    }
}

void config_check(struct config_loader *l, unsigned needs)
{
    bool twin;
    const struct config_key *delivery =
        config_find(config_global_keys, CONFIG_GLOBAL_ROWS, "results.delivery", &twin);

    if (needs & CONFIG_NEEDS_KAFKA && !l->config->kafka_bootstrap_servers[0])
        required(l, "kafka.bootstrap.servers", "the brokers, host:port separated by commas");
    if (l->config->results_delivery == CONFIG_EXACTLY_ONCE)
        config_mistake_at(
            l, delivery->name, &l->raw->globals[delivery - config_global_keys][0], false,
            "not available yet: use at-least-once (a repeated result is equal to the first, and has the "
            "same id)");
    check_catalogs(l, needs);
    config_check_topics(l);
    check_numbers(l);
}

static bool leaves_the_machine_in_clear(const char *url)
{
    static const char *const local[] = {"127.", "localhost", "[::1]"};

    if (strncmp(url, "http://", 7) != 0)
        return false;
    for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++)
        if (strncmp(url + 7, local[i], strlen(local[i])) == 0)
            return false;
    return true;
}

void config_warnings(const struct config *config, void (*warn)(void *arg, const char *text), void *arg)
{
    char text[512];

    if (!config->tls_verify)
        warn(arg, "tls.verify=false: certificates are not checked, so anyone between can read the token: for "
                  "tests only");
    for (size_t i = 0; i < config->catalog_count; i++) {
        const struct config_catalog *catalog = &config->catalogs[i];

        if (leaves_the_machine_in_clear(catalog->base_url)) {
            snprintf(text, sizeof(text),
                     "catalog %s: its base.url is http, so the token travels in clear: use https",
                     catalog->name);
            warn(arg, text);
        }
    }
    if (!config_catalog(config, NULL))
        warn(arg, "no catalog is named default: events that name no catalog fail; set catalog.id for them");
    if (config->dedup_ttl_ms < 7 * CONFIG_DAY)
        warn(arg, "dedup.ttl.ms is below 7 days, Kafka's usual retention: a record read again after that "
                  "repeats its call");
}
