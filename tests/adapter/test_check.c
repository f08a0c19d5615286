/* What --check makes of the answers it gets: the state of each line, and that a mend stands beside it. */
#include "common/redact.h"
#include "tools/kit/cli.h"
#include "worker/check/judge.h"
#include "worker/check/prefix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { HOUR = 3600000, DAY = 24 * HOUR };

static struct check_report report;

static int setup(void **state)
{
    (void)state;
    check_report_init(&report);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (size_t i = 0; i < report.count;
         i++) { /* whatever it says: no line that is not ok without its mend */
        assert_true(report.lines[i].found[0] != '\0');
        assert_true(report.lines[i].state == CHECK_OK || report.lines[i].mend[0] != '\0');
    }
    check_report_free(&report);
    return 0;
}

static void assert_line(const char *id, enum check_state state, const char *part)
{
    for (size_t i = 0; i < report.count; i++) {
        const struct check_line *line = &report.lines[i];

        if (strcmp(line->id, id) == 0 && line->state == state &&
            (strstr(line->found, part) || strstr(line->mend, part)))
            return;
    }
    for (size_t i = 0; i < report.count; i++)
        print_error("%s %s: %s -> %s\n", check_state_name(report.lines[i].state), report.lines[i].id,
                    report.lines[i].found, report.lines[i].mend);
    fail_msg("no line %s %s with \"%s\"", check_state_name(state), id, part);
}

static void forget(void)
{
    free(report.lines);
    report.lines = NULL;
    report.count = report.dropped = 0;
}

static struct check_topic topic_of(enum check_role role)
{
    return (struct check_topic){.name = "t",
                                .role = role,
                                .brokers = 3,
                                .dedup_ttl_ms = 7 * (int64_t)DAY,
                                .record_max_bytes = 1048576,
                                .publish_max_bytes = 1179648};
}

static struct kit_topic_settings events_settings(void)
{
    return (struct kit_topic_settings){.deletes = true,
                                       .retention_ms = 7 * (int64_t)DAY,
                                       .retention_bytes = -1,
                                       .max_message_bytes = 1048588,
                                       .min_insync_replicas = 2};
}

static const struct kit_layout whole = {.partitions = 6, .copies = 3, .copies_in_sync = 3};

static void test_events_and_their_retention(void **state)
{
    struct check_topic topic = topic_of(ROLE_EVENTS);
    struct kit_topic_settings set = events_settings();

    (void)state;
    judge_settings(&report, &topic, &set, &whole);
    assert_line("kafka.retention", CHECK_OK, "7 days");
    assert_line("kafka.message.size", CHECK_OK, "1048588");
    assert_line("kafka.min.insync", CHECK_OK, "2 of 3");
    set.retention_ms++; /* one millisecond more than is remembered is too much */
    judge_settings(&report, &topic, &set, &whole);
    assert_line("kafka.retention", CHECK_FAIL, "raise dedup.ttl.ms to 604800001");
    set.retention_ms = -1;
    judge_settings(&report, &topic, &set, &whole);
    assert_line("kafka.retention", CHECK_WARN, "for ever");
    set.retention_ms = HOUR;
    judge_settings(&report, &topic, &set, &whole);
    assert_line("kafka.retention", CHECK_WARN, "kept for 1 hour only");
    set.retention_ms = DAY;
    set.retention_bytes = 1000;
    judge_settings(&report, &topic, &set, &whole);
    assert_line("kafka.retention", CHECK_WARN, "retention.bytes");
    set = events_settings();
    set.compacts = true;
    set.deletes = false;
    judge_settings(&report, &topic, &set, &whole);
    assert_line("kafka.retention", CHECK_WARN, "compacted");
    set.max_message_bytes = 8 << 20;
    judge_settings(&report, &topic, &set, &whole);
    assert_line("kafka.message.size", CHECK_WARN, "raise record.max.bytes to 8388608");
}

static void test_results_and_dead_letters_stay(void **state)
{
    struct check_topic results = topic_of(ROLE_RESULTS), dlq = topic_of(ROLE_DLQ),
                       audit = topic_of(ROLE_AUDIT);
    struct kit_topic_settings set = events_settings(), kept = events_settings();

    (void)state;
    kept.deletes = false;
    kept.compacts = true;
    judge_settings(&report, &results, &set, &whole);
    assert_line("kafka.compaction", CHECK_FAIL, "a rebuild of Redis' memory would not find");
    judge_settings(&report, &dlq, &set, &whole);
    assert_line("kafka.compaction", CHECK_FAIL, "before anybody looked");
    assert_line("kafka.message.size", CHECK_WARN, "raise the topic's max.message.bytes to 1179648");
    judge_settings(&report, &audit, &kept, &whole);
    assert_line("kafka.compaction", CHECK_WARN, "only the newest would stay");
    forget();
    judge_settings(&report, &results, &kept, &whole);
    assert_line("kafka.compaction", CHECK_OK, "compact");
    kept.max_message_bytes = 1179648;
    judge_settings(&report, &dlq, &kept, &whole);
    assert_line("kafka.message.size", CHECK_OK, "1179648");
    judge_settings(&report, &audit, &set, &whole);
    for (size_t i = 0; i < report.count; i++)
        assert_int_equal(report.lines[i].state, CHECK_OK);
    kept.deletes = true;
    judge_settings(&report, &results, &kept, &whole);
    assert_line("kafka.compaction", CHECK_WARN, "also drops what is older than 7 days");
    kept.max_message_bytes = 1000;
    judge_settings(&report, &results, &kept, &whole);
    assert_line("kafka.message.size", CHECK_FAIL, "may not fit");
}

static void test_copies_and_acknowledgements(void **state)
{
    struct check_topic topic = topic_of(ROLE_EVENTS);
    struct kit_topic_settings set = events_settings();
    struct kit_layout layout = whole;

    (void)state;
    judge_layout(&report, &topic, &layout);
    assert_line("kafka.topic", CHECK_OK, "6 partitions");
    assert_line("kafka.replicas", CHECK_OK, "3 copies");
    layout.copies = layout.copies_in_sync = 2;
    judge_layout(&report, &topic, &layout);
    assert_line("kafka.replicas", CHECK_WARN, "no copy to spare");
    judge_settings(&report, &topic, &set, &layout);
    assert_line("kafka.min.insync", CHECK_WARN, "one broker down stops every write");
    layout.copies_in_sync = 1;
    judge_settings(&report, &topic, &set, &layout);
    assert_line("kafka.min.insync", CHECK_FAIL, "every write is refused");
    layout = (struct kit_layout){.partitions = 1, .copies = 1, .copies_in_sync = 1};
    judge_layout(&report, &topic, &layout);
    assert_line("kafka.replicas", CHECK_WARN, "one lost disk");
    assert_line("kafka.topic", CHECK_WARN, "1 partition");
    layout = whole;
    layout.without_leader = 2;
    judge_layout(&report, &topic, &layout);
    assert_line("kafka.topic", CHECK_FAIL, "2 of 6 partitions have no leader");
    set.min_insync_replicas = 1;
    judge_settings(&report, &topic, &set, &whole);
    assert_line("kafka.min.insync", CHECK_WARN, "set min.insync.replicas=2");
}

static void test_what_was_not_told(void **state)
{
    struct check_topic topic = topic_of(ROLE_EVENTS), audit = topic_of(ROLE_AUDIT);

    (void)state;
    judge_untold(&report, &topic, KIT_MISSING, "");
    assert_line("kafka.topic", CHECK_FAIL, "--create --topic t");
    judge_untold(&report, &audit, KIT_MISSING, "");
    assert_line("kafka.topic", CHECK_WARN, "audit records");
    judge_untold(&report, &topic, KIT_UNTOLD, "");
    assert_line("kafka.settings", CHECK_UNKNOWN, "does not tell");
    judge_untold(&report, &topic, KIT_FORBIDDEN, "denied");
    assert_line("kafka.settings", CHECK_UNKNOWN, "DescribeConfigs");
    judge_untold(&report, &topic, KIT_NO_ANSWER, "timed out");
    assert_line("kafka.settings", CHECK_FAIL, "timed out");
}

static void test_who_is_in_the_group(void **state)
{
    static struct kit_group group;

    (void)state;
    judge_group(&report, "g", &group, 6);
    assert_line("kafka.group", CHECK_OK, "new");
    group = (struct kit_group){.state = "Stable",
                               .protocol_type = "consumer",
                               .assignor = "cooperative-sticky",
                               .members = 2,
                               .list = {{.client_id = "catalog-worker"}, {.client_id = "catalog-worker"}}};
    judge_group(&report, "g", &group, 2);
    assert_line("kafka.group", CHECK_OK, "2 workers are in it");
    judge_group(&report, "g", &group, 1);
    assert_line("kafka.group", CHECK_WARN, "1 of them have nothing to do");
    snprintf(group.list[1].client_id, sizeof group.list[1].client_id, "billing");
    judge_group(&report, "g", &group, 6);
    assert_line("kafka.group", CHECK_WARN, "billing");
    snprintf(group.list[1].topic, sizeof group.list[1].topic, "invoices");
    judge_group(&report, "g", &group, 6);
    assert_line("kafka.group", CHECK_FAIL, "reads topic invoices");
    group.list[1].topic[0] = '\0';
    snprintf(group.assignor, sizeof group.assignor, "range");
    judge_group(&report, "g", &group, 6);
    assert_line("kafka.group", CHECK_FAIL, "\"range\"");
    snprintf(group.protocol_type, sizeof group.protocol_type, "connect");
    judge_group(&report, "g", &group, 6);
    assert_line("kafka.group", CHECK_FAIL, "connect");
}

static void test_where_the_group_stands(void **state)
{
    struct check_offset at[2] = {{.partition = 0, .committed = -1001, .first = 5, .end = 9},
                                 {.partition = 1, .committed = -1001, .first = 0, .end = 2}};

    (void)state;
    judge_offsets(&report, "t", at, 2);
    assert_line("kafka.offsets", CHECK_OK, "none yet: reading begins at the earliest record, 6 are there");
    at[0].committed = 9;
    at[1].committed = 0;
    judge_offsets(&report, "t", at, 2);
    assert_line("kafka.offsets", CHECK_OK, "all in range, 2 records wait");
    at[0].committed = 4;
    judge_offsets(&report, "t", at, 2);
    assert_line("kafka.offsets", CHECK_FAIL, "offset 4 is gone, the first one kept is 5");
    at[0].committed = 10;
    judge_offsets(&report, "t", at, 2);
    assert_line("kafka.offsets", CHECK_FAIL, "beyond the end, which is 9");
}

static const char good_info[] = "# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\n# Memory\r\n"
                                "used_memory:1048576\r\ntotal_system_memory:8000000000\r\nmaxmemory:0\r\n"
                                "maxmemory_policy:noeviction\r\n# Persistence\r\naof_enabled:1\r\n"
                                "aof_last_write_status:ok\r\nrdb_last_bgsave_status:ok\r\n# Replication\r\n"
                                "role:master\r\n# Cluster\r\ncluster_enabled:0\r\n";

/* good_info with one line's value changed. */
static void judge_changed(const char *name, const char *to, const char *save)
{
    char text[2 * sizeof good_info];
    const char *at = strstr(good_info, name);

    assert_non_null(at);
    snprintf(text, sizeof text, "%.*s%s:%s%s", (int)(at - good_info), good_info, name, to,
             at + strcspn(at, "\r"));
    forget();
    judge_redis_info(&report, text, save);
}

static void test_redis_as_it_should_be_and_as_it_should_not(void **state)
{
    (void)state;
    judge_redis_info(&report, good_info, "");
    for (size_t i = 0; i < report.count; i++)
        assert_int_equal(report.lines[i].state, CHECK_OK);
    assert_int_equal(report.count, 5);
    judge_changed("redis_version", "4.0.14", "");
    assert_line("redis.version", CHECK_FAIL, "4.0.14");
    judge_changed("maxmemory_policy", "allkeys-lru", "");
    assert_line("redis.eviction", CHECK_FAIL, "set maxmemory-policy noeviction");
    judge_changed("role", "slave", "");
    assert_line("redis.role", CHECK_FAIL, "name the primary");
    judge_changed("cluster_enabled", "1", "");
    assert_line("redis.role", CHECK_WARN, "cluster mode");
    judge_changed("maxmemory:0", "", ""); /* "maxmemory:0:": no number, as where it is not told */
    assert_line("redis.memory", CHECK_OK, "without a bound");
    judge_changed("used_memory", "7000000000", "");
    assert_line("redis.memory", CHECK_WARN, "of the machine's");
    judge_changed("aof_enabled", "0", "");
    assert_line("redis.persistence", CHECK_WARN, "keeps nothing on disk");
    judge_changed("aof_enabled", "0", "3600 1");
    assert_line("redis.persistence", CHECK_OK, "snapshots");
    judge_changed("aof_enabled", "0", NULL);
    assert_line("redis.persistence", CHECK_UNKNOWN, "appendonly");
    judge_changed("aof_last_write_status", "err", "");
    assert_line("redis.persistence", CHECK_FAIL, "disk");
    forget();
    judge_redis_info(&report,
                     "redis_version:7.2.0\nused_memory:900\nmaxmemory:1000\nmaxmemory_policy:noeviction\n"
                     "aof_enabled:0\nrdb_last_bgsave_status:err\nrole:master\n",
                     "60 1");
    assert_line("redis.memory", CHECK_WARN, "raise maxmemory");
    assert_line("redis.persistence", CHECK_FAIL, "last snapshot failed");
}

static void test_clocks(void **state)
{
    (void)state;
    judge_clock(&report, "c", "", "Redis", 4999, 0, DAY);
    assert_line("c", CHECK_OK, "agree");
    judge_clock(&report, "c", "", "Redis", -5000, 0, DAY);
    assert_line("c", CHECK_WARN, "5 s behind that of Redis");
    judge_clock(&report, "c", "", "Redis", 300000, 0, DAY);
    assert_line("c", CHECK_FAIL, "300 s ahead of");
    forget();
    judge_clock(&report, "c", "", "Redis", -60000, 0, 60000); /* versions of now would be refused */
    assert_line("c", CHECK_FAIL, "60 s behind");
    forget();
    judge_clock(&report, "c", "", "the API", 9000, 8000, DAY); /* the answer was long on its way */
    assert_line("c", CHECK_OK, "agree");
}

static void test_whose_key_it_is(void **state)
{
    static struct config config;
    struct kit_cli cli = {.program = "test"};
    char catalog[CONFIG_CATALOG_NAME_MAX + 1];
    static const struct {
        const char *key;
        enum check_key kind;
    } keys[] = {
        {"{cs1}:1:g", KEY_OURS},
        {"{cs1}:1:w:00ff", KEY_OURS},
        {"{cs1}:1:c:default:p:7", KEY_OURS},
        {"{cs1}:1:c:outlet:p:7", KEY_OTHER_CATALOG},
        {"{cs1}:1:gg", KEY_FOREIGN},
        {"{cs1}:1:c:", KEY_FOREIGN},
        {"{cs1}:1:c:default", KEY_FOREIGN},
        {"{cs1}:2:g", KEY_FOREIGN},
        {"{cs1}:", KEY_FOREIGN},
    };

    (void)state;
    assert_true(kit_cli_set(&cli, "catalog.id=1"));
    assert_true(kit_cli_load(&cli, CONFIG_NEEDS_CATALOG, &config));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        assert_int_equal(check_key_kind(&config, keys[i].key, strlen(keys[i].key), catalog), keys[i].kind);
    check_key_kind(&config, keys[3].key, strlen(keys[3].key), catalog);
    assert_string_equal(catalog, "outlet");
    config_free(&config);
}

static void test_what_is_accepted_and_what_never_shows(void **state)
{
    struct check_sums sums;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    (void)state;
    redact_add("s3cr3t-token");
    check_say(&report, CHECK_OK, "a", "", NULL, "fine");
    check_say(&report, CHECK_WARN, "b", "t1", "mend b", "so\x1b[31m so with s3cr3t-token");
    check_say(&report, CHECK_UNKNOWN, "c", "", "mend c", "no idea");
    check_say(&report, CHECK_FAIL, "d", "", "mend d with s3cr3t-token", "\"bad\"");
    check_print_text(&report, 1, out, &sums);
    assert_false(check_passed(&sums));
    check_accept(&report, "warn,unknown");
    check_print_json(&report, 1, out, &sums);
    assert_int_equal(sums.accepted, 2);
    assert_false(check_passed(&sums));
    check_accept(&report, "FAIL"); /* never all at once */
    check_print_json(&report, 1, out, &sums);
    assert_int_equal(sums.accepted, 0);
    check_accept(&report, "unknown,b,d");
    check_print_json(&report, 1, out, &sums);
    assert_true(check_passed(&sums));
    fclose(out);
    assert_null(strstr(text, "s3cr3t"));
    assert_null(strchr(text, '\x1b'));
    assert_non_null(strstr(text, "1 ok, 1 warn, 1 unknown, 1 FAIL"));
    assert_non_null(
        strstr(text, "{\"state\":\"fail\",\"id\":\"d\",\"subject\":\"\",\"found\":\"\\\"bad\\\"\""));
    assert_non_null(strstr(text, "\"accepted\":3,\"passed\":true}"));
    free(text);
    redact_clear();
}

static void test_too_many_lines_are_counted_and_do_not_pass(void **state)
{
    struct check_sums sums;
    FILE *out = fopen("/dev/null", "w");

    (void)state;
    for (int i = 0; i < CHECK_LINES_MAX + 3; i++)
        check_say(&report, CHECK_OK, "a", "", NULL, "fine");
    assert_int_equal(report.dropped, 3);
    check_print_text(&report, 1, out, &sums);
    assert_false(check_passed(&sums));
    fclose(out);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_events_and_their_retention),
        TEST(test_results_and_dead_letters_stay),
        TEST(test_copies_and_acknowledgements),
        TEST(test_what_was_not_told),
        TEST(test_who_is_in_the_group),
        TEST(test_where_the_group_stands),
        TEST(test_redis_as_it_should_be_and_as_it_should_not),
        TEST(test_clocks),
        TEST(test_whose_key_it_is),
        TEST(test_what_is_accepted_and_what_never_shows),
        TEST(test_too_many_lines_are_counted_and_do_not_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
