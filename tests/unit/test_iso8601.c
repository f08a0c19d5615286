#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/iso8601.h"

#include <string.h>
#include <time.h>

static int64_t parse(const char *text)
{
    int64_t us = -1;

    return iso8601_parse_us(text, strlen(text), &us) ? us : -1;
}

static void reads_every_form(void **state)
{
    (void)state;
    assert_int_equal(parse("1970-01-01T00:00:00Z"), 0);
    assert_int_equal(parse("2026-11-22T21:38:49.123Z"), INT64_C(1795383529123000));
    assert_int_equal(parse("2026-11-22t21:38:49.123456789z"), INT64_C(1795383529123456));
    assert_int_equal(parse("2026-11-22 23:38:49.5+02:00"), INT64_C(1795383529500000));
    assert_int_equal(parse("2026-11-22T16:08:49-05:30"), INT64_C(1795383529000000));
    assert_int_equal(parse("2016-12-31T23:59:60Z"), INT64_C(1483228799999999));
    assert_int_equal(parse("2000-02-29T00:00:00Z"), INT64_C(951782400000000));
    assert_int_equal(parse("9999-12-31T23:59:59.999999Z"), ISO8601_MAX_US);
}

static void refuses_everything_else(void **state)
{
    static const char *const bad[] = {
        "",
        "2026",
        "2026-11-22",
        "2026-11-22T21:38:49",
        "2026-11-22T21:38:49.Z",
        "2026-11-22T21:38:49Zx",
        "2026-11-22T21:38Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T21:60:00Z",
        "2026-11-22T21:38:61Z",
        "2026-11-22T21:38:49+24:00",
        "2026-11-22T21:38:49+0200",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+01:00",
        "+2026-11-22T21:38:49Z",
        " 2026-11-22T21:38:49Z",
        "9999-12-31T23:59:59-01:00",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (parse(bad[i]) != -1)
            fail_msg("took %s", bad[i]);
}

static void writes_what_it_reads_on_every_day(void **state)
{
    char text[ISO8601_TEXT_BYTES], wanted[ISO8601_TEXT_BYTES + 8];

    (void)state;
    for (int64_t day = 0; day < 2932897; day += 13) {
        int64_t ms = day * 86400000 + day % 86400000;
        time_t seconds = ms / 1000;
        struct tm tm;
        size_t n;

        assert_int_equal(iso8601_format_ms(ms, text), ISO8601_TEXT_BYTES - 1);
        assert_int_equal(parse(text), ms * 1000);
        gmtime_r(&seconds, &tm);
        n = strftime(wanted, sizeof(wanted), "%Y-%m-%dT%H:%M:%S", &tm);
        assert_memory_equal(text, wanted, n);
    }
    iso8601_format_ms(-5, text);
    assert_string_equal(text, "1970-01-01T00:00:00.000Z");
    iso8601_format_ms(INT64_MAX, text);
    assert_string_equal(text, "9999-12-31T23:59:59.999Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_form),
        cmocka_unit_test(refuses_everything_else),
        cmocka_unit_test(writes_what_it_reads_on_every_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
