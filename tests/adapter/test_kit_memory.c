/* What tools read of Redis' memory is what the worker's scripts wrote. */
#include "store_rig.h"
#include "tools/kit/cli.h"
#include "tools/kit/memory.h"

struct reader {
    struct config config;
    struct kit_redis redis;
    char error[KIT_REDIS_ERROR_SIZE];
};

static void open_reader(struct reader *reader, const struct rig *rig)
{
    struct kit_cli cli = {.program = "test"};
    char pair[300];

    snprintf(pair, sizeof pair, "redis.url=redis://127.0.0.1:%d/0", redis_server_port(rig->server));
    assert_true(kit_cli_set(&cli, pair));
    assert_true(kit_cli_load(&cli, 0, &reader->config));
    assert_true(kit_redis_open(&reader->redis, &reader->config, "test", reader->error));
}

static void close_reader(struct reader *reader)
{
    kit_redis_close(&reader->redis);
    config_free(&reader->config);
}

static void test_an_unknown_product_is_no_error(void **state)
{
    static struct kit_memory memory;
    struct reader reader;

    open_reader(&reader, *state);
    assert_true(kit_memory_read(&reader.redis, &reader.config, "default", "p1", &memory, reader.error));
    assert_false(memory.exists);
    assert_string_equal(memory.product_id, "p1");
    assert_true(memory.now_ms > 0);
    assert_int_equal(memory.records_count, 0);
    close_reader(&reader);
}

static void test_a_settled_product_is_read_whole(void **state)
{
    static struct kit_memory memory;
    struct rig *rig = *state;
    struct rig_event event = rig_upsert(rig, "event one", "p 1", "a sku", 7, "a");
    struct reader reader;
    struct sbuf json;

    open_reader(&reader, rig);
    rig_done(rig, &event, OUTCOME_CREATED, ITEM_LIVE);
    assert_true(kit_memory_read(&reader.redis, &reader.config, "default", "p 1", &memory, reader.error));
    assert_true(memory.exists && memory.clean && !memory.late_write);
    assert_int_equal(memory.last_version, 7);
    assert_int_equal(memory.current_version, 7);
    assert_int_equal(memory.item_state, 'l');
    assert_string_equal(memory.sku, "a sku");
    assert_string_equal(memory.event_id, "event one");
    assert_string_equal(memory.source, "product-events/3");
    assert_int_equal(memory.offset, 7);
    assert_int_equal(memory.epoch, (int64_t)rig->view.epoch);
    assert_int_equal(memory.confirmed_at_ms, rig->now_us / 1000);
    assert_int_equal(memory.records_count, 1);
    assert_string_equal(memory.records[0].sku, "a sku");
    assert_string_equal(memory.records[0].owner, "p 1");
    assert_string_equal(memory.records[0].item_id, "item-of-a sku");
    assert_string_equal(memory.records[0].lease_token, "");
    assert_int_equal(memory.records[0].written_at_ms, rig->now_us / 1000);
    assert_int_equal(kit_memory_leased_until(&memory), 0);
    sbuf_init(&json, 1 << 16);
    kit_memory_json(&memory, &json);
    assert_non_null(strstr(sbuf_str(&json), "\"last_version\":7"));
    assert_non_null(strstr(sbuf_str(&json), "\"catalog_id\":\"item-of-a sku\""));
    sbuf_free(&json);
    close_reader(&reader);
}

static void test_a_lease_and_other_skus_are_read(void **state)
{
    static struct kit_memory memory;
    struct rig *rig = *state;
    struct rig_event event = rig_upsert(rig, "e1", "p1", "sku1", 7, "a");
    struct kit_epoch epoch;
    struct reader reader;
    struct kit_sku record;

    open_reader(&reader, rig);
    rig_done(rig, &event, OUTCOME_CREATED, ITEM_LIVE);
    event = rig_upsert(rig, "e2", "p1", "sku2", 8, "b");
    assert_int_equal(rig_claim(rig, &event), CLAIM_GRANTED);
    assert_true(kit_memory_read(&reader.redis, &reader.config, "default", "p1", &memory, reader.error));
    assert_false(memory.clean);
    assert_string_equal(memory.sku, "sku1");
    assert_int_equal(memory.others_count, 1);
    assert_string_equal(memory.others[0], "sku2");
    assert_int_equal(memory.records_count, 2);
    assert_string_not_equal(memory.records[1].lease_token, "");
    assert_int_equal(memory.records[1].lease_until_ms, rig->now_us / 1000 + 30000);
    memory.now_ms = rig->now_us / 1000; /* the scripts' clock is the test's */
    assert_int_equal(kit_memory_leased_until(&memory), rig->now_us / 1000 + 30000);
    assert_true(kit_memory_read_sku(&reader.redis, &reader.config, "default", "sku2", &record, reader.error));
    assert_true(record.exists);
    assert_string_equal(record.owner, "p1");
    assert_true(kit_memory_read_sku(&reader.redis, &reader.config, "other", "sku2", &record, reader.error));
    assert_false(record.exists);
    assert_true(kit_memory_read_epoch(&reader.redis, &reader.config, &epoch, reader.error));
    assert_true(epoch.exists && epoch.ready && epoch.first);
    assert_int_equal(epoch.epoch, (int64_t)rig->view.epoch);
    close_reader(&reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_an_unknown_product_is_no_error, rig_fresh),
        cmocka_unit_test_setup(test_a_settled_product_is_read_whole, rig_fresh),
        cmocka_unit_test_setup(test_a_lease_and_other_skus_are_read, rig_fresh),
    };
    return cmocka_run_group_tests(tests, rig_start, rig_stop);
}
