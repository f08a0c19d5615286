#include "guard.h"

#include "common/url.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

bool guard_start(struct guard *guard)
{
    return RAND_bytes(guard->key, sizeof guard->key) == 1;
}

static void hex(const unsigned char *bytes, size_t count, char *out)
{
    for (size_t i = 0; i < count; i++)
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

/* HMAC-SHA-256 of "PURPOSE:TEXT" under this run's key. */
static void mac(const struct guard *guard, const char *purpose, const char *text, size_t len,
                char out[GUARD_MAC_CHARS + 1])
{
    unsigned char message[GUARD_TOKEN_MAX + 32], digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    int head = snprintf((char *)message, 32, "%s:", purpose);

    len = len < GUARD_TOKEN_MAX ? len : GUARD_TOKEN_MAX;
    memcpy(message + head, text, len);
    HMAC(EVP_sha256(), guard->key, sizeof guard->key, message, (size_t)head + len, digest, &size);
    hex(digest, GUARD_MAC_CHARS / 2, out);
}

/* ---- where it comes from ---- */

static bool wrong(char *why, const char *text)
{
    snprintf(why, GUARD_WHY_SIZE, "%s", text);
    return false;
}

bool guard_public_url(struct guard *guard, const char *url, char why[GUARD_WHY_SIZE])
{
    size_t len = strlen(url);
    const char *host;

    if (len > 0 && url[len - 1] == '/')
        len--;
    if (len == 0 || len >= sizeof guard->public_origin || url_check(url, len) != URL_OK)
        return wrong(why, "--public-url wants an address such as https://dlq.shop.example");
    host = strstr(url, "://") + 3;
    if (strcspn(host, "/?#@") < len - (size_t)(host - url))
        return wrong(why,
                     "--public-url wants scheme and host alone: the page stands at the root of its host");
    for (size_t i = 0; i < len; i++) /* as browsers write origins */
        guard->public_origin[i] = (char)(url[i] >= 'A' && url[i] <= 'Z' ? url[i] + 32 : url[i]);
    guard->public_origin[len] = '\0';
    return true;
}

/* The host without its port; its length. */
static size_t bare(const char *host)
{
    if (host[0] == '[')
        return strcspn(host, "]") + (strchr(host, ']') != NULL);
    return strcspn(host, ":");
}

static bool is_port(const char *text)
{
    size_t digits = text[0] == ':' ? strspn(text + 1, "0123456789") : 0;

    return text[0] == '\0' || (digits > 0 && digits <= 5 && text[1 + digits] == '\0');
}

bool guard_host(const struct guard *guard, const char *host)
{
    const char *public_host = guard->public_origin[0] ? strstr(guard->public_origin, "://") + 3 : "";
    const char *const ours[] = {"localhost", "127.0.0.1", "[::1]", guard->listen_host, public_host};
    size_t len = host ? bare(host) : 0;

    if (len == 0 || !is_port(host + len))
        return false;
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        if (bare(ours[i]) == len && strncasecmp(host, ours[i], len) == 0)
            return true;
    return false;
}

bool guard_origin(const struct guard *guard, const char *host, const char *origin, const char *fetch_site)
{
    char plain[GUARD_HOST_SIZE + 8];

    if (!host || !origin || (fetch_site && strcmp(fetch_site, "same-origin") != 0))
        return false;
    if (guard->public_origin[0] && strcmp(origin, guard->public_origin) == 0)
        return true;
    return snprintf(plain, sizeof plain, "http://%s", host) < (int)sizeof plain &&
           strcasecmp(origin, plain) == 0;
}

/* ---- sessions and forms ---- */

bool guard_new_session(const struct guard *guard, char session[GUARD_SESSION_SIZE])
{
    unsigned char id[GUARD_ID_CHARS / 2];

    if (RAND_bytes(id, sizeof id) != 1)
        return false;
    hex(id, sizeof id, session);
    session[GUARD_ID_CHARS] = '.';
    mac(guard, "session", session, GUARD_ID_CHARS, session + GUARD_ID_CHARS + 1);
    return true;
}

bool guard_session(const struct guard *guard, const char *session)
{
    char want[GUARD_MAC_CHARS + 1];

    if (!session || strlen(session) != GUARD_SESSION_SIZE - 1 || session[GUARD_ID_CHARS] != '.')
        return false;
    mac(guard, "session", session, GUARD_ID_CHARS, want);
    return CRYPTO_memcmp(want, session + GUARD_ID_CHARS + 1, GUARD_MAC_CHARS) == 0;
}

void guard_form(const struct guard *guard, const char *session, char out[GUARD_FORM_SIZE])
{
    mac(guard, "form", session, GUARD_ID_CHARS, out);
}

bool guard_form_fits(const struct guard *guard, const char *session, const char *given)
{
    char want[GUARD_FORM_SIZE];

    if (!guard_session(guard, session) || !given || strlen(given) != GUARD_FORM_SIZE - 1)
        return false;
    guard_form(guard, session, want);
    return CRYPTO_memcmp(want, given, GUARD_FORM_SIZE - 1) == 0;
}

/* ---- the token ---- */

bool guard_take_token(struct guard *guard, const char *text, size_t len, char why[GUARD_WHY_SIZE])
{
    while (len > 0 && strchr(" \t\r\n", text[0]))
        text++, len--;
    while (len > 0 && strchr(" \t\r\n", text[len - 1]))
        len--;
    if (len < GUARD_TOKEN_MIN || len > GUARD_TOKEN_MAX) {
        snprintf(why, GUARD_WHY_SIZE, "the token has %zu characters: want %d to %d, best random ones", len,
                 GUARD_TOKEN_MIN, GUARD_TOKEN_MAX);
        return false;
    }
    for (size_t i = 0; i < len; i++)
        if (text[i] <= ' ' || text[i] > '~')
            return wrong(why, "the token must be printable ASCII without blanks");
    memcpy(guard->token, text, len);
    guard->token[len] = '\0';
    return true;
}

bool guard_token(const struct guard *guard, const char *given)
{
    char want[GUARD_MAC_CHARS + 1], have[GUARD_MAC_CHARS + 1];
    size_t len = given ? strlen(given) : 0;

    mac(guard, "token", guard->token, strlen(guard->token), want);
    mac(guard, "token", given ? given : "", len, have);
    return guard->token[0] && len <= GUARD_TOKEN_MAX && CRYPTO_memcmp(want, have, GUARD_MAC_CHARS) == 0;
}
