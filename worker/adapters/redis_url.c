#include "worker/adapters/redis_url.h"

#include <stdio.h>
#include <string.h>

enum { DEFAULT_PORT = 6379 };

static bool fail(char *error, size_t error_size, const char *what)
{
    snprintf(error, error_size,
             "redis.url: %s; give it as redis://[user[:password]@]host[:port][/db], rediss:// for TLS, "
             "or redis+unix:///path[?db=N]",
             what);
    return false;
}

static int hex_value(char c)
{
    const char *digits = "0123456789abcdefABCDEF", *at = c ? strchr(digits, c) : NULL;

    if (!at)
        return -1;
    return at - digits < 16 ? (int)(at - digits) : (int)(at - digits) - 6;
}

/* Percent-decodes from[0..len) into out. False: too long, a broken escape, or a zero byte. */
static bool decode(const char *from, size_t len, char *out, size_t out_size)
{
    size_t at = 0;

    for (size_t i = 0; i < len; i++) {
        int c = (unsigned char)from[i];

        if (c == '%') {
            if (len - i < 3 || hex_value(from[i + 1]) < 0 || hex_value(from[i + 2]) < 0)
                return false;
            c = hex_value(from[i + 1]) * 16 + hex_value(from[i + 2]);
            i += 2;
        }
        if (c == 0 || at + 1 >= out_size)
            return false;
        out[at++] = (char)c;
    }
    out[at] = '\0';
    return true;
}

/* Reads all of from[0..len) as a number of 0 to max; -1: it is none. */
static int number(const char *from, size_t len, int max)
{
    int n = 0;

    if (len == 0 || len > 5)
        return -1;
    for (size_t i = 0; i < len; i++) {
        if (from[i] < '0' || from[i] > '9')
            return -1;
        n = n * 10 + (from[i] - '0');
    }
    return n <= max ? n : -1;
}

static bool parse_user(const char *from, size_t len, struct redis_url *url, char *error, size_t error_size)
{
    const char *colon = memchr(from, ':', len);
    size_t user_len = colon ? (size_t)(colon - from) : len;

    if (!decode(from, user_len, url->user, sizeof url->user))
        return fail(error, error_size, "the user is too long or has a broken %-escape");
    if (colon && !decode(colon + 1, len - user_len - 1, url->password, sizeof url->password))
        return fail(error, error_size,
                    "the password is too long or has a broken %-escape (write % as %25, @ as %40, / as %2F)");
    return true;
}

static bool parse_host(const char *from, size_t len, struct redis_url *url, char *error, size_t error_size)
{
    const char *host = from, *port = NULL;
    size_t host_len = len;

    if (len > 0 && from[0] == '[') {
        const char *end = memchr(from, ']', len);

        if (!end)
            return fail(error, error_size, "the host begins with [ and has no ]");
        host = from + 1;
        host_len = (size_t)(end - host);
        if (end + 1 < from + len) {
            if (end[1] != ':')
                return fail(error, error_size, "something other than a port follows the host");
            port = end + 2;
        }
    } else if ((port = memchr(from, ':', len)) != NULL) {
        host_len = (size_t)(port - from);
        port++;
    }
    if (host_len == 0 || host_len > REDIS_HOST_MAX)
        return fail(error, error_size, host_len ? "the host is too long" : "the host is missing");
    memcpy(url->host, host, host_len);
    url->host[host_len] = '\0';
    url->port = port ? number(port, (size_t)(from + len - port), 65535) : DEFAULT_PORT;
    if (url->port < 1)
        return fail(error, error_size, "the port is not a number of 1 to 65535");
    return true;
}

static bool parse_unix(const char *rest, struct redis_url *url, char *error, size_t error_size)
{
    const char *query = strchr(rest, '?');
    size_t len = query ? (size_t)(query - rest) : strlen(rest);

    if (len == 0 || rest[0] != '/' || !decode(rest, len, url->path, sizeof url->path))
        return fail(error, error_size,
                    "the path of the socket must begin with / and be at most 107 bytes long");
    if (query && strncmp(query, "?db=", 4) != 0)
        return fail(error, error_size, "only ?db=N may follow the path");
    url->db = query ? number(query + 4, strlen(query + 4), REDIS_DB_MAX) : 0;
    if (url->db < 0)
        return fail(error, error_size, "the database is not a number of 0 to 65535");
    return true;
}

bool redis_url_parse(const char *text, struct redis_url *url, char *error, size_t error_size)
{
    const char *rest, *at, *slash;

    memset(url, 0, sizeof *url);
    if (strlen(text) > REDIS_URL_MAX)
        return fail(error, error_size, "longer than 2048 bytes");
    for (at = text; *at; at++)
        if ((unsigned char)*at <= ' ' || *at == 0x7f)
            return fail(error, error_size, "it contains a space or a control character");
    rest = strstr(text, "://");
    if (!rest)
        return fail(error, error_size, "it has no scheme");
    rest += 3;
    if (strncmp(text, "redis+unix://", 13) == 0 || strncmp(text, "unix://", 7) == 0)
        return parse_unix(rest, url, error, error_size);
    url->tls = strncmp(text, "rediss://", 9) == 0;
    if (!url->tls && strncmp(text, "redis://", 8) != 0)
        return fail(error, error_size, "the scheme is not redis, rediss or redis+unix");
    slash = strchr(rest, '/');
    if (!slash)
        slash = rest + strlen(rest);
    at = memrchr(rest, '@', (size_t)(slash - rest));
    if (at) {
        if (!parse_user(rest, (size_t)(at - rest), url, error, error_size))
            return false;
        rest = at + 1;
    }
    if (!parse_host(rest, (size_t)(slash - rest), url, error, error_size))
        return false;
    if (slash[0] == '/' && slash[1] != '\0')
        url->db = number(slash + 1, strlen(slash + 1), REDIS_DB_MAX);
    if (url->db < 0)
        return fail(error, error_size, "the database (after the /) is not a number of 0 to 65535");
    return true;
}

void redis_url_show(const struct redis_url *url, char *out, size_t out_size)
{
    if (url->path[0])
        snprintf(out, out_size, "%s", url->path);
    else
        snprintf(out, out_size, strchr(url->host, ':') ? "[%s]:%d" : "%s:%d", url->host, url->port);
}
