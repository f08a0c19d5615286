/* The header of a result that carries the product's memory: what goes in comes out, and nothing else gets
 * through. */
#include "common/memory_header.h"
#include "common/sbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static bool decode(const char *text, struct memory_header *memory, char texts[2][MEMORY_TEXT_MAX_BYTES])
{
    memset(memory, 0, sizeof *memory);
    return memory_header_decode(text, strlen(text), memory, texts);
}

static void comes_back(void **state)
{
    const struct memory_header in = {.last_version = 1732300000123456,
                                     .current_version = 9007199254740991,
                                     .item_state = 'h',
                                     .sku = "S\"KU \\ \xc3\xa9",
                                     .item_id = "12345678901234567",
                                     .identity = {1, 2},
                                     .data_hash = {3, 4}};
    char texts[2][MEMORY_TEXT_MAX_BYTES];
    struct memory_header out;
    struct sbuf text;

    (void)state;
    sbuf_init(&text, MEMORY_HEADER_MAX_BYTES);
    assert_true(memory_header_encode(&in, &text));
    assert_true(decode(sbuf_str(&text), &out, texts));
    assert_int_equal(out.last_version, in.last_version);
    assert_int_equal(out.current_version, in.current_version);
    assert_int_equal(out.item_state, 'h');
    assert_string_equal(out.sku, in.sku);
    assert_string_equal(out.item_id, in.item_id);
    assert_true(key128_eq(out.identity, in.identity) && key128_eq(out.data_hash, in.data_hash));
    sbuf_free(&text);
}

static void says_who_says_it(void **state)
{
    static const enum memory_change changes[] = {MEMORY_OF_EVENT, MEMORY_RESET, MEMORY_FORGOTTEN};
    char texts[2][MEMORY_TEXT_MAX_BYTES];
    struct memory_header out;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const struct memory_header in = {.item_state = 'a', .change = changes[i]};
        struct sbuf text;

        sbuf_init(&text, MEMORY_HEADER_MAX_BYTES);
        assert_true(memory_header_encode(&in, &text));
        assert_true(decode(sbuf_str(&text), &out, texts));
        assert_int_equal(out.change, changes[i]);
        sbuf_free(&text);
    }
    assert_true(decode("{\"item_state\":\"a\",\"change\":\"of a later version\"}", &out, texts));
    assert_int_equal(out.change, MEMORY_OF_EVENT);
}

static void may_know_nothing(void **state)
{
    const struct memory_header in = {.item_state = 'a'};
    char texts[2][MEMORY_TEXT_MAX_BYTES];
    struct memory_header out;
    struct sbuf text;

    (void)state;
    sbuf_init(&text, MEMORY_HEADER_MAX_BYTES);
    assert_true(memory_header_encode(&in, &text));
    assert_true(decode(sbuf_str(&text), &out, texts));
    assert_string_equal(out.sku, "");
    assert_string_equal(out.item_id, "");
    assert_true(key128_none(out.identity));
    sbuf_free(&text);
}

static void garbage_is_refused(void **state)
{
    static const char *const bad[] = {"",
                                      "{}",
                                      "[]",
                                      "{\"item_state\":\"x\"}",
                                      "{\"item_state\":\"\"}",
                                      "{\"item_state\":\"live\"}",
                                      "{\"item_state\":1}",
                                      "nonsense"};
    char texts[2][MEMORY_TEXT_MAX_BYTES], large[MEMORY_TEXT_MAX_BYTES + 64];
    struct memory_header out;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(decode(bad[i], &out, texts));
    assert_false(memory_header_decode(NULL, 0, &out, texts));
    memset(large, 'x', sizeof large);
    memcpy(large, "{\"item_state\":\"l\",\"sku\":\"", 25);
    memcpy(large + sizeof large - 3, "\"}", 3);
    assert_false(decode(large, &out, texts));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back),
        cmocka_unit_test(says_who_says_it),
        cmocka_unit_test(may_know_nothing),
        cmocka_unit_test(garbage_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
