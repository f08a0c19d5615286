/* Every answer of the API that has a meaning of its own (catalog-api.md section 7). The first row that
 * matches decides, so rows with a subcode or a text stand above the plain code. tests/unit/test_classify.c
 * has a case for every row.
 *
 * X(SYMBOL, name, code_min, code_max, sub_min, sub_max, http_min, http_max, text, class, scope, flags, words,
 * mend) 0, 0 matches anything; a text matches inside the message, ASCII case ignored, alternatives split by
 * '|'. */
#ifndef COMMON_CLASSIFY_TABLE_H
#define COMMON_CLASSIFY_TABLE_H

#define CLASSIFY_MEND_RETRY "nothing: the worker tries again"
#define CLASSIFY_MEND_LIMIT "nothing: the worker waits; if it lasts, lower catalog.rate.per.hour"
#define CLASSIFY_MEND_TOKEN "put a valid system user token into catalog.token.file"
#define CLASSIFY_MEND_RIGHT "give the token catalog_management and assign the catalog to its system user"
#define CLASSIFY_MEND_DATA  "correct the product, then save it again or replay the dead letter"
#define CLASSIFY_MEND_ADMIN                                                                                  \
    "check catalog.id, catalog.api.version and the token, then replay the dead letters"

/* Rows decided by the code (and subcode, text) that the answer names. */
#define CLASSIFY_CODE_TABLE(X)                                                                               \
    X(REDUCE, "reduce", 1, 2, 0, 0, 0, 0, "reduce the amount of data", SHRINK, NONE, CLASSIFY_FIRM,          \
      "the request or its answer is too big", "nothing: the worker asks for less")                           \
    X(UNKNOWN_ERROR_99, "unknown_error_99", 1, 1, 99, 99, 0, 0, NULL, TRANSIENT, NONE, CLASSIFY_UNKNOWN,     \
      "the API failed without saying why", CLASSIFY_MEND_RETRY)                                              \
    X(UNKNOWN_ERROR, "unknown_error", 1, 1, 0, 0, 0, 0, NULL, TRANSIENT, NONE, CLASSIFY_UNKNOWN,             \
      "the API failed without saying why", CLASSIFY_MEND_RETRY)                                              \
    X(SERVICE_DOWN, "service_down", 2, 2, 0, 0, 0, 0, NULL, TRANSIENT, NONE, CLASSIFY_UNKNOWN,               \
      "the API is down for a while", CLASSIFY_MEND_RETRY)                                                    \
    X(CAPABILITY, "capability", 3, 3, 0, 0, 0, 0, NULL, PERMISSION, NONE, CLASSIFY_SHARED,                   \
      "the app lacks the capability for this call", CLASSIFY_MEND_RIGHT)                                     \
    X(APP_LIMIT, "app_limit", 4, 4, 0, 0, 0, 0, NULL, THROTTLE, APP, CLASSIFY_FIRM,                          \
      "the app's call limit is used up", CLASSIFY_MEND_LIMIT)                                                \
    X(NO_PERMISSION, "no_permission", 10, 10, 0, 0, 0, 0, NULL, PERMISSION, NONE, CLASSIFY_SHARED,           \
      "the permission is missing or was removed", CLASSIFY_MEND_RIGHT)                                       \
    X(USER_LIMIT, "user_limit", 17, 17, 0, 0, 0, 0, NULL, THROTTLE, TOKEN, CLASSIFY_FIRM,                    \
      "the token's call limit is used up", CLASSIFY_MEND_LIMIT)                                              \
    X(PAGE_LIMIT, "page_limit", 32, 32, 0, 0, 0, 0, NULL, THROTTLE, TOKEN, CLASSIFY_FIRM,                    \
      "the token's call limit is used up", CLASSIFY_MEND_LIMIT)                                              \
    X(NO_OBJECT_OLD, "no_object_old", 33, 33, 0, 0, 0, 0, NULL, NOT_FOUND, NONE, CLASSIFY_SHARED,            \
      "there is no such item, or the token may not see it", CLASSIFY_MEND_RETRY)                             \
    X(NO_OBJECT_33, "no_object_33", 100, 100, 33, 33, 0, 0, NULL, NOT_FOUND, NONE, CLASSIFY_SHARED,          \
      "there is no such item, or the token may not see it", CLASSIFY_MEND_RETRY)                             \
    X(NO_OBJECT_13, "no_object_13", 100, 100, 13, 13, 0, 0, NULL, NOT_FOUND, NONE, CLASSIFY_SHARED,          \
      "there is no such item, or the token may not see it", CLASSIFY_MEND_RETRY)                             \
    X(NO_ITEM_FOR_RETAILER_ID, "no_item_for_retailer_id", 100, 100, 0, 0, 0, 0,                              \
      "could not find product item|does not exist, cannot be loaded", NOT_FOUND, NONE, CLASSIFY_SHARED,      \
      "the catalog has no item of this retailer id", CLASSIFY_MEND_RETRY)                                    \
    X(PROOF, "proof", 100, 100, 0, 0, 0, 0, "appsecret_proof", AUTH, NONE, CLASSIFY_SHARED | CLASSIFY_PROOF, \
      "the app secret proof is missing or wrong",                                                            \
      "set catalog.app.secret.file to the secret of the token's app")                                        \
    X(BAD_PARAMETER, "bad_parameter", 100, 100, 0, 0, 0, 0,                                                  \
      "param |parameter|must be an integer|not a valid uri|must be one of", PERMANENT, NONE, 0,              \
      "the catalog refuses a value of the product", CLASSIFY_MEND_DATA)                                      \
    X(CODE_100_OTHER, "code_100_other", 100, 100, 0, 0, 0, 0, NULL, PERMANENT, NONE,                         \
      CLASSIFY_SHARED | CLASSIFY_FEW, "the API refuses the request", CLASSIFY_MEND_ADMIN)                    \
    X(SESSION, "session", 102, 102, 0, 0, 0, 0, NULL, AUTH, NONE, CLASSIFY_SHARED,                           \
      "the token's session is invalid", CLASSIFY_MEND_TOKEN)                                                 \
    X(TOKEN_REQUIRED, "token_required", 104, 104, 0, 0, 0, 0, NULL, AUTH, NONE, CLASSIFY_SHARED,             \
      "the API got no token", CLASSIFY_MEND_TOKEN)                                                           \
    X(TOKEN_EXPIRED, "token_expired", 190, 190, 463, 463, 0, 0, NULL, AUTH, NONE, CLASSIFY_SHARED,           \
      "the token has expired", CLASSIFY_MEND_TOKEN)                                                          \
    X(TOKEN_SUBCODE, "token_subcode", 190, 190, 452, 492, 0, 0, NULL, AUTH, NONE, CLASSIFY_SHARED,           \
      "the token was made invalid (password, role, session or app changed)", CLASSIFY_MEND_TOKEN)            \
    X(TOKEN, "token", 190, 190, 0, 0, 0, 0, NULL, AUTH, NONE, CLASSIFY_SHARED, "the token is not valid",     \
      CLASSIFY_MEND_TOKEN)                                                                                   \
    X(PERMISSION_200, "permission_200", 200, 299, 0, 0, 0, 0, NULL, PERMISSION, NONE, CLASSIFY_SHARED,       \
      "the token lacks a permission", CLASSIFY_MEND_RIGHT)                                                   \
    X(APP_DOWN, "app_down", 341, 341, 0, 0, 0, 0, NULL, THROTTLE, APP, CLASSIFY_FIRM,                        \
      "the app's limit is used up, or the API is down for it", CLASSIFY_MEND_LIMIT)                          \
    X(POLICY, "policy", 368, 368, 0, 0, 0, 0, NULL, POLICY_BLOCK, NONE, CLASSIFY_SHARED | CLASSIFY_FIRM,     \
      "the account is blocked for a while for policy reasons",                                               \
      "look into the business support home; the worker pauses the catalog for hours")                        \
    X(DUPLICATE_POST, "duplicate_post", 506, 506, 0, 0, 0, 0, NULL, PERMANENT, NONE, 0,                      \
      "the API takes this for a repeated post", CLASSIFY_MEND_DATA)                                          \
    X(CUSTOM_LIMIT, "custom_limit", 613, 613, 0, 0, 0, 0, NULL, THROTTLE, APP, CLASSIFY_FIRM,                \
      "a call limit is used up", CLASSIFY_MEND_LIMIT)                                                        \
    X(INVALID_OPERATION, "invalid_operation", 801, 801, 0, 0, 0, 0, NULL, PERMANENT, NONE, CLASSIFY_SHARED,  \
      "the API does not allow this operation on the item", CLASSIFY_MEND_ADMIN)                              \
    X(NO_ALIAS, "no_alias", 803, 803, 0, 0, 0, 0, NULL, NOT_FOUND, NONE, CLASSIFY_SHARED,                    \
      "there is no object of that name", CLASSIFY_MEND_ADMIN)                                                \
    X(BATCH_TIMEOUT, "batch_timeout", 960, 960, 0, 0, 0, 0, NULL, TRANSIENT, NONE, CLASSIFY_UNKNOWN,         \
      "the batch ran out of time", CLASSIFY_MEND_RETRY)                                                      \
    X(BAD_QUERY, "bad_query", 2500, 2500, 0, 0, 0, 0, NULL, PERMANENT, NONE, CLASSIFY_SHARED,                \
      "the API cannot read our request",                                                                     \
      "report it: this is a bug of catalog-sync or a wrong catalog.base.url")                                \
    X(OLD_VERSION, "old_version", 2635, 2635, 0, 0, 0, 0, NULL, PERMANENT, NONE, CLASSIFY_SHARED,            \
      "this version of the API is gone", "set catalog.api.version to a current one")                         \
    X(DUPLICATE_RETAILER_ID, "duplicate_retailer_id", 10800, 10800, 0, 0, 0, 0, NULL, DUPLICATE, NONE,       \
      CLASSIFY_FIRM, "an item of this retailer id exists already", CLASSIFY_MEND_RETRY)                      \
    X(NO_IMAGE, "no_image", 10801, 10801, 0, 0, 0, 0, NULL, PERMANENT, NONE, 0, "the product has no image",  \
      "give the product an image, or set image.fallback")                                                    \
    X(BUSINESS_LIMIT, "business_limit", 80000, 80008, 0, 0, 0, 0, NULL, THROTTLE, TOKEN, CLASSIFY_FIRM,      \
      "a call limit of the business is used up", CLASSIFY_MEND_LIMIT)                                        \
    X(CATALOG_LIMIT, "catalog_limit", 80009, 80009, 0, 0, 0, 0, NULL, THROTTLE, CATALOG, CLASSIFY_FIRM,      \
      "the catalog's call limit is used up", CLASSIFY_MEND_LIMIT)                                            \
    X(BATCH_LIMIT, "batch_limit", 80014, 80014, 0, 0, 0, 0, NULL, THROTTLE, CATALOG_BATCH, CLASSIFY_FIRM,    \
      "the catalog's limit of bulk calls is used up", CLASSIFY_MEND_LIMIT)                                   \
    X(LINK_SCRAPE, "link_scrape", 1609005, 1609005, 0, 0, 0, 0, NULL, PERMANENT, NONE, 0,                    \
      "the API could not read the link", CLASSIFY_MEND_DATA)

/* Rows decided by the HTTP status, where the code is unknown or there is none; 0 as code matches both. */
#define CLASSIFY_HTTP_TABLE(X)                                                                               \
    X(HTTP_5XX, "http_5xx", 0, 0, 0, 0, 500, 599, NULL, TRANSIENT, NONE, CLASSIFY_UNKNOWN, "the API failed", \
      CLASSIFY_MEND_RETRY)                                                                                   \
    X(HTTP_401, "http_401", 0, 0, 0, 0, 401, 401, NULL, AUTH, NONE, CLASSIFY_SHARED,                         \
      "the API does not accept the token", CLASSIFY_MEND_TOKEN)                                              \
    X(HTTP_408, "http_408", 0, 0, 0, 0, 408, 408, NULL, TRANSIENT, NONE, CLASSIFY_UNKNOWN,                   \
      "the request came too slowly for the API", CLASSIFY_MEND_RETRY)                                        \
    X(HTTP_429, "http_429", 0, 0, 0, 0, 429, 429, NULL, THROTTLE, CATALOG, CLASSIFY_FIRM, "too many calls",  \
      CLASSIFY_MEND_LIMIT)                                                                                   \
    X(HTTP_4XX, "http_4xx", 0, 0, 0, 0, 400, 499, NULL, PERMANENT, NONE, CLASSIFY_SHARED | CLASSIFY_FEW,     \
      "the API refuses the request for a reason we do not know", CLASSIFY_MEND_ADMIN)                        \
    X(HTTP_200_ERROR, "http_200_error", 0, 0, 0, 0, 200, 299, NULL, PERMANENT, NONE,                         \
      CLASSIFY_SHARED | CLASSIFY_FEW, "the API names an error we do not know", CLASSIFY_MEND_ADMIN)          \
    X(HTTP_OTHER, "http_other", 0, 0, 0, 0, 0, 0, NULL, PERMANENT, NONE, CLASSIFY_SHARED | CLASSIFY_FEW,     \
      "the answer's HTTP status is none the API gives", "check catalog.base.url and what stands between")

/* Rows that no code and no status decides: how the call itself went, and what a 200 held. */
#define CLASSIFY_SHAPE_TABLE(X)                                                                              \
    X(SUCCESS, "success", 0, 0, 0, 0, 200, 299, NULL, OK, NONE, 0, "done", "")                               \
    X(CONNECT_FAILED, "connect_failed", 0, 0, 0, 0, 0, 0, NULL, TRANSIENT, NONE, 0,                          \
      "no connection to the API", CLASSIFY_MEND_RETRY)                                                       \
    X(TLS_FAILED, "tls_failed", 0, 0, 0, 0, 0, 0, NULL, TRANSIENT, NONE, 0,                                  \
      "no secure connection to the API", "check tls.ca.file, catalog.base.url and the clock")                \
    X(TIMED_OUT, "timed_out", 0, 0, 0, 0, 0, 0, NULL, TRANSIENT, NONE, 0,                                    \
      "no answer within call.timeout.ms", CLASSIFY_MEND_RETRY)                                               \
    X(CONNECTION_LOST, "connection_lost", 0, 0, 0, 0, 0, 0, NULL, TRANSIENT, NONE, 0,                        \
      "the connection broke before the whole answer was there", CLASSIFY_MEND_RETRY)                         \
    X(ABORTED, "aborted", 0, 0, 0, 0, 0, 0, NULL, TRANSIENT, NONE, 0,                                        \
      "broken off by ourselves before the request was sent", CLASSIFY_MEND_RETRY)                            \
    X(IS_TRANSIENT, "is_transient", 0, 0, 0, 0, 0, 0, NULL, TRANSIENT, NONE, CLASSIFY_UNKNOWN,               \
      "the API says that this will pass", CLASSIFY_MEND_RETRY)                                               \
    X(NOT_READABLE, "not_readable", 0, 0, 0, 0, 200, 299, NULL, TRANSIENT, NONE, CLASSIFY_UNKNOWN,           \
      "the answer is empty, cut short or no JSON", CLASSIFY_MEND_RETRY)                                      \
    X(SUCCESS_FALSE, "success_false", 0, 0, 0, 0, 200, 299, NULL, PERMANENT, NONE,                           \
      CLASSIFY_SHARED | CLASSIFY_FEW, "the API says success:false and not why", CLASSIFY_MEND_ADMIN)         \
    X(NO_ID, "no_id", 0, 0, 0, 0, 200, 299, NULL, TRANSIENT, NONE, CLASSIFY_UNKNOWN,                         \
      "the answer does not hold what was asked for", CLASSIFY_MEND_RETRY)                                    \
    X(CATALOG_UNSEEN, "catalog_unseen", 0, 0, 0, 0, 0, 0, NULL, PERMISSION, NONE, CLASSIFY_SHARED,           \
      "the catalog itself does not exist for this token", CLASSIFY_MEND_ADMIN)

enum classify_row {
#define X(symbol, ...) CLASSIFY_ROW_##symbol,
    CLASSIFY_CODE_TABLE(X) CLASSIFY_HTTP_TABLE(X) CLASSIFY_SHAPE_TABLE(X)
#undef X
        CLASSIFY_ROW_COUNT
};

#endif
