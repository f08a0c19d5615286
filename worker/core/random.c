/* Jitter: splitmix64, seeded at init, so that a run repeats. Not for secrets. */
#include "worker/core/state.h"

uint64_t random_next(struct core *core)
{
    uint64_t z = (core->rng += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

usec_t random_span(struct core *core, usec_t max_us)
{
    if (max_us <= 0)
        return 0;
    return (usec_t)(random_next(core) % ((uint64_t)max_us + 1));
}
