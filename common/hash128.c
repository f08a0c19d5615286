#include "common/hash128.h"

#include "common/digits.h"
#include "common/xxh.h"

#include <string.h>

static struct key128 from_xxh(XXH128_hash_t hash)
{
    struct key128 key = {.hi = hash.high64, .lo = hash.low64};

    if (key128_none(key))
        key.lo = 1; /* all zero means "none" */
    return key;
}

struct key128 hash128(enum hash_purpose purpose, const void *bytes, size_t len)
{
    return from_xxh(XXH3_128bits_withSeed(len ? bytes : "", len, (XXH64_hash_t)purpose));
}

/* The lengths in front keep the parts apart. */
struct key128 hash128_parts(enum hash_purpose purpose, const void *a, size_t a_len, const void *b,
                            size_t b_len, uint64_t number)
{
    unsigned char head[24], bytes[512];
    XXH3_state_t state;

    xxh_put_le64(head, number);
    xxh_put_le64(head + 8, a_len);
    xxh_put_le64(head + 16, b_len);
    if (a_len <= 200 && b_len <= 200) {
        memcpy(bytes, head, sizeof(head));
        if (a_len)
            memcpy(bytes + sizeof(head), a, a_len);
        if (b_len)
            memcpy(bytes + sizeof(head) + a_len, b, b_len);
        return hash128(purpose, bytes, sizeof(head) + a_len + b_len);
    }
    memset(&state, 0, sizeof(state)); /* reset compares with what was there before */
    XXH3_128bits_reset_withSeed(&state, (XXH64_hash_t)purpose);
    XXH3_128bits_update(&state, head, sizeof(head));
    if (a_len)
        XXH3_128bits_update(&state, a, a_len);
    if (b_len)
        XXH3_128bits_update(&state, b, b_len);
    return from_xxh(XXH3_128bits_digest(&state));
}

void hash128_hex(struct key128 key, char out[HASH_HEX_BYTES])
{
    digits_hex64(key.hi, out);
    digits_hex64(key.lo, out + DIGITS_HEX64);
    out[32] = '\0';
}

bool hash128_from_hex(const char *text, size_t len, struct key128 *key)
{
    uint64_t half[2] = {0, 0};

    if (len != 32)
        return false;
    for (size_t i = 0; i < 32; i++) {
        char c = text[i];
        uint64_t digit;

        if (c >= '0' && c <= '9')
            digit = (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            digit = (uint64_t)(c - 'a') + 10;
        else if (c >= 'A' && c <= 'F')
            digit = (uint64_t)(c - 'A') + 10;
        else
            return false;
        half[i / 16] = half[i / 16] << 4 | digit;
    }
    *key = (struct key128){.hi = half[0], .lo = half[1]};
    return true;
}
