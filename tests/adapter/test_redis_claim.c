/* The claim script against a real Redis: docs/store.md, "Claim", rules 1 to 6 (the numbers in the names). */
#include "tests/adapter/store_rig.h"

static struct claim_token stranger(uint32_t slot)
{
    return (struct claim_token){.incarnation = 0xb2, .op = {.slot = slot, .gen = 1}};
}

static void rule_1_epoch(void **state)
{
    struct rig *rig = *state;
    struct rig_event event = rig_upsert(rig, "e1", "p1", "sku1", 1, "a");

    event.claim.epoch++;
    assert_int_equal(rig_claim(rig, &event), CLAIM_EPOCH);
    event.claim.epoch--;
    rig->now_us += RIG_S;
    rig_raise(rig, rig->view.epoch, 0); /* a new epoch, not ready */
    assert_int_equal(rig_claim(rig, &event), CLAIM_EPOCH);
    event.claim.epoch = rig->view.epoch;
    assert_int_equal(rig_claim(rig, &event), CLAIM_EPOCH);
    rig_ready(rig);
    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    redis_server_ask(rig->server, "FLUSHALL", NULL);
    assert_int_equal(rig_claim(rig, &event), CLAIM_EPOCH);
}

static void rule_2_stored_outcome(void **state)
{
    struct rig *rig = *state;
    struct rig_event event = rig_upsert(rig, "e1", "p1", "sku1", 7, "a");

    event.blob = "details with spaces";
    rig_done(rig, &event, OUTCOME_CREATED, ITEM_LIVE);
    event.claim.token = stranger(9);
    assert_int_equal(rig_claim(rig, &event), CLAIM_DONE);
    assert_int_equal(rig->claimed.reply.outcome, OUTCOME_CREATED);
    assert_int_equal(rig->claimed.version, 7);
    assert_int_equal(rig->claimed.current_version, 7);
    assert_string_equal(rig->claimed.item_id, "item-of-sku1");
    assert_string_equal(rig->claimed.blob, "details with spaces");
    assert_string_equal(rig->claimed.memory_sku, "sku1");
    assert_string_equal(rig->claimed.memory_item, "item-of-sku1");
    assert_int_equal(rig->claimed.state, ITEM_LIVE);
    event.data = "b";
    assert_int_equal(rig_claim(rig, &event), CLAIM_CONFLICT);
    event.claim.repair = true; /* a repair is not ended by what is stored */
    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
}

static void rule_2_gives_back(void **state)
{
    struct rig *rig = *state;
    struct rig_event mine = rig_upsert(rig, "e1", "p1", "sku1", 7, "a"), other = mine;

    assert_int_equal(rig_claim(rig, &mine), CLAIM_GRANTED);
    rig->now_us += 31 * RIG_S; /* the lease runs out; another worker does the event, on the very same body */
    other.claim.token = stranger(2);
    assert_int_equal(rig_claim(rig, &other), CLAIM_GRANTED);
    assert_int_equal(rig_settle(rig, &other, OUTCOME_CREATED, ITEM_LIVE), SETTLE_OK);
    other.id = "e2";
    other.claim.version = 8;
    other.data = "b";
    assert_int_equal(rig_claim(rig, &other), CLAIM_WAIT); /* of the lost lease a call may still land */
    rig->now_us += 60 * RIG_S;
    assert_int_equal(rig_claim(rig, &other), CLAIM_GRANTED);
    other.id = "e1"; /* stored: the same token gives the lease back */
    other.data = "a";
    assert_int_equal(rig_claim(rig, &other), CLAIM_DONE);
    assert_string_equal(rig_sku(rig, "sku1", "tk"), "(nil)");
}

static void rule_3_worked_on_elsewhere(void **state)
{
    struct rig *rig = *state;
    struct rig_event event = rig_upsert(rig, "e1", "p1", "sku1", 7, "a"), newer;

    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    newer = rig_upsert(rig, "e2", "p1", "sku1", 9, "b");
    newer.claim.mode = CLAIM_END;
    newer.claim.end_outcome = OUTCOME_SUPERSEDED;
    newer.claim.token = stranger(1);
    assert_int_equal(rig_claim(rig, &newer), CLAIM_ENDED);
    event.claim.token = stranger(2); /* redelivered: stale by now, but its first worker may be calling */
    assert_int_equal(rig_claim(rig, &event), CLAIM_HELD);
    assert_int_equal(rig->claimed.reply.wait_us, 30 * RIG_S);
    event.claim.mode = CLAIM_END;
    event.claim.end_outcome = OUTCOME_SUPERSEDED;
    assert_int_equal(rig_claim(rig, &event), CLAIM_HELD);
    rig->now_us += 30 * RIG_S;
    assert_int_equal(rig_claim(rig, &event), CLAIM_ENDED);
}

static void rule_4_end(void **state)
{
    struct rig *rig = *state;
    struct rig_event event = rig_upsert(rig, "e1", "p1", "sku1", 7, "a");

    event.claim.mode = CLAIM_END;
    event.claim.end_outcome = OUTCOME_SUPERSEDED;
    event.claim.end_reason = REASON_ABSORBED;
    event.superseded_by = "the absorber";
    event.blob = "x";
    assert_int_equal(rig_claim(rig, &event), CLAIM_ENDED);
    assert_string_equal(rig_product(rig, "p1", "v"), "0000000000000007");
    event.claim.mode = CLAIM_WORK;
    assert_int_equal(rig_claim(rig, &event), CLAIM_DONE);
    assert_int_equal(rig->claimed.reply.outcome, OUTCOME_SUPERSEDED);
    assert_int_equal(rig->claimed.reply.reason, REASON_ABSORBED);
    assert_string_equal(rig->claimed.superseded_by, "the absorber");
    assert_string_equal(rig->claimed.blob, "x");
    event.id = "e2";
    event.claim.mode = CLAIM_END;
    event.claim.end_outcome = OUTCOME_FAILED;
    event.claim.version = 9;
    assert_int_equal(rig_claim(rig, &event), CLAIM_ENDED);
    assert_string_equal(rig_product(rig, "p1", "v"), "0000000000000007"); /* failed: not moved */
    event.id = "e3";
    event.claim.end_outcome = OUTCOME_SKIPPED;
    event.claim.version = 5;
    assert_int_equal(rig_claim(rig, &event), CLAIM_ENDED);
    assert_string_equal(rig_product(rig, "p1", "v"), "0000000000000007"); /* lower: not moved */
    assert_string_equal(rig_product(rig, "p1", "ev"), "e1");
}

static void rule_4_gives_back(void **state)
{
    struct rig *rig = *state;
    struct rig_event event = rig_upsert(rig, "e1", "p1", "sku1", 7, "a");

    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    event.claim.mode = CLAIM_END;
    event.claim.end_outcome = OUTCOME_SUPERSEDED;
    assert_int_equal(rig_claim(rig, &event), CLAIM_ENDED);
    assert_string_equal(rig_sku(rig, "sku1", "tk"), "(nil)");
}

static void rule_5_tombstone(void **state)
{
    struct rig *rig = *state;
    struct rig_event tombstone = rig_delete(rig, "t1", "p1", NULL, 0), upsert;

    tombstone.claim.tombstone = true;
    tombstone.claim.at.offset = 999999;
    assert_int_equal(rig_claim(rig, &tombstone), CLAIM_NOTHING_KNOWN);
    assert_string_equal(rig_outcome(rig, "t1"), "(nil)");
    upsert = rig_upsert(rig, "e1", "p1", "sku1", 7, "a");
    rig_done(rig, &upsert, OUTCOME_CREATED, ITEM_LIVE);
    assert_int_equal(rig_claim(rig, &tombstone), CLAIM_GRANTED);
    assert_int_equal(rig->claimed.reply.version, 7);
    assert_string_equal(rig->claimed.main_sku, "sku1");
    tombstone = rig_delete(rig, "t2", "unknown", "sku2", 0);
    tombstone.claim.tombstone = true;
    assert_int_equal(rig_claim(rig, &tombstone), CLAIM_GRANTED);
    assert_int_equal(rig->claimed.reply.version, 0);
}

static void rule_6_stale(void **state)
{
    struct rig *rig = *state;
    struct rig_event event = rig_upsert(rig, "newest", "p1", "sku1", 7, "a");

    rig_done(rig, &event, OUTCOME_CREATED, ITEM_LIVE);
    event = rig_upsert(rig, "older", "p1", "sku1", 6, "b");
    assert_int_equal(rig_claim(rig, &event), CLAIM_STALE);
    assert_string_equal(rig->claimed.superseded_by, "newest");
    assert_int_equal(rig->claimed.current_version, 7);
    assert_int_equal(rig->claimed.last_version, 7);
    assert_string_equal(rig->claimed.item_id, "item-of-sku1");
    assert_int_equal(rig_claim(rig, &event), CLAIM_DONE);
    assert_int_equal(rig->claimed.reply.outcome, OUTCOME_SUPERSEDED);
    assert_int_equal(rig->claimed.reply.reason, REASON_NEWER_VERSION);
    assert_string_equal(rig->claimed.superseded_by, "newest");
    assert_string_equal(rig_product(rig, "p1", "ev"), "newest");
}

static void rule_6_equal_version(void **state)
{
    struct rig *rig = *state;
    struct rig_event event = rig_upsert(rig, "first", "p1", "sku1", 7, "a"), other;

    rig_done(rig, &event, OUTCOME_CREATED, ITEM_LIVE);
    other = rig_upsert(rig, "earlier", "p1", "sku1", 7, "b");
    other.claim.at.offset =
        event.claim.at.offset - 1; /* text comparison would take "6" for less than "10" too */
    assert_int_equal(rig_claim(rig, &other), CLAIM_STALE);
    other = rig_upsert(rig, "replayed", "p1", "sku1", 7, "b");
    other.claim.at.offset = 1000;
    other.claim.replay = true;
    assert_int_equal(rig_claim(rig, &other), CLAIM_STALE);
    other = rig_upsert(rig, "same", "p1", "sku1", 7, "a");
    other.claim.at.offset = 1000;
    other.claim.replay = true;
    assert_int_equal(rig_claim(rig, &other), CLAIM_IS_UNCHANGED);
    other = rig_upsert(rig, "later", "p1", "sku1", 7, "b");
    other.claim.at.offset = 99999; /* longer, though "9" sorts after "1" */
    assert_int_equal(rig_claim(rig, &other), CLAIM_GRANTED);
    assert_int_equal(rig_settle(rig, &other, OUTCOME_UPDATED, ITEM_LIVE), SETTLE_OK);
    other = rig_upsert(rig, "elsewhere", "p1", "sku1", 7, "c");
    other.claim.at.offset = 1;
    other.claim.at.partition = 4; /* not comparable: not stale */
    assert_int_equal(rig_claim(rig, &other), CLAIM_GRANTED);
}

static void rule_6_repair(void **state)
{
    struct rig *rig = *state;
    struct rig_event event = rig_upsert(rig, "e1", "p1", "sku1", 7, "a");

    rig_done(rig, &event, OUTCOME_CREATED, ITEM_LIVE);
    event.claim.repair = true;
    event.claim.replay = true; /* done again whatever it was */
    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    assert_int_equal(rig_settle(rig, &event, OUTCOME_UPDATED, ITEM_LIVE), SETTLE_OK);
    event.claim.at.offset--; /* of the same version, but not the newest */
    assert_int_equal(rig_claim(rig, &event), CLAIM_STALE);
    event.claim.version = 6;
    assert_int_equal(rig_claim(rig, &event), CLAIM_STALE);
    assert_string_equal(rig_product(rig, "p1", "v"), "0000000000000007");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(rule_1_epoch, rig_fresh),
        cmocka_unit_test_setup(rule_2_stored_outcome, rig_fresh),
        cmocka_unit_test_setup(rule_2_gives_back, rig_fresh),
        cmocka_unit_test_setup(rule_3_worked_on_elsewhere, rig_fresh),
        cmocka_unit_test_setup(rule_4_end, rig_fresh),
        cmocka_unit_test_setup(rule_4_gives_back, rig_fresh),
        cmocka_unit_test_setup(rule_5_tombstone, rig_fresh),
        cmocka_unit_test_setup(rule_6_stale, rig_fresh),
        cmocka_unit_test_setup(rule_6_equal_version, rig_fresh),
        cmocka_unit_test_setup(rule_6_repair, rig_fresh),
    };

    return cmocka_run_group_tests(tests, rig_start, rig_stop);
}
