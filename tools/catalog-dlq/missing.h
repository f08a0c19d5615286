/* Why a replay or drop is not complete. */
#ifndef DLQ_MISSING_H
#define DLQ_MISSING_H

#include "follow.h"
#include "resolve.h"

enum { MISSING_SIZE = 512 };

/* The first of the reasons; "" where all that was asked for is done. follow may be NULL. */
void missing_of(const struct resolve *resolve, const struct follow *follow, char out[MISSING_SIZE]);

#endif
