/* Building texts in an arena: each piece is appended, and what does not fit sets arena->full, asked once at
 * the end. */
#ifndef CATALOG_PUBLISH_ARENA_H
#define CATALOG_PUBLISH_ARENA_H

#include "event.h"

/* Appends len bytes. */
void arena_put(struct arena *arena, const char *text, size_t len);

/* Appends a NUL-terminated text without its NUL. */
void arena_puts(struct arena *arena, const char *text);

/* Appends text as a JSON string, quotes included. */
void arena_put_json(struct arena *arena, const char *text);

/* Ends the text begun at offset from with a NUL and returns it. */
const char *arena_text(struct arena *arena, size_t from);

/* Decodes a JSON string (or copies any other value's text) as a NUL-terminated text. NULL when it does not
 * fit or holds U+0000; *len may be NULL. */
const char *arena_decode(struct arena *arena, struct json_span span, size_t *len);

#endif
