/* Text from outside made fit for a message, a log or a terminal. */
#ifndef COMMON_TEXTSAFE_H
#define COMMON_TEXTSAFE_H

#include <stddef.h>

/* Copies `len` bytes of `text` into `out` of `cap` bytes (1 or more, the closing NUL included): registered
 * secrets masked (common/redact.h), control characters (C0, DEL, C1) as spaces, bytes that are no UTF-8 as
 * '?', cut at a character's end. NULL counts as empty. Returns the length without the NUL. */
size_t textsafe_copy(char *out, size_t cap, const char *text, size_t len);

/* The longest cut of at most `cap` bytes that ends between two characters of valid UTF-8. */
size_t textsafe_cut(const char *text, size_t len, size_t cap);

#endif
