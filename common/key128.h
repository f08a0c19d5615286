/* A 128-bit hash used as an identity: of a product, a SKU, an event, a body. At 10^9 keys the chance that any
 * two collide is below 10^-20, so equal keys are taken for equal things. All zero means "none". */
#ifndef COMMON_KEY128_H
#define COMMON_KEY128_H

#include <stdbool.h>
#include <stdint.h>

struct key128 {
    uint64_t hi, lo;
};

static inline bool key128_eq(struct key128 a, struct key128 b)
{
    return a.hi == b.hi && a.lo == b.lo;
}

static inline bool key128_none(struct key128 k)
{
    return k.hi == 0 && k.lo == 0;
}

#endif
