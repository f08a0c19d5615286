/* Epochs and witnesses: has the store lost what we wrote? docs/store.md "Epochs". */
#include "worker/adapters/redis_store_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const nothing = "-";

/* The next field of an answer, cut at spaces in place; "-" at its end. */
static const char *next_field(char **at)
{
    char *start = *at, *space;

    if (!start)
        return nothing;
    space = strchr(start, ' ');
    *at = space ? space + 1 : NULL;
    if (space)
        *space = '\0';
    return start;
}

/* What somebody saw acknowledged must be there, unless a later epoch has dealt with the loss already. */
static bool is_there(const struct witness *witness, uint64_t epoch, const char *number)
{
    if (witness->number == 0 || epoch > witness->epoch)
        return true;
    if (epoch < witness->epoch || strcmp(number, nothing) == 0)
        return false;
    return strtoull(number, NULL, 10) >= witness->number;
}

/* The first `asked` predecessors were asked for; later ones are for the next question. */
static void check_before(struct redis_store *store, char **at, uint32_t asked, struct store_view *view)
{
    const char *run_id = redis_link_run_id(store->link);

    for (uint32_t i = 0; i < asked; i++) {
        const struct witness *witness = &store->before[i];

        if (!is_there(witness, view->epoch, next_field(at)))
            view->witness_ok = false;
        if (witness->epoch == view->epoch && strcmp(witness->run_id, run_id) != 0)
            store->restarted = true;
    }
    if (!view->witness_ok || view->epoch == 0 || asked == 0)
        return;
    store->before_count -= asked;
    memmove(store->before, store->before + asked, store->before_count * sizeof store->before[0]);
    store->before_round++;
}

static void read_view(struct redis_store *store, const struct redis_cmd *cmd, char *text,
                      struct store_view *view)
{
    char *at = text;

    view->answered = true;
    view->epoch = strtoull(next_field(&at), NULL, 10);
    view->ready = next_field(&at)[0] == '1';
    view->builder = next_field(&at)[0] == '1';
    view->builder_alive = next_field(&at)[0] == '1';
    view->wait_us = strtoll(next_field(&at), NULL, 10) * 1000;
    view->witness_ok = is_there(&store->own, view->epoch, next_field(&at));
    check_before(store, &at, cmd->round == store->before_round ? cmd->count : 0, view);
    view->restarted = store->restarted;
    store->epoch = view->epoch;
}

static void on_viewed(struct redis_cmd *cmd, const redisReply *reply)
{
    struct redis_store *store = cmd->owner;
    struct store_view view = {0};

    if (--store->questions == 0)
        store->before_asked = 0;
    if (reply && reply->type == REDIS_REPLY_STRING) {
        read_view(store, cmd, reply->str, &view);
        if (cmd->number_at > 0 && view.ready) {
            cmd->epoch = view.epoch;
            store_acknowledged(store, cmd);
        }
    }
    store->events.on_viewed(store->events.user, &view);
}

static struct redis_cmd *question(struct redis_store *store, redis_cmd_fn done, const char *what,
                                  bool witnesses)
{
    uint32_t others = witnesses ? store->before_count : 0;
    struct redis_cmd *cmd = store_cmd(store, SCRIPT_EPOCH, done, 2 + others);
    struct resp *r = &cmd->resp;

    cmd->count = others;
    cmd->round = store->before_round;
    if (witnesses) {
        store->questions++;
        store->before_asked = others;
    }
    resp_str(r, store->epoch_key);
    resp_str(r, store->witness_key);
    for (uint32_t i = 0; i < others; i++) {
        char hex[32];
        struct text parts[] = {{store->witness_prefix, (uint32_t)strlen(store->witness_prefix)}, {hex, 16}};

        resp_hex((struct key128){.hi = store->before[i].incarnation}, hex);
        resp_parts(r, parts, 2);
    }
    store_clock(store, r);
    resp_str(r, what);
    resp_str(r, store->incarnation);
    resp_u64(r, STORE_BUILDER_LEASE_MS);
    resp_i64(r, store->witness_ttl_ms);
    return cmd;
}

/* A process without a witness of this epoch leaves one by looking: whoever has only been assigned partitions
 * so far would otherwise not see that a restart of Redis took back what their last owner, dead by now, had
 * written. */
void redis_store_look(struct redis_store *store)
{
    struct redis_cmd *cmd = question(store, on_viewed, "look", true);

    if (store->own.number == 0 || store->own.epoch < store->epoch)
        store_number(store, cmd, 0);
    store_send(store, cmd);
}

void redis_store_epoch_raise(struct redis_store *store, uint64_t epoch, usec_t quiet_us)
{
    struct redis_cmd *cmd = question(store, on_viewed, "raise", true);

    ASSERT(epoch < RESP_FIXED_MAX);
    resp_fixed(&cmd->resp, epoch);
    resp_fixed(&cmd->resp, epoch + 1);
    resp_i64(&cmd->resp, store_ms_up(quiet_us));
    store_send(store, cmd);
}

void redis_store_epoch_ready(struct redis_store *store, uint64_t epoch)
{
    struct redis_cmd *cmd = question(store, on_viewed, "ready", true);

    resp_fixed(&cmd->resp, epoch);
    store_send(store, cmd);
}

static void on_alive(struct redis_cmd *cmd, const redisReply *reply)
{
    struct redis_store *store = cmd->owner;
    bool builder = false;

    if (reply && reply->type == REDIS_REPLY_STRING) {
        char *at = reply->str;
        uint64_t epoch = strtoull(next_field(&at), NULL, 10);

        next_field(&at);
        builder = next_field(&at)[0] == '1' && epoch == cmd->epoch;
    }
    if (!builder)
        store->events.on_loaded(store->events.user, false);
}

void redis_store_build_alive(struct redis_store *store)
{
    struct redis_cmd *cmd = question(store, on_alive, "alive", false);

    cmd->epoch = store->epoch;
    store_send(store, cmd);
}

size_t redis_store_metadata(const struct redis_store *store, char text[STORE_METADATA_SIZE])
{
    const struct witness *own = &store->own;
    int len = 0;

    text[0] = '\0';
    if (own->number > 0)
        len = snprintf(text, STORE_METADATA_SIZE, "v1 %.40s %s %" PRIu64 " %" PRIu64, own->run_id,
                       store->incarnation, own->number, own->epoch);
    ASSERT(len >= 0 && len < STORE_METADATA_SIZE);
    return (size_t)len;
}

/* Keeps the highest witness of each process. One that a question on its way is about must not grow under it:
 * the answer may be older than what the process has written since. */
static void remember(struct redis_store *store, const struct witness *witness)
{
    for (uint32_t i = store->before_asked; i < store->before_count; i++) {
        struct witness *known = &store->before[i];

        if (known->incarnation != witness->incarnation)
            continue;
        if (witness->epoch > known->epoch ||
            (witness->epoch == known->epoch && witness->number > known->number))
            *known = *witness;
        return;
    }
    if (store->before_count < STORE_PREDECESSORS_MAX)
        store->before[store->before_count++] = *witness;
}

/* Reads digits of a base up to the next space or the end. */
static bool read_number(const char **at, int base, uint64_t *number)
{
    char *end;

    if (**at == ' ' || **at == '-' || **at == '+')
        return false;
    *number = strtoull(*at, &end, base);
    if (end == *at || (*end != ' ' && *end != '\0'))
        return false;
    *at = *end ? end + 1 : end;
    return true;
}

bool redis_store_predecessor(struct redis_store *store, const char *text, size_t size)
{
    char copy[STORE_METADATA_SIZE];
    struct witness witness = {0};
    const char *at = copy + 3;
    size_t run_id_len;

    if (size < 4 || size >= sizeof copy || memcmp(text, "v1 ", 3) != 0)
        return false;
    memcpy(copy, text, size);
    copy[size] = '\0';
    run_id_len = strcspn(at, " ");
    if (run_id_len == 0 || run_id_len >= sizeof witness.run_id || at[run_id_len] != ' ')
        return false;
    memcpy(witness.run_id, at, run_id_len);
    at += run_id_len + 1;
    if (!read_number(&at, 16, &witness.incarnation) || !read_number(&at, 10, &witness.number) ||
        !read_number(&at, 10, &witness.epoch) || *at != '\0' || witness.number == 0 ||
        witness.number > RESP_FIXED_MAX || witness.epoch > RESP_FIXED_MAX)
        return false;
    remember(store, &witness);
    return true;
}
