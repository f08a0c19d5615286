#include "tests/model/choice.h"

#include "common/assertx.h"

void choices_begin(struct choices *choices)
{
    choices->depth = 0;
    choices->faults_left = choices->faults_max;
}

unsigned choose(struct choices *choices, unsigned n)
{
    ASSERT(n >= 1 && n <= UINT8_MAX && choices->depth < CHOICES_MAX);
    if (choices->depth == choices->length) {
        choices->taken[choices->length] = 0;
        choices->of[choices->length++] = (uint8_t)n;
    }
    if (choices->taken[choices->depth] >=
        n) /* only a sequence written by hand asks for what is not offered */
        choices->taken[choices->depth] = 0;
    return choices->taken[choices->depth++];
}

unsigned choose_fault(struct choices *choices, unsigned n)
{
    unsigned taken = choices->faults_left == 0 ? 0 : choose(choices, n);

    if (taken > 0)
        choices->faults_left--;
    return taken;
}

bool choices_next(struct choices *choices)
{
    while (choices->length > 0) {
        uint32_t last = choices->length - 1;

        if (choices->taken[last] + 1 < choices->of[last]) {
            choices->taken[last]++;
            return true;
        }
        choices->length--;
    }
    return false;
}
