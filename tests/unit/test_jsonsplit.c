/* Members of an object as spans of its own text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/jsonsplit.h"
#include "common/sbuf.h"

#include <string.h>

enum { MAX = 8 };

static struct json_member members[MAX];

static int split(const char *text)
{
    return jsonsplit(text, strlen(text), members, MAX);
}

static void check(int count, const char *name, enum json_kind kind, const char *value)
{
    struct json_span span = jsonsplit_get(members, count, name);

    assert_int_equal(span.kind, kind);
    assert_int_equal(span.len, strlen(value));
    if (span.len)
        assert_memory_equal(span.at, value, span.len);
}

static void test_values_keep_their_bytes(void **state)
{
    int count =
        split(" { \"a\" : 1.10 ,\"b\":\"x\\\"}\",\"c\":{\"d\":[\"]}\",{}]},\"e\":[ ],\"f\":null,\"g\":true,"
              "\"h\":false } ");

    (void)state;
    assert_int_equal(count, 7);
    check(count, "a", JSON_NUMBER, "1.10");
    check(count, "b", JSON_STRING, "\"x\\\"}\"");
    check(count, "c", JSON_OBJECT, "{\"d\":[\"]}\",{}]}");
    check(count, "e", JSON_ARRAY, "[ ]");
    check(count, "f", JSON_NULL, "null");
    check(count, "g", JSON_TRUE, "true");
    check(count, "h", JSON_FALSE, "false");
    check(count, "d", JSON_ABSENT, "");
}

static void test_what_is_no_object_or_too_large(void **state)
{
    (void)state;
    assert_int_equal(split("[1]"), -1);
    assert_int_equal(split("1"), -1);
    assert_int_equal(split("{}"), 0);
    assert_int_equal(split("{\"1\":1,\"2\":1,\"3\":1,\"4\":1,\"5\":1,\"6\":1,\"7\":1,\"8\":1}"), 8);
    assert_int_equal(split("{\"1\":1,\"2\":1,\"3\":1,\"4\":1,\"5\":1,\"6\":1,\"7\":1,\"8\":1,\"9\":1}"), -1);
}

static void test_texts_are_decoded_and_integers_read(void **state)
{
    int count = split("{\"a\":\"\\u00e9\\n\",\"b\":9007199254740993,\"c\":1.0,\"d\":\"7\"}");
    struct sbuf out;
    int64_t number = 0;

    (void)state;
    sbuf_init(&out, 100);
    assert_true(jsonsplit_text(jsonsplit_get(members, count, "a"), &out));
    assert_string_equal(sbuf_str(&out), "\xc3\xa9\n");
    sbuf_reset(&out);
    assert_true(jsonsplit_text(jsonsplit_get(members, count, "b"), &out));
    assert_string_equal(sbuf_str(&out), "9007199254740993");
    sbuf_free(&out);
    assert_true(jsonsplit_integer(jsonsplit_get(members, count, "b"), &number));
    assert_true(number == INT64_C(9007199254740993));
    assert_false(jsonsplit_integer(jsonsplit_get(members, count, "c"), &number));
    assert_false(jsonsplit_integer(jsonsplit_get(members, count, "d"), &number));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_keep_their_bytes),
        cmocka_unit_test(test_what_is_no_object_or_too_large),
        cmocka_unit_test(test_texts_are_decoded_and_integers_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
