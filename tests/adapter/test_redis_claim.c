/* The claim script against a real Redis: docs/store.md, "Claim". The numbers in the names are its rules. */
#include "tests/adapter/store_rig.h"

static int fresh(void **state)
{
    struct rig *rig = *state;

    redis_server_ask(rig->server, "FLUSHALL", NULL);
    rig->now_us += 24 * 3600 * RIG_S;
    rig_raise(rig, 0, 0);
    rig_ready(rig);
    return rig->view.ready ? 0 : -1;
}

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

/* What Redis Cluster hashes of a key: what stands between the first { and the next }, if that is something.
 */
static void assert_tag(const char *key)
{
    const char *open = strchr(key, '{'), *close = open ? strchr(open, '}') : NULL;

    assert_non_null(close);
    assert_int_equal(close - open, 4);
    assert_memory_equal(open, "{cs1}", 5);
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

static int start(void **state)
{
    struct rig *rig = rig_new(redis_server_start(NULL));

    rig_first_start(rig);
    *state = rig;
    return 0;
}

static int stop(void **state)
{
    rig_free(*state, true);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(rule_1_epoch, fresh),
        cmocka_unit_test_setup(rule_2_stored_outcome, fresh),
        cmocka_unit_test_setup(rule_2_gives_back, fresh),
        cmocka_unit_test_setup(rule_3_worked_on_elsewhere, fresh),
        cmocka_unit_test_setup(rule_4_end, fresh),
        cmocka_unit_test_setup(rule_4_gives_back, fresh),
        cmocka_unit_test_setup(rule_5_tombstone, fresh),
        cmocka_unit_test_setup(rule_6_stale, fresh),
        cmocka_unit_test_setup(rule_6_equal_version, fresh),
        cmocka_unit_test_setup(rule_6_repair, fresh),
        cmocka_unit_test_setup(rule_7_sku_change, fresh),
        cmocka_unit_test_setup(rule_7_too_many, fresh),
        cmocka_unit_test_setup(rule_7_hide, fresh),
        cmocka_unit_test_setup(rule_7_hide_in_later_epochs, fresh),
        cmocka_unit_test_setup(rule_7_unfinished_sku, fresh),
        cmocka_unit_test_setup(rule_7_delete, fresh),
        cmocka_unit_test_setup(rule_8_held, fresh),
        cmocka_unit_test_setup(rule_8_expired_lease, fresh),
        cmocka_unit_test_setup(rule_8_delete_waits, fresh),
        cmocka_unit_test_setup(rule_9_unchanged, fresh),
        cmocka_unit_test_setup(rule_9_needs_owner_epoch_and_state, fresh),
        cmocka_unit_test_setup(rule_10_takes_ownership, fresh),
        cmocka_unit_test_setup(rule_10_same_token_again, fresh),
        cmocka_unit_test_setup(rule_10_counts_deaths, fresh),
        cmocka_unit_test_setup(texts_survive, fresh),
        cmocka_unit_test_setup(all_keys_share_a_slot, fresh),
        cmocka_unit_test_setup(outcomes_expire, fresh),
        cmocka_unit_test_setup(catalogs_are_apart, fresh),
        cmocka_unit_test_setup(newest_event, fresh),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
