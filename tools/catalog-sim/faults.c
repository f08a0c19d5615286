#include "faults.h"

#include <string.h>

const struct fault_def fault_defs[FAULT_COUNT] = {
    [FAULT_NONE] = {"none", 0, FAULT_ANY, "no fault (a scripted plan can spare a call so)"},
    [FAULT_HTTP500] = {"http500", 3, FAULT_ANY, "HTTP 500, code 1"},
    [FAULT_HTTP500_99] = {"http500_99", 1, FAULT_ANY, "HTTP 500, code 1, subcode 99"},
    [FAULT_CODE2] = {"code2", 2, FAULT_ANY, "HTTP 500, code 2, is_transient true"},
    [FAULT_HTTP503] = {"http503", 1, FAULT_ANY, "HTTP 503, plain text Service Unavailable"},
    [FAULT_UNAVAILABLE_200] = {"unavailable_200", 1, FAULT_ANY, "HTTP 200, plain text Service Unavailable"},
    [FAULT_HTML_502] = {"html_502", 1, FAULT_ANY, "HTTP 502, an HTML page"},
    [FAULT_EMPTY_500] = {"empty_500", 1, FAULT_ANY, "HTTP 500 without a body"},
    [FAULT_SUCCESS_FALSE] = {"success_false", 0, FAULT_WRITES, "HTTP 200 {\"success\":false}, not applied"},
    [FAULT_TRUNCATED_JSON] = {"truncated_json", 1, FAULT_ANY,
                              "the true answer, well framed, its JSON cut in half"},
    [FAULT_CUT_BODY] = {"cut_body", 1, FAULT_ANY,
                        "the connection closes in the middle of the true answer's body"},
    [FAULT_SLOW_BODY] = {"slow_body", 1, FAULT_ANY, "the true answer trickles in over slow.body.ms"},
    [FAULT_CLOSE] = {"close", 0, FAULT_ANY,
                     "the true answer, then the kept-alive connection is closed unannounced"},
    [FAULT_RESET_BEFORE] = {"reset_before", 3, FAULT_ANY, "connection reset, not applied"},
    [FAULT_RESET_AFTER] = {"reset_after", 3, FAULT_ANY, "applied, then connection reset: the answer is lost"},
    [FAULT_HANG_BEFORE] = {"hang_before", 0, FAULT_ANY, "never answered (closed after hang.ms), not applied"},
    [FAULT_HANG_AFTER] = {"hang_after", 0, FAULT_ANY, "applied, never answered (closed after hang.ms)"},
    [FAULT_LATE] = {"late", 2, FAULT_WRITES, "answer lost at once (late.answer), the write lands later"},
    [FAULT_THROTTLE_80009] = {"throttle_80009", 0, FAULT_ANY,
                              "catalog management limit, with the usage header"},
    [FAULT_THROTTLE_80014] = {"throttle_80014", 0, FAULT_BATCHES,
                              "items_batch: catalog batch limit, with the usage header"},
    [FAULT_THROTTLE_4] = {"throttle_4", 0, FAULT_ANY, "app limit, is_transient true"},
    [FAULT_THROTTLE_17] = {"throttle_17", 0, FAULT_ANY, "user limit, subcode 2446079"},
    [FAULT_THROTTLE_613] = {"throttle_613", 0, FAULT_ANY, "custom limit, code 613"},
    [FAULT_THROTTLE_32] = {"throttle_32", 0, FAULT_ANY, "page limit, code 32"},
    [FAULT_THROTTLE_341] = {"throttle_341", 0, FAULT_ANY, "application limit, code 341"},
    [FAULT_BLOCKED_368] = {"blocked_368", 0, FAULT_ANY, "temporarily blocked for policy, code 368"},
    [FAULT_TOKEN_190] = {"token_190", 0, FAULT_ANY, "token refused, code 190 with error.190.subcode"},
    [FAULT_SESSION_102] = {"session_102", 0, FAULT_ANY, "session invalid, code 102"},
    [FAULT_PERMISSION_10] = {"permission_10", 0, FAULT_ANY, "permission missing, code 10"},
    [FAULT_PERMISSION_200] = {"permission_200", 0, FAULT_ANY, "permission missing, code 200"},
    [FAULT_PERMANENT_100] = {"permanent_100", 0, FAULT_ANY, "code 100 Invalid parameter with error_user_msg"},
    [FAULT_INVALID_801] = {"invalid_801", 0, FAULT_DELETES, "DELETE refused with code 801"},
    [FAULT_REDUCE_DATA] = {"reduce_data", 0, FAULT_SIZED,
                           "HTTP 500 code 1, please reduce the amount of data"},
    [FAULT_NOT_FOUND] = {"not_found", 0, FAULT_ANY,
                         "the item is denied although it exists (not_found.shape)"},
    [FAULT_ERROR] = {"error", 0, FAULT_ANY,
                     "scripted: any error object (status, code, subcode, message ...)"},
    [FAULT_BODY] = {"body", 0, FAULT_ANY, "scripted: any status, content_type and body"},
    [FAULT_DELAY] = {"delay", 0, FAULT_ANY, "scripted: the true answer, ms later"},
    [FAULT_ENTRY] = {"entry", 0, FAULT_BATCHES,
                     "scripted: a bulk entry is refused when it is carried out (message)"},
};

enum fault_kind fault_by_name(const char *name)
{
    for (int i = 0; i < FAULT_COUNT; i++) {
        if (strcmp(fault_defs[i].name, name) == 0)
            return (enum fault_kind)i;
    }
    return FAULT_COUNT;
}
