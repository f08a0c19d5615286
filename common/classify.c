#include "common/classify.h"
#include "common/assertx.h"
#include "common/jsonmend.h"
#include "common/redact.h"
#include "common/textsafe.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define RULE_(symbol, name, code_min, code_max, sub_min, sub_max, http_min, http_max, text, class, scope,    \
              flags, words, mend)                                                                            \
    {name, code_min,    code_max,          sub_min, sub_max, http_min, http_max,                             \
     text, API_##class, API_SCOPE_##scope, flags,   words,   mend},
#define ONE_(symbol, ...) +1 /* NOLINT(bugprone-macro-parentheses): a sum of ones */

static const struct classify_rule rules[CLASSIFY_ROW_COUNT] = {
    CLASSIFY_CODE_TABLE(RULE_) CLASSIFY_HTTP_TABLE(RULE_) CLASSIFY_SHAPE_TABLE(RULE_)};

enum { CODE_ROWS = 0 CLASSIFY_CODE_TABLE(ONE_), HTTP_ROWS = 0 CLASSIFY_HTTP_TABLE(ONE_) };
enum { EXCERPT_BYTES = 80 }; /* of a body that is no JSON, shown in the message */

static const char *const class_names[API_CLASS_COUNT] = {
#define X(symbol, name) name,
    API_CLASS_TABLE(X)
#undef X
};

const struct classify_rule *classify_rule(enum classify_row row)
{
    ASSERT((unsigned)row < CLASSIFY_ROW_COUNT);
    return &rules[row];
}

const char *api_class_name(enum api_class class)
{
    return (unsigned)class < API_CLASS_COUNT ? class_names[class] : "";
}

enum api_class api_class_parse(const char *name, size_t len)
{
    for (int i = 0; i < API_CLASS_COUNT; i++)
        if (strlen(class_names[i]) == len && memcmp(class_names[i], name, len) == 0)
            return (enum api_class)i;
    return API_CLASS_COUNT;
}

static bool is_write(enum api_op op)
{
    return op == API_OP_CREATE || op == API_OP_UPDATE || op == API_OP_DELETE;
}

/* True where one of the alternatives, split by '|', stands in the message. */
static bool text_matches(const char *alternatives, const char *message)
{
    while (*alternatives) {
        size_t len = strcspn(alternatives, "|");
        char one[64];

        ASSERT(len < sizeof(one));
        memcpy(one, alternatives, len);
        one[len] = '\0';
        if (strcasestr(message, one))
            return true;
        alternatives += len + (alternatives[len] == '|');
    }
    return false;
}

static bool in_range(int64_t value, int64_t min, int64_t max)
{
    return (min == 0 && max == 0) || (value >= min && value <= max);
}

/* The row for an answer that names an error, or for one that is none we can read and no success. */
static enum classify_row find_row(const struct api_verdict *verdict, const char *message)
{
    for (int i = 0; verdict->code != 0 && i < CODE_ROWS; i++) {
        const struct classify_rule *rule = &rules[i];

        if (in_range(verdict->code, rule->code_min, rule->code_max) &&
            in_range(verdict->subcode, rule->sub_min, rule->sub_max) &&
            (!rule->text || text_matches(rule->text, message)))
            return (enum classify_row)i;
    }
    for (int i = CODE_ROWS; i < CODE_ROWS + HTTP_ROWS; i++)
        if (in_range(verdict->http_status, rules[i].http_min, rules[i].http_max))
            return (enum classify_row)i;
    UNREACHABLE("the last HTTP row takes every status");
}

/* A date as HTTP writes it, or seconds; 0 where it is neither. */
static int64_t retry_after_ms(const char *header, int64_t now_ms)
{
    int64_t seconds = 0;
    struct tm tm = {0};
    const char *end;

    header += strspn(header, " \t");
    if (*header >= '0' && *header <= '9') {
        for (; *header >= '0' && *header <= '9'; header++)
            if (seconds <= API_WAIT_MAX_MS)
                seconds = seconds * 10 + (*header - '0');
        return seconds * 1000;
    }
    end = strptime(header, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    if (!end || now_ms == 0)
        return 0;
    return (int64_t)timegm(&tm) * 1000 - now_ms;
}

static void set_wait(const struct api_answer *answer, struct api_verdict *verdict)
{
    int64_t wait = 0, regain = verdict->usage.regain_minutes * INT64_C(60000);

    if (verdict->class != API_THROTTLE && verdict->class != API_TRANSIENT &&
        verdict->class != API_POLICY_BLOCK)
        return;
    if (answer->retry_after)
        wait = retry_after_ms(answer->retry_after, answer->now_ms);
    if (verdict->class == API_THROTTLE && regain > wait)
        wait = regain;
    verdict->wait_ms = wait < 0 ? 0 : wait > API_WAIT_MAX_MS ? API_WAIT_MAX_MS : wait;
}

/* Takes over what the row says. */
static void decide(const struct api_answer *answer, struct api_verdict *verdict, enum classify_row row)
{
    const struct classify_rule *rule = &rules[row];
    bool failed = rule->class == API_TRANSIENT || rule->class == API_SHRINK;

    verdict->row = row;
    verdict->class = rule->class;
    verdict->scope = rule->scope;
    verdict->shared_cause = (rule->flags & CLASSIFY_SHARED) != 0;
    verdict->few = (rule->flags & CLASSIFY_FEW) != 0;
    verdict->asked_for_proof = (rule->flags & CLASSIFY_PROOF) != 0;
    verdict->unknown_outcome =
        is_write(answer->op) && ((rule->flags & CLASSIFY_UNKNOWN) || (failed && answer->http_status >= 500));
    set_wait(answer, verdict);
}

static void say(struct api_verdict *verdict, const char *detail, size_t detail_bytes)
{
    const char *words = rules[verdict->row].words;
    char status[24] = "";
    int n;

    if (verdict->http_status)
        snprintf(status, sizeof(status), " (HTTP %d)", verdict->http_status);
    n = snprintf(verdict->message, sizeof(verdict->message), "%s%s%s", words, status,
                 detail_bytes ? ": " : "");
    textsafe_copy(verdict->message + n, sizeof(verdict->message) - (size_t)n, detail, detail_bytes);
}

static void judge_transport(const struct api_answer *answer, struct api_verdict *verdict)
{
    static const enum classify_row rows[] = {
        [API_NET_CONNECT_FAILED] = CLASSIFY_ROW_CONNECT_FAILED,
        [API_NET_TIMEOUT] = CLASSIFY_ROW_TIMED_OUT,
        [API_NET_RESET] = CLASSIFY_ROW_CONNECTION_LOST,
        [API_NET_TLS] = CLASSIFY_ROW_TLS_FAILED,
        [API_NET_ABORTED] = CLASSIFY_ROW_ABORTED,
    };
    const char *text = answer->transport_text;

    ASSERT((unsigned)answer->transport < sizeof(rows) / sizeof(rows[0]));
    decide(answer, verdict, rows[answer->transport]);
    verdict->unknown_outcome =
        is_write(answer->op) && answer->body_sent && answer->transport != API_NET_CONNECT_FAILED;
    say(verdict, text, text ? strlen(text) : 0);
}

/* An item id given as text or as number: digits only, or none. */
static void take_id(const cJSON *object, const char *name, char id[API_ID_BYTES])
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);
    char digits[API_ID_BYTES] = "";

    if (cJSON_IsString(member) && strlen(member->valuestring) < API_ID_BYTES)
        snprintf(digits, sizeof(digits), "%s", member->valuestring);
    else if (cJSON_IsNumber(member) && jsonmend_integer(object, name, 1, INT64_C(999999999999999), 0) > 0)
        snprintf(digits, sizeof(digits), "%.0f", member->valuedouble);
    if (digits[0] && digits[strspn(digits, "0123456789")] == '\0')
        memcpy(id, digits, API_ID_BYTES);
}

/* The id that a duplicate names: `error_data` is an object, or a string that holds the JSON of one
 * (catalog-api.md section 1). A group's id is no item's id. */
static void take_error_data(const cJSON *error, char id[API_ID_BYTES])
{
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(error, "error_data");
    cJSON *inner;

    if (cJSON_IsObject(data)) {
        take_id(data, "product_item_id", id);
    } else if (cJSON_IsString(data)) {
        inner = jsonmend_parse(data->valuestring, strlen(data->valuestring));
        take_id(inner, "product_item_id", id);
        cJSON_Delete(inner);
    }
}

static void take_text(const cJSON *object, const char *name, char *out, size_t cap)
{
    const char *text = jsonmend_string(object, name);

    textsafe_copy(out, cap, text, text ? strlen(text) : 0);
}

/* The body names an error. */
static void judge_error(const struct api_answer *answer, struct api_verdict *verdict, const cJSON *error)
{
    const char *message = cJSON_IsString(error) ? error->valuestring : jsonmend_string(error, "message");
    enum classify_row row;

    verdict->code = (int32_t)jsonmend_integer(error, "code", INT32_MIN, INT32_MAX, 0);
    verdict->subcode = (int32_t)jsonmend_integer(error, "error_subcode", INT32_MIN, INT32_MAX, 0);
    verdict->is_transient = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(error, "is_transient"));
    take_text(error, "error_user_title", verdict->user_title, sizeof(verdict->user_title));
    take_text(error, "error_user_msg", verdict->user_message, sizeof(verdict->user_message));
    take_text(error, "fbtrace_id", verdict->fbtrace_id, sizeof(verdict->fbtrace_id));
    row = find_row(verdict, message ? message : "");
    if (verdict->is_transient && !(rules[row].flags & CLASSIFY_FIRM))
        row = CLASSIFY_ROW_IS_TRANSIENT;
    /* the catalog's own edge "not found": nothing is known of the item, but the catalog is out of reach */
    if (rules[row].class == API_NOT_FOUND && (answer->op == API_OP_CREATE || answer->op == API_OP_LOOKUP))
        row = CLASSIFY_ROW_CATALOG_UNSEEN;
    decide(answer, verdict, row);
    if (verdict->class == API_DUPLICATE)
        take_error_data(error, verdict->id);
    if (message)
        textsafe_copy(verdict->message, sizeof(verdict->message), message, strlen(message));
    else
        say(verdict, NULL, 0);
}

/* A 2xx with a JSON body that names no error: is it the success that was asked for? */
static enum classify_row judge_success(const struct api_answer *answer, struct api_verdict *verdict,
                                       const cJSON *json)
{
    const cJSON *success = cJSON_GetObjectItemCaseSensitive(json, "success");

    if (cJSON_IsFalse(success))
        return CLASSIFY_ROW_SUCCESS_FALSE;
    switch (answer->op) {
    case API_OP_CREATE:
    case API_OP_READ:
        take_id(json, "id", verdict->id);
        return verdict->id[0] ? CLASSIFY_ROW_SUCCESS : CLASSIFY_ROW_NO_ID;
    case API_OP_UPDATE:
    case API_OP_DELETE: return cJSON_IsTrue(success) ? CLASSIFY_ROW_SUCCESS : CLASSIFY_ROW_NO_ID;
    case API_OP_LOOKUP:
        return cJSON_IsArray(cJSON_GetObjectItemCaseSensitive(json, "data")) ? CLASSIFY_ROW_SUCCESS
                                                                             : CLASSIFY_ROW_NO_ID;
    }
    UNREACHABLE("every operation has its success");
}

static void judge_answer(const struct api_answer *answer, struct api_verdict *verdict)
{
    bool looked_at = answer->body && answer->body_bytes > 0 && answer->body_bytes <= API_BODY_MAX_BYTES;
    size_t excerpt = looked_at && answer->body_bytes < EXCERPT_BYTES ? answer->body_bytes : EXCERPT_BYTES;
    cJSON *json = looked_at ? jsonmend_parse(answer->body, answer->body_bytes) : NULL;
    const cJSON *error = cJSON_GetObjectItemCaseSensitive(json, "error");
    bool good_status = answer->http_status >= 200 && answer->http_status <= 299;
    enum classify_row row;

    if (cJSON_IsObject(error) || cJSON_IsString(error)) {
        judge_error(answer, verdict, error);
    } else {
        if (!good_status)
            row = find_row(verdict, "");
        else
            row = cJSON_IsObject(json) ? judge_success(answer, verdict, json) : CLASSIFY_ROW_NOT_READABLE;
        decide(answer, verdict, row);
        if (verdict->class != API_OK)
            say(verdict, answer->body, looked_at ? excerpt : 0);
    }
    cJSON_Delete(json);
}

void classify(const struct api_answer *answer, struct api_verdict *verdict)
{
    memset(verdict, 0, sizeof(*verdict));
    verdict->http_status = answer->transport == API_NET_OK ? answer->http_status : 0;
    classify_usage(answer->usage_business, answer->usage_app, &verdict->usage);
    if (answer->transport == API_NET_OK)
        judge_answer(answer, verdict);
    else
        judge_transport(answer, verdict);
}
