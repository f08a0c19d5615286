/* One dead letter made ready to be shown: what is wrong and where, the usual mend, and the payload in lines
 * with the field at fault in one of them. Data only; who shows it (show.c, the page) chooses the form. */
#ifndef DLQ_SHOWN_H
#define DLQ_SHOWN_H

#include "cause.h"
#include "explain.h"
#include "point.h"

enum {
    SHOWN_AROUND = 12,     /* lines shown before and after the field at fault */
    SHOWN_LINES_MAX = 60,  /* a payload of more is shown in part */
    SHOWN_LINE_BYTES = 400 /* of a longer line, the part around the field */
};

struct shown {
    const struct letter *letter; /* the caller's */
    struct point point;          /* from and to are bytes of `text` */
    struct explanation why;
    char fingerprint[CAUSE_ID_BYTES];
    const char *cannot;        /* why it cannot be sent again; NULL: it can */
    const char *advice;        /* what a replay would come to, as a sentence */
    struct sbuf text;          /* the payload, JSON with line breaks; "": none */
    bool null_value;           /* the event was a bare tombstone */
    size_t lines, first, last; /* lines in all, and those that shown_lines tells of, from 1 */
};

/* full: the whole payload, however long. The letter must stay. Free with shown_free. */
void shown_make(struct shown *shown, const struct judge *judge, const struct letter *letter, bool full);
void shown_free(struct shown *shown);

struct shown_line {
    size_t number;    /* from 1 */
    const char *text; /* not NUL-terminated */
    size_t len;
    size_t more;     /* bytes of the line that are left out behind it */
    bool here;       /* the field at fault is in this line, at [from, to) */
    size_t from, to; /* bytes; from == to: at its end */
};

/* Tells of each line to show. */
void shown_lines(const struct shown *shown, void (*tell)(void *arg, const struct shown_line *line),
                 void *arg);

#endif
