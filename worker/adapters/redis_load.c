/* The rebuild of memory, one result at a time (docs/store.md "Epochs"), and the way back from memory to the
 * log. */
#include "worker/adapters/redis_store_state.h"

#include <stdlib.h>
#include <string.h>

static void on_loaded(struct redis_cmd *cmd, const redisReply *reply)
{
    struct redis_store *store = cmd->owner;

    store->loads--;
    store->events.on_loaded(store->events.user,
                            reply && reply->type == REDIS_REPLY_INTEGER && reply->integer == 1);
}

static void put_source(struct resp *r, const struct store_row *row)
{
    char digits[20];
    struct text parts[] = {row->topic, {"/", 1}, {digits, 0}};

    if (row->topic.len == 0 || row->partition < 0 || row->offset < 0) {
        resp_str(r, "-");
        resp_str(r, "0");
        return;
    }
    parts[2].len = (uint32_t)resp_digits((uint64_t)row->partition, digits);
    resp_parts(r, parts, 3);
    resp_i64(r, row->offset);
}

static void put_text(struct resp *r, struct text text)
{
    resp_text(r, text.len ? text.ptr : "-", text.len ? text.len : 1);
}

/* As the settle script writes it. */
static void put_outcome(struct redis_store *store, struct resp *r, const struct store_row *row,
                        struct text by, struct text item)
{
    if (key128_none(row->identity))
        return;
    resp_str(r, "o");
    resp_key128(r, row->data_hash);
    resp_str(r, store_outcome_name(row->outcome));
    resp_str(r, store_reason_name(REASON_NONE)); /* the blob holds the words */
    resp_fixed(r, row->version);
    resp_fixed(r, row->shown_version);
    put_text(r, item);
    put_text(r, by);
    resp_i64(r, store->dedup_ttl_ms);
    resp_text(r, row->blob.ptr, row->blob.len);
}

/* The result topic is the world: whoever may write to it may have written anything. */
static bool is_sound(const struct store_row *row)
{
    const struct text *texts[] = {&row->product_id, &row->memory.sku,    &row->memory.item_id, &row->event_id,
                                  &row->topic,      &row->superseded_by, &row->result_item};
    const uint64_t numbers[] = {row->memory.last_version, row->memory.current_version, row->version,
                                row->shown_version};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i]->len > STORE_TEXT_MAX)
            return false;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (numbers[i] > RESP_FIXED_MAX)
            return false;
    return row->product_id.len > 0 && row->blob.len <= STORE_BLOB_MAX && row->finished_at_ms >= 0;
}

static void on_passed_over(struct redis_cmd *cmd, const redisReply *reply)
{
    struct redis_store *store = cmd->owner;

    (void)reply;
    store->loads--;
    store->events.on_loaded(store->events.user, true);
}

bool redis_store_load(struct redis_store *store, const struct store_row *row)
{
    const struct store_catalog *catalog = store_catalog(store, row->catalog);
    const struct store_memory *memory = &row->memory;
    bool has_sku = memory->sku.len > 0;
    char state = store_item_letter(memory->state);
    static const char kinds[] = {'s', 'w', 'r', 'f'};
    struct redis_cmd *cmd;
    bool told = !key128_none(row->identity);
    struct text event, item, by, result_item;
    struct resp *r;

    if (store->loads >= STORE_LOADS_MAX)
        return false;
    if (!is_sound(row)) {
        store->loads++;
        store_answer_later(store, redis_cmd_new(store->link, SCRIPT_NONE, on_passed_over, store));
        return true;
    }
    cmd = store_cmd(store, SCRIPT_LOAD, on_loaded, 2 + has_sku + told);
    r = &cmd->resp;
    resp_scratch_room(&store->scratch, (size_t)row->product_id.len + memory->sku.len + memory->item_id.len +
                                           row->event_id.len + row->topic.len + row->superseded_by.len +
                                           row->result_item.len);
    event = store_encode(store, row->event_id);
    item = store_encode(store, memory->item_id);
    by = store_encode(store, row->superseded_by);
    result_item = store_encode(store, row->result_item);
    resp_str(r, store->epoch_key);
    store_key(catalog, r, "p:", store_encode(store, row->product_id));
    if (has_sku)
        store_key(catalog, r, "s:", store_encode(store, memory->sku));
    if (told)
        store_event_key(catalog, r, row->identity);
    store_clock(store, r);
    resp_str(r, store->incarnation);
    resp_u64(r, STORE_BUILDER_LEASE_MS);
    resp_fixed(r, memory->last_version);
    resp_fixed(r, memory->current_version);
    resp_text(r, &state, 1);
    resp_text(r, item.ptr, item.len);
    resp_key128(r, row->content);
    put_source(r, row);
    put_text(r, event);
    resp_i64(r, row->finished_at_ms);
    resp_fixed(r, store->epoch);
    resp_text(r, &kinds[row->kind], 1);
    put_outcome(store, r, row, by, result_item);
    store->loads++;
    store_send(store, cmd);
    return true;
}

/* "topic/partition" and the offset, as store_place() and put_source() wrote them. */
static void on_newest(struct redis_cmd *cmd, const redisReply *reply)
{
    struct redis_store *store = cmd->owner;
    char *slash = NULL;

    if (reply && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
        reply->element[0]->type == REDIS_REPLY_STRING && reply->element[1]->type == REDIS_REPLY_STRING)
        slash = strrchr(reply->element[0]->str, '/');
    if (!slash) {
        store->events.on_newest(store->events.user, NULL, 0, 0);
        return;
    }
    *slash = '\0';
    store->events.on_newest(store->events.user, reply->element[0]->str, (int32_t)strtol(slash + 1, NULL, 10),
                            strtoll(reply->element[1]->str, NULL, 10));
}

void redis_store_newest(struct redis_store *store, uint8_t catalog, struct text product_id)
{
    struct redis_cmd *cmd = redis_cmd_new(store->link, SCRIPT_NONE, on_newest, store);

    resp_scratch_room(&store->scratch, product_id.len);
    resp_str(&cmd->resp, "HMGET");
    store_key(store_catalog(store, catalog), &cmd->resp, "p:", store_encode(store, product_id));
    resp_str(&cmd->resp, "t");
    resp_str(&cmd->resp, "o");
    store_send(store, cmd);
}
