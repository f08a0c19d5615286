/* Comma-separated values as RFC 4180 has them: quoted cells may hold delimiters, quotes (doubled) and line
 * ends; lines end with LF, CRLF or CR; a byte order mark is passed over. */
#ifndef CATALOG_PUBLISH_CSV_H
#define CATALOG_PUBLISH_CSV_H

#include "common/sbuf.h"
#include "source.h"

enum {
    CSV_COLUMNS_MAX = 256,
    CSV_CELL_MAX_BYTES = 64 * 1024, /* the longest text the catalog takes is 9,999 characters */
    CSV_WHY_SIZE = 256,
};

struct csv {
    struct source *source; /* the caller's */
    char delimiter;
    uint64_t line;                /* where reading stands, from 1 */
    uint64_t row_line;            /* where the last row began */
    struct sbuf text;             /* of the row's cells, one behind the other */
    size_t ends[CSV_COLUMNS_MAX]; /* of each cell in text */
    int count;                    /* cells of the row */
    char why[CSV_WHY_SIZE];       /* of CSV_BAD and CSV_BROKEN */
};

enum csv_verdict {
    CSV_ROW,
    CSV_BAD,    /* this row is wrong; the next one can be read */
    CSV_BROKEN, /* nothing behind this place can be read */
    CSV_END,
    CSV_STOPPED, /* kit_stop was raised */
    CSV_FAILED,  /* errno says why */
};

/* Begins with the source's first byte. */
void csv_begin(struct csv *csv, struct source *source, char delimiter);
void csv_free(struct csv *csv);

/* The next row; empty lines are passed over. Cells hold the file's bytes, whatever they are. */
enum csv_verdict csv_next(struct csv *csv);

/* Cell `index` of the row, not NUL-terminated. */
const char *csv_cell(const struct csv *csv, int index, size_t *len);

#endif
