#include "errors.h"

#include "sim.h"

#include <stdio.h>
#include <string.h>

/* Unique: the call's number is spread one-to-one over 64 bits and written in base 62. */
static void trace_id(const struct call *call, char out[24])
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    uint64_t a = mix64(call->seq), b = mix64(a ^ (uint64_t)call->sim->knobs.seed);
    out[0] = 'A';
    for (int i = 1; i <= 11; i++, a /= 62)
        out[i] = digits[a % 62];
    for (int i = 12; i <= 22; i++, b /= 62)
        out[i] = digits[b % 62];
    out[23] = '\0';
}

static void set_authenticate(struct answer *a, const char *type, const char *message)
{
    char plain[128];
    size_t n = 0;
    for (const char *at = message; *at && n + 1 < sizeof plain; at++)
        plain[n++] =
            *at == '"' || *at == '\\' || (unsigned char)*at < 0x20 || (unsigned char)*at > 0x7e ? '\'' : *at;
    plain[n] = '\0';
    snprintf(a->authenticate, sizeof a->authenticate, "OAuth \"Facebook Platform\" \"%s\" \"%s\"", type,
             plain);
}

void answer_error(struct call *call, const struct api_error *e)
{
    struct answer *a = &call->answer;
    struct text *b = &a->body;
    const char *type = e->type ? e->type : "OAuthException";
    char trace[24];
    trace_id(call, trace);
    text_clear(b);
    text_str(b, "{\"error\":{\"message\":");
    text_json(b, e->message);
    text_str(b, ",\"type\":");
    text_json(b, type);
    text_fmt(b, ",\"code\":%d", e->code);
    if (e->error_data)
        text_fmt(b, ",\"error_data\":%s", e->error_data);
    if (e->subcode)
        text_fmt(b, ",\"error_subcode\":%d", e->subcode);
    if (e->is_transient >= 0)
        text_fmt(b, ",\"is_transient\":%s", e->is_transient ? "true" : "false");
    if (e->user_title) {
        text_key(b, "error_user_title");
        text_json(b, e->user_title);
    }
    if (e->user_message) {
        text_key(b, "error_user_msg");
        text_json(b, e->user_message);
    }
    text_fmt(b, ",\"fbtrace_id\":\"%s\"}}", trace);
    a->status = e->status;
    a->code = e->code;
    a->subcode = e->subcode;
    a->content_type = NULL;
    set_authenticate(a, type, e->message);
}

void answer_100(struct call *call, const char *message)
{
    answer_error(call, &(struct api_error){400, 100, 0, -1, NULL, message, NULL, NULL, NULL});
}

void answer_required(struct call *call, const char *name)
{
    char message[100];
    snprintf(message, sizeof message, "(#100) The parameter %s is required", name);
    answer_100(call, message);
}

static void answer_unsupported(struct call *call, int subcode)
{
    char message[512];
    snprintf(message, sizeof message,
             "Unsupported %s request. Object with ID '%s' does not exist, cannot be loaded due to missing "
             "permissions, "
             "or does not support this operation. Please read the Graph API documentation at "
             "https://developers.facebook.com/docs/graph-api",
             call->method_name, call->target);
    answer_error(
        call, &(struct api_error){400, 100, subcode, -1, "GraphMethodException", message, NULL, NULL, NULL});
}

void answer_not_found(struct call *call, bool item)
{
    char message[512];
    struct api_error e = {400, 100, 0, -1, NULL, message, NULL, NULL, NULL};
    int64_t shape = item ? call->sim->knobs.not_found_shape : SHAPE_33;
    if (shape == SHAPE_RETAILER && call->subject) {
        snprintf(message, sizeof message,
                 "(#100) Could not find Product Item for catalog id %s, retailer id %s",
                 call->subject->catalog->id, call->subject->retailer_id);
        answer_error(call, &e);
    } else if (shape == SHAPE_803) {
        snprintf(message, sizeof message, "(#803) Some of the aliases you requested do not exist: %s",
                 call->target);
        e.status = 404;
        e.code = 803;
        answer_error(call, &e);
    } else if (shape == SHAPE_OLD_33) {
        snprintf(message, sizeof message, "(#33) This object does not exist or does not support this action");
        e.code = 33;
        answer_error(call, &e);
    } else {
        answer_unsupported(call, shape == SHAPE_13 ? 13 : 33);
    }
}

void answer_190(struct call *call, int subcode)
{
    static const struct {
        int subcode;
        const char *message;
    } texts[] = {
        {458, "Error validating access token: The user has not authorized application."},
        {459, "Error validating access token: You cannot access the app till you log in and follow the "
              "instructions given."},
        {460, "Error validating access token: The session has been invalidated because the user changed "
              "their password "
              "or the session was changed for security reasons."},
        {463, "Error validating access token: Session has expired."},
        {464, "Error validating access token: Sessions for the user are not allowed because the user is not "
              "confirmed."},
        {467, "Error validating access token: This may be because the user logged out or may be due to a "
              "system error."},
        {492, "Error validating access token: The user must be an administrator of the page."},
    };
    const char *message =
        subcode ? "Error validating access token." : "Invalid OAuth access token - Cannot parse access token";
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (texts[i].subcode == subcode)
            message = texts[i].message;
    }
    answer_error(call, &(struct api_error){(int)call->sim->knobs.error_190_status, 190, subcode, -1, NULL,
                                           message, NULL, NULL, NULL});
}

void answer_permission(struct call *call, int code)
{
    struct api_error e = {
        (int)call->sim->knobs.error_permission_status, code, 0, -1, NULL, "", NULL, NULL, NULL};
    if (code == 102) {
        e.status = (int)call->sim->knobs.error_190_status;
        e.message = "(#102) Session key invalid or no longer valid";
    } else if (code == 10) {
        e.message = "(#10) Application does not have permission for this action";
    } else {
        e.message = "(#200) Requires catalog_management permission to manage the object";
    }
    answer_error(call, &e);
}

void answer_throttle(struct call *call, int code, int regain_minutes)
{
    struct api_error e = {
        (int)call->sim->knobs.error_throttle_status, code, 0, -1, NULL, "", NULL, NULL, NULL};
    switch (code) {
    case 80009:
        e.message =
            "(#80009) There have been too many calls to this Catalog account. Wait a bit and try again. For "
            "more "
            "info, please refer to https://developers.facebook.com/docs/graph-api/overview/rate-limiting.";
        break;
    case 80014:
        e.message =
            "(#80014) There have been too many calls for the batch uploads to this catalog account. Wait "
            "a bit and try again. For more info, please refer to "
            "https://developers.facebook.com/docs/graph-api/overview/rate-limiting.";
        break;
    case 4:
        e.message = "(#4) Application request limit reached";
        e.is_transient = 1;
        break;
    case 17:
        e.message = "(#17) User request limit reached";
        e.subcode = 2446079;
        e.is_transient = 1;
        break;
    case 32: e.message = "(#32) Page request limit reached"; break;
    case 341: e.message = "(#341) Feed action request limit reached"; break;
    case 613: e.message = "(#613) Calls to this api have exceeded the rate limit."; break;
    default:
        e.status = (int)call->sim->knobs.error_368_status;
        e.message = "(#368) The action attempted has been deemed abusive or is otherwise disallowed";
        break;
    }
    answer_error(call, &e);
    call->answer.regain_minutes = regain_minutes;
}

void answer_reduce_data(struct call *call)
{
    answer_error(call, &(struct api_error){
                           500, 1, 0, -1, NULL,
                           "Please reduce the amount of data you're asking for, then retry your request",
                           NULL, NULL, NULL});
}

void answer_raw(struct call *call, int status, const char *content_type, const char *body)
{
    struct answer *a = &call->answer;
    text_clear(&a->body);
    text_str(&a->body, body);
    a->status = status;
    a->content_type = content_type;
    a->code = a->subcode = 0;
    a->authenticate[0] = '\0';
}

static void answer_scripted_error(struct call *call)
{
    const struct fault *f = &call->fault;
    answer_error(call, &(struct api_error){f->status ? f->status : 400, f->code, f->subcode, f->is_transient,
                                           f->type, f->message ? f->message : "An error occurred",
                                           f->user_title, f->user_message, f->error_data});
    call->answer.regain_minutes = f->regain_minutes;
}

static void answer_5xx(struct call *call)
{
    struct api_error e = {500, 1, 0, -1, NULL, "An unknown error occurred", NULL, NULL, NULL};
    switch (call->fault.kind) {
    case FAULT_HTTP503: answer_raw(call, 503, "text/plain; charset=UTF-8", "Service Unavailable"); return;
    case FAULT_UNAVAILABLE_200:
        answer_raw(call, 200, "text/plain; charset=UTF-8", "Service Unavailable");
        return;
    case FAULT_EMPTY_500: answer_raw(call, 500, "text/plain; charset=UTF-8", ""); return;
    case FAULT_HTML_502:
        answer_raw(call, 502, "text/html; charset=UTF-8",
                   "<!DOCTYPE html>\n<html><head><title>Error</title></head><body><h1>Sorry, something went "
                   "wrong.</h1>"
                   "<p>We're working on it and we'll get it fixed as soon as we can.</p></body></html>\n");
        return;
    case FAULT_HTTP500_99: e.subcode = 99; break;
    case FAULT_CODE2:
        e.code = 2;
        e.is_transient = 1;
        e.message = "An unexpected error has occurred. Please retry your request later.";
        break;
    default: break;
    }
    answer_error(call, &e);
}

bool answer_fault(struct call *call)
{
    const struct knobs *k = &call->sim->knobs;
    switch (call->fault.kind) {
    case FAULT_LATE:
    case FAULT_HTTP500:
    case FAULT_HTTP500_99:
    case FAULT_CODE2:
    case FAULT_HTTP503:
    case FAULT_UNAVAILABLE_200:
    case FAULT_HTML_502:
    case FAULT_EMPTY_500: answer_5xx(call); return true;
    case FAULT_SUCCESS_FALSE: answer_raw(call, 200, NULL, "{\"success\":false}"); return true;
    case FAULT_THROTTLE_80009: answer_throttle(call, 80009, (int)k->throttle_regain_minutes); return true;
    case FAULT_THROTTLE_80014: answer_throttle(call, 80014, (int)k->throttle_regain_minutes); return true;
    case FAULT_THROTTLE_4: answer_throttle(call, 4, 0); return true;
    case FAULT_THROTTLE_17: answer_throttle(call, 17, 0); return true;
    case FAULT_THROTTLE_613: answer_throttle(call, 613, 0); return true;
    case FAULT_THROTTLE_32: answer_throttle(call, 32, 0); return true;
    case FAULT_THROTTLE_341: answer_throttle(call, 341, 0); return true;
    case FAULT_BLOCKED_368: answer_throttle(call, 368, 0); return true;
    case FAULT_TOKEN_190:
        answer_190(call, (int)(call->fault.subcode ? call->fault.subcode : k->error_190_subcode));
        return true;
    case FAULT_SESSION_102: answer_permission(call, 102); return true;
    case FAULT_PERMISSION_10: answer_permission(call, 10); return true;
    case FAULT_PERMISSION_200: answer_permission(call, 200); return true;
    case FAULT_PERMANENT_100:
        answer_error(call, &(struct api_error){400, 100, 0, 0, NULL, "Invalid parameter", "Item refused",
                                               "This item does not comply with our policies.", NULL});
        return true;
    case FAULT_INVALID_801:
        answer_error(
            call, &(struct api_error){400, 801, 0, -1, NULL, "(#801) Invalid operation", NULL, NULL, NULL});
        return true;
    case FAULT_REDUCE_DATA: answer_reduce_data(call); return true;
    case FAULT_NOT_FOUND: answer_not_found(call, true); return true;
    case FAULT_ERROR: answer_scripted_error(call); return true;
    case FAULT_BODY:
        answer_raw(call, call->fault.status ? call->fault.status : 200, call->fault.content_type,
                   call->fault.body ? call->fault.body : "");
        return true;
    default: return false;
    }
}

int call_flag(struct call *call, const char *name, int by_default)
{
    const struct param *p = params_find(&call->params, name);
    if (!p)
        return by_default;
    if (p->json && cJSON_IsBool(p->json))
        return cJSON_IsTrue(p->json);
    const char *s = p->text ? p->text : "";
    if (strcmp(s, "true") == 0 || strcmp(s, "1") == 0)
        return 1;
    if (strcmp(s, "false") == 0 || strcmp(s, "0") == 0)
        return 0;
    char message[100];
    snprintf(message, sizeof message, "(#100) Param %s must be a boolean", name);
    answer_100(call, message);
    return -1;
}
