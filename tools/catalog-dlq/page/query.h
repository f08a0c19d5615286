/* What an address or a form asks for: NAME=VALUE pairs (application/x-www-form-urlencoded), and the filters
 * among them, which are those of the command line. */
#ifndef DLQ_PAGE_QUERY_H
#define DLQ_PAGE_QUERY_H

#include "filter.h"

#include "common/sbuf.h"

enum { QUERY_PAIRS_MAX = 256, QUERY_WHY_SIZE = FILTER_WHY_SIZE };

struct query {
    char *text; /* owned: what the pairs point into */
    size_t count;
    struct query_pair {
        const char *name, *value;
    } pairs[QUERY_PAIRS_MAX];
};

/* Reads the text behind an address' question mark, or a form. False with a message in why: too many pairs, a
 * broken percent-escape, a NUL, text that is no UTF-8. Free with query_free in any case. */
bool query_read(struct query *query, const char *text, size_t len, char why[QUERY_WHY_SIZE]);
void query_free(struct query *query);

/* The first value of this name that is not empty; NULL where there is none. */
const char *query_get(const struct query *query, const char *name);

/* A whole number of this name within bounds; fallback where it is missing or anything else. */
int64_t query_number(const struct query *query, const char *name, int64_t min, int64_t max, int64_t fallback);

/* The filters in it: `key` (again and again), and each that filter_option knows; empty ones are as if they
 * were not there. A name that is neither one of these nor in others (NULL at its end) is a mistake: a filter
 * written wrongly must not match everything. False with a message in why. *filter points into the query. */
bool query_filter(const struct query *query, const char *const *others, int64_t now_ms, struct filter *filter,
                  char why[QUERY_WHY_SIZE]);

/* Appends path and a query with all filters of this one, but name (may be NULL) set to value (NULL: left
 * out): for an attribute, escaped. */
void query_link(struct sbuf *out, const char *path, const struct query *query, const char *name,
                const char *value);

/* Appends hidden fields with all filters of this query. */
void query_fields(struct sbuf *out, const struct query *query);

/* True if name is a filter, or `key`. */
bool query_is_filter(const char *name);

#endif
