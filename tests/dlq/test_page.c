/* The page without a socket: what is escaped, what an address asks for, and who is let in. */
#include "dlq_case.h"

#include "tools/catalog-dlq/page/guard.h"
#include "tools/catalog-dlq/page/html.h"
#include "tools/catalog-dlq/page/query.h"
#include "tools/catalog-dlq/page/route.h"
#include "tools/catalog-dlq/page/rows.h"

#include "common/redact.h"

#include <stdio.h>

static struct letter_case made;

/* ---- HTML ---- */

static void html_is(const char *bytes, size_t len, size_t max, const char *want)
{
    struct sbuf out;

    sbuf_init(&out, 4096);
    html_text(&out, bytes, len, max);
    assert_string_equal(sbuf_str(&out), want);
    sbuf_free(&out);
}

static void test_no_text_becomes_markup(void **state)
{
    (void)state;
    html_is("<b a='1' c=\"2\">&", 16, 0, "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;");
    html_is("\x1b[2J\r\n\xff", 7, 0, "\\x1b[2J\\r\\n\\xff");
    html_is("a\xe2\x80\xae"
            "b",
            5, 0, "a\\u{202e}b");
    html_is("<<<<", 4, 2, "&lt;&lt;\xe2\x80\xa6");
    html_is(NULL, 0, 0, "");
    redact_add("se<cret>");
    html_is("a se<cret> b", 12, 0, "a ******** b");
    redact_clear();
}

static void test_a_row_of_hostile_text_is_harmless(void **state)
{
    char *row = rows_of(case_letter(&made, "\"><script>x", "{}", ORIGIN, "dlq-message", "<img src=x>",
                                    "dlq-reason", "\"'>", "dlq-product-id", "\x07</td>", NULL),
                        true);

    (void)state;
    assert_non_null(row);
    assert_null(strstr(row, "<script"));
    assert_null(strstr(row, "<img"));
    assert_non_null(strstr(row, "value=\"&quot;&gt;&lt;script&gt;x\""));
    assert_non_null(strstr(row, "href=\"/letter?key=%22%3E%3Cscript%3Ex\""));
    assert_non_null(strstr(row, "\\x07&lt;/td&gt;"));
    free(row);
}

static void test_a_shell_sees_one_word(void **state)
{
    static const struct {
        const char *word, *want;
    } rows[] = {{"urn%3Ashop/evt-1", "urn%3Ashop/evt-1"},
                {"a b", "&#39;a b&#39;"},
                {"$(x)'y", "&#39;$(x)&#39;\\&#39;&#39;y&#39;"},
                {"", "&#39;&#39;"}};
    struct sbuf out;

    (void)state;
    sbuf_init(&out, 256);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        sbuf_reset(&out);
        html_shell(&out, rows[i].word);
        assert_string_equal(sbuf_str(&out), rows[i].want);
    }
    sbuf_free(&out);
}

/* ---- addresses ---- */

static const int64_t now = 1795000000000;
static const char *const others[] = {"from", NULL};

static void test_filters_stand_in_the_address(void **state)
{
    static const char text[] =
        "class=inv%2a&reason=&key=a%2Bb&key=c+d&since=2h&code=-1&from=100&text=x%3D%26y";
    char why[QUERY_WHY_SIZE];
    struct filter filter;
    struct query query;
    struct sbuf link;

    (void)state;
    assert_true(query_read(&query, text, strlen(text), why));
    assert_true(query_filter(&query, others, now, &filter, why));
    assert_string_equal(filter.class_name, "inv*");
    assert_null(filter.reason);
    assert_int_equal(filter.key_count, 2);
    assert_string_equal(filter.keys[0], "a+b");
    assert_string_equal(filter.keys[1], "c d");
    assert_int_equal(filter.since_ms, now - 7200000);
    assert_true(filter.has_code && filter.code == -1);
    assert_string_equal(filter.text, "x=&y");
    assert_int_equal(query_number(&query, "from", 0, 1000, 7), 100);
    assert_int_equal(query_number(&query, "from", 0, 99, 7), 7);
    sbuf_init(&link, 1024);
    query_link(&link, "/letters", &query, "class", "a<b");
    assert_string_equal(sbuf_str(&link), "/letters?key=a%2Bb&amp;key=c%20d&amp;since=2h&amp;code=-1&amp;"
                                         "text=x%3D%26y&amp;class=a%3Cb");
    sbuf_free(&link);
    query_free(&query);
}

static void test_what_cannot_be_asked_is_refused(void **state)
{
    static const char *const unreadable[] = {"a=%", "a=%4", "a=%zz", "a=%00", "a=%ff", "%c3=1"};
    static const char *const unknown[] = {"clas=invalid", "since=tomorrow", "code=x", "replays=3-1",
                                          "from=1&all=1"};
    char why[QUERY_WHY_SIZE], many[4 * QUERY_PAIRS_MAX + 8] = "";
    struct filter filter;
    struct query query;

    (void)state;
    for (size_t i = 0; i < sizeof unreadable / sizeof unreadable[0]; i++) {
        why[0] = '\0';
        if (query_read(&query, unreadable[i], strlen(unreadable[i]), why) || !why[0])
            fail_msg("%s was read", unreadable[i]);
        query_free(&query);
    }
    assert_false(query_read(&query, "a\0b", 3, why));
    query_free(&query);
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        why[0] = '\0';
        assert_true(query_read(&query, unknown[i], strlen(unknown[i]), why));
        if (query_filter(&query, others, now, &filter, why) || !why[0] || why[0] == '-')
            fail_msg("%s was taken: %s", unknown[i], why);
        query_free(&query);
    }
    for (int i = 0; i <= QUERY_PAIRS_MAX; i++)
        memcpy(many + 4 * i, "k=1&", 5);
    assert_false(query_read(&query, many, strlen(many), why));
    query_free(&query);
    assert_true(query_read(&query, "", 0, why));
    assert_int_equal(query.count, 0);
    query_free(&query);
}

/* ---- who is let in ---- */

static void test_only_our_own_names_are_answered(void **state)
{
    static const struct guard local = {.listen_host = "127.0.0.1"};
    struct guard open = {.listen_host = "10.1.2.3"};
    static const char *const good[] = {"127.0.0.1:8470", "localhost", "LOCALHOST:1", "[::1]:8470"};
    static const char *const bad[] = {
        "evil.example:8470", "127.0.0.1.evil.example", "localhost.evil", "",
        "127.0.0.1:x",       "127.0.0.1:123456",       "[::1",           "10.1.2.3:8470"};
    char why[GUARD_WHY_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        if (!guard_host(&local, good[i]))
            fail_msg("%s was refused", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (guard_host(&local, bad[i]))
            fail_msg("%s was let in", bad[i]);
    assert_false(guard_host(&local, NULL));
    assert_true(guard_host(&open, "10.1.2.3:8470"));
    assert_false(guard_host(&open, "dlq.shop.example"));
    assert_true(guard_public_url(&open, "https://DLQ.shop.example/", why));
    assert_true(guard_host(&open, "dlq.shop.example"));
    assert_true(guard_origin(&open, "dlq.shop.example", "https://dlq.shop.example", NULL));
    assert_false(guard_public_url(&open, "dlq.shop.example", why));
    assert_false(guard_public_url(&open, "https://dlq.shop.example/path", why));
}

static void test_forms_come_from_our_own_origin(void **state)
{
    static const struct guard guard = {.listen_host = ""};
    static const struct {
        const char *host, *origin, *site;
        bool good;
    } rows[] = {
        {"localhost:8470", "http://localhost:8470", "same-origin", true},
        {"localhost:8470", "http://localhost:8470", NULL, true},
        {"localhost:8470", NULL, "same-origin", false},
        {"localhost:8470", "null", NULL, false},
        {"localhost:8470", "http://localhost:3000", NULL, false},
        {"localhost:8470", "http://127.0.0.1:8470", NULL, false},
        {"localhost:8470", "https://localhost:8470", NULL, false},
        {"localhost:8470", "http://localhost:8470", "same-site", false},
        {"localhost:8470", "http://localhost:8470", "cross-site", false},
        {NULL, "http://localhost:8470", NULL, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (guard_origin(&guard, rows[i].host, rows[i].origin, rows[i].site) != rows[i].good)
            fail_msg("row %zu", i);
}

static void test_sessions_and_forms_are_signed(void **state)
{
    struct guard one = {.listen_host = ""}, other = {.listen_host = ""};
    char session[GUARD_SESSION_SIZE], second[GUARD_SESSION_SIZE], form[GUARD_FORM_SIZE];

    (void)state;
    assert_true(guard_start(&one) && guard_start(&other));
    assert_true(guard_new_session(&one, session) && guard_new_session(&one, second));
    assert_string_not_equal(session, second);
    assert_true(guard_session(&one, session));
    assert_false(guard_session(&other, session)); /* of another run */
    guard_form(&one, session, form);
    assert_true(guard_form_fits(&one, session, form));
    assert_false(guard_form_fits(&one, second, form));
    assert_false(guard_form_fits(&one, session, NULL));
    assert_false(guard_form_fits(&one, session, ""));
    form[3] = (char)(form[3] == '0' ? '1' : '0');
    assert_false(guard_form_fits(&one, session, form));
    session[0] = (char)(session[0] == '0' ? '1' : '0');
    assert_false(guard_session(&one, session));
    assert_false(guard_session(&one, NULL));
    assert_false(guard_session(&one, "x"));
}

static void test_tokens_are_long_and_compared_whole(void **state)
{
    struct guard guard = {.listen_host = ""};
    char why[GUARD_WHY_SIZE];

    (void)state;
    guard_start(&guard);
    assert_false(guard_token(&guard, "")); /* none is set */
    assert_false(guard_take_token(&guard, "short", 5, why));
    assert_false(guard_take_token(&guard, "with blanks in it, long", 23, why));
    assert_true(guard_take_token(&guard, " 0123456789abcdef\n", 18, why));
    assert_true(guard_token(&guard, "0123456789abcdef"));
    assert_false(guard_token(&guard, "0123456789abcde"));
    assert_false(guard_token(&guard, "0123456789abcdefg"));
    assert_false(guard_token(&guard, NULL));
}

/* ---- the way through ---- */

static struct app app;
static struct serve serve = {.app = &app, .port = 8470, .cookie_name = "c"};

static unsigned ask(const struct asked *asked, struct answer *answer)
{
    route(&serve, asked, answer);
    free(answer->text);
    return answer->status;
}

static void test_requests_are_checked_before_a_view_sees_them(void **state)
{
    static const char ours[] = "http://localhost:8470", form[] = "application/x-www-form-urlencoded";
    struct asked get = {
        .method = "GET", .path = "/sign-in", .query = "", .host = "localhost:8470", .form = ""};
    struct asked post = {.method = "POST",
                         .path = "/sign-in",
                         .query = "",
                         .host = "localhost:8470",
                         .origin = ours,
                         .content_type = form,
                         .form = "token=0123456789abcdef",
                         .form_len = 22,
                         .form_whole = true};
    struct asked changed;
    struct answer answer;
    char why[GUARD_WHY_SIZE], cookie[GUARD_SESSION_SIZE];

    (void)state;
    app.config.topic_dlq = (char *)(uintptr_t) "dlq";
    assert_true(guard_start(&serve.guard) && guard_take_token(&serve.guard, "0123456789abcdef", 16, why));
    assert_int_equal(ask(&get, &answer), 200);
    assert_string_equal(answer.cookie, ""); /* no session before the token */
    changed = get, changed.host = "evil.example";
    assert_int_equal(ask(&changed, &answer), 421);
    changed = get, changed.path = "/style.css";
    assert_int_equal(ask(&changed, &answer), 200);
    changed.host = "evil.example";
    assert_int_equal(ask(&changed, &answer), 421);
    changed = get, changed.path = "/nowhere";
    assert_int_equal(ask(&changed, &answer), 404);
    changed = get, changed.method = "DELETE";
    assert_int_equal(ask(&changed, &answer), 405);
    changed = get, changed.path = "/";
    assert_int_equal(ask(&changed, &answer), 303);
    assert_string_equal(answer.location, "/sign-in");
    changed = post, changed.path = "/";
    assert_int_equal(ask(&changed, &answer), 405);
    changed = post, changed.origin = "http://evil.example";
    assert_int_equal(ask(&changed, &answer), 403);
    changed = post, changed.origin = NULL;
    assert_int_equal(ask(&changed, &answer), 403);
    changed = post, changed.form_whole = false;
    assert_int_equal(ask(&changed, &answer), 413);
    changed = post, changed.content_type = "text/plain";
    assert_int_equal(ask(&changed, &answer), 415);
    assert_int_equal(ask(&post, &answer), 303);
    assert_string_equal(answer.location, "/");
    assert_non_null(strstr(answer.cookie, "; Path=/; HttpOnly; SameSite=Strict"));
    snprintf(cookie, sizeof cookie, "%.*s", GUARD_SESSION_SIZE - 1, answer.cookie + 2);
    assert_true(guard_session(&serve.guard, cookie));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_text_becomes_markup),
        cmocka_unit_test(test_a_row_of_hostile_text_is_harmless),
        cmocka_unit_test(test_a_shell_sees_one_word),
        cmocka_unit_test(test_filters_stand_in_the_address),
        cmocka_unit_test(test_what_cannot_be_asked_is_refused),
        cmocka_unit_test(test_only_our_own_names_are_answered),
        cmocka_unit_test(test_forms_come_from_our_own_origin),
        cmocka_unit_test(test_sessions_and_forms_are_signed),
        cmocka_unit_test(test_tokens_are_long_and_compared_whole),
        cmocka_unit_test(test_requests_are_checked_before_a_view_sees_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
