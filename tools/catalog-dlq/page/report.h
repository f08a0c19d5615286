/* What would come, and what came, of a replay or drop: HTML of its account. */
#ifndef DLQ_PAGE_REPORT_H
#define DLQ_PAGE_REPORT_H

#include "page.h"

#include "follow.h"
#include "resolve.h"

/* After resolve_dry. */
void report_dry(struct sbuf *out, const struct resolve *resolve);

/* After the end, however it came; follow and error may be NULL. */
void report_done(struct sbuf *out, const struct resolve *resolve, const struct follow *follow,
                 const char *error, int64_t took_ms);

#endif
