#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/config.h"
#include "common/redact.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct config config;
static char errors[16384];
static char folder[] = BINARY_DIR "/config-XXXXXX";
static char file_path[512], token_path[512];
static bool loaded;

static void write_file(const char *path, const char *text)
{
    FILE *out = fopen(path, "w");

    assert_non_null(out);
    fputs(text, out);
    assert_int_equal(fclose(out), 0);
}

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(file_path, sizeof(file_path), "%s/w.properties", folder);
    snprintf(token_path, sizeof(token_path), "%s/token", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(file_path);
    unlink(token_path);
    return rmdir(folder);
}

static int unload(void **state)
{
    (void)state;
    if (loaded)
        config_free(&config);
    loaded = false;
    redact_clear();
    return 0;
}

#define BASE "kafka.bootstrap.servers=localhost:9092\ncatalog.id=1001\ncatalog.token=EAABtokentoken\n"
#define NONE                                                                                                 \
    (const char *const[])                                                                                    \
    {                                                                                                        \
        NULL                                                                                                 \
    }

static bool load_all(const char *text, const char *const *env, const char *const *sets, unsigned needs)
{
    struct config_sources sources = {
        .file = text ? file_path : NULL, .env = env, .sets = sets, .needs = needs};

    unload(NULL);
    if (text)
        write_file(file_path, text);
    while (sets && sets[sources.set_count])
        sources.set_count++;
    loaded = config_load(&config, &sources, errors, sizeof(errors));
    assert_true(loaded == (errors[0] == '\0'));
    return loaded;
}

static void load_ok(const char *text, const char *const *env, const char *const *sets)
{
    if (!load_all(text, env, sets, CONFIG_NEEDS_ALL))
        fail_msg("%s", errors);
}

/* Loads what must be refused with one mistake that says all of `says`. */
static void refused(const char *text, const char *const *env, const char *const *sets, const char *says)
{
    char part[512];

    if (load_all(text, env, sets, CONFIG_NEEDS_ALL))
        fail_msg("taken: %s", text);
    for (const char *p = says; *p;) {
        size_t len = strcspn(p, "|");

        snprintf(part, sizeof(part), "%.*s", (int)len, p);
        if (!strstr(errors, part))
            fail_msg("no \"%s\" in: %s", part, errors);
        p += len + (p[len] == '|');
    }
    if (strchr(errors, '\n') != errors + strlen(errors) - 1)
        fail_msg("more than one mistake: %s", errors);
}

static const char *printed(void (*print)(const struct config *, FILE *))
{
    static char *text;
    size_t size;
    FILE *out;

    free(text);
    text = NULL;
    out = open_memstream(&text, &size);
    print(&config, out);
    fclose(out);
    return text;
}

static void the_defaults_are_those_promised(void **state)
{
    (void)state;
    load_ok(BASE, NONE, NONE);
    assert_string_equal(config.kafka_group_id, "catalog-sync");
    assert_int_equal(config.topic_events.count, 1);
    assert_string_equal(config.topic_events.items[0], "product-events");
    assert_string_equal(config.topic_events_bulk.items[0], "product-events.bulk");
    assert_string_equal(config.topic_results, "product-sync-results");
    assert_string_equal(config.topic_dlq, "product-events.dlq");
    assert_string_equal(config.topic_audit, "catalog-sync.audit");
    assert_string_equal(config.redis_url, "redis://127.0.0.1:6379/0");
    assert_string_equal(config.redis_prefix, "cs1");
    assert_null(config.redis_password.value);
    assert_int_equal(config.call_connect_timeout_ms, 5000);
    assert_int_equal(config.call_timeout_ms, 30000);
    assert_int_equal(config.call_late_max_ms, 60000);
    assert_int_equal(config.bulk_late_max_ms, 900000);
    assert_int_equal(config.lease_ms, 45000);
    assert_int_equal(config.lease_margin_ms, 5000);
    assert_int_equal(config.lookup_lag_max_ms, 60000);
    assert_int_equal(config.retry_max_attempts, 8);
    assert_int_equal(config.retry_max_age_ms, 86400000);
    assert_int_equal(config.retry_backoff_base_ms, 500);
    assert_int_equal(config.retry_backoff_max_ms, 60000);
    assert_int_equal(config.retry_budget_percent, 20);
    assert_int_equal(config.breaker_failures, 10);
    assert_int_equal(config.breaker_open_ms, 5000);
    assert_int_equal(config.breaker_open_max_ms, 60000);
    assert_int_equal(config.pause_probe_ms, 60000);
    assert_int_equal(config.unchanged_max_age_ms, 30 * CONFIG_DAY);
    assert_int_equal(config.dedup_ttl_ms, 7 * CONFIG_DAY);
    assert_int_equal(config.window_records, 8192);
    assert_int_equal(config.window_bytes, 16 * CONFIG_MIB);
    assert_int_equal(config.window_span, 65536);
    assert_int_equal(config.record_max_bytes, CONFIG_MIB);
    assert_int_equal(config.prefetch_bytes, 8 * CONFIG_MIB);
    assert_int_equal(config.commit_interval_ms, 1000);
    assert_int_equal(config.shutdown_timeout_ms, 40000);
    assert_int_equal(config.revoke_timeout_ms, 20000);
    assert_int_equal(config.results_delivery, CONFIG_AT_LEAST_ONCE);
    assert_int_equal(config.inactive_policy, CONFIG_INACTIVE_HIDE);
    assert_int_equal(config.unknown_type, CONFIG_UNKNOWN_TYPE_SKIP);
    assert_int_equal(config.unknown_fields, CONFIG_UNKNOWN_FIELDS_FAIL);
    assert_int_equal(config.version_source, CONFIG_VERSION_DATA);
    assert_true(config.tls_verify);
    assert_false(config.allow_zero_price);
    assert_string_equal(config.admin_listen, "");
    assert_string_equal(config_enum_name("log.level", config.log_level), "info");
    assert_string_equal(config_enum_name("log.format", config.log_format), "json");
    assert_int_equal(config.catalog_count, 1);
    assert_string_equal(config.catalogs[0].name, "default");
    assert_string_equal(config.catalogs[0].base_url, "https://graph.facebook.com");
    assert_string_equal(config.catalogs[0].api_version, "v25.0");
    assert_int_equal(config.catalogs[0].rate_per_hour, 20000);
    assert_int_equal(config.catalogs[0].inflight_max, 64);
    assert_string_equal(config.catalogs[0].token.value, "EAABtokentoken");
    assert_null(config.catalogs[0].app_secret.value);
}

static void every_default_is_within_its_own_bounds(void **state)
{
    (void)state;
    /* a default out of bounds would be a mistake of ours that a load without settings meets */
    load_ok(NULL,
            (const char *const[]){"CATALOG_SYNC_KAFKA_BOOTSTRAP_SERVERS=h:1", "CATALOG_SYNC_CATALOG_ID=1",
                                  "CATALOG_SYNC_CATALOG_TOKEN=EAABtokentoken", NULL},
            NONE);
}

static void later_sources_outweigh_earlier_ones(void **state)
{
    const char *const env[] = {"PATH=/bin", "CATALOG_SYNC_CALL_TIMEOUT_MS=21000",
                               "CATALOG_SYNC_LOG_LEVEL=warn", NULL};
    const char *const sets[] = {"log.level=error", "log.level=debug", NULL};

    (void)state;
    load_ok(BASE "call.timeout.ms=20000\nlog.level=error\nlease.ms = 44000 \r\n# a comment\n! another\n\n",
            env, sets);
    assert_int_equal(config.call_timeout_ms, 21000);
    assert_int_equal(config.lease_ms, 44000);
    assert_string_equal(config_enum_name("log.level", config.log_level), "debug");
    /* what is outweighed is not judged */
    load_ok(BASE "call.timeout.ms=never\n", env, NONE);
}

static void every_key_can_come_from_the_environment(void **state)
{
    const char *const env[] = {
        "CATALOG_SYNC_KAFKA_BOOTSTRAP_SERVERS=a:1,b:2",
        "CATALOG_SYNC_KAFKA_GROUP_ID=g",
        "CATALOG_SYNC_KAFKA_SASL_PASSWORD=hushhush",
        "CATALOG_SYNC_TOPIC_EVENTS_BULK=",
        "CATALOG_SYNC_CATALOG_ID=7",
        "CATALOG_SYNC_CATALOG_TOKEN=EAABtokentoken",
        "CATALOG_SYNC_CATALOGS_OUTLET_ID=8",
        "CATALOG_SYNC_CATALOGS_OUTLET_API_VERSION=v24.0",
        "CATALOG_SYNC_CATALOGS_SHOP_A_APP_SECRET=0123",
        "CATALOG_SYNC_CATALOGS_SHOP_A_ID=9",
        "CATALOG_SYNC_BIN=/build/bin",
        "CATALOG_SYNC_SERVICE_HOST=10.0.0.1",
        "CATALOG_SYNC_ACTOR=pat@laptop",
        "CATALOG_SYNC_PORT=tcp://10.0.0.1:80",
        "CATALOG_SYNC_PORT_80_TCP_ADDR=10.0.0.1",
        "CATALOG_SYNC_SERVICE_PORT_HTTP=80",
        NULL,
    };

    (void)state;
    load_ok(NULL, env, NONE);
    assert_string_equal(config_kafka(&config, "bootstrap.servers"), "a:1,b:2");
    assert_string_equal(config_kafka(&config, "group.id"), "g");
    assert_string_equal(config_kafka(&config, "sasl.password"), "hushhush");
    assert_null(config_kafka(&config, "client.id"));
    assert_int_equal(config.topic_events_bulk.count, 0);
    assert_int_equal(config.catalog_count, 3);
    assert_string_equal(config_catalog(&config, NULL)->id, "7");
    assert_string_equal(config_catalog(&config, "outlet")->api_version, "v24.0");
    assert_string_equal(config_catalog(&config, "shop_a")->app_secret.value, "0123");
    assert_null(config_catalog(&config, "nobody"));
}

static void the_environment_finds_a_catalog_with_a_hyphen(void **state)
{
    const char *const env[] = {"CATALOG_SYNC_CATALOGS_SHOP_A_TOKEN=EAABother", NULL};

    (void)state;
    load_ok(BASE "catalogs.Shop-a.id=5\n", env, NONE);
    assert_int_equal(config.catalog_count, 2);
    assert_string_equal(config_catalog(&config, "Shop-a")->token.value, "EAABother");
}

static void a_catalog_inherits_all_but_its_id(void **state)
{
    (void)state;
    load_ok(
        BASE
        "catalog.rate.per.hour=500\ncatalog.api.version=v24.0\ncatalogs.b.id=2\ncatalogs.b.rate.per.hour=0\n"
        "catalogs.a.id=3\ncatalogs.a.token=EAABthird\ncatalogs.default.inflight.max=9\n",
        NONE, NONE);
    assert_int_equal(config.catalog_count, 3);
    assert_string_equal(config.catalogs[0].name, "default");
    assert_string_equal(config.catalogs[1].name, "a");
    assert_string_equal(config.catalogs[2].name, "b");
    assert_int_equal(config.catalogs[0].inflight_max, 9);
    assert_int_equal(config.catalogs[1].rate_per_hour, 500);
    assert_int_equal(config.catalogs[2].rate_per_hour, 0);
    assert_string_equal(config.catalogs[2].api_version, "v24.0");
    assert_string_equal(config.catalogs[2].token.value, "EAABtokentoken");
    assert_string_equal(config.catalogs[1].token.value, "EAABthird");
    /* catalog.* without an id is only what the others inherit */
    load_ok("kafka.bootstrap.servers=h:1\ncatalog.token=EAABtokentoken\ncatalogs.a.id=3\n", NONE, NONE);
    assert_int_equal(config.catalog_count, 1);
    assert_string_equal(config.catalogs[0].name, "a");
}

static void wrong_values_are_named_with_the_mend(void **state)
{
    static const struct {
        const char *line, *says;
    } bad[] = {
        {"call.timout.ms=5", "call.timout.ms|w.properties:4|no such key|did you mean call.timeout.ms?"},
        {"catalog.tokn.file=/x", "did you mean catalog.token.file?"},
        {"catalogs.a.rate.hour=5", "did you mean catalogs.a.rate.per.hour?"},
        {"zzzzzzzzzzzzzzzzzzzzzz=5", "no such key: docs/configuration.md"},
        {"just words", "w.properties:4|no setting"},
        {"lease.ms=30s", "lease.ms=30s (|w.properties:4): is no whole number of milliseconds"},
        {"lease.ms=", "is no whole number"},
        {"lease.ms=1.5", "is no whole number"},
        {"lease.ms=+5", "is no whole number"},
        {"lease.ms=100", "too small: take 200 to 3600000 milliseconds"},
        {"lease.ms=99999999999999999999999", "too large: take 200 to"},
        {"window.records=70000", "window.records=70000|too large: take 1 to 65536 records"},
        {"window.bytes=-1", "too small"},
        {"tls.verify=yes", "neither true nor false"},
        {"log.level=loud", "log.level=loud|take one of debug|info|warn|error"},
        {"inactive.policy=", "none of its choices"},
        {"topic.results=a b", "no topic name"},
        {"topic.events=a,,b", "empty entry"},
        {"topic.events=a,", "ends in a comma"},
        {"topic.events=", "so catalog default has no topic"},
        {"topic.events=a,b c", "no topic name"},
        {"redis.url=127.0.0.1:6379", "no Redis URL: write redis://"},
        {"catalog.base.url=graph.facebook.com", "no URL that can be used"},
        {"catalog.base.url=https://h/?access_token=x", "catalog.base.url=********|before any ? or #"},
        {"catalog.base.url=http://user:hidden@h", "catalog.base.url=********|must not have a user"},
        {"redis.url=redix://:hidden@h/0", "redis.url=********|no Redis URL: write redis://"},
        {"catalog.base.url=", "must not be empty: its default is https://graph.facebook.com"},
        {"catalog.api.version=25", "write it as v25.0"},
        {"catalog.api.version=v25.x", "write it as v25.0"},
        {"catalogs.a.id=12a", "catalogs.a.id=12a|digits only"},
        {"catalogs.a b.id=12", "no name for a catalog"},
        {"catalogs..id=12", "no name for a catalog"},
        {"default.currency=usd", "three capital letters"},
        {"admin.listen=9464", "write host:port"},
        {"admin.listen=127.0.0.1:99999", "write host:port"},
        {"tls.ca.file=/nowhere/ca.pem", "cannot be read (No such file"},
        {"redis.prefix=a b", "no key prefix"},
        {"link.fallback=/x", "no URL that can be used"},
        {"results.delivery=exactly-once",
         "results.delivery=exactly-once|not available yet: use at-least-once"},
        {"catalog.id=7", "catalog.id: set twice, at|w.properties:2 and at line 4"},
        {"catalog.app.secret=********", "mask"},
        {"redis.password.file=/nowhere/x", "redis.password.file=/nowhere/x (|/nowhere/x cannot be read"},
        {"kafka.=x", "names no setting"},
        {"topic.dlq=product-events", "topic.dlq and topic.events: both name the topic product-events"},
        {"topic.audit=product-sync-results", "topic.results and topic.audit"},
        {"catalogs.b.id=1001", "catalogs default and b: both have the id 1001"},
    };
    char text[512];

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        snprintf(text, sizeof(text), BASE "%s\n", bad[i].line);
        refused(text, NONE, NONE, bad[i].says);
    }
    refused(BASE, (const char *const[]){"CATALOG_SYNC_CALL_TIMEOUT=1", NULL}, NONE,
            "CATALOG_SYNC_CALL_TIMEOUT in the environment|did you mean CATALOG_SYNC_CALL_TIMEOUT_MS?");
    refused(BASE, (const char *const[]){"CATALOG_SYNC_LEASE_MS=x", NULL}, NONE,
            "lease.ms=x (CATALOG_SYNC_LEASE_MS)");
    refused(BASE, NONE, (const char *const[]){"lease.ms=x", NULL}, "lease.ms=x (--set)");
    refused(BASE, NONE, (const char *const[]){"lease.ms", NULL}, "write --set key=value");
    refused(BASE, NONE, (const char *const[]){"=x", NULL}, "write --set key=value");
    refused(BASE "x=\xff\n", NONE, NONE, "is no UTF-8");
}

static void an_unreadable_file_is_named(void **state)
{
    struct config_sources sources = {.file = "/nowhere/w.properties", .needs = 0};

    (void)state;
    assert_false(config_load(&config, &sources, errors, sizeof(errors)));
    assert_non_null(strstr(errors, "--config /nowhere/w.properties: cannot be read (No such file"));
    sources.file = folder;
    assert_false(config_load(&config, &sources, errors, sizeof(errors)));
    assert_non_null(strstr(errors, "cannot be read"));
}

static void what_is_required_is_asked_for(void **state)
{
    (void)state;
    refused("catalog.id=1\ncatalog.token=EAABtokentoken\n", NONE, NONE,
            "kafka.bootstrap.servers: required|CATALOG_SYNC_KAFKA_BOOTSTRAP_SERVERS");
    refused("kafka.bootstrap.servers=h:1\ncatalog.token=EAABtokentoken\n", NONE, NONE,
            "catalog.id: required");
    refused("kafka.bootstrap.servers=h:1\ncatalog.id=1\n", NONE, NONE, "catalog.token.file: required");
    refused("kafka.bootstrap.servers=h:1\ncatalogs.a.id=1\n", NONE, NONE, "catalogs.a.token.file: required");
    refused(BASE "catalogs.a.rate.burst=5\n", NONE, NONE, "catalogs.a.id: required");
    assert_true(load_all("", NONE, NONE, 0));
    assert_true(load_all("kafka.bootstrap.servers=h:1\n", NONE, NONE, CONFIG_NEEDS_KAFKA));
    /* a tool that makes no call does not stumble over a token it cannot read */
    assert_true(load_all("catalog.token.file=/nowhere\n", NONE, NONE, 0));
}

static void contradictions_show_the_values_and_their_places(void **state)
{
    static const struct {
        const char *lines, *says;
    } bad[] = {
        {"call.timeout.ms=4000\n", "call.connect.timeout.ms=5000 (default)|call.timeout.ms=4000 ("},
        {"lease.ms=36000\nlease.margin.ms=6000\ncall.timeout.ms=30000\n",
         "lease.margin.ms=6000 (|w.properties:5"},
        {"call.late.max.ms=20000\n", "call.late.max.ms=20000|a call is late only after its time-out"},
        {"bulk.late.max.ms=50000\n", "raise bulk.late.max.ms"},
        {"redis.reply.timeout.ms=20000\n", "the lease must outlast"},
        {"retry.backoff.base.ms=61000\n", "raise retry.backoff.max.ms"},
        {"retry.max.age.ms=50000\n", "raise retry.max.age.ms"},
        {"breaker.open.ms=61000\n", "raise breaker.open.max.ms"},
        {"dedup.ttl.ms=86400000\n", "raise dedup.ttl.ms"},
        {"window.bytes=500000\n", "raise window.bytes"},
        {"window.span=100\n", "raise window.span"},
        {"shutdown.timeout.ms=30000\n", "raise shutdown.timeout.ms"},
        {"revoke.timeout.ms=41000\n", "a shutdown gives back every partition"},
        {"kafka.max.poll.interval.ms=20000\nkafka.session.timeout.ms=10000\n",
         "kafka.max.poll.interval.ms=20000 ("},
        {"kafka.session.timeout.ms=400000\n", "kafka.session.timeout.ms=400000 (|300000 (default)"},
        {"kafka.heartbeat.interval.ms=45000\n", "kafka.heartbeat.interval.ms"},
        {"commit.interval.ms=50000\n", "lower commit.interval.ms"},
    };
    char text[512];

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        snprintf(text, sizeof(text), BASE "%s", bad[i].lines);
        refused(text, NONE, NONE, bad[i].says);
    }
}

static void all_mistakes_come_at_once_and_bounded(void **state)
{
    static char text[20000];
    size_t len = 0, lines = 0;

    (void)state;
    for (int i = 0; i < 100; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "nonsense.number.%d=1\n", i);
    assert_false(load_all(text, NONE, NONE, 0));
    for (const char *p = errors; (p = strchr(p, '\n')); p++)
        lines++;
    assert_int_equal(lines, 21);
    assert_non_null(strstr(errors, "and 80 more mistakes"));
}

static void secrets_come_from_files_and_follow_them(void **state)
{
    struct config_secret *token;
    char why[1024], text[64] = "EAABsecondone", settings[1024];

    (void)state;
    write_file(token_path, "  EAABfirst\n");
    snprintf(errors, sizeof(errors), "kafka.bootstrap.servers=h:1\ncatalog.id=1\ncatalog.token.file=%s\n",
             token_path);
    memcpy(settings, errors, strlen(errors) + 1);
    load_ok(settings, NONE, NONE);
    token = &config.catalogs[0].token;
    assert_string_equal(token->value, "EAABfirst");
    assert_int_equal(config_secret_refresh(token, why, sizeof(why)), 0);
    write_file(token_path, "EAABsecondone\r\n");
    assert_int_equal(config_secret_refresh(token, why, sizeof(why)), 1);
    assert_string_equal(token->value, "EAABsecondone");
    redact_text(text);
    assert_string_equal(text, REDACT_MASK);
    assert_int_equal(config_secret_refresh(token, why, sizeof(why)), 0);
    /* half-written or gone: the old one stays, and the next look tries again */
    write_file(token_path, "");
    assert_int_equal(config_secret_refresh(token, why, sizeof(why)), -1);
    assert_non_null(strstr(why, "is empty"));
    assert_int_equal(config_secret_refresh(token, why, sizeof(why)), -1);
    assert_string_equal(token->value, "EAABsecondone");
    unlink(token_path);
    assert_int_equal(config_secret_refresh(token, why, sizeof(why)), -1);
    assert_non_null(strstr(why, token_path));
    write_file(token_path, "EAAB\nsecond line\n");
    assert_int_equal(config_secret_refresh(token, why, sizeof(why)), -1);
    assert_non_null(strstr(why, "line break"));
    assert_null(strstr(why, "EAAB"));
}

static void of_value_and_file_the_heavier_source_counts(void **state)
{
    char text[1024];

    (void)state;
    write_file(token_path, "EAABfromfile");
    snprintf(text, sizeof(text), "kafka.bootstrap.servers=h:1\ncatalog.id=1\ncatalog.token.file=%s\n",
             token_path);
    load_ok(text, (const char *const[]){"CATALOG_SYNC_CATALOG_TOKEN=EAABfromenv", NULL}, NONE);
    assert_string_equal(config.catalogs[0].token.value, "EAABfromenv");
    snprintf(text, sizeof(text), "CATALOG_SYNC_CATALOG_TOKEN_FILE=%s", token_path);
    load_ok(BASE, (const char *const[]){text, NULL}, NONE);
    assert_string_equal(config.catalogs[0].token.value, "EAABfromfile");
    snprintf(text, sizeof(text), BASE "catalog.token.file=%s\n", token_path);
    refused(text, NONE, NONE, "both are set");
}

static void no_secret_is_ever_shown(void **state)
{
    const char *const sets[] = {"catalog.token=EAABonline", NULL}, *const url[] = {
                                                                       "redis.url=redis://u:hidden@h", NULL};
    const char *const kafka[] = {"kafka.sasl.password=hidden", NULL};
    char text[] = "AUTH hiddenpw";

    (void)state;
    refused(BASE, NONE, sets, "catalog.token (--set): a secret on the command line");
    assert_null(strstr(errors, "EAABonline"));
    refused(BASE, NONE, kafka, "kafka.sasl.password (--set)");
    assert_null(strstr(errors, "hidden"));
    refused(BASE, NONE, url, "redis.url (--set)");
    assert_null(strstr(errors, "hidden"));
    refused(BASE "catalog.app.secret=a\tb\n", NONE, NONE, "catalog.app.secret=******** (");
    assert_null(strstr(errors, "a b"));
    load_ok(BASE "catalog.app.secret=hiddenas\nredis.password=hiddenpw\nkafka.sasl.password=hiddenkp\n"
                 "redis.url=redis://user:hiddenurl@h:1/0\n",
            NONE, NONE);
    assert_null(strstr(printed(config_print), "hidden"));
    assert_null(strstr(printed(config_print), "EAAB"));
    assert_non_null(strstr(printed(config_print), "\ncatalog.app.secret=********\n"));
    assert_non_null(strstr(printed(config_print), "\nredis.password=********\n"));
    assert_non_null(strstr(printed(config_print), "\nkafka.sasl.password=********\n"));
    assert_non_null(strstr(printed(config_print), "redis://user:********@h:1/0\n"));
    redact_text(text);
    assert_string_equal(text, "AUTH ********");
}

static void what_is_printed_says_where_from_and_loads_again(void **state)
{
    char *text;

    (void)state;
    write_file(token_path, "EAABfromfile");
    snprintf(errors, sizeof(errors),
             "kafka.bootstrap.servers=h:1\ncatalog.id=1\ncatalog.token.file=%s\ntopic.events=a,b\ntopic."
             "events.bulk=\n"
             "catalogs.b.id=2\ncatalogs.b.token.file=%s\nkafka.client.id=x=y\n",
             token_path, token_path);
    text = strdup(errors);
    load_ok(text, (const char *const[]){"CATALOG_SYNC_LOG_LEVEL=warn", NULL},
            (const char *const[]){"lease.ms=46000", NULL});
    free(text);
    text = strdup(printed(config_print));
    assert_non_null(strstr(text, "# --set\nlease.ms=46000\n"));
    assert_non_null(strstr(text, "# CATALOG_SYNC_LOG_LEVEL\nlog.level=warn\n"));
    assert_non_null(strstr(text, "w.properties:4\ntopic.events=a,b\n"));
    assert_non_null(strstr(text, "\ntopic.events.bulk=\n"));
    assert_non_null(strstr(text, "\ncall.timeout.ms=30000\n"));
    assert_non_null(strstr(text, "kafka.client.id=x=y\n"));
    load_ok(text, NONE, NONE);
    assert_int_equal(config.lease_ms, 46000);
    assert_int_equal(config.topic_events.count, 2);
    assert_int_equal(config.catalog_count, 2);
    assert_string_equal(config.catalogs[1].token.value, "EAABfromfile");
    assert_string_equal(config_kafka(&config, "client.id"), "x=y");
    free(text);
}

static void shadow_names_say_why_they_are_longer(void **state)
{
    char *text;

    (void)state;
    load_ok("kafka.bootstrap.servers=h:1\ncatalog.id=1\ncatalog.mode=plan-only\nredis.prefix=mine\n", NONE,
            NONE);
    text = strdup(printed(config_print));
    assert_non_null(strstr(
        text, "# catalog-sync, and .shadow of catalog.mode=plan-only\nkafka.group.id=catalog-sync.shadow\n"));
    assert_non_null(strstr(text, "# mine, and .shadow of catalog.mode=plan-only\n"));
    load_ok(text, NONE, NONE);
    assert_string_equal(config.redis_prefix, "mine.shadow");
    assert_null(strstr(printed(config_print), "and .shadow of"));
    free(text);
    load_ok(BASE, NONE, NONE);
    assert_null(strstr(printed(config_print), "and .shadow of"));
}

static int warnings;

static void count_warning(void *arg, const char *text)
{
    warnings += strstr(text, arg) != NULL;
}

static void what_is_allowed_but_risky_is_said(void **state)
{
    char tls[] = "tls.verify=false", http[] = "http, so the token", none[] = "no catalog is named default";

    (void)state;
    load_ok(BASE "tls.verify=false\ncatalogs.a.id=2\ncatalogs.a.base.url=http://api.example/\n", NONE, NONE);
    warnings = 0;
    config_warnings(&config, count_warning, tls);
    config_warnings(&config, count_warning, http);
    config_warnings(&config, count_warning, none);
    assert_int_equal(warnings, 2);
    load_ok(BASE "catalog.base.url=http://127.0.0.1:8080\n", NONE, NONE);
    warnings = 0;
    config_warnings(&config, count_warning, strchr(tls, '\0'));
    assert_int_equal(warnings, 0);
}

static char *slurp(const char *path)
{
    FILE *in = fopen(path, "r");
    char *text = calloc(1, 200000);

    if (in) {
        assert_true(fread(text, 1, 199999, in) > 0);
        fclose(in);
    }
    return text;
}

static void print_markdown(const struct config *unused, FILE *out)
{
    (void)unused;
    config_print_markdown(out);
}

/* To renew the page: catalog-worker --print-config-markdown >docs/configuration.md */
static void the_documentation_is_up_to_date(void **state)
{
    char *page = slurp(SOURCE_DIR "/docs/configuration.md");

    (void)state;
    if (strcmp(page, printed(print_markdown)) != 0)
        fail_msg("docs/configuration.md is not what the table says: catalog-worker --print-config-markdown "
                 ">docs/configuration.md");
    free(page);
}

static void any_file_is_survived(void **state)
{
    static const char seed_text[] =
        BASE "lease.ms=45000\ntopic.events=a,b\ncatalogs.x.id=5\nkafka.a.b=c\n#x\n";
    char text[sizeof(seed_text)];
    uint64_t seed = 7;

    (void)state;
    for (int round = 0; round < 300; round++) {
        memcpy(text, seed_text, sizeof(text));
        for (int flips = 0; flips < 4; flips++) {
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
            text[(seed >> 33) % (sizeof(text) - 1)] = (char)(1 + (seed >> 20) % 255);
        }
        load_all(text, NONE, NONE, CONFIG_NEEDS_ALL);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(the_defaults_are_those_promised, unload),
        cmocka_unit_test_teardown(every_default_is_within_its_own_bounds, unload),
        cmocka_unit_test_teardown(later_sources_outweigh_earlier_ones, unload),
        cmocka_unit_test_teardown(every_key_can_come_from_the_environment, unload),
        cmocka_unit_test_teardown(the_environment_finds_a_catalog_with_a_hyphen, unload),
        cmocka_unit_test_teardown(a_catalog_inherits_all_but_its_id, unload),
        cmocka_unit_test_teardown(wrong_values_are_named_with_the_mend, unload),
        cmocka_unit_test_teardown(an_unreadable_file_is_named, unload),
        cmocka_unit_test_teardown(what_is_required_is_asked_for, unload),
        cmocka_unit_test_teardown(contradictions_show_the_values_and_their_places, unload),
        cmocka_unit_test_teardown(all_mistakes_come_at_once_and_bounded, unload),
        cmocka_unit_test_teardown(secrets_come_from_files_and_follow_them, unload),
        cmocka_unit_test_teardown(of_value_and_file_the_heavier_source_counts, unload),
        cmocka_unit_test_teardown(no_secret_is_ever_shown, unload),
        cmocka_unit_test_teardown(what_is_printed_says_where_from_and_loads_again, unload),
        cmocka_unit_test_teardown(shadow_names_say_why_they_are_longer, unload),
        cmocka_unit_test_teardown(what_is_allowed_but_risky_is_said, unload),
        cmocka_unit_test_teardown(the_documentation_is_up_to_date, unload),
        cmocka_unit_test_teardown(any_file_is_survived, unload),
    };

    if (argc > 1 && strcmp(argv[1], "--markdown") == 0) {
        config_print_markdown(stdout);
        return 0;
    }
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
