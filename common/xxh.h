/* xxHash compiled into its users: short inputs hash in a few nanoseconds only when inlined. XXH3's values are
 * fixed since 0.8.0. For hash128.c and jsonscan.c; all else calls hash128.h. */
#ifndef COMMON_XXH_H
#define COMMON_XXH_H

#include <endian.h>
#include <stdint.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

/* Little-endian, so that all machines hash the same bytes. */
static inline void xxh_put_le64(unsigned char *to, uint64_t n)
{
    n = htole64(n);
    memcpy(to, &n, sizeof(n));
}

#endif
