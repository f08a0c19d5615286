/* --resume FILE: how far a run came, so that the same command goes on behind it. Written anew and renamed
 * over the old one, so that a kill at any moment leaves one or the other. */
#ifndef CATALOG_PUBLISH_CHECKPOINT_H
#define CATALOG_PUBLISH_CHECKPOINT_H

#include "common/key128.h"
#include "options.h"

#include <stdbool.h>
#include <stdint.h>

struct checkpoint {
    struct key128 run;                /* of the options that decide what is sent */
    uint64_t rows;                    /* of all inputs, from the first on, that need nothing more */
    struct key128 hash;               /* of these rows: are they still the same? */
    uint64_t invalid;                 /* of these rows: not sent, being wrong */
    char id_prefix[OPTION_TEXT_SIZE]; /* as the first run made it */
    int64_t stamp;                    /* as the first run made it */
    bool done;                        /* all rows of all inputs */
};

/* What must not change between two runs with the same file. */
struct key128 checkpoint_run(const struct options *options, const char *topic);

/* Reads the file. Returns 1, 0 where there is none yet, or -1 with a message on stderr: it cannot be read, is
 * none of ours, or is of a run with other options. */
int checkpoint_read(struct checkpoint *checkpoint, const struct options *options, struct key128 run);

/* Writes it, onto the disk. False with a message on stderr. */
bool checkpoint_write(const struct checkpoint *checkpoint, const struct options *options);

#endif
