/* Names of outcomes and of the reasons behind them, as results, dead letters and logs carry them (design.md
 * section 3), with the words that explain them to people. The reasons' names follow worker/core/store.h and
 * the event codec. */
#ifndef COMMON_REASON_H
#define COMMON_REASON_H

#include <stddef.h>

/* X(SYMBOL, name). The order is that of the core's enum outcome, so either number may stand for the other. */
#define RESULT_KIND_TABLE(X)                                                                                 \
    X(NONE, "")                                                                                              \
    X(CREATED, "created")                                                                                    \
    X(UPDATED, "updated")                                                                                    \
    X(DELETED, "deleted")                                                                                    \
    X(UNCHANGED, "unchanged")                                                                                \
    X(SKIPPED, "skipped")                                                                                    \
    X(SUPERSEDED, "superseded")                                                                              \
    X(FAILED, "failed")

enum result_kind {
#define X(symbol, name) RESULT_##symbol,
    RESULT_KIND_TABLE(X)
#undef X
        RESULT_KIND_COUNT
};

/* "created", ...; "" for RESULT_NONE and for a number that is none of these. */
const char *result_kind_name(enum result_kind kind);

/* RESULT_NONE where the name is none of these. */
enum result_kind result_kind_parse(const char *name, size_t len);

struct reason_info {
    const char *name;
    const char *words; /* what it means, in plain words */
    const char *mend;  /* what usually helps; "" where nothing is wrong */
};

/* What a reason means; NULL for one this table does not know (readers treat reasons as open). */
const struct reason_info *reason_info(const char *name);

/* All of them, for documentation and for tools: the reason at `index`, NULL past the last. */
const struct reason_info *reason_at(size_t index);

#endif
