/* Coverage marks: interesting things, counted. A full run in which one of them never happened has not tested
 * what it claims to. */
#ifndef SIM_MARKS_H
#define SIM_MARKS_H

#include <stdint.h>
#include <stdio.h>

/* clang-format off */
#define SIM_MARKS(X) \
    X(PAUSED) X(RESUMED) X(STEPPED_BACK) X(GAP) X(DROPPED_STALE) X(DROPPED_AGAIN) X(ABSORBED) \
    X(CRASH_BETWEEN) X(CRASH) X(FREEZE) X(ZOMBIE) X(ZOMBIE_COMMIT_REFUSED) X(REVOKED) X(LOST) \
    X(TERMINATED) X(HELD) X(WAIT) X(DONE) X(STALE) X(UNCHANGED) X(SKIPPED) X(CONFLICT) \
    X(NOTHING_KNOWN) X(EPOCH_ANSWER) X(TOO_MANY_SKUS) X(ENDED) X(REGRANTED) X(CLAIM_UNANSWERED) \
    X(SETTLE_REFUSED) X(SETTLE_EPOCH) X(SETTLE_AGAIN) X(RELEASED) X(REPAIR) X(REPAIR_FED) \
    X(EPOCH_RAISED) X(BUILDER_REPLACED) X(REBUILT) X(STORE_LOSS) X(STORE_OLD) X(WITNESS_MISSED) \
    X(GRACE) X(CREATED) X(UPDATED) X(HIDDEN) X(DELETED) X(OLD_SKU_DELETED) X(LOOKUP) \
    X(LOOKUP_LAGS) X(DUPLICATE) X(DUPLICATE_WITHOUT_ID) X(NOT_FOUND) X(LATE_LANDING) \
    X(LATE_AFTER_DEATH) X(NOT_SENT) X(VANISHED) X(PROBE) X(GATE_FAILING) X(GATE_REFUSING) X(GATE_THROTTLED) \
    X(GATE_BLOCKED) X(GATE_AUTH) X(GATE_OPENED) X(CREDENTIALS) X(BUDGET_SHORT) X(BUDGET_BLOCKED) \
    X(FAILED_ATTEMPTS) X(FAILED_AGE) X(FAILED_REFUSED) X(FAILED_LOCAL) X(ALONE) X(KILLS_WORKERS) \
    X(DEAD_LETTER) X(RESULT_REPEATED) X(PUBLISH_FAILED) X(COMMIT_FAILED) X(REDELIVERED) \
    X(STALE_REPLY) X(ISOLATED) X(PLANNED) X(ECHO) X(STRAGGLER) X(STOPPED_IN_CALL) \
    X(HAND_RESET) X(HAND_FORGOT) X(HAND_HELD) X(HAND_LEASED) X(HAND_TAKEN_OVER) X(HAND_DIED) X(HAND_REBUILT) \
    X(HAND_REBUILDS)
/* clang-format on */

enum mark {
#define X(name) MARK_##name,
    SIM_MARKS(X)
#undef X
        MARK_COUNT
};

struct marks {
    uint64_t count[MARK_COUNT];
    uint64_t steps, runs;
};

void marks_add(struct marks *to, const struct marks *from);
void marks_print(const struct marks *marks, FILE *to);

/* Names the marks that were never reached; their number. */
uint32_t marks_missing(const struct marks *marks, FILE *to);

#endif
