#include "common/memory_header.h"

#include "common/hash128.h"
#include "common/jsonmend.h"
#include "common/sbuf.h"

#include <cjson/cJSON.h>
#include <string.h>

static const int64_t version_max = (INT64_C(1) << 53) - 1;

static void put_key(struct sbuf *out, const char *name, struct key128 key)
{
    char hex[HASH_HEX_BYTES];

    if (key128_none(key))
        return;
    hash128_hex(key, hex);
    sbuf_puts(out, name);
    sbuf_puts(out, hex);
    sbuf_putc(out, '"');
}

static struct key128 take_key(const cJSON *json, const char *name)
{
    const char *hex = jsonmend_string(json, name);
    struct key128 key = {0, 0};

    if (hex)
        hash128_from_hex(hex, strlen(hex), &key);
    return key;
}

bool memory_header_encode(const struct memory_header *memory, struct sbuf *out)
{
    sbuf_puts(out, "{\"last_version\":");
    sbuf_put_i64(out, memory->last_version);
    sbuf_puts(out, ",\"current_version\":");
    sbuf_put_i64(out, memory->current_version);
    sbuf_puts(out, ",\"item_state\":\"");
    sbuf_putc(out, memory->item_state);
    sbuf_puts(out, "\"");
    if (memory->sku && memory->sku[0]) {
        sbuf_puts(out, ",\"sku\":");
        sbuf_put_json(out, memory->sku, strlen(memory->sku));
    }
    if (memory->item_id && memory->item_id[0]) {
        sbuf_puts(out, ",\"catalog_id\":");
        sbuf_put_json(out, memory->item_id, strlen(memory->item_id));
    }
    if (memory->change != MEMORY_OF_EVENT) {
        sbuf_puts(out, ",\"change\":\"");
        sbuf_puts(out, memory->change == MEMORY_RESET ? "reset" : "forgotten");
        sbuf_putc(out, '"');
    }
    put_key(out, ",\"identity\":\"", memory->identity);
    put_key(out, ",\"data_hash\":\"", memory->data_hash);
    sbuf_puts(out, "}");
    return sbuf_ok(out);
}

static bool take(const cJSON *json, const char *name, char *to, const char **text)
{
    const char *from = jsonmend_string(json, name);
    size_t len = from ? strlen(from) : 0;

    if (len >= MEMORY_TEXT_MAX_BYTES)
        return false;
    memcpy(to, from ? from : "", len + 1);
    *text = to;
    return true;
}

static enum memory_change take_change(const cJSON *json)
{
    const char *name = jsonmend_string(json, "change");

    if (name && strcmp(name, "reset") == 0)
        return MEMORY_RESET;
    return name && strcmp(name, "forgotten") == 0 ? MEMORY_FORGOTTEN : MEMORY_OF_EVENT;
}

bool memory_header_decode(const void *value, size_t size, struct memory_header *memory,
                          char text[2][MEMORY_TEXT_MAX_BYTES])
{
    cJSON *json = value && size <= MEMORY_HEADER_MAX_BYTES ? jsonmend_parse(value, size) : NULL;
    const char *state = jsonmend_string(json, "item_state");
    bool ok = state && state[0] != '\0' && state[1] == '\0' && strchr("alhd", state[0]) != NULL;

    if (ok) {
        memory->item_state = state[0];
        memory->change = take_change(json);
        memory->last_version = jsonmend_integer(json, "last_version", 0, version_max, 0);
        memory->current_version = jsonmend_integer(json, "current_version", 0, version_max, 0);
        memory->identity = take_key(json, "identity");
        memory->data_hash = take_key(json, "data_hash");
        ok = take(json, "sku", text[0], &memory->sku) && take(json, "catalog_id", text[1], &memory->item_id);
    }
    cJSON_Delete(json);
    return ok;
}
