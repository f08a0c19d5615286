/* What is told to operators: one line an outcome, one line a change of state, and why the worker is not
 * ready. */
#include "common/log.h"
#include "worker/runtime/reactor.h"

unsigned reactor_not_ready(const struct reactor *r)
{
    unsigned why = 0;

    if (!r->source || !kafka_source_joined(r->source))
        why |= NOT_JOINED;
    if (!core_store_ready(r->core))
        why |= NOT_STORE;
    if (r->kafka_down)
        why |= NOT_KAFKA;
    if (r->stopping)
        why |= NOT_STOPPING;
    return why;
}

const char *gate_words(enum gate_cause cause)
{
    switch (cause) {
    case GATE_WORKS: return "works";
    case GATE_FAILING: return "failing";
    case GATE_REFUSING: return "refusing every product";
    case GATE_THROTTLED: return "throttled";
    case GATE_BLOCKED: return "blocked by policy";
    case GATE_AUTH: return "credentials refused";
    case GATE_FORBIDDEN: return "permission refused";
    }
    return "";
}

static const char *gate_mend(enum gate_cause cause)
{
    switch (cause) {
    case GATE_WORKS: return NULL;
    case GATE_FAILING: return "nothing to do: records are kept, and a probe call tries again by itself";
    case GATE_REFUSING:
        return "many products are refused for one cause that is not their data (see the last errors): mend "
               "that; "
               "records are kept, and one of them tries again by itself now and then";
    case GATE_THROTTLED: return "nothing to do; if it repeats, lower catalog.rate.per.hour";
    case GATE_BLOCKED:
        return "look at the business account's notices; calls go on by themselves when it is lifted";
    case GATE_AUTH: return "put a valid token into the token's file (or restart with one); records are kept";
    case GATE_FORBIDDEN:
        return "give the token's system user catalog_management on this catalog; records are kept";
    }
    return NULL;
}

void status_log_gate(struct reactor *r, uint8_t catalog, enum gate_cause cause, usec_t until_us)
{
    const char *name = r->config->catalogs[catalog].name;

    if (cause == GATE_WORKS)
        log_info("catalog works again", log_str("catalog", name));
    else
        log_error("catalog paused", log_str("catalog", name), log_str("state", gate_words(cause)),
                  log_milli("next_try_in_seconds", (until_us - loop_now_us(r->loop)) / 1000),
                  log_str("mend", gate_mend(cause)));
}

#define OUTCOME_FIELDS(event)                                                                                \
    log_str("event_id", (event)->event_id), log_str("product_id", (event)->product_id),                      \
        log_str("sku", (event)->out.sku), log_str("catalog_id", (event)->out.catalog_id),                    \
        log_str("catalog", (event)->catalog), log_str("outcome", result_kind_name((event)->out.kind)),       \
        log_str("reason", (event)->out.reason), log_int("version", (event)->out.version),                    \
        log_uint("attempts", (event)->attempts), log_int("queued_ms", (event)->queued_for_ms)

/* As the system before had them: INFO created, updated, deleted, inactive; WARNING without SKU; ERROR with
 * what the API said. */
void status_log_outcome(struct reactor *r, const struct payload *payload, const struct result_event *event)
{
    const struct result_error *error = &event->out.error;

    (void)r;
    if (event->out.kind == RESULT_FAILED) {
        log_error("product failed", OUTCOME_FIELDS(event), log_str("class", error->class_name),
                  log_int("code", error->code), log_int("subcode", error->subcode),
                  log_int("http_status", error->http_status), log_str("error", error->message),
                  log_str("user_message", error->user_message), log_str("fbtrace_id", error->fbtrace_id));
    } else if (event->out.kind == RESULT_SKIPPED && !payload->event->has_sku &&
               event_is_upsert(payload->event)) {
        log_warn("product skipped: it has no SKU", OUTCOME_FIELDS(event));
    } else {
        const char *trace = payload->verdict ? payload->verdict->fbtrace_id : NULL;

        log_info(result_kind_name(event->out.kind), OUTCOME_FIELDS(event), log_str("fbtrace_id", trace));
    }
}
