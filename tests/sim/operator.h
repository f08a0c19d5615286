/* The operator of the simulated world: changes of memory by hand (docs/store.md, "Changes by hand"), beside
 * running workers, with deaths of the command between its steps and runs of it again until it is through. */
#ifndef SIM_OPERATOR_H
#define SIM_OPERATOR_H

#include "tests/sim/settings.h"

enum {
    HAND_CHANGES_MAX = 128,
    /* A change's id, where results name what superseded an event: its index above all events. */
    HAND_EVENT = SIM_EVENTS_MAX,
};

/* One run of `catalog-memory reset-version` or `forget`. */
struct hand_change {
    uint8_t catalog;
    uint32_t product;
    bool forget;
    uint64_t to;   /* reset: the last version from then on */
    bool recorded; /* its record is in the result topic */
    usec_t at;     /* of the record */
    usec_t since; /* in force: the store was changed then, or was rebuilt from a topic that has the record; 0:
                     not */
};

enum hand_step { HAND_IDLE, HAND_RUN, HAND_HOLD, HAND_RECORD, HAND_APPLY };

struct hand {
    struct hand_change changes[HAND_CHANGES_MAX];
    uint32_t count;
    enum hand_step step;
    bool must_finish; /* its record was written once: the command is run again until it is through */
    usec_t wait_until;
    uint64_t held_version; /* the product's last version when it was held */
    /* evidence for the oracles */
    usec_t granted_at[SIM_EVENTS_MAX];     /* the last time */
    usec_t ended_at[SIM_EVENTS_MAX];       /* when the store took an event's outcome */
    usec_t forgotten_at[SIM_PRODUCTS_MAX]; /* 0: never */
    bool distrusted[SIM_PRODUCTS_MAX];     /* reset, and nothing written since */
    usec_t copied_at;                      /* when the copy was made that the store may come back with */
    bool copied_distrusted[SIM_PRODUCTS_MAX];
};

struct world;

/* Runs the command, unless one runs already. Scripted worlds give the product and what to do of it. */
void operator_begins(struct world *world, uint32_t product, bool forget, uint64_t to);
/* Draws what a tired operator does. */
void operator_draws(struct world *world);
/* `catalog-memory rebuild`, killed as soon as it has begun: a worker takes the rebuild over. */
void operator_rebuilds(struct world *world);
/* A worker has stopped amid a call for a product: he may think that this is what is wrong. */
void operator_notices(struct world *world, uint32_t product);
void operator_goes_on(struct world *world);
/* A command is on its way, or must be run again. */
bool operator_busy(const struct world *world);

/* The rebuild of an epoch comes to the records of the moments (from, to]. */
void operator_feeds(struct world *world, uint32_t w, usec_t from, usec_t to);

/* oracle_hand.c */
/* The newest change of a product that was in force at a moment; NULL: none. */
const struct hand_change *hand_in_force(const struct world *world, uint32_t product, usec_t at);
/* The change that a result names as what superseded it; NULL: it names an event. */
const struct hand_change *hand_named(const struct world *world, uint32_t superseded_by);

#endif
