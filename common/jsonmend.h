/* JSON that others wrote (the API's answers, result events), made fit for cJSON. cJSON rounds integers beyond
 * 2^53, cuts strings at \u0000, and refuses a whole document for one lone surrogate; an error's code must not
 * be lost to a bad message, and an item id must come out digit by digit. So the text is copied with these
 * things mended:
 *
 * - an integer of more than 15 digits becomes a string of the same digits;
 * - \u0000, a lone surrogate and bytes that are no UTF-8 become U+FFFD.
 *
 * This is for answers, where meaning counts; events are judged strictly (common/jsonscan.h). */
#ifndef COMMON_JSONMEND_H
#define COMMON_JSONMEND_H

#include <cjson/cJSON.h>
#include <stddef.h>

/* Deeper nesting is refused: no answer of the API has more than ten levels. */
#define JSONMEND_DEPTH_MAX 64

/* Parses `len` bytes. NULL for what is no complete JSON document, is nested too deeply, or without memory;
 * free the result with cJSON_Delete. White space (and nothing else) may surround the document. */
cJSON *jsonmend_parse(const char *text, size_t len);

/* A member that is a string, or NULL; an empty string counts as none. */
const char *jsonmend_string(const cJSON *object, const char *name);

/* A member as an integer, given as number or as a string of digits; `fallback` where it is neither, or no
 * whole number from min to max. */
long long jsonmend_integer(const cJSON *object, const char *name, long long min, long long max,
                           long long fallback);

#endif
