/* A replay or drop in a thread of its own, one at a time (a second one would fence the first). Pages look at
 * it while it goes on, and at the reports of the last ones. */
#ifndef DLQ_PAGE_JOB_H
#define DLQ_PAGE_JOB_H

#include "order.h"

enum { JOBS_KEPT = 16, JOB_FOLLOW_MS = 120000, JOB_ERROR_SIZE = KAFKA_ERROR_SIZE };

enum job_phase { JOB_READING, JOB_RESOLVING, JOB_FOLLOWING, JOB_ENDED };

struct jobs;

struct jobs *jobs_open(struct app *app);
/* Waits for what is under way: kit_stop, or its end. */
void jobs_close(struct jobs *jobs);

/* Starts it, and takes order and query (which the order points into) over; both are empty afterwards. Returns
 * the job's number from 1; 0 where another one is under way (its number in *running) or there is no memory
 * (*running 0). */
uint32_t jobs_start(struct jobs *jobs, struct order *order, struct query *query, uint32_t *running);

/* Asks a job to end: what is in the open transaction is committed, the rest stays open. */
void jobs_stop(struct jobs *jobs, uint32_t number);

struct job_look {
    enum resolve_action action;
    enum job_phase phase;
    uint64_t done, total; /* of the phase: offsets, letters, outcomes */
    int64_t phase_ms;     /* since it began */
    bool stopping;
    char *report; /* HTML, of a job that ended; owned by the caller */
};

/* False: there is no such job (any more). */
bool jobs_look(struct jobs *jobs, uint32_t number, struct job_look *look);

/* The job under way, 0: none. */
uint32_t jobs_running(struct jobs *jobs);

#endif
