/* The changes of Redis: one script, pipelined. */
#include "tools/kit/memory_change.h"

#include "common/assertx.h"
#include "tools/kit/cli.h"
#include "worker/adapters/redis_link_state.h"
#include "worker/adapters/redis_resp.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum {
    HOLD_MS = 60 * 1000,
    POLL_MS = 200,
    GRACE_MS = 500, /* a worker that settled just before the hold publishes its result within this */
    ARGS_MAX = 20,
    KEY_MAX_BYTES = 4096,
};

/* A bare SKU record may be wanted for so long after its last write: longer than any lag of the catalog's
 * index. */
static const char *const keep_ms = "3600000";

static bool wrong(char *error, const char *what)
{
    snprintf(error, KIT_CHANGE_ERROR_SIZE, "%s", what);
    return false;
}

static bool load_script(struct kit_changer *changer, char *error)
{
    redisReply *reply = kit_redis_ask(
        changer->redis, 3, (const char *[]){"SCRIPT", "LOAD", link_script_text(SCRIPT_CHANGE)}, NULL, error);

    if (!reply)
        return false;
    snprintf(changer->script_sha, sizeof changer->script_sha, "%s", link_script_sha(SCRIPT_CHANGE));
    freeReplyObject(reply);
    return true;
}

static bool read_epoch(struct kit_changer *changer, char *error)
{
    struct kit_epoch epoch;

    if (!kit_memory_read_epoch(changer->redis, changer->config, &epoch, error))
        return false;
    changer->epoch = (uint64_t)epoch.epoch;
    if (!epoch.exists)
        return wrong(
            error,
            "Redis holds no memory of this fleet (redis.prefix): start a worker, or run catalog-memory "
            "rebuild");
    if (!epoch.ready)
        return wrong(
            error,
            "Redis' memory is being rebuilt: try again when catalog-memory show says that it is ready");
    return true;
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    struct kit_changer *changer = opaque;

    (void)rk;
    if (message->err) {
        changer->failed++;
        snprintf(changer->failure, sizeof changer->failure, "%s", rd_kafka_err2str(message->err));
        return;
    }
    changer->delivered++;
    if (message->_private == changer) {
        changer->audit_partition = message->partition;
        changer->audit_offset = message->offset;
    }
}

bool kit_changer_open(struct kit_changer *changer, const struct config *config, struct kit_redis *redis,
                      const char *catalog, enum kit_change_kind kind, char error[KIT_CHANGE_ERROR_SIZE])
{
    uint64_t holder;

    memset(changer, 0, sizeof *changer);
    changer->config = config;
    changer->redis = redis;
    changer->catalog = catalog;
    changer->kind = kind;
    if (getrandom(&holder, sizeof holder, 0) != (ssize_t)sizeof holder)
        return wrong(error, "no random numbers");
    snprintf(changer->holder, sizeof changer->holder, "%016" PRIx64, holder);
    if (!read_epoch(changer, error) || !load_script(changer, error))
        return false;
    changer->producer =
        kit_kafka_producer(config,
                           &(struct kit_producer_settings){
                               .client_id = "catalog-memory", .on_delivery = on_delivery, .opaque = changer},
                           error);
    return changer->producer != NULL;
}

void kit_changer_close(struct kit_changer *changer)
{
    if (changer->producer)
        rd_kafka_destroy(changer->producer);
    changer->producer = NULL;
}

/* ---- the script ---- */

static const char *verb(enum kit_change_kind kind)
{
    switch (kind) {
    case KIT_CHANGE_RESET: return "reset";
    case KIT_CHANGE_FORGET: return "forget";
    case KIT_CHANGE_ADOPT: return "adopt";
    }
    UNREACHABLE("kind of change");
}

/* Everything one call of the script is made of; texts live here until it is sent. */
struct ask {
    struct sbuf product_key, sku_key, item, event;
    char epoch[24], hold[24], late[24], version[24], shown[24], state[2];
    const char *args[ARGS_MAX];
    size_t lens[ARGS_MAX];
    int count;
};

static void add(struct ask *ask, const char *arg, size_t len)
{
    ASSERT(ask->count < ARGS_MAX);
    ask->args[ask->count] = arg;
    ask->lens[ask->count++] = len;
}

static void add_str(struct ask *ask, const char *arg)
{
    add(ask, arg, strlen(arg));
}

static void fill_numbers(const struct kit_changer *changer, const struct kit_change *change, struct ask *ask)
{
    snprintf(ask->epoch, sizeof ask->epoch, "%016" PRIu64, changer->epoch);
    snprintf(ask->hold, sizeof ask->hold, "%d", HOLD_MS);
    snprintf(ask->late, sizeof ask->late, "%" PRId64, (int64_t)changer->config->call_late_max_ms);
    snprintf(ask->version, sizeof ask->version, "%016" PRId64, change->last_version);
    snprintf(ask->shown, sizeof ask->shown, "%016" PRId64, change->current_version);
    ask->state[0] = change->item_state ? change->item_state : 'a';
    ask->state[1] = '\0';
}

/* Appends a text as the store keeps ids. */
static void put_encoded(struct sbuf *out, const char *id)
{
    struct resp_scratch scratch = {0};
    struct text text = {id, (uint32_t)strlen(id)};

    resp_scratch_room(&scratch, text.len);
    text = resp_encode(&scratch, text);
    sbuf_put(out, text.ptr, text.len);
    resp_scratch_free(&scratch);
}

static void fill_texts(const struct kit_changer *changer, const struct kit_change *change, struct ask *ask)
{
    char event_id[KIT_CHANGE_ID_SIZE];

    sbuf_init(&ask->product_key, KEY_MAX_BYTES);
    sbuf_init(&ask->sku_key, KEY_MAX_BYTES);
    sbuf_init(&ask->item, KEY_MAX_BYTES);
    sbuf_init(&ask->event, KEY_MAX_BYTES);
    kit_memory_key(changer->config, changer->catalog, "p:", change->product_id, &ask->product_key);
    if (change->sku)
        kit_memory_key(changer->config, changer->catalog, "s:", change->sku, &ask->sku_key);
    put_encoded(&ask->item, change->item_id ? change->item_id : "");
    kit_change_event_id(changer, change, event_id);
    put_encoded(&ask->event, event_id);
}

static void free_texts(struct ask *ask)
{
    sbuf_free(&ask->product_key);
    sbuf_free(&ask->sku_key);
    sbuf_free(&ask->item);
    sbuf_free(&ask->event);
}

static bool send_one(struct kit_changer *changer, const struct kit_change *change, const char *what)
{
    bool adopt = changer->kind == KIT_CHANGE_ADOPT;
    char guard_key[128];
    struct ask ask = {.count = 0};
    bool ok;

    fill_numbers(changer, change, &ask);
    fill_texts(changer, change, &ask);
    snprintf(guard_key, sizeof guard_key, "{%s}:1:g", changer->config->redis_prefix);
    add_str(&ask, "EVALSHA");
    add_str(&ask, changer->script_sha);
    add_str(&ask, adopt ? "3" : "2");
    add_str(&ask, guard_key);
    add(&ask, sbuf_str(&ask.product_key), ask.product_key.len);
    if (adopt)
        add(&ask, sbuf_str(&ask.sku_key), ask.sku_key.len);
    add_str(&ask, "");
    add_str(&ask, ask.epoch);
    add_str(&ask, what);
    add_str(&ask, changer->holder);
    add_str(&ask, ask.hold);
    add_str(&ask, ask.late);
    add_str(&ask, strcmp(what, "hold") == 0 ? verb(changer->kind) : ask.version);
    add(&ask, sbuf_str(&ask.event), ask.event.len);
    add_str(&ask, keep_ms);
    add_str(&ask, ask.state);
    add(&ask, sbuf_str(&ask.item), ask.item.len);
    add_str(&ask, ask.shown);
    ok = sbuf_ok(&ask.product_key) && sbuf_ok(&ask.sku_key) && sbuf_ok(&ask.item) && sbuf_ok(&ask.event) &&
         redisAppendCommandArgv(changer->redis->context, ask.count, ask.args, ask.lens) == REDIS_OK;
    free_texts(&ask);
    return ok;
}

/* What the script answered of one product. */
static void take(struct kit_change *change, const char *what, char letter, int64_t wait_ms)
{
    change->wait_ms = wait_ms;
    switch (letter) {
    case 'O':
        if (strcmp(what, "hold") != 0 && strcmp(what, "drop") != 0)
            change->status = KIT_CHANGE_DONE;
        return;
    case 'N': change->status = KIT_CHANGE_UNKNOWN; return;
    case 'K': change->status = KIT_CHANGE_KNOWN; return;
    case 'T': change->status = KIT_CHANGE_TAKEN; return;
    default: return;
    }
}

static bool read_one(struct kit_changer *changer, char *letter, int64_t *wait_ms, char *error)
{
    redisReply *reply = NULL;
    bool ok;

    if (redisGetReply(changer->redis->context, (void **)&reply) != REDIS_OK || !reply) {
        snprintf(error, KIT_CHANGE_ERROR_SIZE, "redis at %s: the connection broke: %s", changer->redis->where,
                 changer->redis->context->errstr);
        return false;
    }
    ok = reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
         reply->element[0]->type == REDIS_REPLY_STRING && reply->element[0]->len == 1 &&
         reply->element[1]->type == REDIS_REPLY_INTEGER;
    if (ok) {
        *letter = reply->element[0]->str[0];
        *wait_ms = reply->element[1]->integer;
    } else {
        snprintf(error, KIT_CHANGE_ERROR_SIZE, "redis at %s: %.300s", changer->redis->where,
                 reply->type == REDIS_REPLY_ERROR ? reply->str : "an answer of another form");
    }
    freeReplyObject(reply);
    return ok;
}

/* Asks the script of all pending ones at once. *waiting: how many answered that something runs, *longest_ms
 * the longest of these. */
static bool ask_all(struct kit_changer *changer, struct kit_change *list, size_t count, const char *what,
                    size_t *waiting, char *error)
{
    bool asked[KIT_CHANGE_BATCH_MAX], ok = true;
    char worst = 'O';

    ASSERT(count <= KIT_CHANGE_BATCH_MAX);
    *waiting = 0;
    for (size_t i = 0; i < count; i++) {
        asked[i] = list[i].status == KIT_CHANGE_PENDING;
        if (asked[i] && !send_one(changer, &list[i], what))
            return wrong(error, "an id is too long for a key of Redis");
    }
    for (size_t i = 0; i < count; i++) {
        int64_t wait_ms = 0;
        char letter = 'O';

        if (!asked[i])
            continue;
        if (!read_one(changer, &letter, &wait_ms, error)) {
            if (changer->redis->context->err)
                return false;
            ok = false;
            continue;
        }
        take(&list[i], what, letter, wait_ms);
        *waiting += letter == 'L' || letter == 'B';
        if (letter == 'E' || letter == 'X')
            worst = letter;
    }
    if (worst == 'E')
        return wrong(
            error,
            "Redis' memory changed under this command: it is being rebuilt. Try again when it is ready");
    if (worst == 'X')
        return wrong(error, "the hold on a product ran out before its change: run the command again");
    return ok;
}

static void pause_ms(int64_t ms)
{
    struct timespec span = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    nanosleep(&span, NULL);
}

void kit_change_drop(struct kit_changer *changer, struct kit_change *list, size_t count)
{
    char error[KIT_CHANGE_ERROR_SIZE];
    size_t waiting;

    ask_all(changer, list, count, "drop", &waiting, error); /* else it ends by itself */
}

/* Those that are still waited for are let go. */
static bool give_up(struct kit_changer *changer, struct kit_change *list, size_t count, char *error)
{
    size_t waiting;

    for (size_t i = 0; i < count; i++) {
        if (list[i].status != KIT_CHANGE_PENDING || list[i].wait_ms <= 0)
            continue;
        if (!ask_all(changer, &list[i], 1, "drop", &waiting, error))
            return false;
        list[i].status = KIT_CHANGE_BUSY;
    }
    return true;
}

bool kit_change_hold(struct kit_changer *changer, struct kit_change *list, size_t count, int64_t wait_ms,
                     char error[KIT_CHANGE_ERROR_SIZE])
{
    int64_t until_ms = kit_now_ms() + wait_ms;
    size_t waiting;

    for (;;) {
        changer->held_ms = kit_now_ms();
        if (!ask_all(changer, list, count, "hold", &waiting, error))
            return false;
        if (waiting == 0 || kit_now_ms() >= until_ms)
            break;
        if (kit_stop) {
            kit_change_drop(changer, list, count);
            return wrong(error, "stopped before anything was changed");
        }
        pause_ms(POLL_MS);
    }
    if (waiting > 0 && !give_up(changer, list, count, error))
        return false;
    if (changer->kind != KIT_CHANGE_ADOPT)
        pause_ms(GRACE_MS);
    return true;
}

bool kit_change_apply(struct kit_changer *changer, struct kit_change *list, size_t count,
                      char error[KIT_CHANGE_ERROR_SIZE])
{
    size_t waiting;

    if (!ask_all(changer, list, count, verb(changer->kind), &waiting, error))
        return false;
    if (waiting > 0)
        return wrong(error, "a worker took a lease under the hold: run the command again");
    return true;
}
