/* The members of a JSON object as spans of its own text, for what must pass a value on byte by byte: a number
 * is not rounded, a text not written anew. Only for text that jsonscan (common/jsonscan.h) found valid:
 * nothing is judged here. */
#ifndef COMMON_JSONSPLIT_H
#define COMMON_JSONSPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sbuf;

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

/* Points into the text; a string's span holds its quotes and its escapes. */
struct json_span {
    const char *at;
    size_t len;
    enum json_kind kind;
};

struct json_member {
    struct json_span name, value;
};

/* Fills members (room for max of them) with those of the object that text is. Returns how many there are, or
 * -1: the value is no object, or has more members than max. */
int jsonsplit(const char *text, size_t len, struct json_member *members, int max);

/* The member called name (written without escapes), or a span of kind JSON_ABSENT. */
struct json_span jsonsplit_get(const struct json_member *members, int count, const char *name);

/* Appends a string's text, escapes resolved; of any other value its JSON. False where out is full. */
bool jsonsplit_text(struct json_span span, struct sbuf *out);

/* Reads a number written as a plain integer. False for anything else, and beyond int64. */
bool jsonsplit_integer(struct json_span span, int64_t *out);

#endif
