/* Plan-only: what would be called, kept beside the op and told by the result. No call is made here or
 * anywhere: the catalogs' clients are not even opened. */
#include "common/apibody.h"
#include "common/assertx.h"
#include "common/hash128.h"
#include "worker/runtime/reactor.h"

#include <string.h>

static const char *const kinds[] = {"create", "update", "hide", "delete", "lookup"};

/* Room for the outcome, the brackets and what ends the text. */
enum { FRAME_BYTES = 64 };

void perform_plan(struct reactor *r, struct op_id op, const struct call_request *request)
{
    struct payload *payload = payload_of(r->payloads, op);
    struct text sku = payload_sku(payload, request->target);
    struct sbuf *calls = reactor_scratch(r, 0);

    r->counts.planned[request->kind]++;
    if (payload->planned)
        sbuf_puts(calls, payload->planned);
    sbuf_printf(calls, "%s{\"kind\":\"%s\",\"sku\":", payload->planned ? "," : "", kinds[request->kind]);
    sbuf_put_json(calls, sku.ptr, sku.len);
    sbuf_puts(calls, "}");
    /* what does not fit is left out whole: a product with so many long old SKUs is rare, and its first calls
     * matter most */
    if (sbuf_ok(calls) && calls->len < RESULT_PLANNED_MAX_BYTES - FRAME_BYTES)
        payload_set(&payload->planned, calls->data, calls->len);
    if (request->kind == CALL_CREATE || request->kind == CALL_LOOKUP)
        memcpy(payload->item_ids[request->target], PLANNED_ITEM_ID, sizeof PLANNED_ITEM_ID);
}

void planning_end(struct payload *payload, enum outcome planned)
{
    char memory[RESULT_PLANNED_MAX_BYTES];
    struct sbuf members;

    if (planned == OUTCOME_NONE || !payload->planned || payload->planned[0] == '"')
        return; /* a settle asked again: it has ended already */
    sbuf_init_fixed(&members, memory, sizeof memory);
    sbuf_printf(&members, "\"outcome\":\"%s\",\"calls\":[", core_outcome_name(planned));
    sbuf_puts(&members, payload->planned);
    sbuf_puts(&members, "]");
    ASSERT(sbuf_ok(&members));
    payload_set(&payload->planned, members.data, members.len);
}

void planning_fill(struct reactor *r, const struct payload *payload, struct result_event *event)
{
    const struct event *from = payload->event;
    struct sbuf *body = reactor_scratch(r, 2); /* the other two hold the result's key and value */

    if (event->out.kind == RESULT_UNCHANGED) /* what the catalog should hold, for the report */
        event->out.planned = "\"outcome\":\"unchanged\",\"calls\":[]";
    if (!event->out.planned || !event_is_upsert(from))
        return;
    if (from->has_body)
        apibody_update(body, from);
    else
        apibody_hide(body);
    if (!sbuf_ok(body) || body->len > RESULT_MAX_BYTES / 2)
        return; /* the calls are told all the same */
    event->planned_fields = sbuf_str(body);
    event->planned_hash = hash128(HASH_BODY, body->data, body->len);
}
