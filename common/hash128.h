/* 128-bit hashes (XXH3) as identities. Not for secrets: whoever chooses the input can make collisions. No
 * function here ever returns the all-zero key, which means "none" (common/key128.h). The values are the same
 * on every machine and across versions of this program: they are kept in Redis and in result events. */
#ifndef COMMON_HASH128_H
#define COMMON_HASH128_H

#include "common/key128.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a key names. Keys of different purposes never meet, even when made of the same bytes. */
enum hash_purpose {
    HASH_PRODUCT = 1,  /* catalog, product id */
    HASH_SKU = 2,      /* catalog, sku */
    HASH_IDENTITY = 3, /* CloudEvents source, id, replay count */
    HASH_RECORD = 4,   /* topic, partition, offset: identity of what has no other */
    HASH_BODY = 5,     /* bytes of an API body */
    HASH_ITEM = 6,     /* id of a catalog item */
};

enum { HASH_HEX_BYTES = 33 }; /* 32 lower-case hex digits and a NUL */

/* The hash of len bytes (NULL allowed when len is 0). */
struct key128 hash128(enum hash_purpose purpose, const void *bytes, size_t len);

/* The hash of two strings and a number, each kept apart from the next: ("a", "bc") and ("ab", "c") differ. */
struct key128 hash128_parts(enum hash_purpose purpose, const void *a, size_t a_len, const void *b,
                            size_t b_len, uint64_t number);

/* Writes the key as 32 hex digits, hi first, and a NUL. */
void hash128_hex(struct key128 key, char out[HASH_HEX_BYTES]);

/* Reads what hash128_hex wrote: exactly 32 hex digits of either case. False, and *key untouched, for anything
 * else. */
bool hash128_from_hex(const char *text, size_t len, struct key128 *key);

#endif
