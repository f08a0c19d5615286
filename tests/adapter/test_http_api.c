/* The HTTP adapter against a scripted server on loopback: what each failure looks like, and what never
 * happens. */
#include "tests/support/stub_server.h"
#include "worker/adapters/http_api.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { ANSWERS_MAX = 16 };

#define TOKEN  "EAAtesttoken123"
#define SECRET "appsecret"

struct seen {
    uint64_t cookie;
    enum api_transport transport;
    bool sent;
    int status;
    size_t size;
    char body[128], error[128], version[32], trace[32], usage[64], retry[16];
};

static struct loop *loop;
static struct http_api *api;
static struct stub_server *stub;
static struct seen seen[ANSWERS_MAX];
static int answers, warnings;
static bool inside_call;

static void on_answered(void *arg, uint64_t cookie, const struct http_answer *answer)
{
    (void)arg;
    assert_false(inside_call); /* never re-entrant */
    assert_true(answers < ANSWERS_MAX);
    struct seen *s = &seen[answers++];
    *s = (struct seen){.cookie = cookie,
                       .transport = answer->api.transport,
                       .sent = answer->api.body_sent,
                       .status = answer->api.http_status,
                       .size = answer->api.body_bytes};
    snprintf(s->body, sizeof(s->body), "%s", answer->api.body);
    snprintf(s->error, sizeof(s->error), "%s", answer->api.transport_text);
    snprintf(s->version, sizeof(s->version), "%s", answer->api_version);
    snprintf(s->trace, sizeof(s->trace), "%s", answer->trace_id);
    snprintf(s->usage, sizeof(s->usage), "%s", answer->api.usage_business ? answer->api.usage_business : "");
    snprintf(s->retry, sizeof(s->retry), "%s", answer->api.retry_after ? answer->api.retry_after : "");
    assert_int_equal(strlen(answer->api.body), strnlen(answer->api.body, answer->api.body_bytes));
}

static void on_warning(void *arg, const char *text)
{
    (void)arg;
    assert_non_null(strstr(text, "catalog.api.version"));
    warnings++;
}

static void open_base(const char *base, const char *ca_file, uint32_t calls_max)
{
    char error[256] = "";
    struct http_api_settings settings = {.base_url = base,
                                         .api_version = "v25.0",
                                         .ca_file = ca_file,
                                         .connect_timeout_ms = 1000,
                                         .total_timeout_ms = 700,
                                         .calls_max = calls_max};
    struct http_events events = {.answered = on_answered, .warning = on_warning};
    loop = loop_create();
    answers = warnings = 0;
    api = http_api_open(loop, &settings, &events, error, sizeof(error));
    assert_string_equal(error, "");
    assert_non_null(api);
    assert_true(http_api_set_credentials(api, 0, " " TOKEN "\n", SECRET "\r\n"));
}

static void open_api(int port, const char *scheme, const char *ca_file, uint32_t calls_max)
{
    char base[64];
    snprintf(base, sizeof(base), "%s://127.0.0.1:%d/", scheme, port);
    open_base(base, ca_file, calls_max);
}

static void start(const struct stub_step *steps, size_t count)
{
    stub = stub_start(steps, count);
    open_api(stub_port(stub), "http", NULL, 8);
}

static void stop(void)
{
    http_api_destroy(api);
    loop_destroy(loop);
    if (stub) {
        stub_stop(stub);
    }
    stub = NULL;
}

static void call(enum call_kind kind, usec_t send_before_us)
{
    static const char body[] = "{\"name\":\"Shoe\"}";
    bool write = kind != CALL_LOOKUP && kind != CALL_DELETE;
    struct http_call c = {.kind = kind,
                          .path = kind == CALL_LOOKUP ? "/v25.0/7/products?filter=x" : "/v25.0/7/products",
                          .body = write ? body : NULL,
                          .body_size = write ? sizeof(body) - 1 : 0,
                          .traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                          .send_before_us = send_before_us};
    static uint64_t cookie;
    inside_call = true;
    http_api_call(api, ++cookie, &c);
    inside_call = false;
}

static void run_until(int count, int timeout_ms)
{
    usec_t end = loop_clock_us() + timeout_ms * 1000;
    while (answers < count && loop_clock_us() < end) {
        loop_run_once(loop, end);
    }
    assert_int_equal(answers, count);
}

static void run_for(int ms)
{
    usec_t end = loop_clock_us() + ms * 1000;
    while (loop_clock_us() < end) {
        loop_run_once(loop, end);
    }
}

static void test_request_as_it_should_be(void **state)
{
    (void)state;
    static const struct stub_step steps[] = {
        {STUB_REPLY,
         "HTTP/1.1 200 OK\r\nFacebook-API-Version: v25.0\r\nX-FB-Trace-ID: Abc\r\nContent-Length: 10\r\n"
         "x-business-use-case-usage:  {\"1\":[]} \r\nRetry-After: 7\r\n\r\n{\"id\":\"5\"}",
         0}};
    start(steps, 1);
    call(CALL_CREATE, LOOP_NEVER);
    assert_int_equal(answers, 0);
    run_until(1, 2000);
    assert_int_equal(seen[0].transport, API_NET_OK);
    assert_true(seen[0].sent);
    assert_int_equal(seen[0].status, 200);
    assert_string_equal(seen[0].body, "{\"id\":\"5\"}");
    assert_string_equal(seen[0].version, "v25.0");
    assert_string_equal(seen[0].trace, "Abc");
    assert_string_equal(seen[0].usage, "{\"1\":[]}");
    assert_string_equal(seen[0].retry, "7");
    assert_int_equal(warnings, 0);
    char *request = stub_request(stub, 0);
    assert_non_null(strstr(request, "POST /v25.0/7/products?appsecret_proof="));
    assert_non_null(strstr(request, "\r\nAuthorization: Bearer " TOKEN "\r\n"));
    assert_non_null(strstr(request, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(
        strstr(request, "\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"));
    assert_non_null(strstr(request, "\r\nUser-Agent: catalog-sync/"));
    assert_non_null(strstr(request, "\r\n\r\n{\"name\":\"Shoe\"}"));
    assert_null(strcasestr(request, "expect:"));
    assert_null(strcasestr(request, "cookie"));
    assert_null(strcasestr(request, "transfer-encoding"));
    *strchr(request, '\r') = '\0';
    assert_null(strstr(request, TOKEN)); /* never in the URL */
    free(request);
    stop();
}

/* The expected proof was made with openssl dgst -sha256 -hmac. */
static void test_proof(void **state)
{
    (void)state;
    static const struct stub_step steps[] = {{STUB_REPLY, NULL, 0}};
    start(steps, 1);
    call(CALL_LOOKUP, LOOP_NEVER);
    assert_true(http_api_set_credentials(api, 0, "other", NULL)); /* the call under way keeps the old ones */
    run_until(1, 2000);
    call(CALL_DELETE, LOOP_NEVER);
    run_until(2, 2000);
    char *request = stub_request(stub, 0);
    assert_non_null(strstr(request,
                           "GET /v25.0/7/products?filter=x&appsecret_proof="
                           "f370d27f90620a23e96ebfadadb6bae7926a41fec6f2927dad44c04789f76fd9 HTTP/1.1"));
    free(request);
    request = stub_request(stub, 1);
    assert_non_null(strstr(request, "DELETE /v25.0/7/products HTTP/1.1\r\n"));
    assert_non_null(strstr(request, "Authorization: Bearer other\r\n"));
    assert_null(strstr(request, "appsecret_proof"));
    free(request);
    assert_false(http_api_set_credentials(api, 0, "with space", NULL));
    assert_false(http_api_set_credentials(api, 0, " \n", NULL));
    stop();
}

static void assert_asked_for(int n, const char *line)
{
    char *request = stub_request(stub, n);
    *strchr(request, '\r') = '\0';
    assert_string_equal(request, line);
    free(request);
}

static void test_base_with_a_path(void **state)
{
    (void)state;
    static const struct stub_step steps[] = {{STUB_REPLY, NULL, 0}};
    stub = stub_start(steps, 1);
    char base[64];
    snprintf(base, sizeof(base), "http://127.0.0.1:%d/graph//", stub_port(stub));
    open_base(base, NULL, 8);
    assert_true(http_api_set_credentials(api, 0, TOKEN, NULL));
    call(CALL_CREATE, LOOP_NEVER);
    run_until(1, 2000);
    call(CALL_LOOKUP, LOOP_NEVER);
    run_until(2, 2000);
    assert_asked_for(0, "POST /graph/v25.0/7/products HTTP/1.1");
    assert_asked_for(1, "GET /graph/v25.0/7/products?filter=x HTTP/1.1");
    assert_int_equal(stub_connections(stub), 1);
    stop();
}

/* Through a proxy, http:// is asked for by the whole URL. */
static void test_proxy(void **state)
{
    (void)state;
    static const struct stub_step steps[] = {{STUB_REPLY, NULL, 0}};
    stub = stub_start(steps, 1);
    char proxy[64];
    snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%d", stub_port(stub));
    setenv("http_proxy", proxy, 1);
    open_base("http://catalog.test:81/graph", NULL, 8);
    assert_true(http_api_set_credentials(api, 0, TOKEN, NULL));
    call(CALL_CREATE, LOOP_NEVER);
    run_until(1, 2000);
    call(CALL_DELETE, LOOP_NEVER);
    run_until(2, 2000);
    unsetenv("http_proxy");
    assert_asked_for(0, "POST http://catalog.test:81/graph/v25.0/7/products HTTP/1.1");
    assert_asked_for(1, "DELETE http://catalog.test:81/graph/v25.0/7/products HTTP/1.1");
    stop();
}

static void test_keep_alive(void **state)
{
    (void)state;
    static const struct stub_step steps[] = {{STUB_REPLY, NULL, 0}};
    start(steps, 1);
    for (int i = 1; i <= 10; i++) {
        call(CALL_CREATE, LOOP_NEVER);
        run_until(i, 2000);
    }
    assert_int_equal(stub_requests(stub), 10);
    assert_int_equal(stub_connections(stub), 1);
    struct http_stats stats;
    http_api_stats(api, &stats);
    assert_int_equal(stats.calls, 10);
    assert_int_equal(stats.connects, 1);
    stop();
}

static void test_never_more_than_calls_max(void **state)
{
    (void)state;
    static const struct stub_step steps[] = {{STUB_REPLY, NULL, 20}};
    start(steps, 1);
    for (int i = 0; i < 15; i++) {
        call(CALL_CREATE, LOOP_NEVER);
    }
    struct http_stats stats;
    http_api_stats(api, &stats);
    assert_int_equal(stats.running, 8);
    assert_int_equal(stats.waiting, 7);
    run_until(15, 3000);
    assert_true(stub_connections(stub) <= 8);
    for (int i = 0; i < 15; i++) {
        assert_int_equal(seen[i].status, 200);
    }
    stop();
}

/* Each way of failing: what is said of the transport, and whether it may have been applied. */
static void check_failure(struct stub_step step, enum call_kind kind, enum api_transport transport, bool sent)
{
    start(&step, 1);
    call(kind, LOOP_NEVER);
    run_until(1, 3000);
    assert_int_equal(seen[0].transport, transport);
    assert_int_equal(seen[0].sent, sent);
    assert_int_equal(seen[0].status, 0);
    assert_true(seen[0].error[0] != '\0');
    assert_null(strstr(seen[0].error, TOKEN));
    int requests = stub_requests(stub);
    run_for(100);
    assert_int_equal(stub_requests(stub), requests); /* nothing is repeated behind our back */
    assert_int_equal(answers, 1);
    stop();
}

static void test_failures(void **state)
{
    (void)state;
    static const char cut_short[] = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"id\":";
    static const char half_header[] = "HTTP/1.1 200 OK\r\nContent-Le";
    check_failure((struct stub_step){STUB_RESET, NULL, 0}, CALL_CREATE, API_NET_RESET, true);
    check_failure((struct stub_step){STUB_CLOSE, NULL, 0}, CALL_UPDATE, API_NET_RESET, true);
    check_failure((struct stub_step){STUB_CLOSE, NULL, 0}, CALL_DELETE, API_NET_RESET, true);
    check_failure((struct stub_step){STUB_SILENT, NULL, 0}, CALL_CREATE, API_NET_TIMEOUT, true);
    check_failure((struct stub_step){STUB_REPLY_CLOSE, cut_short, 0}, CALL_HIDE, API_NET_RESET, true);
    check_failure((struct stub_step){STUB_REPLY_CLOSE, half_header, 0}, CALL_CREATE, API_NET_RESET, true);
    check_failure((struct stub_step){STUB_REPLY, cut_short, 0}, CALL_CREATE, API_NET_TIMEOUT, true);
}

static void test_refused_connection(void **state)
{
    (void)state;
    open_api(stub_closed_port(), "http", NULL, 8);
    call(CALL_CREATE, LOOP_NEVER);
    run_until(1, 2000);
    assert_int_equal(seen[0].transport, API_NET_CONNECT_FAILED);
    assert_false(seen[0].sent);
    stop();
}

static void test_no_credentials(void **state)
{
    (void)state;
    open_api(stub_closed_port(), "http", NULL, 8);
    struct http_call c = {.catalog = 3, .kind = CALL_DELETE, .path = "/x", .send_before_us = LOOP_NEVER};
    http_api_call(api, 9, &c);
    assert_int_equal(answers, 0);
    run_until(1, 1000);
    assert_int_equal(seen[0].cookie, 9);
    assert_int_equal(seen[0].transport, API_NET_CONNECT_FAILED);
    stop();
}

static void test_html_and_redirect_are_answers(void **state)
{
    (void)state;
    static const struct stub_step steps[] = {
        {STUB_REPLY, "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>",
         0},
        {STUB_REPLY,
         "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nSet-Cookie: a=b\r\nContent-Length: "
         "0\r\n\r\n",
         0},
        {STUB_REPLY, NULL, 0}};
    start(steps, 3);
    call(CALL_CREATE, LOOP_NEVER);
    run_until(1, 2000);
    assert_int_equal(seen[0].status, 502);
    assert_string_equal(seen[0].body, "<html>");
    call(CALL_CREATE, LOOP_NEVER);
    run_until(2, 2000);
    assert_int_equal(seen[1].transport, API_NET_OK);
    assert_int_equal(seen[1].status, 302); /* not followed: the token goes nowhere else */
    call(CALL_CREATE, LOOP_NEVER);
    run_until(3, 2000);
    assert_int_equal(stub_requests(stub), 3);
    char *request = stub_request(stub, 2);
    assert_null(strcasestr(request, "cookie"));
    free(request);
    stop();
}

static char *big_reply(size_t body)
{
    char *text = malloc(body + 128);
    int head = snprintf(text, 128, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", body);
    memset(text + head, 'x', body);
    text[(size_t)head + body] = '\0';
    return text;
}

static void test_big_bodies(void **state)
{
    (void)state;
    char *fits = big_reply(HTTP_BODY_MAX_BYTES), *over = big_reply(HTTP_BODY_MAX_BYTES + 1),
         *lookup = big_reply(HTTP_LOOKUP_MAX_BYTES);
    const struct stub_step steps[] = {{STUB_REPLY, fits, 0}, {STUB_REPLY, lookup, 0}, {STUB_REPLY, over, 0}};
    start(steps, 3);
    call(CALL_CREATE, LOOP_NEVER);
    run_until(1, 2000);
    assert_int_equal(seen[0].transport, API_NET_OK);
    assert_int_equal(seen[0].size, HTTP_BODY_MAX_BYTES);
    call(CALL_LOOKUP, LOOP_NEVER);
    run_until(2, 2000);
    assert_int_equal(seen[1].transport, API_NET_OK);
    assert_int_equal(seen[1].size, HTTP_LOOKUP_MAX_BYTES);
    call(CALL_CREATE, LOOP_NEVER);
    run_until(3, 2000);
    assert_int_equal(seen[2].transport, API_NET_RESET);
    assert_true(seen[2].sent);
    stop();
    free(fits);
    free(over);
    free(lookup);
}

static void test_lease_is_checked_at_hand_over(void **state)
{
    (void)state;
    static const struct stub_step steps[] = {{STUB_REPLY, NULL, 0}};
    static const enum call_kind kinds[] = {CALL_CREATE, CALL_UPDATE, CALL_HIDE, CALL_DELETE};
    start(steps, 1);
    call(CALL_LOOKUP, LOOP_NEVER); /* a connection to reuse: the check holds there as well */
    run_until(1, 2000);
    for (int i = 0; i < 4; i++) {
        call(kinds[i], loop_clock_us() + 20000); /* long enough now ... */
        usleep(30000);                           /* ... but the process slept */
        run_until(2 + i, 2000);
        assert_int_equal(seen[1 + i].transport, API_NET_ABORTED);
        assert_false(seen[1 + i].sent);
    }
    run_for(50);
    assert_int_equal(stub_requests(stub), 1);
    call(CALL_LOOKUP, 0); /* a read needs no lease */
    run_until(6, 2000);
    assert_int_equal(seen[5].status, 200);
    call(CALL_CREATE, loop_clock_us() + 5000000);
    run_until(7, 2000);
    assert_int_equal(seen[6].status, 200);
    struct http_stats stats;
    http_api_stats(api, &stats);
    assert_int_equal(stats.not_sent, 4);
    stop();
}

/* A kept connection that dies under the request: curl would send it again on a fresh one. */
static void test_stale_connection_never_repeats_a_write(void **state)
{
    (void)state;
    static const enum call_kind writes[] = {CALL_CREATE, CALL_UPDATE, CALL_HIDE, CALL_DELETE};
    static const enum stub_act ends[] = {STUB_CLOSE, STUB_RESET};
    for (int i = 0; i < 8; i++) {
        const struct stub_step steps[] = {
            {STUB_REPLY, NULL, 0}, {ends[i % 2], NULL, 0}, {STUB_REPLY, NULL, 0}};
        start(steps, 3);
        call(CALL_LOOKUP, LOOP_NEVER);
        run_until(1, 2000);
        call(writes[i / 2], LOOP_NEVER);
        run_until(2, 2000);
        assert_int_equal(seen[1].transport, API_NET_RESET);
        assert_true(seen[1].sent);
        run_for(100);
        assert_int_equal(stub_requests(stub), 2);
        stop();
    }
}

static void test_stale_connection_repeats_a_read(void **state)
{
    (void)state;
    static const struct stub_step steps[] = {
        {STUB_REPLY, NULL, 0}, {STUB_CLOSE, NULL, 0}, {STUB_REPLY, NULL, 0}};
    start(steps, 3);
    call(CALL_CREATE, LOOP_NEVER);
    run_until(1, 2000);
    call(CALL_LOOKUP, LOOP_NEVER);
    run_until(2, 2000);
    assert_int_equal(seen[1].transport, API_NET_OK);
    assert_int_equal(stub_requests(stub), 3);
    stop();
}

static void test_connection_closed_while_idle(void **state)
{
    (void)state;
    static const struct stub_step steps[] = {{STUB_REPLY_CLOSE, NULL, 0}, {STUB_REPLY, NULL, 0}};
    start(steps, 2);
    call(CALL_CREATE, LOOP_NEVER);
    run_until(1, 2000);
    run_for(50); /* the close is seen, and costs no more than a look */
    call(CALL_CREATE, LOOP_NEVER);
    run_until(2, 2000);
    assert_int_equal(seen[1].transport, API_NET_OK);
    assert_int_equal(stub_connections(stub), 2);
    stop();
}

static void test_version_warned_once(void **state)
{
    (void)state;
    static const struct stub_step steps[] = {
        {STUB_REPLY, "HTTP/1.1 200 OK\r\nfacebook-api-version: v26.0\r\nContent-Length: 2\r\n\r\n{}", 0}};
    start(steps, 1);
    for (int i = 1; i <= 3; i++) {
        call(CALL_CREATE, LOOP_NEVER);
        run_until(i, 2000);
    }
    assert_int_equal(warnings, 1);
    stop();
}

static void test_cancel_all(void **state)
{
    (void)state;
    static const struct stub_step steps[] = {{STUB_SILENT, NULL, 0}};
    start(steps, 1);
    for (int i = 0; i < 10; i++) {
        call(CALL_CREATE, LOOP_NEVER);
    }
    run_for(100);
    http_api_cancel_all(api);
    assert_int_equal(answers, 10);
    int sent = 0;
    for (int i = 0; i < 10; i++) {
        assert_int_equal(seen[i].transport, API_NET_ABORTED);
        sent += seen[i].sent;
    }
    assert_int_equal(sent, 8); /* two were still waiting inside */
    stop();
}

static void test_bad_settings(void **state)
{
    (void)state;
    static const char *const bases[] = {"ftp://x/",          "127.0.0.1:80",      "https://",
                                        "https://u:p@host/", "https://host/?a=b", "file:///etc/passwd"};
    struct http_events events = {.answered = on_answered, .warning = on_warning};
    loop = loop_create();
    for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
        char error[256] = "";
        struct http_api_settings settings = {
            .base_url = bases[i], .connect_timeout_ms = 1, .total_timeout_ms = 1, .calls_max = 1};
        assert_null(http_api_open(loop, &settings, &events, error, sizeof(error)));
        assert_non_null(strstr(error, "catalog.base.url"));
    }
    char error[256] = "";
    struct http_api_settings settings = {.base_url = "https://host",
                                         .ca_file = "/nonexistent.pem",
                                         .connect_timeout_ms = 1,
                                         .total_timeout_ms = 1,
                                         .calls_max = 1};
    assert_null(http_api_open(loop, &settings, &events, error, sizeof(error)));
    assert_non_null(strstr(error, "/nonexistent.pem"));
    loop_destroy(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_as_it_should_be),
        cmocka_unit_test(test_proof),
        cmocka_unit_test(test_base_with_a_path),
        cmocka_unit_test(test_proxy),
        cmocka_unit_test(test_keep_alive),
        cmocka_unit_test(test_never_more_than_calls_max),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_refused_connection),
        cmocka_unit_test(test_no_credentials),
        cmocka_unit_test(test_html_and_redirect_are_answers),
        cmocka_unit_test(test_big_bodies),
        cmocka_unit_test(test_lease_is_checked_at_hand_over),
        cmocka_unit_test(test_stale_connection_never_repeats_a_write),
        cmocka_unit_test(test_stale_connection_repeats_a_read),
        cmocka_unit_test(test_connection_closed_while_idle),
        cmocka_unit_test(test_version_warned_once),
        cmocka_unit_test(test_cancel_all),
        cmocka_unit_test(test_bad_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
