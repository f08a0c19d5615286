#include "explain.h"

#include "common/classify.h"
#include "common/reason.h"
#include "common/sbuf.h"

#include <string.h>

enum { BODY_MAX = 4096 };

/* The row that the worker's own classification finds for such an answer. */
static const struct classify_rule *rule_of(int32_t code, int32_t subcode, int32_t http_status,
                                           const char *message)
{
    struct api_verdict verdict;
    struct api_answer answer = {.op = API_OP_UPDATE, .transport = API_NET_OK, .http_status = http_status};
    struct sbuf body;

    sbuf_init(&body, BODY_MAX);
    sbuf_printf(&body, "{\"error\":{\"code\":%d,\"error_subcode\":%d,\"message\":", (int)code, (int)subcode);
    sbuf_put_json(&body, message, strnlen(message, BODY_MAX / 4));
    sbuf_puts(&body, "}}");
    answer.body = sbuf_str(&body);
    answer.body_bytes = body.len;
    if (answer.http_status == 0)
        answer.http_status = 400;
    classify(&answer, &verdict);
    sbuf_free(&body);
    return classify_rule(verdict.row);
}

void explain(const char *reason, int32_t code, int32_t subcode, int32_t http_status, const char *message,
             struct explanation *out)
{
    const struct reason_info *info = reason_info(reason);

    if (code != 0 || http_status != 0) {
        const struct classify_rule *rule = rule_of(code, subcode, http_status, message);

        *out = (struct explanation){.words = rule->words, .mend = rule->mend, .rule = rule->name};
        return;
    }
    *out = (struct explanation){
        .words = info ? info->words : "a reason that this program does not know",
        .mend = info ? info->mend : "look at the message; a newer program may know it",
    };
}
