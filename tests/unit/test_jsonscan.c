/* The scan before cJSON: what it lets through, what it refuses and where, and the canonical hash. */
#include "common/jsonscan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct jsonscan scan_n(const char *text, size_t len)
{
    struct jsonscan out;
    char *exact = malloc(len ? len : 1); /* so that a sanitizer sees a read beyond the end */
    bool ok;

    assert_non_null(exact);
    memcpy(exact, text, len);
    ok = jsonscan(exact, len, 64, NULL, &out);
    assert_int_equal(ok, out.fault == JSONSCAN_NONE);
    free(exact);
    return out;
}

static struct jsonscan scan(const char *text)
{
    return scan_n(text, strlen(text));
}

#define ACCEPTED(text) assert_int_equal(scan(text).fault, JSONSCAN_NONE)
#define REFUSED(text, kind, at)                                                                              \
    do {                                                                                                     \
        struct jsonscan out_ = scan(text);                                                                   \
        assert_int_equal(out_.fault, JSONSCAN_##kind);                                                       \
        assert_int_equal(out_.offset, at);                                                                   \
    } while (0)

static void accepts_valid_json(void **state)
{
    (void)state;
    ACCEPTED("{}");
    ACCEPTED(" [ ] ");
    ACCEPTED("null");
    ACCEPTED("true");
    ACCEPTED("-0");
    ACCEPTED("0.5e-3");
    ACCEPTED("1E+2");
    ACCEPTED("\"\"");
    ACCEPTED("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"");
    ACCEPTED("\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \x7f\"");
    ACCEPTED("\t{\"a\" : [1, {\"a\": 2, \"b\": null}], \"b\":\r\n false }\n");
    ACCEPTED("{\"a\":{\"x\":1},\"b\":{\"x\":1}}"); /* the same name in two objects is fine */
    ACCEPTED("9007199254740993");
    ACCEPTED("0.30000000000000004");
    ACCEPTED("1.7976931348623157e308");
}

static void refuses_syntax(void **state)
{
    (void)state;
    REFUSED("", EMPTY, 0);
    REFUSED(" \n", EMPTY, 0);
    REFUSED("{", TRUNCATED, 1);
    REFUSED("[1,", TRUNCATED, 3);
    REFUSED("{\"a\"", TRUNCATED, 4);
    REFUSED("{\"a\":\"x", TRUNCATED, 7);
    REFUSED("\"\\", TRUNCATED, 2);
    REFUSED("\"\\u12", TRUNCATED, 5);
    REFUSED("tru", TRUNCATED, 3);
    REFUSED("-", TRUNCATED, 1);
    REFUSED("1.", TRUNCATED, 2);
    REFUSED("1e", TRUNCATED, 2);
    REFUSED("trux", SYNTAX, 3);
    REFUSED("{a:1}", SYNTAX, 1);
    REFUSED("{\"a\":1,}", SYNTAX, 7);
    REFUSED("[1,]", SYNTAX, 3);
    REFUSED("[1 2]", SYNTAX, 3);
    REFUSED("[}", SYNTAX, 1);
    REFUSED("{\"a\" 1}", SYNTAX, 5);
    REFUSED("01", SYNTAX, 1);
    REFUSED("-a", SYNTAX, 1);
    REFUSED("+1", SYNTAX, 0);
    REFUSED(".5", SYNTAX, 0);
    REFUSED("'a'", SYNTAX, 0);
    REFUSED("NaN", SYNTAX, 0);
    REFUSED("\xef\xbb\xbf{}", SYNTAX, 0);
    REFUSED("\"\\x\"", SYNTAX, 2);
    REFUSED("\"\\u00g0\"", SYNTAX, 3);
    REFUSED("{} {}", TRAILING, 3);
    REFUSED("1,", TRAILING, 1);
    REFUSED("\"a\nb\"", CONTROL, 2);
    REFUSED("\"0123456789\x01\"", CONTROL, 11);
}

static void refuses_bad_text(void **state)
{
    (void)state;
    REFUSED("\"Shoe\\u0000 100 EUR\"", NUL, 5); /* design.md M8 */
    assert_int_equal(scan_n("\"a\0b\"", 5).fault, JSONSCAN_NUL);
    assert_int_equal(scan_n("{\0}", 3).fault, JSONSCAN_NUL);
    assert_int_equal(scan_n("{}\0", 3).fault, JSONSCAN_NUL);
    REFUSED("\"\\ud800\"", LONE_SURROGATE, 1);
    REFUSED("\"\\ud800x\"", LONE_SURROGATE, 1);
    REFUSED("\"\\ud800\\u0041\"", LONE_SURROGATE, 1);
    REFUSED("\"\\ude00\\ud83d\"", LONE_SURROGATE, 1);
    REFUSED("\"ab\xc0\xaf\"", BAD_UTF8, 3);       /* overlong */
    REFUSED("\"\xe0\x80\xaf\"", BAD_UTF8, 1);     /* overlong */
    REFUSED("\"\xed\xa0\x80\"", BAD_UTF8, 1);     /* surrogate */
    REFUSED("\"\xf4\x90\x80\x80\"", BAD_UTF8, 1); /* above U+10FFFF */
    REFUSED("\"\xf0\x8f\xbf\xbf\"", BAD_UTF8, 1); /* overlong */
    REFUSED("\"0123456789\xff\"", BAD_UTF8, 11);
    REFUSED("\"\xc3", BAD_UTF8, 1);
    REFUSED("\"\xe2\x82\"", BAD_UTF8, 1);
}

static void refuses_duplicate_keys(void **state)
{
    struct jsonscan out;

    (void)state;
    REFUSED("{\"a\":1,\"a\":2}", DUPLICATE_KEY, 7);
    REFUSED("{\"a\":1,\"\\u0061\":2}", DUPLICATE_KEY, 7); /* the same name, written otherwise */
    out = scan("{\"data\":{\"fields\":[0,{\"x\":{},\"y\":[],\"x\":0}]}}");
    assert_int_equal(out.fault, JSONSCAN_DUPLICATE_KEY);
    assert_string_equal(out.path, "data.fields[1].x");
}

static void refuses_numbers_out_of_range(void **state)
{
    char digits[80];

    (void)state;
    REFUSED("1e309", NUMBER_RANGE, 0);
    REFUSED("[-1e999999999]", NUMBER_RANGE, 1);
    memset(digits, '1', sizeof(digits));
    digits[JSONSCAN_NUMBER_MAX] = '\0';
    ACCEPTED(digits);
    memset(digits, '1', sizeof(digits));
    digits[JSONSCAN_NUMBER_MAX + 1] = '\0';
    REFUSED(digits, NUMBER_RANGE, 0);
    REFUSED("4503599627370496.1", NUMBER_INEXACT, 0);
    REFUSED("0.999999999999999999999", NUMBER_INEXACT, 0);
    ACCEPTED("0e999999999");
    ACCEPTED("1e-999999999");
}

/* Bounded, and no recursion: depth is counted, not felt. */
static void refuses_depth(void **state)
{
    enum { LEVELS = 100000 };
    char *text = malloc(2 * LEVELS);
    struct jsonscan out;

    (void)state;
    assert_non_null(text);
    for (int i = 0; i < LEVELS; i++) {
        text[i] = '[';
        text[LEVELS + i] = ']';
    }
    out = scan_n(text, 2 * LEVELS);
    assert_int_equal(out.fault, JSONSCAN_TOO_DEEP);
    assert_int_equal(out.offset, 64);
    assert_int_equal(scan_n(text + LEVELS - 64, 128).fault, JSONSCAN_NONE);
    assert_int_equal(scan_n(text + LEVELS - 65, 130).fault, JSONSCAN_TOO_DEEP);
    for (int i = 0; i < 1000; i++)
        memcpy(text + 5 * i, "{\"a\":", 5);
    out = scan_n(text, 5000);
    assert_int_equal(out.fault, JSONSCAN_TOO_DEEP);
    assert_int_equal(out.offset, 64 * 5);
    free(text);
}

static void bounds_members(void **state)
{
    char *text = malloc(20 * (JSONSCAN_MEMBERS_MAX + 2)), *end = text;
    struct jsonscan out;
    size_t all;

    (void)state;
    assert_non_null(text);
    *end++ = '{';
    for (int i = 0; i <= JSONSCAN_MEMBERS_MAX; i++)
        end += snprintf(end, 20, "%s\"k%d\":%d", i ? "," : "", i, i);
    *end++ = '}';
    all = (size_t)(end - text);
    assert_int_equal(scan_n(text, all).fault, JSONSCAN_TOO_MANY_MEMBERS);
    end = memmem(text, all, ",\"k1024\"", 8); /* one member less fits */
    assert_non_null(end);
    *end = '}';
    out = scan_n(text, (size_t)(end - text) + 1);
    assert_int_equal(out.fault, JSONSCAN_NONE);
    free(text);
}

static void long_path_is_cut(void **state)
{
    char text[1200] = "{\"";

    (void)state;
    memset(text + 2, 'k', 1000);
    memcpy(text + 1002, "\":x}", sizeof "\":x}");
    assert_int_equal(scan(text).fault, JSONSCAN_SYNTAX);
}

static struct key128 hash_of(const char *text)
{
    struct jsonscan out = scan(text);

    assert_int_equal(out.fault, JSONSCAN_NONE);
    assert_false(key128_none(out.hash));
    return out.hash;
}

#define SAME(a, b)   assert_true(key128_eq(hash_of(a), hash_of(b)))
#define DIFFER(a, b) assert_false(key128_eq(hash_of(a), hash_of(b)))

static void hash_is_canonical(void **state)
{
    (void)state;
    SAME("{\"a\":1,\"b\":[true,{\"c\":\"x\",\"d\":null}]}",
         " { \"b\" : [ true , {\"d\":null,\"c\":\"x\"} ] , \"a\" : 1 } ");
    SAME("\"caf\xc3\xa9\"", "\"caf\\u00e9\"");
    SAME("\"\xf0\x9f\x98\x80\"", "\"\\ud83d\\ude00\"");
    SAME("\"a/b\"", "\"a\\/b\"");
    SAME("{\"\\u0061\":1}", "{\"a\":1}");
    SAME("100", "1e2");
    SAME("1", "1.0");
    SAME("-0.0", "0");
    SAME("0.5", "5e-1");
    SAME("9007199254740993", "9007199254740993.0");
    DIFFER("9007199254740993", "9007199254740992");
    DIFFER("1", "-1");
    DIFFER("1", "\"1\"");
    DIFFER("null", "\"null\"");
    DIFFER("[1,2]", "[2,1]");
    DIFFER("[1,[2]]", "[[1],2]");
    DIFFER("[]", "{}");
    DIFFER("[[]]", "[]");
    DIFFER("{\"a\":1,\"b\":2}", "{\"a\":2,\"b\":1}");
    DIFFER("{\"a\":{\"b\":1}}", "{\"b\":{\"a\":1}}");
    DIFFER("{\"a\":[],\"b\":{}}", "{\"a\":{},\"b\":[]}");
    DIFFER("\"a\"", "\"A\"");
}

static void hash_of_a_member(void **state)
{
    static const char data[] = "{\"x\":[1,2],\"data\":3}";
    static const char whole[] = "{\"id\":\"1\",\"data\": {\"data\":3, \"x\":[1,2]} ,\"time\":[{\"data\":7}]}";
    struct jsonscan out, alone;

    (void)state;
    assert_true(jsonscan(whole, strlen(whole), 64, "data", &out));
    assert_true(jsonscan(data, strlen(data), 64, NULL, &alone));
    assert_true(key128_eq(out.hash, alone.hash));
    assert_true(jsonscan("{\"d\\u0061ta\":7}", 15, 64, "data", &out));
    assert_true(key128_eq(out.hash, hash_of("7")));
    assert_true(jsonscan("{\"x\":{\"data\":1}}", 16, 64, "data", &out));
    assert_true(key128_none(out.hash));
    assert_true(jsonscan("[1]", 3, 64, "data", &out));
    assert_true(key128_none(out.hash));
}

static void finds_where_a_value_stands(void **state)
{
    static const char text[] =
        " {\"a\":1, \"b\\n\" : [ {\"c\":\"}],\\\"\"} , [], [7, 8]] ,\"e\":{},\"d\":{\"a\":{\"z\":null}}} ";
    static const struct {
        const char *path, *at;
    } rows[] = {
        {"", "{\"a\""},        {"a", "1,"},           {"b\\n", "[ {"},      {"b\\n[0]", "{\"c\""},
        {"b\\n[0].c", "\"}]"}, {"b\\n[1]", "[], [7"}, {"b\\n[2][1]", "8]"}, {"d.a.z", "null"},
        {"d.a", "{\"z\""},     {"b\\n[3]", NULL},     {"b\\n[1][0]", NULL}, {"e.a", NULL},
        {"x", NULL},           {"a.b", NULL},         {"a[0]", NULL},       {"b\\n[99999999]", NULL},
        {"b\\n[x", NULL},      {"d.a.z.y", NULL},     {"[0]", NULL},
    };
    char *exact = malloc(strlen(text));
    struct jsonscan out;

    (void)state;
    assert_non_null(exact);
    memcpy(exact, text, strlen(text));
    assert_true(jsonscan(exact, strlen(text), 64, NULL, &out));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t at = jsonscan_find(exact, strlen(text), rows[i].path);

        if (at != (rows[i].at ? (size_t)(strstr(text, rows[i].at) - text) : SIZE_MAX))
            fail_msg("%s: %zu", rows[i].path, at);
    }
    free(exact);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_valid_json),
        cmocka_unit_test(refuses_syntax),
        cmocka_unit_test(refuses_bad_text),
        cmocka_unit_test(refuses_duplicate_keys),
        cmocka_unit_test(refuses_numbers_out_of_range),
        cmocka_unit_test(refuses_depth),
        cmocka_unit_test(bounds_members),
        cmocka_unit_test(long_path_is_cut),
        cmocka_unit_test(hash_is_canonical),
        cmocka_unit_test(hash_of_a_member),
        cmocka_unit_test(finds_where_a_value_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
