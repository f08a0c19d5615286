/* Texts of /status (JSON) and /metrics (Prometheus). Labels are bounded: catalogs as configured, names of
 * tables. */
#ifndef RUNTIME_METRICS_H
#define RUNTIME_METRICS_H

#include "worker/core/view.h"

#include <stdint.h>

struct histogram;
struct payload;
struct reactor;
struct sbuf;
struct source_position;

/* why: bits of enum not_ready. */
void metrics_status(struct sbuf *page, struct reactor *r, unsigned why);
/* metrics_catalogs.c: `"catalogs":[...]`, and the series that carry a catalog's name. Only configured names
 * become labels, whatever events say. */
void metrics_catalogs_status(struct sbuf *page, struct reactor *r);
void metrics_catalogs(struct sbuf *page, struct reactor *r);

/* why_look.c: `"waiting_for":...,"why":{...}`, and what a partition's oldest record waits for. */
void why_status(struct sbuf *page, const struct reactor *r);
void why_status_partition(struct sbuf *page, struct reactor *r, const struct source_position *position);
/* Records of a partition that are not done, the unread ones included; -1: not known yet. What lies behind the
 * last record and is none (a transaction's marker) does not count. */
int64_t why_partition_lag(const struct reactor *r, const struct source_position *position);
/* Which bound of the window stopped a partition, in a word; "" for none. */
const char *why_bound_name(enum core_full full);

/* HELP and TYPE of catalog_sync_NAME. docs/metrics.md holds the same words. */
void metrics_head(struct sbuf *page, const char *name, const char *type, const char *help);

const char *metrics_call_name(enum call_kind kind);

/* metrics_lag.c, metrics_scale.c and metrics_errors.c: lag by partition; useful replicas and the budget's
 * time to drain; errors of Kafka and Redis. */
void metrics_lag(struct sbuf *page, struct reactor *r);
void metrics_scale(struct sbuf *page, struct reactor *r);
void metrics_errors(struct sbuf *page, const struct reactor *r);

/* metrics_delay.c: freshness, and how long Redis and the API take to answer. Of one op, one question is
 * out at a time: asked notes when, answered counts how long it took. A result that was acknowledged ends
 * freshness. */
void metrics_asked(const struct reactor *r, struct payload *payload);
void metrics_answered(const struct reactor *r, const struct payload *payload, struct histogram *histogram);
/* The same of a call. */
void metrics_called(struct reactor *r, const struct payload *payload);
void metrics_delay(struct sbuf *page, struct reactor *r);
void metrics_result_out(struct reactor *r, const struct payload *payload);

/* metrics_process.c: what was built, and the process. */
void metrics_process(struct sbuf *page);

void metrics_prometheus(struct sbuf *page, struct reactor *r, unsigned why);

#endif
