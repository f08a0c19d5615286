/* What is broken, counted: causes, and how many letters by class, code, reason, product and hour. Data only;
 * who shows it (stats.c, the page) chooses the form. */
#ifndef DLQ_STATS_H
#define DLQ_STATS_H

#include "explain.h"
#include "open.h"

enum {
    STATS_EXAMPLES_MAX = 20, /* causes whose example is named */
    STATS_PRODUCTS_MAX = 10,
    STATS_HOURS_MAX = 4096,
    STATS_GROUPS_MAX = 256,
    STATS_GROUP_SIZE = 48,
    STATS_HOUR_MS = 3600000
};

struct stats_hour {
    uint32_t hour; /* since 1970 */
    uint64_t count;
};

struct stats_product {
    char *name;              /* catalog/product, visible; owned; "": could not be read */
    char *catalog, *product; /* its halves; owned; NULL where the letter has none */
    uint32_t count;
};

struct stats_group {
    char name[STATS_GROUP_SIZE]; /* as it came, cut; "(none)" or "none" where letters have none */
    uint64_t count;
};

/* Zeroed memory is empty. */
struct stats {
    struct open_table table;
    struct cause **causes; /* those with letters, most first; owned, their elements are the table's */
    size_t cause_count;
    char *examples[STATS_EXAMPLES_MAX]; /* by cause: a key, visible; owned; NULL: could not be read */
    struct stats_product products[STATS_PRODUCTS_MAX]; /* most first */
    size_t product_shown, product_count;               /* in the list, and in all */
    struct stats_hour hours[STATS_HOURS_MAX];          /* oldest first */
    size_t hour_count;
};

/* Reads the whole topic of dead letters and counts what matches filter (the caller's; must stay). on_progress
 * as in open_read, may be NULL. False with a message in error. Free with stats_free in any case. */
bool stats_read(struct stats *stats, const struct config *config, const struct filter *filter,
                void (*on_progress)(void *arg, int64_t done, int64_t total), void *arg,
                char error[KAFKA_ERROR_SIZE]);
void stats_free(struct stats *stats);

/* Letters by what their causes share. Returns how many groups there are; those beyond STATS_GROUPS_MAX are
 * left out. */
enum stats_by { STATS_BY_CLASS, STATS_BY_CODE, STATS_BY_REASON, STATS_BY_COUNT };
size_t stats_group(const struct stats *stats, enum stats_by by, struct stats_group out[STATS_GROUPS_MAX]);

/* The API's code as people write it: "100", "100/33", or "" where there is none. */
void stats_code(const struct cause *cause, char out[STATS_GROUP_SIZE]);

void stats_explain(const struct cause *cause, struct explanation *out);

#endif
