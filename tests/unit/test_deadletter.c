#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/deadletter.h"
#include "common/event.h"
#include "common/reason.h"
#include "common/redact.h"
#include "common/sbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct record_header out[DEADLETTER_HEADERS_MAX];
static char *scratch;
static size_t count;

static int setup(void **state)
{
    (void)state;
    scratch = malloc(DEADLETTER_SCRATCH_BYTES);
    return scratch ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    free(scratch);
    redact_clear();
    return 0;
}

static struct deadletter letter(void)
{
    return (struct deadletter){
        .key = "12",
        .key_bytes = 2,
        .value_bytes = 700,
        .event_source = "/shop a",
        .event_id = "id/1",
        .topic = "product-events",
        .partition = 3,
        .offset = INT64_C(9007199254740993),
        .timestamp_ms = INT64_C(1795383529123),
        .class_name = "permanent",
        .reason = "refused",
        .message = "(#100) Param price\nmust be an integer",
        .user_message = "caf\xc3\xa9",
        .fbtrace_id = "AbC",
        .code = 100,
        .subcode = 33,
        .http_status = 400,
        .product_id = "12",
        .sku = "SKU-1",
        .catalog = "default",
        .worker = "w-1",
        .attempts = 8,
        .first_seen_ms = INT64_C(1795383529000),
        .died_at_ms = INT64_C(1795383530000),
        .replays = 1,
    };
}

/* The value of the only header of that name, NULL where there is none. */
static const char *value(const char *name)
{
    static char copy[70000];
    const char *found = NULL;

    for (size_t i = 0; i < count; i++) {
        if (strcmp(out[i].name, name) != 0)
            continue;
        assert_null(found);
        assert_true(out[i].value_bytes < sizeof(copy));
        if (out[i].value_bytes)
            memcpy(copy, out[i].value, out[i].value_bytes);
        copy[out[i].value_bytes] = '\0';
        found = copy;
    }
    return found;
}

static void every_header_is_there(void **state)
{
    static const struct {
        const char *name, *value;
    } wanted[] = {
        {"dlq-key", "12"},
        {"dlq-topic", "product-events"},
        {"dlq-partition", "3"},
        {"dlq-offset", "9007199254740993"},
        {"dlq-timestamp", "2026-11-22T21:38:49.123Z"},
        {"dlq-class", "permanent"},
        {"dlq-code", "100"},
        {"dlq-subcode", "33"},
        {"dlq-http-status", "400"},
        {"dlq-reason", "refused"},
        {"dlq-message", "(#100) Param price must be an integer"},
        {"dlq-user-message", "caf\xc3\xa9"},
        {"dlq-fbtrace-id", "AbC"},
        {"dlq-product-id", "12"},
        {"dlq-sku", "SKU-1"},
        {"dlq-catalog", "default"},
        {"dlq-attempts", "8"},
        {"dlq-first-seen", "2026-11-22T21:38:49.000Z"},
        {"dlq-died-at", "2026-11-22T21:38:50.000Z"},
        {"dlq-worker", "w-1"},
        {"dlq-replays", "1"},
        {"dlq-null-value", "1"},
        {"dlq-truncated", "700"},
    };
    struct deadletter l = letter();

    (void)state;
    l.value_null = l.value_left_out = true;
    count = deadletter_headers(&l, out, scratch);
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        const char *got = value(wanted[i].name);

        if (!got)
            fail_msg("%s is missing", wanted[i].name);
        assert_string_equal(got, wanted[i].value);
    }
    assert_int_equal(count, sizeof(wanted) / sizeof(wanted[0]));
    /* key-null and headers-dropped, which this letter does not need, have tests of their own */
    assert_int_equal(count + 2, DLQ_HEADER_COUNT);
}

static void absent_empty_and_binary_keys_are_kept_apart(void **state)
{
    struct deadletter l = letter();

    (void)state;
    l.key = NULL;
    l.key_bytes = 0;
    count = deadletter_headers(&l, out, scratch);
    assert_null(value("dlq-key"));
    assert_string_equal(value("dlq-key-null"), "1");
    l.key = "";
    count = deadletter_headers(&l, out, scratch);
    assert_string_equal(value("dlq-key"), "");
    assert_null(value("dlq-key-null"));
    l.key = "\0\xff";
    l.key_bytes = 2;
    count = deadletter_headers(&l, out, scratch);
    assert_memory_equal(value("dlq-key"), "\0\xff", 3);
}

static void what_is_not_known_is_left_out(void **state)
{
    struct deadletter l = {.topic = "t", .timestamp_ms = -1};

    (void)state;
    count = deadletter_headers(&l, out, scratch);
    assert_null(value("dlq-timestamp"));
    assert_null(value("dlq-code"));
    assert_null(value("dlq-sku"));
    assert_null(value("dlq-null-value"));
    assert_null(value("dlq-truncated"));
    assert_null(value("dlq-headers-dropped"));
    assert_string_equal(value("dlq-replays"), "0");
}

static void the_records_headers_go_on_byte_for_byte(void **state)
{
    const struct record_header own[] = {
        {"ce_id", "a\0b", 3},      {"empty", "", 0},        {"null", NULL, 0},
        {"dlq-message", "old", 3}, {"DLQ-Replays", "9", 1}, {"ce_id", "2", 1},
    };
    struct deadletter l = letter();

    (void)state;
    l.headers = own;
    l.header_count = sizeof(own) / sizeof(own[0]);
    count = deadletter_headers(&l, out, scratch);
    assert_ptr_equal(out[0].value, own[0].value);
    assert_int_equal(out[0].value_bytes, 3);
    assert_non_null(out[1].value);
    assert_int_equal(out[1].value_bytes, 0);
    assert_null(out[2].value);
    assert_string_equal(out[3].name, "ce_id");
    assert_string_equal(value("dlq-message"), "(#100) Param price must be an integer");
    assert_null(value("DLQ-Replays"));
}

static void headers_never_grow_without_bound(void **state)
{
    static char big[DEADLETTER_ORIGINAL_MAX_BYTES];
    struct record_header own[DEADLETTER_ORIGINAL_MAX + 10];
    struct deadletter l = letter();

    (void)state;
    memset(big, 'x', sizeof(big) - 1);
    for (size_t i = 0; i < DEADLETTER_ORIGINAL_MAX + 10; i++)
        own[i] = (struct record_header){"h", "v", 1};
    own[0].value = big;
    own[0].value_bytes = sizeof(big);
    l.headers = own;
    l.header_count = DEADLETTER_ORIGINAL_MAX + 10;
    l.class_name = l.reason = l.message = l.user_message = l.fbtrace_id = l.product_id = l.sku = l.catalog =
        l.worker = l.topic = big;
    l.key = big;
    l.key_bytes = sizeof(big);
    l.value_left_out = l.value_null = true;
    l.replays = l.offset = l.died_at_ms = l.first_seen_ms = INT64_MAX;
    count = deadletter_headers(&l, out, scratch);
    assert_true(count <= DEADLETTER_HEADERS_MAX);
    assert_string_equal(value("dlq-headers-dropped"), "10");
    assert_int_equal(strlen(value("dlq-message")), DEADLETTER_TEXT_MAX_BYTES);
    assert_int_equal(strlen(value("dlq-key")), DEADLETTER_KEY_MAX_BYTES);
}

/* Without its ce_ headers a dead letter could not be replayed: they stay, however many others there are. */
static void what_makes_the_event_stays(void **state)
{
    static char big[DEADLETTER_ORIGINAL_MAX_BYTES + 1];
    struct record_header own[DEADLETTER_ORIGINAL_MAX + 4];
    size_t last = sizeof(own) / sizeof(own[0]) - 1;
    struct deadletter l = letter();

    (void)state;
    for (size_t i = 0; i <= last; i++)
        own[i] = (struct record_header){"x", "1", 1};
    own[1].value = big;
    own[1].value_bytes = DEADLETTER_ORIGINAL_MAX_BYTES - 10; /* fits, but for what makes the event */
    own[last - 1] = (struct record_header){"CE_id", "7", 1};
    own[last] = (struct record_header){"content-type", "a", 1};
    l.headers = own;
    l.header_count = last + 1;
    l.headers_unread = 100;
    count = deadletter_headers(&l, out, scratch);
    assert_string_equal(out[0].name, "x");
    assert_int_equal(out[0].value_bytes, 1);
    assert_string_equal(out[DEADLETTER_ORIGINAL_MAX - 2].name,
                        "CE_id"); /* in their order, the big one gone */
    assert_string_equal(out[DEADLETTER_ORIGINAL_MAX - 1].name, "content-type");
    assert_string_equal(out[count - 1].name, "dlq-headers-dropped");
    assert_memory_equal(out[count - 1].value, "104", 3);
    own[last].value = big; /* too large by itself: left out, as any other */
    own[last].value_bytes = own[1].value_bytes = sizeof(big);
    count = deadletter_headers(&l, out, scratch);
    assert_string_equal(out[DEADLETTER_ORIGINAL_MAX - 1].name, "CE_id");
    assert_memory_equal(out[count - 1].value, "104", 3);
}

static void no_secret_leaves_with_a_letter(void **state)
{
    struct deadletter l = letter();

    (void)state;
    redact_add("EAABtokentoken");
    l.message = "Malformed access token EAABtokentoken";
    count = deadletter_headers(&l, out, scratch);
    assert_string_equal(value("dlq-message"), "Malformed access token ********");
}

static void the_key_names_the_problem(void **state)
{
    struct deadletter l = letter();
    struct sbuf b;

    (void)state;
    sbuf_init(&b, 1000);
    assert_true(deadletter_key(&l, &b));
    assert_string_equal(sbuf_str(&b), "%2Fshop%20a/id%2F1");
    sbuf_reset(&b);
    l.identity_reused = true;
    assert_true(deadletter_key(&l, &b));
    assert_string_equal(sbuf_str(&b), "product-events/3/9007199254740993");
    sbuf_reset(&b);
    l = letter();
    l.event_id = NULL;
    assert_true(deadletter_key(&l, &b));
    assert_string_equal(sbuf_str(&b), "product-events/3/9007199254740993");
    sbuf_free(&b);
    sbuf_init(&b, 5);
    assert_false(deadletter_key(&l, &b));
    sbuf_free(&b);
}

static int64_t replays_of(const char *text)
{
    const struct record_header headers[] = {
        {"dlq-replays", "5", 1}, {"dlq-replays", text, strlen(text)}, {"x", "9", 1}};

    return deadletter_replays(headers, 3);
}

static void the_replay_count_is_read_strictly(void **state)
{
    (void)state;
    assert_int_equal(deadletter_replays(NULL, 0), 0);
    assert_int_equal(replays_of("3"), 3);
    assert_int_equal(replays_of("1000000"), 1000000);
    assert_int_equal(replays_of("1000001"), 0);
    assert_int_equal(replays_of("99999999999999999999999"), 0);
    assert_int_equal(replays_of("-1"), 0);
    assert_int_equal(replays_of("3 "), 0);
    assert_int_equal(replays_of(""), 0);
}

static void every_reason_is_explained_once(void **state)
{
    (void)state;
    for (size_t i = 0; reason_at(i); i++) {
        assert_true(reason_at(i)->words[0]);
        assert_non_null(reason_at(i)->mend);
        assert_ptr_equal(reason_info(reason_at(i)->name), reason_at(i));
    }
    assert_null(reason_info("no such reason"));
    for (int i = EVENT_FAULT_NONE + 1; i < EVENT_FAULT_COUNT; i++)
        if (!reason_info(event_fault_name((enum event_fault)i)))
            fail_msg("%s is not explained", event_fault_name((enum event_fault)i));
    for (int i = RESULT_CREATED; i < RESULT_KIND_COUNT; i++) {
        const char *name = result_kind_name((enum result_kind)i);

        assert_int_equal(result_kind_parse(name, strlen(name)), i);
    }
    assert_int_equal(result_kind_parse("", 0), RESULT_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_header_is_there),
        cmocka_unit_test(absent_empty_and_binary_keys_are_kept_apart),
        cmocka_unit_test(what_is_not_known_is_left_out),
        cmocka_unit_test(the_records_headers_go_on_byte_for_byte),
        cmocka_unit_test(headers_never_grow_without_bound),
        cmocka_unit_test(what_makes_the_event_stays),
        cmocka_unit_test(no_secret_leaves_with_a_letter),
        cmocka_unit_test(the_key_names_the_problem),
        cmocka_unit_test(the_replay_count_is_read_strictly),
        cmocka_unit_test(every_reason_is_explained_once),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
