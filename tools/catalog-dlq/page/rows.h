/* Dead letters as rows of a table. */
#ifndef DLQ_PAGE_ROWS_H
#define DLQ_PAGE_ROWS_H

#include "page.h"

/* The table's head, and its end. choose: each row has a box to tick (of the form around it). */
void rows_begin(struct sbuf *out, const char *caption, bool choose);
void rows_end(struct sbuf *out);

/* Appends a row. */
void rows_put(struct sbuf *out, const struct letter *letter, bool choose);

/* The same as text of its own, from malloc; NULL without memory. */
char *rows_of(const struct letter *letter, bool choose);

#endif
