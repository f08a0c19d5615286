/* Numbers as digits, several at a time: every event writes some hundred of them. None of these adds a NUL. */
#ifndef COMMON_DIGITS_H
#define COMMON_DIGITS_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { DIGITS_U64_MAX = 20, DIGITS_HEX64 = 16 };

static inline unsigned digits_count(uint64_t n)
{
    for (unsigned count = 1;; count += 4, n /= 10000) {
        if (n < 10)
            return count;
        if (n < 100)
            return count + 1;
        if (n < 1000)
            return count + 2;
        if (n < 10000)
            return count + 3;
    }
}

/* The last count decimal digits of n, zeros in front. */
static inline void digits_put(uint64_t n, char *out, unsigned count)
{
    static const char pairs[] =
        "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
        "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
        "8081828384858687888990919293949596979899";

    for (; count >= 2; count -= 2, n /= 100)
        memcpy(out + count - 2, pairs + 2 * (n % 100), 2);
    if (count)
        out[0] = (char)('0' + n % 10);
}

/* n in decimal; returns how many digits (at most DIGITS_U64_MAX). */
static inline size_t digits_u64(uint64_t n, char *out)
{
    unsigned count = digits_count(n);

    digits_put(n, out, count);
    return count;
}

/* Eight lower-case hex digits: the nibbles spread to a byte each, then all turned into digits at once. */
static inline void digits_hex32(uint32_t n, char *out)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t x = n, letters;

    x = (x | x << 16) & UINT64_C(0x0000ffff0000ffff);
    x = (x | x << 8) & UINT64_C(0x00ff00ff00ff00ff);
    x = (x | x << 4) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    letters = ((x + ones * 6) >> 4) & ones; /* 1 where the nibble is above 9 */
    x = htobe64(x + ones * '0' + letters * ('a' - '9' - 1));
    memcpy(out, &x, sizeof(x));
}

/* Sixteen lower-case hex digits. */
static inline void digits_hex64(uint64_t n, char *out)
{
    digits_hex32((uint32_t)(n >> 32), out);
    digits_hex32((uint32_t)n, out + 8);
}

#endif
