/* The fields a column may be named after. */
#ifndef CATALOG_PUBLISH_COLUMN_NAMES_H
#define CATALOG_PUBLISH_COLUMN_NAMES_H

#include "columns.h"

/* How cells of this field are read; CELL_IGNORED: there is no such field. */
enum cell_kind column_kind(const char *field);

/* The field that was probably meant by a name that is none; NULL: none is near. Valid until the next call. */
const char *column_nearest(const char *name);

#endif
