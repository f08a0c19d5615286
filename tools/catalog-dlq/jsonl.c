#include "jsonl.h"

#include "visible.h"

#include "common/jsonscan.h"
#include "common/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH = 8, NAME_MAX = 64 };

/* JSON text keeps it byte for byte: UTF-8 without NUL, which readers cut at. */
static bool is_text(struct bytes bytes)
{
    return utf8_valid_up_to(bytes.ptr, bytes.len) == bytes.len && !memchr(bytes.ptr, 0, bytes.len);
}

void jsonl_text_or_base64(struct sbuf *out, const char *name, struct bytes bytes, bool text)
{
    if (!bytes.ptr) {
        sbuf_printf(out, "\"%s\":null", name);
    } else if (text) {
        sbuf_printf(out, "\"%s\":", name);
        sbuf_put_json(out, bytes.ptr, bytes.len);
    } else {
        sbuf_printf(out, "\"%s_base64\":\"", name);
        base64_put(out, bytes.ptr, bytes.len);
        sbuf_putc(out, '"');
    }
}

void jsonl_bytes(struct sbuf *out, const char *name, struct bytes bytes)
{
    jsonl_text_or_base64(out, name, bytes, bytes.ptr && is_text(bytes));
}

void jsonl_put(struct sbuf *out, const struct letter *letter, bool without_value)
{
    sbuf_putc(out, '{');
    jsonl_bytes(out, "key", letter->key);
    sbuf_printf(out, ",\"partition\":%d,\"offset\":%lld,\"timestamp_ms\":%lld,", letter->partition,
                (long long)letter->offset, (long long)letter->timestamp_ms);
    if (without_value)
        sbuf_printf(out, "\"value_bytes\":%zu", letter->value.len);
    else
        jsonl_bytes(out, "value", letter->value);
    sbuf_puts(out, ",\"headers\":[");
    for (size_t i = 0; i < letter->header_count; i++) {
        const struct record_header *header = &letter->headers[i];

        sbuf_puts(out, i ? ",{" : "{");
        jsonl_bytes(out, "name", (struct bytes){header->name, strlen(header->name)});
        sbuf_putc(out, ',');
        jsonl_bytes(out, "value", (struct bytes){header->value, header->value_bytes});
        sbuf_putc(out, '}');
    }
    sbuf_puts(out, "]}");
}

static bool wrong(char *why, const char *name, const char *what)
{
    snprintf(why, JSONL_WHY_SIZE, "%.60s: %.150s", name, what);
    return false;
}

/* base64 is decoded into memory of the tree's, so everything lives as long as the tree. */
static bool read_bytes(struct jsontree *tree, const cJSON *object, const char *name, struct bytes *out,
                       char *why)
{
    char encoded_name[NAME_MAX];
    const cJSON *text = cJSON_GetObjectItemCaseSensitive(object, name), *encoded;
    struct sbuf decoded;
    size_t room;

    snprintf(encoded_name, sizeof encoded_name, "%s_base64", name);
    encoded = cJSON_GetObjectItemCaseSensitive(object, encoded_name);
    *out = (struct bytes){NULL, 0};
    if (text && encoded)
        return wrong(why, name, "stands there twice, as text and as base64");
    if (text && cJSON_IsString(text)) {
        *out = (struct bytes){text->valuestring, strlen(text->valuestring)};
        return true;
    }
    if (text && cJSON_IsNull(text))
        return true;
    if (!encoded || !cJSON_IsString(encoded))
        return wrong(why, name, "is missing, or neither text nor null");
    room = strlen(encoded->valuestring) / 4 * 3 + 1; /* and a NUL */
    sbuf_init_fixed(&decoded, jsontree_alloc(tree, room), room);
    if (!base64_read(&decoded, encoded->valuestring, strlen(encoded->valuestring)))
        return wrong(why, encoded_name, "is no base64");
    *out = (struct bytes){decoded.data, decoded.len};
    decoded.data[decoded.len] = '\0';
    return true;
}

static bool read_headers(struct jsonl *j, const cJSON *list, char *why)
{
    const cJSON *item;

    if (!cJSON_IsArray(list))
        return wrong(why, "headers", "is missing, or no list");
    cJSON_ArrayForEach(item, list)
    {
        struct record_header *header = &j->headers[j->letter.header_count];
        struct bytes name, value;

        if (j->letter.header_count == LETTER_HEADERS_MAX)
            return wrong(why, "headers", "are more than this program carries (256)");
        if (!cJSON_IsObject(item) || !read_bytes(&j->tree, item, "name", &name, why) ||
            !read_bytes(&j->tree, item, "value", &value, why))
            return cJSON_IsObject(item) ? false : wrong(why, "headers", "holds something that is no object");
        if (!name.ptr)
            return wrong(why, "headers", "holds one without name");
        *header = (struct record_header){name.ptr, value.ptr, value.len};
        j->letter.header_count++;
    }
    return true;
}

static int64_t whole(const cJSON *object, const char *name, int64_t fallback)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

    return cJSON_IsNumber(item) && json_is_whole(item->valuedouble) ? (int64_t)item->valuedouble : fallback;
}

bool jsonl_read(struct jsonl *out, const char *line, size_t len, char why[JSONL_WHY_SIZE])
{
    struct jsonscan scan;

    jsontree_init(&out->tree);
    memset(&out->letter, 0, sizeof out->letter);
    out->letter.headers = out->headers;
    if (!jsonscan_tree(line, len, DEPTH, NULL, &out->tree, &scan)) {
        snprintf(why, JSONL_WHY_SIZE, "byte %zu: %s", scan.offset, jsonscan_text(scan.fault));
        return false;
    }
    if (!cJSON_IsObject(out->tree.root))
        return wrong(why, "the line", "is no JSON object");
    if (!read_bytes(&out->tree, out->tree.root, "key", &out->letter.key, why) ||
        !read_bytes(&out->tree, out->tree.root, "value", &out->letter.value, why) ||
        !read_headers(out, cJSON_GetObjectItemCaseSensitive(out->tree.root, "headers"), why))
        return false;
    out->letter.partition = (int32_t)whole(out->tree.root, "partition", -1);
    out->letter.offset = whole(out->tree.root, "offset", -1);
    out->letter.timestamp_ms = whole(out->tree.root, "timestamp_ms", -1);
    letter_parse(&out->letter);
    return true;
}

void jsonl_free(struct jsonl *out)
{
    jsontree_free(&out->tree);
}
