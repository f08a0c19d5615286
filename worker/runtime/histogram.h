/* A histogram of durations, as Prometheus has them. Pure. */
#ifndef RUNTIME_HISTOGRAM_H
#define RUNTIME_HISTOGRAM_H

#include <stdint.h>

struct sbuf;

/* X(upper bound in us, the same in seconds as a label). Answers of Redis and of the API; a call's time-out is
 * 30 s by default. */
#define HISTOGRAM_SHORT_BOUNDS(X)                                                                            \
    X(1000, "0.001")                                                                                         \
    X(2500, "0.0025")                                                                                        \
    X(5000, "0.005")                                                                                         \
    X(10000, "0.01")                                                                                         \
    X(25000, "0.025")                                                                                        \
    X(50000, "0.05")                                                                                         \
    X(100000, "0.1")                                                                                         \
    X(250000, "0.25")                                                                                        \
    X(500000, "0.5")                                                                                         \
    X(1000000, "1")                                                                                          \
    X(2500000, "2.5")                                                                                        \
    X(5000000, "5")                                                                                          \
    X(10000000, "10")                                                                                        \
    X(30000000, "30")

/* From an answer at once to a day of an outage. */
#define HISTOGRAM_LONG_BOUNDS(X)                                                                             \
    X(100000, "0.1")                                                                                         \
    X(250000, "0.25")                                                                                        \
    X(500000, "0.5")                                                                                         \
    X(1000000, "1")                                                                                          \
    X(2500000, "2.5")                                                                                        \
    X(5000000, "5")                                                                                          \
    X(10000000, "10")                                                                                        \
    X(30000000, "30")                                                                                        \
    X(60000000, "60")                                                                                        \
    X(300000000, "300")                                                                                      \
    X(900000000, "900")                                                                                      \
    X(3600000000, "3600")                                                                                    \
    X(14400000000, "14400")                                                                                  \
    X(86400000000, "86400")

enum { HISTOGRAM_BUCKETS = 14 };

/* Whose bounds: the same for all that is ever added to one. */
enum histogram_scale { HISTOGRAM_SHORT, HISTOGRAM_LONG };

/* Zeroed before use. */
struct histogram {
    uint64_t counts[HISTOGRAM_BUCKETS + 1]; /* of each bucket alone; the last: above all bounds */
    int64_t sum_us;
};

/* One duration; below 0 (clocks of two machines) counts as 0. */
void histogram_add(struct histogram *histogram, enum histogram_scale scale, int64_t us);

/* The series `name_bucket{le=}`, `name_sum` and `name_count`, in seconds; without HELP and TYPE. label: a
 * further one, `kind="create"`, or "". */
void histogram_print(const struct histogram *histogram, enum histogram_scale scale, const char *name,
                     const char *label, struct sbuf *page);

#endif
