/* Back-pressure: a full window pauses its partition, its topic or all of them, and half a window resumes
 * them. A topic gets an equal share of the window, so that a topic whose catalog is paused never starves
 * another. */
#include "worker/core/state.h"

static uint32_t topic_share(const struct core *core)
{
    uint32_t share = core->set.window_records / core->set.topics_count;

    return share > 0 ? share : 1;
}

static uint32_t partition_share(const struct core *core, const struct partition *part)
{
    uint32_t share = topic_share(core), assigned = core->topics[part->topic].assigned;
    uint32_t own = assigned > 2 ? 2 * share / assigned : share;

    return own > 0 ? own : 1;
}

static int64_t span_of(const struct core *core, const struct partition *part)
{
    if (part->window.head == NIL)
        return 0;
    return part->last_accepted - core->ops[part->window.head].rec.at.offset + 1;
}

/* Full is told at the limit and taken back at half of it. */
static bool still_full(uint64_t have, uint64_t limit, bool full)
{
    if (MUTANT(WINDOW_UNBOUNDED))
        return false;
    return full ? have > limit / 2 : have >= limit;
}

static bool wants_pause(const struct core *core, const struct partition *part)
{
    if (core->full || core->topics[part->topic].full)
        return true;
    return still_full(part->open, partition_share(core, part), part->paused) ||
           still_full((uint64_t)span_of(core, part), (uint64_t)core->set.window_span, part->paused);
}

static void note_levels(struct core *core, struct topic *topic)
{
    bool full = still_full(core->open, core->set.window_records, core->full) ||
                still_full(core->open_bytes, core->set.window_bytes, core->full);
    bool topic_full = still_full(topic->open, topic_share(core), topic->full);

    if (full != core->full || topic_full != topic->full)
        core->flow_changed = true;
    core->full = full;
    topic->full = topic_full;
}

void window_count(struct core *core, const struct op *op, int delta)
{
    core->open += (uint32_t)delta;
    core->open_bytes += (uint64_t)((int64_t)op->rec.size_bytes * delta);
    if (op->rec.partition == PARTITION_NONE)
        return;
    core->topics[op->rec.at.topic].open += (uint32_t)delta;
    if (!op->detached)
        core->partitions[op->rec.partition].open += (uint32_t)delta;
    note_levels(core, &core->topics[op->rec.at.topic]);
}

static void apply(struct core *core, struct partition *part, struct outputs *out)
{
    bool pause = wants_pause(core, part);
    struct output *output;

    if (pause == part->paused || (MUTANT(PAUSE_NEVER_RESUMED) && !pause))
        return;
    part->paused = pause;
    if (pause)
        core->stats.pauses++;
    else
        core->stats.resumes++;
    output = output_add(out, pause ? OUT_PAUSE : OUT_RESUME);
    output->u.partition.partition = (uint16_t)(part - core->partitions);
    output->u.partition.assignment = part->assignment;
}

void flow_accepted(struct core *core, struct partition *part, struct outputs *out)
{
    apply(core, part, out);
}

void flow_pump(struct core *core, struct outputs *out)
{
    if (!core->flow_changed)
        return;
    for (uint32_t i = 0; i < core->partitions_used; i++) {
        if (!outputs_room(out)) {
            core->more = true;
            return;
        }
        if (core->partitions[i].state == PART_ASSIGNED)
            apply(core, &core->partitions[i], out);
    }
    core->flow_changed = false;
}
