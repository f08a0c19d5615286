/* One run of catalog-shadow: what was read, looked up and found. */
#ifndef CATALOG_SHADOW_SHADOW_H
#define CATALOG_SHADOW_SHADOW_H

#include "options.h"
#include "products.h"
#include "tally.h"
#include "verdict.h"

#include "common/config.h"
#include "common/money.h"
#include "tools/kit/kafka.h"
#include "tools/kit/progress.h"

enum {
    SHADOW_MISSING_SIZE = 512,
    SHADOW_PREFETCH_BYTES = 32 << 20,
    SHADOW_LINE_BYTES = 1 << 20,
};

/* The results that the topic still holds. */
struct shadow_results {
    uint64_t records, foreign; /* foreign: no result events */
    uint64_t events;           /* results of events, not of changes by hand, each event once */
    uint64_t repeated;         /* that tell again what an earlier one told */
    uint64_t superseded, unchanged, failed;
    uint64_t calls[PLAN_CALL_COUNT]; /* that would have been made */
};

struct shadow_letters {
    uint64_t open, products, nameless; /* nameless: of events in which no product could be read */
};

/* Products of one catalog whose items are looked up together. */
struct shadow_batch {
    struct kit_lookup lookup;
    struct plan plans[KIT_LOOKUP_MAX]; /* owned */
    size_t count;
};

struct shadow {
    const struct shadow_options *options;
    const struct config *config;
    struct money_table money;
    struct kit_progress progress;
    struct shadow_results results;
    struct products products;
    uint64_t total; /* products there is something to say of */
    uint64_t taken; /* of which the deciding record was read again */
    uint64_t looked;
    uint64_t bodiless; /* items of which only their being there was compared: the body was too large */
    struct shadow_batch *batches[CONFIG_CATALOGS_MAX]; /* owned; NULL: not used yet */
    uint64_t kinds[SHADOW_KIND_COUNT];
    char *examples[SHADOW_KIND_COUNT][SHADOW_EXAMPLES_MAX]; /* owned */
    struct tally fields, reasons, uncompared;
    struct shadow_letters letters;
    uint64_t waiting;                  /* offsets that the shadow has not committed yet; 0: no event waits */
    bool failed;                       /* something ended early; said on stderr */
    bool output_lost;                  /* standard output is gone */
    char missing[SHADOW_MISSING_SIZE]; /* what the answer lacks, its first reason; "": nothing */
};

/* Does all of it; the exit code. */
int shadow_run(struct shadow *shadow);

/* Notes why the answer is not complete; the first reason stays. */
void shadow_lacks(struct shadow *shadow, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Says on stderr what failed. Returns false. */
bool shadow_fails(struct shadow *shadow, const char *what);

/* Reads the shadow's results twice: which record decides for each product, then those. False: stopped, or
 * shadow_fails. */
bool shadow_read(struct shadow *shadow, rd_kafka_t *reader);

/* Takes a plan that decides (its json becomes the callee's), and looks its item up, together with others.
 * False: the catalog cannot be asked, or kit_stop was raised. */
bool shadow_look(struct shadow *shadow, struct plan *plan);
/* Looks up what is left, and ends. */
bool shadow_look_end(struct shadow *shadow);

/* Notes what was found of one product: counts, examples, a line of --list. */
void shadow_found(struct shadow *shadow, const struct plan *plan, const struct kit_wanted *wanted,
                  const struct differences *differences);

/* The shadow's own topic of dead letters. */
bool shadow_read_letters(struct shadow *shadow, rd_kafka_t *reader);

/* How far the shadow's group is behind the events. */
bool shadow_read_waiting(struct shadow *shadow, rd_kafka_t *reader);

uint64_t shadow_agreeing(const struct shadow *shadow);
uint64_t shadow_differing(const struct shadow *shadow);

/* The report, for people and for programs; what it says last is `missing`. */
void shadow_print(const struct shadow *shadow);
void shadow_print_json(const struct shadow *shadow);

#endif
