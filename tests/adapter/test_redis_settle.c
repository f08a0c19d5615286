/* Settle and release against a real Redis: docs/store.md. The numbers in the names are the rules of a settle.
 */
#include "tests/adapter/store_rig.h"

static void rule_1_epoch(void **state)
{
    struct rig *rig = *state;
    struct rig_event event = rig_upsert(rig, "e1", "p1", "sku1", 1, "a");

    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    rig->now_us += RIG_S;
    rig_raise(rig, rig->view.epoch, 0);
    assert_int_equal(rig_settle(rig, &event, OUTCOME_CREATED, ITEM_LIVE), SETTLE_EPOCH);
    assert_string_equal(rig_outcome(rig, "e1"), "(nil)");
    assert_string_equal(rig_sku(rig, "sku1", "id"), "(nil)");
}

static void rule_2_again_is_ok(void **state)
{
    struct rig *rig = *state;
    struct rig_event event = rig_upsert(rig, "e1", "p1", "sku1", 1, "a"), other;
    struct settle_request settle;
    struct rig_claimed claimed;

    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    claimed = rig->claimed;
    settle = rig_settle_request(rig, &event, OUTCOME_CREATED, ITEM_LIVE);
    assert_int_equal(rig_settle_as(rig, &claimed, &event, &settle), SETTLE_OK);
    assert_int_equal(rig_settle_as(rig, &claimed, &event, &settle), SETTLE_OK);
    assert_string_equal(rig_product(rig, "p1", "st"), "c");
    other = rig_upsert(rig, "e2", "p1", "sku1", 2, "b");
    assert_int_equal(rig_claim(rig, &other),
                     CLAIM_GRANTED); /* another grant since: the stored outcome tells */
    assert_int_equal(rig_settle_as(rig, &claimed, &event, &settle), SETTLE_OK);
    assert_string_equal(rig_product(rig, "p1", "lw"), "(nil)");
}

static void rule_2_repair_again_is_ok(void **state)
{
    struct rig *rig = *state;
    struct rig_event event = rig_upsert(rig, "e1", "p1", "sku1", 1, "a");
    struct settle_request settle;
    struct rig_claimed claimed;

    rig_done(rig, &event, OUTCOME_CREATED, ITEM_LIVE);
    event.claim.repair = true;
    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    claimed = rig->claimed;
    settle = rig_settle_request(rig, &event, OUTCOME_UPDATED, ITEM_LIVE);
    assert_int_equal(rig_settle_as(rig, &claimed, &event, &settle), SETTLE_OK);
    assert_int_equal(rig_settle_as(rig, &claimed, &event, &settle), SETTLE_OK);
    assert_string_equal(rig_product(rig, "p1", "st"), "c");
    event.claim.repair = false; /* its outcome is still that of the first time */
    assert_int_equal(rig_claim(rig, &event), CLAIM_DONE);
    assert_int_equal(rig->claimed.reply.outcome, OUTCOME_CREATED);
}

/* A worker that slept through its lease settles late; another was granted since. */
static void rule_2_refused(void **state)
{
    struct rig *rig = *state;
    struct rig_event slept = rig_upsert(rig, "e1", "p1", "sku1", 1, "a"), other = slept;
    struct settle_request settle, fresh_settle;
    struct rig_claimed claimed, fresh_claimed;

    assert_int_equal(rig_claim(rig, &slept), CLAIM_GRANTED);
    claimed = rig->claimed;
    settle = rig_settle_request(rig, &slept, OUTCOME_CREATED, ITEM_LIVE);
    rig->now_us += 100 * RIG_S;
    other.id = "e2";
    other.data = "b";
    other.claim.version = 2;
    other.claim.token.incarnation = 0xb2;
    assert_int_equal(rig_claim(rig, &other), CLAIM_GRANTED);
    fresh_claimed = rig->claimed;
    fresh_settle = rig_settle_request(rig, &other, OUTCOME_UPDATED, ITEM_LIVE);
    settle.targets[0].written = false;
    assert_int_equal(rig_settle_as(rig, &claimed, &slept, &settle), SETTLE_REFUSED); /* it had not called */
    assert_string_equal(rig_product(rig, "p1", "lw"), "(nil)");
    assert_string_equal(rig_outcome(rig, "e1"), "(nil)");
    settle.targets[0].written = true;
    assert_int_equal(rig_settle_as(rig, &claimed, &slept, &settle), SETTLE_REFUSED);
    assert_string_equal(rig_product(rig, "p1", "lw"), "1");
    assert_int_equal(rig_settle_as(rig, &fresh_claimed, &other, &fresh_settle), SETTLE_OK);
    assert_string_equal(rig_product(rig, "p1", "st"), "d"); /* what the catalog shows now, nobody knows */
    other.claim.repair = true;
    assert_int_equal(rig_claim(rig, &other), CLAIM_GRANTED);
    assert_int_equal(rig_settle(rig, &other, OUTCOME_UPDATED, ITEM_LIVE), SETTLE_OK);
    assert_string_equal(rig_product(rig, "p1", "st"), "c");
}

static void rule_2_refused_marks_the_new_owner(void **state)
{
    struct rig *rig = *state;
    struct rig_event slept = rig_upsert(rig, "e1", "p1", "sku1", 1, "a"), other;
    struct settle_request settle;
    struct rig_claimed claimed;

    assert_int_equal(rig_claim(rig, &slept), CLAIM_GRANTED);
    claimed = rig->claimed;
    settle = rig_settle_request(rig, &slept, OUTCOME_CREATED, ITEM_LIVE);
    rig->now_us += 100 * RIG_S;
    other = rig_upsert(rig, "e2", "p2", "sku1", 1, "b");
    other.claim.token.incarnation = 0xb2;
    rig_done(rig, &other, OUTCOME_UPDATED, ITEM_LIVE);
    assert_int_equal(rig_settle_as(rig, &claimed, &slept, &settle), SETTLE_REFUSED);
    assert_string_equal(rig_product(rig, "p1", "st"), "d");
    assert_string_equal(rig_product(rig, "p2", "st"), "d");
    assert_string_equal(rig_product(rig, "p2", "lw"), "1");
    assert_string_equal(rig_sku(rig, "sku1", "ow"), "p2");
}

/* The lease is ours still, but the event was ended otherwise: that outcome stands. */
static void rule_2_stored_otherwise(void **state)
{
    struct rig *rig = *state;
    struct rig_event event = rig_upsert(rig, "e1", "p1", "sku1", 1, "a");
    char hex[HASH_HEX_BYTES], key[128], value[128];

    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    hash128_hex(rig_key("e1"), hex);
    snprintf(key, sizeof key, "{cs1}:1:c:default:e:%s", hex);
    hash128_hex(event.claim.data_hash, hex);
    snprintf(value, sizeof value, "%s superseded absorbed - 0000000000000001 = - e2 ", hex);
    redis_server_ask(rig->server, "SET", key, value, NULL);
    assert_int_equal(rig_settle(rig, &event, OUTCOME_CREATED, ITEM_LIVE), SETTLE_REFUSED);
    assert_string_equal(rig_outcome(rig, "e1"), value);
    assert_string_equal(rig_sku(rig, "sku1", "tk"), "(nil)");
    assert_string_equal(rig_product(rig, "p1", "lw"), "1");
    assert_int_equal(rig_claim(rig, &event), CLAIM_DONE);
    assert_int_equal(rig->claimed.reply.outcome, OUTCOME_SUPERSEDED);
    assert_string_equal(rig->claimed.superseded_by, "e2");
}

static void expired_lease_still_settles(void **state)
{
    struct rig *rig = *state;
    struct rig_event event = rig_upsert(rig, "e1", "p1", "sku1", 1, "a");

    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    rig->now_us += 3600 * RIG_S;
    assert_int_equal(rig_settle(rig, &event, OUTCOME_CREATED, ITEM_LIVE), SETTLE_OK);
}

static void rule_3_success_and_failure(void **state)
{
    struct rig *rig = *state;
    struct rig_event event = rig_upsert(rig, "e1", "p1", "sku1", 5, "a");

    rig_done(rig, &event, OUTCOME_CREATED, ITEM_LIVE);
    assert_string_equal(rig_product(rig, "p1", "v"), "0000000000000005");
    assert_string_equal(rig_product(rig, "p1", "cv"), "0000000000000005");
    assert_string_equal(rig_product(rig, "p1", "is"), "l");
    assert_string_equal(rig_product(rig, "p1", "s"), "sku1");
    assert_string_equal(rig_product(rig, "p1", "x"), "");
    assert_string_equal(rig_product(rig, "p1", "t"), "product-events/3");
    assert_string_equal(rig_product(rig, "p1", "o"), "5");
    event = rig_upsert(rig, "e2", "p1", "sku1", 6, "b");
    event.blob = "{\"error\":\"refused\"}";
    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    assert_int_equal(rig_settle(rig, &event, OUTCOME_FAILED, ITEM_LIVE), SETTLE_OK);
    assert_string_equal(rig_product(rig, "p1", "v"), "0000000000000005");
    assert_string_equal(rig_product(rig, "p1", "st"), "d");
    assert_string_equal(rig_product(rig, "p1", "s"), "sku1");
    assert_int_equal(rig_claim(rig, &event), CLAIM_DONE);
    assert_int_equal(rig->claimed.reply.outcome, OUTCOME_FAILED);
    assert_int_equal(rig->claimed.version, 6);
    assert_int_equal(rig->claimed.current_version, 5);
    assert_string_equal(rig->claimed.blob, "{\"error\":\"refused\"}");
}

static void rule_3_never_lowers_the_version(void **state)
{
    struct rig *rig = *state;
    struct rig_event event = rig_upsert(rig, "e1", "p1", "sku1", 5, "a"), newer;
    struct rig_claimed claimed;
    struct settle_request settle;

    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    claimed = rig->claimed;
    settle = rig_settle_request(rig, &event, OUTCOME_CREATED, ITEM_LIVE);
    newer = rig_upsert(rig, "e2", "p1", "sku1", 9, "b");
    newer.claim.mode = CLAIM_END;
    newer.claim.end_outcome = OUTCOME_SUPERSEDED;
    newer.claim.token.op.slot = 2;
    assert_int_equal(rig_claim(rig, &newer), CLAIM_ENDED);
    assert_int_equal(rig_settle_as(rig, &claimed, &event, &settle), SETTLE_OK);
    assert_string_equal(rig_product(rig, "p1", "v"), "0000000000000009");
    assert_string_equal(rig_product(rig, "p1", "ev"), "e2");
    assert_string_equal(rig_product(rig, "p1", "cv"), "0000000000000005");
}

static void rule_3_and_4_sku_change(void **state)
{
    struct rig *rig = *state;
    struct rig_event event = rig_upsert(rig, "e1", "p1", "old", 1, "a");
    struct rig_claimed claimed;
    struct settle_request settle;

    rig_done(rig, &event, OUTCOME_CREATED, ITEM_LIVE);
    event = rig_upsert(rig, "e2", "p1", "new", 2, "b");
    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    claimed = rig->claimed;
    settle = rig_settle_request(rig, &event, OUTCOME_FAILED, ITEM_LIVE);
    assert_int_equal(rig_settle_as(rig, &claimed, &event, &settle), SETTLE_OK);
    assert_string_equal(rig_product(rig, "p1", "x"), "new"); /* its create may be there */
    assert_string_equal(rig_product(rig, "p1", "s"), "old");
    event = rig_upsert(rig, "e3", "p1", "newer", 3, "b");
    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    assert_int_equal(rig->claimed.reply.targets_count, 3);
    claimed = rig->claimed;
    settle = rig_settle_request(rig, &event, OUTCOME_CREATED, ITEM_LIVE);
    settle.targets[1].gone = false; /* one old item could not be deleted yet */
    settle.targets[1].has_item = true;
    assert_int_equal(rig_settle_as(rig, &claimed, &event, &settle), SETTLE_OK);
    assert_string_equal(rig_product(rig, "p1", "s"), "newer");
    assert_string_equal(rig_product(rig, "p1", "x"), claimed.old_skus[0]);
    assert_string_equal(rig_sku(rig, claimed.old_skus[0], "ow"), "p1");
    assert_string_equal(rig_sku(rig, claimed.old_skus[1], "ow"), "(nil)");
    assert_string_equal(rig_sku(rig, claimed.old_skus[1], "id"), "(nil)");
    assert_string_equal(rig_sku(rig, "newer", "id"), "item-of-newer");
    event = rig_upsert(rig, "e4", "p1", "newer", 4, "b");
    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED); /* equal content, but an old one is left */
}

static void rule_4_old_target_taken_meanwhile(void **state)
{
    struct rig *rig = *state;
    struct rig_event event = rig_upsert(rig, "e1", "p1", "old", 1, "a"), thief;
    struct rig_claimed claimed;
    struct settle_request settle;

    rig_done(rig, &event, OUTCOME_CREATED, ITEM_LIVE);
    event = rig_upsert(rig, "e2", "p1", "new", 2, "b");
    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    claimed = rig->claimed;
    settle = rig_settle_request(rig, &event, OUTCOME_CREATED, ITEM_LIVE);
    rig->now_us += 100 * RIG_S;
    thief = rig_upsert(rig, "e3", "p2", "old", 1, "c");
    thief.claim.token.incarnation = 0xb2;
    rig_done(rig, &thief, OUTCOME_UPDATED, ITEM_LIVE);
    assert_int_equal(rig_settle_as(rig, &claimed, &event, &settle), SETTLE_OK);
    assert_string_equal(rig_sku(rig, "old", "ow"), "p2"); /* left alone */
    assert_string_equal(rig_sku(rig, "old", "id"), "item-of-old");
    assert_string_equal(rig_product(rig, "p2", "lw"), "1"); /* our delete may have hit its item */
}

static void rule_4_writes_and_uncertainty(void **state)
{
    struct rig *rig = *state;
    struct rig_event event = rig_upsert(rig, "e1", "p1", "sku1", 1, "a");
    struct rig_claimed claimed;
    struct settle_request settle;

    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    claimed = rig->claimed;
    settle = rig_settle_request(rig, &event, OUTCOME_CREATED, ITEM_LIVE);
    settle.targets[0].uncertain_us = 20 * RIG_S;
    assert_int_equal(rig_settle_as(rig, &claimed, &event, &settle), SETTLE_OK);
    event = rig_upsert(rig, "e2", "p1", "sku1", 2, "b");
    assert_int_equal(rig_claim(rig, &event), CLAIM_WAIT);
    rig->now_us += 25 * RIG_S;
    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    assert_int_equal(rig->claimed.reply.targets[0].last_write_ago_us, 5 * RIG_S);
    claimed = rig->claimed;
    settle = rig_settle_request(rig, &event, OUTCOME_UPDATED, ITEM_LIVE);
    rig->now_us += RIG_S;
    assert_int_equal(rig_settle_as(rig, &claimed, &event, &settle), SETTLE_OK);
    rig->now_us += 3 * RIG_S;
    event = rig_upsert(rig, "e3", "p1", "sku1", 3, "c");
    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    assert_int_equal(rig->claimed.reply.targets[0].last_write_ago_us, 3 * RIG_S);
}

static void release(struct rig *rig, const struct rig_event *event, usec_t uncertain_us)
{
    struct release_request request = {.epoch = event->claim.epoch,
                                      .fence = rig->claimed.reply.fence,
                                      .token = event->claim.token,
                                      .product = event->claim.product,
                                      .targets_count = rig->claimed.reply.targets_count};
    struct store_strings strings = rig_settle_strings(&rig->claimed, event);

    request.targets[0].uncertain_us = uncertain_us;
    request.targets[0].written = uncertain_us > 0;
    redis_store_release(rig->store, &request, &strings);
}

static void release_gives_back(void **state)
{
    struct rig *rig = *state;
    struct rig_event event = rig_upsert(rig, "e1", "p1", "sku1", 1, "a"), other;

    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    release(rig, &event, 0);
    other = rig_upsert(rig, "e2", "p1", "sku1", 2, "b");
    other.claim.token.incarnation = 0xb2;
    assert_int_equal(rig_claim(rig, &other), CLAIM_GRANTED);
    assert_int_equal(rig->claimed.reply.claims, 0);
    release(rig, &event, 0); /* with another's fence: nothing happens */
    event.claim.token.op.slot = 7;
    assert_int_equal(rig_claim(rig, &event), CLAIM_HELD);
}

static void release_keeps_the_uncertain_call(void **state)
{
    struct rig *rig = *state;
    struct rig_event event = rig_upsert(rig, "e1", "p1", "sku1", 1, "a"), other;

    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    release(rig, &event, 60 * RIG_S);
    other = rig_upsert(rig, "e2", "p1", "sku1", 2, "b");
    assert_int_equal(rig_claim(rig, &other), CLAIM_WAIT);
    assert_int_equal(rig->claimed.reply.wait_us, 60 * RIG_S);
    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED); /* the identical body needs not wait */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(rule_1_epoch, rig_fresh),
        cmocka_unit_test_setup(rule_2_again_is_ok, rig_fresh),
        cmocka_unit_test_setup(rule_2_repair_again_is_ok, rig_fresh),
        cmocka_unit_test_setup(rule_2_refused, rig_fresh),
        cmocka_unit_test_setup(rule_2_refused_marks_the_new_owner, rig_fresh),
        cmocka_unit_test_setup(rule_2_stored_otherwise, rig_fresh),
        cmocka_unit_test_setup(expired_lease_still_settles, rig_fresh),
        cmocka_unit_test_setup(rule_3_success_and_failure, rig_fresh),
        cmocka_unit_test_setup(rule_3_never_lowers_the_version, rig_fresh),
        cmocka_unit_test_setup(rule_3_and_4_sku_change, rig_fresh),
        cmocka_unit_test_setup(rule_4_old_target_taken_meanwhile, rig_fresh),
        cmocka_unit_test_setup(rule_4_writes_and_uncertainty, rig_fresh),
        cmocka_unit_test_setup(release_gives_back, rig_fresh),
        cmocka_unit_test_setup(release_keeps_the_uncertain_call, rig_fresh),
    };

    return cmocka_run_group_tests(tests, rig_start, rig_stop);
}
