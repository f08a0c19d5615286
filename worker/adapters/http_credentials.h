/* A catalog's credentials as requests need them, made once for a token and secret and shared by the calls
 * under way. */
#ifndef ADAPTERS_HTTP_CREDENTIALS_H
#define ADAPTERS_HTTP_CREDENTIALS_H

#include <curl/curl.h>
#include <stdint.h>

enum { HTTP_PROOF_SIZE = 65 };

struct http_credentials {
    uint32_t holders;
    char *auth;                  /* the whole header */
    char proof[HTTP_PROOF_SIZE]; /* HMAC-SHA256 in hex; "" without a secret */
    struct curl_slist nodes[4];  /* the headers of requests with a large body; all others begin with the
                                    second.  A request may put its own before them */
};

/* Copies what it needs of token and secret (NULL: none), spaces around both left off; one holder. Returns
 * NULL for a token that could not stand in a header: empty, over 4096 bytes, or with other than printable
 * ASCII. */
struct http_credentials *http_credentials_make(const char *token, const char *secret);

/* One holder less; the last one wipes and frees. NULL is allowed. */
void http_credentials_release(struct http_credentials *credentials);

#endif
