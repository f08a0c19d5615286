/* Which field of an event is at fault, and where it stands in the payload. */
#ifndef DLQ_POINT_H
#define DLQ_POINT_H

#include "judge.h"

enum { POINT_TEXT_SIZE = 512 };

struct point {
    bool known;                  /* a place was found */
    char field[POINT_TEXT_SIZE]; /* such as data.price; "": none */
    char now[POINT_TEXT_SIZE];   /* what the decoder says of it now; "": it is good */
    char words[POINT_TEXT_SIZE]; /* what is wrong there, for people */
    bool missing;                /* the field is not in the payload: the place is where it belongs */
    bool valid_now;              /* by this configuration, the event itself is good (the API refused it) */
    bool is_json;                /* the payload passed the scan */
    size_t from, to;             /* bytes of the value */
};

/* Of an event that the worker refused, the field that its message names; else, judged again, what the decoder
 * names; else, of an event that is good, the field that the API's message names. */
void point_find(const struct judge *judge, const struct letter *letter, struct point *out);

#endif
