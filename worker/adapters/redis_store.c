/* The store: opened, closed, connected, and what all requests share. */
#include "worker/adapters/redis_store_state.h"

#include "common/hash128.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEFAULT_TIMEOUT_MS = 5000,
    DEFAULT_RECONNECT_MIN_MS = 50,
    DEFAULT_RECONNECT_MAX_MS = 5000,
    DEFAULT_OUTSTANDING = 65536,
    PREFIX_MAX = 64,
};

static const usec_t renew_us = INT64_C(3600) * 1000 * 1000;

static void no_answer_needed(struct redis_cmd *cmd, const redisReply *reply)
{
    (void)cmd;
    (void)reply;
}

/* Our witness lives on while we do, even if we have nothing to write for weeks. */
static void renew_witness(void *arg)
{
    struct redis_store *store = arg;
    struct redis_cmd *cmd = redis_cmd_new(store->link, SCRIPT_NONE, no_answer_needed, store);

    resp_str(&cmd->resp, "PEXPIRE");
    resp_str(&cmd->resp, store->witness_key);
    resp_i64(&cmd->resp, store->witness_ttl_ms);
    if (!redis_link_send(store->link, cmd))
        redis_cmd_free(cmd);
    loop_timer_set(store->loop, &store->renew, loop_now_us(store->loop) + renew_us, renew_witness, store);
}

static void on_ready(void *arg)
{
    struct redis_store *store = arg;
    const char *run_id = redis_link_run_id(store->link);

    store->restarted = store->known_run_id[0] && strcmp(store->known_run_id, run_id) != 0;
    store_release_again(store);
    store->events.on_up(store->events.user);
}

static void on_lost(void *arg, const char *why)
{
    struct redis_store *store = arg;

    store->events.on_down(store->events.user, why);
}

static void on_trouble(void *arg, const char *message)
{
    struct redis_store *store = arg;

    store->events.on_trouble(store->events.user, message);
}

static uint64_t next_number(void *arg)
{
    struct redis_store *store = arg;

    return ++store->number;
}

static char *joined(const char *a, const char *b, const char *c)
{
    size_t size = strlen(a) + strlen(b) + strlen(c) + 1;
    char *text = malloc(size);

    ASSERT(text);
    snprintf(text, size, "%s%s%s", a, b, c);
    return text;
}

static bool name_ok(const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < len; i++)
        if ((unsigned char)name[i] <= ' ' || strchr("{}%:", name[i]) || name[i] == 0x7f)
            return false;
    return len > 0 && len <= PREFIX_MAX;
}

static bool bad(char *error, size_t error_size, const char *key, const char *what)
{
    snprintf(error, error_size, "%s: %s", key, what);
    return false;
}

static bool check(const struct redis_store_settings *set, char *error, size_t error_size)
{
    if (set->prefix && !name_ok(set->prefix))
        return bad(error, error_size, "redis.prefix",
                   "must be 1 to 64 characters, none of them a space, {, }, : or %");
    for (uint32_t i = 0; i < set->catalogs_count; i++)
        if (!name_ok(set->catalogs[i].name))
            return bad(error, error_size, "catalogs",
                       "a name must be 1 to 64 characters, none of them a space, {, }, : or %");
    if (set->dedup_ttl_ms < 1000)
        return bad(error, error_size, "dedup.ttl.ms", "must be at least 1000");
    if (set->connect_timeout_ms < 0 || set->reply_timeout_ms < 0 || set->reconnect_min_ms < 0 ||
        set->reconnect_max_ms < 0)
        return bad(error, error_size, "redis", "a time-out must not be negative");
    return true;
}

static usec_t ms_or(int64_t ms, int64_t fallback_ms)
{
    return (ms > 0 ? ms : fallback_ms) * 1000;
}

static struct redis_link *open_link(struct redis_store *store, const struct redis_store_settings *set,
                                    char *error, size_t error_size)
{
    struct redis_link_events events = {store, on_ready, on_lost, on_trouble, next_number};
    struct redis_link_settings link = {
        .password = set->password,
        .ca_file = set->ca_file,
        .client_name = set->client_name ? set->client_name : "catalog-worker",
        .connect_timeout_us = ms_or(set->connect_timeout_ms, DEFAULT_TIMEOUT_MS),
        .reply_timeout_us = ms_or(set->reply_timeout_ms, DEFAULT_TIMEOUT_MS),
        .reconnect_min_us = ms_or(set->reconnect_min_ms, DEFAULT_RECONNECT_MIN_MS),
        .reconnect_max_us = ms_or(set->reconnect_max_ms, DEFAULT_RECONNECT_MAX_MS),
        .seed = set->incarnation,
    };

    if (!redis_url_parse(set->url, &link.url, error, error_size))
        return NULL;
    return redis_link_open(store->loop, &link, &events, error, error_size);
}

static void copy_names(struct redis_store *store, const struct redis_store_settings *set)
{
    const char *prefix = set->prefix ? set->prefix : "cs1";
    char *common = joined("{", prefix, "}:1:"), *of_catalogs = joined(common, "c:", "");

    store->epoch_key = joined(common, "g", "");
    store->witness_prefix = joined(common, "w:", "");
    store->witness_key = joined(common, "w:", store->incarnation);
    store->catalogs = calloc(set->catalogs_count + 1, sizeof *store->catalogs);
    store->topics = calloc(set->topics_count + 1, sizeof *store->topics);
    ASSERT(store->catalogs && store->topics);
    store->catalogs_count = set->catalogs_count;
    store->topics_count = set->topics_count;
    for (uint32_t i = 0; i < set->catalogs_count; i++) {
        struct store_catalog *catalog = &store->catalogs[i];

        catalog->base = joined(of_catalogs, set->catalogs[i].name, ":");
        catalog->base_len = strlen(catalog->base);
        catalog->interval_us = set->catalogs[i].budget_interval_us;
        catalog->burst = set->catalogs[i].budget_burst > 0 ? set->catalogs[i].budget_burst : 1;
    }
    for (uint32_t i = 0; i < set->topics_count; i++)
        store->topics[i] = joined(set->topics[i], "", "");
    free(common);
    free(of_catalogs);
}

static void write_fixed(struct redis_store *store)
{
    resp_reset(&store->fixed_epoch);
    resp_str(&store->fixed_epoch, store->epoch_key);
    resp_reset(&store->fixed_witness);
    resp_str(&store->fixed_witness, store->witness_key);
    resp_reset(&store->fixed_ttls);
    resp_i64(&store->fixed_ttls, store->dedup_ttl_ms);
    resp_i64(&store->fixed_ttls, store->witness_ttl_ms);
}

static void free_store(struct redis_store *store)
{
    for (uint32_t i = 0; i < store->catalogs_count; i++)
        free(store->catalogs[i].base);
    for (uint32_t i = 0; i < store->topics_count; i++)
        free(store->topics[i]);
    free(store->catalogs);
    free(store->topics);
    free(store->epoch_key);
    free(store->witness_key);
    free(store->witness_prefix);
    resp_scratch_free(&store->scratch);
    resp_free(&store->fixed_epoch);
    resp_free(&store->fixed_witness);
    resp_free(&store->fixed_ttls);
    free(store);
}

struct redis_store *redis_store_open(struct loop *loop, const struct redis_store_settings *settings,
                                     const struct redis_store_events *events, char *error, size_t error_size)
{
    struct redis_store *store;

    if (!check(settings, error, error_size))
        return NULL;
    store = calloc(1, sizeof *store);
    ASSERT(store);
    store->loop = loop;
    store->events = *events;
    store->test_now_us = settings->test_now_us;
    store->dedup_ttl_ms = settings->dedup_ttl_ms;
    store->witness_ttl_ms = settings->dedup_ttl_ms + STORE_WITNESS_EXTRA_MS;
    store->outstanding_max = settings->outstanding_max ? settings->outstanding_max : DEFAULT_OUTSTANDING;
    store->own.incarnation = settings->incarnation;
    snprintf(store->incarnation, sizeof store->incarnation, "%016llx",
             (unsigned long long)settings->incarnation);
    copy_names(store, settings);
    write_fixed(store);
    store->link = open_link(store, settings, error, error_size);
    if (!store->link) {
        free_store(store);
        return NULL;
    }
    loop_timer_set(loop, &store->renew, loop_now_us(loop) + renew_us, renew_witness, store);
    return store;
}

static void free_commands(struct redis_cmd *list)
{
    while (list) {
        struct redis_cmd *next = list->next;

        redis_cmd_free(list);
        list = next;
    }
}

void redis_store_close(struct redis_store *store)
{
    if (!store)
        return;
    loop_defer_cancel(store->loop, store);
    loop_timer_clear(store->loop, &store->renew);
    free_commands(store->unsent);
    free_commands(store->kept);
    redis_link_close(store->link);
    free_store(store);
}

void redis_store_set_password(struct redis_store *store, const char *password)
{
    redis_link_password(store->link, password);
}

bool redis_store_is_up(const struct redis_store *store)
{
    return redis_link_is_ready(store->link);
}

uint32_t redis_store_outstanding(const struct redis_store *store)
{
    return redis_link_outstanding(store->link);
}

const char *redis_store_maxmemory_policy(const struct redis_store *store)
{
    return redis_link_maxmemory_policy(store->link);
}

uint64_t store_item_hash(struct text item_id)
{
    uint64_t hash;

    if (item_id.len == 0)
        return 0;
    hash = hash128(HASH_ITEM, item_id.ptr, item_id.len).lo;
    return hash ? hash : 1;
}

/* ---- what all requests share ---- */

struct redis_cmd *store_cmd(struct redis_store *store, enum redis_script script, redis_cmd_fn done,
                            uint32_t keys)
{
    struct redis_cmd *cmd = redis_cmd_new(store->link, script, done, store);

    resp_u64(&cmd->resp, keys);
    return cmd;
}

void store_clock(const struct redis_store *store, struct resp *r)
{
    if (store->test_now_us)
        resp_i64(r, *store->test_now_us);
    else
        resp_text(r, "", 0);
}

const struct store_catalog *store_catalog(const struct redis_store *store, uint8_t catalog)
{
    ASSERT(catalog < store->catalogs_count);
    return &store->catalogs[catalog];
}

void store_key(const struct store_catalog *catalog, struct resp *r, const char *kind, struct text id)
{
    struct text parts[] = {{catalog->base, (uint32_t)catalog->base_len}, {kind, 2}, id};

    ASSERT(id.len > 0);
    resp_parts(r, parts, 3);
}

void store_event_key(const struct store_catalog *catalog, struct resp *r, struct key128 identity)
{
    char hex[32];

    resp_hex(identity, hex);
    store_key(catalog, r, "e:", (struct text){hex, sizeof hex});
}

void store_place(const struct redis_store *store, struct resp *r, const struct position *at)
{
    char digits[20];
    struct text parts[3] = {{"", 0}, {"/", 1}, {digits, 0}};

    ASSERT(at->topic < store->topics_count && at->partition >= 0);
    parts[0] = (struct text){store->topics[at->topic], (uint32_t)strlen(store->topics[at->topic])};
    parts[2].len = (uint32_t)resp_digits((uint64_t)at->partition, digits);
    resp_parts(r, parts, 3);
}

void store_number(struct redis_store *store, struct redis_cmd *cmd, uint64_t epoch)
{
    cmd->number = ++store->number;
    cmd->epoch = epoch;
    resp_fixed(&cmd->resp, cmd->number);
    cmd->number_at = resp_last_at(&cmd->resp, RESP_FIXED_DIGITS);
}

void store_acknowledged(struct redis_store *store, const struct redis_cmd *cmd)
{
    struct witness *own = &store->own;

    if (cmd->epoch < own->epoch || (cmd->epoch == own->epoch && cmd->number <= own->number))
        return;
    own->epoch = cmd->epoch;
    own->number = cmd->number;
    if (strcmp(own->run_id, redis_link_run_id(store->link)) != 0)
        snprintf(own->run_id, sizeof own->run_id, "%s", redis_link_run_id(store->link));
}

static void answer_unsent(void *arg)
{
    struct redis_store *store = arg;
    struct redis_cmd *list = store->unsent;

    store->unsent = store->unsent_last = NULL;
    store->unsent_deferred = false;
    while (list) {
        struct redis_cmd *cmd = list;

        list = cmd->next;
        cmd->kept = false;
        cmd->done(cmd, NULL);
        if (!cmd->kept)
            redis_cmd_free(cmd);
    }
}

void store_answer_later(struct redis_store *store, struct redis_cmd *cmd)
{
    cmd->next = NULL;
    if (store->unsent_last)
        store->unsent_last->next = cmd;
    else
        store->unsent = cmd;
    store->unsent_last = cmd;
    if (!store->unsent_deferred)
        loop_defer(store->loop, answer_unsent, store);
    store->unsent_deferred = true;
}

void store_send(struct redis_store *store, struct redis_cmd *cmd)
{
    if (redis_link_outstanding(store->link) >= store->outstanding_max || !redis_link_send(store->link, cmd))
        store_answer_later(store, cmd);
}
