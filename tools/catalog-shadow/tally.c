#include "tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tally_row *tally_add(struct tally *tally, const char *name)
{
    struct tally_row *row = NULL;

    for (size_t i = 0; i < tally->count && !row; i++)
        if (strncmp(tally->rows[i].name, name, TALLY_NAME_SIZE - 1) == 0)
            row = &tally->rows[i];
    if (!row && tally->count < TALLY_MAX) {
        row = &tally->rows[tally->count++];
        snprintf(row->name, sizeof row->name, "%s", name);
    }
    if (!row)
        row = &tally->rows[TALLY_MAX - 1];
    row->count++;
    return row;
}

static int by_count(const void *a, const void *b)
{
    const struct tally_row *x = a, *y = b;

    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return strcmp(x->name, y->name);
}

void tally_sort(struct tally *tally)
{
    qsort(tally->rows, tally->count, sizeof tally->rows[0], by_count);
}
