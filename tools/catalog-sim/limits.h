/* Rate limits: rolling windows for each catalog, each token and the app, and the usage headers
 * (catalog-api.md section 8). Refused calls count too, and so prolong the block, as documented. */
#ifndef CATALOG_SIM_LIMITS_H
#define CATALOG_SIM_LIMITS_H

#include "store.h"
#include "text.h"
#include "tokens.h"

#include <stdbool.h>
#include <stdint.h>

#define LIMIT_BUCKETS 60

struct call;
struct sim;

struct limit {
    uint32_t bucket[LIMIT_BUCKETS];
    uint64_t last; /* number of the newest bucket */
    uint64_t blocked_until_us;
};

struct limits {
    struct limit catalogs[CATALOGS_MAX], batches[CATALOGS_MAX], tokens[TOKENS_MAX], app;
};

/* Counts the call. False: over a limit, and the call's answer is set. */
bool limits_admit(struct call *call);

/* The usage headers due with an answer: JSON for x-business-use-case-usage and x-app-usage, each left empty
 * if not. */
void limits_headers(struct call *call, struct text *business, struct text *app);

#endif
