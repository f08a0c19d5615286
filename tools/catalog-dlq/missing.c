#include "missing.h"

#include <stdio.h>

static unsigned long long count(uint64_t n)
{
    return n;
}

void missing_of(const struct resolve *r, const struct follow *follow, char out[MISSING_SIZE])
{
    size_t keys = r->settings.filter->key_count;

    out[0] = '\0';
    if (r->stopped)
        snprintf(out, MISSING_SIZE, "stopped; ask for the same again to go on");
    else if (keys > r->table.matching)
        snprintf(out, MISSING_SIZE, "%llu of the keys are no open dead letters",
                 count(keys - r->table.matching));
    else if (r->refused)
        snprintf(out, MISSING_SIZE, "%llu refused", count(r->refused));
    else if (r->left)
        snprintf(out, MISSING_SIZE, "%llu more match and were left", count(r->left));
    else if (follow && follow->outcomes[RESULT_FAILED])
        snprintf(out, MISSING_SIZE, "%llu failed again", count(follow->outcomes[RESULT_FAILED]));
    else if (follow && follow->open)
        snprintf(out, MISSING_SIZE, "%llu have no outcome yet", count(follow->open));
}
