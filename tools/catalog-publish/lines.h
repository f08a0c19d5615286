/* Lines of a file or of standard input, each bounded, read without blocking past a signal. */
#ifndef CATALOG_PUBLISH_LINES_H
#define CATALOG_PUBLISH_LINES_H

#include <signal.h>
#include <stddef.h>

#define LINE_MAX_BYTES (1024 * 1024) /* Kafka's default message.max.bytes */

struct lines {
    int fd;
    char *buffer; /* owned, LINE_MAX_BYTES + 1 */
    size_t from, to;
    unsigned long long number;     /* of the line last returned, from 1 */
    unsigned long long bytes_read; /* of this input, for progress */
    int at_end;
};

enum lines_verdict { LINES_LINE, LINES_TOO_LONG, LINES_END, LINES_STOPPED, LINES_FAILED };

/* Opens path ("-": standard input). Returns 0, or an errno. Buffer is allocated once and kept over several
 * opens. */
int lines_open(struct lines *lines, const char *path);

/* The next line, without its end and surrounding blanks, valid until the next call; blank ones are passed
 * over. LINES_TOO_LONG: longer than LINE_MAX_BYTES and skipped. LINES_STOPPED: *stop became true.
 * LINES_FAILED: errno says why. */
enum lines_verdict lines_next(struct lines *lines, const char **line, size_t *len,
                              const volatile sig_atomic_t *stop);

/* Closes the input, keeps the buffer. */
void lines_close(struct lines *lines);

#endif
