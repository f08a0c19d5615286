/* What failed between this worker and Kafka or Redis, by kind. */
#include "common/sbuf.h"
#include "worker/runtime/metrics.h"
#include "worker/runtime/reactor.h"

#include <inttypes.h>

static void kinds(struct sbuf *page, const char *name, const char *const *names, const uint64_t *counts,
                  size_t count)
{
    for (size_t i = 0; i < count; i++)
        sbuf_printf(page, "catalog_sync_%s{kind=\"%s\"} %" PRIu64 "\n", name, names[i], counts[i]);
}

void metrics_errors(struct sbuf *page, const struct reactor *r)
{
    static const char *const kafka[] = {
#define X(symbol, name) name,
        KAFKA_ERRORS(X)
#undef X
    };
    static const char *const redis[] = {
#define X(symbol, name) name,
        REDIS_ERRORS(X)
#undef X
    };

    metrics_head(page, "kafka_errors_total", "counter", "Errors of the Kafka clients, by kind.");
    kinds(page, "kafka_errors_total", kafka, r->counts.kafka_errors, KAFKA_ERROR_COUNT);
    metrics_head(page, "redis_errors_total", "counter", "Errors between this worker and Redis, by kind.");
    kinds(page, "redis_errors_total", redis, r->counts.redis_errors, REDIS_ERROR_COUNT);
}
