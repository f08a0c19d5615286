/* Names for traces, logs and messages; the lists exist once, in the headers. */
#include "worker/core/state.h"

const char *core_input_name(enum input_type type)
{
    static const char *const names[] = {
#define X(name) #name,
        CORE_INPUTS(X)
#undef X
    };

    ASSERT(type < IN_COUNT);
    return names[type];
}

const char *core_output_name(enum output_type type)
{
    static const char *const names[] = {
#define X(name) #name,
        CORE_OUTPUTS(X)
#undef X
    };

    ASSERT(type < OUT_COUNT);
    return names[type];
}

const char *core_outcome_name(enum outcome outcome)
{
    static const char *const names[] = {"none",      "created", "updated",    "deleted",
                                        "unchanged", "skipped", "superseded", "failed"};

    ASSERT((size_t)outcome < sizeof names / sizeof *names);
    return names[outcome];
}

const char *core_reason_name(enum reason reason)
{
    static const char *const names[] = {
        "",
        "local",
        "no_sku",
        "inactive",
        "not_in_catalog",
        "sku_taken",
        "newer_version",
        "absorbed",
        "identity_reused",
        "tombstone_unknown",
        "too_many_skus",
        "kills_workers",
        "refused",
        "attempts",
        "age",
        "plan_only",
    };

    ASSERT((size_t)reason < sizeof names / sizeof *names);
    return names[reason];
}

const char *core_state_name(const struct core *core, uint32_t slot)
{
    static const char *const names[] = {
#define X(name) #name,
        OP_STATES(X)
#undef X
    };

    ASSERT(slot < core->slots);
    return names[core->ops[slot].state];
}
