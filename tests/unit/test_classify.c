#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/classify.h"
#include "common/redact.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ERR(rest) "{\"error\":{" rest ",\"type\":\"OAuthException\",\"fbtrace_id\":\"AbC1\"}}"

enum { SHARED = 1, FEW = 2, UNKNOWN = 4 };

/* One answer for each row of the table at least, as seen in the wild where catalog-api.md section 7 has one.
 */
struct sample {
    enum classify_row row;
    enum api_op op;
    int http;
    const char *body;
    enum api_class class;
    enum api_scope scope;
    int flags;
};

#define ROW(name) CLASSIFY_ROW_##name
#define C         API_OP_CREATE
#define U         API_OP_UPDATE
#define D         API_OP_DELETE
#define L         API_OP_LOOKUP
#define R         API_OP_READ
#define NOSCOPE   API_SCOPE_NONE

static const struct sample samples[] = {
    {ROW(REDUCE), L, 500,
     ERR("\"message\":\"Please reduce the amount of data you're asking for, then retry your "
         "request\",\"code\":1"),
     API_SHRINK, NOSCOPE, 0},
    {ROW(UNKNOWN_ERROR_99), C, 500,
     ERR("\"message\":\"An unknown error occurred\",\"code\":1,\"error_subcode\":99"), API_TRANSIENT, NOSCOPE,
     UNKNOWN},
    {ROW(UNKNOWN_ERROR), U, 400, ERR("\"message\":\"An unknown error has occurred.\",\"code\":1"),
     API_TRANSIENT, NOSCOPE, UNKNOWN},
    {ROW(SERVICE_DOWN), L, 503, ERR("\"message\":\"Service temporarily unavailable\",\"code\":2"),
     API_TRANSIENT, NOSCOPE, 0},
    {ROW(CAPABILITY), C, 400, ERR("\"message\":\"(#3) Application does not have the capability\",\"code\":3"),
     API_PERMISSION, NOSCOPE, SHARED},
    {ROW(APP_LIMIT), C, 403,
     ERR("\"message\":\"(#4) Application request limit reached\",\"code\":4,\"is_transient\":true"),
     API_THROTTLE, API_SCOPE_APP, 0},
    {ROW(NO_PERMISSION), C, 403, ERR("\"message\":\"(#10) Permission denied\",\"code\":10"), API_PERMISSION,
     NOSCOPE, SHARED},
    {ROW(USER_LIMIT), U, 400,
     ERR("\"message\":\"(#17) User request limit reached\",\"code\":17,\"error_subcode\":2446079"),
     API_THROTTLE, API_SCOPE_TOKEN, 0},
    {ROW(PAGE_LIMIT), U, 400, ERR("\"message\":\"(#32) Page request limit reached\",\"code\":32"),
     API_THROTTLE, API_SCOPE_TOKEN, 0},
    {ROW(NO_OBJECT_OLD), U, 400,
     ERR("\"message\":\"(#33) This object does not exist or does not support this action\",\"code\":33"),
     API_NOT_FOUND, NOSCOPE, SHARED},
    {ROW(NO_OBJECT_33), D, 400,
     "{\"error\":{\"message\":\"Unsupported delete request. Object with ID '466' does not exist, cannot be "
     "loaded due to missing permissions, or does not support this "
     "operation.\",\"type\":\"GraphMethodException\",\"code\":100,\"error_subcode\":33}}",
     API_NOT_FOUND, NOSCOPE, SHARED},
    {ROW(NO_OBJECT_13), U, 400,
     ERR("\"message\":\"Unsupported post request.\",\"code\":100,\"error_subcode\":13"), API_NOT_FOUND,
     NOSCOPE, SHARED},
    {ROW(NO_ITEM_FOR_RETAILER_ID), U, 400,
     ERR("\"message\":\"(#100) Could not find Product Item for catalog id 258521355085506, retailer id "
         "590\",\"code\":100"),
     API_NOT_FOUND, NOSCOPE, SHARED},
    {ROW(PROOF), C, 400,
     "{\"error\":{\"message\":\"Invalid appsecret_proof provided in the API "
     "argument\",\"type\":\"GraphMethodException\",\"code\":100}}",
     API_AUTH, NOSCOPE, SHARED},
    {ROW(BAD_PARAMETER), C, 400, ERR("\"message\":\"(#100) Param price must be an integer\",\"code\":100"),
     API_PERMANENT, NOSCOPE, 0},
    {ROW(BAD_PARAMETER), C, 400,
     ERR("\"message\":\"Invalid parameter\",\"code\":100,\"error_user_msg\":\"Products without "
         "\\\"description\\\" information can't be uploaded.\""),
     API_PERMANENT, NOSCOPE, 0},
    {ROW(BAD_PARAMETER), C, 400, ERR("\"message\":\"(#100) The parameter price is required\",\"code\":100"),
     API_PERMANENT, NOSCOPE, 0},
    {ROW(BAD_PARAMETER), C, 400,
     ERR("\"message\":\"(#100) Param image_url is not a valid URI.\",\"code\":100"), API_PERMANENT, NOSCOPE,
     0},
    {ROW(CODE_100_OTHER), C, 400, ERR("\"message\":\"(#100) Something new\",\"code\":100"), API_PERMANENT,
     NOSCOPE, SHARED | FEW},
    {ROW(SESSION), C, 401, ERR("\"message\":\"Session key invalid\",\"code\":102"), API_AUTH, NOSCOPE,
     SHARED},
    {ROW(TOKEN_REQUIRED), C, 400, ERR("\"message\":\"An access token is required\",\"code\":104"), API_AUTH,
     NOSCOPE, SHARED},
    {ROW(TOKEN_EXPIRED), C, 401,
     ERR("\"message\":\"Error validating access token: Session has "
         "expired\",\"code\":190,\"error_subcode\":463"),
     API_AUTH, NOSCOPE, SHARED},
    {ROW(TOKEN_SUBCODE), C, 400,
     ERR("\"message\":\"Error validating access token\",\"code\":190,\"error_subcode\":460"), API_AUTH,
     NOSCOPE, SHARED},
    {ROW(TOKEN), C, 400, ERR("\"message\":\"Invalid OAuth access token.\",\"code\":190"), API_AUTH, NOSCOPE,
     SHARED},
    {ROW(PERMISSION_200), C, 403, ERR("\"message\":\"(#200) Permissions error\",\"code\":200"),
     API_PERMISSION, NOSCOPE, SHARED},
    {ROW(PERMISSION_200), C, 403, ERR("\"message\":\"(#299) Permissions error\",\"code\":299"),
     API_PERMISSION, NOSCOPE, SHARED},
    {ROW(APP_DOWN), C, 400, ERR("\"message\":\"(#341) Feed action request limit reached\",\"code\":341"),
     API_THROTTLE, API_SCOPE_APP, 0},
    {ROW(POLICY), C, 403,
     ERR("\"message\":\"The action attempted has been deemed abusive\",\"code\":368,\"is_transient\":true"),
     API_POLICY_BLOCK, NOSCOPE, SHARED},
    {ROW(DUPLICATE_POST), C, 400, ERR("\"message\":\"(#506) Duplicate status message\",\"code\":506"),
     API_PERMANENT, NOSCOPE, 0},
    {ROW(CUSTOM_LIMIT), C, 400,
     ERR("\"message\":\"(#613) Calls to this api have exceeded the rate "
         "limit.\",\"code\":613,\"error_subcode\":1996"),
     API_THROTTLE, API_SCOPE_APP, 0},
    {ROW(INVALID_OPERATION), D, 400, ERR("\"message\":\"(#801) Invalid operation\",\"code\":801"),
     API_PERMANENT, NOSCOPE, SHARED},
    {ROW(NO_ALIAS), R, 404,
     ERR("\"message\":\"(#803) Some of the aliases you requested do not exist: X\",\"code\":803"),
     API_NOT_FOUND, NOSCOPE, SHARED},
    {ROW(BATCH_TIMEOUT), C, 400, ERR("\"message\":\"Request timed out\",\"code\":960"), API_TRANSIENT,
     NOSCOPE, UNKNOWN},
    {ROW(BAD_QUERY), L, 400, ERR("\"message\":\"Syntax error\",\"code\":2500"), API_PERMANENT, NOSCOPE,
     SHARED},
    {ROW(OLD_VERSION), C, 400,
     ERR("\"message\":\"(#2635) You are calling a deprecated version\",\"code\":2635"), API_PERMANENT,
     NOSCOPE, SHARED},
    {ROW(DUPLICATE_RETAILER_ID), C, 400,
     ERR("\"message\":\"(#10800) Duplicate retailer_id when attempting to create a "
         "product.\",\"code\":10800"),
     API_DUPLICATE, NOSCOPE, 0},
    {ROW(NO_IMAGE), C, 400,
     ERR("\"message\":\"(#10801) Either \\\"uploaded_image_id\\\" or \\\"image_url\\\" must be "
         "specified.\",\"code\":10801"),
     API_PERMANENT, NOSCOPE, 0},
    {ROW(BUSINESS_LIMIT), C, 400,
     ERR("\"message\":\"(#80004) There have been too many calls\",\"code\":80004,\"error_subcode\":2446079"),
     API_THROTTLE, API_SCOPE_TOKEN, 0},
    {ROW(CATALOG_LIMIT), C, 400,
     ERR("\"message\":\"(#80009) There have been too many calls to this "
         "catalog\",\"code\":80009,\"is_transient\":true"),
     API_THROTTLE, API_SCOPE_CATALOG, 0},
    {ROW(BATCH_LIMIT), C, 400,
     ERR("\"message\":\"(#80014) There have been too many calls for the batch uploads\",\"code\":80014"),
     API_THROTTLE, API_SCOPE_CATALOG_BATCH, 0},
    {ROW(LINK_SCRAPE), C, 400, ERR("\"message\":\"link scrape\",\"code\":1609005"), API_PERMANENT, NOSCOPE,
     0},
    {ROW(HTTP_5XX), C, 502, "<html><title>Sorry, something went wrong</title></html>", API_TRANSIENT, NOSCOPE,
     UNKNOWN},
    {ROW(HTTP_5XX), C, 500, "", API_TRANSIENT, NOSCOPE, UNKNOWN},
    {ROW(HTTP_5XX), C, 500, ERR("\"message\":\"new\",\"code\":77777"), API_TRANSIENT, NOSCOPE, UNKNOWN},
    {ROW(HTTP_401), C, 401, "", API_AUTH, NOSCOPE, SHARED},
    {ROW(HTTP_408), U, 408, "", API_TRANSIENT, NOSCOPE, UNKNOWN},
    {ROW(HTTP_429), U, 429, "Too many", API_THROTTLE, API_SCOPE_CATALOG, 0},
    {ROW(HTTP_4XX), C, 400, ERR("\"message\":\"new\",\"code\":77777"), API_PERMANENT, NOSCOPE, SHARED | FEW},
    {ROW(HTTP_4XX), C, 400, "{\"error\":{\"message\":\"(#1080", API_PERMANENT, NOSCOPE, SHARED | FEW},
    {ROW(HTTP_4XX), C, 403, "<html>blocked</html>", API_PERMANENT, NOSCOPE, SHARED | FEW},
    {ROW(HTTP_200_ERROR), C, 200, ERR("\"message\":\"new\",\"code\":77777"), API_PERMANENT, NOSCOPE,
     SHARED | FEW},
    {ROW(HTTP_OTHER), C, 302, "", API_PERMANENT, NOSCOPE, SHARED | FEW},
    {ROW(SUCCESS), C, 200, "{\"id\":\"1234567890123456\"}", API_OK, NOSCOPE, 0},
    {ROW(SUCCESS), U, 200, "{\"success\":true}", API_OK, NOSCOPE, 0},
    {ROW(SUCCESS), D, 200, " {\"success\":true}\r\n", API_OK, NOSCOPE, 0},
    {ROW(SUCCESS), L, 200, "{\"data\":[]}", API_OK, NOSCOPE, 0},
    {ROW(SUCCESS), R, 200, "{\"id\":\"12\",\"success\":true}", API_OK, NOSCOPE, 0},
    {ROW(IS_TRANSIENT), U, 400, ERR("\"message\":\"(#10) odd\",\"code\":10,\"is_transient\":true"),
     API_TRANSIENT, NOSCOPE, UNKNOWN},
    {ROW(IS_TRANSIENT), L, 400, ERR("\"message\":\"new\",\"code\":77777,\"is_transient\":true"),
     API_TRANSIENT, NOSCOPE, 0},
    {ROW(NOT_READABLE), U, 200, "Service Unavailable", API_TRANSIENT, NOSCOPE, UNKNOWN},
    {ROW(NOT_READABLE), C, 200, "{\"id\":\"12345", API_TRANSIENT, NOSCOPE, UNKNOWN},
    {ROW(NOT_READABLE), C, 200, "", API_TRANSIENT, NOSCOPE, UNKNOWN},
    {ROW(NOT_READABLE), L, 200, "<html></html>", API_TRANSIENT, NOSCOPE, 0},
    {ROW(NOT_READABLE), C, 200, "{\"id\":\"1\"} trailing", API_TRANSIENT, NOSCOPE, UNKNOWN},
    {ROW(SUCCESS_FALSE), U, 200, "{\"success\":false}", API_PERMANENT, NOSCOPE, SHARED | FEW},
    {ROW(SUCCESS_FALSE), C, 200, "{\"success\":false,\"id\":\"1\"}", API_PERMANENT, NOSCOPE, SHARED | FEW},
    {ROW(NO_ID), C, 200, "{\"success\":true}", API_TRANSIENT, NOSCOPE, UNKNOWN},
    {ROW(NO_ID), C, 200, "{\"id\":\"12a\"}", API_TRANSIENT, NOSCOPE, UNKNOWN},
    {ROW(NO_ID), U, 200, "{\"id\":\"12\"}", API_TRANSIENT, NOSCOPE, UNKNOWN},
    {ROW(NO_ID), L, 200, "{\"success\":true}", API_TRANSIENT, NOSCOPE, 0},
    {ROW(CATALOG_UNSEEN), C, 400,
     ERR("\"message\":\"Unsupported post request. Object with ID '1' does not "
         "exist\",\"code\":100,\"error_subcode\":33"),
     API_PERMISSION, NOSCOPE, SHARED},
    {ROW(CATALOG_UNSEEN), L, 400,
     ERR("\"message\":\"Unsupported get request.\",\"code\":100,\"error_subcode\":33"), API_PERMISSION,
     NOSCOPE, SHARED},
};

struct transport_sample {
    enum classify_row row;
    enum api_transport transport;
    bool unknown_when_sent;
};

static const struct transport_sample transports[] = {
    {ROW(CONNECT_FAILED), API_NET_CONNECT_FAILED, false},
    {ROW(TIMED_OUT), API_NET_TIMEOUT, true},
    {ROW(CONNECTION_LOST), API_NET_RESET, true},
    {ROW(TLS_FAILED), API_NET_TLS, true},
    {ROW(ABORTED), API_NET_ABORTED, true},
};

/* The body in a block of its own size, so that a read beyond it is caught. */
static struct api_verdict judge(enum api_op op, int http, const char *body, size_t len)
{
    struct api_verdict verdict;
    struct api_answer answer = {.op = op, .http_status = http, .body_sent = true, .body_bytes = len};
    char *copy = malloc(len ? len : 1);

    memcpy(copy, body, len);
    answer.body = copy;
    classify(&answer, &verdict);
    free(copy);
    return verdict;
}

static struct api_verdict judge_text(enum api_op op, int http, const char *body)
{
    return judge(op, http, body, strlen(body));
}

static void every_row_decides_its_sample(void **state)
{
    bool covered[CLASSIFY_ROW_COUNT] = {false};

    (void)state;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        const struct sample *s = &samples[i];
        struct api_verdict v = judge_text(s->op, s->http, s->body);

        if (v.row != s->row || v.class != s->class || v.scope != s->scope ||
            v.shared_cause != !!(s->flags & SHARED) || v.few != !!(s->flags & FEW) ||
            v.unknown_outcome != !!(s->flags & UNKNOWN))
            fail_msg("sample %zu (%s): row %s class %s scope %d shared %d few %d unknown %d", i, s->body,
                     classify_rule(v.row)->name, api_class_name(v.class), v.scope, v.shared_cause, v.few,
                     v.unknown_outcome);
        assert_true(v.class == API_OK || v.message[0]);
        assert_int_equal(v.http_status, s->http);
        covered[s->row] = true;
    }
    for (size_t i = 0; i < sizeof(transports) / sizeof(transports[0]); i++)
        covered[transports[i].row] = true;
    for (int i = 0; i < CLASSIFY_ROW_COUNT; i++)
        if (!covered[i])
            fail_msg("row %s has no sample", classify_rule((enum classify_row)i)->name);
}

static void every_row_explains_itself(void **state)
{
    (void)state;
    for (int i = 0; i < CLASSIFY_ROW_COUNT; i++) {
        const struct classify_rule *rule = classify_rule((enum classify_row)i);

        assert_true(rule->words[0]);
        assert_true(rule->class == API_OK || rule->mend[0]);
        assert_true((rule->class == API_THROTTLE) == (rule->scope != API_SCOPE_NONE));
        assert_true(api_class_parse(api_class_name(rule->class), strlen(api_class_name(rule->class))) ==
                    rule->class);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(rule->name, classify_rule((enum classify_row)j)->name);
    }
    assert_int_equal(api_class_parse("nothing", 7), API_CLASS_COUNT);
}

static void transport_comes_first(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(transports) / sizeof(transports[0]); i++) {
        struct api_answer answer = {.op = API_OP_CREATE,
                                    .transport = transports[i].transport,
                                    .http_status = 200,
                                    .body = "{\"id\":\"1\"}",
                                    .body_bytes = 10,
                                    .transport_text = "in\nshort"};
        struct api_verdict v;

        classify(&answer, &v);
        assert_int_equal(v.row, transports[i].row);
        assert_int_equal(v.class, API_TRANSIENT);
        assert_int_equal(v.http_status, 0);
        assert_false(v.unknown_outcome);
        assert_string_equal(v.id, "");
        assert_non_null(strstr(v.message, ": in short"));
        answer.body_sent = true;
        classify(&answer, &v);
        assert_int_equal(v.unknown_outcome, transports[i].unknown_when_sent);
        answer.op = API_OP_LOOKUP;
        classify(&answer, &v);
        assert_false(v.unknown_outcome);
    }
}

static void an_error_is_taken_over_whole(void **state)
{
    struct api_verdict v =
        judge_text(API_OP_CREATE, 400,
                   "{\"error\":{\"message\":\"Invalid "
                   "parameter\",\"type\":\"OAuthException\",\"code\":100,\"error_subcode\":2,"
                   "\"is_transient\":false,\"error_user_title\":\"Title\",\"error_user_msg\":\"No "
                   "brand\\u0007 \\u00e9\","
                   "\"fbtrace_id\":\"A1b2\"},\"extra\":[1,2]}");

    (void)state;
    assert_int_equal(v.code, 100);
    assert_int_equal(v.subcode, 2);
    assert_string_equal(v.message, "Invalid parameter");
    assert_string_equal(v.user_title, "Title");
    assert_string_equal(v.user_message, "No brand  \xc3\xa9");
    assert_string_equal(v.fbtrace_id, "A1b2");
    assert_false(v.is_transient);
}

static void a_bad_text_never_hides_the_code(void **state)
{
    static const char nul[] = "{\"error\":{\"message\":\"a\0b\",\"code\":190}}";

    (void)state;
    assert_int_equal(judge_text(C, 400, "{\"error\":{\"message\":\"a\\u0000b\",\"code\":190}}").class,
                     API_AUTH);
    assert_int_equal(judge_text(C, 400, "{\"error\":{\"message\":\"a\\ud800b\",\"code\":190}}").class,
                     API_AUTH);
    assert_int_equal(judge_text(C, 400, "{\"error\":{\"message\":\"a\xff\",\"code\":190}}").class, API_AUTH);
    assert_int_equal(judge(C, 400, nul, sizeof(nul) - 1).class, API_AUTH);
    assert_int_equal(judge_text(C, 400, "{\"error\":{\"code\":190}}").class, API_AUTH);
    assert_int_equal(judge_text(C, 400, "{\"error\":{\"code\":\"190\"}}").class, API_AUTH);
    assert_int_equal(judge_text(C, 400, "{\"error\":\"invalid_request\"}").row, ROW(HTTP_4XX));
    assert_int_equal(judge_text(C, 400, "{\"error\":{\"code\":99999999999}}").code, 0);
    assert_string_equal(judge_text(C, 400, "{\"error\":{\"message\":\"a\\u0000b\",\"code\":190}}").message,
                        "a\xef\xbf\xbd"
                        "b");
}

static void the_duplicates_id_comes_as_object_or_as_text(void **state)
{
    (void)state;
    assert_string_equal(
        judge_text(C, 400, ERR("\"code\":10800,\"error_data\":{\"product_item_id\":\"1234567890123456\"}"))
            .id,
        "1234567890123456");
    assert_string_equal(
        judge_text(C, 400, ERR("\"code\":10800,\"error_data\":\"{\\\"product_item_id\\\":\\\"77\\\"}\"")).id,
        "77");
    assert_string_equal(
        judge_text(C, 400,
                   ERR("\"code\":10800,\"error_data\":\"{\\\"product_item_id\\\":12345678901234567}\""))
            .id,
        "12345678901234567");
    assert_string_equal(judge_text(C, 400, ERR("\"code\":10800,\"error_data\":{\"product_item_id\":42}")).id,
                        "42");
    assert_string_equal(
        judge_text(C, 400, ERR("\"code\":10800,\"error_data\":{\"product_group_id\":\"9\"}")).id, "");
    assert_string_equal(judge_text(C, 400, ERR("\"code\":10800,\"error_data\":\"no JSON\"")).id, "");
    assert_string_equal(judge_text(C, 400, ERR("\"code\":10800")).id, "");
    assert_string_equal(judge_text(C, 400, ERR("\"code\":190,\"error_data\":{\"product_item_id\":\"1\"}")).id,
                        "");
}

static void an_item_id_keeps_every_digit(void **state)
{
    (void)state;
    assert_string_equal(judge_text(C, 200, "{\"id\":12345678901234567}").id, "12345678901234567");
    assert_string_equal(judge_text(C, 200, "{\"id\":9007199254740993,\"x\":-1.5e3}").id, "9007199254740993");
    assert_string_equal(judge_text(C, 200, "{\"id\":123}").id, "123");
    assert_string_equal(judge_text(C, 200, "{\"id\":\"00123\"}").id, "00123");
    assert_int_equal(judge_text(C, 200, "{\"id\":1.5}").row, ROW(NO_ID));
    assert_int_equal(judge_text(C, 200, "{\"id\":-5}").row, ROW(NO_ID));
    assert_int_equal(judge_text(C, 200, "{\"id\":\"\"}").row, ROW(NO_ID));
    assert_int_equal(judge_text(C, 200, "{\"id\":null}").row, ROW(NO_ID));
    assert_int_equal(judge_text(C, 200, "{\"id\":\"12345678901234567890123456789012\"}").row, ROW(NO_ID));
}

static void texts_are_cut_and_secrets_masked(void **state)
{
    static char body[4096];
    struct api_verdict v;

    (void)state;
    redact_add("EAABtokentoken");
    v = judge_text(C, 400, ERR("\"message\":\"Malformed access token EAABtokentoken\",\"code\":190"));
    assert_string_equal(v.message, "Malformed access token ********");
    snprintf(body, sizeof(body), "{\"error\":{\"message\":\"%0*d\",\"code\":190}}", 2000, 7);
    v = judge_text(C, 400, body);
    assert_int_equal(strlen(v.message), API_MESSAGE_BYTES - 1);
    assert_int_equal(v.class, API_AUTH);
    v = judge_text(C, 502, "<html>EAABtokentoken\x1b[2J</html>");
    assert_string_equal(v.message, "the API failed (HTTP 502): <html>******** [2J</html>");
    redact_clear();
}

static void waits_are_read_and_bounded(void **state)
{
    struct api_answer a = {.op = C, .http_status = 400, .now_ms = INT64_C(1445412420000)};
    struct api_verdict v;

    (void)state;
    a.body = ERR("\"message\":\"(#80009)\",\"code\":80009");
    a.body_bytes = strlen(a.body);
    a.usage_business = "{\"123\":[{\"type\":\"x\",\"call_count\":100,\"total_cputime\":20,\"total_time\":20,"
                       "\"estimated_time_to_regain_access\":7}]}";
    classify(&a, &v);
    assert_int_equal(v.wait_ms, 7 * 60000);
    a.retry_after = "3600";
    classify(&a, &v);
    assert_int_equal(v.wait_ms, 3600000);
    a.usage_business = NULL;
    a.retry_after = "Wed, 21 Oct 2015 07:28:00 GMT";
    classify(&a, &v);
    assert_int_equal(v.wait_ms, 60000);
    a.retry_after = "99999999999999999999999";
    classify(&a, &v);
    assert_int_equal(v.wait_ms, API_WAIT_MAX_MS);
    a.retry_after = "soon";
    classify(&a, &v);
    assert_int_equal(v.wait_ms, 0);
    a.retry_after = "Wed, 21 Oct 2015 07:00:00 GMT";
    classify(&a, &v);
    assert_int_equal(v.wait_ms, 0);
    a.retry_after = "10";
    a.body = ERR("\"message\":\"(#10801)\",\"code\":10801");
    a.body_bytes = strlen(a.body);
    classify(&a, &v);
    assert_int_equal(v.wait_ms, 0); /* no wait makes a missing image appear */
}

static void usage_takes_the_largest_of_all(void **state)
{
    struct api_usage u;

    (void)state;
    classify_usage("{\"1\":[{\"type\":\"a\",\"call_count\":28,\"total_cputime\":25,\"total_time\":96.5}],"
                   "\"2\":[{\"call_count\":30},{\"call_count\":31,\"estimated_time_to_regain_access\":12}]}",
                   "{\"call_count\":40,\"total_time\":2,\"total_cputime\":1}", &u);
    assert_int_equal(u.business_percent, 96);
    assert_int_equal(u.regain_minutes, 12);
    assert_int_equal(u.app_percent, 40);
    classify_usage(NULL, NULL, &u);
    assert_int_equal(u.business_percent + u.app_percent + u.regain_minutes, 0);
    classify_usage("{\"1\":[{\"call_count\":1e99,\"estimated_time_to_regain_access\":1e99}]}", "[1,{}", &u);
    assert_int_equal(u.business_percent, 1000);
    assert_int_equal(u.regain_minutes, 1440);
    classify_usage("{\"1\":[{\"call_count\":\"95\",\"total_time\":-4}],\"2\":7,\"3\":[null]}", "\"x\"", &u);
    assert_int_equal(u.business_percent, 0);
}

struct seen {
    int count;
    char text[256];
};

static void note_item(void *arg, const char *id, const char *retailer_id)
{
    struct seen *seen = arg;
    size_t len = strlen(seen->text);

    seen->count++;
    snprintf(seen->text + len, sizeof(seen->text) - len, "%s=%s;", retailer_id, id);
}

static void a_lookup_lists_its_items(void **state)
{
    static const char body[] =
        "{\"data\":[{\"id\":\"11\",\"retailer_id\":\"A \\\"1\\\"\"},{\"id\":12345678901234567,"
        "\"retailer_id\":7},{\"id\":\"x\",\"retailer_id\":\"B\"},{\"id\":\"13\"},null],"
        "\"paging\":{\"cursors\":{},\"next\":\"https://h/next\"}}";
    static const char empty[] = "{\"data\":[],\"paging\":{}}";
    struct seen seen = {0};
    bool next = false;

    (void)state;
    assert_int_equal(classify_lookup(body, sizeof(body) - 1, note_item, &seen, &next), 2);
    assert_string_equal(seen.text, "A \"1\"=11;7=12345678901234567;");
    assert_true(next);
    assert_int_equal(classify_lookup(empty, sizeof(empty) - 1, note_item, &seen, &next), 0);
    assert_false(next);
    assert_int_equal(classify_lookup("{\"data\":{\"id\":\"1\"}}", 19, note_item, &seen, &next), -1);
    assert_int_equal(classify_lookup("", 0, note_item, &seen, &next), -1);
    assert_int_equal(seen.count, 2);
}

static void any_cut_or_flipped_body_is_survived(void **state)
{
    static const char body[] =
        "{\"error\":{\"message\":\"\\ud83d\\ude00 caf\xc3\xa9\",\"code\":10800,\"error_data\":"
        "\"{\\\"product_item_id\\\":12345678901234567}\",\"n\":[1.5e-3,true,null]}}";
    char copy[sizeof(body)];

    (void)state;
    for (size_t len = 0; len < sizeof(body); len++)
        assert_true(judge(C, 400, body, len).class < API_CLASS_COUNT);
    for (size_t i = 0; i < sizeof(body) - 1; i++)
        for (int c = 0; c < 256; c += 5) {
            memcpy(copy, body, sizeof(body));
            copy[i] = (char)c;
            assert_true(judge(C, 200, copy, sizeof(body) - 1).class < API_CLASS_COUNT);
        }
}

static void deep_or_huge_bodies_are_refused(void **state)
{
    size_t len = API_BODY_MAX_BYTES + 1;
    char *big = malloc(len);
    struct api_answer a = {.op = C, .http_status = 200, .body = big, .body_bytes = len, .body_sent = true};
    struct api_verdict v;

    (void)state;
    memset(big, '[', len);
    classify(&a, &v);
    assert_int_equal(v.row, ROW(NOT_READABLE));
    a.body_bytes = 100000;
    classify(&a, &v);
    assert_int_equal(v.row, ROW(NOT_READABLE));
    assert_true(v.unknown_outcome);
    free(big);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_decides_its_sample),
        cmocka_unit_test(every_row_explains_itself),
        cmocka_unit_test(transport_comes_first),
        cmocka_unit_test(an_error_is_taken_over_whole),
        cmocka_unit_test(a_bad_text_never_hides_the_code),
        cmocka_unit_test(the_duplicates_id_comes_as_object_or_as_text),
        cmocka_unit_test(an_item_id_keeps_every_digit),
        cmocka_unit_test(texts_are_cut_and_secrets_masked),
        cmocka_unit_test(waits_are_read_and_bounded),
        cmocka_unit_test(usage_takes_the_largest_of_all),
        cmocka_unit_test(a_lookup_lists_its_items),
        cmocka_unit_test(any_cut_or_flipped_body_is_survived),
        cmocka_unit_test(deep_or_huge_bodies_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
