#include "arena.h"

#include <stdio.h>
#include <string.h>

void arena_put(struct arena *arena, const char *text, size_t len)
{
    if (arena->size - arena->used <= len) { /* one byte is kept for the NUL */
        arena->full = true;
        return;
    }
    memcpy(arena->at + arena->used, text, len);
    arena->used += len;
}

void arena_puts(struct arena *arena, const char *text)
{
    arena_put(arena, text, strlen(text));
}

void arena_put_json(struct arena *arena, const char *text)
{
    arena_put(arena, "\"", 1);
    for (const char *c = text; *c; c++) {
        char escape[8];

        if (*c == '"' || *c == '\\')
            arena_put(arena, "\\", 1);
        if ((unsigned char)*c < 0x20) {
            snprintf(escape, sizeof(escape), "\\u%04x", (unsigned)(unsigned char)*c);
            arena_puts(arena, escape);
        } else {
            arena_put(arena, c, 1);
        }
    }
    arena_put(arena, "\"", 1);
}

const char *arena_text(struct arena *arena, size_t from)
{
    if (arena->full)
        return "";
    arena->at[arena->used++] = '\0';
    if (arena->used == arena->size)
        arena->full = true;
    return arena->at + from;
}

const char *arena_decode(struct arena *arena, struct json_span span, size_t *len)
{
    size_t from = arena->used;
    ptrdiff_t n;

    if (span.kind != JSON_STRING) {
        arena_put(arena, span.at, span.len);
        if (len)
            *len = span.len;
        return arena->full ? NULL : arena_text(arena, from);
    }
    n = json_decode(arena->at + from, arena->size - from, span);
    if (n < 0)
        return NULL;
    arena->used += (size_t)n;
    if (len)
        *len = (size_t)n;
    return arena_text(arena, from);
}
