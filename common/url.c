#include "common/url.h"

#include "common/assertx.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'f');
}

/* Characters that have no place anywhere in a URL (RFC 3986), percent-escapes included. */
static enum url_fault check_characters(const char *text, size_t len)
{
    static const bool odd[128] = {['"'] = true, ['<'] = true, ['>'] = true, ['\\'] = true, ['^'] = true,
                                  ['`'] = true, ['{'] = true, ['|'] = true, ['}'] = true,  ['%'] = true};

    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c > 0x20 && c < 0x7f && !odd[c])
            continue;
        if (c == ' ' || (c >= '\t' && c <= '\r'))
            return URL_SPACE;
        if (c < 0x20 || c == 0x7f)
            return URL_CONTROL;
        if (c >= 0x80)
            continue;
        if (c != '%' || len - i < 3 || !is_hex(text[i + 1]) || !is_hex(text[i + 2]))
            return URL_CHARACTER;
    }
    return URL_OK;
}

/* Length of "http://" or "https://" in front; 0 and *fault otherwise. */
static size_t check_scheme(const char *text, size_t len, enum url_fault *fault)
{
    size_t at = 0;

    if (len >= 7 && strncasecmp(text, "http://", 7) == 0)
        return 7;
    if (len >= 8 && strncasecmp(text, "https://", 8) == 0)
        return 8;
    while (at < len && (is_alpha(text[at]) || (at && (is_digit(text[at]) || strchr("+-.", text[at])))))
        at++;
    /* "localhost:8000/a" has a port, not a scheme; so has "shop.example:443" */
    *fault = at && at < len && text[at] == ':' && !(at + 1 < len && is_digit(text[at + 1])) ? URL_SCHEME
                                                                                            : URL_RELATIVE;
    if (len >= 5 && strncasecmp(text, "http:", 5) == 0)
        *fault = URL_HOST; /* http:/a, http:a */
    if (len >= 6 && strncasecmp(text, "https:", 6) == 0)
        *fault = URL_HOST;
    return 0;
}

static enum url_fault check_port(const char *text, size_t len)
{
    unsigned port = 0;

    if (len == 0)
        return URL_OK; /* "http://host:/" is allowed */
    if (len > 5)
        return URL_PORT;
    for (size_t i = 0; i < len; i++) {
        if (!is_digit(text[i]))
            return URL_PORT;
        port = port * 10 + (unsigned)(text[i] - '0');
    }
    return port >= 1 && port <= 65535 ? URL_OK : URL_PORT;
}

/* host, host:port, [v6]:port */
static enum url_fault check_authority(const char *text, size_t len)
{
    size_t host = 0;

    if (memchr(text, '@', len))
        return URL_USER;
    if (len && text[0] == '[') {
        for (host = 1; host < len && (is_hex(text[host]) || text[host] == ':' || text[host] == '.');)
            host++;
        if (host < 3 || host == len || text[host] != ']')
            return URL_HOST;
        host++;
    } else {
        for (; host < len && text[host] != ':'; host++) {
            char c = text[host];

            if (!is_alpha(c) && !is_digit(c) && c != '-' && c != '_' && (unsigned char)c < 0x80 &&
                (c != '.' || host == 0 || text[host - 1] == '.'))
                return URL_HOST;
        }
    }
    if (host == 0 || (host < len && text[host] != ':'))
        return URL_HOST;
    return host < len ? check_port(text + host + 1, len - host - 1) : URL_OK;
}

enum url_fault url_check(const char *text, size_t len)
{
    enum url_fault fault;
    size_t start, end;

    if (len == 0)
        return URL_EMPTY;
    if (len > URL_BYTES_MAX)
        return URL_TOO_LONG;
    start = check_scheme(text, len, &fault);
    if (start == 0)
        return fault;
    fault = check_characters(text, len);
    if (fault != URL_OK)
        return fault;
    end = start;
    while (end < len && text[end] != '/' && text[end] != '?' && text[end] != '#')
        end++;
    return check_authority(text + start, end - start);
}

const char *url_fault_text(enum url_fault fault)
{
    static const char *const texts[] = {
        [URL_OK] = "is fine",
        [URL_EMPTY] = "is empty",
        [URL_TOO_LONG] = "is longer than 2048 bytes",
        [URL_RELATIVE] = "is not absolute: it must start with http:// or https:// and a host",
        [URL_SCHEME] = "must be an http or https URL: the catalog fetches nothing else",
        [URL_SPACE] = "must not have whitespace: encode it as %20",
        [URL_CONTROL] = "must not have control characters",
        [URL_HOST] = "has no valid host name",
        [URL_PORT] = "has a port that is none of 1 to 65535",
        [URL_USER] = "must not have a user or password in front of the host",
        [URL_CHARACTER] = "has a character that must be percent-encoded",
    };

    ASSERT(fault < URL_FAULT_COUNT);
    return texts[fault];
}
