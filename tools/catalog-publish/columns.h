/* From the cells of a CSV row to the JSON of an event's data: which column is which field, and how each kind
 * of cell is read. */
#ifndef CATALOG_PUBLISH_COLUMNS_H
#define CATALOG_PUBLISH_COLUMNS_H

#include "common/sbuf.h"
#include "csv.h"

#include <stdbool.h>
#include <stddef.h>

enum { COLUMN_NAME_SIZE = 128, COLUMN_MAPS_MAX = 64, COLUMNS_WHY_SIZE = 512 };

/* What the command line says of columns; texts point into argv. */
struct column_rules {
    const char *maps[COLUMN_MAPS_MAX]; /* FIELD=COLUMN */
    int map_count;
    const char *ignored[COLUMN_MAPS_MAX];
    int ignored_count;
    bool ignore_unknown;
    char list_separator; /* between the links of one cell */
};

enum cell_kind {
    CELL_IGNORED,
    CELL_ID,      /* a whole number as such, all else a text */
    CELL_TEXT,    /* as it stands */
    CELL_WORD,    /* blanks around it are no part of it: prices, codes, URLs */
    CELL_INTEGER, /* a whole number */
    CELL_YES_NO,  /* true, false, 1, 0, yes, no */
    CELL_LIST,    /* texts parted by the list separator, or a JSON list */
    CELL_JSON,    /* an object */
};

struct column {
    char header[COLUMN_NAME_SIZE]; /* as the file has it */
    char field[COLUMN_NAME_SIZE];  /* "price", "fields.color"; "" if ignored */
    enum cell_kind kind;
};

struct columns {
    struct column list[CSV_COLUMNS_MAX];
    int count;
    char list_separator;
};

/* Reads the header row. False with the reason in why: a column that is no field (with the nearest one), one
 * that stands twice, no product_id, a --map of a column that is not there. */
bool columns_read(struct columns *columns, const struct csv *header, const struct column_rules *rules,
                  char why[COLUMNS_WHY_SIZE]);

/* Appends the row as one JSON object; an empty cell is an absent field. False with the reason, which names
 * the column, in why. */
bool columns_row(const struct columns *columns, const struct csv *row, struct sbuf *json,
                 char why[COLUMNS_WHY_SIZE]);

/* The header of the column that holds a field, by its path in an event ("data.price",
 * "data.fields.color[1]"). NULL: none. */
const char *columns_header(const struct columns *columns, const char *path);

/* True where the text is the name of a field a column may hold. */
bool columns_known(const char *field);

#endif
