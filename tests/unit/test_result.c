#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/contract.h"
#include "common/hash128.h"
#include "common/result.h"
#include "common/sbuf.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static char text[RESULT_TEXT_BYTES];
static char why[256];

static struct result_event success(void)
{
    return (struct result_event){
        .out = {.kind = RESULT_CREATED,
                .path = RESULT_PATH_SINGLE,
                .catalog_id = "1234567890123456",
                .version = INT64_C(1795383529123456),
                .current_version = INT64_C(1795383529123456),
                .content_hash = {0x0123456789abcdef, 0xfedcba9876543210},
                .sku = "SKU-1"},
        .event_source = "/shop",
        .event_id = "7d1f0b8e-8c43-4a7e-9b1f-0a1b2c3d4e5f",
        .product_id = "123456",
        .catalog = "default",
        .topic = "product-events",
        .partition = 3,
        .offset = 42,
        .attempts = 1,
        .first_attempt_at_ms = INT64_C(1795383529000),
        .finished_at_ms = INT64_C(1795383529123),
        .queued_for_ms = 12,
        .traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    };
}

static struct result_event failure(void)
{
    struct result_event e = success();

    e.out.kind = RESULT_FAILED;
    e.out.reason = "refused";
    e.out.error = (struct result_error){.class_name = "permanent",
                                        .code = 100,
                                        .subcode = -5,
                                        .http_status = 400,
                                        .message = "Invalid \"parameter\"\x07",
                                        .user_message = "caf\xc3\xa9",
                                        .fbtrace_id = "AbC"};
    e.out.superseded_by = "other";
    e.out.absorbed[0] = "a1";
    e.out.absorbed[1] = "a\"2";
    e.out.absorbed_listed = 2;
    e.out.absorbed_count = 7;
    e.warnings[0] = "no image";
    e.warning_count = 1;
    e.replays = 2;
    return e;
}

static const char *encoded(const struct result_event *event, struct sbuf *b)
{
    sbuf_init(b, RESULT_MAX_BYTES);
    assert_true(result_encode(event, b));
    return sbuf_str(b);
}

static void a_success_reads_like_this(void **state)
{
    struct result_event e = success();
    struct sbuf b;

    (void)state;
    assert_string_equal(
        encoded(&e, &b),
        "{\"specversion\":\"1.0\",\"type\":\"product.sync.result\",\"source\":\"catalog-sync\","
        "\"id\":\"73ac64cca1eb768e5bdf29c7616f6886\",\"time\":\"2026-11-22T21:38:49.123Z\",\"subject\":"
        "\"123456\","
        "\"traceparent\":\"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\","
        "\"datacontenttype\":\"application/"
        "json\",\"dataschema\":\"urn:catalog-sync:schema:result:1\",\"data\":{\"topic\":\"product-events\","
        "\"partition\":3,\"offset\":42,"
        "\"product_id\":\"123456\",\"catalog\":\"default\",\"event_source\":\"/shop\","
        "\"event_id\":\"7d1f0b8e-8c43-4a7e-9b1f-0a1b2c3d4e5f\",\"outcome\":\"created\",\"sku\":\"SKU-1\","
        "\"catalog_id\":\"1234567890123456\",\"version\":1795383529123456,\"current_version\":"
        "1795383529123456,"
        "\"content_hash\":\"0123456789abcdeffedcba9876543210\",\"path\":\"single\",\"attempts\":1,"
        "\"first_attempt_at\":\"2026-11-22T21:38:49.000Z\",\"finished_at\":\"2026-11-22T21:38:49.123Z\","
        "\"queued_for_ms\":12}}");
    sbuf_free(&b);
}

static void same_outcome(const struct result_outcome *a, const struct result_outcome *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->path, b->path);
    assert_int_equal(a->version, b->version);
    assert_int_equal(a->current_version, b->current_version);
    assert_true(key128_eq(a->content_hash, b->content_hash));
    assert_string_equal(a->catalog_id, b->catalog_id);
    assert_string_equal(a->sku, b->sku);
    assert_int_equal(a->absorbed_count, b->absorbed_count);
    assert_int_equal(a->absorbed_listed, b->absorbed_listed);
    for (uint32_t i = 0; i < a->absorbed_listed; i++)
        assert_string_equal(a->absorbed[i], b->absorbed[i]);
    assert_int_equal(a->error.code, b->error.code);
    assert_int_equal(a->error.subcode, b->error.subcode);
    assert_int_equal(a->error.http_status, b->error.http_status);
    assert_int_equal(a->error.class_name == NULL, b->error.class_name == NULL);
}

static void every_field_comes_back(void **state)
{
    struct result_event e = failure(), back;
    struct sbuf b;

    (void)state;
    encoded(&e, &b);
    if (!result_decode(b.data, b.len, &back, text, sizeof(text), why, sizeof(why)))
        fail_msg("%s", why);
    same_outcome(&e.out, &back.out);
    assert_string_equal(back.out.reason, "refused");
    assert_string_equal(back.out.superseded_by, "other");
    assert_string_equal(back.out.error.class_name, "permanent");
    assert_string_equal(back.out.error.message, "Invalid \"parameter\" ");
    assert_string_equal(back.out.error.user_message, "caf\xc3\xa9");
    assert_string_equal(back.out.error.fbtrace_id, "AbC");
    assert_string_equal(back.event_source, e.event_source);
    assert_string_equal(back.event_id, e.event_id);
    assert_string_equal(back.product_id, e.product_id);
    assert_false(back.product_id_is_number);
    assert_string_equal(back.catalog, e.catalog);
    assert_string_equal(back.topic, e.topic);
    assert_string_equal(back.traceparent, e.traceparent);
    assert_int_equal(back.partition, e.partition);
    assert_int_equal(back.offset, e.offset);
    assert_int_equal(back.replays, e.replays);
    assert_int_equal(back.attempts, e.attempts);
    assert_int_equal(back.first_attempt_at_ms, e.first_attempt_at_ms);
    assert_int_equal(back.finished_at_ms, e.finished_at_ms);
    assert_int_equal(back.queued_for_ms, e.queued_for_ms);
    assert_int_equal(back.warning_count, 1);
    assert_string_equal(back.warnings[0], "no image");
    sbuf_free(&b);
}

static void a_numeric_product_id_stays_a_number(void **state)
{
    struct result_event e = success(), back;
    struct sbuf b;

    (void)state;
    e.product_id = "-42";
    e.product_id_is_number = true;
    assert_non_null(strstr(encoded(&e, &b), "\"product_id\":-42,"));
    assert_non_null(strstr(b.data, "\"subject\":\"-42\""));
    assert_true(result_decode(b.data, b.len, &back, text, sizeof(text), why, sizeof(why)));
    assert_string_equal(back.product_id, "-42");
    assert_true(back.product_id_is_number);
    sbuf_free(&b);
}

static void keys_are_never_empty(void **state)
{
    struct result_event e = success();
    struct sbuf b;

    (void)state;
    sbuf_init(&b, 1000);
    assert_true(result_key(&e, &b));
    assert_string_equal(sbuf_str(&b), "default/123456");
    sbuf_reset(&b);
    e.catalog = NULL;
    assert_true(result_key(&e, &b));
    assert_string_equal(sbuf_str(&b), "default/123456");
    sbuf_reset(&b);
    e.product_id = NULL;
    assert_true(result_key(&e, &b));
    assert_string_equal(sbuf_str(&b), "product-events/3/42");
    sbuf_free(&b);
}

static void the_id_depends_on_the_identity_only(void **state)
{
    struct result_event e = success(), other = success();
    char a[RESULT_EVENT_ID_BYTES], b[RESULT_EVENT_ID_BYTES];

    (void)state;
    other.offset = 99;
    other.finished_at_ms++;
    other.attempts = 7;
    result_id(&e, a);
    result_id(&other, b);
    assert_string_equal(a, b);
    assert_int_equal(strlen(a), 32);
    other.replays = 1;
    result_id(&other, b);
    assert_string_not_equal(a, b);
    other = success();
    other.event_id = "x";
    result_id(&other, b);
    assert_string_not_equal(a, b);
    /* an identity used twice with other content: its failure is another result than the true event's */
    other = success();
    other.out.reason = "identity_reused";
    result_id(&other, b);
    assert_string_not_equal(a, b);
    other.offset++;
    result_id(&other, a);
    assert_string_not_equal(a, b);
}

static void hostile_texts_stay_bounded_json(void **state)
{
    static char big[100000];
    struct result_event e = failure(), back;
    struct sbuf b;
    cJSON *json;

    (void)state;
    memset(big, 1, sizeof(big) - 1);
    e.out.reason = e.out.sku = e.out.superseded_by = e.out.catalog_id = big;
    e.event_id = e.event_source = e.product_id = e.catalog = e.traceparent = big;
    e.out.error.message = e.out.error.user_message = e.out.error.fbtrace_id = e.out.error.class_name = big;
    for (int i = 0; i < RESULT_ABSORBED_MAX; i++)
        e.out.absorbed[i] = big;
    for (int i = 0; i < RESULT_WARNINGS_MAX; i++)
        e.warnings[i] = big;
    e.out.absorbed_listed = RESULT_ABSORBED_MAX;
    e.out.absorbed_count = 5000;
    e.warning_count = 1000;
    json = cJSON_Parse(encoded(&e, &b));
    assert_non_null(json);
    cJSON_Delete(json);
    assert_true(result_decode(b.data, b.len, &back, text, sizeof(text), why, sizeof(why)));
    assert_int_equal(back.out.absorbed_count, 5000);
    sbuf_free(&b);
    e = failure();
    e.out.sku = "\xff\xc0x";
    json = cJSON_Parse(encoded(&e, &b));
    assert_string_equal(cJSON_GetObjectItem(cJSON_GetObjectItem(json, "data"), "sku")->valuestring,
                        "\xef\xbf\xbd\xef\xbf\xbdx");
    cJSON_Delete(json);
    sbuf_free(&b);
}

/* The rebuild reads what older workers wrote, and what a newer major version wrote it does not misread. */
static void results_of_other_contracts(void **state)
{
    static const char with[] = ",\"dataschema\":\"" CONTRACT_RESULT "\"";
    struct result_event e = success(), back;
    struct sbuf b, old;
    const char *at;
    char *major;

    (void)state;
    at = strstr(encoded(&e, &b), with);
    assert_non_null(at);
    sbuf_init(&old, RESULT_MAX_BYTES);
    sbuf_put(&old, b.data, (size_t)(at - b.data));
    sbuf_puts(&old, at + sizeof(with) - 1);
    assert_true(result_decode(old.data, old.len, &back, text, sizeof(text), why, sizeof(why)));
    assert_string_equal(back.product_id, "123456");
    assert_string_equal(back.out.catalog_id, "1234567890123456");
    major = strstr(b.data, "schema:result:1") + sizeof("schema:result:") - 1;
    *major = '2';
    assert_false(result_decode(b.data, b.len, &back, text, sizeof(text), why, sizeof(why)));
    assert_non_null(strstr(why, "schema:result:2"));
    sbuf_free(&old);
    sbuf_free(&b);
}

static void what_is_no_result_is_named(void **state)
{
    static const struct {
        const char *value, *says;
    } bad[] = {
        {"", "no JSON"},
        {"{", "no JSON"},
        {"[]", "type is missing"},
        {"{\"type\":\"x\"}", "type is x"},
        {"{\"type\":\"product.sync.result\"}", "outcome"},
        {"{\"type\":\"product.sync.result\",\"data\":{\"outcome\":\"eaten\"}}", "outcome"},
        {"{\"type\":\"product.sync.result\",\"data\":{\"outcome\":\"created\"}}", "topic"},
        {"{\"type\":\"product.sync.result\",\"data\":{\"outcome\":\"created\",\"sku\":5}}", "data.sku"},
        {"{\"type\":\"product.sync.result\",\"data\":{\"outcome\":\"created\",\"content_hash\":\"12\"}}",
         "content_hash"},
        {"{\"type\":\"product.sync.result\",\"data\":{\"outcome\":\"created\",\"absorbed\":[1]}}",
         "absorbed"},
        {"{\"type\":\"product.sync.result\",\"data\":{\"outcome\":\"created\",\"product_id\":1.5}}",
         "product_id"},
    };
    struct result_event e;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(
            result_decode(bad[i].value, strlen(bad[i].value), &e, text, sizeof(text), why, sizeof(why)));
        if (!strstr(why, bad[i].says))
            fail_msg("%s: %s", bad[i].value, why);
    }
    assert_false(result_decode(NULL, 0, &e, text, sizeof(text), why, sizeof(why)));
}

static void decoding_never_overruns(void **state)
{
    struct result_event e = failure(), back;
    struct sbuf b;

    (void)state;
    encoded(&e, &b);
    for (size_t room = 0; room < 400; room++) {
        char *small = malloc(room ? room : 1);

        result_decode(b.data, b.len, &back, small, room, why, sizeof(why));
        free(small);
    }
    for (size_t len = 0; len < b.len; len++)
        assert_false(result_decode(b.data, len, &back, text, sizeof(text), why, sizeof(why)));
    sbuf_free(&b);
}

static uint8_t blob[OUTCOME_BLOB_MAX_BYTES];

static void a_stored_success_is_small(void **state)
{
    struct result_event e = success();
    struct result_outcome back;
    size_t len = outcome_blob_encode(&e.out, blob, sizeof(blob));

    (void)state;
    assert_true(len <= 100);
    assert_true(outcome_blob_decode(blob, len, &back, text, sizeof(text)));
    same_outcome(&e.out, &back);
    assert_null(back.reason);
    assert_null(back.superseded_by);
    assert_null(back.error.class_name);
}

/* A result published again from what Redis keeps equals the first, whatever was cut (design.md section 3). */
static void a_repeated_result_is_equal(void **state)
{
    static char big[2000], ids[RESULT_ABSORBED_MAX][300];
    struct result_event e = failure(), again;
    struct sbuf first, second;
    size_t len;

    (void)state;
    memset(big, 'm', sizeof(big) - 1);
    for (int i = 0; i < RESULT_ABSORBED_MAX; i++) {
        memset(ids[i], (char)(33 + i % 90), (size_t)(20 + i));
        e.out.absorbed[i] = ids[i];
    }
    e.out.absorbed_listed = RESULT_ABSORBED_MAX;
    e.out.absorbed_count = 250;
    e.out.error.message = e.out.error.user_message = e.out.reason = big;
    e.out.current_version = 5;
    e.out.catalog_id = "0123";
    len = outcome_blob_encode(&e.out, blob, sizeof(blob));
    again = e;
    assert_true(outcome_blob_decode(blob, len, &again.out, text, sizeof(text)));
    encoded(&e, &first);
    encoded(&again, &second);
    assert_string_equal(sbuf_str(&first), sbuf_str(&second));
    sbuf_free(&first);
    sbuf_free(&second);
}

static void the_largest_outcome_fits(void **state)
{
    static char big[3000];
    struct result_event e = failure();
    struct result_outcome back;
    size_t len;

    (void)state;
    memset(big, 'm', sizeof(big) - 1);
    e.out.reason = e.out.sku = e.out.superseded_by = e.out.catalog_id = big;
    e.out.error = (struct result_error){big, INT32_MIN, INT32_MAX, 999, big, big, big};
    for (int i = 0; i < RESULT_ABSORBED_MAX; i++)
        e.out.absorbed[i] = big;
    e.out.absorbed_listed = RESULT_ABSORBED_MAX;
    e.out.absorbed_count = UINT32_MAX;
    len = outcome_blob_encode(&e.out, blob, sizeof(blob));
    assert_true(len > 5000 && len <= OUTCOME_BLOB_MAX_BYTES);
    assert_true(outcome_blob_decode(blob, len, &back, text, OUTCOME_TEXT_BYTES));
    assert_int_equal(back.error.code, INT32_MIN);
    assert_int_equal(back.error.subcode, INT32_MAX);
    assert_int_equal(back.absorbed_count, UINT32_MAX);
}

static void item_ids_keep_their_digits(void **state)
{
    static const char *const ids[] = {"1", "007", "999999999999999999", "9999999999999999999", "12a", "0"};
    struct result_outcome back;

    (void)state;
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        struct result_outcome o = {.kind = RESULT_UPDATED, .catalog_id = ids[i]};
        size_t len = outcome_blob_encode(&o, blob, sizeof(blob));

        assert_true(outcome_blob_decode(blob, len, &back, text, sizeof(text)));
        assert_string_equal(back.catalog_id, ids[i]);
    }
}

static void garbage_is_not_stored(void **state)
{
    struct result_event e = failure();
    struct result_outcome back;
    size_t len = outcome_blob_encode(&e.out, blob, sizeof(blob));
    uint64_t seed = 1;

    (void)state;
    for (size_t cut = 0; cut < len; cut++) {
        uint8_t *copy = malloc(cut ? cut : 1);

        memcpy(copy, blob, cut);
        assert_false(outcome_blob_decode(copy, cut, &back, text, sizeof(text)));
        free(copy);
    }
    blob[len] = 0;
    assert_false(outcome_blob_decode(blob, len + 1, &back, text, sizeof(text)));
    for (int round = 0; round < 200000; round++) {
        uint8_t copy[256];

        memcpy(copy, blob, len);
        for (int flips = 0; flips < 3; flips++) {
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
            copy[(seed >> 33) % len] = (uint8_t)(seed >> 20);
        }
        if (outcome_blob_decode(copy, len, &back, text, sizeof(text)))
            assert_true(back.absorbed_listed <= RESULT_ABSORBED_MAX);
    }
    assert_false(outcome_blob_decode(NULL, 0, &back, text, sizeof(text)));
    assert_false(outcome_blob_decode((const uint8_t *)"\x02", 1, &back, text, sizeof(text)));
}

static void encoding_is_cheap(void **state)
{
    struct result_event e = success();
    struct timespec a, b;
    struct sbuf out;
    double us;

    (void)state;
    sbuf_init(&out, RESULT_MAX_BYTES);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
    for (int i = 0; i < 20000; i++) {
        sbuf_reset(&out);
        assert_true(result_encode(&e, &out));
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
    us = ((double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec)) / 20000 / 1000;
    print_message("a result takes %.2f us\n", us);
    assert_true(us < 60);
    sbuf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_success_reads_like_this),
        cmocka_unit_test(every_field_comes_back),
        cmocka_unit_test(a_numeric_product_id_stays_a_number),
        cmocka_unit_test(keys_are_never_empty),
        cmocka_unit_test(the_id_depends_on_the_identity_only),
        cmocka_unit_test(hostile_texts_stay_bounded_json),
        cmocka_unit_test(results_of_other_contracts),
        cmocka_unit_test(what_is_no_result_is_named),
        cmocka_unit_test(decoding_never_overruns),
        cmocka_unit_test(a_stored_success_is_small),
        cmocka_unit_test(a_repeated_result_is_equal),
        cmocka_unit_test(the_largest_outcome_fits),
        cmocka_unit_test(item_ids_keep_their_digits),
        cmocka_unit_test(garbage_is_not_stored),
        cmocka_unit_test(encoding_is_cheap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
