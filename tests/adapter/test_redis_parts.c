/* The small parts of the store on Redis: commands, encoded texts, addresses, scripts in the program. */
#include "worker/adapters/redis_link_state.h"
#include "worker/adapters/redis_store_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void command_bytes(void **state)
{
    struct resp r = {0};
    struct text parts[] = {{"ab", 2}, {"", 0}, {"c", 1}}, command;

    (void)state;
    resp_reset(&r);
    resp_str(&r, "SET");
    resp_parts(&r, parts, 3);
    resp_i64(&r, INT64_MIN);
    command = resp_command(&r, NULL);
    assert_memory_equal(command.ptr, "*3\r\n$3\r\nSET\r\n$3\r\nabc\r\n$20\r\n-9223372036854775808\r\n",
                        command.len);
    resp_reset(&r);
    resp_u64(&r, UINT64_MAX);
    resp_fixed(&r, RESP_FIXED_MAX);
    resp_hex64(&r, 0xa1);
    resp_text(&r, "", 0);
    command = resp_command(&r, "0123456789012345678901234567890123456789");
    assert_memory_equal(command.ptr,
                        "*6\r\n$7\r\nEVALSHA\r\n$40\r\n0123456789012345678901234567890123456789\r\n"
                        "$20\r\n18446744073709551615\r\n$16\r\n9999999999999999\r\n"
                        "$16\r\n00000000000000a1\r\n$0\r\n\r\n",
                        command.len);
    resp_free(&r);
}

static void encoded_texts_come_back(void **state)
{
    static const char *const texts[] = {
        "-", "--", "%", "a b", "\t\n\r", "{x}:y", "\x7f", "gr\xc3\xb6\xc3\x9f-", "%2d", "a-"};
    struct resp_scratch scratch = {0};
    char all[255], copy[1024];

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct text in = {texts[i], (uint32_t)strlen(texts[i])}, out;

        resp_scratch_room(&scratch, in.len);
        out = resp_encode(&scratch, in);
        assert_null(memchr(out.ptr, ' ', out.len));
        assert_false(out.len == 1 && out.ptr[0] == '-');
        memcpy(copy, out.ptr, out.len);
        assert_int_equal(resp_decode(copy, out.len), in.len);
        assert_memory_equal(copy, in.ptr, in.len);
    }
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (char)(i + 1);
    resp_scratch_room(&scratch, sizeof all);
    struct text out = resp_encode(&scratch, (struct text){all, sizeof all});
    memcpy(copy, out.ptr, out.len);
    assert_int_equal(resp_decode(copy, out.len), sizeof all);
    assert_memory_equal(copy, all, sizeof all);
    copy[0] = '-';
    assert_int_equal(resp_decode(copy, 1), 0); /* none */
    memcpy(copy, "%zz%1", 5);
    assert_int_equal(resp_decode(copy, 5), 5); /* broken escapes stay */
    resp_scratch_free(&scratch);
}

static void plain_texts_are_not_copied(void **state)
{
    struct resp_scratch scratch = {0};
    struct text in = {"SKU-1", 5}, out = resp_encode(&scratch, in);

    (void)state;
    assert_ptr_equal(out.ptr, in.ptr);
}

/* Bytes are looked at eight at a time: none may hide among plain ones. */
static void every_byte_is_seen_at_every_place(void **state)
{
    struct resp_scratch scratch = {0};
    char text[19];

    (void)state;
    for (size_t at = 0; at < sizeof text; at++)
        for (int c = 1; c < 256; c++) {
            bool plain = c > ' ' && c != '%' && c != 0x7f;
            struct text out;

            memset(text, 'x', sizeof text);
            text[at] = (char)c;
            resp_scratch_room(&scratch, sizeof text);
            out = resp_encode(&scratch, (struct text){text, sizeof text});
            assert_int_equal(out.len, sizeof text + (plain ? 0 : 2));
            assert_int_equal(out.ptr == text, plain);
        }
    resp_scratch_free(&scratch);
}

static struct redis_url parsed(const char *text)
{
    struct redis_url url;
    char error[300] = "";

    if (!redis_url_parse(text, &url, error, sizeof error))
        fail_msg("%s: %s", text, error);
    return url;
}

static void addresses(void **state)
{
    struct redis_url url = parsed("redis://host");
    char shown[300];

    (void)state;
    assert_string_equal(url.host, "host");
    assert_int_equal(url.port, 6379);
    assert_int_equal(url.db, 0);
    assert_false(url.tls);
    url = parsed("rediss://us%40er:pa%3Ass%2F@h:1/15");
    assert_true(url.tls);
    assert_string_equal(url.user, "us@er");
    assert_string_equal(url.password, "pa:ss/");
    assert_int_equal(url.port, 1);
    assert_int_equal(url.db, 15);
    redis_url_show(&url, shown, sizeof shown);
    assert_string_equal(shown, "h:1");
    url = parsed("redis://:only-password@[::1]:7000/");
    assert_string_equal(url.user, "");
    assert_string_equal(url.password, "only-password");
    assert_string_equal(url.host, "::1");
    redis_url_show(&url, shown, sizeof shown);
    assert_string_equal(shown, "[::1]:7000");
    url = parsed("redis://user@host");
    assert_string_equal(url.user, "user");
    assert_string_equal(url.password, "");
    url = parsed("redis://a:b@c@host"); /* the last @ parts */
    assert_string_equal(url.password, "b@c");
    assert_string_equal(url.host, "host");
    url = parsed("unix:///run/redis%20x.sock?db=2");
    assert_string_equal(url.path, "/run/redis x.sock");
    assert_int_equal(url.db, 2);
}

static void words_come_back(void **state)
{
    (void)state;
    for (int i = OUTCOME_NONE; i <= OUTCOME_FAILED; i++) {
        assert_int_equal(store_outcome_parse(store_outcome_name((enum outcome)i)), i);
        assert_null(strchr(store_outcome_name((enum outcome)i), ' '));
    }
    for (int i = REASON_NONE; i <= REASON_AGE; i++) {
        assert_int_equal(store_reason_parse(store_reason_name((enum reason)i)), i);
        assert_null(strchr(store_reason_name((enum reason)i), ' '));
    }
    for (int i = ITEM_ABSENT; i <= ITEM_DELETED; i++) {
        char letter[2] = {store_item_letter((enum item_state)i), '\0'};

        assert_int_equal(store_item_parse(letter), i);
    }
    assert_int_equal(store_outcome_parse("another"), OUTCOME_NONE);
    assert_int_equal(store_reason_parse("another"), REASON_NONE);
}

/* What the program holds is what the file says, to the last byte. */
static void scripts_are_embedded_exactly(void **state)
{
    static const char *const names[SCRIPT_COUNT] = {"claim", "settle", "release", "budget",
                                                    "epoch", "load",   "change"};
    static char text[65536];
    char path[512];

    (void)state;
    for (int i = 0; i < SCRIPT_COUNT; i++) {
        const char *embedded = link_script_text((enum redis_script)i);
        FILE *file;
        size_t len;

        snprintf(path, sizeof path, "%s/worker/adapters/scripts/%s.lua", SOURCE_DIR, names[i]);
        file = fopen(path, "r");
        assert_non_null(file);
        len = fread(text, 1, sizeof text, file);
        fclose(file);
        assert_int_equal(strlen(embedded), len);
        assert_memory_equal(embedded, text, len);
    }
}

/* Text that CMake or C might change on the way: lists, escapes, variables, trigraphs, brackets. */
static void the_generator_keeps_every_byte(void **state)
{
    static const char nasty[] =
        "a;b;;c \\; \\\\ \"q\" 'x' [[ ]] [=[ ]=] ${A} @B@ $ENV{HOME} ?\?= ?\?/ %d \\n \\\n"
        "\tlast ; line #[[ x ]] (]";
    char dir[] = "/tmp/embed-test-XXXXXX", path[128], command[1024];
    FILE *file;

    (void)state;
    assert_non_null(mkdtemp(dir));
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s.lua", dir, i == 0 ? "one" : "two");
        file = fopen(path, "w");
        assert_non_null(file);
        fputs(nasty, file);
        fclose(file);
    }
    snprintf(path, sizeof path, "%s/main.c", dir);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs("#include <stdio.h>\n#include \"out.h\"\nint main(void) { return fputs(script_one, stdout) < 0 || "
          "sizeof script_one != sizeof script_two; }\n",
          file);
    fclose(file);
    snprintf(command, sizeof command,
             "cd %s && cmake -DOUT=out.h '-DFILES=one.lua;two.lua' -DPREFIX=script -DGUARD=OUT_H -P "
             "%s/cmake/embed_texts.cmake && cc "
             "-std=c11 -o main "
             "main.c && ./main | cmp - one.lua; s=$?; rm -r %s; exit $s",
             dir, SOURCE_DIR, dir);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(command_bytes),
        cmocka_unit_test(encoded_texts_come_back),
        cmocka_unit_test(plain_texts_are_not_copied),
        cmocka_unit_test(every_byte_is_seen_at_every_place),
        cmocka_unit_test(addresses),
        cmocka_unit_test(words_come_back),
        cmocka_unit_test(scripts_are_embedded_exactly),
        cmocka_unit_test(the_generator_keeps_every_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
