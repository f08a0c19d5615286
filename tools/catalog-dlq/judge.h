/* Events judged as the worker judges them: the same decoder, the same settings. */
#ifndef DLQ_JUDGE_H
#define DLQ_JUDGE_H

#include "letter.h"

#include "common/config.h"
#include "common/event.h"
#include "worker/runtime/settings.h"

enum { JUDGE_HEADERS_MAX = LETTER_HEADERS_MAX + 1 };

struct judge {
    struct worker_settings *worker; /* owned */
    bool catalogs_known;            /* the configuration names catalogs; else an event's is not judged */
    int64_t now_ms;
};

/* False with a message in error. */
bool judge_init(struct judge *judge, const struct config *config, int64_t now_ms, char *error,
                size_t error_size);
void judge_free(struct judge *judge);

/* The headers that a replay carries: the event's own that are on the list (content-type, ce_*, traceparent,
 * tracestate, baggage, and those in keep), then dlq-replays. `number` takes the count's digits. Returns how
 * many. */
enum { JUDGE_NUMBER_SIZE = 24 };
size_t replay_headers(const struct letter *letter, const char *const *keep, size_t keep_count,
                      struct record_header out[JUDGE_HEADERS_MAX], char number[JUDGE_NUMBER_SIZE]);

/* Decodes the letter's event as the worker would when it is sent again, with this value. NULL without memory;
 * freed with event_free. */
struct event *judge_decode(const struct judge *judge, const struct letter *letter, struct bytes value);

/* What a decoded event would cost. */
enum judge_cost {
    COST_FAILS, /* invalid: no call, and a dead letter again */
    COST_NONE,  /* skipped or answered without a call */
    COST_CALL   /* at least one call, unless a newer event of the product makes it needless */
};
enum judge_cost judge_cost(const struct event *event);

#endif
