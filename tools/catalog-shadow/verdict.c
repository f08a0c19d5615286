#include "verdict.h"

#include <string.h>

static const struct {
    const char *name, *words;
    bool agrees;
} kinds[SHADOW_KIND_COUNT] = {
#define X(symbol, name, agrees, words) {name, words, agrees},
    SHADOW_KINDS(X)
#undef X
};

const char *shadow_kind_name(enum shadow_kind kind)
{
    return kinds[kind].name;
}

const char *shadow_kind_words(enum shadow_kind kind)
{
    return kinds[kind].words;
}

bool shadow_kind_agrees(enum shadow_kind kind)
{
    return kinds[kind].agrees;
}

bool verdict_wants_lookup(const struct plan *plan)
{
    return plan->sku && plan->want <= WANT_NOTHING;
}

/* An item that should be there. Where the shadow knows no item it would hide one that it finds, and make one
 * to show. */
static enum shadow_kind of_item(const struct plan *plan, const struct kit_wanted *wanted,
                                const struct differences *differences)
{
    bool hidden = plan->want == WANT_HIDDEN;

    if (wanted->items == 0 && plan->catalog_id)
        return KIND_MISSING;
    if (wanted->items == 0)
        return hidden ? KIND_GONE : KIND_NEW;
    if (!plan->catalog_id && !hidden)
        return KIND_EXISTS;
    if (plan->catalog_id && strcmp(plan->catalog_id, wanted->id) != 0)
        return KIND_OTHER_ID;
    return differences->count > 0 ? KIND_DIFFERS : KIND_AGREE;
}

enum shadow_kind verdict(const struct plan *plan, const struct kit_wanted *wanted,
                         const struct differences *differences)
{
    if (plan->want == WANT_FAILED)
        return KIND_FAILED;
    if (plan->want == WANT_UNPLANNED)
        return KIND_UNPLANNED;
    if (plan->want == WANT_AS_IS || (plan->want == WANT_NOTHING && !plan->sku))
        return KIND_NOTHING;
    if (!wanted || !wanted->answered)
        return KIND_UNSEEN;
    if (wanted->items > 1)
        return KIND_DOUBLED;
    switch (plan->want) {
    case WANT_GONE: return wanted->items ? KIND_PRESENT : KIND_GONE;
    case WANT_NOTHING: return wanted->items && !plan->catalog_id ? KIND_LEFT : KIND_NOTHING;
    default: return of_item(plan, wanted, differences);
    }
}
