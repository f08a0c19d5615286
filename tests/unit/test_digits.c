/* What looks at several bytes at once says what looking at them one by one says. */
#include "common/digits.h"
#include "common/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void check(uint64_t n)
{
    char expected[32], got[32];

    snprintf(expected, sizeof(expected), "%llu", (unsigned long long)n);
    assert_int_equal(digits_count(n), strlen(expected));
    got[digits_u64(n, got)] = '\0';
    assert_string_equal(got, expected);
    snprintf(expected, sizeof(expected), "%016llx", (unsigned long long)n);
    digits_hex64(n, got);
    got[DIGITS_HEX64] = '\0';
    assert_string_equal(got, expected);
}

static void numbers_as_printf_writes_them(void **state)
{
    uint64_t power = 1, random = 1;

    (void)state;
    for (int i = 0; i < 20; i++, power *= 10) {
        check(power - 1);
        check(power);
        check(power + 1);
    }
    check(UINT64_MAX);
    for (int i = 0; i < 100000; i++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        check(random >> (i % 64));
    }
}

static void fixed_width(void **state)
{
    char got[17] = "";

    (void)state;
    digits_put(0, got, 16);
    assert_string_equal(got, "0000000000000000");
    digits_put(UINT64_C(1732300000123456), got, 16);
    assert_string_equal(got, "1732300000123456");
    digits_put(42, got, 3);
    assert_memory_equal(got, "042", 3);
}

static size_t slow_plain_run(const unsigned char *p, size_t len)
{
    size_t at = 0;

    while (at < len && p[at] >= 0x20 && p[at] < 0x7f && p[at] != '"' && p[at] != '\\')
        at++;
    return at;
}

/* Every byte at every place of texts of every length up to three steps of the fast way; and two at once. */
static void plain_runs(void **state)
{
    unsigned char text[50];

    (void)state;
    for (size_t len = 0; len <= sizeof(text); len++) {
        memset(text, 'a', sizeof(text));
        assert_int_equal(utf8_plain_run(text, len), len);
        for (size_t at = 0; at < len; at++) {
            for (unsigned c = 0; c < 256; c++) {
                text[at] = (unsigned char)c;
                text[len - 1] = (unsigned char)(at % 2 ? c ^ 1 : 'z');
                assert_int_equal(utf8_plain_run(text, len), slow_plain_run(text, len));
            }
            text[at] = text[len - 1] = 'a';
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_as_printf_writes_them),
        cmocka_unit_test(fixed_width),
        cmocka_unit_test(plain_runs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
