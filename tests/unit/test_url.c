/* URLs the catalog can fetch, and the reasons for those it cannot. */
#include "common/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void check(const char *text, enum url_fault expected)
{
    enum url_fault fault = url_check(text, strlen(text));

    if (fault != expected)
        print_error("%s: %s\n", text, url_fault_text(fault));
    assert_int_equal(fault, expected);
}

static void absolute_http(void **state)
{
    (void)state;
    check("https://shop.example/p/1", URL_OK);
    check("http://shop.example", URL_OK);
    check("HTTPS://Shop.Example:8443/p?a=b&c=%20#top", URL_OK);
    check("http://127.0.0.1:65535/", URL_OK);
    check("http://[2001:db8::1]:80/a.png", URL_OK);
    check("http://shop.example?q", URL_OK);
    check("http://shop.example./", URL_OK);
    check("https://shop.example/caf\xc3\xa9.png", URL_OK);
    check("https://shop.example/a@b", URL_OK);
}

static void refused_by_name(void **state)
{
    (void)state;
    check("", URL_EMPTY);
    check("/media/a.png", URL_RELATIVE);
    check("media/a.png", URL_RELATIVE);
    check("//shop.example/a.png", URL_RELATIVE);
    check("www.shop.example/a.png", URL_RELATIVE);
    check("shop.example:8000/a.png", URL_RELATIVE);
    check("?a", URL_RELATIVE);
    check("data:image/png;base64,iVBOR", URL_SCHEME);
    check("ftp://shop.example/a", URL_SCHEME);
    check("javascript:alert(1)", URL_SCHEME);
    check("httpx://shop.example/", URL_SCHEME);
    check("http:/shop.example/", URL_HOST);
    check("https:", URL_HOST);
    check("http://", URL_HOST);
    check("https:///a.png", URL_HOST);
    check("http://:80/", URL_HOST);
    check("http://.shop/", URL_HOST);
    check("http://shop..example/", URL_HOST);
    check("http://sh!op/", URL_HOST);
    check("http://[::1/", URL_HOST);
    check("http://[]/", URL_HOST);
    check("http://[::1]x/", URL_HOST);
    check("http://shop.example:0/", URL_PORT);
    check("http://shop.example:65536/", URL_PORT);
    check("http://shop.example:123456/", URL_PORT);
    check("http://shop.example:8a/", URL_PORT);
    check("https://user:secret@shop.example/", URL_USER);
    check("https://shop.example/a b.png", URL_SPACE);
    check("https://shop.example/a\n", URL_SPACE);
    check("https://shop.example/\x01", URL_CONTROL);
    check("https://shop.example/\x7f", URL_CONTROL);
    check("https://shop.example/<a>", URL_CHARACTER);
    check("https://shop.example/a\\b", URL_CHARACTER);
    check("https://shop.example/%", URL_CHARACTER);
    check("https://shop.example/%2", URL_CHARACTER);
    check("https://shop.example/%zz", URL_CHARACTER);
}

static void length(void **state)
{
    char text[URL_BYTES_MAX + 2] = "https://shop.example/";

    (void)state;
    memset(text + 21, 'a', sizeof(text) - 22);
    assert_int_equal(url_check(text, URL_BYTES_MAX), URL_OK);
    assert_int_equal(url_check(text, URL_BYTES_MAX + 1), URL_TOO_LONG);
    for (int fault = 0; fault < URL_FAULT_COUNT; fault++)
        assert_true(strlen(url_fault_text((enum url_fault)fault)) > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(absolute_http),
        cmocka_unit_test(refused_by_name),
        cmocka_unit_test(length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
