/* A store on a private redis-server, asked and answered in one call each. The scripts' clock stands still
 * unless a test moves it. Header only: each test program uses what it needs. */
#ifndef ADAPTER_STORE_RIG_H
#define ADAPTER_STORE_RIG_H

#include "common/hash128.h"
#include "tests/support/redis_server.h"
#include "worker/adapters/redis_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RIG_UNUSED __attribute__((unused))
#define RIG_MS     INT64_C(1000)
#define RIG_S      INT64_C(1000000)

enum { RIG_CLOCK_START_S = 1800000000 };

/* An answer to a claim, with its texts copied. */
struct rig_claimed {
    int count;
    struct op_id op;
    struct claim_reply reply;
    uint64_t version, current_version, last_version;
    enum item_state state;
    char main_sku[128], old_skus[CORE_OLD_SKUS_MAX][128], item_ids[CORE_TARGETS_MAX][128];
    char item_id[128], superseded_by[128], blob[512], memory_sku[128], memory_item[128];
};

struct rig {
    struct redis_server *server;
    struct loop *loop;
    struct redis_store *store;
    int64_t now_us; /* the scripts' clock */
    int ups, downs, troubles, settled_count, unanswered, budgets, views, loads_ok, loads_bad;
    struct rig_claimed claimed;
    enum settle_status settled;
    uint32_t granted;
    bool budget_answered;
    usec_t budget_wait_us;
    struct store_view view;
    char trouble[512], why[512], newest_topic[128];
    int64_t newest_offset;
    int newests;
};

RIG_UNUSED static void rig_copy(char *out, size_t size, struct text text)
{
    assert_non_null(text.ptr);
    assert_true(text.len < size);
    memcpy(out, text.ptr, text.len);
    out[text.len] = '\0';
    assert_int_equal(text.ptr[text.len], '\0');
}

RIG_UNUSED static void rig_on_up(void *user)
{
    ((struct rig *)user)->ups++;
}

RIG_UNUSED static void rig_on_down(void *user, const char *why)
{
    struct rig *rig = user;

    rig->downs++;
    snprintf(rig->why, sizeof rig->why, "%s", why);
}

RIG_UNUSED static void rig_on_trouble(void *user, const char *message)
{
    struct rig *rig = user;

    rig->troubles++;
    snprintf(rig->trouble, sizeof rig->trouble, "%s", message);
}

RIG_UNUSED static void rig_on_claimed(void *user, struct op_id op, const struct claim_reply *reply,
                                      const struct claim_strings *s)
{
    struct rig *rig = user;
    struct rig_claimed *c = &rig->claimed;
    int count = c->count + 1;

    *c = (struct rig_claimed){.count = count,
                              .op = op,
                              .reply = *reply,
                              .version = s->version,
                              .current_version = s->current_version,
                              .last_version = s->memory.last_version,
                              .state = s->memory.state};
    if (reply->status == CLAIM_UNANSWERED)
        rig->unanswered++;
    rig_copy(c->main_sku, sizeof c->main_sku, s->main_sku);
    rig_copy(c->item_id, sizeof c->item_id, s->item_id);
    rig_copy(c->superseded_by, sizeof c->superseded_by, s->superseded_by);
    rig_copy(c->blob, sizeof c->blob, s->blob);
    rig_copy(c->memory_sku, sizeof c->memory_sku, s->memory.sku);
    rig_copy(c->memory_item, sizeof c->memory_item, s->memory.item_id);
    for (size_t i = 0; i < CORE_OLD_SKUS_MAX; i++)
        rig_copy(c->old_skus[i], sizeof c->old_skus[i], s->old_skus[i]);
    for (size_t i = 0; i < CORE_TARGETS_MAX; i++)
        rig_copy(c->item_ids[i], sizeof c->item_ids[i], s->item_ids[i]);
}

RIG_UNUSED static void rig_on_settled(void *user, struct op_id op, enum settle_status status)
{
    struct rig *rig = user;

    (void)op;
    rig->settled_count++;
    rig->settled = status;
    if (status == SETTLE_UNANSWERED)
        rig->unanswered++;
}

RIG_UNUSED static void rig_on_budget(void *user, uint8_t catalog, bool answered, uint32_t granted,
                                     usec_t wait_us)
{
    struct rig *rig = user;

    (void)catalog;
    rig->budgets++;
    rig->budget_answered = answered;
    rig->granted = granted;
    rig->budget_wait_us = wait_us;
}

RIG_UNUSED static void rig_on_viewed(void *user, const struct store_view *view)
{
    struct rig *rig = user;

    rig->views++;
    rig->view = *view;
}

RIG_UNUSED static void rig_on_loaded(void *user, bool ok)
{
    struct rig *rig = user;

    if (ok)
        rig->loads_ok++;
    else
        rig->loads_bad++;
}

RIG_UNUSED static void rig_on_newest(void *user, const char *topic, int32_t partition, int64_t offset)
{
    struct rig *rig = user;

    (void)partition;
    rig->newests++;
    snprintf(rig->newest_topic, sizeof rig->newest_topic, "%s", topic ? topic : "(none)");
    rig->newest_offset = offset;
}

/* Turns the loop until *counter reaches target; a test that waits longer than 10 s has failed. */
RIG_UNUSED static void rig_until(struct rig *rig, const int *counter, int target)
{
    usec_t end_us = loop_clock_us() + 10 * RIG_S;

    while (*counter < target) {
        if (loop_clock_us() > end_us)
            fail_msg("no answer within 10 s (last trouble: %s)", rig->trouble);
        loop_run_once(rig->loop, loop_clock_us() + 20 * RIG_MS);
    }
}

RIG_UNUSED static void rig_turn(struct rig *rig, usec_t for_us)
{
    usec_t end_us = loop_clock_us() + for_us;

    while (loop_clock_us() < end_us)
        loop_run_once(rig->loop, end_us);
}

RIG_UNUSED static struct redis_store_settings rig_settings(struct rig *rig)
{
    static const struct redis_store_catalog catalogs[] = {
        {.name = "default", .budget_interval_us = 1000, .budget_burst = 10}, {.name = "other"}};
    static const char *const topics[] = {"product-events", "product-events.bulk"};

    return (struct redis_store_settings){.url = redis_server_url(rig->server),
                                         .incarnation = UINT64_C(0xa1),
                                         .catalogs = catalogs,
                                         .catalogs_count = 2,
                                         .topics = topics,
                                         .topics_count = 2,
                                         .dedup_ttl_ms = 3600 * 1000,
                                         .connect_timeout_ms = 2000,
                                         .reply_timeout_ms = 2000,
                                         .reconnect_min_ms = 5,
                                         .reconnect_max_ms = 50,
                                         .test_now_us = &rig->now_us};
}

RIG_UNUSED static struct redis_store_events rig_events(struct rig *rig)
{
    return (struct redis_store_events){.user = rig,
                                       .on_up = rig_on_up,
                                       .on_down = rig_on_down,
                                       .on_trouble = rig_on_trouble,
                                       .on_claimed = rig_on_claimed,
                                       .on_settled = rig_on_settled,
                                       .on_budget = rig_on_budget,
                                       .on_viewed = rig_on_viewed,
                                       .on_loaded = rig_on_loaded,
                                       .on_newest = rig_on_newest};
}

/* A rig on a server (owned by the rig unless it is another's), the store not open yet. */
RIG_UNUSED static struct rig *rig_new(struct redis_server *server)
{
    struct rig *rig = calloc(1, sizeof *rig);

    assert_non_null(rig);
    rig->server = server;
    rig->loop = loop_create();
    rig->now_us = RIG_CLOCK_START_S * RIG_S;
    assert_non_null(rig->loop);
    return rig;
}

RIG_UNUSED static void rig_open(struct rig *rig, const struct redis_store_settings *settings)
{
    struct redis_store_events events = rig_events(rig);
    char error[512] = "";

    rig->store = redis_store_open(rig->loop, settings, &events, error, sizeof error);
    if (!rig->store)
        fail_msg("cannot open: %s", error);
}

RIG_UNUSED static void rig_look(struct rig *rig)
{
    redis_store_look(rig->store);
    rig_until(rig, &rig->views, rig->views + 1);
}

RIG_UNUSED static void rig_raise(struct rig *rig, uint64_t known, usec_t quiet_us)
{
    redis_store_epoch_raise(rig->store, known, quiet_us);
    rig_until(rig, &rig->views, rig->views + 1);
}

RIG_UNUSED static void rig_ready(struct rig *rig)
{
    redis_store_epoch_ready(rig->store, rig->view.epoch);
    rig_until(rig, &rig->views, rig->views + 1);
}

/* Up, with the epoch of a first start. */
RIG_UNUSED static void rig_first_start(struct rig *rig)
{
    struct redis_store_settings settings = rig_settings(rig);

    rig_open(rig, &settings);
    rig_until(rig, &rig->ups, 1);
    rig_raise(rig, 0, 0);
    rig_ready(rig);
    assert_true(rig->view.ready);
}

RIG_UNUSED static void rig_free(struct rig *rig, bool server_too)
{
    redis_store_close(rig->store);
    loop_destroy(rig->loop);
    if (server_too)
        redis_server_free(rig->server);
    free(rig);
}

static struct text rig_text(const char *string)
{
    return (struct text){.ptr = string ? string : "", .len = string ? (uint32_t)strlen(string) : 0};
}

static struct key128 rig_key(const char *string)
{
    return hash128(HASH_IDENTITY, string, strlen(string));
}

/* One event and how it is worked on. Change what a test is about. */
struct rig_event {
    const char *id, *product, *sku, *data, *blob, *superseded_by;
    struct claim_request claim;
};

/* An upsert of version, its content and data named by `data`; offset grows with the version. */
RIG_UNUSED static struct rig_event rig_upsert(const struct rig *rig, const char *id, const char *product,
                                              const char *sku, uint64_t version, const char *data)
{
    return (struct rig_event){
        .id = id,
        .product = product,
        .sku = sku,
        .data = data,
        .claim = {.intent = INTENT_UPSERT,
                  .has_sku = sku != NULL,
                  .epoch = rig->view.epoch,
                  .version = version,
                  .token = {.incarnation = 0xa1, .op = {.slot = 1, .gen = 1}},
                  .at = {.topic = 0, .partition = 3, .offset = (int64_t)(version % 1000000)},
                  .lease_us = 30 * RIG_S,
                  .late_us = 60 * RIG_S,
                  .unchanged_max_age_us = 3600 * RIG_S}};
}

RIG_UNUSED static struct rig_event rig_delete(const struct rig *rig, const char *id, const char *product,
                                              const char *sku, uint64_t version)
{
    struct rig_event event = rig_upsert(rig, id, product, sku, version, "delete");

    event.claim.intent = INTENT_DELETE;
    return event;
}

RIG_UNUSED static struct rig_event rig_hide(const struct rig *rig, const char *id, const char *product,
                                            const char *sku, uint64_t version)
{
    struct rig_event event = rig_upsert(rig, id, product, sku, version, "hide");

    event.claim.intent = INTENT_HIDE;
    event.claim.hide_reason = REASON_INACTIVE;
    return event;
}

/* Fills in the hashes and sends. */
RIG_UNUSED static void rig_send_claim(struct rig *rig, struct rig_event *event)
{
    struct store_strings strings = {.product_id = rig_text(event->product),
                                    .sku = rig_text(event->sku),
                                    .event_id = rig_text(event->id),
                                    .superseded_by = rig_text(event->superseded_by),
                                    .blob = rig_text(event->blob)};

    event->claim.product = rig_key(event->product);
    if (event->sku)
        event->claim.sku = rig_key(event->sku);
    event->claim.identity = rig_key(event->id);
    event->claim.data_hash = rig_key(event->data);
    event->claim.content = rig_key(event->data);
    redis_store_claim(rig->store, event->claim.token.op, &event->claim, &strings);
}

RIG_UNUSED static enum claim_status rig_claim(struct rig *rig, struct rig_event *event)
{
    rig_send_claim(rig, event);
    rig_until(rig, &rig->claimed.count, rig->claimed.count + 1);
    return rig->claimed.reply.status;
}

/* The settle that fits the last grant: every target written; a success makes old ones gone. */
RIG_UNUSED static struct settle_request rig_settle_request(const struct rig *rig,
                                                           const struct rig_event *event,
                                                           enum outcome outcome, enum item_state after)
{
    struct settle_request settle = {.catalog = event->claim.catalog,
                                    .success = outcome != OUTCOME_FAILED,
                                    .outcome = outcome,
                                    .after = after,
                                    .epoch = event->claim.epoch,
                                    .fence = rig->claimed.reply.fence,
                                    .version = rig->claimed.reply.version,
                                    .token = event->claim.token,
                                    .product = event->claim.product,
                                    .identity = event->claim.identity,
                                    .data_hash = event->claim.data_hash,
                                    .content = event->claim.content,
                                    .at = event->claim.at,
                                    .repair = event->claim.repair,
                                    .targets_count = rig->claimed.reply.targets_count};

    for (uint32_t i = 0; i < settle.targets_count; i++) {
        settle.targets[i].written = true;
        settle.targets[i].gone = settle.success && (i > 0 || after == ITEM_DELETED || after == ITEM_ABSENT);
        settle.targets[i].has_item = !settle.targets[i].gone && settle.success;
    }
    return settle;
}

RIG_UNUSED static struct store_strings rig_settle_strings(const struct rig_claimed *claimed,
                                                          const struct rig_event *event)
{
    static char items[CORE_TARGETS_MAX][160];
    struct store_strings strings = {.product_id = rig_text(event->product),
                                    .sku = rig_text(claimed->main_sku),
                                    .event_id = rig_text(event->id),
                                    .blob = rig_text(event->blob)};

    for (uint32_t i = 0; i < CORE_OLD_SKUS_MAX; i++)
        strings.old_skus[i] = rig_text(claimed->old_skus[i]);
    for (uint32_t i = 0; i < CORE_TARGETS_MAX; i++) {
        snprintf(items[i], sizeof items[i], "item-of-%s",
                 i == 0 ? claimed->main_sku : claimed->old_skus[i - 1]);
        strings.item_ids[i] = rig_text(items[i]);
    }
    return strings;
}

RIG_UNUSED static enum settle_status rig_settle_as(struct rig *rig, const struct rig_claimed *claimed,
                                                   const struct rig_event *event,
                                                   const struct settle_request *settle)
{
    struct store_strings strings = rig_settle_strings(claimed, event);

    redis_store_settle(rig->store, settle->token.op, settle, &strings);
    rig_until(rig, &rig->settled_count, rig->settled_count + 1);
    return rig->settled;
}

/* Settles the last grant. */
RIG_UNUSED static enum settle_status rig_settle(struct rig *rig, const struct rig_event *event,
                                                enum outcome outcome, enum item_state after)
{
    struct rig_claimed claimed = rig->claimed;
    struct settle_request settle = rig_settle_request(rig, event, outcome, after);

    return rig_settle_as(rig, &claimed, event, &settle);
}

/* Claims and settles: the product is live under its SKU afterwards. */
RIG_UNUSED static void rig_done(struct rig *rig, struct rig_event *event, enum outcome outcome,
                                enum item_state after)
{
    assert_int_equal(rig_claim(rig, event), CLAIM_GRANTED);
    assert_int_equal(rig_settle(rig, event, outcome, after), SETTLE_OK);
}

/* A field of the product's memory or a SKU's record. */
RIG_UNUSED static const char *rig_product(struct rig *rig, const char *product, const char *name)
{
    char key[256];

    snprintf(key, sizeof key, "{cs1}:1:c:default:p:%s", product);
    return redis_server_ask(rig->server, "HGET", key, name, NULL);
}

RIG_UNUSED static const char *rig_sku(struct rig *rig, const char *sku, const char *name)
{
    char key[256];

    snprintf(key, sizeof key, "{cs1}:1:c:default:s:%s", sku);
    return redis_server_ask(rig->server, "HGET", key, name, NULL);
}

RIG_UNUSED static const char *rig_outcome(struct rig *rig, const char *id)
{
    char key[256], hex[HASH_HEX_BYTES];

    hash128_hex(rig_key(id), hex);
    snprintf(key, sizeof key, "{cs1}:1:c:default:e:%s", hex);
    return redis_server_ask(rig->server, "GET", key, NULL);
}

/* Group and test fixtures: one server and one store a program, emptied and in a first epoch of its own for
 * each test. */
RIG_UNUSED static int rig_start(void **state)
{
    struct rig *rig = rig_new(redis_server_start(NULL));

    rig_first_start(rig);
    *state = rig;
    return 0;
}

RIG_UNUSED static int rig_fresh(void **state)
{
    struct rig *rig = *state;

    redis_server_ask(rig->server, "FLUSHALL", NULL);
    rig->now_us += 24 * 3600 * RIG_S;
    rig_raise(rig, 0, 0);
    rig_ready(rig);
    return rig->view.ready ? 0 : -1;
}

RIG_UNUSED static int rig_stop(void **state)
{
    rig_free(*state, true);
    return 0;
}

#endif
