#include "text.h"

#include "common/assertx.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void grow(struct text *t, size_t cap)
{
    char *at = realloc(t->at, cap);
    ASSERT(at != NULL);
    t->at = at;
    t->cap = cap;
}

static void reserve(struct text *t, size_t more)
{
    size_t need = t->len + more + 1;
    if (need <= t->cap)
        return;
    size_t cap = t->cap ? t->cap : 256;
    while (cap < need)
        cap *= 2;
    grow(t, cap);
}

void text_reserve(struct text *t, size_t more_bytes)
{
    if (t->cap == 0)
        grow(t, more_bytes + 1);
    else
        reserve(t, more_bytes);
}

void text_add(struct text *t, const void *bytes, size_t len_bytes)
{
    reserve(t, len_bytes);
    if (len_bytes)
        memcpy(t->at + t->len, bytes, len_bytes);
    t->len += len_bytes;
    t->at[t->len] = '\0';
}

void text_str(struct text *t, const char *s)
{
    text_add(t, s, strlen(s));
}

void text_char(struct text *t, char c)
{
    text_add(t, &c, 1);
}

void text_int(struct text *t, int64_t v)
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%lld", (long long)v);
    text_add(t, digits, (size_t)n);
}

void text_fmt(struct text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    ASSERT(n >= 0);
    reserve(t, (size_t)n);
    vsnprintf(t->at + t->len, (size_t)n + 1, format, again);
    va_end(again);
    t->len += (size_t)n;
}

/* Length of the valid UTF-8 sequence at s, or 0. Overlong forms, surrogates and beyond U+10FFFF are not
 * valid. */
static size_t utf8_len(const unsigned char *s, size_t left)
{
    if (s[0] < 0x80)
        return 1;
    size_t n = s[0] >= 0xf0 && s[0] <= 0xf4  ? 4
               : s[0] >= 0xe0 && s[0] < 0xf0 ? 3
               : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
                                             : 0;
    if (n == 0 || n > left)
        return 0;
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    }
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
        (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
    return n;
}

/* ASCII that stands for itself in a JSON string. */
static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void json_escape(struct text *t, unsigned char c)
{
    switch (c) {
    case '"': text_str(t, "\\\""); break;
    case '\\': text_str(t, "\\\\"); break;
    case '\n': text_str(t, "\\n"); break;
    case '\r': text_str(t, "\\r"); break;
    case '\t': text_str(t, "\\t"); break;
    default: text_fmt(t, "\\u%04x", c); break;
    }
}

void text_json_n(struct text *t, const char *s, size_t len_bytes)
{
    const unsigned char *at = (const unsigned char *)s;
    text_char(t, '"');
    size_t run = 0, i = 0;
    while (i < len_bytes) {
        if (is_plain(at[i])) {
            i++;
            continue;
        }
        size_t n = utf8_len(at + i, len_bytes - i);
        if (n > 1) {
            i += n;
            continue;
        }
        text_add(t, at + run, i - run);
        if (n == 0)
            text_str(t, "\\ufffd");
        else
            json_escape(t, at[i]);
        run = ++i;
    }
    text_add(t, at + run, i - run);
    text_char(t, '"');
}

void text_json(struct text *t, const char *s)
{
    text_json_n(t, s, strlen(s));
}

void text_key(struct text *t, const char *key)
{
    char last = t->len ? t->at[t->len - 1] : '{';
    if (last != '{' && last != '[')
        text_char(t, ',');
    text_json(t, key);
    text_char(t, ':');
}

void text_clear(struct text *t)
{
    t->len = 0;
    if (t->at)
        t->at[0] = '\0';
}

void text_free(struct text *t)
{
    free(t->at);
    *t = (struct text){0};
}

char *copy_mem(const char *s, size_t len_bytes)
{
    char *copy = malloc(len_bytes + 1);
    ASSERT(copy != NULL);
    memcpy(copy, s, len_bytes);
    copy[len_bytes] = '\0';
    return copy;
}

void copy_short(char *to, size_t size_bytes, const char *s)
{
    size_t n = strnlen(s, size_bytes - 1);
    memcpy(to, s, n);
    to[n] = '\0';
}

char *copy_str(const char *s)
{
    return copy_mem(s, strlen(s));
}

void *zalloc(size_t count, size_t size_bytes)
{
    void *memory = calloc(count ? count : 1, size_bytes);
    ASSERT(memory != NULL);
    return memory;
}
