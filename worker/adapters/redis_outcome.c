/* The words under which outcomes, reasons and item states stand in Redis. */
#include "worker/adapters/redis_store_state.h"

#include <string.h>

static const char *const outcomes[] = {
    [OUTCOME_NONE] = "-",
    [OUTCOME_CREATED] = "created",
    [OUTCOME_UPDATED] = "updated",
    [OUTCOME_DELETED] = "deleted",
    [OUTCOME_UNCHANGED] = "unchanged",
    [OUTCOME_SKIPPED] = "skipped",
    [OUTCOME_SUPERSEDED] = "superseded",
    [OUTCOME_FAILED] = "failed",
};

static const char *const reasons[] = {
    [REASON_NONE] = "-",
    [REASON_LOCAL] = "local",
    [REASON_NO_SKU] = "no_sku",
    [REASON_INACTIVE] = "inactive",
    [REASON_NOT_IN_CATALOG] = "not_in_catalog",
    [REASON_SKU_TAKEN] = "sku_taken",
    [REASON_NEWER_VERSION] = "newer_version",
    [REASON_ABSORBED] = "absorbed",
    [REASON_IDENTITY_REUSED] = "identity_reused",
    [REASON_TOMBSTONE_UNKNOWN] = "tombstone_unknown",
    [REASON_TOO_MANY_SKUS] = "too_many_skus",
    [REASON_KILLS_WORKERS] = "kills_workers",
    [REASON_REFUSED] = "refused",
    [REASON_ATTEMPTS] = "attempts",
    [REASON_AGE] = "age",
    [REASON_PLAN_ONLY] = "plan_only",
};

enum { OUTCOMES = sizeof outcomes / sizeof outcomes[0], REASONS = sizeof reasons / sizeof reasons[0] };

const char *store_outcome_name(enum outcome outcome)
{
    ASSERT((size_t)outcome < OUTCOMES);
    return outcomes[outcome];
}

const char *store_reason_name(enum reason reason)
{
    ASSERT((size_t)reason < REASONS);
    return reasons[reason];
}

enum outcome store_outcome_parse(const char *name)
{
    for (size_t i = 0; i < OUTCOMES; i++)
        if (strcmp(name, outcomes[i]) == 0)
            return (enum outcome)i;
    return OUTCOME_NONE;
}

enum reason store_reason_parse(const char *name)
{
    for (size_t i = 0; i < REASONS; i++)
        if (strcmp(name, reasons[i]) == 0)
            return (enum reason)i;
    return REASON_NONE;
}

char store_item_letter(enum item_state state)
{
    switch (state) {
    case ITEM_ABSENT: return 'a';
    case ITEM_LIVE: return 'l';
    case ITEM_HIDDEN: return 'h';
    case ITEM_DELETED: return 'd';
    }
    UNREACHABLE("item state");
}

enum item_state store_item_parse(const char *letter)
{
    switch (letter[0]) {
    case 'l': return ITEM_LIVE;
    case 'h': return ITEM_HIDDEN;
    case 'd': return ITEM_DELETED;
    default: return ITEM_ABSENT;
    }
}
