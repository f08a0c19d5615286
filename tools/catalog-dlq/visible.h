/* Bytes from outside made fit for a terminal: what cannot be shown is written out, so that nothing can move
 * the cursor, colour the screen or turn the text around, and nothing is hidden. */
#ifndef DLQ_VISIBLE_H
#define DLQ_VISIBLE_H

#include "common/sbuf.h"

#include <stdbool.h>
#include <stddef.h>

/* Appends text: control characters, bytes that are no UTF-8, and characters that turn or hide text (bidi
 * marks, zero width, line separators) as \n, \t, \xNN or \u{NNNN}; a backslash stays. Registered secrets are
 * masked. At most max_chars characters are shown (0: all), then "…". */
void visible_put(struct sbuf *out, const void *bytes, size_t len, size_t max_chars);

/* True if visible_put would change nothing but secrets. */
bool visible_is_plain(const void *bytes, size_t len);

/* How many columns visible text takes: characters, as terminals count them for most scripts. */
size_t visible_columns(const char *text, size_t len);

/* Appends standard base64 (RFC 4648) with padding. */
void base64_put(struct sbuf *out, const void *bytes, size_t len);

/* Appends what base64 text stands for; false for text that is none. */
bool base64_read(struct sbuf *out, const char *text, size_t len);

#endif
