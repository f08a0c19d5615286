/* What a plan means beside what the catalog holds. */
#ifndef CATALOG_SHADOW_VERDICT_H
#define CATALOG_SHADOW_VERDICT_H

#include "compare.h"
#include "plan.h"

#include "tools/kit/lookup.h"

/* X(SYMBOL, name in reports, plan and catalog agree, what it means). The order is that of the report. */
#define SHADOW_KINDS(X)                                                                                      \
    X(AGREE, "agree", true, "the item is there and shows what is planned")                                   \
    X(NEW, "new", true, "would be created, and the catalog has no such item")                                \
    X(GONE, "gone", true, "would be deleted or hidden, and the catalog has no such item")                    \
    X(NOTHING, "nothing", true, "nothing would be called, and nothing needs to")                             \
    X(EXISTS, "exists", false, "would be created, but the catalog has an item of the SKU: adopt it")         \
    X(MISSING, "missing", false, "would be updated, but the catalog has no item of the SKU")                 \
    X(OTHER_ID, "other_id", false, "would be updated by an id, but the SKU's item has another")              \
    X(DIFFERS, "differs", false, "the item is there, but shows something else than planned")                 \
    X(PRESENT, "present", false, "would be deleted, but the catalog still has the item")                     \
    X(LEFT, "left", false, "nothing would be called, but the catalog has an item of the SKU")                \
    X(DOUBLED, "doubled", false, "the catalog has two items or more of the SKU")                             \
    X(FAILED, "failed", false, "the workers refuse the product: mend it in the shop")                        \
    X(UNPLANNED, "unplanned", false, "adopted or changed by hand, and no event since: re-sync it")           \
    X(UNSEEN, "unseen", false, "not looked up")

enum shadow_kind {
#define X(symbol, name, agrees, words) KIND_##symbol,
    SHADOW_KINDS(X)
#undef X
        SHADOW_KIND_COUNT
};

const char *shadow_kind_name(enum shadow_kind kind);
const char *shadow_kind_words(enum shadow_kind kind);
bool shadow_kind_agrees(enum shadow_kind kind);

/* True if the plan can only be judged beside the catalog. */
bool verdict_wants_lookup(const struct plan *plan);

/* The kind of a plan; wanted NULL where nothing was looked up. differences: of its fields, counted as none
 * where it has no body. */
enum shadow_kind verdict(const struct plan *plan, const struct kit_wanted *wanted,
                         const struct differences *differences);

#endif
