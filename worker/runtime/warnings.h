/* What a result warns of: parts of the event that the catalog did not get, though all else went well. */
#ifndef RUNTIME_WARNINGS_H
#define RUNTIME_WARNINGS_H

#include "worker/runtime/payloads.h"

enum { WARNINGS_MAX = 8, WARNING_BYTES = RESULT_WARNING_MAX_BYTES };

/* Texts that a result event points to. */
struct warnings {
    char texts[WARNINGS_MAX][WARNING_BYTES];
};

/* Adds the warnings of an event that ended as `outcome` to *result, which then points into *store: fields
 * that the single edge has not, fields that an update may not carry, and names not known at all
 * (unknown.fields=ignore). None for an event that no call was meant to carry. */
void warnings_fill(const struct payload *payload, enum outcome outcome, struct warnings *store,
                   struct result_event *result);

#endif
