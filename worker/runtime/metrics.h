/* Texts of /status (JSON) and /metrics (Prometheus). Labels are bounded: catalogs as configured, names of
 * tables. */
#ifndef RUNTIME_METRICS_H
#define RUNTIME_METRICS_H

struct reactor;
struct sbuf;

/* why: bits of enum not_ready. */
void metrics_status(struct sbuf *page, struct reactor *r, unsigned why);
void metrics_prometheus(struct sbuf *page, struct reactor *r, unsigned why);

#endif
