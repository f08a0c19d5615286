/* The result topic, read twice: first to find which record decides for each product, then those records, 100
 * a lookup. In between nothing but 48 bytes a product is kept. */
#include "shadow.h"

#include "tools/kit/topic.h"

#include <inttypes.h>
#include <stdio.h>

static void show(struct shadow *shadow, const char *what, int64_t done, int64_t total)
{
    char text[96];

    snprintf(text, sizeof text, "%s, %" PRId64 " of %" PRId64 " offsets", what, done, total);
    kit_progress_show(&shadow->progress, (uint64_t)done, (uint64_t)total, text, false);
}

static void count(struct shadow_results *results, const struct plan *plan, bool fresh)
{
    if (!fresh) {
        results->repeated++;
        return;
    }
    results->events += !plan->by_hand;
    results->superseded += plan->superseded;
    results->unchanged += plan->suppressed;
    results->failed += plan->want == WANT_FAILED;
    for (int i = 0; i < PLAN_CALL_COUNT; i++)
        results->calls[i] += plan->calls[i];
}

/* ---- the first time ---- */

static bool first(void *arg, const rd_kafka_message_t *message)
{
    struct shadow *shadow = arg;
    struct plan plan;
    bool fresh = true;

    if (!message->payload) /* a tombstone: the product is forgotten by whoever cleaned up */
        return true;
    shadow->results.records++;
    if (!plan_read(message->payload, message->len, &plan)) {
        shadow->results.foreign++;
        return true;
    }
    if (plan.product[0])
        fresh = products_take(&shadow->products, message->key, message->key_len, message->partition,
                              message->offset, &plan);
    count(&shadow->results, &plan, fresh);
    plan_free(&plan);
    return !shadow->products.no_memory;
}

static void first_progress(void *arg, int64_t done, int64_t total)
{
    show(arg, "reading results", done, total);
}

/* ---- the second time ---- */

static bool second(void *arg, const rd_kafka_message_t *message)
{
    struct shadow *shadow = arg;
    struct plan plan;

    if (!message->payload || !products_decides(&shadow->products, message->key, message->key_len,
                                               message->partition, message->offset))
        return true;
    if (!plan_read(message->payload, message->len, &plan))
        return true;
    shadow->taken++;
    return shadow_look(shadow, &plan) && !kit_stop;
}

static void second_progress(void *arg, int64_t done, int64_t total)
{
    struct shadow *shadow = arg;
    char text[96];

    (void)done;
    (void)total;
    snprintf(text, sizeof text, "%" PRIu64 " of %" PRIu64 " products compared", shadow->taken, shadow->total);
    kit_progress_show(&shadow->progress, shadow->taken, shadow->total, text, false);
}

static bool scan(struct shadow *shadow, rd_kafka_t *reader,
                 bool (*on_record)(void *arg, const rd_kafka_message_t *message),
                 void (*on_progress)(void *arg, int64_t done, int64_t total))
{
    struct kit_scan scan = {.topic = shadow->config->topic_results,
                            .on_record = on_record,
                            .on_progress = on_progress,
                            .arg = shadow};
    char error[KAFKA_ERROR_SIZE];

    if (kit_topic_scan(reader, &scan, error))
        return true;
    return kit_stop ? false : shadow_fails(shadow, error);
}

bool shadow_read(struct shadow *shadow, rd_kafka_t *reader)
{
    bool ok;

    if (!scan(shadow, reader, first, first_progress))
        return false;
    if (shadow->products.no_memory)
        return shadow_fails(shadow, "no memory for a table of all products");
    shadow->total = products_count(&shadow->products);
    ok = scan(shadow, reader, second, second_progress);
    /* what was taken and waits for a full page is looked up in any case */
    return shadow_look_end(shadow) && ok;
}
