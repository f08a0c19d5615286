/* What an error means in plain words, and what usually mends it: the same tables that the worker decides by
 * (common/classify_table.h, common/reason.h). */
#ifndef DLQ_EXPLAIN_H
#define DLQ_EXPLAIN_H

#include <stdint.h>

struct explanation {
    const char *words; /* never NULL; static */
    const char *mend;  /* "": nothing is known to help */
    const char *rule;  /* the classification's row, such as "no_image"; NULL: not the API's error */
};

/* Texts NUL-terminated, "" where there is none. */
void explain(const char *reason, int32_t code, int32_t subcode, int32_t http_status, const char *message,
             struct explanation *out);

#endif
