/* Names and sums of the coverage marks. */
#include "tests/sim/marks.h"

static const char *names[MARK_COUNT] = {
#define X(name) #name,
    SIM_MARKS(X)
#undef X
};

void marks_add(struct marks *to, const struct marks *from)
{
    for (uint32_t i = 0; i < MARK_COUNT; i++)
        to->count[i] += from->count[i];
    to->steps += from->steps;
    to->runs += from->runs;
}

void marks_print(const struct marks *marks, FILE *to)
{
    for (uint32_t i = 0; i < MARK_COUNT; i++)
        fprintf(to, "%-22s %10llu%s", names[i], (unsigned long long)marks->count[i],
                i % 3 == 2 ? "\n" : "   ");
    fprintf(to, "%s%llu runs, %llu steps\n", MARK_COUNT % 3 ? "\n" : "", (unsigned long long)marks->runs,
            (unsigned long long)marks->steps);
}

uint32_t marks_missing(const struct marks *marks, FILE *to)
{
    uint32_t missing = 0;

    for (uint32_t i = 0; i < MARK_COUNT; i++)
        if (marks->count[i] == 0) {
            fprintf(to, "never reached: %s\n", names[i]);
            missing++;
        }
    return missing;
}
