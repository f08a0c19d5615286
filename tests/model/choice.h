/* Enumerates every sequence of choices, depth first: a run asks, and is answered from a stack of indices that
 * is advanced like an odometer between runs. Nothing is random; a run is named by its stack. */
#ifndef MODEL_CHOICE_H
#define MODEL_CHOICE_H

#include <stdbool.h>
#include <stdint.h>

enum { CHOICES_MAX = 4096 };

struct choices {
    uint8_t taken[CHOICES_MAX], of[CHOICES_MAX];
    uint32_t depth;  /* asked in this run */
    uint32_t length; /* of the stack: below it the answers are given, above it they are 0 */
    uint32_t faults_max, faults_left;
};

/* Begins a run with the stack as it is. */
void choices_begin(struct choices *choices);

/* One of n (1 to 255): 0 first. What costs nothing is always asked. */
unsigned choose(struct choices *choices, unsigned n);

/* As choose, but every answer except 0 is a fault, and none is left over once a run has had its share: then
 * nothing is asked and 0 is returned. */
unsigned choose_fault(struct choices *choices, unsigned n);

/* To the next sequence. False: that was the last. */
bool choices_next(struct choices *choices);

#endif
