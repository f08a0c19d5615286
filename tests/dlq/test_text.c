/* Bytes made visible, places in JSON, events changed by --set, and the line that loses nothing. */
#include "dlq_case.h"

#include "tools/catalog-dlq/edit.h"
#include "tools/catalog-dlq/jsonl.h"
#include "tools/catalog-dlq/jsonspan.h"
#include "tools/catalog-dlq/visible.h"

static struct letter_case made;

static void visible_is(const void *bytes, size_t len, size_t max, const char *want)
{
    struct sbuf out;

    sbuf_init(&out, 4096);
    visible_put(&out, bytes, len, max);
    assert_string_equal(sbuf_str(&out), want);
    sbuf_free(&out);
}

static void test_nothing_moves_the_cursor_or_hides(void **state)
{
    (void)state;
    visible_is("plain \xc3\xa9 text", 13, 0, "plain \xc3\xa9 text");
    visible_is("\x1b[2J\r\n\t\0", 8, 0, "\\x1b[2J\\r\\n\\t\\x00");
    visible_is("\xff\xc3", 2, 0, "\\xff\\xc3");
    visible_is("a\xe2\x80\xae"
               "b",
               5, 0, "a\\u{202e}b");
    visible_is("\xc2\x9b"
               "31m",
               5, 0, "\\u{009b}31m");
    visible_is("abcdef", 6, 3, "abc\xe2\x80\xa6");
    assert_true(visible_is_plain("abc", 3));
    assert_false(visible_is_plain("a\x07", 2));
}

static void test_base64_both_ways(void **state)
{
    static const struct {
        const char *bytes, *text;
    } rows[] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"\xff\xfe", "//4="}};
    static const char *const bad[] = {"Zg=", "Z", "Zg==x", "Z*==", "=g=="};
    struct sbuf out;

    (void)state;
    sbuf_init(&out, 64);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        sbuf_reset(&out);
        base64_put(&out, rows[i].bytes, strlen(rows[i].bytes));
        assert_string_equal(sbuf_str(&out), rows[i].text);
        sbuf_reset(&out);
        assert_true(base64_read(&out, rows[i].text, strlen(rows[i].text)));
        assert_string_equal(sbuf_str(&out), rows[i].bytes);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        sbuf_reset(&out);
        if (base64_read(&out, bad[i], strlen(bad[i])))
            fail_msg("%s was taken", bad[i]);
    }
    sbuf_free(&out);
}

static const char json[] = "{ \"data\" : {\"price\":\"12.x\", \"links\":[\"a\",{\"b\":1}], \"n\": -1.50e3} }";

static void test_members_are_found_where_they_stand(void **state)
{
    static const struct {
        const char *path, *value;
    } rows[] = {{"data.price", "\"12.x\""},
                {"data.links[0]", "\"a\""},
                {"data.links[1].b", "1"},
                {"data.n", "-1.50e3"}};
    struct jsonspan span;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        jsonspan_find(json, strlen(json), rows[i].path, &span);
        assert_true(span.found);
        assert_int_equal(span.to - span.from, strlen(rows[i].value));
        assert_memory_equal(json + span.from, rows[i].value, strlen(rows[i].value));
    }
    jsonspan_find(json, strlen(json), "data.sku", &span);
    assert_false(span.found);
    assert_true(span.in_object);
    jsonspan_find(json, strlen(json), "data.links[7]", &span);
    assert_false(span.found);
}

static void set_is(const struct letter *letter, const char *pair, const char *want)
{
    char why[RESOLVE_WHY_SIZE] = "";
    struct sbuf out;
    bool ok;

    sbuf_init(&out, 4096);
    ok = edit_set(letter, &pair, 1, letter->value, &out, why);
    if (ok != (want != NULL) || (want && strcmp(sbuf_str(&out), want) != 0) || (!want && !why[0]))
        fail_msg("%s: %s %s", pair, sbuf_str(&out), why);
    sbuf_free(&out);
}

static void test_set_changes_one_member_and_no_other_byte(void **state)
{
    const struct letter *l =
        case_letter(&made, "k", "{\"a\": 1.0,  \"data\":{\"price\":\"x\",\"e\":{}}}", ORIGIN, NULL);

    (void)state;
    set_is(l, "data.price=9\"9", "{\"a\": 1.0,  \"data\":{\"price\":\"9\\\"9\",\"e\":{}}}");
    set_is(l, "data.price:=null", "{\"a\": 1.0,  \"data\":{\"price\":null,\"e\":{}}}");
    set_is(l, "data.sku=S", "{\"a\": 1.0,  \"data\":{\"sku\":\"S\",\"price\":\"x\",\"e\":{}}}");
    set_is(l, "data.e.f:=[1]", "{\"a\": 1.0,  \"data\":{\"price\":\"x\",\"e\":{\"f\":[1]}}}");
    set_is(l, "data.price:=nul", NULL);
    set_is(l, "data.price.deep=1", NULL);
    set_is(l, "data.price", NULL);
    set_is(case_letter(&made, "k", "no json", ORIGIN, NULL), "data.a=1", NULL);
    l = case_letter(&made, "k", "{\"price\":1}", ORIGIN, "ce_specversion", "1.0", NULL);
    set_is(l, "data.price=2", "{\"price\":\"2\"}");
    set_is(l, "id=other", NULL);
}

static void test_pretty_and_compact_lose_nothing(void **state)
{
    struct sbuf pretty, compact;
    size_t mark = (size_t)(strstr(json, "\"12.x\"") - json);

    (void)state;
    sbuf_init(&pretty, 4096);
    sbuf_init(&compact, 4096);
    jsonspan_pretty(json, strlen(json), &pretty, &mark, 1);
    assert_memory_equal(pretty.data + mark, "\"12.x\"", 6);
    jsonspan_compact(pretty.data, pretty.len, &compact);
    assert_string_equal(sbuf_str(&compact),
                        "{\"data\":{\"price\":\"12.x\",\"links\":[\"a\",{\"b\":1}],\"n\":-1.50e3}}");
    sbuf_free(&pretty);
    sbuf_free(&compact);
}

/* ---- lines ---- */

static void test_a_line_brings_back_every_byte(void **state)
{
    static struct jsonl back;
    struct letter *l = case_letter(&made, "k\xff", "{\"a\":\"\\u0000 \xc3\xa9\"}\n", ORIGIN, "x", "\x01\xff",
                                   "empty", "", NULL);
    char why[JSONL_WHY_SIZE];
    struct sbuf line;

    (void)state;
    made.headers[l->header_count++] = (struct record_header){"null", NULL, 0};
    sbuf_init(&line, 4096);
    jsonl_put(&line, l, false);
    assert_null(strchr(sbuf_str(&line), '\n'));
    assert_true(jsonl_read(&back, line.data, line.len, why));
    assert_int_equal(back.letter.key.len, l->key.len);
    assert_memory_equal(back.letter.key.ptr, l->key.ptr, l->key.len);
    assert_int_equal(back.letter.value.len, l->value.len);
    assert_memory_equal(back.letter.value.ptr, l->value.ptr, l->value.len);
    assert_int_equal(back.letter.timestamp_ms, l->timestamp_ms);
    assert_int_equal(back.letter.header_count, l->header_count);
    for (size_t i = 0; i < l->header_count; i++) {
        const struct record_header *was = &l->headers[i], *is = &back.letter.headers[i];

        assert_string_equal(is->name, was->name);
        assert_int_equal(is->value_bytes, was->value_bytes);
        assert_int_equal(is->value == NULL, was->value == NULL);
        if (was->value)
            assert_memory_equal(is->value, was->value, was->value_bytes);
    }
    jsonl_free(&back);
    sbuf_free(&line);
}

static void test_bad_lines_say_why(void **state)
{
    static const char *const bad[] = {
        "",
        "{",
        "[]",
        "{\"key\":\"k\",\"value\":\"v\"}",
        "{\"key\":1,\"value\":\"v\",\"headers\":[]}",
        "{\"key\":\"k\",\"key_base64\":\"aw==\",\"value\":\"v\",\"headers\":[]}",
        "{\"key\":\"k\",\"value_base64\":\"*\",\"headers\":[]}",
        "{\"key\":\"k\",\"value\":\"v\",\"headers\":[1]}",
        "{\"key\":\"k\",\"value\":\"v\",\"headers\":[{\"name\":null,\"value\":\"\"}]}",
    };
    static struct jsonl back;
    char why[JSONL_WHY_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        why[0] = '\0';
        if (jsonl_read(&back, bad[i], strlen(bad[i]), why) || !why[0])
            fail_msg("%s was taken", bad[i]);
        jsonl_free(&back);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_moves_the_cursor_or_hides),
        cmocka_unit_test(test_base64_both_ways),
        cmocka_unit_test(test_members_are_found_where_they_stand),
        cmocka_unit_test(test_set_changes_one_member_and_no_other_byte),
        cmocka_unit_test(test_pretty_and_compact_lose_nothing),
        cmocka_unit_test(test_a_line_brings_back_every_byte),
        cmocka_unit_test(test_bad_lines_say_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
