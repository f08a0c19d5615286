#include "flight.h"

#include "sim.h"

static void mark_overlap(struct sim *sim, const struct flight *later, const struct flight *earlier)
{
    struct counters *c = &sim->counters;
    bool different = earlier->content_hash != later->content_hash;
    bool beyond = later->received_us - earlier->received_us > (uint64_t)sim->knobs.call_late_max_ms * 1000;
    c->overlaps++;
    c->overlaps_different += different;
    c->different_beyond += different && beyond;
    c->different_within += different && !beyond;
    c->overlaps_bulk += later->bulk || earlier->bulk;
    struct journal_entry *both[] = {journal_at(&sim->journal, later->seq),
                                    journal_at(&sim->journal, earlier->seq)};
    for (int i = 0; i < 2; i++) {
        if (both[i]) {
            both[i]->overlap = true;
            both[i]->overlap_different |= different;
        }
    }
}

void flight_take_off(struct sim *sim, struct flight *flight, struct subject *subject, uint64_t content_hash,
                     uint64_t received_us, uint64_t seq)
{
    flight->content_hash = content_hash;
    flight->received_us = received_us;
    flight->seq = seq;
    for (struct flight *other = subject->flying; other; other = other->next)
        mark_overlap(sim, flight, other);
    flight->subject = subject;
    flight->next = subject->flying;
    flight->prev = NULL;
    if (subject->flying)
        subject->flying->prev = flight;
    subject->flying = flight;
}

void flight_land(struct flight *flight)
{
    if (!flight->subject)
        return;
    if (flight->prev)
        flight->prev->next = flight->next;
    else
        flight->subject->flying = flight->next;
    if (flight->next)
        flight->next->prev = flight->prev;
    flight->subject = NULL;
    flight->next = flight->prev = NULL;
}
