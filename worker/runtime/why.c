#include "worker/runtime/why.h"

#include <string.h>

const char *why_name(enum why why)
{
    static const char *const names[] = {
#define X(symbol, name, words) name,
        WHY_TABLE(X)
#undef X
    };

    return (unsigned)why < WHY_COUNT ? names[why] : "";
}

const char *why_words(enum why why)
{
    static const char *const words_of[] = {
#define X(symbol, name, words) words,
        WHY_TABLE(X)
#undef X
    };

    return (unsigned)why < WHY_COUNT ? words_of[why] : "";
}

static struct why_answer answer(enum why why, usec_t until_us)
{
    return (struct why_answer){.why = why, .catalog = SIZE_MAX, .partition = SIZE_MAX, .until_us = until_us};
}

static enum why why_of_gate(enum gate_cause gate)
{
    switch (gate) {
    case GATE_AUTH: return WHY_CREDENTIALS;
    case GATE_FORBIDDEN: return WHY_FORBIDDEN;
    case GATE_BLOCKED: return WHY_BLOCKED;
    case GATE_THROTTLED: return WHY_THROTTLED;
    case GATE_REFUSING: return WHY_REFUSING;
    case GATE_FAILING: return WHY_FAILING;
    case GATE_WORKS: break;
    }
    return WHY_MOVING;
}

/* What the whole process waits for, before any catalog matters. */
static bool process_waits(const struct why_facts *facts, struct why_answer *out)
{
    if (facts->stopping)
        *out = answer(WHY_STOPPING, 0);
    else if (facts->kafka_down)
        *out = answer(WHY_KAFKA_DOWN, 0);
    else if (!facts->joined)
        *out = answer(WHY_JOINING, 0);
    else if (!facts->redis_up || facts->store == CORE_STORE_DOWN)
        *out = answer(WHY_REDIS_DOWN, 0);
    else if (facts->store == CORE_STORE_QUIET)
        *out = answer(WHY_REDIS_QUIET, facts->quiet_until_us);
    else if (facts->store == CORE_STORE_REBUILDING)
        *out = answer(WHY_REDIS_REBUILDING, 0);
    else if (facts->store == CORE_STORE_LOOKING)
        *out = answer(WHY_REDIS_WAITING, 0);
    else if (facts->partitions_count == 0)
        *out = answer(WHY_NOT_ASSIGNED, 0);
    else if (facts->unacked_us >= WHY_UNACKED_US)
        *out = answer(WHY_RESULTS_UNACKED, 0);
    else
        return false;
    return true;
}

/* The catalog whose closed gate is the gravest; the budget is the mildest. */
static bool catalog_waits(const struct why_facts *facts, struct why_answer *out)
{
    struct why_answer found = answer(WHY_COUNT, 0);

    for (size_t i = 0; i < facts->catalogs_count; i++) {
        const struct why_catalog *cat = &facts->catalogs[i];
        enum why why = cat->gate != GATE_WORKS ? why_of_gate(cat->gate)
                       : cat->budget_out       ? WHY_BUDGET
                                               : WHY_COUNT;

        if (!cat->has_work || why >= found.why)
            continue;
        found = answer(why, cat->until_us);
        found.catalog = i;
    }
    if (found.why == WHY_COUNT || facts->calling > 0)
        return false;
    *out = found;
    return true;
}

static enum why why_of_wait(enum core_wait wait)
{
    switch (wait) {
    case CORE_WAIT_LEASE: return WHY_LEASE;
    case CORE_WAIT_UNCERTAIN: return WHY_UNCERTAIN;
    case CORE_WAIT_LOOKUP_LAG: return WHY_LOOKUP_LAG;
    case CORE_WAIT_RETRY: return WHY_RETRY;
    case CORE_WAIT_ALONE: return WHY_ALONE;
    default: return WHY_MOVING;
    }
}

/* While one partition's oldest record is being worked on, things move; else the most lagging one tells. */
static bool record_waits(const struct why_facts *facts, struct why_answer *out)
{
    int64_t most = -1;

    if (facts->calling > 0)
        return false;
    for (size_t i = 0; i < facts->partitions_count; i++) {
        const struct why_partition *part = &facts->partitions[i];
        enum why why;

        if (!part->open)
            continue;
        why = why_of_wait(part->oldest.wait);
        if (why == WHY_MOVING)
            return false;
        if (part->lag <= most)
            continue;
        most = part->lag;
        *out = answer(why, part->oldest.until_us);
        out->partition = i;
    }
    return most >= 0;
}

struct why_answer why_dominant(const struct why_facts *facts)
{
    struct why_answer found;
    bool work = facts->calling > 0;

    if (process_waits(facts, &found) || catalog_waits(facts, &found) || record_waits(facts, &found))
        return found;
    for (size_t i = 0; i < facts->partitions_count; i++) {
        const struct why_partition *part = &facts->partitions[i];

        work = work || part->open || part->lag > 0;
        if (part->full && facts->calling == 0) {
            found = answer(WHY_WINDOW_FULL, 0);
            found.partition = i;
            return found;
        }
    }
    return answer(work ? WHY_MOVING : WHY_IDLE, 0);
}

usec_t why_unacked_us(size_t pending, bool failed, uint32_t open, usec_t since_us, usec_t now_us)
{
    bool waits = pending > 0 || (failed && open > 0);

    return waits && now_us > since_us ? now_us - since_us : 0;
}

int64_t why_lag(int64_t committable, int64_t high)
{
    if (committable < 0 || high < 0)
        return -1;
    return high > committable ? high - committable : 0;
}

bool why_waits(enum why why)
{
    return why != WHY_MOVING && why != WHY_IDLE;
}

enum why_tell why_follow(struct why_track *track, const struct why_answer *now, usec_t now_us)
{
    bool waits = why_waits(now->why), waited = why_waits(track->told);

    if (!track->begun) {
        track->begun = true;
        track->told = WHY_MOVING;
        waited = false;
        track->since_us = track->lasts_us = now_us;
    } else if (track->now.why != now->why || track->now.catalog != now->catalog) {
        track->since_us = now_us;
        if (waits || why_waits(track->now.why))
            track->lasts_us = now_us;
    }
    track->now = *now;
    if (now_us - track->lasts_us < WHY_TELL_US)
        return WHY_TELL_NOTHING;
    if (waits ? track->told == now->why && track->told_catalog == now->catalog : !waited)
        return WHY_TELL_NOTHING;
    if (!waited)
        track->told_us = track->lasts_us;
    track->told = now->why;
    track->told_catalog = now->catalog;
    return waits ? WHY_TELL_WAITS : WHY_TELL_MOVES;
}
