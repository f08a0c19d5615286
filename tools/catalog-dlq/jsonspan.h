/* Where a member stands in JSON text, so that it can be pointed at or replaced while every other byte stays
 * as it is. Only for text that jsonscan (common/jsonscan.h) found valid: nothing is checked again. */
#ifndef DLQ_JSONSPAN_H
#define DLQ_JSONSPAN_H

#include "common/sbuf.h"

#include <stdbool.h>
#include <stddef.h>

enum { JSONSPAN_DEPTH_MAX = 128, JSONSPAN_WHY_SIZE = 256 };

struct jsonspan {
    size_t from, to; /* bytes of the value, or of the innermost container that is there */
    bool found;      /* false: the path leads nowhere; from..to is where it was lost */
    bool in_object;  /* the container it was lost in is an object */
    size_t lost_at;  /* where the lost part begins in the path */
};

/* Finds a path such as data.fields.sale_price or data.links[2], as events' faults name them. */
void jsonspan_find(const char *text, size_t len, const char *path, struct jsonspan *out);

/* Appends text with its value at path set to value (JSON text). A member that is not there is added to an
 * object that is. False with a message in why. */
bool jsonspan_set(const char *text, size_t len, const char *path, const char *value, struct sbuf *out,
                  char why[JSONSPAN_WHY_SIZE]);

/* Appends text with line breaks and indentation of 2; strings and numbers stay byte for byte. mark[0..marks)
 * are byte offsets in text; each is replaced by its offset in out. */
void jsonspan_pretty(const char *text, size_t len, struct sbuf *out, size_t *mark, size_t marks);

/* Appends text without white space outside strings. */
void jsonspan_compact(const char *text, size_t len, struct sbuf *out);

#endif
