#include "job.h"

#include "follow.h"
#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kept {
    uint32_t number; /* 0: empty */
    enum resolve_action action;
    char *report;
};

struct jobs {
    struct app *app;
    pthread_mutex_t
        lock; /* of everything but `order`, `query`, `resolve`, `follow`, which are the thread's */
    pthread_t thread;
    bool started; /* the thread is to be joined */
    uint32_t running, last;
    enum job_phase phase;
    uint64_t done, total;
    int64_t phase_started_ms;
    bool stopping;
    struct kept kept[JOBS_KEPT];
    struct order order;
    struct query query;
    struct resolve resolve;
    struct follow follow;
};

/* ---- the thread ---- */

static void set(struct jobs *jobs, enum job_phase phase, uint64_t done, uint64_t total)
{
    pthread_mutex_lock(&jobs->lock);
    if (phase != jobs->phase)
        jobs->phase_started_ms = kit_now_ms();
    jobs->phase = phase;
    jobs->done = done;
    jobs->total = total;
    pthread_mutex_unlock(&jobs->lock);
}

static bool is_stopping(struct jobs *jobs)
{
    bool stopping;

    pthread_mutex_lock(&jobs->lock);
    stopping = jobs->stopping;
    pthread_mutex_unlock(&jobs->lock);
    return stopping;
}

static void on_reading(void *arg, int64_t done, int64_t total)
{
    set(arg, JOB_READING, (uint64_t)done, (uint64_t)total);
}

static void on_resolving(void *arg, uint64_t done, uint64_t total)
{
    struct jobs *jobs = arg;

    set(jobs, JOB_RESOLVING, done, total);
    jobs->resolve.stopped = jobs->resolve.stopped || is_stopping(jobs);
}

static bool on_following(void *arg)
{
    struct jobs *jobs = arg;

    set(jobs, JOB_FOLLOWING, jobs->follow.placed - jobs->follow.open, jobs->follow.placed);
    return !is_stopping(jobs);
}

static enum resolve_change on_change(void *arg, const struct letter *letter, const struct judge *judge,
                                     struct sbuf *out, char why[RESOLVE_WHY_SIZE])
{
    (void)judge;
    return order_change(&((struct jobs *)arg)->order, letter, out, why);
}

static void *on_sending(void *arg, const struct letter *letter, const char *topic)
{
    return follow_add(&((struct jobs *)arg)->follow, letter, topic);
}

static void on_sent(void *arg, void *opaque, int32_t partition, int64_t offset)
{
    (void)arg;
    follow_sent(opaque, partition, offset);
}

static bool follows(const struct jobs *jobs)
{
    return jobs->order.follow && jobs->order.action == RESOLVE_REPLAY;
}

static bool work(struct jobs *jobs, char error[KAFKA_ERROR_SIZE])
{
    struct resolve *r = &jobs->resolve;

    if (!resolve_prepare(r, false, error) ||
        (follows(jobs) && !follow_open(&jobs->follow, &jobs->app->config, error)))
        return false;
    r->stopped = is_stopping(jobs);
    if (r->stopped)
        return true;
    set(jobs, JOB_RESOLVING, 0, r->place_count);
    if (!resolve_go(r, error))
        return false;
    return !jobs->follow.reader || r->stopped ||
           follow_wait(&jobs->follow, JOB_FOLLOW_MS, on_following, jobs, error);
}

static void keep(struct jobs *jobs, char *report)
{
    struct kept *kept = &jobs->kept[jobs->running % JOBS_KEPT];

    pthread_mutex_lock(&jobs->lock);
    free(kept->report);
    *kept = (struct kept){.number = jobs->running, .action = jobs->order.action, .report = report};
    jobs->phase = JOB_ENDED;
    jobs->running = 0;
    pthread_mutex_unlock(&jobs->lock);
}

static void *run(void *arg)
{
    struct jobs *jobs = arg;
    char error[KAFKA_ERROR_SIZE] = "";
    int64_t started_ms = kit_now_ms();
    bool ok = work(jobs, error);
    struct sbuf report;

    sbuf_init(&report, PAGE_BYTES_MAX);
    report_done(&report, &jobs->resolve, jobs->follow.reader ? &jobs->follow : NULL, ok ? NULL : error,
                kit_now_ms() - started_ms);
    resolve_free(&jobs->resolve);
    follow_close(&jobs->follow);
    keep(jobs, sbuf_take(&report));
    return NULL;
}

/* ---- from outside ---- */

struct jobs *jobs_open(struct app *app)
{
    struct jobs *jobs = calloc(1, sizeof *jobs);

    if (!jobs)
        return NULL;
    jobs->app = app;
    pthread_mutex_init(&jobs->lock, NULL);
    return jobs;
}

static void join(struct jobs *jobs)
{
    if (jobs->started)
        pthread_join(jobs->thread, NULL);
    jobs->started = false;
    order_free(&jobs->order);
    query_free(&jobs->query);
}

void jobs_close(struct jobs *jobs)
{
    join(jobs);
    for (size_t i = 0; i < JOBS_KEPT; i++)
        free(jobs->kept[i].report);
    pthread_mutex_destroy(&jobs->lock);
    free(jobs);
}

/* The thread that ended is joined here; what it used is taken anew. */
static void set_up(struct jobs *jobs, struct order *order, struct query *query)
{
    join(jobs);
    jobs->order = *order;
    jobs->query = *query;
    *order = (struct order){.edit_count = 0};
    *query = (struct query){.count = 0};
    jobs->resolve = (struct resolve){.stopped = false};
    jobs->follow = (struct follow){.open = 0};
    order_settings(&jobs->order, jobs->app, kit_wall_ms(), &jobs->resolve);
    jobs->resolve.hooks = (struct resolve_hooks){.arg = jobs,
                                                 .reading = on_reading,
                                                 .resolving = on_resolving,
                                                 .change = jobs->order.edit_count ? on_change : NULL,
                                                 .sending = follows(jobs) ? on_sending : NULL,
                                                 .sent = follows(jobs) ? on_sent : NULL};
    jobs->phase = JOB_READING;
    jobs->done = jobs->total = 0;
    jobs->phase_started_ms = kit_now_ms();
    jobs->stopping = false;
}

uint32_t jobs_start(struct jobs *jobs, struct order *order, struct query *query, uint32_t *running)
{
    uint32_t number = 0;

    pthread_mutex_lock(&jobs->lock);
    *running = jobs->running;
    if (jobs->running == 0) {
        set_up(jobs, order, query);
        number = ++jobs->last;
        jobs->running = number;
        jobs->started = pthread_create(&jobs->thread, NULL, run, jobs) == 0;
        if (!jobs->started)
            number = jobs->running = 0;
    }
    pthread_mutex_unlock(&jobs->lock);
    return number;
}

void jobs_stop(struct jobs *jobs, uint32_t number)
{
    pthread_mutex_lock(&jobs->lock);
    if (jobs->running == number)
        jobs->stopping = true;
    pthread_mutex_unlock(&jobs->lock);
}

uint32_t jobs_running(struct jobs *jobs)
{
    uint32_t running;

    pthread_mutex_lock(&jobs->lock);
    running = jobs->running;
    pthread_mutex_unlock(&jobs->lock);
    return running;
}

bool jobs_look(struct jobs *jobs, uint32_t number, struct job_look *look)
{
    const struct kept *kept = &jobs->kept[number % JOBS_KEPT];
    bool found = true;

    pthread_mutex_lock(&jobs->lock);
    if (number != 0 && jobs->running == number)
        *look = (struct job_look){.action = jobs->order.action,
                                  .phase = jobs->phase,
                                  .done = jobs->done,
                                  .total = jobs->total,
                                  .phase_ms = kit_now_ms() - jobs->phase_started_ms,
                                  .stopping = jobs->stopping};
    else if (number != 0 && kept->number == number)
        *look = (struct job_look){
            .action = kept->action, .phase = JOB_ENDED, .report = strdup(kept->report ? kept->report : "")};
    else
        found = false;
    pthread_mutex_unlock(&jobs->lock);
    return found;
}
