/* Settles and releases. */
#include "worker/adapters/redis_store_state.h"

static void on_settled(struct redis_cmd *cmd, const redisReply *reply)
{
    struct redis_store *store = cmd->owner;
    enum settle_status status = SETTLE_UNANSWERED;

    if (reply && reply->type == REDIS_REPLY_INTEGER) {
        status = reply->integer == 0 ? SETTLE_REFUSED : reply->integer < 0 ? SETTLE_EPOCH : SETTLE_OK;
        if (reply->integer == 0 || reply->integer == 1) /* 2: it came before, nothing was written now */
            store_acknowledged(store, cmd);
    }
    store->events.on_settled(store->events.user, cmd->op, status);
}

/* The token as one text: "<incarnation>.<slot>.<gen>". */
static void put_token(struct resp *r, const struct claim_token *token)
{
    char hex[32], slot[20], gen[20];
    struct text parts[] = {{hex, 16},
                           {".", 1},
                           {slot, (uint32_t)resp_digits(token->op.slot, slot)},
                           {".", 1},
                           {gen, (uint32_t)resp_digits(token->op.gen, gen)}};

    resp_hex((struct key128){.hi = token->incarnation}, hex);
    resp_parts(r, parts, 5);
}

static void put_target_flags(struct resp *r, const struct settle_target *target)
{
    char flags[2];
    size_t len = 0;

    if (target->gone)
        flags[len++] = 'g';
    if (target->written)
        flags[len++] = 'w';
    resp_text(r, flags, len);
}

static struct text sku_of(const struct store_strings *strings, uint32_t target)
{
    return target == 0 ? strings->sku : strings->old_skus[target - 1];
}

/* Room for all texts, and the keys of the targets' records. */
static size_t texts_len(const struct store_strings *strings, uint32_t targets)
{
    size_t len = (size_t)strings->product_id.len + strings->event_id.len;

    for (uint32_t i = 0; i < targets; i++)
        len += (size_t)sku_of(strings, i).len + strings->item_ids[i].len;
    return len;
}

static void put_target_keys(struct redis_store *store, struct resp *r, const struct store_catalog *catalog,
                            const struct store_strings *strings, uint32_t targets)
{
    for (uint32_t i = 0; i < targets; i++)
        store_key(catalog, r, "s:", store_encode(store, sku_of(strings, i)));
}

void redis_store_settle(struct redis_store *store, struct op_id op, const struct settle_request *request,
                        const struct store_strings *strings)
{
    const struct store_catalog *catalog = store_catalog(store, request->catalog);
    uint32_t targets = request->targets_count;
    struct redis_cmd *cmd = store_cmd(store, SCRIPT_SETTLE, on_settled, 4 + targets);
    struct resp *r = &cmd->resp;
    struct text event;
    char flags[2], after = store_item_letter(request->after);
    size_t flags_len = 0;

    ASSERT(targets >= 1 && targets <= CORE_TARGETS_MAX && strings->blob.len <= STORE_BLOB_MAX);
    cmd->op = op;
    if (request->success)
        flags[flags_len++] = 's';
    if (request->repair)
        flags[flags_len++] = 'p';
    resp_scratch_room(&store->scratch, texts_len(strings, targets));
    event = store_encode(store, strings->event_id);
    store_fixed(r, &store->fixed_epoch);
    store_event_key(catalog, r, request->identity);
    store_key(catalog, r, "p:", store_encode(store, strings->product_id));
    store_fixed(r, &store->fixed_witness);
    put_target_keys(store, r, catalog, strings, targets);
    store_clock(store, r);
    resp_fixed(r, request->epoch);
    put_token(r, &request->token);
    resp_u64(r, request->fence);
    resp_key128(r, request->data_hash);
    resp_str(r, store_outcome_name(request->outcome));
    resp_str(r, store_reason_name(request->reason));
    resp_text(r, flags, flags_len);
    resp_text(r, &after, 1);
    resp_fixed(r, request->version);
    store_place(store, r, &request->at);
    resp_i64(r, request->at.offset);
    resp_text(r, event.len ? event.ptr : "-", event.len ? event.len : 1);
    store_fixed(r, &store->fixed_ttls);
    resp_text(r, strings->blob.ptr, strings->blob.len);
    for (uint32_t i = 0; i < targets; i++) {
        bool known = request->targets[i].has_item && strings->item_ids[i].len > 0;
        struct text item =
            known ? store_encode(store, strings->item_ids[i]) : (struct text){.ptr = "", .len = 0};

        put_target_flags(r, &request->targets[i]);
        resp_i64(r, store_ms_up(request->targets[i].uncertain_us));
        resp_text(r, item.ptr, item.len);
    }
    store_number(store, cmd, request->epoch);
    store_send(store, cmd);
}

/* ---- release ---- */

static void keep(struct redis_store *store, struct redis_cmd *cmd)
{
    if (store->kept_count >= STORE_KEPT_MAX)
        return; /* its lease runs out instead */
    redis_cmd_keep(cmd);
    cmd->next = NULL;
    if (store->kept_last)
        store->kept_last->next = cmd;
    else
        store->kept = cmd;
    store->kept_last = cmd;
    store->kept_count++;
}

static void on_released(struct redis_cmd *cmd, const redisReply *reply)
{
    if (!reply)
        keep(cmd->owner, cmd);
}

void store_release_again(struct redis_store *store)
{
    struct redis_cmd *list = store->kept;

    store->kept = store->kept_last = NULL;
    store->kept_count = 0;
    while (list) {
        struct redis_cmd *cmd = list;

        list = cmd->next;
        store_send(store, cmd);
    }
}

void redis_store_release(struct redis_store *store, const struct release_request *request,
                         const struct store_strings *strings)
{
    const struct store_catalog *catalog = store_catalog(store, request->catalog);
    uint32_t targets = request->targets_count;
    struct redis_cmd *cmd = store_cmd(store, SCRIPT_RELEASE, on_released, 1 + targets);
    struct resp *r = &cmd->resp;

    ASSERT(targets >= 1 && targets <= CORE_TARGETS_MAX);
    resp_scratch_room(&store->scratch, texts_len(strings, targets));
    store_fixed(r, &store->fixed_epoch);
    put_target_keys(store, r, catalog, strings, targets);
    store_clock(store, r);
    resp_fixed(r, request->epoch);
    put_token(r, &request->token);
    resp_u64(r, request->fence);
    for (uint32_t i = 0; i < targets; i++) {
        put_target_flags(r, &request->targets[i]);
        resp_i64(r, store_ms_up(request->targets[i].uncertain_us));
    }
    store_send(store, cmd);
}
