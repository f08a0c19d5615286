/* A call's fate: which fault it meets, how long it takes, when its write lands. */
#ifndef CATALOG_SIM_DRAW_H
#define CATALOG_SIM_DRAW_H

#include "call.h"

/* Sets the call's fault (scripted, else drawn), delivery and times from its own random numbers. Calls that
 * were not admitted meet no fault, except that everything fails while the knob `down` is on. */
void draw_fate(struct call *call, bool admitted);

/* A time of that mean, of one of the kinds of latency.kind, and no longer than max_ms. */
uint64_t draw_time_us(struct rng *rng, double mean_ms, int64_t kind, double max_ms);

#endif
