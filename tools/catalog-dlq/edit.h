/* Changing an event before it is sent again: --set and --edit. */
#ifndef DLQ_EDIT_H
#define DLQ_EDIT_H

#include "resolve.h"

/* Applies path=text and path:=JSON to the event's value, in order; every byte besides stays. Paths are those
 * of the structured form (data.price) in both modes. False with a message in why. */
bool edit_set(const struct letter *letter, const char *const *pairs, size_t count, struct bytes value,
              struct sbuf *out, char why[RESOLVE_WHY_SIZE]);

/* Opens the value in $VISUAL, $EDITOR or vi: JSON with line breaks, which are taken out again where the value
 * had none. 1: changed, in out; 0: it is as it was; -1 with a message in why. */
int edit_open(struct bytes value, struct sbuf *out, char why[RESOLVE_WHY_SIZE]);

/* Appends what differs between two values, JSON by lines, as - and + lines; "" where nothing does. */
void edit_diff(struct bytes before, struct bytes after, struct sbuf *out);

/* True if the event is in CloudEvents' binary mode: its value is `data`. */
bool edit_is_binary(const struct letter *letter);

#endif
