#include "common/jsonarena.h"

#include "common/assertx.h"

#include <stdatomic.h>
#include <stdlib.h>

/* The arena of the call that is under way in this thread. */
static _Thread_local struct jsonarena *current;

static void *arena_malloc(size_t size_bytes)
{
    size_t rounded = (size_bytes + 15) & ~(size_t)15;
    void *memory;

    if (!current)
        return malloc(size_bytes);
    if (rounded < size_bytes || rounded > sizeof(current->memory) - current->used) {
        current->spilled = true;
        return malloc(size_bytes);
    }
    memory = current->memory + current->used;
    current->used += rounded;
    return memory;
}

static void arena_free(void *memory)
{
    const unsigned char *p = memory;

    if (current && p >= current->memory && p < current->memory + sizeof(current->memory))
        return;
    free(memory);
}

static void install(void)
{
    static atomic_bool installed;
    cJSON_Hooks hooks = {.malloc_fn = arena_malloc, .free_fn = arena_free};

    if (atomic_exchange(&installed, true))
        return;
    cJSON_InitHooks(&hooks);
}

cJSON *jsonarena_parse(struct jsonarena *arena, const char *text, size_t len)
{
    cJSON *tree;

    ASSERT(!current && arena->used == 0);
    install();
    current = arena;
    tree = cJSON_ParseWithLength(text, len);
    current = NULL;
    return tree;
}

void jsonarena_free(struct jsonarena *arena, cJSON *tree)
{
    if (arena->spilled) {
        current = arena;
        cJSON_Delete(tree);
        current = NULL;
    }
    jsonarena_init(arena);
}
