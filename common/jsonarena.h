/* Parses JSON with cJSON into memory of the caller: no malloc and no free for each node, which halves the
 * cost of a small document. What does not fit goes to the heap as usual. cJSON knows one allocator a process,
 * so the first use here installs one (cJSON_InitHooks) that is plain malloc and free for everybody else;
 * results of cJSON_Print stay free()-able. */
#ifndef COMMON_JSONARENA_H
#define COMMON_JSONARENA_H

#include <cJSON.h>
#include <stdbool.h>
#include <stddef.h>

enum { JSONARENA_BYTES = 16 * 1024 }; /* a document of 3 KB or so; more spills to the heap */

struct jsonarena {
    size_t used;
    bool spilled; /* some nodes are on the heap */
    _Alignas(16) unsigned char memory[JSONARENA_BYTES];
};

/* An empty arena; its memory need not be cleared. */
static inline void jsonarena_init(struct jsonarena *arena)
{
    arena->used = 0;
    arena->spilled = false;
}

/* Parses len bytes; NULL as cJSON_ParseWithLength. The tree may be read until jsonarena_free, and not be
 * changed. One tree an arena. */
cJSON *jsonarena_parse(struct jsonarena *arena, const char *text, size_t len);

/* Frees the tree (NULL allowed); the arena is empty again. */
void jsonarena_free(struct jsonarena *arena, cJSON *tree);

#endif
