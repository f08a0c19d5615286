#include "common/apiput.h"

#include <string.h>

void apiput_name(struct sbuf *b, const char *name)
{
    size_t len = strlen(name);
    char *to = sbuf_reserve(b, len + 4), *start = to;

    if (!to)
        return;
    if (b->data[b->len - 1] != '{')
        *to++ = ',';
    *to++ = '"';
    memcpy(to, name, len + 1); /* its NUL is written over */
    to += len;
    *to++ = '"';
    *to++ = ':';
    sbuf_advance(b, (size_t)(to - start));
}

void apiput_text(struct sbuf *b, const char *name, const struct text *text)
{
    if (text->len == 0)
        return;
    apiput_name(b, name);
    sbuf_put_json(b, text->ptr, text->len);
}

void apiput_word(struct sbuf *b, const char *name, const char *word)
{
    apiput_name(b, name);
    sbuf_putc(b, '"');
    sbuf_puts(b, word);
    sbuf_putc(b, '"');
}

void apiput_integer(struct sbuf *b, const char *name, int64_t n)
{
    apiput_name(b, name);
    sbuf_put_i64(b, n);
}
