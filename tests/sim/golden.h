/* Golden traces: canonical stories, told by scripted worlds of fixed latencies, whose short trace is kept as
 * text in tests/sim/traces. They are read as documentation of what the worker does. */
#ifndef SIM_GOLDEN_H
#define SIM_GOLDEN_H

#include "tests/sim/world.h"

enum { GOLDEN_FATES_MAX = 16, GOLDEN_SCRIPT_MAX = 16 };

/* A story while it is prepared: what its world draws nothing of. */
struct story {
    struct sim_settings set;
    struct workload workload;
    struct {
        enum fate_point point;
        unsigned nth, fate; /* the nth decision at this point, from 1 */
    } fates[GOLDEN_FATES_MAX];
    uint32_t fates_count;
    unsigned seen[FATE_POINTS];
    struct {
        usec_t at;
        enum trouble trouble;
        uint64_t arg;
        bool over;
    } script[GOLDEN_SCRIPT_MAX];
    uint32_t script_count;
};

struct telling {
    const char *name;  /* of its file */
    const char *title; /* its first lines, each begun with "# " in the file */
    void (*prepare)(struct story *story);
};

extern const struct telling golden_tellings[];
extern const uint32_t golden_tellings_count;

/* Tells every story and compares it with the text in dir, or writes it there. False: one differs, or its
 * world breaks a promise. */
bool golden_run(struct world *world, struct marks *marks, const char *dir, bool update);

#endif
