/* Access tokens and the app secret's proof (catalog-api.md section 9). Tokens never appear in any output. */
#ifndef CATALOG_SIM_TOKENS_H
#define CATALOG_SIM_TOKENS_H

#include "params.h"

#include <stdbool.h>
#include <stdint.h>

#define TOKENS_MAX 64
#define TOKEN_SIZE 512

struct call;
struct request;
struct sim;

struct token {
    char value[TOKEN_SIZE];
    bool expired;
    int expired_subcode; /* with expired; 0: none */
    int denied_code;     /* 10, 200 or 102: the token is refused with it; 0: no */
    uint64_t calls;
};

struct tokens {
    struct token at[TOKENS_MAX];
    int count;
    char secret[256]; /* empty: none */
};

/* False if the token is empty, too long, or there are too many. A token that is there becomes valid again. */
bool tokens_add(struct tokens *t, const char *value);
struct token *tokens_find(struct tokens *t, const char *value);

/* Finds and checks the call's token and proof. False: the call's answer is set. */
bool tokens_check(struct call *call, const struct request *request);

#endif
