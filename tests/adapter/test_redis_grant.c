/* The claim script against a real Redis: docs/store.md, "Claim", rules 7 to 10 (the numbers in the names),
 * and what the keys look like. */
#include "tests/adapter/store_rig.h"

static struct claim_token stranger(uint32_t slot)
{
    return (struct claim_token){.incarnation = 0xb2, .op = {.slot = slot, .gen = 1}};
}

/* What Redis Cluster hashes of a key: what stands between the first { and the next }, if that is something.
 */
static void assert_tag(const char *key)
{
    const char *open = strchr(key, '{'), *close = open ? strchr(open, '}') : NULL;

    assert_non_null(close);
    assert_int_equal(close - open, 4);
    assert_memory_equal(open, "{cs1}", 5);
}

static void rule_7_sku_change(void **state)
{
    struct rig *rig = *state;
    struct rig_event event = rig_upsert(rig, "e1", "p1", "old", 1, "a");

    rig_done(rig, &event, OUTCOME_CREATED, ITEM_LIVE);
    event = rig_upsert(rig, "e2", "p1", "new", 2, "a");
    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    assert_int_equal(rig->claimed.reply.targets_count, 2);
    assert_string_equal(rig->claimed.main_sku, "new");
    assert_string_equal(rig->claimed.old_skus[0], "old");
    assert_string_equal(rig->claimed.item_ids[0], "");
    assert_string_equal(rig->claimed.item_ids[1], "item-of-old");
    assert_int_equal(rig->claimed.reply.targets[1].item_hash, store_item_hash(rig_text("item-of-old")));
    assert_int_equal(rig->claimed.reply.targets[0].item_hash, 0);
    assert_true(rig->claimed.reply.known_item);
    assert_string_equal(rig_product(rig, "p1", "x"), "new");
}

static void rule_7_too_many(void **state)
{
    struct rig *rig = *state;
    char id[16], sku[16];

    for (int i = 0; i < 6; i++) {
        snprintf(id, sizeof id, "e%d", i);
        snprintf(sku, sizeof sku, "s%d", i);
        struct rig_event event = rig_upsert(rig, id, "p1", sku, (uint64_t)i + 1, "a");

        assert_int_equal(rig_claim(rig, &event), i < 5 ? CLAIM_GRANTED : CLAIM_TOO_MANY_SKUS);
        if (i == 5) {
            assert_string_equal(rig_outcome(rig, id), "(nil)");
            break;
        }
        assert_int_equal(rig->claimed.reply.targets_count, i + 1);
        assert_int_equal(rig_settle(rig, &event, OUTCOME_FAILED, ITEM_ABSENT), SETTLE_OK);
    }
}

static void rule_7_hide(void **state)
{
    struct rig *rig = *state;
    struct rig_event event = rig_hide(rig, "h1", "p1", "sku1", 1), upsert;

    assert_int_equal(rig_claim(rig, &event), CLAIM_SKIPPED); /* first epoch, no hint: never synced */
    assert_int_equal(rig->claimed.reply.reason, REASON_INACTIVE);
    assert_string_equal(rig_product(rig, "p1", "v"), "0000000000000001");
    event = rig_hide(rig, "h2", "p2", "sku2", 1);
    event.claim.hint = true; /* worth a lookup */
    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    assert_string_equal(rig->claimed.main_sku, "sku2");
    event = rig_hide(rig, "h3", "p3", NULL, 1);
    event.claim.hint = true;
    event.claim.hide_reason = REASON_NO_SKU;
    assert_int_equal(rig_claim(rig, &event), CLAIM_SKIPPED);
    assert_int_equal(rig->claimed.reply.reason, REASON_NO_SKU);
    upsert = rig_upsert(rig, "e1", "p4", "sku4", 1, "a");
    rig_done(rig, &upsert, OUTCOME_CREATED, ITEM_LIVE);
    event = rig_hide(rig, "h4", "p4", "another", 2); /* the item is where memory says */
    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    assert_string_equal(rig->claimed.main_sku, "sku4");
    assert_int_equal(rig_settle(rig, &event, OUTCOME_UPDATED, ITEM_HIDDEN), SETTLE_OK);
    event = rig_hide(rig, "h5", "p5", "sku4", 1); /* another's */
    event.claim.hint = true;
    assert_int_equal(rig_claim(rig, &event), CLAIM_SKIPPED);
}

static void rule_7_hide_in_later_epochs(void **state)
{
    struct rig *rig = *state;
    struct rig_event event;

    rig->now_us += RIG_S;
    rig_raise(rig, rig->view.epoch, 1000);
    rig->now_us += RIG_S;
    rig_ready(rig);
    event = rig_hide(rig, "h1", "p1", "sku1", 1); /* memory may have been lost: looked up without a hint */
    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
}

static void rule_7_unfinished_sku(void **state)
{
    struct rig *rig = *state;
    struct rig_event event = rig_upsert(rig, "e1", "p1", "sku1", 1, "a");

    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED); /* its create may have landed */
    rig->now_us += 200 * RIG_S;
    event = rig_hide(rig, "h1", "p1", NULL, 2);
    event.claim.hide_reason = REASON_NO_SKU;
    event.claim.token = stranger(1);
    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    assert_string_equal(rig->claimed.main_sku, "sku1");
    assert_true(rig->claimed.reply.known_item);
}

static void rule_7_delete(void **state)
{
    struct rig *rig = *state;
    struct rig_event event = rig_delete(rig, "d1", "p1", NULL, 1), upsert;

    assert_int_equal(rig_claim(rig, &event), CLAIM_SKIPPED);
    assert_int_equal(rig->claimed.reply.reason, REASON_NOT_IN_CATALOG);
    event = rig_delete(rig, "d2", "p2", "sku2", 1); /* unknown, but the catalog may have it */
    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    assert_string_equal(rig->claimed.main_sku, "sku2");
    assert_int_equal(rig_settle(rig, &event, OUTCOME_SKIPPED, ITEM_ABSENT), SETTLE_OK);
    upsert = rig_upsert(rig, "e1", "p3", "sku3", 1, "a");
    rig_done(rig, &upsert, OUTCOME_CREATED, ITEM_LIVE);
    event = rig_delete(rig, "d3", "p4", "sku3", 1);
    assert_int_equal(rig_claim(rig, &event), CLAIM_SKIPPED);
    assert_int_equal(rig->claimed.reply.reason, REASON_SKU_TAKEN);
    event = rig_delete(rig, "d4", "p3", "sku3", 2);
    rig_done(rig, &event, OUTCOME_DELETED, ITEM_DELETED);
    assert_string_equal(rig_sku(rig, "sku3", "ow"), "(nil)");
    event = rig_delete(rig, "d5", "p3", "sku3", 3); /* known to be gone */
    assert_int_equal(rig_claim(rig, &event), CLAIM_SKIPPED);
    assert_int_equal(rig->claimed.reply.reason, REASON_NOT_IN_CATALOG);
    event = rig_delete(rig, "d6", "p3", "sku3", 4);
    event.claim.force = true;
    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
}

static void rule_8_held(void **state)
{
    struct rig *rig = *state;
    struct rig_event event = rig_upsert(rig, "e1", "p1", "sku1", 1, "a"), other;

    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    other = rig_upsert(rig, "e2", "p1", "sku1", 2, "b");
    other.claim.token = stranger(1);
    rig->now_us += 10 * RIG_S;
    assert_int_equal(rig_claim(rig, &other), CLAIM_HELD);
    assert_int_equal(rig->claimed.reply.wait_us, 20 * RIG_S);
    other.product = "p2"; /* the SKU is what is leased */
    assert_int_equal(rig_claim(rig, &other), CLAIM_HELD);
}

static void rule_8_expired_lease(void **state)
{
    struct rig *rig = *state;
    struct rig_event event = rig_upsert(rig, "e1", "p1", "sku1", 1, "a"), same = event, other;

    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    rig->now_us += 40 * RIG_S; /* 10 s past its end */
    other = rig_upsert(rig, "e2", "p1", "sku1", 2, "b");
    other.claim.token = stranger(1);
    assert_int_equal(rig_claim(rig, &other), CLAIM_WAIT);
    assert_int_equal(rig->claimed.reply.wait_us, 50 * RIG_S);
    same.claim.token = stranger(2); /* the identical body may go at once */
    assert_int_equal(rig_claim(rig, &same), CLAIM_GRANTED);
    assert_int_equal(rig->claimed.reply.targets[0].last_write_ago_us, -50 * RIG_S);
    assert_int_equal(rig_settle(rig, &same, OUTCOME_CREATED, ITEM_LIVE), SETTLE_OK);
    assert_int_equal(rig_claim(rig, &other), CLAIM_WAIT); /* the lost call may still land */
    rig->now_us += 50 * RIG_S;
    assert_int_equal(rig_claim(rig, &other), CLAIM_GRANTED);
    assert_int_equal(rig->claimed.reply.targets[0].last_write_ago_us, 0);
}

static void rule_8_delete_waits(void **state)
{
    struct rig *rig = *state;
    struct rig_event event = rig_upsert(rig, "e1", "p1", "sku1", 1, "a");
    struct settle_request settle;
    struct rig_claimed claimed;

    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    claimed = rig->claimed;
    settle = rig_settle_request(rig, &event, OUTCOME_FAILED, ITEM_ABSENT);
    settle.targets[0].uncertain_us = 7 * RIG_S + 1; /* rounded up */
    assert_int_equal(rig_settle_as(rig, &claimed, &event, &settle), SETTLE_OK);
    event = rig_delete(rig, "d1", "p1", "sku1", 2);
    assert_int_equal(rig_claim(rig, &event), CLAIM_WAIT);
    assert_int_equal(rig->claimed.reply.wait_us, 7 * RIG_S + RIG_MS);
}

static void rule_9_unchanged(void **state)
{
    struct rig *rig = *state;
    struct rig_event event = rig_upsert(rig, "e1", "p1", "sku1", 1, "a");

    rig_done(rig, &event, OUTCOME_CREATED, ITEM_LIVE);
    event = rig_upsert(rig, "e2", "p1", "sku1", 2, "a");
    assert_int_equal(rig_claim(rig, &event), CLAIM_IS_UNCHANGED);
    assert_string_equal(rig->claimed.item_id, "item-of-sku1");
    assert_int_equal(rig->claimed.current_version, 2);
    assert_int_equal(rig->claimed.last_version, 2);
    assert_string_equal(rig_product(rig, "p1", "v"), "0000000000000002");
    assert_string_equal(rig_product(rig, "p1", "o"), "2");
    assert_string_equal(rig_product(rig, "p1", "ev"), "e2");
    assert_int_equal(rig_claim(rig, &event), CLAIM_DONE);
    assert_int_equal(rig->claimed.reply.outcome, OUTCOME_UNCHANGED);
    event = rig_upsert(rig, "e3", "p1", "sku1", 3, "a");
    event.claim.force = true;
    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    assert_int_equal(rig_settle(rig, &event, OUTCOME_UPDATED, ITEM_LIVE), SETTLE_OK);
    event = rig_upsert(rig, "e4", "p1", "sku1", 4, "a");
    rig->now_us += 3600 * RIG_S; /* still believed, to the very moment */
    assert_int_equal(rig_claim(rig, &event), CLAIM_IS_UNCHANGED);
    event = rig_upsert(rig, "e5", "p1", "sku1", 5, "a");
    rig->now_us += RIG_MS;
    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    assert_int_equal(rig_settle(rig, &event, OUTCOME_FAILED, ITEM_LIVE), SETTLE_OK); /* dirty now */
    event = rig_upsert(rig, "e6", "p1", "sku1", 6, "a");
    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
}

static void rule_9_needs_owner_epoch_and_state(void **state)
{
    struct rig *rig = *state;
    struct rig_event event = rig_upsert(rig, "e1", "p1", "sku1", 1, "a");

    rig_done(rig, &event, OUTCOME_CREATED, ITEM_LIVE);
    event = rig_hide(rig, "h1", "p1", "sku1", 2);
    rig_done(rig, &event, OUTCOME_UPDATED, ITEM_HIDDEN);
    event = rig_hide(rig, "h2", "p1", "sku1", 3);
    assert_int_equal(rig_claim(rig, &event), CLAIM_IS_UNCHANGED);
    event = rig_upsert(rig, "e2", "p1", "sku1", 4, "a"); /* hidden: must be shown again */
    rig_done(rig, &event, OUTCOME_UPDATED, ITEM_LIVE);
    redis_server_ask(rig->server, "HSET", "{cs1}:1:c:default:s:sku1", "ow", "p2", NULL);
    event = rig_upsert(rig, "e3", "p1", "sku1", 5, "a");
    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    assert_int_equal(rig_settle(rig, &event, OUTCOME_UPDATED, ITEM_LIVE), SETTLE_OK);
    rig->now_us += RIG_S;
    rig_raise(rig, rig->view.epoch, 0);
    rig_ready(rig);
    event = rig_upsert(rig, "e4", "p1", "sku1", 6, "a"); /* hashes of older epochs are not trusted */
    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
}

static void rule_10_takes_ownership(void **state)
{
    struct rig *rig = *state;
    struct rig_event event = rig_upsert(rig, "e1", "p1", "sku1", 1, "a");

    rig_done(rig, &event, OUTCOME_CREATED, ITEM_LIVE);
    assert_string_equal(rig_product(rig, "p1", "st"), "c");
    event = rig_upsert(rig, "e2", "p2", "sku1", 1, "a");
    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    assert_string_equal(rig_sku(rig, "sku1", "ow"), "p2");
    assert_string_equal(rig_product(rig, "p1", "st"), "d");
    assert_string_equal(rig_product(rig, "p2", "st"), "d");
    assert_string_equal(rig->claimed.item_ids[0],
                        "item-of-sku1"); /* the item of this SKU, whoever owned it */
    assert_false(rig->claimed.reply.known_item);
    event = rig_delete(rig, "d1", "p1", "sku1", 2);
    assert_int_equal(rig_claim(rig, &event), CLAIM_SKIPPED);
    assert_int_equal(rig->claimed.reply.reason, REASON_SKU_TAKEN);
}

static void rule_10_same_token_again(void **state)
{
    struct rig *rig = *state;
    struct rig_event event = rig_upsert(rig, "e1", "p1", "sku1", 1, "a");
    uint64_t fence;

    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    assert_int_equal(rig->claimed.reply.targets[0].last_write_ago_us, INT64_MAX / 2);
    fence = rig->claimed.reply.fence;
    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED); /* its answer was lost */
    assert_true(rig->claimed.reply.fence > fence);
    assert_int_equal(rig->claimed.reply.claims, 0);
    event.claim.token.op.gen++;
    assert_int_equal(rig_claim(rig, &event), CLAIM_HELD);
}

static void rule_10_counts_deaths(void **state)
{
    struct rig *rig = *state;
    struct rig_event event = rig_upsert(rig, "e1", "p1", "sku1", 1, "a");

    for (uint64_t life = 1; life <= 4; life++) {
        event.claim.token.incarnation = life;
        assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
        assert_int_equal(rig->claimed.reply.claims, life - 1);
        rig->now_us += 31 * RIG_S;
    }
    event.claim.token.op.slot = 5; /* not a death: the same process */
    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    assert_int_equal(rig->claimed.reply.claims, 0);
}

static void texts_survive(void **state)
{
    struct rig *rig = *state;
    struct rig_event event = rig_upsert(rig, "id with space%20", "prod 1\n{x}", "-", 9007199254740993, "a");

    rig_done(rig, &event, OUTCOME_CREATED, ITEM_LIVE); /* 2^53 + 1, and 16 digits below */
    assert_int_equal(rig->claimed.reply.version, 9007199254740993);
    assert_string_equal(rig_product(rig, "prod%201%0a{x}", "v"), "9007199254740993");
    assert_string_equal(rig_product(rig, "prod%201%0a{x}", "s"), "%2d");
    event = rig_upsert(rig, "e2", "prod 1\n{x}", "-", 9007199254740992, "b");
    assert_int_equal(rig_claim(rig, &event), CLAIM_STALE);
    assert_string_equal(rig->claimed.superseded_by, "id with space%20");
    assert_string_equal(rig->claimed.memory_sku, "-");
    event = rig_upsert(rig, "e3", "prod 1\n{x}", "größe 5", 9007199254740994, "b");
    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    assert_string_equal(rig->claimed.main_sku, "größe 5");
    assert_string_equal(rig->claimed.old_skus[0], "-");
    assert_string_equal(rig->claimed.item_ids[1], "item-of--");
}

static void all_keys_share_a_slot(void **state)
{
    struct rig *rig = *state;
    struct rig_event event = rig_upsert(rig, "e1", "p{1}", "s}{1", 1, "a");
    char keys[2048], *key, *rest = keys;
    int count = 0;

    rig_done(rig, &event, OUTCOME_CREATED, ITEM_LIVE);
    redis_store_budget(rig->store, 0, 1);
    rig_until(rig, &rig->budgets, rig->budgets + 1);
    snprintf(keys, sizeof keys, "%s", redis_server_ask(rig->server, "KEYS", "*", NULL));
    while ((key = strtok_r(rest, "\n", &rest)) != NULL) {
        assert_tag(key);
        assert_memory_equal(key, "{cs1}:1:", 8);
        count++;
    }
    assert_int_equal(count, 6); /* g, w, e, p, s, b */
}

static void outcomes_expire(void **state)
{
    struct rig *rig = *state;
    struct rig_event event = rig_upsert(rig, "e1", "p1", "sku1", 1, "a");
    char hex[HASH_HEX_BYTES], key[128];

    rig_done(rig, &event, OUTCOME_CREATED, ITEM_LIVE);
    hash128_hex(rig_key("e1"), hex);
    snprintf(key, sizeof key, "{cs1}:1:c:default:e:%s", hex);
    assert_in_range(strtol(redis_server_ask(rig->server, "PTTL", key, NULL), NULL, 10), 3500 * 1000,
                    3600 * 1000);
    assert_string_equal(redis_server_ask(rig->server, "PTTL", "{cs1}:1:c:default:p:p1", NULL), "-1");
}

static void catalogs_are_apart(void **state)
{
    struct rig *rig = *state;
    struct rig_event event = rig_upsert(rig, "e1", "p1", "sku1", 1, "a");

    rig_done(rig, &event, OUTCOME_CREATED, ITEM_LIVE);
    event.claim.catalog = 1;
    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    assert_string_equal(rig->claimed.item_ids[0], "");
}

static void newest_event(void **state)
{
    struct rig *rig = *state;
    struct rig_event event = rig_upsert(rig, "e1", "p1", "sku1", 41, "a");

    event.claim.at.topic = 1;
    rig_done(rig, &event, OUTCOME_CREATED, ITEM_LIVE);
    redis_store_newest(rig->store, 0, rig_text("p1"));
    rig_until(rig, &rig->newests, 1);
    assert_string_equal(rig->newest_topic, "product-events.bulk");
    assert_int_equal(rig->newest_offset, 41);
    redis_store_newest(rig->store, 0, rig_text("p2"));
    rig_until(rig, &rig->newests, 2);
    assert_string_equal(rig->newest_topic, "(none)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(rule_7_sku_change, rig_fresh),
        cmocka_unit_test_setup(rule_7_too_many, rig_fresh),
        cmocka_unit_test_setup(rule_7_hide, rig_fresh),
        cmocka_unit_test_setup(rule_7_hide_in_later_epochs, rig_fresh),
        cmocka_unit_test_setup(rule_7_unfinished_sku, rig_fresh),
        cmocka_unit_test_setup(rule_7_delete, rig_fresh),
        cmocka_unit_test_setup(rule_8_held, rig_fresh),
        cmocka_unit_test_setup(rule_8_expired_lease, rig_fresh),
        cmocka_unit_test_setup(rule_8_delete_waits, rig_fresh),
        cmocka_unit_test_setup(rule_9_unchanged, rig_fresh),
        cmocka_unit_test_setup(rule_9_needs_owner_epoch_and_state, rig_fresh),
        cmocka_unit_test_setup(rule_10_takes_ownership, rig_fresh),
        cmocka_unit_test_setup(rule_10_same_token_again, rig_fresh),
        cmocka_unit_test_setup(rule_10_counts_deaths, rig_fresh),
        cmocka_unit_test_setup(texts_survive, rig_fresh),
        cmocka_unit_test_setup(all_keys_share_a_slot, rig_fresh),
        cmocka_unit_test_setup(outcomes_expire, rig_fresh),
        cmocka_unit_test_setup(catalogs_are_apart, rig_fresh),
        cmocka_unit_test_setup(newest_event, rig_fresh),
    };

    return cmocka_run_group_tests(tests, rig_start, rig_stop);
}
