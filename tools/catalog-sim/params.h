/* The parameters of a call: query, form, multipart and JSON body merged into one list (the body wins over the
 * query, a later one over an earlier one). Source: catalog-api.md, "Protocol" of the simulator list. */
#ifndef CATALOG_SIM_PARAMS_H
#define CATALOG_SIM_PARAMS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PARAMS_MAX 128

/* Exactly one of text (query, form, multipart) and json (JSON body) is set. */
struct param {
    const char *name;
    const char *text;
    const cJSON *json;
    bool in_query;
};

struct params {
    int count;
    char *query_memory, *body_memory;
    cJSON *document;
    struct param at[PARAMS_MAX]; /* the first `count` are set */
};

/* Both return NULL, or what is wrong with the input, for the error message. All zero is an empty list. */
const char *params_add_query(struct params *p, const char *query, size_t len_bytes);
const char *params_add_body(struct params *p, const char *content_type, const char *body, size_t len_bytes);

/* The parameter of that name (the winning one), or NULL. */
const struct param *params_find(const struct params *p, const char *name);

/* The text of a parameter that is a string; NULL if it is absent or something else. */
const char *params_text(const struct params *p, const char *name);

/* Parses a parameter that holds JSON: a JSON value of the body as it is, JSON in a string of a form or query.
 * `owned` gets what the caller must delete. NULL if absent or not JSON. */
const cJSON *params_json(const struct params *p, const char *name, cJSON **owned);

/* A hash of the product content: independent of order and encoding of the body, without token, proof,
 * retailer_id and allow_upsert, so that a create and an update of the same content are equal. */
uint64_t params_content_hash(const struct params *p);

/* A hash of a JSON value (NULL: none), independent of the order of members. */
uint64_t params_json_hash(const cJSON *node);
void params_free(struct params *p);

/* Decodes percent escapes in place; '+' becomes a space if asked. A broken escape stays as it is. Returns the
 * length, or SIZE_MAX if a NUL came out. */
size_t percent_decode(char *s, size_t len_bytes, bool plus_is_space);

#endif
