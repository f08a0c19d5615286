/* A strict reader of one JSON text that leaves the text alone: it checks all of it (RFC 8259, UTF-8, no
 * member twice) and gives the members of the outermost object as spans. What is published is the producer's
 * own bytes, so that no number is rounded and no text re-written on the way (design.md M8). */
#ifndef CATALOG_PUBLISH_JSON_TEXT_H
#define CATALOG_PUBLISH_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_DEPTH_MAX   32
#define JSON_MEMBERS_MAX 256

enum json_kind {
    JSON_ABSENT,
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

/* Points into the text that was read; a string's span is without its quotes, its escapes still in it. */
struct json_span {
    const char *at;
    size_t len;
    enum json_kind kind;
};

struct json_member {
    struct json_span name; /* as written, without quotes */
    struct json_span value;
};

struct json_object {
    struct json_member members[JSON_MEMBERS_MAX];
    int count;
};

struct json_fault {
    size_t at; /* byte, from 0 */
    const char *what;
};

/* Reads text (len bytes, not NUL-terminated) as one JSON object. Returns false and fills *fault if it is not
 * one. */
bool json_read_object(struct json_object *object, const char *text, size_t len, struct json_fault *fault);

/* The member called name (plain ASCII), or a span of kind JSON_ABSENT. */
struct json_span json_get(const struct json_object *object, const char *name);

/* Decodes a string's escapes into out as a NUL-terminated UTF-8 text. Returns its length, or -1 if it does
 * not fit in size bytes or holds U+0000. */
ptrdiff_t json_decode(char *out, size_t size, struct json_span string);

/* Reads a number written as a plain integer. Returns false for a fraction, an exponent, or one beyond int64.
 */
bool json_integer(int64_t *out, struct json_span number);

#endif
