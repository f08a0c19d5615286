/* Pages of items looked up: refusals waited out, pages cut down, fields that the catalog does not know. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/redact.h"
#include "tests/support/stub_server.h"
#include "tools/kit/lookup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS_MAX = 8, ANSWER_SIZE = 1024, LARGE_BYTES = API_BODY_MAX_BYTES + 4096, HEAD_BYTES = 128 };

#define UNKNOWN_FIELD(name)                                                                                  \
    "{\"error\":{\"code\":100,\"message\":\"(#100) Tried accessing nonexisting field (" name                 \
    ") on node type (ProductItem)\"}}"
#define REDUCE "{\"error\":{\"code\":1,\"message\":\"Please reduce the amount of data you're asking for\"}}"

struct rig {
    struct stub_server *stub;
    struct stub_step steps[STEPS_MAX];
    char answers[STEPS_MAX][ANSWER_SIZE];
    size_t count;
    struct config config;
    struct kit_cli cli;
    struct kit_progress progress;
    struct kit_lookup lookup;
    struct kit_wanted wanted[4];
};

static void answer(struct rig *rig, int status, const char *body)
{
    char *text = rig->answers[rig->count];

    snprintf(text, ANSWER_SIZE, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n\r\n%s", status, strlen(body), body);
    rig->steps[rig->count++] = (struct stub_step){.act = STUB_REPLY, .text = text};
}

/* Asks for the SKUs A, B, ... with these further fields. */
static bool ask(struct rig *rig, size_t count, const char *fields)
{
    static const char *const skus[] = {"A", "B", "C", "D"};
    char url[100], error[KIT_API_ERROR_SIZE] = "";

    rig->stub = stub_start(rig->steps, rig->count);
    rig->cli.program = "test";
    snprintf(url, sizeof url, "catalog.base.url=http://127.0.0.1:%d", stub_port(rig->stub));
    assert_true(kit_cli_set(&rig->cli, url));
    assert_true(kit_cli_set(&rig->cli, "catalog.id=1001"));
    assert_true(kit_cli_set(&rig->cli, "catalog.rate.per.hour=100000000"));
    assert_true(kit_cli_set(&rig->cli, "retry.backoff.base.ms=100"));
    assert_true(kit_cli_set(&rig->cli, "retry.max.attempts=2"));
    setenv("CATALOG_SYNC_CATALOG_TOKEN", "s3cr3t-token", 1);
    assert_true(kit_cli_load(&rig->cli, CONFIG_NEEDS_CATALOG | CONFIG_NEEDS_TOKEN, &rig->config));
    unsetenv("CATALOG_SYNC_CATALOG_TOKEN");
    rig->lookup = (struct kit_lookup){.cli = &rig->cli,
                                      .config = &rig->config,
                                      .catalog = config_catalog(&rig->config, NULL),
                                      .progress = &rig->progress};
    assert_true(kit_lookup_open(&rig->lookup, error));
    snprintf(rig->lookup.fields, sizeof rig->lookup.fields, "%s", fields);
    for (size_t i = 0; i < count; i++)
        rig->wanted[i] = (struct kit_wanted){.sku = skus[i]};
    return kit_lookup_ask(&rig->lookup, rig->wanted, count);
}

/* How often the n-th request holds the text. */
static int said(const struct rig *rig, int n, const char *text)
{
    char *request = stub_request(rig->stub, n);
    int times = 0;

    assert_non_null(request);
    for (const char *at = strstr(request, text); at; at = strstr(at + 1, text))
        times++;
    free(request);
    return times;
}

static void end(struct rig *rig)
{
    for (size_t i = 0; i < sizeof rig->wanted / sizeof rig->wanted[0]; i++)
        cJSON_Delete(rig->wanted[i].item);
    kit_lookup_close(&rig->lookup);
    config_free(&rig->config);
    redact_clear();
    stub_stop(rig->stub);
}

static void test_a_page_with_fields(void **state)
{
    struct rig rig = {.count = 0};

    (void)state;
    answer(&rig, 200, "{\"data\":[{\"id\":\"77\",\"retailer_id\":\"A\",\"name\":\"Lamp\"}]}");
    assert_true(ask(&rig, 2, "name"));
    assert_int_equal(said(&rig, 0, "fields=id,retailer_id,name&"), 1);
    assert_true(rig.wanted[0].answered && rig.wanted[1].answered);
    assert_int_equal(rig.wanted[0].items, 1);
    assert_string_equal(rig.wanted[0].id, "77");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(rig.wanted[0].item, "name")), "Lamp");
    assert_int_equal(rig.wanted[1].items, 0);
    assert_null(rig.wanted[1].item);
    assert_int_equal(rig.lookup.calls, 1);
    end(&rig);
}

static void test_fields_that_the_catalog_does_not_know_are_left_out(void **state)
{
    struct rig rig = {.count = 0};

    (void)state;
    answer(&rig, 400, UNKNOWN_FIELD("gtin"));
    answer(&rig, 400, UNKNOWN_FIELD("name"));
    answer(&rig, 200, "{\"data\":[]}");
    assert_true(ask(&rig, 1, "name,url,gtin"));
    assert_int_equal(said(&rig, 2, "fields=id,retailer_id,url&"), 1);
    assert_string_equal(rig.lookup.fields, "url");
    assert_string_equal(rig.lookup.refused, "gtin,name");
    assert_true(kit_lookup_listed(rig.lookup.refused, "name"));
    assert_false(kit_lookup_listed(rig.lookup.refused, "nam"));
    end(&rig);
}

static void test_another_refusal_is_the_end(void **state)
{
    struct rig rig = {.count = 0};

    (void)state;
    answer(&rig, 400, UNKNOWN_FIELD("brand")); /* never asked for: it must not be asked again for ever */
    assert_false(ask(&rig, 1, "name"));
    assert_false(rig.wanted[0].answered);
    assert_int_equal(rig.lookup.calls, 1);
    end(&rig);
}

static void test_doubled_items_hide_no_other(void **state)
{
    struct rig rig = {.count = 0};

    (void)state;
    answer(&rig, 200,
           "{\"data\":[{\"id\":\"1\",\"retailer_id\":\"A\"},{\"id\":\"2\",\"retailer_id\":\"A\"},"
           "{\"id\":\"3\",\"retailer_id\":\"A\"}]}");
    answer(&rig, 200, "{\"data\":[{\"id\":\"4\",\"retailer_id\":\"B\"}]}");
    assert_true(ask(&rig, 3, ""));
    assert_int_equal(rig.wanted[0].items, 2);
    assert_int_equal(rig.wanted[1].items, 1);
    assert_int_equal(rig.wanted[2].items, 0);
    assert_true(rig.wanted[2].answered);
    assert_int_equal(said(&rig, 1, "%22A%22"), 0);
    end(&rig);
}

static void test_items_that_nobody_asked_for_end_no_loop(void **state)
{
    struct rig rig = {.count = 0};

    (void)state;
    answer(&rig, 200,
           "{\"data\":[{\"id\":\"1\",\"retailer_id\":\"X\"},{\"id\":\"2\",\"retailer_id\":\"Y\"}]}");
    assert_true(ask(&rig, 2, ""));
    assert_int_equal(rig.lookup.calls, 1);
    assert_int_equal(rig.wanted[0].items + rig.wanted[1].items, 0);
    end(&rig);
}

static void test_too_much_at_once_is_asked_for_in_halves(void **state)
{
    struct rig rig = {.count = 0};

    (void)state;
    answer(&rig, 500, REDUCE);
    answer(&rig, 200, "{\"data\":[{\"id\":\"1\",\"retailer_id\":\"A\"}]}");
    assert_true(ask(&rig, 4, ""));
    assert_int_equal(rig.lookup.size, KIT_LOOKUP_MAX / 2);
    assert_int_equal(rig.lookup.calls, 2);
    end(&rig);
}

static void test_an_answer_that_is_too_large_is_asked_for_in_halves(void **state)
{
    static char large[LARGE_BYTES];
    struct rig rig = {.count = 0};
    int head = snprintf(large, sizeof large, "HTTP/1.1 200 X\r\nContent-Length: %zu\r\n\r\n",
                        sizeof large - HEAD_BYTES);

    (void)state;
    memset(large + head, ' ', sizeof large - 1 - (size_t)head);
    rig.steps[rig.count++] = (struct stub_step){.act = STUB_REPLY_CLOSE, .text = large};
    answer(&rig, 200, "{\"data\":[{\"id\":\"1\",\"retailer_id\":\"A\"}]}");
    assert_true(ask(&rig, 4, "description"));
    assert_int_equal(rig.lookup.size, KIT_LOOKUP_MAX / 2);
    assert_int_equal(rig.lookup.calls, 2);
    assert_int_equal(rig.wanted[0].items, 1);
    end(&rig);
}

static void test_what_does_not_end_is_given_up(void **state)
{
    struct rig rig = {.count = 0};

    (void)state;
    answer(&rig, 500, "{\"error\":{\"code\":2,\"message\":\"Service temporarily unavailable\"}}");
    assert_false(ask(&rig, 1, ""));
    assert_int_equal(rig.lookup.calls, 2);
    assert_false(rig.wanted[0].answered);
    end(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_page_with_fields),
        cmocka_unit_test(test_fields_that_the_catalog_does_not_know_are_left_out),
        cmocka_unit_test(test_another_refusal_is_the_end),
        cmocka_unit_test(test_doubled_items_hide_no_other),
        cmocka_unit_test(test_items_that_nobody_asked_for_end_no_loop),
        cmocka_unit_test(test_too_much_at_once_is_asked_for_in_halves),
        cmocka_unit_test(test_an_answer_that_is_too_large_is_asked_for_in_halves),
        cmocka_unit_test(test_what_does_not_end_is_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
