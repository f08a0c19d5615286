#include "common/edits.h"

#include <string.h>

size_t edits_between(const char *a, const char *b)
{
    size_t row[EDITS_NAME_MAX_BYTES + 1], len = strnlen(b, EDITS_NAME_MAX_BYTES);

    for (size_t j = 0; j <= len; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= len; j++) {
            size_t replace = diagonal + (a[i - 1] != b[j - 1]);
            size_t least = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;

            diagonal = row[j];
            row[j] = replace < least ? replace : least;
        }
    }
    return row[len];
}
