/* One input being read: a file, standard input, or what was kept of it. Bounded, and never blocked past a
 * signal. */
#ifndef CATALOG_PUBLISH_SOURCE_H
#define CATALOG_PUBLISH_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SOURCE_BUFFER_BYTES = 1024 * 1024 + 1 }; /* a line of 1 MiB and its end */

struct source {
    int fd;
    char *buffer; /* owned, kept over several opens */
    size_t from, to;
    uint64_t bytes_read; /* of this input, for progress */
    bool at_end;
};

enum source_verdict { SOURCE_MORE, SOURCE_END, SOURCE_STOPPED, SOURCE_FAILED };

/* Opens path ("-": standard input). Returns 0, or an errno. */
int source_open(struct source *source, const char *path);

/* Reads from a descriptor that stays the caller's, from where it stands. Returns 0, or an errno. */
int source_attach(struct source *source, int fd);

/* Reads more behind what is there (from..to), making room first. SOURCE_MORE also where nothing came yet.
 * SOURCE_STOPPED: kit_stop was raised. SOURCE_FAILED: errno says why. A full buffer is SOURCE_MORE without
 * more. */
enum source_verdict source_fill(struct source *source);

/* Closes a descriptor that source_open opened; keeps the buffer. */
void source_close(struct source *source);
void source_free(struct source *source);

/* Copies all that path ("-": standard input) gives into a file without a name, so that it can be read twice.
 * Returns its descriptor, or -1: errno says why (EINTR: stopped). */
int source_keep(const char *path);

#endif
