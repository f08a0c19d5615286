/* Histograms as Prometheus reads them. */
#include "worker/runtime/histogram.h"

#include "common/sbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static char text[4096];

static enum histogram_scale scale = HISTOGRAM_LONG;
static const char *label = "";

static const char *printed(const struct histogram *histogram)
{
    struct sbuf page;

    sbuf_init_fixed(&page, text, sizeof text - 1);
    histogram_print(histogram, scale, "x", label, &page);
    text[page.len] = '\0';
    return text;
}

static void has(const struct histogram *histogram, const char *line)
{
    const char *page = printed(histogram);
    const char *at = strstr(page, line);

    if (!at || (at != page && at[-1] != '\n') || at[strlen(line)] != '\n')
        fail_msg("no line \"%s\" in\n%s", line, page);
}

static void test_an_empty_one_has_all_its_series(void **state)
{
    struct histogram histogram = {.sum_us = 0};

    (void)state;
    has(&histogram, "x_bucket{le=\"0.1\"} 0");
    has(&histogram, "x_bucket{le=\"86400\"} 0");
    has(&histogram, "x_bucket{le=\"+Inf\"} 0");
    has(&histogram, "x_sum 0.000000");
    has(&histogram, "x_count 0");
}

static void test_buckets_hold_all_up_to_their_bound(void **state)
{
    struct histogram histogram = {.sum_us = 0};

    (void)state;
    histogram_add(&histogram, scale, 100000); /* a bound is part of its bucket */
    histogram_add(&histogram, scale, 100001);
    histogram_add(&histogram, scale, 86400000000);
    histogram_add(&histogram, scale, 86400000001);
    histogram_add(&histogram, scale, -5); /* another machine's clock was ahead */
    has(&histogram, "x_bucket{le=\"0.1\"} 2");
    has(&histogram, "x_bucket{le=\"0.25\"} 3");
    has(&histogram, "x_bucket{le=\"14400\"} 3");
    has(&histogram, "x_bucket{le=\"86400\"} 4");
    has(&histogram, "x_bucket{le=\"+Inf\"} 5");
    has(&histogram, "x_sum 172800.200002");
    has(&histogram, "x_count 5");
}

static void test_short_ones_have_their_own_bounds_and_a_label(void **state)
{
    struct histogram histogram = {.sum_us = 0};

    (void)state;
    scale = HISTOGRAM_SHORT;
    label = "kind=\"create\"";
    histogram_add(&histogram, scale, 1000);
    histogram_add(&histogram, scale, 31000000);
    has(&histogram, "x_bucket{kind=\"create\",le=\"0.001\"} 1");
    has(&histogram, "x_bucket{kind=\"create\",le=\"30\"} 1");
    has(&histogram, "x_bucket{kind=\"create\",le=\"+Inf\"} 2");
    has(&histogram, "x_sum{kind=\"create\"} 31.001000");
    has(&histogram, "x_count{kind=\"create\"} 2");
    scale = HISTOGRAM_LONG;
    label = "";
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_empty_one_has_all_its_series),
        cmocka_unit_test(test_buckets_hold_all_up_to_their_bound),
        cmocka_unit_test(test_short_ones_have_their_own_bounds_and_a_label),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
