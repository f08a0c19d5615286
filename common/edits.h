/* How far two names are apart, for "did you mean". */
#ifndef COMMON_EDITS_H
#define COMMON_EDITS_H

#include <stddef.h>

enum { EDITS_NAME_MAX_BYTES = 128 }; /* of b; more is not looked at */

/* Insertions, deletions and replacements of single bytes that turn a into b. */
size_t edits_between(const char *a, const char *b);

#endif
