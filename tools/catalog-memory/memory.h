/* The commands of catalog-memory. Each returns the program's exit code, and has told what went wrong. */
#ifndef CATALOG_MEMORY_H
#define CATALOG_MEMORY_H

#include "options.h"
#include "tools/kit/memory.h"

#include <stdio.h>

/* What every command works with. */
struct tool {
    const struct options *options;
    const struct config *config;
    const char *catalog; /* configured name; rebuild: NULL is all */
    struct kit_redis redis;
};

int command_show(struct tool *tool);
int command_reset(struct tool *tool);
int command_forget(struct tool *tool);
int command_forget_all(struct tool *tool);
int command_rebuild(struct tool *tool);

/* show.c: a product's memory in words. */
void show_memory(const struct kit_memory *memory, FILE *out);

/* Prints the message for people and returns KIT_FAILED. */
int tool_failed(const struct tool *tool, const char *error);

#endif
