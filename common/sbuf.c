#include "common/sbuf.h"

#include "common/assertx.h"
#include "common/digits.h"
#include "common/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 256 };

void sbuf_init(struct sbuf *b, size_t max_bytes)
{
    ASSERT(max_bytes < SIZE_MAX / 2);
    *b = (struct sbuf){.max = max_bytes};
}

void sbuf_init_fixed(struct sbuf *b, char *memory, size_t size_bytes)
{
    ASSERT(size_bytes > 0);
    *b = (struct sbuf){.data = memory, .cap = size_bytes, .max = size_bytes - 1, .fixed = true};
    memory[0] = '\0';
}

void sbuf_free(struct sbuf *b)
{
    size_t max = b->max;

    ASSERT(!b->fixed);
    free(b->data);
    sbuf_init(b, max);
}

void sbuf_reset(struct sbuf *b)
{
    b->len = 0;
    b->overflow = false;
    if (b->data)
        b->data[0] = '\0';
}

const char *sbuf_str(const struct sbuf *b)
{
    return b->data ? b->data : "";
}

char *sbuf_take(struct sbuf *b)
{
    char *text;

    ASSERT(!b->fixed);
    sbuf_reserve(b, 0); /* an empty text is a text as well */
    if (b->overflow)
        return NULL;
    b->data[b->len] = '\0';
    text = b->data;
    sbuf_init(b, b->max);
    return text;
}

char *sbuf_grow(struct sbuf *b, size_t more_bytes)
{
    size_t need, cap;
    char *data;

    if (b->overflow || more_bytes > b->max - b->len || b->fixed) {
        b->overflow = true;
        return NULL;
    }
    need = b->len + more_bytes + 1;
    cap = b->cap ? b->cap : FIRST_CAPACITY;
    while (cap < need)
        cap *= 2;
    if (cap > b->max + 1)
        cap = b->max + 1;
    data = realloc(b->data, cap);
    if (!data) {
        b->overflow = true;
        return NULL;
    }
    b->data = data;
    b->cap = cap;
    return data + b->len;
}

void sbuf_advance(struct sbuf *b, size_t bytes)
{
    ASSERT(b->data && bytes < b->cap - b->len);
    b->len += bytes;
    b->data[b->len] = '\0';
}

void sbuf_put_u64(struct sbuf *b, uint64_t n)
{
    char digits[DIGITS_U64_MAX];

    sbuf_put(b, digits, digits_u64(n, digits));
}

void sbuf_put_i64(struct sbuf *b, int64_t n)
{
    if (n < 0)
        sbuf_putc(b, '-');
    sbuf_put_u64(b, n < 0 ? 0 - (uint64_t)n : (uint64_t)n);
}

void sbuf_printf(struct sbuf *b, const char *format, ...)
{
    char small[256];
    va_list args, again;
    int len;

    va_start(args, format);
    va_copy(again, args);
    len = vsnprintf(small, sizeof(small), format, args);
    va_end(args);
    if (len < 0) {
        b->overflow = true;
    } else if ((size_t)len < sizeof(small)) {
        sbuf_put(b, small, (size_t)len);
    } else {
        char *to = sbuf_reserve(b, (size_t)len);

        if (to) {
            vsnprintf(to, (size_t)len + 1, format, again);
            sbuf_advance(b, (size_t)len);
        }
    }
    va_end(again);
}

/* Bytes from the start of p that JSON takes as they are: neither quote, backslash nor control, and valid
 * UTF-8. */
static size_t plain_run(const unsigned char *p, size_t len)
{
    size_t at = 0;

    for (;;) {
        size_t step;

        at += utf8_plain_run(p + at, len - at);
        if (at == len || p[at] < 0x80)
            return at;
        step = utf8_sequence(p + at, len - at);
        if (step == 0)
            return at;
        at += step;
    }
}

/* The one byte that plain_run stopped at. */
static void put_escaped(struct sbuf *b, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    const char *letters = "\"\"\\\\\bb\ff\nn\rr\tt"; /* pairs: the character, the letter of its escape */

    if (c >= 0x80) {
        sbuf_put(b, "\xef\xbf\xbd", 3); /* no UTF-8: U+FFFD */
        return;
    }
    for (const char *pair = letters; *pair; pair += 2) {
        if ((unsigned char)pair[0] == c) {
            sbuf_put(b, (char[2]){'\\', pair[1]}, 2);
            return;
        }
    }
    sbuf_put(b, (char[6]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6);
}

void sbuf_put_json_inner(struct sbuf *b, const void *text, size_t len)
{
    const unsigned char *p = text;
    size_t at = 0;

    while (at < len) {
        size_t run = plain_run(p + at, len - at);

        sbuf_put(b, p + at, run);
        at += run;
        if (at < len)
            put_escaped(b, p[at++]);
    }
}

void sbuf_put_json(struct sbuf *b, const void *text, size_t len)
{
    size_t run = plain_run(text, len);
    char *to = run == len ? sbuf_reserve(b, len + 2) : NULL;

    if (to) { /* nothing to escape: the rule */
        to[0] = '"';
        memcpy(to + 1, text, len);
        to[len + 1] = '"';
        sbuf_advance(b, len + 2);
        return;
    }
    sbuf_putc(b, '"');
    sbuf_put_json_inner(b, text, len);
    sbuf_putc(b, '"');
}

void sbuf_put_json_member(struct sbuf *b, const char *name, const char *text)
{
    sbuf_printf(b, ",\"%s\":", name);
    if (text)
        sbuf_put_json(b, text, strlen(text));
    else
        sbuf_puts(b, "null");
}

static bool unreserved(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void sbuf_put_percent(struct sbuf *b, const void *text, size_t len)
{
    static const char hex[] = "0123456789ABCDEF";
    const unsigned char *p = text;

    for (size_t i = 0; i < len; i++) {
        if (unreserved(p[i]))
            sbuf_put(b, p + i, 1);
        else
            sbuf_put(b, (char[3]){'%', hex[p[i] >> 4], hex[p[i] & 15]}, 3);
    }
}
