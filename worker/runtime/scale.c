#include "worker/runtime/scale.h"

void scale_pace_add(struct scale_pace *pace, int64_t us)
{
    double seconds = us > 0 ? (double)us / 1e6 : 0;

    if (pace->calls < SCALE_PACE_CALLS)
        pace->calls++;
    pace->mean_s += (seconds - pace->mean_s) / pace->calls;
}

/* Calls a second of one replica: as many at once as allowed, each as long as calls take (Little's law). */
static double replica_rate(const struct scale_catalog *catalog)
{
    double call_s = catalog->pace->calls > 0 ? catalog->pace->mean_s : SCALE_CALL_SECONDS;

    if (call_s < 0.001) /* answers of no time would make one replica infinitely fast */
        call_s = 0.001;
    return (double)catalog->inflight_max / call_s;
}

double scale_demand(const struct scale_catalog *catalog)
{
    double replicas = (double)catalog->lag / (replica_rate(catalog) * SCALE_DRAIN_SECONDS);

    return catalog->stopped && replicas > 1 ? 1 : replicas;
}

double scale_budget(const struct scale_catalog *catalog)
{
    return catalog->rate_per_hour > 0 ? (double)catalog->rate_per_hour / 3600 / replica_rate(catalog) : -1;
}

double scale_drain_seconds(const struct scale_catalog *catalog)
{
    return catalog->rate_per_hour > 0 ? (double)catalog->lag * 3600 / (double)catalog->rate_per_hour : -1;
}

uint32_t scale_useful(uint32_t lagging, const struct scale_catalog *catalogs, size_t count)
{
    double wanted = 0;
    uint32_t whole;

    for (size_t i = 0; i < count; i++) {
        double demand = scale_demand(&catalogs[i]), budget = scale_budget(&catalogs[i]);

        if (budget >= 0 && budget < demand)
            demand = budget;
        if (demand > wanted)
            wanted = demand;
    }
    if (lagging == 0 || wanted >= (double)lagging)
        return lagging;
    whole = (uint32_t)wanted;
    return (double)whole < wanted || whole == 0 ? whole + 1 : whole;
}
