/* Texts of /status (JSON) and /metrics (Prometheus). Labels are bounded: catalogs as configured, names of
 * tables. */
#ifndef RUNTIME_METRICS_H
#define RUNTIME_METRICS_H

#include "worker/core/core.h"

#include <stdint.h>

struct histogram;
struct payload;
struct reactor;
struct sbuf;

/* why: bits of enum not_ready. */
void metrics_status(struct sbuf *page, struct reactor *r, unsigned why);
/* metrics_catalogs.c: `"catalogs":[...]`, and the series that carry a catalog's name. Only configured names
 * become labels, whatever events say. */
void metrics_catalogs_status(struct sbuf *page, struct reactor *r);
void metrics_catalogs(struct sbuf *page, struct reactor *r);

/* why_look.c: `"waiting_for":...,"why":{...}`, and what a partition's oldest record waits for. high: the end
 * of its log, -1 if unknown. */
void why_status(struct sbuf *page, const struct reactor *r);
void why_status_partition(struct sbuf *page, struct reactor *r, uint16_t partition, int64_t high);

/* HELP and TYPE of catalog_sync_NAME. docs/metrics.md holds the same words. */
void metrics_head(struct sbuf *page, const char *name, const char *type, const char *help);

const char *metrics_call_name(enum call_kind kind);

/* metrics_delay.c: lag, freshness, and how long Redis and the API take to answer. Of one op, one question is
 * out at a time: asked notes when, answered counts how long it took. A result that was acknowledged ends
 * freshness. */
void metrics_asked(const struct reactor *r, struct payload *payload);
void metrics_answered(const struct reactor *r, const struct payload *payload, struct histogram *histogram);
void metrics_delay(struct sbuf *page, struct reactor *r);
void metrics_result_out(struct reactor *r, const struct payload *payload);

/* metrics_process.c: what was built, and the process. */
void metrics_process(struct sbuf *page);

void metrics_prometheus(struct sbuf *page, struct reactor *r, unsigned why);

#endif
