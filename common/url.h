/* Is this text an absolute http or https URL that the catalog can fetch? Relative ones, data: and whitespace
 * are refused by the API as "is not a valid URI" (catalog-api.md sections 1 and 12); we say which rule is
 * broken. */
#ifndef COMMON_URL_H
#define COMMON_URL_H

#include <stddef.h>

enum { URL_BYTES_MAX = 2048 };

enum url_fault {
    URL_OK,
    URL_EMPTY,
    URL_TOO_LONG,  /* more than URL_BYTES_MAX bytes */
    URL_RELATIVE,  /* no scheme: /media/a.png, www.shop.example/a */
    URL_SCHEME,    /* data:, ftp:, javascript: ... */
    URL_SPACE,     /* whitespace anywhere */
    URL_CONTROL,   /* control characters */
    URL_HOST,      /* no host, or one with characters that hosts do not have */
    URL_PORT,      /* not 1 to 65535 */
    URL_USER,      /* a user or password in front of the host */
    URL_CHARACTER, /* " < > \ ^ ` { | } or a broken percent-escape */
    URL_FAULT_COUNT
};

/* Checks len bytes of valid UTF-8. Letters beyond ASCII are let through: the API takes them. */
enum url_fault url_check(const char *text, size_t len);

/* What a fault means, for people: "must start with http:// or https://". */
const char *url_fault_text(enum url_fault fault);

#endif
