/* Back-pressure: a full window pauses its partition or its topic, and half a window resumes it. The window is
 * what its topics may hold together: each gets an equal share of the records and of the bytes, and nothing is
 * full for all. A topic whose catalog is paused keeps its share filled for hours, and a limit common to all
 * would then stop every other topic as well (docs/catalogs.md). */
#include "worker/core/state.h"

static uint32_t topic_share(const struct core *core)
{
    uint32_t share = core->set.window_records / core->set.topics_count;

    if (MUTANT(WINDOW_SHARED))
        return core->set.window_records;
    return share > 0 ? share : 1;
}

static uint64_t topic_share_bytes(const struct core *core)
{
    uint64_t share = core->set.window_bytes / core->set.topics_count;

    return share > 0 ? share : 1;
}

static uint32_t partition_share(const struct core *core, const struct partition *part)
{
    uint32_t share = topic_share(core), assigned = core->topics[part->topic].assigned;
    uint32_t own = assigned > 2 ? 2 * share / assigned : share;

    return own > 0 ? own : 1;
}

/* What is done but lies behind a record that is not takes a slot all the same. One partition whose head waits
 * for long leaves half of its topic's slots to the others. */
static uint32_t partition_slots(const struct core *core, const struct partition *part)
{
    uint32_t share = topic_share(core);

    return core->topics[part->topic].assigned > 1 && share > 1 ? share / 2 : share;
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
    if (core->topics[part->topic].full)
        return true;
    if (MUTANT(BYTES_SHARED) && core->open_bytes >= core->set.window_bytes)
        return true;
    if (still_full(part->window.count, partition_slots(core, part), part->paused) && !MUTANT(SLOTS_SHARED))
        return true;
    return still_full(part->open, partition_share(core, part), part->paused) ||
           still_full((uint64_t)span_of(core, part), (uint64_t)core->set.window_span, part->paused);
}

/* What keeps a paused partition so; the widest bound first. Between the limit and half of it the bound that
 * was hit is the fullest one. */
enum core_full flow_full(const struct core *core, const struct partition *part)
{
    if (core->topics[part->topic].full)
        return CORE_FULL_TOPIC;
    if (still_full((uint64_t)span_of(core, part), (uint64_t)core->set.window_span, part->paused))
        return CORE_FULL_SPAN;
    return CORE_FULL_PARTITION;
}

static void note_levels(struct core *core, struct topic *topic)
{
    bool full =
        still_full(topic->open, topic_share(core), topic->full) ||
        (still_full(topic->held, topic_share(core), topic->full) && !MUTANT(SLOTS_SHARED)) ||
        (still_full(topic->open_bytes, topic_share_bytes(core), topic->full) && !MUTANT(BYTES_SHARED));

    if (full != topic->full || MUTANT(BYTES_SHARED))
        core->flow_changed = true;
    topic->full = full;
}

void window_count(struct core *core, const struct op *op, int delta)
{
    int64_t bytes = (int64_t)op->rec.size_bytes * delta;
    struct topic *topic;

    core->open += (uint32_t)delta;
    core->open_bytes += (uint64_t)bytes;
    if (op->rec.partition == PARTITION_NONE)
        return;
    topic = &core->topics[op->rec.at.topic];
    topic->open += (uint32_t)delta;
    topic->open_bytes += (uint64_t)bytes;
    if (!op->detached)
        core->partitions[op->rec.partition].open += (uint32_t)delta;
    note_levels(core, topic);
}

void window_enter(struct core *core, struct op *op)
{
    struct topic *topic = &core->topics[op->rec.at.topic];

    list_push(core, &core->partitions[op->rec.partition].window, op_slot(core, op));
    topic->held++;
    note_levels(core, topic);
}

void window_leave(struct core *core, struct op *op)
{
    struct topic *topic = &core->topics[op->rec.at.topic];

    if (!op->link[LINK_WINDOW].in)
        return;
    list_remove(core, LINK_WINDOW, op_slot(core, op));
    ASSERT(topic->held > 0);
    topic->held--;
    note_levels(core, topic);
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
