/* Members of a JSON object under construction, for the encoders of API bodies only. */
#ifndef COMMON_APIPUT_H
#define COMMON_APIPUT_H

#include "common/event.h"
#include "common/sbuf.h"

/* "name": with the comma in front that all but the first of an object need. */
void apiput_name(struct sbuf *b, const char *name);

/* A text; left out when empty. */
void apiput_text(struct sbuf *b, const char *name, const struct text *text);

/* A text of ours that needs no escaping. */
void apiput_word(struct sbuf *b, const char *name, const char *word);

void apiput_integer(struct sbuf *b, const char *name, int64_t n);

#endif
