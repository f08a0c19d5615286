/* The connection to Redis: time-outs, reconnects, lost answers, forgotten scripts, restarts. */
#include "tests/adapter/store_rig.h"

static struct rig *started(const char *const *options)
{
    struct rig *rig = rig_new(redis_server_start(options));

    rig_first_start(rig);
    return rig;
}

static void restart(bool with_data)
{
    struct rig *rig = started(NULL);
    struct rig_event event = rig_upsert(rig, "e1", "p1", "sku1", 1, "a");

    rig_done(rig, &event, OUTCOME_CREATED, ITEM_LIVE);
    redis_server_ask(rig->server, "SAVE", NULL);
    redis_server_kill(rig->server);
    rig_until(rig, &rig->downs, 1);
    redis_server_again(rig->server, with_data);
    rig_until(rig, &rig->ups, 2);
    rig_look(rig);
    assert_true(rig->view.restarted);
    assert_int_equal(rig->view.witness_ok, with_data);
    assert_int_equal(rig->view.ready, with_data);
    if (with_data) {
        assert_int_equal(rig_claim(rig, &event), CLAIM_DONE);
    } else {
        assert_int_equal(rig->view.epoch, 0);
        assert_int_equal(rig_claim(rig, &event), CLAIM_EPOCH);
    }
    rig_free(rig, true);
}

static void server_out_of_memory(void **state)
{
    struct rig *rig = started(NULL);
    struct rig_event event = rig_upsert(rig, "e1", "p1", "sku1", 1, "a");

    (void)state;
    redis_server_ask(rig->server, "CONFIG", "SET", "maxmemory", "1", NULL);
    assert_int_equal(rig_claim(rig, &event), CLAIM_UNANSWERED);
    rig_until(rig, &rig->downs, 1);
    assert_non_null(strstr(rig->why, "maxmemory"));
    redis_server_ask(rig->server, "CONFIG", "SET", "maxmemory", "0", NULL);
    rig_until(rig, &rig->ups, rig->ups + 1);
    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    rig_free(rig, true);
}

static void scripts_forgotten(void **state)
{
    struct rig *rig = started(NULL);
    struct rig_event event = rig_upsert(rig, "e1", "p1", "sku1", 1, "a"), others[3];
    int count;

    (void)state;
    redis_server_ask(rig->server, "SCRIPT", "FLUSH", NULL);
    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    redis_server_ask(rig->server, "SCRIPT", "FLUSH", NULL);
    assert_int_equal(rig_settle(rig, &event, OUTCOME_CREATED, ITEM_LIVE), SETTLE_OK);
    redis_server_ask(rig->server, "SCRIPT", "FLUSH", NULL);
    count = rig->claimed.count;
    for (int i = 0; i < 3; i++) { /* pipelined: each is sent whole */
        others[i] = rig_upsert(rig, i == 0 ? "o1" : i == 1 ? "o2" : "o3", "p2", NULL, 1, "a");
        others[i].claim.mode = CLAIM_END;
        others[i].claim.end_outcome = OUTCOME_SKIPPED;
        rig_send_claim(rig, &others[i]);
    }
    rig_until(rig, &rig->claimed.count, count + 3);
    assert_int_equal(rig->claimed.reply.status, CLAIM_ENDED);
    assert_int_equal(rig->downs, 0);
    rig_look(rig);
    assert_true(rig->view.witness_ok);
    rig_free(rig, true);
}

static void reconnects(void **state)
{
    struct rig *rig = started(NULL);

    (void)state;
    for (int i = 1; i <= 5; i++) {
        redis_server_ask(rig->server, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes", NULL);
        rig_until(rig, &rig->downs, i);
        assert_false(redis_store_is_up(rig->store));
        rig_until(rig, &rig->ups, i + 1);
        rig_look(rig);
        assert_true(rig->view.ready);
        assert_false(rig->view.restarted);
    }
    rig_free(rig, true);
}

static void unanswered_while_down(void **state)
{
    struct rig *rig = started(NULL);
    struct rig_event event = rig_upsert(rig, "e1", "p1", "sku1", 1, "a");

    (void)state;
    redis_server_kill(rig->server);
    rig_until(rig, &rig->downs, 1);
    rig_send_claim(rig, &event);
    assert_int_equal(rig->unanswered, 0); /* never from within the call */
    redis_store_look(rig->store);
    redis_store_budget(rig->store, 0, 1);
    rig_until(rig, &rig->unanswered, 1);
    assert_false(rig->view.answered);
    assert_false(rig->budget_answered);
    assert_int_equal(rig->claimed.reply.status, CLAIM_UNANSWERED);
    rig_free(rig, true);
}

/* The server stands still: our own time-out ends the connection, and all that was asked comes back. */
static void stopped_server(void **state)
{
    struct rig *rig = rig_new(redis_server_start(NULL));
    struct redis_store_settings settings = rig_settings(rig);
    struct rig_event event;
    usec_t begin_us;

    (void)state;
    settings.reply_timeout_ms = 300;
    settings.connect_timeout_ms = 300;
    rig_open(rig, &settings);
    rig_until(rig, &rig->ups, 1);
    rig_raise(rig, 0, 0);
    rig_ready(rig);
    event = rig_upsert(rig, "e1", "p1", "sku1", 1, "a");
    redis_server_stop(rig->server);
    begin_us = loop_clock_us();
    for (int i = 0; i < 100; i++)
        rig_send_claim(rig, &event);
    rig_until(rig, &rig->unanswered, 100);
    assert_in_range(loop_clock_us() - begin_us, 290 * RIG_MS, 2000 * RIG_MS);
    rig_until(rig, &rig->downs, 1);
    assert_int_equal(rig->unanswered, 100);
    assert_non_null(strstr(rig->why, "300 ms"));
    rig_until(rig, &rig->troubles, 1); /* connected (by the kernel), and no answer to the sign-in */
    redis_server_continue(rig->server);
    rig_until(rig, &rig->ups, 2);
    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED); /* the lost ones were applied: same token */
    rig_free(rig, true);
}

/* What was applied and never heard of is asked again. */
static void lost_answers_are_idempotent(void **state)
{
    struct rig *rig = started(NULL);
    struct rig_event event = rig_upsert(rig, "e1", "p1", "sku1", 1, "a");
    struct rig_claimed claimed;
    struct settle_request settle;
    int downs = 0;

    (void)state;
    rig_send_claim(rig, &event);
    loop_run_once(rig->loop, 0); /* written; then the connection dies before the answer is read */
    redis_server_ask(rig->server, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes", NULL);
    rig_until(rig, &rig->downs, ++downs);
    rig_until(rig, &rig->ups, downs + 1);
    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    claimed = rig->claimed;
    settle = rig_settle_request(rig, &event, OUTCOME_CREATED, ITEM_LIVE);
    for (int i = 0; i < 3; i++) {
        struct store_strings strings = rig_settle_strings(&claimed, &event);

        redis_store_settle(rig->store, settle.token.op, &settle, &strings);
        loop_run_once(rig->loop, 0);
        redis_server_ask(rig->server, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes", NULL);
        rig_until(rig, &rig->downs, ++downs);
        rig_until(rig, &rig->ups, downs + 1);
    }
    assert_int_equal(rig_settle_as(rig, &claimed, &event, &settle), SETTLE_OK);
    assert_string_equal(rig_product(rig, "p1", "st"), "c");
    rig_look(rig);
    assert_true(rig->view.witness_ok);
    rig_free(rig, true);
}

static void release_is_kept_for_the_next_connection(void **state)
{
    struct rig *rig = started(NULL);
    struct rig_event event = rig_upsert(rig, "e1", "p1", "sku1", 1, "a");
    struct release_request request;
    struct store_strings strings;

    (void)state;
    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    request = (struct release_request){.epoch = event.claim.epoch,
                                       .fence = rig->claimed.reply.fence,
                                       .token = event.claim.token,
                                       .targets_count = 1,
                                       .targets = {{.written = true, .uncertain_us = 60 * RIG_S}}};
    strings = rig_settle_strings(&rig->claimed, &event);
    redis_server_ask(rig->server, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes", NULL);
    redis_store_release(rig->store, &request, &strings);
    rig_until(rig, &rig->downs, 1);
    rig_until(rig, &rig->ups, 2);
    event = rig_upsert(rig, "e2", "p1", "sku1", 2, "b");
    assert_int_equal(rig_claim(rig, &event), CLAIM_WAIT);
    assert_int_equal(rig->claimed.reply.wait_us, 60 * RIG_S);
    rig_free(rig, true);
}

static void restart_with_data(void **state)
{
    (void)state;
    restart(true);
}

static void restart_without_data(void **state)
{
    (void)state;
    restart(false);
}

static void restart_with_older_data(void **state)
{
    struct rig *rig = started(NULL);
    struct rig_event event = rig_upsert(rig, "e1", "p1", "sku1", 1, "a");

    (void)state;
    rig_done(rig, &event, OUTCOME_CREATED, ITEM_LIVE);
    redis_server_ask(rig->server, "SAVE", NULL);
    event = rig_upsert(rig, "e2", "p2", "sku2", 1, "a");
    rig_done(rig, &event, OUTCOME_CREATED, ITEM_LIVE); /* acknowledged, and gone with the server */
    redis_server_kill(rig->server);
    rig_until(rig, &rig->downs, 1);
    redis_server_again(rig->server, true);
    rig_until(rig, &rig->ups, 2);
    rig_look(rig);
    assert_true(rig->view.restarted && rig->view.ready);
    assert_false(rig->view.witness_ok);
    rig_free(rig, true);
}

static void outstanding_is_bounded(void **state)
{
    struct rig *rig = rig_new(redis_server_start(NULL));
    struct redis_store_settings settings = rig_settings(rig);
    struct rig_event event;

    (void)state;
    settings.outstanding_max = 8;
    rig_open(rig, &settings);
    rig_until(rig, &rig->ups, 1);
    rig_raise(rig, 0, 0);
    rig_ready(rig);
    event = rig_upsert(rig, "e1", "p1", "sku1", 1, "a");
    for (int i = 0; i < 20; i++)
        rig_send_claim(rig, &event);
    assert_int_equal(redis_store_outstanding(rig->store), 8);
    rig_until(rig, &rig->claimed.count, 20);
    assert_int_equal(rig->unanswered, 12);
    rig_free(rig, true);
}

/* More than any socket buffer holds, in one turn: written in pieces, answered in full. */
static void a_full_socket(void **state)
{
    static char blob[60000];
    struct rig *rig = started(NULL);
    struct rig_event event;
    char ids[400][16];

    (void)state;
    memset(blob, 'x', sizeof blob - 1);
    for (int i = 0; i < 400; i++) {
        snprintf(ids[i], sizeof ids[i], "e%d", i);
        event = rig_upsert(rig, ids[i], "p1", NULL, 1, "a");
        event.claim.mode = CLAIM_END;
        event.claim.end_outcome = OUTCOME_FAILED;
        event.blob = blob;
        rig_send_claim(rig, &event);
    }
    rig_until(rig, &rig->claimed.count, 400);
    assert_int_equal(rig->unanswered, 0);
    assert_int_equal(rig->claimed.reply.status, CLAIM_ENDED);
    rig_free(rig, true);
}

static void closed_with_requests_on_the_wire(void **state)
{
    struct rig *rig = started(NULL);
    struct rig_event event = rig_upsert(rig, "e1", "p1", "sku1", 1, "a");
    int count = rig->claimed.count;

    (void)state;
    for (int i = 0; i < 10; i++)
        rig_send_claim(rig, &event);
    redis_store_close(rig->store);
    rig->store = NULL;
    rig_turn(rig, 20 * RIG_MS);
    assert_int_equal(rig->claimed.count, count);
    rig_free(rig, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(server_out_of_memory),
        cmocka_unit_test(scripts_forgotten),
        cmocka_unit_test(reconnects),
        cmocka_unit_test(unanswered_while_down),
        cmocka_unit_test(stopped_server),
        cmocka_unit_test(lost_answers_are_idempotent),
        cmocka_unit_test(release_is_kept_for_the_next_connection),
        cmocka_unit_test(restart_with_data),
        cmocka_unit_test(restart_without_data),
        cmocka_unit_test(restart_with_older_data),
        cmocka_unit_test(outstanding_is_bounded),
        cmocka_unit_test(a_full_socket),
        cmocka_unit_test(closed_with_requests_on_the_wire),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
