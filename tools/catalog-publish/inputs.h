/* Which files are read: those named, and those in the folders named. */
#ifndef CATALOG_PUBLISH_INPUTS_H
#define CATALOG_PUBLISH_INPUTS_H

#include "options.h"

#include <stdbool.h>
#include <stdint.h>

enum { INPUTS_MAX = 100000 };

struct input_file {
    char *path; /* owned; "-": standard input */
    bool csv;
    bool pipe; /* standard input, or a file of another kind: it can be read once only */
    int kept;  /* a copy of what the pipe held (source_keep); -1: none */
};

struct inputs {
    struct input_file *list; /* owned */
    int count;
    uint64_t bytes; /* of all together; 0 when one (a pipe) has no known size */
    bool has_pipe;
};

/* Finds the files that the command line names, folders' in the order of their names. False with a message on
 * stderr: nothing there, no such file, a folder without any. Free with inputs_free in any case. */
bool inputs_find(struct inputs *inputs, const struct options *options);
void inputs_free(struct inputs *inputs);

#endif
