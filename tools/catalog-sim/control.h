/* The control endpoint, /_sim/...: settings, items, journal, counters, scripted faults, tokens, reset. It is
 * never delayed, limited or faulted. */
#ifndef CATALOG_SIM_CONTROL_H
#define CATALOG_SIM_CONTROL_H

#include "call.h"

/* Answers a control request: JSON into `out`, the HTTP status as result. */
int control_handle(struct sim *sim, const struct request *request, struct text *out);

#endif
