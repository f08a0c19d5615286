/* A progress line on a terminal; silent elsewhere. */
#ifndef KIT_PROGRESS_H
#define KIT_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct kit_progress {
    bool shown;
    int64_t started_ms, next_ms;
};

/* Shows on stderr if that is a terminal and quiet is false. */
void kit_progress_start(struct kit_progress *progress, bool quiet);

/* Redraws a few times a second: a bar of done of total (total 0: no bar), and a text such as "12 sent, 3/s".
 * With a total the time left is said. last: draws in any case, and ends the line. */
void kit_progress_show(struct kit_progress *progress, uint64_t done, uint64_t total, const char *text,
                       bool last);

/* Takes the line away, so that a message can stand in its place. */
void kit_progress_clear(const struct kit_progress *progress);

#endif
