/* Claims: the request as arguments of claim.lua, and what it answers. */
#include "worker/adapters/redis_store_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An answer: one text, cut at single spaces in place. */
struct fields {
    char *at, *end; /* *end is NUL */
    bool ok;
};

/* The next field, NUL-terminated; "" and not ok where there is none. */
static char *field(struct fields *f)
{
    char *start = f->at, *space;

    if (!start) {
        f->ok = false;
        return f->end;
    }
    space = memchr(start, ' ', (size_t)(f->end - start));
    f->at = space ? space + 1 : NULL;
    if (space)
        *space = '\0';
    return start;
}

static struct text text_field(struct fields *f)
{
    char *text = field(f);
    size_t len = resp_decode(text, strlen(text));

    if (text != f->end)
        text[len] = '\0';
    return (struct text){.ptr = len ? text : "", .len = (uint32_t)len};
}

static uint64_t number_field(struct fields *f)
{
    char *text = field(f), *end;
    uint64_t number = strtoull(text, &end, 10);

    if (end == text || *end != '\0')
        f->ok = false;
    return number;
}

static void read_memory(struct fields *f, struct store_memory *memory)
{
    memory->last_version = number_field(f);
    memory->current_version = number_field(f);
    memory->state = store_item_parse(field(f));
    memory->sku = text_field(f);
    memory->item_id = text_field(f);
}

/* <data hash> <outcome> <reason> <fence> <version> <shown> <item> <superseded by> <blob> */
static void read_stored(struct fields *f, struct claim_reply *reply, struct claim_strings *strings)
{
    char *shown;

    field(f);
    reply->outcome = store_outcome_parse(field(f));
    reply->reason = store_reason_parse(field(f));
    field(f);
    reply->version = strings->version = number_field(f);
    shown = field(f);
    strings->current_version = strcmp(shown, "=") == 0 ? strings->version : strtoull(shown, NULL, 10);
    strings->item_id = text_field(f);
    strings->superseded_by = text_field(f);
    if (f->at)
        strings->blob = (struct text){.ptr = f->at, .len = (uint32_t)(f->end - f->at)};
    else
        f->ok = false;
}

static void read_grant(struct fields *f, struct claim_reply *reply, struct claim_strings *strings)
{
    uint64_t targets;

    reply->fence = number_field(f);
    reply->version = strings->version = number_field(f);
    reply->claims = (uint8_t)number_field(f);
    reply->known_item = field(f)[0] == '1';
    strings->current_version = strings->memory.current_version;
    targets = number_field(f);
    if (targets < 1 || targets > CORE_TARGETS_MAX) {
        f->ok = false;
        return;
    }
    reply->targets_count = (uint8_t)targets;
    for (uint64_t i = 0; i < targets; i++) {
        struct text sku = text_field(f);
        const char *ago;

        if (i == 0)
            strings->main_sku = sku;
        else
            strings->old_skus[i - 1] = sku;
        strings->item_ids[i] = text_field(f);
        reply->targets[i].item_hash = store_item_hash(strings->item_ids[i]);
        ago = field(f);
        reply->targets[i].last_write_ago_us =
            strcmp(ago, "-") == 0 ? INT64_MAX / 2 : strtoll(ago, NULL, 10) * 1000;
    }
}

static bool read_claim(struct fields *f, struct claim_reply *reply, struct claim_strings *strings)
{
    static const struct {
        char letter;
        enum claim_status status;
    } letters[] = {
        {'E', CLAIM_EPOCH},         {'C', CLAIM_CONFLICT}, {'X', CLAIM_NOTHING_KNOWN},
        {'M', CLAIM_TOO_MANY_SKUS}, {'H', CLAIM_HELD},     {'W', CLAIM_WAIT},
        {'D', CLAIM_DONE},          {'S', CLAIM_STALE},    {'K', CLAIM_SKIPPED},
        {'U', CLAIM_IS_UNCHANGED},  {'N', CLAIM_ENDED},    {'G', CLAIM_GRANTED},
    };
    char letter = field(f)[0];

    reply->status = CLAIM_UNANSWERED;
    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++)
        if (letters[i].letter == letter)
            reply->status = letters[i].status;
    switch (reply->status) {
    case CLAIM_UNANSWERED: return false;
    case CLAIM_HELD:
    case CLAIM_WAIT: reply->wait_us = (usec_t)number_field(f) * 1000; break;
    case CLAIM_DONE:
    case CLAIM_STALE:
    case CLAIM_SKIPPED:
    case CLAIM_IS_UNCHANGED:
    case CLAIM_ENDED:
        read_memory(f, &strings->memory);
        read_stored(f, reply, strings);
        break;
    case CLAIM_GRANTED:
        read_memory(f, &strings->memory);
        read_grant(f, reply, strings);
        break;
    case CLAIM_CONFLICT:
    case CLAIM_NOTHING_KNOWN:
    case CLAIM_TOO_MANY_SKUS:
    case CLAIM_EPOCH: break;
    }
    return f->ok;
}

static void clear(struct claim_reply *reply, struct claim_strings *strings)
{
    const struct text none = {.ptr = "", .len = 0};

    *reply = (struct claim_reply){.status = CLAIM_UNANSWERED};
    *strings = (struct claim_strings){.memory = {.sku = none, .item_id = none},
                                      .main_sku = none,
                                      .item_id = none,
                                      .superseded_by = none,
                                      .blob = none};
    for (size_t i = 0; i < CORE_OLD_SKUS_MAX; i++)
        strings->old_skus[i] = none;
    for (size_t i = 0; i < CORE_TARGETS_MAX; i++)
        strings->item_ids[i] = none;
}

/* These wrote something, and our witness with it. */
static bool was_written(enum claim_status status)
{
    return status == CLAIM_GRANTED || status == CLAIM_STALE || status == CLAIM_SKIPPED ||
           status == CLAIM_IS_UNCHANGED || status == CLAIM_ENDED;
}

static void on_claimed(struct redis_cmd *cmd, const redisReply *raw)
{
    struct redis_store *store = cmd->owner;
    struct claim_reply reply;
    struct claim_strings strings;

    clear(&reply, &strings);
    if (raw && raw->type == REDIS_REPLY_STRING) {
        struct fields f = {.at = raw->str, .end = raw->str + raw->len, .ok = true};

        if (!read_claim(&f, &reply, &strings)) {
            store->events.on_trouble(
                store->events.user,
                "redis: an answer of the claim script cannot be read: is another version of this "
                "program at work on the same redis.prefix?");
            clear(&reply, &strings);
        }
    }
    if (was_written(reply.status)) {
        store_acknowledged(store, cmd);
        if (store->restarted || !store->known_run_id[0]) {
            snprintf(store->known_run_id, sizeof store->known_run_id, "%s", redis_link_run_id(store->link));
            store->restarted = false;
        }
    }
    store->events.on_claimed(store->events.user, cmd->op, &reply, &strings);
}

static void put_flags(struct resp *r, const struct claim_request *request)
{
    char flags[5];
    size_t len = 0;

    if (request->force)
        flags[len++] = 'f';
    if (request->replay)
        flags[len++] = 'r';
    if (request->tombstone)
        flags[len++] = 't';
    if (request->hint)
        flags[len++] = 'n';
    if (request->repair)
        flags[len++] = 'p';
    resp_text(r, flags, len);
}

/* "<slot>.<gen>": with the incarnation it is the token. */
static void put_op(struct resp *r, struct op_id op)
{
    char slot[20], gen[20];
    struct text parts[] = {
        {slot, (uint32_t)resp_digits(op.slot, slot)}, {".", 1}, {gen, (uint32_t)resp_digits(op.gen, gen)}};

    resp_parts(r, parts, 3);
}

static void put_intent(struct resp *r, const struct claim_request *request)
{
    static const char *const modes[] = {"upsert", "hide", "delete"};

    resp_str(r, request->mode == CLAIM_END ? "end" : modes[request->intent]);
}

/* What a write under this claim would make of the wanted item. */
static void put_content(struct resp *r, const struct claim_request *request)
{
    if (request->intent == INTENT_UPSERT)
        resp_key128(r, request->content);
    else
        resp_str(r, request->intent == INTENT_HIDE ? "hide" : "del");
}

static struct text or_none(struct text text)
{
    return text.len ? text : (struct text){.ptr = "-", .len = 1};
}

void redis_store_claim(struct redis_store *store, struct op_id op, const struct claim_request *request,
                       const struct store_strings *strings)
{
    const struct store_catalog *catalog = store_catalog(store, request->catalog);
    struct redis_cmd *cmd = store_cmd(store, SCRIPT_CLAIM, on_claimed, request->has_sku ? 5 : 4);
    struct resp *r = &cmd->resp;
    bool end = request->mode == CLAIM_END;
    struct text by, event;

    ASSERT(strings->blob.len <= STORE_BLOB_MAX);
    cmd->op = op;
    resp_scratch_room(&store->scratch, (size_t)strings->product_id.len + strings->sku.len +
                                           strings->event_id.len + strings->superseded_by.len);
    event = or_none(store_encode(store, strings->event_id));
    by = or_none(store_encode(store, strings->superseded_by));
    store_fixed(r, &store->fixed_epoch);
    store_event_key(catalog, r, request->identity);
    store_key(catalog, r, "p:", store_encode(store, strings->product_id));
    store_fixed(r, &store->fixed_witness);
    if (request->has_sku)
        store_key(catalog, r, "s:", store_encode(store, strings->sku));
    store_clock(store, r);
    resp_fixed(r, request->epoch);
    put_intent(r, request);
    put_flags(r, request);
    resp_hex64(r, request->token.incarnation);
    put_op(r, request->token.op);
    resp_key128(r, request->data_hash);
    put_content(r, request);
    resp_fixed(r, request->version);
    store_place(store, r, &request->at);
    resp_i64(r, request->at.offset);
    resp_text(r, event.ptr, event.len);
    resp_i64(r, store_ms_up(request->lease_us));
    resp_i64(r, store_ms_up(request->late_us));
    resp_i64(r, request->unchanged_max_age_us / 1000);
    store_fixed(r, &store->fixed_ttls);
    resp_str(r, store_reason_name(end ? request->end_reason : request->hide_reason));
    resp_str(r, store_outcome_name(end ? request->end_outcome : OUTCOME_NONE));
    resp_text(r, by.ptr, by.len);
    resp_text(r, strings->blob.ptr, end ? strings->blob.len : 0);
    store_number(store, cmd, request->epoch);
    store_send(store, cmd);
}
