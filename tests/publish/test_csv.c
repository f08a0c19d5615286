/* CSV as RFC 4180 has it, and what is said of a file that breaks it. */
#include "publish_case.h"

#include <stdlib.h>

static void check_row(struct csv_case *c, uint64_t line, int count, const char *const *cells)
{
    assert_int_equal(csv_next(&c->csv), CSV_ROW);
    assert_int_equal(c->csv.row_line, line);
    assert_int_equal(c->csv.count, count);
    for (int i = 0; i < count; i++) {
        size_t len;
        const char *text = csv_cell(&c->csv, i, &len);

        assert_int_equal(len, strlen(cells[i]));
        assert_memory_equal(text, cells[i], len);
    }
}

#define ROW(c, line, ...)                                                                                    \
    check_row(c, line, (int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)),                        \
              (const char *[]){__VA_ARGS__})

static void bad_row(struct csv_case *c, enum csv_verdict verdict, const char *why)
{
    assert_int_equal(csv_next(&c->csv), verdict);
    if (!strstr(c->csv.why, why))
        fail_msg("\"%s\" does not say \"%s\"", c->csv.why, why);
}

static void open_text(struct csv_case *c, const char *text)
{
    case_open(c, text, strlen(text), ',');
}

static void test_quotes_delimiters_and_line_ends_inside_cells(void **state)
{
    struct csv_case c;

    (void)state;
    open_text(&c, "a,b\r\n\"x, \"\"y\"\"\",\"two\r\nlines\"\n\"\",\nlast,cell");
    ROW(&c, 1, "a", "b");
    ROW(&c, 2, "x, \"y\"", "two\r\nlines");
    ROW(&c, 4, "", "");
    ROW(&c, 5, "last", "cell");
    assert_int_equal(csv_next(&c.csv), CSV_END);
    case_close(&c);
}

static void test_empty_lines_are_no_rows_but_quoted_nothing_is(void **state)
{
    struct csv_case c;

    (void)state;
    open_text(&c, "\n\r\na\n\n\"\"\n\n");
    ROW(&c, 3, "a");
    ROW(&c, 5, "");
    assert_int_equal(csv_next(&c.csv), CSV_END);
    case_close(&c);
}

static void test_mark_old_line_ends_and_other_delimiters(void **state)
{
    struct csv_case c;
    static const char text[] = "\xef\xbb\xbfid;name\r1;x,y\r";

    (void)state;
    case_open(&c, text, sizeof text - 1, ';');
    ROW(&c, 1, "id", "name");
    ROW(&c, 2, "1", "x,y");
    assert_int_equal(csv_next(&c.csv), CSV_END);
    case_close(&c);
}

static void test_a_broken_row_is_told_and_the_next_is_read(void **state)
{
    struct csv_case c;

    (void)state;
    open_text(&c, "a,b\nx\"y,1\n\"x\"y,2\n1,2\n");
    ROW(&c, 1, "a", "b");
    bad_row(&c, CSV_BAD, "cell 1 holds a quote, but does not begin with one");
    bad_row(&c, CSV_BAD, "cell 1 goes on behind its closing quote");
    ROW(&c, 4, "1", "2");
    case_close(&c);
}

static void test_a_quote_without_end_names_where_it_began(void **state)
{
    struct csv_case c;

    (void)state;
    open_text(&c, "a,b\n1,\"two\nthree\n4,5\n");
    ROW(&c, 1, "a", "b");
    bad_row(&c, CSV_BROKEN, "the quote opened in cell 2 on line 2 is never closed");
    case_close(&c);
}

static void test_utf16_is_recognised(void **state)
{
    struct csv_case c;

    (void)state;
    case_open(&c, "\xff\xfe\x61\x00", 4, ',');
    bad_row(&c, CSV_BROKEN, "UTF-16");
    case_close(&c);
}

/* Larger than the reading buffer: it passes by without being kept. */
static void test_huge_cells_and_too_many_are_bounded(void **state)
{
    enum { HUGE = 3 * 1024 * 1024 };
    char *text = malloc(HUGE + 4096);
    size_t at = 0;
    struct csv_case c;

    (void)state;
    assert_non_null(text);
    memcpy(text, "a,b\n\"", 5);
    at = 5;
    memset(text + at, 'x', HUGE);
    at += HUGE;
    memcpy(text + at, "\",2\n", 4);
    at += 4;
    memset(text + at, ',', CSV_COLUMNS_MAX);
    at += CSV_COLUMNS_MAX;
    memcpy(text + at, "\n3,4\n", 5);
    at += 5;
    case_open(&c, text, at, ',');
    ROW(&c, 1, "a", "b");
    bad_row(&c, CSV_BAD, "cell 1 is larger than 64 KiB");
    bad_row(&c, CSV_BAD, "more than 256 cells");
    ROW(&c, 4, "3", "4");
    case_close(&c);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quotes_delimiters_and_line_ends_inside_cells),
        cmocka_unit_test(test_empty_lines_are_no_rows_but_quoted_nothing_is),
        cmocka_unit_test(test_mark_old_line_ends_and_other_delimiters),
        cmocka_unit_test(test_a_broken_row_is_told_and_the_next_is_read),
        cmocka_unit_test(test_a_quote_without_end_names_where_it_began),
        cmocka_unit_test(test_utf16_is_recognised),
        cmocka_unit_test(test_huge_cells_and_too_many_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
