/* The oracles: what must hold, judged from what the world saw. Independent of the core: they share no code
 * with it and never look into it but for its public counts. */
#ifndef SIM_ORACLE_H
#define SIM_ORACLE_H

#include "tests/sim/world.h"

/* Ends the run as failed. oracle: the short name that a failing seed prints. */
__attribute__((format(printf, 3, 4))) _Noreturn void oracle_fail(struct world *world, const char *oracle,
                                                                 const char *format, ...);

/* All topics are done but the paused catalog's: notes whether that one's share of a window was full
 * meanwhile. */
void oracle_isolated(struct world *world);

/* oracle_step.c: P7 and the shape of each step; what is published is what was decided. */
void oracle_step(struct world *world, uint32_t w, const struct input *in, const struct outputs *out);
void oracle_verdict(struct world *world, struct side *side, enum outcome outcome, enum reason reason);
void oracle_publish(struct world *world, const struct side *side, const struct output *out);
void oracle_settle(struct world *world, uint32_t w, struct side *side, const struct settle_request *req);
void oracle_called(struct world *world, uint32_t w, struct side *side, const struct call_reply *reply);

/* oracle_flood.c: P6, what all products are refused for alike makes no more dead letters than the setting
 * says. */
void oracle_flood_refused(struct world *world, uint32_t w, struct side *side, const struct call_reply *reply);
void oracle_flood_settled(struct world *world, uint32_t w, const struct side *side);
void oracle_flood_step(struct world *world, uint32_t w, const struct input *in, const struct outputs *out);
void oracle_flood_over(struct world *world, uint32_t w, uint8_t catalog);

/* oracle_shape.c: rules of single outputs, where breaking one would only be seen to do harm by rare chance.
 */
void oracle_claim(struct world *world, uint32_t w, struct side *side, const struct claim_request *req);
void oracle_granted(struct world *world, const struct store_msg *msg, uint32_t event);
void oracle_call(struct world *world, uint32_t w, struct side *side, const struct output *out);
void oracle_call_over(struct world *world, uint32_t w, struct side *side);
void oracle_absorb(struct world *world, uint32_t w, const struct side *older, const struct side *newer);
void oracle_given_back(struct world *world, uint32_t w, uint32_t tp);
void oracle_window(struct world *world, uint32_t w);
void oracle_rebuild(struct world *world, uint32_t w);
void oracle_acked(struct world *world, uint32_t w, const struct input *in, const struct outputs *out);

/* oracle_write.c: P2, P5 and the lease, when a call leaves a worker. Returns the number of the write. */
uint32_t oracle_write_sent(struct world *world, uint32_t w, const struct call_msg *call);
void oracle_write_over(struct world *world, uint32_t write);
void oracle_settled(struct world *world, const struct settle_request *req,
                    const struct fstore_settle_side *side, uint32_t event);
void oracle_unchanged(struct world *world, const struct claim_request *req, uint32_t event);

/* oracle_log.c: P1, when results appear and offsets are committed. */
void oracle_core_commit(struct world *world, uint32_t w, const struct output *out);
void oracle_committed(struct world *world, uint8_t tp, int64_t before, int64_t offset);
void oracle_result(struct world *world, uint32_t index);
void oracle_dead(struct world *world, const struct result *dead);

/* oracle_hand.c: changes by hand: what they promise. */
void oracle_changed(struct world *world, struct hand_change *change, uint64_t before);
void oracle_change_rebuilt(struct world *world, struct hand_change *change);
void oracle_hand_copied(struct world *world);
void oracle_hand_undone(struct world *world);
void oracle_hand_granted(struct world *world, const struct claim_request *req, uint32_t event);
void oracle_hand_settled(struct world *world, const struct settle_request *req, uint32_t event, bool first);
void oracle_hand_unchanged(struct world *world, uint32_t product, uint32_t event);
void oracle_hand_stale(struct world *world, uint32_t event, uint64_t by);
void oracle_hand_taken(struct world *world, const struct claim_request *req, uint32_t event);

/* oracle_idle.c: when all is done a worker comes to rest, and reports nothing as stuck. Not yet: false, or,
 * judged, the run fails. */
bool oracle_idle(struct world *world, uint32_t w, bool judged);

/* oracle_end.c: P1, P3 and P4 once all is quiet. */
void oracle_end(struct world *world);

#endif
