/* Outputs to the store and to Kafka's consumer side: each is one call of an adapter. */
#include "common/assertx.h"
#include "common/log.h"
#include "worker/runtime/metrics.h"
#include "worker/runtime/reactor.h"

#include <string.h>

static struct text text_of(const char *string)
{
    return (struct text){.ptr = string ? string : "", .len = string ? (uint32_t)strlen(string) : 0};
}

static void fill_strings(const struct payload *payload, struct store_strings *strings)
{
    const struct event *event = payload->event;

    *strings = (struct store_strings){
        .product_id = event->product_id,
        .sku = event->sku,
        .event_id = event->id,
        .superseded_by = text_of(payload->superseded_by),
    };
}

static void perform_claim(struct reactor *r, const struct output *output)
{
    struct payload *payload = payload_of(r->payloads, output->op);
    uint8_t blob[OUTCOME_BLOB_MAX_BYTES];
    struct store_strings strings;

    fill_strings(payload, &strings);
    if (output->u.claim.mode == CLAIM_END) {
        struct result_outcome outcome;

        outcome_fill(payload, output->u.claim.end_outcome, output->u.claim.end_reason, &outcome);
        strings.blob.ptr = (const char *)blob;
        strings.blob.len = (uint32_t)outcome_blob_encode(&outcome, blob, sizeof blob);
    }
    metrics_asked(r, payload);
    redis_store_claim(r->store, output->op, &output->u.claim, &strings);
}

static void fill_targets(const struct payload *payload, const struct settle_target *targets, uint8_t count,
                         struct store_strings *strings)
{
    strings->sku = payload_sku(payload, 0);
    for (uint8_t i = 1; i < count; i++)
        strings->old_skus[i - 1] = payload_sku(payload, i);
    for (uint8_t i = 0; i < count; i++) {
        if (targets[i].has_item)
            strings->item_ids[i] = text_of(payload->item_ids[i]);
    }
}

/* What memory will hold of the product once this settle is stored: the result says so. */
static void remember_settle(struct payload *payload, const struct settle_request *request)
{
    struct text sku = payload_sku(payload, 0);

    payload->version = request->version;
    if (request->targets[0].gone)
        payload->item_ids[0][0] = '\0';
    if (!request->success)
        return;
    payload->current_version = request->version;
    payload->last_version = request->version;
    payload->item_state = request->after;
    memcpy(payload->memory_item, payload->item_ids[0], sizeof payload->memory_item);
    if (request->after == ITEM_LIVE || request->after == ITEM_HIDDEN)
        payload_set(&payload->memory_sku, sku.ptr, sku.len);
    else
        payload_set(&payload->memory_sku, NULL, 0);
}

static void perform_settle(struct reactor *r, const struct output *output)
{
    const struct settle_request *request = &output->u.settle;
    struct payload *payload = payload_of(r->payloads, output->op);
    uint8_t blob[OUTCOME_BLOB_MAX_BYTES];
    struct store_strings strings;
    struct result_outcome outcome;

    remember_settle(payload, request);
    planning_end(payload, request->planned);
    fill_strings(payload, &strings);
    fill_targets(payload, request->targets, request->targets_count, &strings);
    outcome_fill(payload, request->outcome, request->reason, &outcome);
    strings.blob.ptr = (const char *)blob;
    strings.blob.len = (uint32_t)outcome_blob_encode(&outcome, blob, sizeof blob);
    metrics_asked(r, payload);
    redis_store_settle(r->store, output->op, request, &strings);
}

static void perform_release(struct reactor *r, const struct output *output)
{
    const struct release_request *request = &output->u.release;
    const struct payload *payload = payload_of(r->payloads, output->op);
    struct store_strings strings;

    fill_strings(payload, &strings);
    fill_targets(payload, request->targets, request->targets_count, &strings);
    redis_store_release(r->store, request, &strings);
}

static void perform_commit(struct reactor *r, const struct output *output)
{
    char metadata[STORE_METADATA_SIZE];

    redis_store_metadata(r->store, metadata);
    kafka_source_commit(r->source, output->u.partition.partition, output->u.partition.assignment,
                        output->u.partition.offset, metadata);
}

static void perform_absorb(struct reactor *r, const struct output *output)
{
    struct payload *older = payload_of(r->payloads, output->op);
    struct payload *newer = payload_of(r->payloads, output->u.absorb.by);

    payload_set(&older->superseded_by, newer->event->id.ptr, newer->event->id.len);
    payload_absorb(newer, older->event->id);
}

void perform(struct reactor *r, const struct output *output)
{
    switch (output->type) {
    case OUT_CLAIM: perform_claim(r, output); return;
    case OUT_RELEASE: perform_release(r, output); return;
    case OUT_SETTLE: perform_settle(r, output); return;
    case OUT_BUDGET: redis_store_budget(r->store, output->u.budget.catalog, output->u.budget.tokens); return;
    case OUT_BUDGET_BLOCK:
        redis_store_budget_block(r->store, output->u.budget.catalog, output->u.budget.block_us);
        return;
    case OUT_CALL: perform_call(r, output->op, &output->u.call); return;
    case OUT_PLAN: perform_plan(r, output->op, &output->u.call); return;
    case OUT_PUBLISH_DEAD:
    case OUT_PUBLISH_RESULT: perform_publish(r, output); return;
    case OUT_COMMIT: perform_commit(r, output); return;
    case OUT_PAUSE: kafka_source_pause(r->source, output->u.partition.partition); return;
    case OUT_RESUME: kafka_source_resume(r->source, output->u.partition.partition); return;
    case OUT_REVOKED:
        if (!r->stopping)
            kafka_source_revoked(r->source, output->u.partition.partition, output->u.partition.assignment);
        return;
    case OUT_ABSORB: perform_absorb(r, output); return;
    case OUT_DROP: payload_drop(r->payloads, output->op); return;
    case OUT_STORE_LOOK: redis_store_look(r->store); return;
    case OUT_EPOCH_RAISE: perform_epoch_raise(r, output->u.epoch.epoch, output->u.epoch.quiet_us); return;
    case OUT_REBUILD: perform_rebuild(r); return;
    case OUT_EPOCH_READY: redis_store_epoch_ready(r->store, output->u.epoch.epoch); return;
    case OUT_REPAIR: perform_repair(r, output->op); return;
    case OUT_CATALOG_STATE:
        status_log_gate(r, output->u.state.catalog, output->u.state.cause, output->u.state.until_us);
        return;
    case OUT_STOPPED: r->stopped = true; return;
    case OUT_COUNT: break;
    }
    UNREACHABLE("output type");
}
