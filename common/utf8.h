/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef COMMON_UTF8_H
#define COMMON_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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

/* Eight bytes at once: non-zero if any of them is `"`, `\`, below 0x20 or above 0x7e. For skipping plain
 * text. */
static inline uint64_t utf8_not_plain(const void *eight)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), highs = UINT64_C(0x8080808080808080);
    uint64_t v, quote, back, del;

    memcpy(&v, eight, 8);
    quote = v ^ (ones * '"');
    back = v ^ (ones * '\\');
    del = v ^ (ones * 0x7f);
    return (v | ((v - ones * 0x20) & ~v) | ((quote - ones) & ~quote) | ((back - ones) & ~back) |
            ((del - ones) & ~del)) &
           highs;
}

#endif
