/* The command line. */
#ifndef CATALOG_SIM_OPTIONS_H
#define CATALOG_SIM_OPTIONS_H

#include "sim.h"

struct options {
    const char *listen, *port_file;
};

/* Reads the command line into options and sim. Returns -1 to go on, else the exit code (0 after --help or
 * --version, 2 on a wrong option, which is reported on stderr). */
int options_read(int argc, char **argv, struct options *options, struct sim *sim);

#endif
