/* What a dead letter's headers say, and what is wrong with it; the filters over it; its cause. */
#include "dlq_case.h"

#include "tools/catalog-dlq/cause.h"
#include "tools/catalog-dlq/filter.h"

static const int64_t now = 1795000000000; /* 2026-11-18T11:06:40Z */
static struct letter_case made;

static void test_a_whole_letter_has_no_fault(void **state)
{
    const struct letter *l = case_letter(&made, "k", "{}", ORIGIN, "dlq-code", "100", "dlq-replays", "2",
                                         "dlq-died-at", "2026-11-18T08:00:00.500Z", NULL);

    (void)state;
    assert_int_equal(l->faults, 0);
    assert_int_equal(l->code, 100);
    assert_int_equal(l->replays, 2);
    assert_int_equal(l->origin_partition, 3);
    assert_int_equal(l->died_ms, 1794988800500);
    assert_null(letter_not_replayable(l));
}

static void test_what_is_damaged_is_named(void **state)
{
    const struct letter *l = case_letter(&made, NULL, "x", NULL);

    (void)state;
    assert_true(letter_has_fault(l, LETTER_NO_KEY) && letter_has_fault(l, LETTER_FOREIGN));
    assert_non_null(letter_not_replayable(l));
    l = case_letter(&made, "k", "{}", ORIGIN, "dlq-code", "99999999999", "dlq-died-at", "yesterday",
                    "dlq-message", "\xff", "dlq-replays", "-1", NULL);
    assert_true(letter_has_fault(l, LETTER_BAD_NUMBER) && letter_has_fault(l, LETTER_BAD_TIME));
    assert_true(letter_has_fault(l, LETTER_BAD_TEXT));
    assert_int_equal(l->died_ms, l->timestamp_ms);
    assert_int_equal(l->replays, 0);
    l = case_letter(&made, "k", "{}", ORIGIN, "dlq-partition", "4", NULL);
    assert_true(letter_has_fault(l, LETTER_DOUBLED));
    assert_int_equal(l->origin_partition, 4);
    l = case_letter(&made, "k", "{}", "dlq-topic", "t", "dlq-partition", "-1", "dlq-key", "1", NULL);
    assert_true(letter_has_fault(l, LETTER_NO_ORIGIN));
    l = case_letter(&made, "k", "", ORIGIN, "dlq-truncated", "2000000", NULL);
    assert_true(letter_has_fault(l, LETTER_LEFT_OUT));
    assert_non_null(letter_not_replayable(l));
}

static void test_a_bare_tombstone_is_replayed_as_null(void **state)
{
    (void)state;
    assert_null(letter_replay_value(case_letter(&made, "k", "", ORIGIN, "dlq-null-value", "1", NULL)).ptr);
    assert_non_null(letter_replay_value(case_letter(&made, "k", "", ORIGIN, NULL)).ptr);
}

static bool matches(const char *name, const char *value)
{
    const struct letter *l = case_letter(
        &made, "shop/e-1", "{\"name\":\"Red Lamp\"}", ORIGIN, "dlq-class", "invalid", "dlq-reason",
        "price_invalid", "dlq-code", "100", "dlq-subcode", "33", "dlq-replays", "2", "dlq-product-id", "7",
        "dlq-sku", "LAMP-7", "dlq-catalog", "default", "dlq-died-at", "2026-11-18T08:00:00Z", NULL);
    struct filter filter = {.has_code = false};
    char why[FILTER_WHY_SIZE];

    assert_int_equal(filter_option(&filter, name, value, now, why), 1);
    assert_false(filter_is_empty(&filter));
    return filter_matches(&filter, l);
}

static void test_each_filter_takes_and_refuses(void **state)
{
    static const struct {
        const char *name, *yes, *no;
    } rows[] = {
        {"class", "INV*", "permanent"},
        {"reason", "price_*", "price"},
        {"code", "100", "10"},
        {"subcode", "33", "3"},
        {"product", "7", "70"},
        {"sku", "LAMP-7", "lamp-7"},
        {"catalog", "default", "outlet"},
        {"text", "red lamp", "green"},
        {"since", "2026-11-18T08:00:00Z", "2026-11-18T08:00:01Z"},
        {"until", "2026-11-18T08:00:01Z", "2026-11-18T08:00:00Z"},
        {"since", "4h", "20m"},
        {"replays", "2", "1"},
        {"replays", "1+", "3+"},
        {"replays", "1-2", "3-4"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!matches(rows[i].name, rows[i].yes) || matches(rows[i].name, rows[i].no))
            fail_msg("--%s %s or %s", rows[i].name, rows[i].yes, rows[i].no);
    }
}

static void test_bad_filters_say_why(void **state)
{
    static const char *const bad[][2] = {{"code", "x"},      {"code", ""},    {"since", "tomorrow"},
                                         {"until", "5y"},    {"replays", ""}, {"replays", "3-1"},
                                         {"replays", "1++"}, {"since", ""},   {"fingerprint", "xyz!"}};
    struct filter filter = {.has_code = false};
    char why[FILTER_WHY_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        why[0] = '\0';
        if (filter_option(&filter, bad[i][0], bad[i][1], now, why) != -1 || !why[0])
            fail_msg("--%s '%s' was taken", bad[i][0], bad[i][1]);
    }
    assert_int_equal(filter_option(&filter, "colour", "red", now, why), 0);
}

static void test_keys_name_letters_and_keyless_ones_by_place(void **state)
{
    struct filter filter = {.keys = {"0@12"}, .key_count = 1};
    struct letter *l = case_letter(&made, NULL, "x", ORIGIN, NULL);

    (void)state;
    l->offset = 12;
    assert_true(filter_matches(&filter, l));
    l->offset = 13;
    assert_false(filter_matches(&filter, l));
    filter.keys[0] = "a\\x1bb";
    assert_true(filter_matches(&filter, case_letter(&made,
                                                    "a\x1b"
                                                    "b",
                                                    "x", ORIGIN, NULL)));
}

/* ---- causes ---- */

static void fingerprint(const char *reason, const char *message, char id[CAUSE_ID_BYTES])
{
    cause_fingerprint(case_letter(&made, "k", "{}", ORIGIN, "dlq-class", "invalid", "dlq-reason", reason,
                                  "dlq-message", message, NULL),
                      id);
}

static void test_one_fault_of_two_products_is_one_cause(void **state)
{
    static const char *const same[][2] = {
        {"data.price is \"12.x\" (byte 220 of the value)", "data.price is \"7,50\" (byte 9 of the value)"},
        {"cannot load https://a.example/1.jpg, sorry", "cannot load http://b.example/x/2.png, sorry"},
        {"item 123e4567-e89b-12d3-a456-426614174000 is gone",
         "item 00000000-e89b-12d3-a456-42661417400f is gone"},
    };
    char a[CAUSE_ID_BYTES], b[CAUSE_ID_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        fingerprint("r", same[i][0], a);
        fingerprint("r", same[i][1], b);
        assert_string_equal(a, b);
    }
    fingerprint("r", "data.price is missing", a);
    fingerprint("r", "data.name is missing", b);
    assert_string_not_equal(a, b);
    fingerprint("other", "data.price is missing", b);
    assert_string_not_equal(a, b);
    assert_int_equal(strlen(a), CAUSE_ID_BYTES - 1);
}

static void test_the_table_counts_kinds_and_not_letters(void **state)
{
    struct cause_table table = {0};
    char message[64];

    (void)state;
    for (int i = 0; i < 2000; i++) {
        uint32_t index;

        snprintf(message, sizeof message, "fault %s of item %d", i % 2 ? "one" : "two", i);
        index = cause_table_find(
            &table, case_letter(&made, "k", "{}", ORIGIN, "dlq-message", message, "dlq-reason", "r", NULL));
        assert_int_equal(index, i % 2);
    }
    assert_int_equal(table.count, 2);
    cause_table_free(&table);
}

static void test_more_kinds_than_fit_share_one_and_are_counted(void **state)
{
    struct cause_table table = {0};
    char reason[32];

    (void)state;
    for (int i = 0; i < CAUSE_COUNT_MAX + 10; i++) {
        snprintf(reason, sizeof reason, "reason_%d", i);
        cause_table_find(&table, case_letter(&made, "k", "{}", ORIGIN, "dlq-reason", reason, NULL));
    }
    assert_in_range(table.count, CAUSE_COUNT_MAX - 1, CAUSE_COUNT_MAX);
    assert_true(table.beyond >= 10);
    cause_table_free(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_whole_letter_has_no_fault),
        cmocka_unit_test(test_what_is_damaged_is_named),
        cmocka_unit_test(test_a_bare_tombstone_is_replayed_as_null),
        cmocka_unit_test(test_each_filter_takes_and_refuses),
        cmocka_unit_test(test_bad_filters_say_why),
        cmocka_unit_test(test_keys_name_letters_and_keyless_ones_by_place),
        cmocka_unit_test(test_one_fault_of_two_products_is_one_cause),
        cmocka_unit_test(test_the_table_counts_kinds_and_not_letters),
        cmocka_unit_test(test_more_kinds_than_fit_share_one_and_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
