/* What the command line says. */
#ifndef MEMORY_OPTIONS_H
#define MEMORY_OPTIONS_H

#include "tools/kit/cli.h"

enum command { COMMAND_NONE, COMMAND_SHOW, COMMAND_RESET, COMMAND_FORGET, COMMAND_REBUILD };

struct options {
    struct kit_cli cli;
    enum command command;
    const char *product, *sku, *catalog, *why; /* NULL: not given */
    int64_t to, wait_ms;                       /* to: -1: not given */
    bool all, json, dry_run, quiet;
};

/* Fills options; -1, or the exit code where the program is to end at once (--help, --version, a mistake,
 * which has been told). */
int options_parse(int argc, char **argv, struct options *options);

#endif
