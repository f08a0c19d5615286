#include "worker/adapters/http_credentials.h"

#include "common/assertx.h"
#include "common/redact.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOKEN_MAX_BYTES = 4096 };

static const char auth_prefix[] = "Authorization: Bearer ";

void http_credentials_release(struct http_credentials *credentials)
{
    if (!credentials || --credentials->holders > 0) {
        return;
    }
    OPENSSL_cleanse(credentials->auth, strlen(credentials->auth));
    free(credentials->auth);
    OPENSSL_cleanse(credentials->proof, sizeof(credentials->proof));
    free(credentials);
}

/* catalog-api.md section 9: lower-case hex HMAC-SHA256, key the app secret, message the token. */
static void make_proof(struct http_credentials *credentials, const char *token, size_t token_size,
                       const char *secret, size_t secret_size)
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    const unsigned char *made =
        HMAC(EVP_sha256(), secret, (int)secret_size, (const unsigned char *)token, token_size, mac, &size);
    ASSERT(made && size == 32);
    for (unsigned int i = 0; i < size; i++) {
        snprintf(credentials->proof + 2 * (size_t)i, 3, "%02x", mac[i]);
    }
    redact_add(credentials->proof); /* an answer may echo it */
}

static const char *trimmed(const char *text, size_t *size)
{
    if (!text) {
        *size = 0;
        return "";
    }
    while (isspace((unsigned char)*text)) {
        text++;
    }
    *size = strlen(text);
    while (*size > 0 && isspace((unsigned char)text[*size - 1])) {
        (*size)--;
    }
    return text;
}

struct http_credentials *http_credentials_make(const char *token, const char *secret)
{
    size_t token_size, secret_size;
    token = trimmed(token, &token_size);
    secret = trimmed(secret, &secret_size);
    if (token_size == 0 || token_size > TOKEN_MAX_BYTES || secret_size > TOKEN_MAX_BYTES) {
        return NULL;
    }
    for (size_t i = 0; i < token_size; i++) {
        if ((unsigned char)token[i] <= ' ' || (unsigned char)token[i] >= 0x7f) {
            return NULL;
        }
    }
    struct http_credentials *made = calloc(1, sizeof(*made));
    ASSERT(made);
    made->auth = malloc(sizeof(auth_prefix) + token_size);
    ASSERT(made->auth);
    memcpy(made->auth, auth_prefix, sizeof(auth_prefix) - 1);
    memcpy(made->auth + sizeof(auth_prefix) - 1, token, token_size);
    made->auth[sizeof(auth_prefix) - 1 + token_size] = '\0';
    if (secret_size > 0) {
        make_proof(made, token, token_size, secret, secret_size);
    }
    /* "Expect:" without a value keeps curl from waiting a second for a 100 before large bodies; for small
     * ones it never would. The user agent comes as a header of ours since curl formats its own twice, byte by
     * byte, for every request. curl only reads these lists, so their nodes need not be its own. */
    static char expect[] = "Expect:", json[] = "Content-Type: application/json",
                agent[] = "User-Agent: catalog-sync/" CATALOG_SYNC_VERSION;
    made->nodes[0] = (struct curl_slist){expect, &made->nodes[1]};
    made->nodes[1] = (struct curl_slist){made->auth, &made->nodes[2]};
    made->nodes[2] = (struct curl_slist){json, &made->nodes[3]};
    made->nodes[3] = (struct curl_slist){agent, NULL};
    made->holders = 1;
    return made;
}
