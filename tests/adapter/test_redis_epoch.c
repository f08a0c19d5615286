/* Epochs, witnesses and the rebuild against a real Redis: docs/store.md, "Epochs". */
#include "tests/adapter/store_rig.h"

/* A second worker on the same Redis. */
static struct rig *worker(struct rig *rig, uint64_t incarnation)
{
    struct rig *other = rig_new(rig->server);
    struct redis_store_settings settings = rig_settings(other);

    other->now_us = rig->now_us;
    settings.incarnation = incarnation;
    rig_open(other, &settings);
    rig_until(other, &other->ups, 1);
    return other;
}

static void first_start(void **state)
{
    struct rig *rig = *state, *other;

    redis_server_ask(rig->server, "FLUSHALL", NULL);
    rig_look(rig);
    assert_true(rig->view.answered);
    assert_int_equal(rig->view.epoch, 0);
    assert_false(rig->view.ready);
    rig_raise(rig, 0, 0);
    assert_int_equal(rig->view.epoch, RIG_CLOCK_START_S * INT64_C(1000));
    assert_true(rig->view.builder && rig->view.builder_alive && !rig->view.ready);
    other = worker(rig, 0xb2);
    rig_raise(other, 0, 0); /* came second: nothing is raised again */
    assert_int_equal(other->view.epoch, rig->view.epoch);
    assert_false(other->view.builder);
    assert_true(other->view.builder_alive);
    rig_ready(other); /* not the builder */
    assert_false(other->view.ready);
    rig_ready(rig);
    assert_true(rig->view.ready);
    rig_look(other);
    assert_true(other->view.ready && other->view.witness_ok && !other->view.restarted);
    rig_free(other, false);
}

static void quiet_time_is_kept(void **state)
{
    struct rig *rig = *state;
    uint64_t epoch = rig->view.epoch;

    rig_raise(rig, epoch, 90 * RIG_S);
    assert_true(rig->view.epoch > epoch); /* one more, though the clock stood still */
    assert_int_equal(rig->view.wait_us, 90 * RIG_S);
    rig->now_us += 89 * RIG_S;
    rig_ready(rig);
    assert_false(rig->view.ready);
    assert_true(rig->view.builder); /* asking keeps the lease, even one that ran out and nobody took */
    rig->now_us += RIG_S;
    rig_ready(rig);
    assert_true(rig->view.ready);
}

static void dead_builder_is_replaced(void **state)
{
    struct rig *rig = *state, *other = worker(rig, 0xb2);
    uint64_t known = rig->view.epoch;

    rig_raise(rig, known, RIG_S);
    other->now_us += 9 * RIG_S;
    rig_raise(other, known, RIG_S);
    assert_false(other->view.builder); /* alive */
    other->now_us += 2 * RIG_S;
    rig_look(other);
    assert_false(other->view.builder_alive);
    assert_false(other->view.builder);
    rig_raise(other, known, RIG_S);
    assert_true(other->view.builder);
    assert_int_equal(other->view.epoch, rig->view.epoch); /* taken over, not begun again */
    rig->now_us = other->now_us;
    redis_store_build_alive(rig->store);
    rig_until(rig, &rig->loads_bad, 1); /* the old one learns it */
    rig_ready(other);
    assert_true(other->view.ready);
    rig_free(other, false);
}

static void write_once(struct rig *rig, const char *id)
{
    struct rig_event event = rig_upsert(rig, id, id, id, 1, "a");

    rig_done(rig, &event, OUTCOME_CREATED, ITEM_LIVE);
}

static void witness_lost(void **state)
{
    struct rig *rig = *state;
    char key[] = "{cs1}:1:w:00000000000000a1";

    rig_look(rig);
    assert_true(rig->view.ready);
    write_once(rig, "w1");
    write_once(rig, "w2");
    rig_look(rig);
    assert_true(rig->view.witness_ok);
    redis_server_ask(rig->server, "SET", key, "0000000000000001", NULL); /* older data */
    rig_look(rig);
    assert_false(rig->view.witness_ok);
    redis_server_ask(rig->server, "DEL", key, NULL);
    rig_look(rig);
    assert_false(rig->view.witness_ok);
    rig->now_us += RIG_S;
    rig_raise(rig, rig->view.epoch, 0); /* dealt with: counts no more */
    assert_true(rig->view.witness_ok);
    rig_ready(rig);
    assert_true(rig->view.ready && rig->view.witness_ok);
}

static void claims_that_store_nothing_are_no_witness(void **state)
{
    struct rig *rig = *state;
    struct rig_event event = rig_upsert(rig, "n1", "n1", "n1", 1, "a");

    write_once(rig, "n1");
    assert_int_equal(rig_claim(rig, &event), CLAIM_DONE);
    rig_look(rig);
    assert_true(rig->view.witness_ok);
}

static void metadata(void **state)
{
    struct rig *rig = *state, *next;
    char text[STORE_METADATA_SIZE], wrong[STORE_METADATA_SIZE];
    size_t len;

    write_once(rig, "m1");
    len = redis_store_metadata(rig->store, text);
    assert_int_equal(len, strlen(text));
    assert_memory_equal(text, "v1 ", 3);
    assert_non_null(strstr(text, " 00000000000000a1 "));
    next = worker(rig, 0xd4);
    assert_int_equal(redis_store_metadata(next->store, wrong), 0);
    assert_false(redis_store_predecessor(next->store, "", 0));
    assert_false(redis_store_predecessor(next->store, "v2 x 1 2 3", 10));
    assert_false(redis_store_predecessor(next->store, "v1 x 1 2", 8));
    assert_false(redis_store_predecessor(next->store, "v1 x 1 2 3 4", 12));
    assert_false(redis_store_predecessor(next->store, "v1 x g 2 3", 10));
    assert_false(redis_store_predecessor(next->store, text, len - 20)); /* cut */
    assert_true(redis_store_predecessor(next->store, text, len));
    rig_look(next);
    assert_true(next->view.witness_ok);
    assert_false(next->view.restarted);
    assert_true(redis_store_predecessor(next->store, text, len));
    redis_server_ask(rig->server, "DEL", "{cs1}:1:w:00000000000000a1", NULL);
    rig_look(next);
    assert_false(next->view.witness_ok);
    rig_look(next); /* still, until an epoch deals with it */
    assert_false(next->view.witness_ok);
    next->now_us += RIG_S;
    rig_raise(next, next->view.epoch, 0);
    rig_ready(next);
    assert_true(next->view.witness_ok);
    snprintf(wrong, sizeof wrong, "v1 anotherserver 99 1 %llu", (unsigned long long)next->view.epoch);
    assert_true(redis_store_predecessor(next->store, wrong, strlen(wrong)));
    redis_server_ask(rig->server, "SET", "{cs1}:1:w:0000000000000099", "0000000000000001", NULL);
    rig_look(next);
    assert_true(next->view.witness_ok);
    assert_true(next->view.restarted); /* the witness is there, but the server is another */
    rig_free(next, false);
    rig_look(rig);
}

/* Whoever has written nothing yet sees a loss as well: its first look at a ready epoch left a witness. */
static void a_look_leaves_a_witness(void **state)
{
    struct rig *rig = *state, *other = worker(rig, 0xe5);
    char key[] = "{cs1}:1:w:00000000000000e5", text[STORE_METADATA_SIZE];

    rig->now_us += RIG_S;
    rig_raise(rig, rig->view.epoch, 0);
    other->now_us = rig->now_us;
    rig_look(other); /* not ready: what is built now is not the memory to come */
    assert_false(other->view.ready);
    assert_int_equal(redis_store_metadata(other->store, text), 0);
    rig_ready(rig);
    rig_look(other);
    assert_true(other->view.ready && other->view.witness_ok);
    assert_true(redis_store_metadata(other->store, text) > 0);
    rig_look(other);
    assert_true(other->view.witness_ok);
    redis_server_ask(rig->server, "DEL", key, NULL); /* older data */
    rig_look(other);
    assert_false(other->view.witness_ok);
    rig_look(other); /* looking again does not hide it */
    assert_false(other->view.witness_ok);
    rig_free(other, false);
    rig_look(rig);
}

/* A living process writes on while a question about it is on its way: no loss. */
static void predecessor_that_writes_on(void **state)
{
    struct rig *rig = *state;
    const char *key = "{cs1}:1:w:0000000000000077";
    char text[STORE_METADATA_SIZE];

    redis_server_ask(rig->server, "SET", key, "0000000000000010", NULL);
    for (int number = 10; number <= 12; number += 2) {
        snprintf(text, sizeof text, "v1 run 77 %d %llu", number, (unsigned long long)rig->view.epoch);
        assert_true(redis_store_predecessor(rig->store, text, strlen(text)));
        redis_store_look(rig->store);
        redis_store_look(rig->store);
    }
    rig_until(rig, &rig->views, rig->views + 1);
    assert_true(rig->view.witness_ok); /* 10 was there; 12 is for a later question */
    redis_server_ask(rig->server, "SET", key, "0000000000000011", NULL);
    rig_turn(rig, 50 * RIG_MS);
    rig_look(rig);
    assert_false(rig->view.witness_ok);
    redis_server_ask(rig->server, "SET", key, "0000000000000012", NULL);
    rig_look(rig);
    assert_true(rig->view.witness_ok);
}

static void old_data_is_seen_by_its_epoch(void **state)
{
    struct rig *rig = *state;
    char older[24];

    write_once(rig, "o1");
    snprintf(older, sizeof older, "%016llu", (unsigned long long)rig->view.epoch - 1);
    redis_server_ask(rig->server, "HSET", "{cs1}:1:g", "ep", older, NULL);
    rig_look(rig);
    assert_false(rig->view.witness_ok);
    rig->now_us += RIG_S;
    rig_raise(rig, rig->view.epoch + 1, 0);
    rig_ready(rig);
    assert_true(rig->view.ready && rig->view.witness_ok);
}

/* ---- the rebuild ---- */

static struct store_row row(const char *product, const char *sku, uint64_t version, int64_t finished_at_ms)
{
    return (struct store_row){.product_id = rig_text(product),
                              .memory = {.last_version = version,
                                         .current_version = version,
                                         .state = ITEM_LIVE,
                                         .sku = rig_text(sku),
                                         .item_id = rig_text("4711")},
                              .finished_at_ms = finished_at_ms,
                              .content = rig_key("a"),
                              .topic = rig_text("product-events"),
                              .event_id = rig_text("from the topic"),
                              .partition = 2,
                              .offset = 33};
}

static void load(struct rig *rig, const struct store_row *result)
{
    int before = rig->loads_ok;

    assert_true(redis_store_load(rig->store, result));
    rig_until(rig, &rig->loads_ok, before + 1);
}

static void rebuild(void **state)
{
    struct rig *rig = *state;
    uint64_t known = rig->view.epoch;
    struct rig_event event;
    struct store_row result;

    redis_server_ask(rig->server, "FLUSHALL", NULL);
    rig->now_us += RIG_S;
    rig_raise(rig, known, RIG_S);
    rig->now_us += RIG_S;
    result = row("p1", "sku1", 7, 2000);
    load(rig, &result);
    result = row("p1", "sku0", 6, 1000); /* older: changes nothing */
    load(rig, &result);
    assert_string_equal(rig_product(rig, "p1", "s"), "sku1");
    result = row("p2", "sku1", 3, 1500); /* an earlier owner of the SKU */
    load(rig, &result);
    assert_string_equal(rig_sku(rig, "sku1", "ow"), "p1");
    result = row("p3", "sku3", 4, 2500);
    result.memory.state = ITEM_DELETED;
    load(rig, &result);
    assert_string_equal(rig_sku(rig, "sku3", "ow"), "(nil)");
    rig_ready(rig);
    assert_true(rig->view.ready);
    event = rig_upsert(rig, "e1", "p1", "sku1", 6, "b");
    assert_int_equal(rig_claim(rig, &event), CLAIM_STALE);
    assert_string_equal(rig->claimed.superseded_by, "from the topic");
    event = rig_upsert(rig, "e2", "p1", "sku1", 8, "a"); /* rebuilt memory is never clean */
    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    assert_string_equal(rig->claimed.item_ids[0], "4711");
    assert_int_equal(rig->claimed.current_version, 7);
    assert_true(rig->claimed.reply.known_item);
    result = row("p9", "sku9", 1, 1); /* too late: nobody builds any more */
    assert_true(redis_store_load(rig->store, &result));
    rig_until(rig, &rig->loads_bad, rig->loads_bad + 1);
    assert_string_equal(rig_product(rig, "p9", "v"), "(nil)");
}

static void rebuild_over_older_data(void **state)
{
    struct rig *rig = *state;
    struct rig_event event = rig_upsert(rig, "x1", "p7", "was", 1, "a");
    struct store_row result;

    rig_done(rig, &event, OUTCOME_CREATED, ITEM_LIVE);
    rig_raise(rig, rig->view.epoch, 0);
    result = row("p7", "is", 2, rig->now_us / 1000 + 1);
    load(rig, &result);
    rig_ready(rig);
    event = rig_upsert(rig, "x2", "p7", "is", 3, "a");
    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    assert_int_equal(rig->claimed.reply.targets_count, 2); /* what older data call its item is cleared away */
    assert_string_equal(rig->claimed.old_skus[0], "was");
}

static void rebuild_of_a_success_leaves_no_other_sku(void **state)
{
    struct rig *rig = *state;
    struct store_row result;

    rig_raise(rig, rig->view.epoch, 0);
    result = row("p9", "left", 1, 1000);
    load(rig, &result);
    result = row("p9", "kept", 2, 2000);
    result.kind = STORE_ROW_SETTLED;
    load(rig, &result);
    assert_string_equal(rig_product(rig, "p9", "x"), "");
    assert_string_equal(rig_product(rig, "p9", "s"), "kept");
    assert_string_equal(rig_sku(rig, "left", "ow"), "(nil)");
    assert_string_equal(rig_sku(rig, "kept", "ow"), "p9");
    result = row("p9", "kept", 2, 3000); /* of an event that did not give the version */
    result.topic = rig_text(NULL);
    result.event_id = rig_text("another");
    load(rig, &result);
    assert_string_equal(rig_product(rig, "p9", "ev"), "from%20the%20topic");
    assert_string_not_equal(rig_product(rig, "p9", "t"), "-");
    rig_ready(rig);
}

static void rebuild_of_changes_by_hand(void **state)
{
    struct rig *rig = *state;
    struct store_row result;

    rig_raise(rig, rig->view.epoch, 0);
    result = row("pa", "skua", 1000, 1000);
    load(rig, &result);
    result = row("pa", "skua", 4, 2000);
    result.kind = STORE_ROW_RESET;
    load(rig, &result);
    assert_string_equal(rig_product(rig, "pa", "v"), "0000000000000004");
    result = row("pa", "skua", 5, 3000); /* what came after it stands over it */
    load(rig, &result);
    assert_string_equal(rig_product(rig, "pa", "v"), "0000000000000005");
    result = (struct store_row){.kind = STORE_ROW_FORGOTTEN, .product_id = rig_text("pa"), .partition = -1};
    load(rig, &result);
    assert_string_equal(rig_product(rig, "pa", "v"), "(nil)");
    assert_string_equal(rig_sku(rig, "skua", "ow"), "(nil)");
    assert_string_equal(rig_sku(rig, "skua", "id"), "(nil)");
    load(rig, &result); /* of the unknown */
    result = row("pa", "skua", 2, 4000);
    load(rig, &result);
    assert_string_equal(rig_product(rig, "pa", "v"), "0000000000000002");
    assert_string_equal(rig_sku(rig, "skua", "ow"), "pa");
    rig_ready(rig);
}

static void rebuild_of_outcomes(void **state)
{
    struct rig *rig = *state;
    struct rig_event event;
    struct store_row result = row("p8", "sku8", 7, rig->now_us / 1000);

    rig_raise(rig, rig->view.epoch, 0);
    result.identity = rig_key("r1");
    result.data_hash = rig_key("a");
    result.outcome = OUTCOME_CREATED;
    result.version = result.shown_version = 7;
    result.result_item = rig_text("4711");
    result.blob = rig_text("words");
    load(rig, &result);
    result.identity = rig_key("r2"); /* too old: it would have expired */
    result.finished_at_ms -= 3600 * 1000;
    load(rig, &result);
    result.identity = rig_key("r3");
    result.memory.sku = rig_text(NULL); /* three keys, none of them a SKU's */
    result.finished_at_ms += 1000;
    load(rig, &result);
    rig_ready(rig);
    event = rig_upsert(rig, "r1", "p8", "sku8", 7, "a");
    assert_int_equal(rig_claim(rig, &event), CLAIM_DONE);
    assert_int_equal(rig->claimed.reply.outcome, OUTCOME_CREATED);
    assert_string_equal(rig->claimed.item_id, "4711");
    assert_string_equal(rig->claimed.blob, "words");
    assert_string_equal(rig_outcome(rig, "r2"), "(nil)");
    event = rig_upsert(rig, "r3", "p8", "sku8", 7, "a");
    assert_int_equal(rig_claim(rig, &event), CLAIM_DONE);
}

static void rebuild_passes_nonsense_over(void **state)
{
    struct rig *rig = *state;
    struct store_row result = row("p8", "sku8", UINT64_MAX, 1);
    static char huge[STORE_TEXT_MAX + 2];

    rig_raise(rig, rig->view.epoch, 0);
    load(rig, &result);
    memset(huge, 'x', sizeof huge - 1);
    result = row(huge, "sku8", 1, 1);
    load(rig, &result);
    result = row("", "sku8", 1, 1);
    load(rig, &result);
    rig_ready(rig);
    assert_true(rig->view.ready);
}

static void rebuild_is_bounded(void **state)
{
    struct rig *rig = *state;
    struct store_row result = row("many", "many", 1, 1);
    int sent = 0, before;

    rig_raise(rig, rig->view.epoch, 0);
    before = rig->loads_ok;
    while (redis_store_load(rig->store, &result))
        sent++;
    assert_in_range(sent, 100, 10000);
    rig_until(rig, &rig->loads_ok, before + sent);
    assert_true(redis_store_load(rig->store, &result));
    rig_until(rig, &rig->loads_ok, before + sent + 1);
    rig_ready(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_start),
        cmocka_unit_test(quiet_time_is_kept),
        cmocka_unit_test(dead_builder_is_replaced),
        cmocka_unit_test(witness_lost),
        cmocka_unit_test(a_look_leaves_a_witness),
        cmocka_unit_test(claims_that_store_nothing_are_no_witness),
        cmocka_unit_test(metadata),
        cmocka_unit_test(predecessor_that_writes_on),
        cmocka_unit_test(old_data_is_seen_by_its_epoch),
        cmocka_unit_test(rebuild),
        cmocka_unit_test(rebuild_over_older_data),
        cmocka_unit_test(rebuild_of_a_success_leaves_no_other_sku),
        cmocka_unit_test(rebuild_of_changes_by_hand),
        cmocka_unit_test(rebuild_of_outcomes),
        cmocka_unit_test(rebuild_passes_nonsense_over),
        cmocka_unit_test(rebuild_is_bounded),
    };

    return cmocka_run_group_tests(tests, rig_start, rig_stop);
}
