/* Between the two halves of rebuild: the builder of an epoch in Redis, on the worker's own store. */
#ifndef MEMORY_REBUILD_H
#define MEMORY_REBUILD_H

#include "memory.h"
#include "worker/adapters/redis_store.h"

struct builder {
    struct tool *tool;
    struct loop *loop;
    struct redis_store *store;
    bool up, viewed, lost; /* lost: the connection, or the building */
    struct store_view view;
    uint64_t loading, loaded; /* rows on their way, and answered */
    char why[256];
};

/* Connects. False with a message. */
bool builder_open(struct builder *b, char *error, size_t error_size);
void builder_close(struct builder *b);

/* Begins a new epoch with this process as its builder: from now on workers wait. False with a message:
 * another process builds already, Redis failed. */
bool builder_begin(struct builder *b, usec_t quiet_us, char *error, size_t error_size);

/* Waits until the calls of before must have ended, telling `tick` the milliseconds left now and then. */
bool builder_quiet(struct builder *b, void (*tick)(void *arg, int64_t left_ms), void *arg, char *error,
                   size_t error_size);

/* Loads one row, waiting for room. False: not the builder any more, or Redis failed. */
bool builder_load(struct builder *b, const struct store_row *row);

/* Renews the builder's lease and takes what answers there are. */
bool builder_turn(struct builder *b);

/* Waits for all rows, and says that memory is ready. False with a message. */
bool builder_finish(struct builder *b, char *error, size_t error_size);

#endif
