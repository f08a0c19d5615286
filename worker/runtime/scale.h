/* How many replicas are useful, and how long the call budget lasts. Pure; metrics_scale.c fills the facts.
 *
 * A replica more helps only where a partition with lag can move to it, and where it can call: the shared
 * budget bounds all replicas together, and what one replica does within SCALE_DRAIN_SECONDS needs no second
 * one. So, over the fleet: min(partitions with lag, the greatest over the catalogs of min(demand, budget)).
 */
#ifndef RUNTIME_SCALE_H
#define RUNTIME_SCALE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A new replica takes about so long to start, to join the group and to read: a backlog that is gone by then
 * needs none. */
#define SCALE_DRAIN_SECONDS 60.0

/* Taken for a call's time before one was made. */
#define SCALE_CALL_SECONDS 1.0

/* How long calls take: a mean in which the last SCALE_PACE_CALLS count most. Zeroed before use. */
enum { SCALE_PACE_CALLS = 200 };

struct scale_pace {
    double mean_s;
    uint32_t calls; /* counted, up to SCALE_PACE_CALLS */
};

/* One call's time; below 0 counts as 0. */
void scale_pace_add(struct scale_pace *pace, int64_t us);

struct scale_catalog {
    int64_t lag;           /* records not done that are, or may be, the catalog's */
    int64_t rate_per_hour; /* of all replicas together; 0: no bound */
    uint32_t inflight_max; /* calls at once of one replica; at least 1 */
    const struct scale_pace *pace;
    bool stopped; /* no call can be made now, whoever makes it */
};

/* Replicas, with fractions, that drain the lag within SCALE_DRAIN_SECONDS if each record costs a call.
 * Stopped: 1 at most, since no further one would call either. Of several workers: the sum. */
double scale_demand(const struct scale_catalog *catalog);

/* Replicas, with fractions, that use the whole budget up; below 0: no bound. Of several workers: the
 * greatest. */
double scale_budget(const struct scale_catalog *catalog);

/* Seconds that the budget needs for the lag if each record costs a call; below 0: no bound. Of several
 * workers: the sum. */
double scale_drain_seconds(const struct scale_catalog *catalog);

/* Replicas that are useful for this worker's partitions, as if there were no other worker: 0 where nothing
 * lags. */
uint32_t scale_useful(uint32_t lagging, const struct scale_catalog *catalogs, size_t count);

#endif
