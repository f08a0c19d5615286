#include "common/jsonsplit.h"

#include "common/sbuf.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { INTEGER_MAX_BYTES = 20 };

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static const char *skip_blank(const char *at, const char *end)
{
    while (at < end && is_blank(*at))
        at++;
    return at;
}

/* From the opening quote to behind the closing one. */
static const char *skip_string(const char *at, const char *end)
{
    for (at++; at < end && *at != '"'; at++)
        if (*at == '\\')
            at++;
    return at < end ? at + 1 : end;
}

/* From the opening bracket to behind its closing one. */
static const char *skip_nested(const char *at, const char *end)
{
    int depth = 0;

    while (at < end) {
        if (*at == '"') {
            at = skip_string(at, end);
            continue;
        }
        if (*at == '{' || *at == '[')
            depth++;
        else if ((*at == '}' || *at == ']') && --depth == 0)
            return at + 1;
        at++;
    }
    return end;
}

static const char *skip_word(const char *at, const char *end)
{
    while (at < end && !is_blank(*at) && *at != ',' && *at != '}' && *at != ']')
        at++;
    return at;
}

/* The value at `at`; its end is its beginning and length. */
static struct json_span span_at(const char *at, const char *end)
{
    struct json_span span = {.at = at};
    const char *after = end;

    switch (at < end ? *at : '\0') {
    case '"': span.kind = JSON_STRING, after = skip_string(at, end); break;
    case '{': span.kind = JSON_OBJECT, after = skip_nested(at, end); break;
    case '[': span.kind = JSON_ARRAY, after = skip_nested(at, end); break;
    case 'n': span.kind = JSON_NULL, after = skip_word(at, end); break;
    case 't': span.kind = JSON_TRUE, after = skip_word(at, end); break;
    case 'f': span.kind = JSON_FALSE, after = skip_word(at, end); break;
    case '\0': span.kind = JSON_ABSENT; break;
    default: span.kind = JSON_NUMBER, after = skip_word(at, end); break;
    }
    span.len = (size_t)(after - at);
    return span;
}

static const char *behind(struct json_span span)
{
    return span.at + span.len;
}

int jsonsplit(const char *text, size_t len, struct json_member *members, int max)
{
    const char *end = text + len, *at = skip_blank(text, end);
    int count = 0;

    if (at == end || *at != '{')
        return -1;
    at = skip_blank(at + 1, end);
    while (at < end && *at != '}') {
        struct json_member member = {.name = span_at(at, end)};

        at = skip_blank(behind(member.name), end);
        member.value = span_at(skip_blank(at < end ? at + 1 : end, end), end); /* behind the colon */
        if (count == max)
            return -1;
        members[count++] = member;
        at = skip_blank(behind(member.value), end);
        if (at < end && *at == ',')
            at = skip_blank(at + 1, end);
    }
    return count;
}

struct json_span jsonsplit_get(const struct json_member *members, int count, const char *name)
{
    size_t len = strlen(name);

    for (int i = 0; i < count; i++) {
        const struct json_span *own = &members[i].name;

        if (own->len == len + 2 && memcmp(own->at + 1, name, len) == 0)
            return members[i].value;
    }
    return (struct json_span){NULL, 0, JSON_ABSENT};
}

bool jsonsplit_text(struct json_span span, struct sbuf *out)
{
    cJSON *json;

    if (span.kind != JSON_STRING) {
        sbuf_put(out, span.at, span.len);
    } else if (!memchr(span.at, '\\', span.len)) {
        sbuf_put(out, span.at + 1, span.len - 2);
    } else {
        json = cJSON_ParseWithLength(span.at, span.len);
        if (json && cJSON_IsString(json))
            sbuf_puts(out, json->valuestring);
        else
            out->overflow = true; /* no memory */
        cJSON_Delete(json);
    }
    return sbuf_ok(out);
}

bool jsonsplit_integer(struct json_span span, int64_t *out)
{
    char text[INTEGER_MAX_BYTES + 1], *end;
    long long value;

    if (span.kind != JSON_NUMBER || span.len > INTEGER_MAX_BYTES)
        return false;
    memcpy(text, span.at, span.len);
    text[span.len] = '\0';
    errno = 0;
    value = strtoll(text, &end, 10);
    if (errno || *end)
        return false;
    *out = value;
    return true;
}
