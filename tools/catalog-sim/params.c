#include "params.h"

#include "rng.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <xxhash.h>

static const char *const TOO_MANY = "too many parameters";
static const char *const HAS_NUL = "NUL characters are not allowed";

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

size_t percent_decode(char *s, size_t len_bytes, bool plus_is_space)
{
    size_t out = 0;
    for (size_t i = 0; i < len_bytes; i++) {
        char c = s[i];
        if (c == '+' && plus_is_space) {
            c = ' ';
        } else if (c == '%' && i + 2 < len_bytes && hex_value(s[i + 1]) >= 0 && hex_value(s[i + 2]) >= 0) {
            c = (char)(hex_value(s[i + 1]) * 16 + hex_value(s[i + 2]));
            i += 2;
        }
        if (c == '\0')
            return SIZE_MAX;
        s[out++] = c;
    }
    s[out] = '\0';
    return out;
}

static bool add(struct params *p, struct param one)
{
    if (p->count == PARAMS_MAX)
        return false;
    p->at[p->count++] = one;
    return true;
}

static const char *add_pairs(struct params *p, char *pairs, bool in_query)
{
    char *at = pairs;
    while (at && *at) {
        char *next = strchr(at, '&');
        if (next)
            *next++ = '\0';
        char *value = strchr(at, '=');
        size_t name_len = value ? (size_t)(value - at) : strlen(at);
        if (value)
            *value++ = '\0';
        else
            value = at + name_len;
        if (name_len > 0) {
            if (percent_decode(at, name_len, true) == SIZE_MAX ||
                percent_decode(value, strlen(value), true) == SIZE_MAX)
                return HAS_NUL;
            if (!add(p, (struct param){.name = at, .text = value, .in_query = in_query}))
                return TOO_MANY;
        }
        at = next;
    }
    return NULL;
}

const char *params_add_query(struct params *p, const char *query, size_t len_bytes)
{
    if (len_bytes == 0)
        return NULL;
    p->query_memory = copy_mem(query, len_bytes);
    return add_pairs(p, p->query_memory, true);
}

/* cJSON ends a string at an escaped NUL and would so change it silently: such bodies are refused as a whole.
 */
static bool has_escaped_nul(const char *body, size_t len_bytes)
{
    const char *at = body, *end = body + len_bytes;
    while ((at = memmem(at, (size_t)(end - at), "\\u0000", 6)) != NULL) {
        size_t backslashes = 0;
        while (at - backslashes > body && at[-1 - (ptrdiff_t)backslashes] == '\\')
            backslashes++;
        if (backslashes % 2 == 0)
            return true;
        at += 6;
    }
    return false;
}

static const char *add_json(struct params *p, const char *body, size_t len_bytes)
{
    if (has_escaped_nul(body, len_bytes))
        return HAS_NUL;
    const char *end = NULL;
    p->document = cJSON_ParseWithLengthOpts(body, len_bytes, &end, false);
    if (!p->document || !cJSON_IsObject(p->document))
        return "the body is not a JSON object";
    for (; end < body + len_bytes; end++) {
        if (!strchr(" \t\r\n", *end))
            return "the body goes on after its JSON object";
    }
    for (const cJSON *node = p->document->child; node; node = node->next) {
        if (!add(p, (struct param){.name = node->string, .json = node}))
            return TOO_MANY;
    }
    return NULL;
}

/* Copies the quoted or bare value of `key=` in a header into out. */
static bool header_attribute(const char *header, const char *key, char *out, size_t out_size)
{
    const char *at = strcasestr(header, key);
    if (!at)
        return false;
    at += strlen(key);
    bool quoted = *at == '"';
    at += quoted;
    size_t n = strcspn(at, quoted ? "\"" : "; \t\r\n");
    if (n == 0 || n >= out_size)
        return false;
    memcpy(out, at, n);
    out[n] = '\0';
    return true;
}

/* One part: headers, an empty line, the value. Works in place on the copy of the body. */
static const char *add_part(struct params *p, char *part, size_t len)
{
    char *blank = memmem(part, len, "\r\n\r\n", 4);
    if (!blank)
        return "a part of the multipart body has no headers";
    *blank = '\0';
    char *value = blank + 4;
    char name[128];
    if (!header_attribute(part, " name=", name, sizeof name))
        return "a part of the multipart body has no name";
    size_t value_len = len - (size_t)(value - part);
    if (memchr(value, '\0', value_len))
        return HAS_NUL;
    value[value_len] = '\0';
    memcpy(part, name, strlen(name) + 1);
    return add(p, (struct param){.name = part, .text = value}) ? NULL : TOO_MANY;
}

static const char *add_multipart(struct params *p, const char *content_type, size_t len)
{
    char boundary[80] = "--";
    if (!header_attribute(content_type, "boundary=", boundary + 2, sizeof boundary - 2))
        return "the multipart body has no boundary";
    size_t mark = strlen(boundary);
    char *end = p->body_memory + len;
    char *at = memmem(p->body_memory, len, boundary, mark);
    while (at) {
        char *part = at + mark;
        char *next = memmem(part, (size_t)(end - part), boundary, mark);
        if (!next || next - part < 4)
            return NULL;
        const char *why = add_part(p, part, (size_t)(next - part) - 2);
        if (why)
            return why;
        at = next;
    }
    return "the multipart body has no parts";
}

const char *params_add_body(struct params *p, const char *content_type, const char *body, size_t len_bytes)
{
    if (len_bytes == 0)
        return NULL;
    if (content_type && strncasecmp(content_type, "application/json", 16) == 0)
        return add_json(p, body, len_bytes);
    p->body_memory = copy_mem(body, len_bytes);
    if (content_type && strncasecmp(content_type, "multipart/form-data", 19) == 0)
        return add_multipart(p, content_type, len_bytes);
    if (memchr(body, '\0', len_bytes))
        return HAS_NUL;
    return add_pairs(p, p->body_memory, false);
}

const struct param *params_find(const struct params *p, const char *name)
{
    for (int i = p->count - 1; i >= 0; i--) {
        if (p->at[i].name[0] == name[0] && strcmp(p->at[i].name, name) == 0)
            return &p->at[i];
    }
    return NULL;
}

const char *params_text(const struct params *p, const char *name)
{
    const struct param *one = params_find(p, name);
    if (!one)
        return NULL;
    return one->text ? one->text : cJSON_GetStringValue(one->json);
}

const cJSON *params_json(const struct params *p, const char *name, cJSON **owned)
{
    const struct param *one = params_find(p, name);
    *owned = NULL;
    if (!one)
        return NULL;
    if (one->json && !cJSON_IsString(one->json))
        return one->json;
    const char *text = one->text ? one->text : cJSON_GetStringValue(one->json);
    if (!text || has_escaped_nul(text, strlen(text)))
        return NULL;
    *owned = cJSON_ParseWithOpts(text, NULL, true);
    return *owned;
}

uint64_t params_json_hash(const cJSON *node)
{
    if (!node)
        return 0;
    if (cJSON_IsString(node))
        return XXH3_64bits(node->valuestring, strlen(node->valuestring));
    if (cJSON_IsNumber(node))
        return XXH3_64bits(&node->valuedouble, sizeof node->valuedouble);
    uint64_t sum = mix64((uint64_t)(node->type & 0xff));
    uint64_t place = 0;
    for (const cJSON *child = node->child; child; child = child->next) {
        uint64_t name = child->string ? XXH3_64bits(child->string, strlen(child->string)) : ++place;
        sum += mix64(mix64(name) ^ params_json_hash(child));
    }
    return sum;
}

static bool is_envelope(const char *name)
{
    if (name[0] != 'a' && name[0] != 'r')
        return false;
    return strcmp(name, "access_token") == 0 || strcmp(name, "appsecret_proof") == 0 ||
           strcmp(name, "retailer_id") == 0 || strcmp(name, "allow_upsert") == 0;
}

uint64_t params_content_hash(const struct params *p)
{
    uint64_t sum = 0;
    for (int i = 0; i < p->count; i++) {
        const struct param *one = &p->at[i];
        if (is_envelope(one->name) || params_find(p, one->name) != one)
            continue;
        uint64_t value = one->text ? XXH3_64bits(one->text, strlen(one->text)) : params_json_hash(one->json);
        sum += mix64(mix64(XXH3_64bits(one->name, strlen(one->name))) ^ value);
    }
    return mix64(sum);
}

void params_free(struct params *p)
{
    free(p->query_memory);
    free(p->body_memory);
    cJSON_Delete(p->document);
    p->query_memory = p->body_memory = NULL;
    p->document = NULL;
    p->count = 0;
}
