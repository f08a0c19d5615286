/* Writes in flight: of one retailer id, from the moment it is received until it can have no more effect.
 * Single calls and the entries of bulk calls are in flight alike. */
#ifndef CATALOG_SIM_FLIGHT_H
#define CATALOG_SIM_FLIGHT_H

#include <stdbool.h>
#include <stdint.h>

struct sim;
struct subject;

/* Embedded in what flies; all zero: on the ground. */
struct flight {
    struct subject *subject; /* NULL: on the ground */
    struct flight *next, *prev;
    uint64_t content_hash, received_us, seq; /* seq: in the journal */
    bool bulk;                               /* an entry of a bulk call */
};

/* Takes off with the given particulars. Other writes to the same subject that are in flight overlap with it:
 * both journal entries and the counters say so. Two writes of equal content do no harm to each other. */
void flight_take_off(struct sim *sim, struct flight *flight, struct subject *subject, uint64_t content_hash,
                     uint64_t received_us, uint64_t seq);
void flight_land(struct flight *flight);

#endif
