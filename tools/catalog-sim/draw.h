/* A call's fate: which fault it meets, how long it takes, when its write lands. */
#ifndef CATALOG_SIM_DRAW_H
#define CATALOG_SIM_DRAW_H

#include "call.h"

/* Sets the call's fault (scripted, else drawn), delivery and times from its own random numbers. Calls that
 * were not admitted meet no fault, except that everything fails while the knob `down` is on. */
void draw_fate(struct call *call, bool admitted);

#endif
