/* The idle look: when all is done and quiet, the very code that tells an operator why nothing moves
 * (worker/runtime/why.c) says of every worker that there is nothing to do, and nothing is left over in any
 * core that would be reported as stuck. */
#include "tests/sim/oracle.h"

#include "worker/core/view.h"
#include "worker/runtime/why.h"

#include <stdarg.h>

/* Not at rest: for good, if it is judged. */
__attribute__((format(printf, 3, 4))) static bool restless(struct world *world, bool judged,
                                                           const char *format, ...)
{
    char text[256];
    va_list args;

    if (!judged)
        return false;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    oracle_fail(world, "idle", "%s", text);
}

static bool look_at_catalogs(struct world *world, uint32_t w, bool judged, struct why_catalog *catalogs)
{
    for (uint32_t c = 0; c < world->set.catalogs; c++) {
        struct core_catalog_view view;

        core_view_catalog(world->workers[w].core, (uint8_t)c, &view);
        catalogs[c] = (struct why_catalog){
            .gate = view.gate,
            .until_us = view.gate == GATE_WORKS ? view.budget_until_us : view.gate_until_us,
            .budget_out = view.budget_out,
            .has_work = view.waiting_claim + view.ready + view.claimed + view.inflight > 0,
        };
        if (catalogs[c].has_work || view.probing)
            return restless(
                world, judged,
                "w%u has nothing to do, and shows for catalog %u: %u waiting for a claim, %u ready, "
                "%u claimed, %u calls%s",
                w, c, view.waiting_claim, view.ready, view.claimed, view.inflight,
                view.probing ? ", a probe" : "");
    }
    return true;
}

static bool look_at_partition(struct world *world, uint32_t w, uint32_t tp, bool judged,
                              struct why_partition *part)
{
    const struct partition_log *log = &world->kafka.logs[tp];
    struct core_partition_view view;

    core_view_partition(world->workers[w].core, (uint16_t)tp, &view);
    *part = (struct why_partition){
        .lag = why_lag(view.committable, log->count > 0 ? log->records[log->count - 1].offset + 1 : 0),
        .full = view.full != CORE_FULL_NOT,
    };
    part->open = core_view_oldest(world->workers[w].core, (uint16_t)tp, &part->oldest);
    if (part->open)
        return restless(world, judged, "w%u has nothing to do, and shows %lld of p%u as %s, waiting for %s",
                        w, (long long)part->oldest.offset, tp, part->oldest.state,
                        core_wait_name(part->oldest.wait));
    if (!view.assigned || view.revoking || view.paused || view.open > 0 || part->lag > 0 ||
        view.committable > view.committed)
        return restless(
            world, judged,
            "w%u has nothing to do, and shows p%u%s%s%s, %u open, lag %lld, committed %lld of %lld", w, tp,
            view.assigned ? "" : " not assigned", view.revoking ? " revoking" : "",
            view.paused ? " paused" : "", view.open, (long long)part->lag, (long long)view.committed,
            (long long)view.committable);
    return true;
}

bool oracle_idle(struct world *world, uint32_t w, bool judged)
{
    const struct worker *worker = &world->workers[w];
    struct why_catalog catalogs[SIM_CATALOGS_MAX];
    struct why_partition parts[SIM_PARTS_MAX];
    struct why_facts facts = {.now_us = world->now,
                              .joined =
                                  fake_kafka_member(&world->kafka, w, worker->incarnation) != KAFKA_NOBODY,
                              .redis_up = worker->link_up && worker->ups_coming == 0,
                              .catalogs = catalogs,
                              .catalogs_count = world->set.catalogs,
                              .partitions = parts};
    struct core_store_view store;
    struct core_stats stats;
    enum why why;

    if (!worker->up || worker->frozen || worker->terminating)
        return restless(world, judged, "w%u is %s", w, worker->up ? "stopped, or stopping" : "down");
    core_view_store(worker->core, &store);
    facts.store = store.state;
    facts.quiet_until_us = store.quiet_until_us;
    if (!look_at_catalogs(world, w, judged, catalogs))
        return false;
    for (uint32_t tp = 0; tp < world->kafka.tps; tp++)
        if (worker->parts[tp].assigned &&
            !look_at_partition(world, w, tp, judged, &parts[facts.partitions_count++]))
            return false;
    core_stats(worker->core, &stats);
    facts.unacked_us = stats.publishing > 0 ? WHY_UNACKED_US : 0;
    why = why_dominant(&facts).why;
    if (why != (facts.partitions_count > 0 ? WHY_IDLE : WHY_NOT_ASSIGNED))
        return restless(world, judged, "all is done, and w%u says: %s", w, why_words(why));
    return true;
}
