/* The error answers, one function a meaning; texts and codes are those of catalog-api.md section 7. */
#ifndef CATALOG_SIM_ERRORS_H
#define CATALOG_SIM_ERRORS_H

#include "call.h"

struct api_error {
    int status, code, subcode;                       /* subcode 0: none */
    int is_transient;                                /* -1: not said */
    const char *type;                                /* NULL: OAuthException */
    const char *message, *user_title, *user_message; /* user texts may be NULL */
    const char *error_data;                          /* JSON value, or NULL */
};

/* Sets the call's answer to that error. The body has a fbtrace_id of its own. */
void answer_error(struct call *call, const struct api_error *e);

/* Code 100 with this message, HTTP 400. */
void answer_100(struct call *call, const char *message);

/* Code 100, "The parameter NAME is required". */
void answer_required(struct call *call, const char *name);

/* The item or node in call->target is unknown: shaped as the knob not_found.shape has it if `item`, else
 * 100/33. */
void answer_not_found(struct call *call, bool item);

/* Code 190 with that subcode; the text goes with it. */
void answer_190(struct call *call, int subcode);

/* Codes 10, 200, 102. */
void answer_permission(struct call *call, int code);

/* Throttles: 80009, 80014, 4, 17, 32, 341, 613, 368. regain_minutes only with the first two. */
void answer_throttle(struct call *call, int code, int regain_minutes);

/* HTTP 500 code 1, "Please reduce the amount of data ...". */
void answer_reduce_data(struct call *call);

/* Replaces the answer by plain text or HTML, or nothing. */
void answer_raw(struct call *call, int status, const char *content_type, const char *body);

/* A parameter that is a boolean: 1, 0, or -1 if it is something else (the answer is set). */
int call_flag(struct call *call, const char *name, int by_default);

/* The answer of the call's fault, for those faults that have one of their own; false: the fault has none. */
bool answer_fault(struct call *call);

#endif
