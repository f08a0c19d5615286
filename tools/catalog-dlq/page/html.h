/* HTML made of what others wrote: whatever the bytes are, they end as text and never as markup, and nothing
 * in them is hidden (visible.h). */
#ifndef DLQ_PAGE_HTML_H
#define DLQ_PAGE_HTML_H

#include "letter.h"

#include "common/sbuf.h"

#include <stdint.h>

/* Appends visible text, escaped for elements and quoted attributes, cut after max characters (0: not). */
void html_text(struct sbuf *out, const void *text, size_t len, size_t max);
void html_bytes(struct sbuf *out, struct bytes text, size_t max);
void html_word(struct sbuf *out, const char *text);

/* Appends escaped text as it is: for values of fields that come back with a form, NUL-terminated. */
void html_value(struct sbuf *out, const char *text);

/* <time>: 2026-11-22 21:38:49, or "unknown" for a negative time. Milliseconds since 1970. */
void html_time(struct sbuf *out, int64_t ms);

/* A row of a list of terms: <dt>name</dt><dd class="style">text</dd>; nothing where there is no text. */
void html_term(struct sbuf *out, const char *name, const char *style, struct bytes text);
void html_term_word(struct sbuf *out, const char *name, const char *style, const char *text);

/* Appends a word for a POSIX shell, quoted where it must be, then escaped. */
void html_shell(struct sbuf *out, const char *word);

#endif
