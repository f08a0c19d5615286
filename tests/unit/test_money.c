/* Money: exact, by the currency's own offset (catalog-api.md section 1; bug 11 of section 12: floats, and
 * x100 for every currency). */
#include "common/money.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void is(const char *text, const char *currency, int64_t expected)
{
    int64_t amount = -1;

    assert_int_equal(money_parse(text, strlen(text), money_offset(NULL, currency), &amount), MONEY_OK);
    assert_int_equal(amount, expected);
}

static void is_not(const char *text, const char *currency, enum money_fault expected)
{
    int64_t amount = -1;

    assert_int_equal(money_parse(text, strlen(text), money_offset(NULL, currency), &amount), expected);
    assert_int_equal(amount, -1);
    assert_true(strlen(money_fault_text(expected)) > 5);
}

static void exact_in_the_offset_of_the_currency(void **state)
{
    (void)state;
    is("19.99", "USD", 1999);
    is("5.99", "EUR", 599);
    is("0.29", "USD", 29);
    is("1.15", "USD", 115); /* 1.15 * 100 is 114.99999999999999 in floats */
    is("4.35", "USD", 435);
    is("1", "USD", 100);
    is("1.5", "USD", 150);
    is("1.500000", "USD", 150);
    is("0", "USD", 0);
    is("0.00", "USD", 0);
    is("007.10", "USD", 710);
    is("1200", "JPY", 1200);
    is("100.00", "JPY", 100);
    is("460000", "IDR", 460000);
    is("1.25", "KWD", 125); /* listed with 100, not 1000 */
    is("90071992547409.91", "USD", (INT64_C(1) << 53) - 1);
    is("9007199254740991", "VND", (INT64_C(1) << 53) - 1);
}

static void bug_11_refuses_what_cannot_be_represented(void **state)
{
    (void)state;
    is_not("19.999", "USD", MONEY_DECIMALS);
    is_not("100.50", "JPY", MONEY_DECIMALS);
    is_not("0.001", "USD", MONEY_DECIMALS);
    is_not("90071992547409.92", "USD", MONEY_TOO_LARGE);
    is_not("9007199254740992", "JPY", MONEY_TOO_LARGE);
    is_not("90071992547410", "USD", MONEY_TOO_LARGE);
    is_not("99999999999999999999999999999999999999", "USD", MONEY_TOO_LARGE);
    is_not("00000000000000000000000000000000000000000000000000000000000000000.10", "USD", MONEY_TOO_LONG);
    is_not("", "USD", MONEY_EMPTY);
    is_not("-1", "USD", MONEY_SIGN);
    is_not("+1", "USD", MONEY_SIGN);
    is_not("1e3", "USD", MONEY_EXPONENT);
    is_not("1E3", "USD", MONEY_EXPONENT);
    is_not("1,000.00", "USD", MONEY_SEPARATOR);
    is_not("19,99", "USD", MONEY_SEPARATOR);
    is_not("1 000", "USD", MONEY_SEPARATOR);
    is_not(" 1", "USD", MONEY_SEPARATOR);
    is_not("1'000", "CHF", MONEY_SEPARATOR);
    is_not("$1", "USD", MONEY_CHARACTER);
    is_not("NaN", "USD", MONEY_CHARACTER);
    is_not("1-2", "USD", MONEY_CHARACTER);
    is_not("\xd9\xa1", "USD", MONEY_CHARACTER); /* an Arabic digit */
    is_not(".5", "USD", MONEY_POINT);
    is_not("5.", "USD", MONEY_POINT);
    is_not(".", "USD", MONEY_POINT);
    is_not("1.2.3", "USD", MONEY_POINT);
}

/* Every amount of a small range, written out and read back. */
static void round_trip(void **state)
{
    (void)state;
    for (int n = 0; n < 20000; n++) {
        char text[16] = {(char)('0' + n / 10000),    (char)('0' + n / 1000 % 10),
                         (char)('0' + n / 100 % 10), '.',
                         (char)('0' + n / 10 % 10),  (char)('0' + n % 10)};

        is(text, "USD", n);
    }
}

static void currencies(void **state)
{
    (void)state;
    assert_true(money_currency_valid("USD", 3));
    assert_false(money_currency_valid("usd", 3));
    assert_false(money_currency_valid("US", 2));
    assert_false(money_currency_valid("USDX", 4));
    assert_false(money_currency_valid("U$D", 3));
    assert_int_equal(money_offset(NULL, "USD"), 100);
    assert_int_equal(money_offset(NULL, "TWD"), 1);
}

static void table_from_configuration(void **state)
{
    static const char *const bad[] = {"USD",         "USD=", "usd=1",       "USD=2",  "USD=100000", "USD=1,",
                                      "USD=1;EUR=1", "=1",   "USD=1 EUR=1", "USD=01", ","};
    struct money_table table = money_table_builtin;
    size_t at;

    (void)state;
    assert_true(money_table_extend(&table, "", &at));
    assert_int_equal(table.count, money_table_builtin.count);
    assert_true(money_table_extend(&table, "XXX=1, JPY=100,KWD=1000,BHD=10", &at));
    assert_int_equal(money_offset(&table, "XXX"), 1);
    assert_int_equal(money_offset(&table, "JPY"), 100);
    assert_int_equal(money_offset(&table, "KWD"), 1000);
    assert_int_equal(money_offset(&table, "BHD"), 10);
    assert_int_equal(money_offset(&table, "KRW"), 1);
    assert_int_equal(table.count, money_table_builtin.count + 3);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(money_table_extend(&table, bad[i], &at));
        assert_true(at <= strlen(bad[i]));
    }
    assert_int_equal(money_offset(&table, "USD"), 100);
    for (char c = 'A'; c <= 'Z'; c++) {
        char text[] = {'A', c, 'A', '=', '1', ',', 'A', c, 'B', '=', '1', '\0'};

        if (!money_table_extend(&table, text, &at))
            break;
    }
    assert_true(table.count <= MONEY_CURRENCIES_MAX && table.count > MONEY_CURRENCIES_MAX - 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_in_the_offset_of_the_currency),
        cmocka_unit_test(bug_11_refuses_what_cannot_be_represented),
        cmocka_unit_test(round_trip),
        cmocka_unit_test(currencies),
        cmocka_unit_test(table_from_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
