/* One run of catalog-dlq: what the command line asked for, and what all commands share. */
#ifndef DLQ_APP_H
#define DLQ_APP_H

#include "filter.h"
#include "out.h"

#include "common/config.h"
#include "tools/kit/cli.h"
#include "tools/kit/kafka.h"
#include "tools/kit/progress.h"

enum { APP_EDITS_MAX = 32, APP_INPUTS_MAX = 64, APP_KEEP_MAX = 16 };

struct options {
    struct filter filter;
    bool json, quiet, all, yes, dry_run, force, edit, follow, private_audit, full, no_history, any_topic;
    int64_t max;         /* 0: no bound */
    double rate;         /* letters a second; 0: no bound */
    int64_t replays_max; /* of the loop guard */
    int64_t follow_ms;
    const char *listen, *token_file, *public_url; /* of serve; NULL: not given */
    bool allow_changes;
    const char *why, *output;
    const char *edits[APP_EDITS_MAX]; /* path=value of --set */
    size_t edit_count;
    const char *keep[APP_KEEP_MAX]; /* further headers that a replay carries on */
    size_t keep_count;
    const char *inputs[APP_INPUTS_MAX]; /* files, or a product */
    size_t input_count;
    const char *command;
};

struct app {
    struct kit_cli cli;
    struct config config;
    struct options options;
    struct out out;
    struct kit_progress progress;
    int64_t now_ms; /* when it started, since 1970 */
    /* what the summary says in its place: NULL as long as all is complete */
    char partial[512];
};

/* Reads the command line. Returns -1 to go on, else the exit code (--help, --version, wrong usage). */
int options_read(struct app *app, int argc, char **argv);

/* Notes why the result is not complete; the first reason stays. */
void app_partial(struct app *app, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Complains on standard error and returns KIT_FAILED. */
int app_failed(struct app *app, const char *error);
/* KIT_DONE, or KIT_PARTIAL where app_partial was called; KIT_FAILED where standard output is broken. */
int app_end(struct app *app);
/* Appends "complete":true or "complete":false,"missing":"..." to JSON. */
void app_json_end(const struct app *app, struct sbuf *out);

/* Progress of a reading, as open_read gives it; arg is the app. */
void app_progress(void *arg, int64_t done, int64_t total);

/* The commands: exit codes. */
int command_stats(struct app *app);
int command_list(struct app *app);
int command_show(struct app *app);
int command_tail(struct app *app);
int command_replay(struct app *app);
int command_drop(struct app *app);
int command_export(struct app *app);
int command_import(struct app *app);
int command_product(struct app *app);
int command_serve(struct app *app);

#endif
