/* API calls: builds the request of one, and turns its answer into what the core needs to know. */
#include "common/apibody.h"
#include "common/assertx.h"
#include "common/log.h"
#include "common/result.h"
#include "worker/runtime/metrics.h"
#include "worker/runtime/reactor.h"

#include <stdlib.h>
#include <string.h>

static uint64_t cookie_of(struct op_id op)
{
    return (uint64_t)op.gen << 32 | op.slot;
}

static struct op_id op_from(uint64_t cookie)
{
    return (struct op_id){.slot = (uint32_t)cookie, .gen = (uint32_t)(cookie >> 32)};
}

static void build_body(const struct reactor *r, const struct payload *payload,
                       const struct call_request *request, struct sbuf *body)
{
    bool upsert = r->settings.core.catalogs[payload->event->catalog_index].upsert;

    switch (request->kind) {
    case CALL_CREATE: apibody_create(body, payload->event, upsert); return;
    case CALL_UPDATE: apibody_update(body, payload->event); return;
    case CALL_HIDE: apibody_hide(body); return;
    case CALL_DELETE:
    case CALL_LOOKUP: return;
    }
}

static void build_path(const struct payload *payload, const struct config_catalog *catalog,
                       const struct call_request *request, struct sbuf *path)
{
    struct text sku = payload_sku(payload, request->target);
    const char *item_id = payload->item_ids[request->target];

    switch (request->kind) {
    case CALL_CREATE: apipath_products(path, catalog->api_version, catalog->id); return;
    case CALL_UPDATE:
    case CALL_HIDE:
    case CALL_DELETE: apipath_item(path, catalog->api_version, item_id, strlen(item_id)); return;
    case CALL_LOOKUP: apipath_lookup(path, catalog->api_version, catalog->id, &sku, 1); return;
    }
}

void perform_call(struct reactor *r, struct op_id op, const struct call_request *request)
{
    struct payload *payload = payload_of(r->payloads, op);
    const struct config_catalog *catalog = &r->config->catalogs[payload->event->catalog_index];
    struct sbuf *body = reactor_scratch(r, 0), *path = reactor_scratch(r, 1);

    ASSERT(!r->settings.core.plan_only); /* the core plans; a call here would be a real one */
    metrics_asked(r, payload);
    payload->call = request->kind;
    payload->call_target = request->target;
    if (payload->first_attempt_ms == 0)
        payload->first_attempt_ms = reactor_wall_ms();
    r->counts.calls[request->kind]++;
    r->counts.catalog_calls[payload->event->catalog_index]++;
    build_body(r, payload, request, body);
    build_path(payload, catalog, request, path);
    log_debug("call", log_bytes("event_id", payload->event->id.ptr, payload->event->id.len),
              log_uint("attempt", request->attempt), log_payload("body", sbuf_str(body), body->len));
    ASSERT(sbuf_ok(body) && sbuf_ok(path));
    http_api_call(r->apis[payload->event->catalog_index], cookie_of(op),
                  &(struct http_call){
                      .catalog = 0, /* one client a catalog: base URL and version may differ */
                      .kind = request->kind,
                      .path = sbuf_str(path),
                      .body = body->len > 0 ? sbuf_str(body) : NULL,
                      .body_size = body->len,
                      .traceparent = payload->event->traceparent.ptr,
                      .send_before_us = request->send_before_us,
                  });
}

static enum call_class class_of(enum api_class class)
{
    switch (class) {
    case API_OK: return CALLED_OK;
    case API_TRANSIENT:
    case API_SHRINK: return CALLED_TRANSIENT; /* one item is the least that can be asked for */
    case API_THROTTLE: return CALLED_THROTTLED;
    case API_POLICY_BLOCK: return CALLED_BLOCKED;
    case API_AUTH: return CALLED_AUTH;
    case API_PERMISSION: return CALLED_FORBIDDEN;
    case API_NOT_FOUND: return CALLED_NOT_FOUND;
    case API_DUPLICATE: return CALLED_DUPLICATE;
    case API_PERMANENT: return CALLED_REFUSED;
    case API_CLASS_COUNT: break;
    }
    UNREACHABLE("api class");
}

struct lookup {
    struct text sku;
    char id[API_ID_BYTES];
};

static void take_item(void *arg, const char *id, const char *retailer_id)
{
    struct lookup *lookup = arg;

    if (strlen(retailer_id) == lookup->sku.len &&
        memcmp(retailer_id, lookup->sku.ptr, lookup->sku.len) == 0 && strlen(id) < API_ID_BYTES)
        memcpy(lookup->id, id, strlen(id) + 1);
}

/* The item id that came with the answer, kept for the target; its hash for the core. */
static uint64_t take_id(struct payload *payload, const struct api_verdict *verdict,
                        const struct http_answer *answer)
{
    struct lookup lookup = {.sku = payload_sku(payload, payload->call_target)};
    bool has_next;

    if (payload->call == CALL_LOOKUP && verdict->class == API_OK)
        classify_lookup(answer->api.body, answer->api.body_bytes, take_item, &lookup, &has_next);
    else
        memcpy(lookup.id, verdict->id, sizeof lookup.id);
    if (lookup.id[0] == '\0')
        return 0;
    memcpy(payload->item_ids[payload->call_target], lookup.id, sizeof lookup.id);
    return store_item_hash((struct text){.ptr = lookup.id, .len = (uint32_t)strlen(lookup.id)});
}

static void keep_verdict(struct payload *payload, const struct api_verdict *verdict)
{
    if (verdict->class == API_OK)
        return;
    if (!payload->verdict) {
        payload->verdict = malloc(sizeof *payload->verdict);
        ASSERT(payload->verdict != NULL);
    }
    *payload->verdict = *verdict;
}

static void answered(void *arg, uint64_t cookie, const struct http_answer *answer)
{
    struct reactor *r = arg;
    struct op_id op = op_from(cookie);
    struct payload *payload = payload_find(r->payloads, op);
    struct input in = {.type = IN_CALLED};
    bool kept_back = answer->api.transport == API_NET_ABORTED && !answer->api.body_sent;
    struct api_verdict verdict;

    if (!payload)
        return; /* the core keeps every op whose call is out: cannot be, but for a stop whose time is over */
    classify(&answer->api, &verdict);
    r->counts.call_classes[payload->call][verdict.class]++;
    if (!kept_back)
        metrics_called(r, payload);
    keep_verdict(payload, &verdict);
    in.u.called.op = op;
    in.u.called.reply = (struct call_reply){
        .class = kept_back ? CALLED_NOT_SENT : class_of(verdict.class),
        .unknown = payload->call != CALL_LOOKUP && verdict.unknown_outcome,
        .few = verdict.few,
        .shared = verdict.class == API_PERMANENT && verdict.shared_cause,
        .item_hash = take_id(payload, &verdict, answer),
        .wait_us = verdict.wait_ms * 1000,
    };
    if (verdict.class != API_OK)
        log_debug("call not ok", log_str("class", api_class_name(verdict.class)),
                  log_int("code", verdict.code), log_int("subcode", verdict.subcode),
                  log_str("error", verdict.message));
    reactor_input(r, &in);
}

static void warning(void *arg, const char *text)
{
    (void)arg;
    log_warn("catalog api", log_str("message", text));
}

struct http_events reactor_http_events(struct reactor *r)
{
    return (struct http_events){.arg = r, .answered = answered, .warning = warning};
}
