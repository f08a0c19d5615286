#include "common/assertx.h"
#include "common/event_parts.h"

const char *event_kind_name(enum event_kind kind)
{
    static const char *const names[] = {
        [EVENT_UPSERT] = "upsert",
        [EVENT_RESYNC] = "resync",
        [EVENT_DELETE] = "delete",
        [EVENT_TOMBSTONE] = "tombstone",
        [EVENT_UNKNOWN_TYPE] = "unknown_type",
        [EVENT_BROKEN] = "broken",
    };

    ASSERT((unsigned)kind < sizeof(names) / sizeof(names[0]));
    return names[kind];
}

const char *event_fault_name(enum event_fault fault)
{
    static const char *const names[] = {
#define X(name, text) text,
        EVENT_FAULTS(X)
#undef X
    };

    ASSERT((unsigned)fault < EVENT_FAULT_COUNT);
    return names[fault];
}

const char *const event_availability_names[] = {
    [EVENT_IN_STOCK] = "in stock",         [EVENT_OUT_OF_STOCK] = "out of stock",
    [EVENT_PREORDER] = "preorder",         [EVENT_AVAILABLE_FOR_ORDER] = "available for order",
    [EVENT_DISCONTINUED] = "discontinued", [EVENT_PENDING] = "pending",
    [EVENT_MARK_AS_SOLD] = "mark_as_sold", [EVENT_MARK_AS_EXPIRED] = "mark_as_expired",
};

const char *const event_condition_names[] = {
    [EVENT_CONDITION_NEW] = "new",
    [EVENT_CONDITION_REFURBISHED] = "refurbished",
    [EVENT_CONDITION_USED] = "used",
    [EVENT_CONDITION_USED_LIKE_NEW] = "used_like_new",
    [EVENT_CONDITION_USED_GOOD] = "used_good",
    [EVENT_CONDITION_USED_FAIR] = "used_fair",
    [EVENT_CONDITION_CPO] = "cpo",
    [EVENT_CONDITION_OPEN_BOX_NEW] = "open_box_new",
};

const char *const event_visibility_names[] = {[EVENT_PUBLISHED] = "published", [EVENT_STAGING] = "staging"};

const char *event_availability_name(enum event_availability availability)
{
    ASSERT((unsigned)availability <= EVENT_MARK_AS_EXPIRED);
    return event_availability_names[availability];
}

const char *event_condition_name(enum event_condition condition)
{
    ASSERT((unsigned)condition <= EVENT_CONDITION_OPEN_BOX_NEW);
    return event_condition_names[condition];
}

const char *event_visibility_name(enum event_visibility visibility)
{
    ASSERT((unsigned)visibility <= EVENT_STAGING);
    return event_visibility_names[visibility];
}
