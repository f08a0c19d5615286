#include "lines.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define POLL_MS                                                                                              \
    200 /* a signal that came between the look at *stop and the read is seen after this at most              \
         */

int lines_open(struct lines *lines, const char *path)
{
    if (!lines->buffer)
        lines->buffer = malloc(LINE_MAX_BYTES + 1);
    if (!lines->buffer)
        return ENOMEM;
    lines->fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
    if (lines->fd < 0)
        return errno;
    lines->from = lines->to = 0;
    lines->number = lines->bytes_read = 0;
    lines->at_end = 0;
    return 0;
}

/* Reads more into the buffer. LINES_LINE: there is more, or the end was reached. */
static enum lines_verdict fill(struct lines *lines, const volatile sig_atomic_t *stop)
{
    struct pollfd fd = {.fd = lines->fd, .events = POLLIN};
    ssize_t n;

    for (;;) {
        int ready;

        if (*stop)
            return LINES_STOPPED;
        ready = poll(&fd, 1, POLL_MS);
        if (ready > 0)
            break;
        if (ready < 0 && errno != EINTR)
            return LINES_FAILED;
    }
    n = read(lines->fd, lines->buffer + lines->to, LINE_MAX_BYTES + 1 - lines->to);
    if (n < 0)
        return errno == EINTR ? LINES_LINE : LINES_FAILED;
    if (n == 0)
        lines->at_end = 1;
    lines->to += (size_t)n;
    lines->bytes_read += (size_t)n;
    return LINES_LINE;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void trim(const char **line, size_t *len)
{
    while (*len > 0 && is_blank((*line)[0])) {
        (*line)++;
        (*len)--;
    }
    while (*len > 0 && is_blank((*line)[*len - 1]))
        (*len)--;
}

enum lines_verdict lines_next(struct lines *lines, const char **line, size_t *len,
                              const volatile sig_atomic_t *stop)
{
    bool too_long = false;

    if (*stop)
        return LINES_STOPPED;
    for (;;) {
        char *start = lines->buffer + lines->from;
        size_t have = lines->to - lines->from;
        char *newline = memchr(start, '\n', have);
        enum lines_verdict verdict;

        if (newline || (lines->at_end && have > 0)) {
            size_t taken = newline ? (size_t)(newline - start) + 1 : have;

            lines->from += taken;
            lines->number++;
            if (too_long)
                return LINES_TOO_LONG;
            *line = start;
            *len = taken;
            trim(line, len);
            if (*len > 0)
                return LINES_LINE;
            continue;
        }
        if (lines->at_end) {
            if (too_long)
                lines->number++;
            return too_long ? LINES_TOO_LONG : LINES_END;
        }
        if (have == LINE_MAX_BYTES + 1) { /* full and no end in sight: let it pass by */
            too_long = true;
            lines->from = lines->to = 0;
        } else if (lines->from > 0) {
            memmove(lines->buffer, start, have);
            lines->from = 0;
            lines->to = have;
        }
        verdict = fill(lines, stop);
        if (verdict != LINES_LINE)
            return verdict;
    }
}

void lines_close(struct lines *lines)
{
    if (lines->fd > STDIN_FILENO)
        close(lines->fd);
    lines->fd = -1;
}
