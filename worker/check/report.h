/* What --check found: one line a question, each with its state and, unless all is well, the mend. */
#ifndef CHECK_REPORT_H
#define CHECK_REPORT_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum check_state {
    CHECK_OK,
    CHECK_WARN,    /* works today, and will hurt one day */
    CHECK_UNKNOWN, /* could not be looked at: this is not ok */
    CHECK_FAIL,    /* does not work, or breaks a promise */
    CHECK_STATE_COUNT
};

enum {
    CHECK_LINES_MAX = 512, /* of one report; what comes later is counted only */
    CHECK_ID_SIZE = 32,
    CHECK_SUBJECT_SIZE = 280,
    CHECK_TEXT_SIZE = 640,
};

struct check_line {
    enum check_state state;
    bool accepted;          /* not ok, and the caller said that this is known */
    char id[CHECK_ID_SIZE]; /* what was asked: "kafka.retention"; stable, for --accept and for scripts */
    char subject[CHECK_SUBJECT_SIZE]; /* of what: a topic, a catalog; "" where there is one only */
    char found[CHECK_TEXT_SIZE], mend[CHECK_TEXT_SIZE];
};

/* Filled by one thread, read by another: every function takes the lock. */
struct check_report {
    pthread_mutex_t lock;
    struct check_line *lines; /* owned */
    size_t count, dropped;
    bool done; /* nothing more will come */
};

void check_report_init(struct check_report *report);
void check_report_free(struct check_report *report);

/* Adds a line. subject and mend: NULL or "" for none. All texts are scrubbed of secrets and of control
 * characters, and cut to size. */
void check_say(struct check_report *report, enum check_state state, const char *id, const char *subject,
               const char *mend, const char *found, ...) __attribute__((format(printf, 6, 7)));

/* Marks as accepted what `accept` names: ids and states ("warn", "unknown") split by commas; NULL: nothing. A
 * FAIL is accepted by its id alone. */
void check_accept(struct check_report *report, const char *accept);

/* "ok", "warn", "unknown", "FAIL" */
const char *check_state_name(enum check_state state);

/* Sums over reports. */
struct check_sums {
    size_t states[CHECK_STATE_COUNT]; /* accepted lines are not among them */
    size_t accepted;
};
bool check_passed(const struct check_sums *sums);

/* Prints the reports' lines and their sums. */
void check_print_text(struct check_report *reports, size_t count, FILE *out, struct check_sums *sums);
void check_print_json(struct check_report *reports, size_t count, FILE *out, struct check_sums *sums);

/* A duration in words, exact: "7 days", "90 seconds", "1500 ms"; "for ever" below 0. Written to out. */
const char *check_span(int64_t ms, char out[32]);

#endif
