/* What the encoders of results and of stored outcomes share: both must cut texts at the same places, or a
 * result published again from a stored outcome would differ from the first (design.md section 3). */
#ifndef COMMON_RESULT_PARTS_H
#define COMMON_RESULT_PARTS_H

#include "common/result.h"

#include <stdbool.h>
#include <stddef.h>

/* Absorbed ids are listed up to so many bytes together; absorbed_count goes on. */
#define RESULT_ABSORBED_MAX_BYTES 5500
#define RESULT_CLASS_MAX_BYTES    32
#define RESULT_TRACE_MAX_BYTES    64

static inline bool result_has(const char *text)
{
    return text && text[0];
}

/* Length of text when cut to cap bytes at a character's end; 0 for NULL. */
size_t result_cut(const char *text, size_t cap);

/* How many of the absorbed ids are listed. */
uint32_t result_absorbed_listed(const struct result_outcome *outcome);

/* Copies text into out (cap bytes with the NUL), secrets masked and control characters made safe; returns the
 * length. */
size_t result_safe(const char *text, char *out, size_t cap);

/* Memory for decoded texts, handed out front to back. */
struct text_area {
    char *next;
    size_t left;
};

/* A NUL-terminated copy, or NULL where there is no room. */
const char *text_area_copy(struct text_area *area, const char *text, size_t len);

#endif
