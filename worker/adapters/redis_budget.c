/* The call budget that all workers share. docs/store.md "Budget". */
#include "worker/adapters/redis_store_state.h"

static void on_budget(struct redis_cmd *cmd, const redisReply *reply)
{
    struct redis_store *store = cmd->owner;
    bool answered = reply && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
                    reply->element[0]->type == REDIS_REPLY_INTEGER &&
                    reply->element[1]->type == REDIS_REPLY_INTEGER;
    uint32_t granted = answered ? (uint32_t)reply->element[0]->integer : 0;

    store->events.on_budget(store->events.user, cmd->catalog, answered, granted,
                            answered ? reply->element[1]->integer : 0);
}

/* No budget is kept: everything is granted, in a later turn like any answer. */
static void on_unlimited(struct redis_cmd *cmd, const redisReply *reply)
{
    struct redis_store *store = cmd->owner;

    (void)reply;
    store->events.on_budget(store->events.user, cmd->catalog, true, cmd->count, 0);
}

static void on_blocked(struct redis_cmd *cmd, const redisReply *reply)
{
    (void)cmd;
    (void)reply; /* lost: the workers that are refused next will say so again */
}

static struct redis_cmd *budget_cmd(struct redis_store *store, const struct store_catalog *catalog,
                                    redis_cmd_fn done)
{
    static const struct text kinds[] = {{"b", 1}, {"bb", 2}};
    struct redis_cmd *cmd = store_cmd(store, SCRIPT_BUDGET, done, 2);

    for (int i = 0; i < 2; i++) {
        struct text parts[] = {{catalog->base, (uint32_t)catalog->base_len}, kinds[i]};

        resp_parts(&cmd->resp, parts, 2);
    }
    store_clock(store, &cmd->resp);
    return cmd;
}

void redis_store_budget(struct redis_store *store, uint8_t index, uint32_t tokens)
{
    const struct store_catalog *catalog = store_catalog(store, index);
    struct redis_cmd *cmd;

    if (catalog->interval_us <= 0) {
        cmd = redis_cmd_new(store->link, SCRIPT_NONE, on_unlimited, store);
        cmd->catalog = index;
        cmd->count = tokens;
        store_answer_later(store, cmd);
        return;
    }
    cmd = budget_cmd(store, catalog, on_budget);
    cmd->catalog = index;
    resp_u64(&cmd->resp, tokens);
    resp_i64(&cmd->resp, catalog->interval_us);
    resp_u64(&cmd->resp, catalog->burst);
    store_send(store, cmd);
}

void redis_store_budget_block(struct redis_store *store, uint8_t index, usec_t block_us)
{
    const struct store_catalog *catalog = store_catalog(store, index);
    struct redis_cmd *cmd;

    if (catalog->interval_us <= 0 || block_us <= 0)
        return; /* nobody asks for a budget: there is nothing to block */
    cmd = budget_cmd(store, catalog, on_blocked);
    resp_str(&cmd->resp, "block");
    resp_i64(&cmd->resp, catalog->interval_us);
    resp_u64(&cmd->resp, catalog->burst);
    resp_i64(&cmd->resp, block_us);
    store_send(store, cmd);
}
