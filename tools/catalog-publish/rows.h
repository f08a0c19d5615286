/* The rows of all inputs, one behind the other, whatever their format: each a JSON text. */
#ifndef CATALOG_PUBLISH_ROWS_H
#define CATALOG_PUBLISH_ROWS_H

#include "columns.h"
#include "common/sbuf.h"
#include "inputs.h"
#include "source.h"

enum { ROWS_WHY_SIZE = COLUMNS_WHY_SIZE };

struct rows {
    const struct options *options;
    struct inputs *inputs;
    bool again; /* pipes are kept, for they will be read once more */
    int at;     /* the input being read */
    bool open, has_columns;
    bool failed; /* an input could not be read; said on stderr */
    struct source source;
    struct csv csv;
    struct columns columns;
    struct sbuf json;
    uint64_t bytes_before; /* of the inputs before this one */

    /* the row */
    const char *text; /* valid until the next call */
    size_t len;
    uint64_t line;           /* where it begins in its input, from 1 */
    char why[ROWS_WHY_SIZE]; /* of ROWS_BAD */
};

enum rows_verdict { ROWS_ROW, ROWS_BAD, ROWS_END, ROWS_STOPPED };

/* Begins with the first input. Both must outlive it. */
void rows_begin(struct rows *rows, const struct options *options, struct inputs *inputs, bool again);
void rows_free(struct rows *rows);

/* The next row. ROWS_BAD: one that could not be read (why); an input that can be read no further gives one
 * such row. ROWS_STOPPED: kit_stop was raised. */
enum rows_verdict rows_next(struct rows *rows);

/* The input of the last row, for messages. */
const char *rows_input(const struct rows *rows);

/* Bytes done, of all inputs. */
uint64_t rows_bytes(const struct rows *rows);

/* The header of the column that holds a field of an event (columns_header); NULL: none, or no CSV. */
const char *rows_column(const struct rows *rows, const char *path);

#endif
