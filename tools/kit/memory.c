#include "tools/kit/memory.h"

#include "worker/adapters/redis_resp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_MAX_BYTES = 4096, EPOCH_KEY_BYTES = 128 };

/* ---- keys ---- */

static void put_base(const struct config *config, const char *catalog, struct sbuf *out)
{
    sbuf_printf(out, "{%s}:1:c:%s:", config->redis_prefix, catalog);
}

void kit_memory_key(const struct config *config, const char *catalog, const char *kind, const char *id,
                    struct sbuf *out)
{
    struct resp_scratch scratch = {0};
    struct text text = {id, (uint32_t)strlen(id)};

    resp_scratch_room(&scratch, text.len);
    text = resp_encode(&scratch, text);
    put_base(config, catalog, out);
    sbuf_puts(out, kind);
    sbuf_put(out, text.ptr, text.len);
    resp_scratch_free(&scratch);
}

/* ---- hashes ---- */

static redisReply *read_hash(struct kit_redis *redis, const char *key, size_t len, char *error)
{
    redisReply *reply =
        kit_redis_ask(redis, 2, (const char *[]){"HGETALL", key}, (const size_t[]){7, len}, error);

    if (reply && reply->type != REDIS_REPLY_ARRAY) {
        freeReplyObject(reply);
        snprintf(error, KIT_REDIS_ERROR_SIZE, "redis at %s: a key of the store is no hash", redis->where);
        return NULL;
    }
    return reply;
}

static const redisReply *field(const redisReply *hash, const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i + 1 < hash->elements; i += 2) {
        const redisReply *at = hash->element[i];

        if (at->type == REDIS_REPLY_STRING && (size_t)at->len == len && memcmp(at->str, name, len) == 0)
            return hash->element[i + 1]->type == REDIS_REPLY_STRING ? hash->element[i + 1] : NULL;
    }
    return NULL;
}

static void copy(char *to, size_t size, const char *from, size_t len)
{
    if (len >= size)
        len = size - 1;
    memcpy(to, from, len);
    to[len] = '\0';
}

static void take(const redisReply *hash, const char *name, char *to, size_t size)
{
    const redisReply *value = field(hash, name);

    to[0] = '\0';
    if (value)
        copy(to, size, value->str, (size_t)value->len);
}

/* An id as it stands in keys and fields, decoded. */
static void take_id(const redisReply *hash, const char *name, char to[KIT_MEMORY_TEXT_SIZE])
{
    take(hash, name, to, KIT_MEMORY_TEXT_SIZE);
    to[resp_decode(to, strlen(to))] = '\0';
}

static int64_t number(const redisReply *hash, const char *name, int64_t fallback)
{
    const redisReply *value = field(hash, name);

    return value ? strtoll(value->str, NULL, 10) : fallback;
}

static bool read_clock(struct kit_redis *redis, int64_t *now_ms, char *error)
{
    redisReply *reply = kit_redis_ask(redis, 1, (const char *[]){"TIME"}, NULL, error);
    bool ok = reply && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2;

    if (ok)
        *now_ms = strtoll(reply->element[0]->str, NULL, 10) * 1000 +
                  strtoll(reply->element[1]->str, NULL, 10) / 1000;
    else if (reply)
        snprintf(error, KIT_REDIS_ERROR_SIZE, "redis at %s: no answer to TIME", redis->where);
    if (reply)
        freeReplyObject(reply);
    return ok;
}

/* ---- one SKU ---- */

static void fill_sku(const redisReply *hash, struct kit_sku *record)
{
    record->exists = hash->elements > 0;
    take_id(hash, "ow", record->owner);
    take_id(hash, "id", record->item_id);
    take(hash, "tk", record->lease_token, sizeof record->lease_token);
    take(hash, "fe", record->fence, sizeof record->fence);
    take(hash, "co", record->lease_content, sizeof record->lease_content);
    take(hash, "uc", record->uncertain_content, sizeof record->uncertain_content);
    record->lease_until_ms = number(hash, "un", 0);
    record->uncertain_until_ms = number(hash, "uu", 0);
    record->written_at_ms = number(hash, "wr", 0);
}

bool kit_memory_read_sku(struct kit_redis *redis, const struct config *config, const char *catalog,
                         const char *sku, struct kit_sku *record, char error[KIT_REDIS_ERROR_SIZE])
{
    struct sbuf key;
    redisReply *hash;

    memset(record, 0, sizeof *record);
    copy(record->sku, sizeof record->sku, sku, strlen(sku));
    sbuf_init(&key, KEY_MAX_BYTES);
    kit_memory_key(config, catalog, "s:", sku, &key);
    hash = read_hash(redis, key.data, key.len, error);
    sbuf_free(&key);
    if (!hash)
        return false;
    fill_sku(hash, record);
    freeReplyObject(hash);
    return true;
}

/* ---- one product ---- */

static void take_others(const redisReply *hash, struct kit_memory *memory)
{
    const redisReply *value = field(hash, "x");
    const char *at = value ? value->str : "";

    while (*at && memory->others_count < KIT_MEMORY_SKUS_MAX) {
        size_t len = strcspn(at, " ");
        char *to = memory->others[memory->others_count];

        if (len > 0) {
            copy(to, KIT_MEMORY_TEXT_SIZE, at, len);
            to[resp_decode(to, strlen(to))] = '\0';
            memory->others_count++;
        }
        at += len + strspn(at + len, " ");
    }
}

static void fill_memory(const redisReply *hash, struct kit_memory *memory)
{
    char letter[4];

    memory->exists = hash->elements > 0;
    memory->last_version = number(hash, "v", 0);
    memory->current_version = number(hash, "cv", 0);
    memory->offset = number(hash, "o", -1);
    memory->epoch = number(hash, "ep", 0);
    memory->confirmed_at_ms = number(hash, "at", 0);
    memory->claims = (uint32_t)number(hash, "cn", 0);
    take(hash, "is", letter, sizeof letter);
    memory->item_state = letter[0];
    take(hash, "st", letter, sizeof letter);
    memory->clean = letter[0] == 'c';
    take(hash, "lw", letter, sizeof letter);
    memory->late_write = letter[0] == '1';
    take(hash, "c", memory->content, sizeof memory->content);
    take_id(hash, "s", memory->sku);
    take_id(hash, "t", memory->source);
    take_id(hash, "ev", memory->event_id);
    take_others(hash, memory);
}

static bool read_records(struct kit_redis *redis, const struct config *config, struct kit_memory *memory,
                         char *error)
{
    if (memory->sku[0] && !kit_memory_read_sku(redis, config, memory->catalog, memory->sku,
                                               &memory->records[memory->records_count++], error))
        return false;
    for (uint32_t i = 0; i < memory->others_count; i++) {
        if (!kit_memory_read_sku(redis, config, memory->catalog, memory->others[i],
                                 &memory->records[memory->records_count++], error))
            return false;
    }
    return true;
}

bool kit_memory_read(struct kit_redis *redis, const struct config *config, const char *catalog,
                     const char *product_id, struct kit_memory *memory, char error[KIT_REDIS_ERROR_SIZE])
{
    struct sbuf key;
    redisReply *hash;

    memset(memory, 0, sizeof *memory);
    copy(memory->catalog, sizeof memory->catalog, catalog, strlen(catalog));
    copy(memory->product_id, sizeof memory->product_id, product_id, strlen(product_id));
    if (!read_clock(redis, &memory->now_ms, error))
        return false;
    sbuf_init(&key, KEY_MAX_BYTES);
    kit_memory_key(config, catalog, "p:", product_id, &key);
    hash = read_hash(redis, key.data, key.len, error);
    sbuf_free(&key);
    if (!hash)
        return false;
    fill_memory(hash, memory);
    freeReplyObject(hash);
    return read_records(redis, config, memory, error);
}

int64_t kit_memory_leased_until(const struct kit_memory *memory)
{
    int64_t until_ms = 0;

    for (uint32_t i = 0; i < memory->records_count; i++) {
        const struct kit_sku *record = &memory->records[i];

        if (record->lease_token[0] && strcmp(record->owner, memory->product_id) == 0 &&
            record->lease_until_ms > memory->now_ms && record->lease_until_ms > until_ms)
            until_ms = record->lease_until_ms;
    }
    return until_ms;
}

/* ---- the epoch ---- */

bool kit_memory_read_epoch(struct kit_redis *redis, const struct config *config, struct kit_epoch *epoch,
                           char error[KIT_REDIS_ERROR_SIZE])
{
    char key[EPOCH_KEY_BYTES];
    redisReply *hash;
    int len = snprintf(key, sizeof key, "{%s}:1:g", config->redis_prefix);

    memset(epoch, 0, sizeof *epoch);
    if (!read_clock(redis, &epoch->now_ms, error))
        return false;
    hash = read_hash(redis, key, (size_t)len, error);
    if (!hash)
        return false;
    epoch->exists = field(hash, "ep") != NULL;
    epoch->ready = number(hash, "rd", 0) == 1;
    epoch->first = number(hash, "fi", 0) == 1;
    epoch->epoch = number(hash, "ep", 0);
    epoch->quiet_until_ms = number(hash, "q", 0);
    epoch->builder_until_ms = number(hash, "bu", 0);
    take(hash, "bt", epoch->builder, sizeof epoch->builder);
    take(hash, "f", epoch->fences, sizeof epoch->fences);
    freeReplyObject(hash);
    return true;
}
