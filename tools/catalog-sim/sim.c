#include "sim.h"

#include <string.h>
#include <time.h>

static uint64_t clock_us(clockid_t which)
{
    struct timespec t;
    clock_gettime(which, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

uint64_t sim_now_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}

int64_t sim_wall_ms(const struct sim *sim, uint64_t at_us)
{
    return ((int64_t)at_us + sim->wall_offset_us) / 1000;
}

void sim_init(struct sim *sim)
{
    memset(sim, 0, sizeof *sim);
    knobs_defaults(&sim->knobs);
    sim->wall_offset_us = (int64_t)clock_us(CLOCK_REALTIME) - (int64_t)clock_us(CLOCK_MONOTONIC);
}

void sim_reset(struct sim *sim)
{
    uint64_t connections = sim->counters.connections;
    calls_detach_all(sim);
    batches_reset(&sim->batches);
    sim->ordinal = 0;
    store_reset(&sim->store);
    journal_reset(&sim->journal);
    script_clear(&sim->script);
    memset(&sim->counters, 0, sizeof sim->counters);
    sim->counters.connections = connections;
    memset(&sim->limits, 0, sizeof sim->limits);
    memset(sim->numbers, 0, sizeof sim->numbers);
    for (int i = 0; i < sim->tokens.count; i++)
        sim->tokens.at[i].calls = 0;
}

void sim_free(struct sim *sim)
{
    calls_free_all(sim);
    batches_reset(&sim->batches);
    store_reset(&sim->store);
    script_clear(&sim->script);
    journal_free(&sim->journal);
    timers_free(&sim->timers);
}
