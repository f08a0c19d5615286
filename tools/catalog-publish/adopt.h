/* --adopt: items that a shop has in the catalog already become known to the workers, so that their next
 * events update them by id. Look first, report, and only then record. */
#ifndef CATALOG_PUBLISH_ADOPT_H
#define CATALOG_PUBLISH_ADOPT_H

#include "common/config.h"
#include "inputs.h"
#include "options.h"
#include "rows.h"
#include "tools/kit/progress.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ADOPT_ROWS_MAX = 5 * 1000 * 1000, ADOPT_ID_SIZE = 32, ADOPT_FOUND_SIZE = 128 };

/* X(SYMBOL, name in reports, what it means). The order is that of the report. */
#define ADOPT_VERDICTS(X)                                                                                    \
    X(UNSEEN, "unseen", "not looked up")                                                                     \
    X(MATCH, "match", "the SKU's item has the row's catalog_id")                                             \
    X(MISSING, "missing", "the catalog has no such item")                                                    \
    X(OTHER_SKU, "other_sku", "the catalog_id belongs to an item of another SKU")                            \
    X(OTHER_ID, "other_id", "the SKU's item has another id than the row's")                                  \
    X(DOUBLED, "doubled", "the catalog has two items or more for the SKU")                                   \
    X(REPEATED, "repeated", "another row has the same product, SKU or catalog_id")                           \
    X(RECORDED, "recorded", "matched, and now known to the workers")                                         \
    X(REMEMBERED, "remembered", "matched, and the workers know an item of the product already")              \
    X(TAKEN, "taken", "matched, but for the workers the SKU belongs to another product")                     \
    X(BUSY, "busy", "matched, but a worker is at work on the product: run it again")

enum adopt_verdict {
#define X(symbol, name, words) ADOPT_##symbol,
    ADOPT_VERDICTS(X)
#undef X
        ADOPT_VERDICT_COUNT
};

struct adopt_row {
    char *product_id, *sku; /* one block, owned by product_id */
    char catalog_id[ADOPT_ID_SIZE];
    char found[ADOPT_FOUND_SIZE]; /* OTHER_ID: the item's id; OTHER_SKU: its SKU */
    uint64_t line;
    int input;
    uint8_t catalog; /* index in the configuration */
    bool product_id_is_number;
    enum adopt_verdict verdict;
};

struct adopt {
    const struct options *options;
    const struct config *config;
    struct inputs inputs;
    struct adopt_row *rows; /* owned */
    size_t count;
    uint64_t wrong; /* rows that could not be read */
    uint64_t calls;
    struct kit_progress progress;
    bool failed; /* something ended early; said on stderr */
};

/* Does all of it. Returns the exit code. */
int adopt(const struct options *options, const struct config *config);

/* Reads all rows; wrong ones are said and counted, repeated ones marked. False: stopped, or no memory. */
bool adopt_read(struct adopt *adopt);

/* Looks all of them up. False with a message on stderr: the catalog could not be asked. */
bool adopt_look(struct adopt *adopt);

/* Records those that match. False with a message on stderr. */
bool adopt_record(struct adopt *adopt);

/* How many rows have this verdict. */
uint64_t adopt_number(const struct adopt *adopt, enum adopt_verdict verdict);

/* Counts and examples for people. */
void adopt_tell(const struct adopt *adopt);

/* The counts as one line of JSON on stdout. */
void adopt_print_json(const struct adopt *adopt, bool ok);

/* Every row's verdict, into --report. False with a message on stderr. */
bool adopt_write_report(const struct adopt *adopt);

#endif
