#include "tokens.h"

#include "errors.h"
#include "sim.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct token *tokens_find(struct tokens *t, const char *value)
{
    for (int i = 0; i < t->count; i++) {
        if (strcmp(t->at[i].value, value) == 0)
            return &t->at[i];
    }
    return NULL;
}

bool tokens_add(struct tokens *t, const char *value)
{
    struct token *token = tokens_find(t, value);
    size_t len = strlen(value);
    if (!token) {
        if (len == 0 || len >= TOKEN_SIZE || t->count == TOKENS_MAX)
            return false;
        token = &t->at[t->count++];
    }
    *token = (struct token){0};
    memcpy(token->value, value, len + 1);
    return true;
}

/* The token of a header "Bearer X" or "OAuth X", else of a parameter. */
static const char *find_token(struct call *call, const struct request *request)
{
    const char *header = request->authorization;
    if (header) {
        if (strncasecmp(header, "Bearer ", 7) == 0)
            return header + 7 + strspn(header + 7, " ");
        if (strncasecmp(header, "OAuth ", 6) == 0)
            return header + 6 + strspn(header + 6, " ");
    }
    const struct param *p = params_find(&call->params, "access_token");
    call->token_in_query = p && p->in_query;
    return params_text(&call->params, "access_token");
}

static bool check_proof(struct call *call, const char *token)
{
    const struct knobs *k = &call->sim->knobs;
    const char *proof = params_text(&call->params, "appsecret_proof");
    const char *secret = call->sim->tokens.secret;
    if (k->proof == PROOF_OFF || (k->proof == PROOF_VERIFY && !proof))
        return true;
    struct api_error e = {400, 100, 0, -1, "GraphMethodException", NULL, NULL, NULL, NULL};
    if (!proof) {
        e.message = "API calls from the server require an appsecret_proof argument";
        answer_error(call, &e);
        return false;
    }
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned int len = 0;
    char hex[65];
    HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)token, strlen(token), mac, &len);
    for (unsigned int i = 0; i < 32; i++)
        snprintf(hex + i * 2, 3, "%02x", mac[i]);
    if (strlen(proof) == 64 && CRYPTO_memcmp(proof, hex, 64) == 0)
        return true;
    e.message = "Invalid appsecret_proof provided in the API argument";
    answer_error(call, &e);
    return false;
}

bool tokens_check(struct call *call, const struct request *request)
{
    const struct knobs *k = &call->sim->knobs;
    const char *value = find_token(call, request);
    if (!value || !value[0]) {
        answer_error(call, &(struct api_error){(int)k->error_190_status, 104, 0, -1, NULL,
                                               "(#104) An access token is required to request this resource.",
                                               NULL, NULL, NULL});
        return false;
    }
    struct token *token = tokens_find(&call->sim->tokens, value);
    if (!token) {
        answer_190(call, 0);
        return false;
    }
    call->token = (int)(token - call->sim->tokens.at);
    token->calls++;
    if (k->token_expire_after_calls && token->calls > (uint64_t)k->token_expire_after_calls &&
        !token->expired) {
        token->expired = true;
        token->expired_subcode = (int)k->error_190_subcode;
    }
    if (token->expired)
        answer_190(call, token->expired_subcode);
    else if (token->denied_code)
        answer_permission(call, token->denied_code);
    else
        return check_proof(call, value);
    return false;
}
