/* catalog-worker --check: the deployment's check-list as a command. It reads and changes nothing: no group is
 * joined, no offset committed, no record, key or item written. It costs two calls of each catalog's budget.
 *
 * Subjects (this process, Kafka, Redis, each catalog) are looked at side by side, each in a thread of its
 * own, so that one that hangs hides nothing of the others; what has not ended within CHECK_TOTAL_MS is a
 * FAIL.
 *
 * Files: report.c and print.c the lines; run.c the threads; local.c kafka.c group.c redis.c prefix.c
 * catalog.c ask; judge_topic.c judge_redis.c judge_clock.c weigh the answers and do no I/O. */
#ifndef CHECK_CHECK_H
#define CHECK_CHECK_H

#include "common/config.h"
#include "worker/check/report.h"
#include "worker/runtime/settings.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    CHECK_TOTAL_MS = 60000,    /* bound of the whole */
    CHECK_QUESTION_MS = 10000, /* of one question to Kafka */
};

struct check {
    const struct config *config;
    const struct worker_settings *settings;
    int64_t until_ms; /* kit_now_ms: when the whole is over */
};

/* Runs every check and prints the lines on stdout. Returns the exit code: 0 if every line is ok or accepted,
 * 1 otherwise. May return with threads still waiting for an answer: the caller ends the process, and frees
 * neither config nor settings, when *hanging is true. accept: see check_accept. */
int check_run(const struct config *config, const struct worker_settings *settings, const char *accept,
              bool json, bool *hanging);

/* What is left of the whole, at most `most`, at least 1. */
int check_left_ms(const struct check *check, int most);

/* The subjects. */
void check_local(const struct check *check, struct check_report *report);
void check_kafka(const struct check *check, struct check_report *report);
void check_redis(const struct check *check, struct check_report *report);
void check_catalog(const struct check *check, const struct config_catalog *catalog,
                   struct check_report *report);

#endif
