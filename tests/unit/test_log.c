#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/log.h"
#include "common/redact.h"
#include "common/textsafe.h"

#include <cjson/cJSON.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int ends[2];
static int64_t now;
static char got[65536];

static int64_t test_clock(void)
{
    return now;
}

static int open_pipe(void **state)
{
    (void)state;
    assert_int_equal(pipe(ends), 0);
    now = INT64_C(1795383529123);
    log_set_clock(test_clock);
    log_init(ends[1], LOG_AT_DEBUG, LOG_AS_JSON);
    return 0;
}

static int close_pipe(void **state)
{
    (void)state;
    log_flush();
    log_init(STDERR_FILENO, LOG_AT_INFO, LOG_AS_JSON);
    log_set_clock(NULL);
    log_set_worker(NULL);
    redact_clear();
    close(ends[0]);
    if (ends[1] >= 0)
        close(ends[1]);
    return 0;
}

static const char *lines(void)
{
    ssize_t n;

    log_flush();
    n = read(ends[0], got, sizeof(got) - 1);
    got[n > 0 ? n : 0] = '\0';
    return got;
}

static void a_json_line_holds_typed_fields(void **state)
{
    (void)state;
    log_set_worker("w-1");
    log_info("created", log_str("sku", "A \"1\"\n\\"), log_int("attempts", -2), log_uint("big", UINT64_MAX),
             log_bool("ok", true), log_milli("seconds", 1005), log_milli("minus", -20),
             log_str("absent", NULL));
    assert_string_equal(lines(),
                        "{\"time\":\"2026-11-22T21:38:49.123Z\",\"level\":\"info\",\"msg\":\"created\","
                        "\"worker\":\"w-1\",\"sku\":\"A \\\"1\\\"\\n\\\\\",\"attempts\":-2,"
                        "\"big\":18446744073709551615,\"ok\":true,\"seconds\":1.005,\"minus\":-0.020}\n");
}

static void a_message_may_come_without_fields(void **state)
{
    (void)state;
    log_debug("quiet");
    assert_string_equal(lines(),
                        "{\"time\":\"2026-11-22T21:38:49.123Z\",\"level\":\"debug\",\"msg\":\"quiet\"}\n");
}

static void text_is_for_people(void **state)
{
    (void)state;
    log_init(ends[1], LOG_AT_DEBUG, LOG_AS_TEXT);
    log_warn("no SKU", log_str("product", "12"), log_str("name", "red shoe"), log_str("empty", ""),
             log_int("n", 3));
    assert_string_equal(
        lines(), "2026-11-22T21:38:49.123Z WARN  no SKU product=12 name=\"red shoe\" empty=\"\" n=3\n");
}

static void lower_levels_are_left_out(void **state)
{
    (void)state;
    log_set_level(LOG_AT_WARN);
    log_info("a");
    log_warn("b");
    assert_null(strstr(lines(), "\"a\""));
    assert_non_null(strstr(got, "\"b\""));
}

static void hostile_bytes_stay_one_valid_line(void **state)
{
    cJSON *json;

    (void)state;
    log_info("x", log_bytes("raw", "\x00\x01\xff\xc3\xa9\xed\xa0\x80\x7f\r\n", 11));
    lines();
    assert_ptr_equal(strchr(got, '\n'), got + strlen(got) - 1);
    json = cJSON_Parse(got);
    assert_non_null(json);
    cJSON_Delete(json);
    assert_non_null(strstr(got, "\\u0000\\u0001\\ufffd\xc3\xa9\\ufffd\\ufffd\\ufffd\\u007f\\r\\n"));
}

static void long_values_and_lines_are_cut(void **state)
{
    static char big[20000];
    cJSON *json;

    (void)state;
    memset(big, 'x', sizeof(big) - 1);
    log_info("cut", log_str("a", big), log_payload("b", big, sizeof(big) - 1), log_int("after", 1));
    json = cJSON_Parse(lines());
    assert_non_null(json);
    assert_int_equal(strlen(cJSON_GetObjectItem(json, "a")->valuestring), LOG_VALUE_MAX_BYTES + 3);
    assert_int_equal(strlen(cJSON_GetObjectItem(json, "b")->valuestring), LOG_PAYLOAD_MAX_BYTES + 3);
    assert_int_equal(cJSON_GetObjectItem(json, "after")->valueint, 1);
    cJSON_Delete(json);
    memset(big, 1, sizeof(big) - 1); /* six bytes each once escaped: more than a line holds */
    log_info("cut", log_str("a", big), log_payload("b", big, sizeof(big) - 1), log_int("after", 1));
    json = cJSON_Parse(lines());
    assert_non_null(json);
    assert_null(cJSON_GetObjectItem(json, "b"));
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(json, "cut")));
    assert_true(strlen(got) <= LOG_LINE_MAX_BYTES);
    cJSON_Delete(json);
}

static void secrets_never_show(void **state)
{
    (void)state;
    assert_true(log_redact_add("EAABsecret/token+1"));
    assert_true(log_redact_add("pass\"word"));
    assert_true(log_redact_add("four"));
    assert_false(log_redact_add("abc"));
    assert_false(log_redact_add(NULL));
    log_error("Malformed token EAABsecret/token+1",
              log_str("url", "/x?access_token=EAABsecret%2Ftoken%2B1&y"), log_str("redis", "AUTH pass\"word"),
              log_str("twice", "four,four"));
    assert_null(strstr(lines(), "EAAB"));
    assert_null(strstr(got, "word"));
    assert_null(strstr(got, "four"));
    assert_non_null(strstr(got, "Malformed token ********\""));
    assert_non_null(strstr(got, "access_token=********&y"));
    assert_non_null(strstr(got, "\"twice\":\"****,****\""));
}

static void no_half_secret_survives_a_cut(void **state)
{
    static char value[2048];

    (void)state;
    assert_true(redact_add("0123456789abcdef"));
    for (size_t at = LOG_VALUE_MAX_BYTES - 20; at < LOG_VALUE_MAX_BYTES + 4; at++) {
        memset(value, '-', sizeof(value) - 1);
        memcpy(value + at, "0123456789abcdef", 16);
        log_info("m", log_str("v", value));
        assert_null(strstr(lines(), "0123"));
    }
}

static void the_registry_forgets_only_the_oldest(void **state)
{
    char secret[32], text[64];

    (void)state;
    for (int i = 0; i < REDACT_SECRETS_MAX + 1; i++) {
        snprintf(secret, sizeof(secret), "secret-%03d", i);
        assert_true(redact_add(secret));
        assert_true(redact_add(secret));
    }
    snprintf(text, sizeof(text), "secret-000 secret-001 %s", secret);
    redact_text(text);
    assert_string_equal(text, "secret-000 ******** ********");
}

static void one_site_is_limited_and_says_what_it_left_out(void **state)
{
    size_t count = 0;

    (void)state;
    for (int i = 0; i < 100; i++) {
        if (i == 99)
            now += LOG_LIMIT_PERIOD_MS;
        log_warn_limited("refused", log_int("i", i));
    }
    for (const char *p = lines(); (p = strchr(p, '\n')); p++)
        count++;
    assert_int_equal(count, LOG_LIMIT_LINES + 1);
    assert_non_null(strstr(got, "\"suppressed\":94,\"i\":99}"));
}

static void errors_are_written_at_once(void **state)
{
    ssize_t n;

    (void)state;
    log_error("now");
    n = read(ends[0], got, sizeof(got) - 1);
    assert_true(n > 0);
}

static void a_broken_descriptor_loses_lines_and_nothing_else(void **state)
{
    uint64_t before = log_lost_lines();

    (void)state;
    close(ends[1]);
    ends[1] = -1;
    log_info("one");
    log_info("two");
    log_flush();
    assert_int_equal(log_lost_lines() - before, 2);
}

static void a_reader_that_sleeps_blocks_nothing_and_finds_whole_lines_later(void **state)
{
    static char all[1 << 20];
    size_t len = 0, whole = 0, broken = 0;
    uint64_t lost = log_lost_lines();
    ssize_t n;

    (void)state;
    for (int i = 0; i < 2000;
         i++) { /* four times what a pipe takes; a write that blocks would end the test here */
        log_info("line",
                 log_str("padding", "0123456789012345678901234567890123456789012345678901234567890123"));
        log_flush();
    }
    assert_true(log_lost_lines() - lost > 500);
    assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    for (int turn = 0; turn < 2; turn++) {
        while ((n = read(ends[0], all + len, sizeof(all) - 1 - len)) > 0)
            len += (size_t)n;
        log_info("room again");
        log_flush();
    }
    for (char *rest = NULL, *line = strtok_r(all, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        cJSON *json = cJSON_Parse(line);

        *(json ? &whole : &broken) += 1;
        cJSON_Delete(json);
    }
    assert_true(whole > 300);
    assert_true(broken <= 1);
    assert_memory_equal(all + len - 2, "}", 2); /* the last line, told once there was room, is whole */
}

static void a_line_is_cheap(void **state)
{
    struct timespec a, b;
    int null = open("/dev/null", O_WRONLY);
    double us;

    (void)state;
    assert_true(null >= 0);
    log_init(null, LOG_AT_INFO, LOG_AS_JSON);
    redact_add("EAABsecret-token-of-a-usual-length-0123456789");
    redact_add("0123456789abcdef0123456789abcdee");
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
    for (int i = 0; i < 20000; i++)
        log_info("created", log_str("event_id", "7d1f0b8e-8c43-4a7e-9b1f-0a1b2c3d4e5f"),
                 log_str("product", "123456"), log_str("sku", "SKU-000123"),
                 log_str("catalog_id", "1234567890123456"), log_str("outcome", "created"),
                 log_int("attempts", 1), log_str("fbtrace_id", "AbCdEfGhIjKlMnOp"), log_int("queued_ms", 12));
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
    us = ((double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec)) / 20000 / 1000;
    print_message("a log line takes %.2f us\n", us);
    assert_true(us < 50);
    log_init(ends[1], LOG_AT_INFO, LOG_AS_JSON);
    close(null);
}

static void safe_text_is_safe(void **state)
{
    char out[16];

    (void)state;
    assert_int_equal(textsafe_copy(out, sizeof(out), "a\x1b[31m\xc2\x9b\x7f\xff", 10), 9);
    assert_string_equal(out, "a [31m  ?");
    assert_int_equal(textsafe_copy(out, 6, "caf\xc3\xa9\xc3\xa9", 7), 5);
    assert_int_equal(textsafe_copy(out, 5, "caf\xc3\xa9\xc3\xa9", 7), 3);
    assert_int_equal(textsafe_copy(out, 5, NULL, 7), 0);
    assert_int_equal(textsafe_cut("\x80\x80\x80\x80\x80\x80", 6, 5), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_json_line_holds_typed_fields, open_pipe, close_pipe),
        cmocka_unit_test_setup_teardown(a_message_may_come_without_fields, open_pipe, close_pipe),
        cmocka_unit_test_setup_teardown(text_is_for_people, open_pipe, close_pipe),
        cmocka_unit_test_setup_teardown(lower_levels_are_left_out, open_pipe, close_pipe),
        cmocka_unit_test_setup_teardown(hostile_bytes_stay_one_valid_line, open_pipe, close_pipe),
        cmocka_unit_test_setup_teardown(long_values_and_lines_are_cut, open_pipe, close_pipe),
        cmocka_unit_test_setup_teardown(secrets_never_show, open_pipe, close_pipe),
        cmocka_unit_test_setup_teardown(no_half_secret_survives_a_cut, open_pipe, close_pipe),
        cmocka_unit_test_setup_teardown(the_registry_forgets_only_the_oldest, open_pipe, close_pipe),
        cmocka_unit_test_setup_teardown(one_site_is_limited_and_says_what_it_left_out, open_pipe, close_pipe),
        cmocka_unit_test_setup_teardown(errors_are_written_at_once, open_pipe, close_pipe),
        cmocka_unit_test_setup_teardown(a_broken_descriptor_loses_lines_and_nothing_else, open_pipe,
                                        close_pipe),
        cmocka_unit_test_setup_teardown(a_reader_that_sleeps_blocks_nothing_and_finds_whole_lines_later,
                                        open_pipe, close_pipe),
        cmocka_unit_test_setup_teardown(a_line_is_cheap, open_pipe, close_pipe),
        cmocka_unit_test(safe_text_is_safe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
