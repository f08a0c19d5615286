/* The string builder, UTF-8 and the hashes. */
#include "common/hash128.h"
#include "common/sbuf.h"
#include "common/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void grows_up_to_its_maximum(void **state)
{
    struct sbuf b;

    (void)state;
    sbuf_init(&b, 1000);
    assert_string_equal(sbuf_str(&b), "");
    for (int i = 0; i < 100; i++)
        sbuf_puts(&b, "0123456789");
    assert_true(sbuf_ok(&b));
    assert_int_equal(b.len, 1000);
    assert_int_equal(strlen(sbuf_str(&b)), 1000);
    sbuf_putc(&b, 'x');
    assert_false(sbuf_ok(&b));
    assert_int_equal(b.len, 1000);
    sbuf_reset(&b);
    sbuf_put_u64(&b, UINT64_MAX);
    sbuf_putc(&b, ' ');
    sbuf_put_i64(&b, INT64_MIN);
    sbuf_printf(&b, " %d%%", 7);
    assert_string_equal(sbuf_str(&b), "18446744073709551615 -9223372036854775808 7%");
    sbuf_printf(&b, "%500s", "");
    assert_true(sbuf_ok(&b));
    sbuf_printf(&b, "%1000s", "");
    assert_false(sbuf_ok(&b));
    sbuf_puts(&b, "nothing more is taken");
    assert_int_equal(strlen(sbuf_str(&b)), 544);
    sbuf_free(&b);
}

static void taken_text_is_the_callers(void **state)
{
    struct sbuf b;
    char *text;

    (void)state;
    sbuf_init(&b, 10);
    sbuf_puts(&b, "abc");
    text = sbuf_take(&b);
    assert_string_equal(text, "abc");
    free(text);
    text = sbuf_take(&b);
    assert_string_equal(text, "");
    free(text);
    sbuf_puts(&b, "01234567890");
    assert_null(sbuf_take(&b));
    sbuf_free(&b);
}

static void fixed_memory_does_not_grow(void **state)
{
    char memory[4] = "zzz";
    struct sbuf b;

    (void)state;
    sbuf_init_fixed(&b, memory, sizeof(memory));
    assert_string_equal(sbuf_str(&b), "");
    sbuf_puts(&b, "abc");
    assert_true(sbuf_ok(&b));
    sbuf_putc(&b, 'd');
    assert_false(sbuf_ok(&b));
    assert_string_equal(sbuf_str(&b), "abc");
}

static void json_escapes(void **state)
{
    char all[256];
    struct sbuf b;

    (void)state;
    sbuf_init(&b, 4096);
    sbuf_put_json(&b, "a\"b\\c\n\r\t\b\f\x01\x1f\x7f/", 14);
    assert_string_equal(sbuf_str(&b), "\"a\\\"b\\\\c\\n\\r\\t\\b\\f\\u0001\\u001f\\u007f/\"");
    sbuf_reset(&b);
    sbuf_put_json_member(&b, "name", "a\"b");
    sbuf_put_json_member(&b, "none", NULL);
    assert_string_equal(sbuf_str(&b), ",\"name\":\"a\\\"b\",\"none\":null");
    sbuf_reset(&b);
    sbuf_put_json_inner(&b, "a\0b", 3);
    assert_string_equal(sbuf_str(&b), "a\\u0000b");
    sbuf_reset(&b);
    sbuf_put_json_inner(&b, "plain text longer than eight \xf0\x9f\x98\x80\xc3\xa9\xe2\x82\xac", 38);
    assert_string_equal(sbuf_str(&b), "plain text longer than eight \xf0\x9f\x98\x80\xc3\xa9\xe2\x82\xac");
    sbuf_reset(&b);
    sbuf_put_json_inner(&b, "x\xff\xc3", 3); /* no UTF-8: still valid JSON */
    assert_string_equal(sbuf_str(&b), "x\xef\xbf\xbd\xef\xbf\xbd");
    sbuf_reset(&b);
    for (int i = 0; i < 256; i++)
        all[i] = (char)i;
    sbuf_put_json_inner(&b, all, sizeof(all));
    assert_int_equal(utf8_valid_up_to(b.data, b.len), b.len);
    assert_int_equal(text_control_at(b.data, b.len), b.len);
    sbuf_free(&b);
}

static void percent(void **state)
{
    struct sbuf b;

    (void)state;
    sbuf_init(&b, 4096);
    sbuf_put_percent(&b, "aZ09-._~ /?&=+\"%\xc3\xa9\0", 19);
    assert_string_equal(sbuf_str(&b), "aZ09-._~%20%2F%3F%26%3D%2B%22%25%C3%A9%00");
    sbuf_free(&b);
}

static void utf8_sequences(void **state)
{
    static const char *const bad[] = {"\x80",
                                      "\xc0\x80",
                                      "\xc1\xbf",
                                      "\xe0\x9f\xbf",
                                      "\xed\xa0\x80",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xff",
                                      "\xc3",
                                      "\xe2\x82",
                                      "\xf0\x9f\x98",
                                      "\xc3(",
                                      "\xe2(\xa1",
                                      "\xe2\x82("};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char text[24] = "12345678";

        assert_int_equal(utf8_sequence((const unsigned char *)bad[i], strlen(bad[i])), 0);
        memcpy(text + 8, bad[i], strlen(bad[i]) + 1);
        assert_int_equal(utf8_valid_up_to(text, strlen(text)), 8);
    }
    assert_int_equal(utf8_valid_up_to("a\xc3\xa9\xe2\x82\xac\xed\x9f\xbf\xf4\x8f\xbf\xbf", 13), 13);
    assert_int_equal(utf8_count("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 10), 4);
    assert_true(text_is_blank(" \t\r\n", 4));
    assert_false(text_is_blank(" x", 2));
}

static void hashes(void **state)
{
    static char big[2000];
    struct key128 key = hash128(HASH_PRODUCT, "abc", 3), back, small, large;
    char hex[HASH_HEX_BYTES];

    (void)state;
    assert_false(key128_none(hash128(HASH_PRODUCT, NULL, 0)));
    assert_false(key128_eq(key, hash128(HASH_SKU, "abc", 3)));
    assert_false(
        key128_eq(hash128_parts(HASH_SKU, "a", 1, "bc", 2, 0), hash128_parts(HASH_SKU, "ab", 2, "c", 1, 0)));
    assert_false(
        key128_eq(hash128_parts(HASH_SKU, "a", 1, "b", 1, 0), hash128_parts(HASH_SKU, "a", 1, "b", 1, 1)));
    /* Values that are kept in Redis must not change with the program. */
    hash128_hex(key, hex);
    assert_string_equal(hex, "7577b06fae9ee3ed6b4467b443c76228");
    /* Short and long parts take different ways through the code. */
    memset(big, 'x', sizeof(big));
    small = hash128_parts(HASH_IDENTITY, big, 200, big, 200, 3);
    large = hash128_parts(HASH_IDENTITY, big, 201, big, 200, 3);
    assert_false(key128_eq(small, large));
    assert_true(key128_eq(large, hash128_parts(HASH_IDENTITY, big, 201, big, 200, 3)));
    assert_true(hash128_from_hex(hex, 32, &back));
    assert_true(key128_eq(key, back));
    assert_true(hash128_from_hex("00000000000000FF000000000000000A", 32, &back));
    assert_true(back.hi == 255 && back.lo == 10);
    assert_false(hash128_from_hex(hex, 31, &back));
    assert_false(hash128_from_hex("g0000000000000000000000000000000", 32, &back));
    assert_int_equal(back.lo, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_up_to_its_maximum),
        cmocka_unit_test(taken_text_is_the_callers),
        cmocka_unit_test(fixed_memory_does_not_grow),
        cmocka_unit_test(json_escapes),
        cmocka_unit_test(percent),
        cmocka_unit_test(utf8_sequences),
        cmocka_unit_test(hashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
