/* What Kafka and the store tell: kept beside the op where it is text, and put to the core as inputs. */
#include "common/assertx.h"
#include "common/log.h"
#include "worker/runtime/metrics.h"
#include "worker/runtime/reactor.h"

#include <stdlib.h>
#include <string.h>

/* ---- Kafka ---- */

static void on_record(void *arg, uint16_t partition, uint32_t assignment, struct kafka_record record)
{
    intake_kafka_record(arg, partition, assignment, record);
}

static void on_assigned(void *arg, const struct source_assigned *assigned)
{
    struct reactor *r = arg;
    struct input in = {.type = IN_ASSIGNED};

    log_info("partition assigned", log_str("topic", r->settings.topics[assigned->topic]),
             log_int("partition", assigned->number), log_int("offset", assigned->committed));
    /* what the partition's last owner saw stored must still be there before anything is claimed */
    if (redis_store_predecessor(r->store, assigned->metadata, strlen(assigned->metadata)) &&
        redis_store_is_up(r->store)) {
        struct input up = {.type = IN_STORE_UP};

        reactor_input(r, &up);
    }
    r->unread[assigned->partition] = (struct unread){0};
    in.u.assigned.partition = assigned->partition;
    in.u.assigned.assignment = assigned->assignment;
    in.u.assigned.topic = assigned->topic;
    reactor_input(r, &in);
}

static void partition_input(struct reactor *r, enum input_type type, uint16_t partition, uint32_t assignment)
{
    struct input in = {.type = type};
    int32_t number;
    const char *topic = kafka_source_name(r->source, partition, &number);

    log_info(type == IN_LOST ? "partition lost" : "partition asked back", log_str("topic", topic),
             log_int("partition", number));
    in.u.assigned.partition = partition;
    in.u.assigned.assignment = assignment;
    reactor_input(r, &in);
}

static void on_revoking(void *arg, uint16_t partition, uint32_t assignment)
{
    struct reactor *r = arg;

    if (r->stopped) { /* the core has given everything back already */
        kafka_source_revoked(r->source, partition, assignment);
        return;
    }
    partition_input(r, IN_REVOKING, partition, assignment);
}

static void on_lost(void *arg, uint16_t partition, uint32_t assignment)
{
    partition_input(arg, IN_LOST, partition, assignment);
}

static void on_committed(void *arg, uint16_t partition, uint32_t assignment, int64_t offset, bool ok,
                         const char *error)
{
    struct reactor *r = arg;
    struct input in = {.type = IN_COMMITTED};

    if (!ok) {
        r->counts.kafka_errors[KAFKA_ERROR_COMMIT]++;
        log_warn_limited("offset not committed, will be tried again", log_str("error", error));
    }
    in.u.committed.partition = partition;
    in.u.committed.assignment = assignment;
    in.u.committed.ok = ok;
    in.u.committed.offset = offset;
    reactor_input(r, &in);
}

static void on_closed(void *arg)
{
    struct reactor *r = arg;

    r->closed = true;
}

void reactor_kafka_trouble(void *arg, enum kafka_trouble kind, const char *text)
{
    struct reactor *r = arg;

    switch (kind) {
    case KAFKA_WARNING:
        r->counts.kafka_errors[KAFKA_ERROR_WARNING]++;
        log_warn_limited("kafka", log_str("message", text));
        return;
    case KAFKA_UP:
        r->kafka_down = false;
        log_info("kafka is back", log_str("message", text));
        return;
    case KAFKA_DOWN:
    case KAFKA_AUTH:
        r->kafka_down = true;
        r->counts.kafka_errors[kind == KAFKA_DOWN ? KAFKA_ERROR_UNREACHABLE : KAFKA_ERROR_DENIED]++;
        log_error("kafka cannot be used, waiting for it", log_str("message", text));
        return;
    case KAFKA_FATAL:
        r->counts.kafka_errors[KAFKA_ERROR_FATAL]++;
        log_error("kafka: stopping", log_str("message", text));
        r->fatal = true;
        return;
    }
}

void reactor_kafka_log(void *arg, int level, const char *facility, const char *text)
{
    (void)arg;
    if (level <= 4)
        log_warn_limited("librdkafka", log_str("facility", facility), log_str("message", text));
    else
        log_debug("librdkafka", log_str("facility", facility), log_str("message", text));
}

struct source_events reactor_source_events(struct reactor *r)
{
    return (struct source_events){
        .arg = r,
        .record = on_record,
        .assigned = on_assigned,
        .revoking = on_revoking,
        .lost = on_lost,
        .committed = on_committed,
        .trouble = reactor_kafka_trouble,
        .log = reactor_kafka_log,
        .closed = on_closed,
    };
}

static void on_published(void *arg, uint64_t cookie, enum sink_status status, const char *error)
{
    publishing_answered(arg, cookie, status, error);
}

struct sink_events reactor_sink_events(struct reactor *r)
{
    return (struct sink_events){
        .arg = r, .published = on_published, .trouble = reactor_kafka_trouble, .log = reactor_kafka_log};
}

/* ---- the store ---- */

static void on_up(void *user)
{
    struct input in = {.type = IN_STORE_UP};

    log_info("redis is connected");
    reactor_input(user, &in);
}

static void on_down(void *user, const char *why)
{
    struct reactor *r = user;
    struct input in = {.type = IN_STORE_DOWN};

    r->counts.store_downs++;
    r->counts.redis_errors[REDIS_ERROR_CONNECTION]++;
    rebuild_abandon(r);
    log_error("redis is gone: nothing is claimed until it is back", log_str("reason", why));
    reactor_input(r, &in);
}

static void on_store_trouble(void *user, const char *message)
{
    struct reactor *r = user;

    r->counts.redis_errors[REDIS_ERROR_CONNECTION]++;
    log_warn("redis", log_str("message", message));
}

static void set_text(char **owned, struct text text)
{
    payload_set(owned, text.ptr, text.len);
}

static void copy_id(char to[API_ID_BYTES], struct text from)
{
    if (from.len >= API_ID_BYTES)
        from.len = 0; /* not an id of ours; looked up again */
    memcpy(to, from.ptr, from.len);
    to[from.len] = '\0';
}

static void keep_memory(struct payload *payload, const struct store_memory *memory)
{
    payload->last_version = memory->last_version;
    payload->item_state = memory->state;
    set_text(&payload->memory_sku, memory->sku);
    copy_id(payload->memory_item, memory->item_id);
}

static void keep_grant(struct payload *payload, const struct claim_strings *strings)
{
    payload->current_version = strings->memory.current_version;
    payload->version = strings->version;
    payload_set(&payload->planned, NULL, 0); /* of an earlier claim */
    for (size_t i = 0; i < CORE_TARGETS_MAX; i++) {
        /* an id learned for the wanted SKU outlives a claim that has to be made again (core: keep_learned) */
        if (i > 0 || strings->item_ids[i].len > 0)
            copy_id(payload->item_ids[i], strings->item_ids[i]);
    }
    set_text(&payload->main_sku, strings->main_sku);
    for (size_t i = 0; i < CORE_OLD_SKUS_MAX; i++)
        set_text(&payload->old_skus[i], strings->old_skus[i]);
}

static void keep_blob(struct payload *payload, struct text blob)
{
    free(payload->blob);
    payload->blob = malloc(blob.len);
    ASSERT(payload->blob != NULL);
    memcpy(payload->blob, blob.ptr, blob.len);
    payload->blob_size = blob.len;
}

/* The event has ended: its outcome as stored, now or long ago. */
static void keep_outcome(struct payload *payload, const struct claim_reply *reply,
                         const struct claim_strings *strings)
{
    payload->current_version = strings->current_version;
    if (strings->version > 0)
        payload->version = strings->version;
    copy_id(payload->item_ids[0], strings->item_id);
    /* as stored, even where that is nobody: at this delivery another event may have taken its place */
    set_text(&payload->superseded_by, strings->superseded_by);
    if (reply->status == CLAIM_DONE && strings->blob.len > 0)
        keep_blob(payload, strings->blob);
    else
        payload->ended_by_claim = reply->status != CLAIM_ENDED;
}

static void keep_claim_strings(struct payload *payload, const struct claim_reply *reply,
                               const struct claim_strings *strings)
{
    payload->ended_by_claim = reply->status == CLAIM_CONFLICT;
    switch (reply->status) {
    case CLAIM_GRANTED:
        keep_memory(payload, &strings->memory);
        keep_grant(payload, strings);
        return;
    case CLAIM_DONE:
    case CLAIM_STALE:
    case CLAIM_IS_UNCHANGED:
    case CLAIM_SKIPPED:
    case CLAIM_ENDED:
        keep_memory(payload, &strings->memory);
        keep_outcome(payload, reply, strings);
        return;
    case CLAIM_UNANSWERED:
    case CLAIM_HELD:
    case CLAIM_WAIT:
    case CLAIM_CONFLICT:
    case CLAIM_NOTHING_KNOWN:
    case CLAIM_TOO_MANY_SKUS:
    case CLAIM_EPOCH: return;
    }
}

static void on_claimed(void *user, struct op_id op, const struct claim_reply *reply,
                       const struct claim_strings *strings)
{
    struct reactor *r = user;
    struct input in = {.type = IN_CLAIMED};
    struct payload *payload = payload_find(r->payloads, op);

    if (reply->status == CLAIM_UNANSWERED)
        r->counts.redis_errors[REDIS_ERROR_UNANSWERED]++;
    else if (payload)
        metrics_answered(r, payload, &r->counts.claims);
    if (payload)
        keep_claim_strings(payload, reply, strings);
    in.u.claimed.op = op;
    in.u.claimed.reply = *reply;
    reactor_input(r, &in);
}

static void on_settled(void *user, struct op_id op, enum settle_status status)
{
    struct reactor *r = user;
    struct input in = {.type = IN_SETTLED};
    const struct payload *payload = payload_find(r->payloads, op);

    if (status == SETTLE_UNANSWERED)
        r->counts.redis_errors[REDIS_ERROR_UNANSWERED]++;
    else if (payload)
        metrics_answered(r, payload, &r->counts.settles);
    if (status == SETTLE_REFUSED) {
        r->counts.redis_errors[REDIS_ERROR_REFUSED]++;
        log_warn_limited(
            "a settle was refused: another worker took the product over while this one was away");
    }
    in.u.settled.op = op;
    in.u.settled.status = status;
    reactor_input(r, &in);
}

static void on_budget(void *user, uint8_t catalog, bool answered, uint32_t granted, usec_t wait_us)
{
    struct reactor *r = user;
    struct input in = {.type = IN_BUDGET};

    r->counts.redis_errors[REDIS_ERROR_UNANSWERED] += !answered;
    in.u.budget.catalog = catalog;
    in.u.budget.answered = answered;
    in.u.budget.granted = granted;
    in.u.budget.wait_us = wait_us;
    reactor_input(r, &in);
}

static void on_viewed(void *user, const struct store_view *view)
{
    struct reactor *r = user;
    struct input in = {.type = IN_STORE_VIEWED};
    bool before = core_store_ready(r->core);

    in.u.view = *view;
    reactor_input(r, &in);
    if (view->answered && view->epoch > 0 && !view->ready && view->builder && view->wait_us > 0)
        log_warn_limited("the memory in redis is being rebuilt by this worker",
                         log_milli("starts_in_seconds", view->wait_us / 1000));
    else if (view->answered && view->epoch > 0 && !view->ready && !view->builder)
        log_warn_limited("the memory in redis is being rebuilt by another worker, waiting");
    else if (core_store_ready(r->core) && !before)
        log_info("redis is ready", log_uint("epoch", view->epoch));
}

static void on_loaded(void *user, bool ok)
{
    rebuild_loaded(user, ok);
}

/* A product that a late write may have spoilt: its newest event is read again from its place in the log. */
static void on_newest(void *user, const char *topic, int32_t partition, int64_t offset)
{
    struct reactor *r = user;

    if (topic)
        kafka_fetch_one(r->fetch, topic, partition, offset, 0);
    else
        repair_failed(r, "memory does not name the product's newest event", NULL);
}

struct redis_store_events reactor_store_events(struct reactor *r)
{
    return (struct redis_store_events){
        .user = r,
        .on_up = on_up,
        .on_down = on_down,
        .on_trouble = on_store_trouble,
        .on_claimed = on_claimed,
        .on_settled = on_settled,
        .on_budget = on_budget,
        .on_viewed = on_viewed,
        .on_loaded = on_loaded,
        .on_newest = on_newest,
    };
}
