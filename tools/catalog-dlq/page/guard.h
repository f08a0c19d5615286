/* Who may ask: names of hosts, origins, sessions, forms, the token. No I/O.
 *
 * A page on 127.0.0.1 is reached by every web page that the same browser shows, so being local protects
 * nothing by itself. Host must be a name that is ours (a foreign name that resolves to 127.0.0.1 is another
 * site's page); a form must come from our own origin, and carry a token that only our pages hold. */
#ifndef DLQ_PAGE_GUARD_H
#define DLQ_PAGE_GUARD_H

#include <stdbool.h>
#include <stddef.h>

enum {
    GUARD_KEY_BYTES = 32,
    GUARD_ID_CHARS = 32,  /* hex digits of a session's random name */
    GUARD_MAC_CHARS = 64, /* hex digits of an HMAC-SHA-256 */
    GUARD_SESSION_SIZE = GUARD_ID_CHARS + 1 + GUARD_MAC_CHARS + 1,
    GUARD_FORM_SIZE = GUARD_MAC_CHARS + 1,
    GUARD_TOKEN_MIN = 16,
    GUARD_TOKEN_MAX = 512,
    GUARD_HOST_SIZE = 256,
    GUARD_WHY_SIZE = 256
};

struct guard {
    char listen_host[GUARD_HOST_SIZE];   /* as given, IPv6 in brackets; "": every address */
    char public_origin[GUARD_HOST_SIZE]; /* https://dlq.shop.example, "": none */
    char token[GUARD_TOKEN_MAX + 1];     /* "": none is wanted */
    unsigned char key[GUARD_KEY_BYTES];  /* of this run: sessions end with it */
};

/* Fills the key. False without randomness. */
bool guard_start(struct guard *guard);

/* Takes --public-url: scheme, host, and a port where it is not the scheme's own; a slash at its end is left
 * out. False with a message in why. */
bool guard_public_url(struct guard *guard, const char *url, char why[GUARD_WHY_SIZE]);

/* Takes a token; blanks and line breaks around it are left out. False with a message in why: too short, too
 * long, or with characters that are not printable ASCII. */
bool guard_take_token(struct guard *guard, const char *text, size_t len, char why[GUARD_WHY_SIZE]);

/* True for a Host header (NULL: none came) that names this page: localhost, 127.0.0.1, [::1], the host
 * listened on, or the public one; whatever the port, since a tunnel's is another one. */
bool guard_host(const struct guard *guard, const char *host);

/* True for a form that our own page sent: Origin is there and is the Host's, and Sec-Fetch-Site, where the
 * browser says it, is same-origin. host has passed guard_host; others may be NULL. */
bool guard_origin(const struct guard *guard, const char *host, const char *origin, const char *fetch_site);

/* A new session: a random name, signed. False without randomness. */
bool guard_new_session(const struct guard *guard, char session[GUARD_SESSION_SIZE]);
/* True for a session that this run gave out. */
bool guard_session(const struct guard *guard, const char *session);

/* The token that forms of a session carry. */
void guard_form(const struct guard *guard, const char *session, char out[GUARD_FORM_SIZE]);
bool guard_form_fits(const struct guard *guard, const char *session, const char *given);

/* True for the token; takes as long for every text. given may be NULL. */
bool guard_token(const struct guard *guard, const char *given);

#endif
