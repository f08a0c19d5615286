/* What is written for people: colours on a terminal, tables, times. */
#ifndef DLQ_OUT_H
#define DLQ_OUT_H

#include "letter.h"

#include "common/sbuf.h"

#include <stdbool.h>
#include <stdint.h>

enum out_style { OUT_PLAIN, OUT_BOLD, OUT_DIM, OUT_RED, OUT_GREEN, OUT_YELLOW, OUT_CYAN };

struct out {
    struct sbuf text; /* what is not yet written */
    bool colour, terminal;
    int width;   /* columns of the terminal; 0: no bound */
    bool broken; /* standard output is gone (a pipe closed) */
};

/* Colours if standard output is a terminal, NO_COLOR is not set and TERM is not dumb. */
void out_init(struct out *out);
void out_free(struct out *out);

/* Writes what is held to standard output. False when that is broken. */
bool out_flush(struct out *out);
/* The same if much is held. */
bool out_flush_some(struct out *out);

void out_style(struct out *out, enum out_style style);
/* Visible text in a style, cut after max characters (0: not). */
void out_text(struct out *out, enum out_style style, const void *text, size_t len, size_t max);
void out_word(struct out *out, enum out_style style, const char *text);
/* A cell: visible text, cut at `width` and filled up with spaces to it; right: at the other side. */
void out_cell(struct out *out, enum out_style style, const void *text, size_t len, size_t width, bool right);
void out_printf(struct out *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Cuts what was appended since `from` (out->text.len before it; one line, without its line break) at the
 * terminal's width, with "…" at its end. Nothing where there is no width. */
void out_fit(struct out *out, size_t from);

/* 2026-11-22 21:38:49 UTC, or "unknown". */
void out_time(struct out *out, int64_t ms);

/* Appends ,"name":"RFC 3339" (null for a negative time) to JSON. */
void json_time(struct sbuf *out, const char *name, int64_t ms);
/* Appends ,"name":"text"; bytes that are no UTF-8 become U+FFFD; nothing where there is no text. */
void json_text(struct sbuf *out, const char *name, struct bytes text);

#endif
