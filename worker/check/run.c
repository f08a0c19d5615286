/* The subjects side by side, bounded in time. */
#include "tools/kit/cli.h"
#include "worker/check/check.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_EVERY_MS = 20 };

enum subject_kind { LOCAL, KAFKA, REDIS, CATALOG };

/* Everything a thread needs. Never freed while one may still run. */
struct subject {
    enum subject_kind kind;
    const struct config_catalog *catalog;
    const struct check *check;
    struct check_report *report;
    char id[CHECK_ID_SIZE];
};

struct run {
    struct check check;
    size_t count;
    struct subject subjects[CATALOG + CONFIG_CATALOGS_MAX];
    struct check_report reports[CATALOG + CONFIG_CATALOGS_MAX];
};

int check_left_ms(const struct check *check, int most)
{
    int64_t left = check->until_ms - kit_now_ms();

    return left < 1 ? 1 : left < most ? (int)left : most;
}

static void *look(void *arg)
{
    struct subject *subject = arg;

    switch (subject->kind) {
    case LOCAL: check_local(subject->check, subject->report); break;
    case KAFKA: check_kafka(subject->check, subject->report); break;
    case REDIS: check_redis(subject->check, subject->report); break;
    case CATALOG: check_catalog(subject->check, subject->catalog, subject->report); break;
    }
    pthread_mutex_lock(&subject->report->lock);
    subject->report->done = true;
    pthread_mutex_unlock(&subject->report->lock);
    return NULL;
}

static void add(struct run *run, enum subject_kind kind, const struct config_catalog *catalog, const char *id)
{
    struct subject *subject = &run->subjects[run->count];

    subject->kind = kind;
    subject->catalog = catalog;
    subject->check = &run->check;
    subject->report = &run->reports[run->count];
    snprintf(subject->id, sizeof subject->id, "%s", id);
    check_report_init(subject->report);
    run->count++;
}

static void start(struct run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        pthread_t thread;

        if (pthread_create(&thread, NULL, look, &run->subjects[i]) == 0)
            pthread_detach(thread);
        else
            look(&run->subjects[i]);
    }
}

static bool done(struct check_report *report)
{
    bool is;

    pthread_mutex_lock(&report->lock);
    is = report->done;
    pthread_mutex_unlock(&report->lock);
    return is;
}

/* True if all have ended in time. */
static bool await(struct run *run)
{
    for (;;) {
        size_t ended = 0;

        for (size_t i = 0; i < run->count; i++)
            ended += done(&run->reports[i]);
        if (ended == run->count)
            return true;
        if (kit_now_ms() >= run->check.until_ms)
            return false;
        nanosleep(&(struct timespec){.tv_nsec = LOOK_EVERY_MS * 1000000L}, NULL);
    }
}

static void say_unfinished(struct run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        const struct subject *subject = &run->subjects[i];

        if (!done(subject->report))
            check_say(subject->report, CHECK_FAIL, subject->id,
                      subject->catalog ? subject->catalog->name : "",
                      "something between here and there swallows packets, or names resolve too slowly: look "
                      "at the firewall, network policy and DNS",
                      "its questions were not answered within %d s", CHECK_TOTAL_MS / 1000);
    }
}

int check_run(const struct config *config, const struct worker_settings *settings, const char *accept,
              bool json, bool *hanging)
{
    struct run *run = calloc(1, sizeof *run);
    struct check_sums sums;

    *hanging = false;
    if (!run)
        return 1;
    curl_global_init(CURL_GLOBAL_DEFAULT); /* before the threads: it is not theirs to race for */
    run->check =
        (struct check){.config = config, .settings = settings, .until_ms = kit_now_ms() + CHECK_TOTAL_MS};
    add(run, LOCAL, NULL, "local.time");
    add(run, KAFKA, NULL, "kafka.time");
    add(run, REDIS, NULL, "redis.time");
    for (size_t i = 0; i < config->catalog_count; i++)
        add(run, CATALOG, &config->catalogs[i], "catalog.time");
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "checking; this takes %d s at most\n", CHECK_TOTAL_MS / 1000);
    start(run);
    *hanging = !await(run);
    say_unfinished(run);
    for (size_t i = 0; i < run->count; i++)
        check_accept(&run->reports[i], accept);
    (json ? check_print_json : check_print_text)(run->reports, run->count, stdout, &sums);
    fflush(stdout);
    if (*hanging)
        return 1;
    for (size_t i = 0; i < run->count; i++)
        check_report_free(&run->reports[i]);
    free(run);
    curl_global_cleanup();
    return check_passed(&sums) ? 0 : 1;
}
