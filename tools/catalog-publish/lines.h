/* Lines of an input, each bounded. */
#ifndef CATALOG_PUBLISH_LINES_H
#define CATALOG_PUBLISH_LINES_H

#include "source.h"

#define LINE_MAX_BYTES (1024 * 1024) /* Kafka's default message.max.bytes */

enum lines_verdict { LINES_LINE, LINES_TOO_LONG, LINES_END, LINES_STOPPED, LINES_FAILED };

/* The next line, without its end and surrounding blanks, valid until the next call; blank ones are passed
 * over. *number (0 at the input's start) becomes that of the line returned, from 1. LINES_TOO_LONG: longer
 * than LINE_MAX_BYTES and skipped. LINES_STOPPED: kit_stop was raised. LINES_FAILED: errno says why. */
enum lines_verdict lines_next(struct source *source, uint64_t *number, const char **line, size_t *len);

#endif
