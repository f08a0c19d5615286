/* The state of one run of catalog-publish. */
#ifndef CATALOG_PUBLISH_RUN_H
#define CATALOG_PUBLISH_RUN_H

#include "checker.h"
#include "checkpoint.h"
#include "choose.h"
#include "estimate.h"
#include "event.h"
#include "rows.h"
#include "sender.h"
#include "tools/kit/progress.h"
#include "tracker.h"

/* Counters of one pass over the inputs. */
struct pass {
    uint64_t read, invalid, chosen, tombstones;
};

struct run {
    const struct options *options;
    const struct config *config;
    const char *topic;
    char id_prefix[OPTION_TEXT_SIZE];
    struct inputs inputs;
    struct choice choice;
    struct checker checker;
    struct maker maker;
    struct tracker tracker;
    struct sender sender;
    struct estimate estimate;
    struct checkpoint checkpoint; /* as read, then as last written */
    uint64_t resumed;             /* rows that an earlier run confirmed */
    uint64_t invalid_before;      /* those of them that were wrong */
    int64_t checkpoint_ms;        /* when the next one is due */
    bool checkpoint_failed;
    struct kit_progress progress;
    int64_t started_ms;
    struct pass pass; /* of the pass that counts: the sending one, or the only one */
    uint64_t said;    /* wrong rows told one by one */
    uint64_t missing; /* chosen ids that no row had */
    bool input_failed;
    bool refused; /* nothing was sent, on purpose; said on stderr */
};

/* Says that a row is wrong. */
void run_complain(struct run *run, const struct rows *rows, const char *field, const char *why);

/* Reads and checks all rows and sends nothing: for --strict, --dry-run, --resync. False: stopped. */
bool run_check(struct run *run, bool again);

/* Sends what is right of all rows, behind the checkpoint if there is one. */
void run_send(struct run *run, bool silent);

/* The end: for people on stderr, for programs on stdout. Returns the exit code. */
int run_summarise(const struct run *run);

#endif
