/* Deliberate bugs, one at a time, to prove that the simulation can see (tests/sim/MUTANTS.md). In the shipped
 * build MUTANT() is the constant false and leaves no trace; only the simulation compiles the core with
 * CORE_MUTANTS. */
#ifndef CORE_MUTANT_H
#define CORE_MUTANT_H

#include <stdbool.h>

#define CORE_MUTANT_LIST(X)                                                                                  \
    X(FLOOD_IGNORED)           /* refusals that all products share are dead letters, one by one */           \
    X(READS_END_FLOOD)         /* a lookup that succeeds opens the gate while every write is refused */      \
    X(OFFSET_OFF_BY_ONE)       /* commits one record too far */                                              \
    X(COMMIT_BEFORE_PUBLISHED) /* a record counts as done when its result is sent, not when it is            \
                                  acknowledged */                                                            \
    X(GENERATION_IGNORED)      /* records and answers of an older assignment are taken */                    \
    X(STALE_REPLY_TAKEN)       /* an answer to an op that is gone is given to the slot's next one */         \
    X(LEASE_FROM_REPLY)        /* the lease is counted from the answer, not from the question */             \
    X(LEASE_NOT_CHECKED)       /* a call starts however short the lease is */                                \
    X(SEND_LIMIT_DROPPED)      /* no last check when the body is handed over */                              \
    X(DEAD_LETTER_SKIPPED)     /* a failure publishes only its result */                                     \
    X(DISPOSITION_LOST)        /* a publish that failed comes back as another outcome */                     \
    X(PAUSE_NEVER_RESUMED)     /* a full window stays paused */                                              \
    X(HELD_TAKEN_FOR_GRANTED)  /* a lease held by another is not waited for */                               \
    X(ABSORB_SAME_IDENTITY)    /* a duplicate absorbs the very event it repeats */                           \
    X(ABSORB_DELETE)           /* an upsert absorbs a delete before it */                                    \
    X(ABSORB_NEWER)            /* an older version absorbs a newer one */                                    \
    X(ABSORB_CALLED)           /* an event whose call may have landed is absorbed */                         \
    X(ABSORBER_DROPPED_QUEUE)  /* what waits behind a finished head is forgotten */                          \
    X(UNKNOWN_FORGOTTEN)       /* a settle does not tell that a call may still land */                       \
    X(UNKNOWN_IS_FAILURE)      /* a lost answer is a permanent failure */                                    \
    X(EMPTY_LOOKUP_BELIEVED)   /* an empty lookup is believed although the index lags */                     \
    X(DELETE_NOT_FOUND_UNSURE) /* a delete answered by not-found is never looked up again */                 \
    X(OLD_SKU_KEPT)            /* a SKU change leaves the old item behind */                                 \
    X(UPDATE_BY_OLD_ID)        /* a SKU change updates the old item */                                       \
    X(LOOKUP_SKIPPED)          /* an update of a vanished item fails for good */                             \
    X(OUTAGE_COUNTED)          /* attempts count although nothing proves that the catalog works */           \
    X(AUTH_IS_FAILURE)         /* refused credentials dead-letter the event */                               \
    X(GATE_NEVER_OPENS)        /* no probe is let through */                                                 \
    X(GATE_IGNORED)            /* calls go on through a closed gate */                                       \
    X(THROTTLE_IGNORED)        /* a throttle is an ordinary failure */                                       \
    X(PROBES_MANY)             /* half open lets everything through */                                       \
    X(BUDGET_IGNORED)          /* calls without a token */                                                   \
    X(INFLIGHT_IGNORED)        /* no bound on calls at once */                                               \
    X(REVOKED_EARLY)           /* a partition is given back while its calls are in flight and unsettled */   \
    X(REVOKE_NO_COMMIT)  /* a revoked partition is not committed: work is repeated (liveness of offsets) */  \
    X(LOST_COMMITTED)    /* a lost partition commits */                                                      \
    X(EPOCH_NOT_CHECKED) /* calls go on under a lease of an older epoch */                                   \
    X(WITNESS_IGNORED)   /* a store that lost writes is used as it is */                                     \
    X(QUIET_SKIPPED)     /* a new epoch does not wait for leases and calls of before */                      \
    X(SETTLE_REFUSED_IS_OK) /* a refused settle is published as a success */                                 \
    X(SETTLE_SKIPPED)       /* a success is published without being stored */                                \
    X(REPAIR_SKIPPED)       /* a late write is not repaired */                                               \
    X(TWO_OF_ONE_PRODUCT)   /* events of one product run side by side */                                     \
    X(WINDOW_UNBOUNDED)     /* no pause at a full window */                                                  \
    X(WINDOW_SHARED)        /* a topic may fill the whole window */                                          \
    X(SLOTS_SHARED)         /* what is done behind a stuck head is not counted */                            \
    X(BYTES_SHARED)         /* the window's bytes are common to all topics */                                \
    X(PLAN_ONLY_CALLS)      /* plan-only makes its calls */                                                  \
    /* in the store's model: the scripts' deliberate bugs */                                                 \
    X(STORE_ENDED_ELSEWHERE)    /* an event is ended while another worker makes calls for it */              \
    X(STORE_FENCE_DROPPED)      /* a settle is taken whatever its fence */                                   \
    X(STORE_LEASE_IGNORED)      /* a lease of another is overridden */                                       \
    X(STORE_EXPIRED_IS_SAFE)    /* a lease that ran out leaves nothing that may land */                      \
    X(STORE_UNCERTAIN_DROPPED)  /* a settle forgets what may still land */                                   \
    X(STORE_UNCERTAIN_IGNORED)  /* a claim does not wait for what may still land */                          \
    X(STORE_STALE_ACCEPTED)     /* an older version is worked on */                                          \
    X(STORE_OWNER_NOT_CHECKED)  /* a product touches the SKU of another */                                   \
    X(STORE_OUTCOME_IGNORED)    /* an event whose outcome is stored is worked on again */                    \
    X(STORE_CLEAN_AT_GRANT)     /* memory stays clean while calls are made */                                \
    X(STORE_DIRTY_BELIEVED)     /* unchanged is said of dirty memory */                                      \
    X(STORE_FAILURE_IS_CLEAN)   /* the hash is kept after a failure whose calls may have landed */           \
    X(STORE_OLD_EPOCH_BELIEVED) /* a hash of an older epoch is trusted */                                    \
    X(STORE_LOSER_STAYS_CLEAN)  /* who loses a SKU to another product is not marked dirty */                 \
    X(STORE_OLD_SKU_FORGOTTEN)  /* a SKU that may hold an item of the product is not remembered */           \
    /* an operator's changes by hand */                                                                      \
    X(HAND_HOLD_IGNORED)      /* a claim does not look whether an operator holds the product */              \
    X(HAND_LEASE_IGNORED)     /* a change does not wait for the lease of who works on the product */         \
    X(HAND_FENCE_KEPT)        /* a lease that ran out may still be settled after the change */               \
    X(HAND_HOLD_KEEPS_LEASES) /* the hold leaves leases that ran out to the change */                        \
    X(HAND_REPAIR_GOES_ON)    /* a repair that waited does again what an operator undid meanwhile */         \
    X(HAND_HASH_KEPT)         /* a reset believes what memory held before */                                 \
    X(HAND_PLACE_KEPT)        /* a reset keeps the newest event's place: a repair does that one again */     \
    X(HAND_OWNER_KEPT)        /* a forgotten product still owns its SKUs */                                  \
    X(HAND_RECORD_GONE)       /* forgetting drops what calls to a SKU may still do */                        \
    X(HAND_NOT_REBUILT)       /* a rebuild does not heed changes by hand */

enum core_mutant {
    MUTANT_NONE,
#define X(name) MUTANT_##name,
    CORE_MUTANT_LIST(X)
#undef X
        MUTANT_COUNT
};

#ifdef CORE_MUTANTS
extern enum core_mutant core_mutant;
#endif

/* The coverage build leaves them out: it counts the branches of the core as shipped. */
#if defined(CORE_MUTANTS) && !defined(CORE_WITHOUT_MUTANTS)
#define MUTANT(name) (core_mutant == MUTANT_##name)
#else
#define MUTANT(name) false
#endif

#endif
