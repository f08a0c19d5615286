/* What an answer of the catalog API means (catalog-api.md section 7). One table, common/classify_table.h,
 * holds the rules; this module reads an answer of any shape (JSON, HTML, nothing, half of something) and
 * finds the row that applies.
 *
 * Order of the rules: transport, then throttles and other firm rows by code, then `is_transient:true`, then
 * the code table, then an unknown code by HTTP status. */
#ifndef COMMON_CLASSIFY_H
#define COMMON_CLASSIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/classify_table.h"

/* X(SYMBOL, name in results and dead letters) */
#define API_CLASS_TABLE(X)                                                                                   \
    X(OK, "ok")                                                                                              \
    X(TRANSIENT, "transient")       /* again later, with backoff */                                          \
    X(THROTTLE, "throttle")         /* again after wait_ms; gates the whole scope */                         \
    X(POLICY_BLOCK, "policy_block") /* code 368: hours of pause and an alert */                              \
    X(AUTH, "auth")                 /* token or proof bad: pause the catalog */                              \
    X(PERMISSION, "permission")     /* token lacks a right: pause the catalog */                             \
    X(NOT_FOUND, "not_found")       /* no such item: forget the id, look up */                               \
    X(DUPLICATE, "duplicate")       /* the retailer id exists: take its id or look up, then update */        \
    X(PERMANENT, "permanent")       /* no retry until the product changes; see few */                        \
    X(SHRINK, "shrink")             /* ask for less at once, then again */

enum api_class {
#define X(symbol, name) API_##symbol,
    API_CLASS_TABLE(X)
#undef X
        API_CLASS_COUNT
};

/* Whom a throttle stops. CATALOG_BATCH stops only bulk calls of the catalog (80014). */
enum api_scope { API_SCOPE_NONE, API_SCOPE_CATALOG, API_SCOPE_CATALOG_BATCH, API_SCOPE_TOKEN, API_SCOPE_APP };

enum api_op { API_OP_CREATE, API_OP_UPDATE, API_OP_DELETE, API_OP_LOOKUP, API_OP_READ };

enum api_transport {
    API_NET_OK,             /* a complete HTTP answer, whatever its status */
    API_NET_CONNECT_FAILED, /* no connection: name not found, refused, connect time-out */
    API_NET_TIMEOUT,        /* connected, and no whole answer in time */
    API_NET_RESET,          /* the connection broke, or the answer was cut short or over the size limit */
    API_NET_TLS,            /* handshake or certificate failed */
    API_NET_ABORTED         /* we broke it off ourselves: the lease check when the body was to go out */
};

/* An answer as the HTTP adapter has it. Pointers are the caller's, may be NULL where absent, and are only
 * read. */
struct api_answer {
    enum api_op op;
    enum api_transport transport;
    bool body_sent;    /* at least one byte of the request may have left (a call without body: the headers) */
    int http_status;   /* 0 without an answer */
    const char *body;  /* raw bytes */
    size_t body_bytes; /* API_BODY_MAX_BYTES at most is looked at; more is a broken answer */
    const char *retry_after;    /* header value: seconds or an HTTP date */
    const char *usage_business; /* x-business-use-case-usage */
    const char *usage_app;      /* x-app-usage */
    const char *transport_text; /* the HTTP library's words, for the message */
    int64_t now_ms;             /* since 1970, for a Retry-After date; 0: dates are ignored */
};

#define API_BODY_MAX_BYTES   1048576 /* 1 MiB */
#define API_ID_BYTES         32      /* digits of an item id and NUL; more digits are a broken answer */
#define API_MESSAGE_BYTES    512
#define API_USER_TITLE_BYTES 128
#define API_TRACE_BYTES      64
/* Longest wait taken from an answer; a longer one is a broken header (regain time is at most a day). */
#define API_WAIT_MAX_MS INT64_C(86400000)

/* Use of the call budget, in percent; 0 where no header came. */
struct api_usage {
    int business_percent; /* the largest of call_count, total_time, total_cputime over all ids and types */
    int app_percent;
    int regain_minutes; /* the largest estimated_time_to_regain_access */
};

/* All texts are NUL-terminated, valid UTF-8 without control characters, scrubbed of registered secrets, cut
 * to size. */
struct api_verdict {
    enum api_class class;
    enum api_scope scope;  /* THROTTLE only */
    enum classify_row row; /* which rule decided */
    bool shared_cause;     /* many of these at once are an outage, not many bad products (issue 4) */
    bool unknown_outcome;  /* a write that may have been applied, now or within call.late.max.ms */
    bool few;              /* PERMANENT only after a small number of further tries */
    bool is_transient;     /* the answer said so itself */
    bool asked_for_proof;  /* AUTH: the app secret proof is missing or wrong, not the token */
    int32_t code, subcode; /* 0: none given */
    int http_status;
    int64_t wait_ms; /* least wait from Retry-After or the regain minutes; 0: none named */
    struct api_usage usage;
    char id[API_ID_BYTES]; /* item id: of a create, or the existing one out of a duplicate's error_data; "":
                              none */
    char message[API_MESSAGE_BYTES];
    char user_title[API_USER_TITLE_BYTES];
    char user_message[API_MESSAGE_BYTES];
    char fbtrace_id[API_TRACE_BYTES];
};

/* Fills *verdict from *answer. Cannot fail: what cannot be understood has a row of its own.
 * API_OK means: CREATE gave an id, UPDATE and DELETE said success:true, LOOKUP gave a `data` list, READ gave
 * an `id`. */
void classify(const struct api_answer *answer, struct api_verdict *verdict);

/* The items of a LOOKUP answer (catalog-api.md section 3), in order. `on_item` gets NUL-terminated texts that
 * live for the call; entries without both an id and a retailer id are passed over. *has_next says that
 * paging.next was there. Returns the number of items handed over, or -1 where the body is no such list
 * (classify said so before). */
typedef void (*classify_item_fn)(void *arg, const char *id, const char *retailer_id);
int classify_lookup(const char *body, size_t body_bytes, classify_item_fn on_item, void *arg, bool *has_next);

/* Reads the usage headers (NULL where absent) into *usage; never fails, a broken header counts as absent.
 * The business header is nested: {"id":[{"call_count":95,...,"estimated_time_to_regain_access":0}], ...}. */
void classify_usage(const char *usage_business, const char *usage_app, struct api_usage *usage);

/* "transient", ...; "" for a number that is no class. */
const char *api_class_name(enum api_class class);
/* The class whose name this is; API_CLASS_COUNT for none. */
enum api_class api_class_parse(const char *name, size_t len);

struct classify_rule {
    const char *name;
    int32_t code_min, code_max; /* both 0: any code */
    int32_t sub_min, sub_max;   /* both 0: any subcode, none included */
    int http_min, http_max;     /* both 0: any status */
    const char *text; /* found in the message, ASCII case ignored; alternatives split by '|'; NULL: any */
    enum api_class class;
    enum api_scope scope;
    unsigned flags;    /* CLASSIFY_* */
    const char *words; /* in plain words, for people */
    const char *mend;  /* the usual mend */
};

enum {
    CLASSIFY_SHARED = 1u << 0,  /* shared cause */
    CLASSIFY_FEW = 1u << 1,     /* permanent after a small budget */
    CLASSIFY_FIRM = 1u << 2,    /* is_transient:true does not overrule this row */
    CLASSIFY_UNKNOWN = 1u << 3, /* a write's outcome is unknown, whatever the HTTP status */
    CLASSIFY_PROOF = 1u << 4    /* about the app secret proof */
};

/* The row's rule; never NULL for a row below CLASSIFY_ROW_COUNT. */
const struct classify_rule *classify_rule(enum classify_row row);

#endif
