/* The command line of catalog-dlq: what it takes, and what it refuses. */
#include "dlq_case.h"

#include "tools/catalog-dlq/app.h"
#include "tools/catalog-dlq/line.h"

#include <stdio.h>

enum { WORDS_MAX = 24, WORD_SIZE = 64 };

static struct app app;

/* Reads a command line given as words between blanks; options_read writes into its words. */
static int reads(const char *line)
{
    static char words[WORDS_MAX][WORD_SIZE];
    char *argv[WORDS_MAX + 1] = {NULL};
    int argc = 0;

    memset(&app, 0, sizeof app);
    app.cli.program = "catalog-dlq";
    app.now_ms = 1795000000000;
    snprintf(words[0], WORD_SIZE, "catalog-dlq");
    argv[argc] = words[argc];
    argc++;
    while (*line) {
        size_t len = strcspn(line, " ");

        snprintf(words[argc], WORD_SIZE, "%.*s", (int)len, line);
        argv[argc] = words[argc];
        argc++;
        line += len + (line[len] == ' ');
    }
    return options_read(&app, argc, argv);
}

static void test_options_and_words_may_be_mixed(void **state)
{
    const struct options *o = &app.options;

    (void)state;
    assert_int_equal(reads("--json replay a --rate 2.5 --max=10 b --why because --yes"), -1);
    assert_string_equal(o->command, "replay");
    assert_int_equal(o->filter.key_count, 2);
    assert_string_equal(o->filter.keys[1], "b");
    assert_true(o->json && o->yes && !o->all);
    assert_true(o->rate == 2.5 && o->max == 10);
    assert_string_equal(o->why, "because");
    assert_int_equal(o->replays_max, 3);
    assert_int_equal(reads("show -- --strange"), -1);
    assert_string_equal(o->filter.keys[0], "--strange");
}

static void test_sets_of_events_and_of_the_configuration_are_told_apart(void **state)
{
    (void)state;
    assert_int_equal(reads("replay x --set data.price=1 --set redis.url=u --set=data.a:=[1] --set id=2"), -1);
    assert_int_equal(app.options.edit_count, 3);
    assert_string_equal(app.options.edits[1], "data.a:=[1]");
    assert_int_equal(app.cli.set_count, 1);
    assert_string_equal(app.cli.sets[0], "redis.url=u");
    assert_int_equal(reads("stats --bootstrap-servers k1:9092,k2:9092"), -1);
    assert_string_equal(app.cli.sets[0], "kafka.bootstrap.servers=k1:9092,k2:9092");
}

static void test_filters_are_options_of_every_command(void **state)
{
    const struct filter *f = &app.options.filter;

    (void)state;
    assert_int_equal(reads("list --class inv* --code=100 --since 2h --before 2026-11-22 --replays 1-3"), -1);
    assert_string_equal(f->class_name, "inv*");
    assert_true(f->has_code && f->code == 100);
    assert_int_equal(f->since_ms, app.now_ms - 7200000);
    assert_int_equal(f->until_ms, 1795305600000);
    assert_true(f->replays_min == 1 && f->replays_max == 3);
    assert_int_equal(reads("list --before 30d"), -1);
    assert_int_equal(f->until_ms, app.now_ms - INT64_C(30) * 86400000);
}

static void test_each_command_takes_its_own_words(void **state)
{
    const struct options *o = &app.options;

    (void)state;
    assert_int_equal(reads("import a.jsonl b.jsonl"), -1);
    assert_int_equal(o->input_count, 2);
    assert_int_equal(o->filter.key_count, 0);
    assert_int_equal(
        reads("serve --listen [::1]:0 --allow-changes --token-file t --public-url https://d.example"), -1);
    assert_string_equal(o->listen, "[::1]:0");
    assert_string_equal(o->token_file, "t");
    assert_string_equal(o->public_url, "https://d.example");
    assert_true(o->allow_changes);
    assert_int_equal(
        reads("replay x --keep-header a --keep-header b --follow --follow-timeout 5 --max-replays 0"), -1);
    assert_int_equal(o->keep_count, 2);
    assert_true(o->follow && o->follow_ms == 5000 && o->replays_max == 0);
}

static void test_what_is_wrong_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        "--json",
        "list --colour",
        "list --class",
        "list -x",
        "list --max 0",
        "list --max ten",
        "list --max 5x",
        "replay x --rate -1",
        "replay x --max-replays 1e9",
        "replay x --follow-timeout 0",
        "list --since tomorrow",
        "list --code x",
        "list --class=",
        "list --json=yes",
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (reads(wrong[i]) != KIT_USAGE)
            fail_msg("'%s' was taken", wrong[i]);
    assert_int_equal(reads("--help"), KIT_DONE);
    assert_int_equal(reads("list --version"), KIT_DONE);
}

/* ---- lines ---- */

static size_t columns_of(const char *text)
{
    size_t columns = 0;

    for (; *text && *text != '\n'; text++) {
        if (*text == '\033')
            text = strchr(text, 'm');
        else
            columns += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return columns;
}

static void test_no_line_is_wider_than_its_terminal(void **state)
{
    static struct letter_case made;
    static const int widths[] = {60, 80, 130, 200};
    struct letter *l = case_letter(
        &made, "k\xc3\xa9y", "{}", ORIGIN, "dlq-class", "invalid", "dlq-reason", "price_not_representable",
        "dlq-product-id", "4711", "dlq-code", "x", "dlq-message",
        "a message that goes on \xc3\xa9\xc3\xa9 and on and on and on and on and on and on and on "
        "and on and on and on and on and on and on and on and on and on and on and on",
        NULL);

    (void)state;
    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
        struct out out = {.colour = true, .terminal = true, .width = widths[i]};

        sbuf_init(&out.text, 4096);
        line_put(&out, l);
        assert_int_equal(columns_of(sbuf_str(&out.text)), widths[i]);
        assert_non_null(strstr(sbuf_str(&out.text), "\xe2\x80\xa6\033[0m\n"));
        sbuf_reset(&out.text);
        line_head(&out);
        assert_true(columns_of(sbuf_str(&out.text)) <= (size_t)widths[i]);
        sbuf_free(&out.text);
    }
    struct out file = {.width = 0};
    sbuf_init(&file.text, 4096);
    line_put(&file, l);
    assert_non_null(strstr(sbuf_str(&file.text), "and on and on\n")); /* a file has no width */
    sbuf_free(&file.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_and_words_may_be_mixed),
        cmocka_unit_test(test_sets_of_events_and_of_the_configuration_are_told_apart),
        cmocka_unit_test(test_filters_are_options_of_every_command),
        cmocka_unit_test(test_each_command_takes_its_own_words),
        cmocka_unit_test(test_what_is_wrong_is_refused),
        cmocka_unit_test(test_no_line_is_wider_than_its_terminal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
