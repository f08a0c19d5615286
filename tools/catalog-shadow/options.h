/* What the command line of catalog-shadow asked for. */
#ifndef CATALOG_SHADOW_OPTIONS_H
#define CATALOG_SHADOW_OPTIONS_H

#include "tools/kit/cli.h"
#include "verdict.h"

#include <stdbool.h>

enum { SHADOW_IGNORED_SIZE = 1024, SHADOW_EXAMPLES_MAX = 100 };

struct shadow_options {
    struct kit_cli cli;
    bool json, quiet;
    bool list;                         /* a line for each product of the kinds in listed */
    bool listed[SHADOW_KIND_COUNT];    /* by kind */
    int64_t max;                       /* products looked up at most; 0: all */
    int64_t examples;                  /* shown of each kind */
    char ignored[SHADOW_IGNORED_SIZE]; /* fields not compared, commas between them */
};

/* Returns -1 to go on, else the exit code (--help, --version, wrong usage, said on stderr). */
int shadow_options(struct shadow_options *options, int argc, char **argv);

#endif
