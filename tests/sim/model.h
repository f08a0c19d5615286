/* The exhaustive model test: small worlds in which every choice is enumerated instead of drawn: what becomes
 * of each request, call, publish and commit, and whether the process dies, is stopped or loses a partition
 * between any two steps. Each run may go wrong a bounded number of times; all ways to do so are tried. */
#ifndef SIM_MODEL_H
#define SIM_MODEL_H

#include "tests/sim/world.h"

/* Runs all cases with up to `faults` things going wrong in a run. False: a promise is broken; the choices
 * that led there are printed. */
bool model_run(struct world *world, struct marks *marks, uint32_t faults);

#endif
