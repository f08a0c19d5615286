/* Which dead letters an action is about. All actions take the same filters; what is not given matches all. */
#ifndef DLQ_FILTER_H
#define DLQ_FILTER_H

#include "letter.h"

#include "common/sbuf.h"

enum { FILTER_KEYS_MAX = 1024, FILTER_WHY_SIZE = 256 };

struct filter {
    const char
        *keys[FILTER_KEYS_MAX]; /* the caller's: dead-letter keys, or PARTITION@OFFSET of keyless ones */
    size_t key_count;
    const char *class_name, *reason;     /* globs (fnmatch), matched without regard to case */
    const char *product, *sku, *catalog; /* equal */
    const char *fingerprint;             /* its beginning */
    const char *text;                    /* found in key, value or a header, ASCII case ignored */
    int64_t since_ms, until_ms;          /* of the death; since included, until not; 0: any */
    int32_t code, subcode;
    bool has_code, has_subcode;
    int64_t replays_min, replays_max; /* 0, 0 is "exactly none" with has_replays */
    bool has_replays;
};

/* Takes one option by its name without dashes ("class", "since", ...). Returns 1 if it is one of the filters
 * and its value is good, 0 if it is no filter, -1 with a message in why for a bad value. value must stay. */
int filter_option(struct filter *filter, const char *name, const char *value, int64_t now_ms,
                  char why[FILTER_WHY_SIZE]);

/* True if nothing is asked for: every letter matches. */
bool filter_is_empty(const struct filter *filter);

bool filter_matches(const struct filter *filter, const struct letter *letter);

/* The letter's key as filters and people name it: the key itself, visible, or PARTITION@OFFSET where it has
 * none. */
void letter_name(const struct letter *letter, struct sbuf *out);

/* What is asked for in one line, such as "class=invalid since=2026-11-22T21:38:49.123Z"; "all". */
void filter_describe(const struct filter *filter, struct sbuf *out);

/* A moment: RFC 3339, a date, or how long ago: 90s, 30m, 2h, 7d. False for anything else. */
bool filter_time(const char *text, int64_t now_ms, int64_t *ms);

/* The filters as --help lists them. */
extern const char filter_help[];

#endif
