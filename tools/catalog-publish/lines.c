#include "lines.h"

#include <string.h>

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

/* Editors on Windows begin a file with a byte order mark. */
static void pass_mark(struct source *source, uint64_t number)
{
    if (number == 0 && source->to - source->from >= 3 &&
        memcmp(source->buffer + source->from, "\xef\xbb\xbf", 3) == 0)
        source->from += 3;
}

enum lines_verdict lines_next(struct source *source, uint64_t *number, const char **line, size_t *len)
{
    bool too_long = false;

    for (;;) {
        char *start = source->buffer + source->from;
        size_t have = source->to - source->from;
        char *newline = memchr(start, '\n', have);
        enum source_verdict verdict;

        if (newline || (source->at_end && have > 0)) {
            size_t taken = newline ? (size_t)(newline - start) + 1 : have;

            pass_mark(source, *number);
            *line = source->buffer + source->from;
            *len = taken - (size_t)(*line - start);
            source->from += *len;
            (*number)++;
            if (too_long)
                return LINES_TOO_LONG;
            trim(line, len);
            if (*len > 0)
                return LINES_LINE;
            continue;
        }
        if (source->at_end) {
            *number += too_long;
            return too_long ? LINES_TOO_LONG : LINES_END;
        }
        if (have == SOURCE_BUFFER_BYTES) { /* full and no end in sight: let it pass by */
            too_long = true;
            source->from = source->to;
        }
        verdict = source_fill(source);
        if (verdict == SOURCE_STOPPED)
            return LINES_STOPPED;
        if (verdict == SOURCE_FAILED)
            return LINES_FAILED;
    }
}
