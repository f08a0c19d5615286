/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef COMMON_UTF8_H
#define COMMON_UTF8_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Length in bytes (1 to 4) of the valid sequence at p, of which left bytes (at least 1) may be read; 0: not
 * valid. */
size_t utf8_sequence(const unsigned char *p, size_t left);

/* Index of the first byte that belongs to no valid sequence; len: all are valid. */
size_t utf8_valid_up_to(const void *bytes, size_t len);

/* Number of code points in valid UTF-8. */
size_t utf8_count(const void *bytes, size_t len);

/* True if all len bytes are space, tab, line feed or carriage return; true for none. */
bool text_is_blank(const char *text, size_t len);

/* Index of the first control character (below 0x20, or 0x7f); len: none. */
size_t text_control_at(const char *text, size_t len);

#ifdef __SSE2__
/* Index of the first byte of 16 that utf8_plain_run stops at; 16: none. */
static inline unsigned utf8_plain_16(const unsigned char *p)
{
    const __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
    /* As signed numbers, bytes above 0x7f are below 0x20 too. */
    __m128i found =
        _mm_or_si128(_mm_cmplt_epi8(v, _mm_set1_epi8(0x20)), _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f)));

    found = _mm_or_si128(found, _mm_cmpeq_epi8(v, _mm_set1_epi8('"')));
    found = _mm_or_si128(found, _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
    return (unsigned)__builtin_ctz((unsigned)_mm_movemask_epi8(found) | 0x10000U);
}
#endif

/* Bytes at the start of len (at most all) that are plain ASCII: none of them `"`, `\`, below 0x20 or above
 * 0x7e. Looks at sixteen or eight bytes at once. */
static inline size_t utf8_plain_run(const void *bytes, size_t len)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), highs = UINT64_C(0x8080808080808080);
    const unsigned char *p = bytes;
    size_t at = 0;

#ifdef __SSE2__
    for (; len - at >= 16; at += 16) {
        unsigned plain = utf8_plain_16(p + at);

        if (plain < 16)
            return at + plain;
    }
#endif
    for (; len - at >= 8; at += 8) {
        uint64_t v, quote, back, del, found;

        memcpy(&v, p + at, 8);
        v = le64toh(v);
        quote = v ^ (ones * '"');
        back = v ^ (ones * '\\');
        del = v ^ (ones * 0x7f);
        /* A byte is found when subtracting borrows from its high bit; the lowest one found is always a true
         * one. */
        found = (v | ((v - ones * 0x20) & ~v) | ((quote - ones) & ~quote) | ((back - ones) & ~back) |
                 ((del - ones) & ~del)) &
                highs;
        if (found)
            return at + (size_t)__builtin_ctzll(found) / 8;
    }
    while (at < len && p[at] >= 0x20 && p[at] < 0x7f && p[at] != '"' && p[at] != '\\')
        at++;
    return at;
}

#endif
