/* A string builder that grows up to a maximum given at creation. Too much text, or no memory, is a state
 * (sbuf_ok is false), never a crash: later appends do nothing, so a chain of them needs one check at its end.
 */
#ifndef COMMON_SBUF_H
#define COMMON_SBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct sbuf {
    char *data;    /* NUL-terminated once anything was appended; NULL before */
    size_t len;    /* bytes, the NUL not counted */
    size_t cap;    /* bytes allocated */
    size_t max;    /* most bytes of text, the NUL not counted */
    bool overflow; /* something did not fit, or memory ran out: the text is incomplete */
    bool fixed;    /* data belongs to the caller and does not grow */
};

/* An empty builder of at most max_bytes of text; memory is taken when the first byte arrives. */
void sbuf_init(struct sbuf *b, size_t max_bytes);

/* Builds in the caller's memory of size_bytes (at least 1, the NUL included); nothing is allocated. */
void sbuf_init_fixed(struct sbuf *b, char *memory, size_t size_bytes);

/* Frees what sbuf_init's builder holds; the builder is empty and usable again. */
void sbuf_free(struct sbuf *b);

/* Empties the text and clears the overflow; keeps the memory. */
void sbuf_reset(struct sbuf *b);

/* True as long as everything appended is there. */
static inline bool sbuf_ok(const struct sbuf *b)
{
    return !b->overflow;
}

/* The text, NUL-terminated, never NULL; valid until the next call on b. Incomplete after an overflow. */
const char *sbuf_str(const struct sbuf *b);

/* Hands the text over to the caller, who frees it; the builder is empty again. NULL after an overflow or
 * without memory. Not for a fixed builder. */
char *sbuf_take(struct sbuf *b);

/* The same as sbuf_reserve where there is no room yet. */
char *sbuf_grow(struct sbuf *b, size_t more_bytes);

/* Makes room for more bytes and returns where they go, or NULL (the builder is then overflowed). What was
 * written is added with sbuf_advance, at most as many bytes as asked for. */
static inline char *sbuf_reserve(struct sbuf *b, size_t more_bytes)
{
    if (!b->overflow && b->cap > b->len && more_bytes < b->cap - b->len)
        return b->data + b->len;
    return sbuf_grow(b, more_bytes);
}
void sbuf_advance(struct sbuf *b, size_t bytes);

static inline void sbuf_put(struct sbuf *b, const void *bytes, size_t len)
{
    char *to = len ? sbuf_reserve(b, len) : NULL;

    if (!to)
        return;
    memcpy(to, bytes, len);
    b->len += len;
    b->data[b->len] = '\0';
}

static inline void sbuf_puts(struct sbuf *b, const char *text)
{
    sbuf_put(b, text, strlen(text));
}

static inline void sbuf_putc(struct sbuf *b, char c)
{
    sbuf_put(b, &c, 1);
}

void sbuf_put_u64(struct sbuf *b, uint64_t n);
void sbuf_put_i64(struct sbuf *b, int64_t n);
void sbuf_printf(struct sbuf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Appends a JSON string with its quotes. Any bytes may come in, valid JSON goes out: quotes, backslashes and
 * control characters are escaped, valid UTF-8 is copied, and each byte that is no UTF-8 becomes U+FFFD. */
void sbuf_put_json(struct sbuf *b, const void *text, size_t len);

/* Appends a further member of an object, ,"name":"text", or ,"name":null for a NULL text. The name is a
 * literal of ours: it is not escaped. */
void sbuf_put_json_member(struct sbuf *b, const char *name, const char *text);

/* A JSON string without the quotes, to build one JSON string from several pieces. */
void sbuf_put_json_inner(struct sbuf *b, const void *text, size_t len);

/* Appends text percent-encoded for a URL's path segment or query value: all but A-Z a-z 0-9 - . _ ~ becomes
 * %XX (RFC 3986 section 2.3). Any bytes may come in. */
void sbuf_put_percent(struct sbuf *b, const void *text, size_t len);

#endif
