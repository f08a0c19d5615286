/* Names counted, each with its first example. */
#ifndef CATALOG_SHADOW_TALLY_H
#define CATALOG_SHADOW_TALLY_H

#include <stddef.h>
#include <stdint.h>

enum { TALLY_MAX = 96, TALLY_NAME_SIZE = 64, TALLY_EXAMPLE_SIZE = 256 };

struct tally_row {
    char name[TALLY_NAME_SIZE], example[TALLY_EXAMPLE_SIZE];
    uint64_t count;
};

/* Zeroed memory is empty. Names beyond TALLY_MAX, which the field table and the reasons together do not
 * reach, are counted as the last one. */
struct tally {
    struct tally_row rows[TALLY_MAX];
    size_t count;
};

/* Counts a name. Returns its row, whose example the caller fills at the first time (count is 1 then). */
struct tally_row *tally_add(struct tally *tally, const char *name);

/* Most first. */
void tally_sort(struct tally *tally);

#endif
