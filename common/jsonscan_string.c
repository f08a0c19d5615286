#include "common/jsonscan_parts.h"
#include "common/utf8.h"

#include <string.h>

static int hex4(const unsigned char *p)
{
    int value = 0;

    for (int i = 0; i < 4; i++) {
        unsigned char c = p[i];

        if (c >= '0' && c <= '9')
            value = value * 16 + (c - '0');
        else if ((c | 32) >= 'a' && (c | 32) <= 'f')
            value = value * 16 + ((c | 32) - 'a' + 10);
        else
            return -1;
    }
    return value;
}

static size_t put_utf8(unsigned char *to, uint32_t point)
{
    if (point < 0x80) {
        to[0] = (unsigned char)point;
        return 1;
    }
    if (point < 0x800) {
        to[0] = (unsigned char)(0xc0 | point >> 6);
        to[1] = (unsigned char)(0x80 | (point & 0x3f));
        return 2;
    }
    if (point < 0x10000) {
        to[0] = (unsigned char)(0xe0 | point >> 12);
        to[1] = (unsigned char)(0x80 | (point >> 6 & 0x3f));
        to[2] = (unsigned char)(0x80 | (point & 0x3f));
        return 3;
    }
    to[0] = (unsigned char)(0xf0 | point >> 18);
    to[1] = (unsigned char)(0x80 | (point >> 12 & 0x3f));
    to[2] = (unsigned char)(0x80 | (point >> 6 & 0x3f));
    to[3] = (unsigned char)(0x80 | (point & 0x3f));
    return 4;
}

/* \uXXXX, and the second half of a pair. at stands on the backslash. */
static bool scan_unicode(struct scan *s, unsigned char *to, size_t *to_len)
{
    size_t start = s->at;
    int unit, low;

    if (s->len - s->at < 6) {
        s->at = s->len;
        return jsonscan_fail_here(s);
    }
    unit = hex4(s->p + s->at + 2);
    if (unit < 0) {
        s->at += 2;
        return jsonscan_fail_here(s);
    }
    if (unit == 0)
        return jsonscan_fail(s, JSONSCAN_NUL, start);
    s->at += 6;
    if (unit < 0xd800 || unit > 0xdfff) {
        *to_len = put_utf8(to, (uint32_t)unit);
        return true;
    }
    low = -1;
    if (unit < 0xdc00 && s->len - s->at >= 6 && s->p[s->at] == '\\' && s->p[s->at + 1] == 'u')
        low = hex4(s->p + s->at + 2);
    if (low < 0xdc00 || low > 0xdfff)
        return jsonscan_fail(s, JSONSCAN_LONE_SURROGATE, start);
    s->at += 6;
    *to_len = put_utf8(to, 0x10000 + ((uint32_t)unit - 0xd800) * 0x400 + ((uint32_t)low - 0xdc00));
    return true;
}

/* An escape; at stands on the backslash. Writes what it means. */
static bool scan_escape(struct scan *s, unsigned char *to, size_t *to_len)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    const char *found;

    if (s->at + 1 >= s->len) {
        s->at = s->len;
        return jsonscan_fail_here(s);
    }
    if (s->p[s->at + 1] == 'u')
        return scan_unicode(s, to, to_len);
    found = s->p[s->at + 1] ? strchr(letters, s->p[s->at + 1]) : NULL;
    if (!found) {
        s->at++;
        return jsonscan_fail_here(s);
    }
    to[0] = (unsigned char)meanings[found - letters];
    *to_len = 1;
    s->at += 2;
    return true;
}

/* Moves over characters that mean themselves, up to a quote or a backslash. */
static bool scan_plain(struct scan *s)
{
    while (s->at < s->len) {
        unsigned char c;
        size_t step;

        s->at += utf8_plain_run(s->p + s->at, s->len - s->at);
        if (s->at == s->len)
            break;
        c = s->p[s->at];
        if (c == '"' || c == '\\')
            return true;
        if (c < 0x20)
            return jsonscan_fail(s, c ? JSONSCAN_CONTROL : JSONSCAN_NUL, s->at);
        step = utf8_sequence(s->p + s->at, s->len - s->at);
        if (step == 0)
            return jsonscan_fail(s, JSONSCAN_BAD_UTF8, s->at);
        s->at += step;
    }
    return jsonscan_fail_here(s);
}

/* Bytes from here to the quote that ends the string, escapes as they stand: what they mean is never longer.
 */
static size_t raw_len(const struct scan *s, size_t start)
{
    size_t at = s->at;

    while (at < s->len && s->p[at] != '"')
        at += s->p[at] == '\\' ? 2 : 1;
    return (at < s->len ? at : s->len) - start;
}

/* The rest of a string that has escapes. start: its first byte; at stands on the first backslash. */
static bool scan_escaped(struct scan *s, size_t start, char **text, size_t *text_len)
{
    char *to = jsontree_alloc(s->tree, raw_len(s, start) + 1);

    *text = to;
    for (;;) {
        size_t meaning_len = 0;

        memcpy(to, s->p + start, s->at - start);
        to += s->at - start;
        if (s->p[s->at] == '"')
            break;
        if (!scan_escape(s, (unsigned char *)to, &meaning_len))
            return false;
        to += meaning_len;
        start = s->at;
        if (!scan_plain(s))
            return false;
    }
    *to = '\0';
    *text_len = (size_t)(to - *text);
    return true;
}

/* A string; at stands on its opening quote, and behind the closing one afterwards. */
bool jsonscan_string(struct scan *s, uint64_t seed, char **text, XXH128_hash_t *hash)
{
    size_t start = ++s->at, len;

    if (!scan_plain(s))
        return false;
    if (s->p[s->at] == '\\') {
        if (!scan_escaped(s, start, text, &len))
            return false;
    } else {
        len = s->at - start;
        *text = jsontree_alloc(s->tree, len + 1);
        memcpy(*text, s->p + start, len);
        (*text)[len] = '\0';
    }
    s->at++;
    *hash = XXH3_128bits_withSeed(*text, len, seed);
    return true;
}
