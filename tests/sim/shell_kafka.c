/* A worker's side of Kafka: reading records, publishing outcomes, committing offsets, pausing. */
#include "tests/sim/oracle.h"
#include "tests/sim/world.h"

#include "common/assertx.h"

#include <string.h>

static const usec_t ms = 1000, message_timeout_us = 10 * 1000 * 1000;
enum { DELIVERED_WHILE_PAUSED = 3 };

static bool fetchable(const struct world *world, const struct worker *worker, uint32_t tp)
{
    const struct worker_partition *part = &worker->parts[tp];

    if (!part->assigned || part->position >= world->kafka.logs[tp].count)
        return false;
    return !part->paused || part->after_pause > 0; /* what was fetched before the pause still comes */
}

static bool any_fetchable(const struct world *world, const struct worker *worker)
{
    for (uint32_t i = 0; i < world->kafka.tps; i++)
        if (fetchable(world, worker, i))
            return true;
    return false;
}

void shell_fetch_soon(struct world *world, uint32_t w)
{
    struct worker *worker = &world->workers[w];

    if (!worker->up || worker->fetching || world->kafka.down || !core_can_accept(worker->core) ||
        !any_fetchable(world, worker))
        return;
    worker->fetching = true;
    effect_for(world, E_FETCH, world->now + world_about(world, world->set.fetch_us) + 1, w);
}

static struct record record_of(const struct world *world, uint32_t event, uint8_t tp, int64_t offset)
{
    const struct event *e = &world->workload.events[event];
    uint32_t identity = e->identity;

    return (struct record){
        .partition = tp,
        .at = {.topic = (uint16_t)(tp / world->kafka.parts),
               .partition = (int32_t)(tp % world->kafka.parts),
               .offset = offset},
        .size_bytes = 100 + event % 100,
        .catalog = e->no_product ? CATALOG_NONE : e->catalog,
        .remembered = !e->no_product,
        .local = e->local,
        .intent = e->intent,
        .hide_reason = e->hide_reason,
        .has_sku = e->sku != SIM_NO_SKU,
        .force = e->force,
        .replay = e->replay,
        .tombstone = e->tombstone,
        .hint = e->hint,
        .version = e->version,
        .product = key_product(e->catalog, e->product),
        .sku = key_sku(e->sku),
        .identity = key_identity(identity),
        .data_hash = key_data(e->data),
        .content = key_content(e->content),
    };
}

/* Gives a record to the core, with what belongs beside it. */
static void give(struct world *world, uint32_t w, struct record record, uint32_t event, uint8_t tp,
                 uint32_t index)
{
    struct worker *worker = &world->workers[w];
    struct op_id op = core_next_op(worker->core);
    struct side *side = &worker->sides[op.slot];
    struct input in = {.type = IN_RECORD};

    ASSERT(op.slot < SIM_SIDES_MAX);
    if (side->used)
        oracle_fail(world, "slot", "w%u takes slot %u again before it was dropped", w, op.slot);
    memset(side, 0, sizeof *side);
    side->used = true;
    side->gen = op.gen;
    side->event = event;
    side->tp = tp;
    side->record = index;
    side->offset = record.at.offset;
    side->assignment = record.assignment;
    side->repair = record.partition == PARTITION_NONE;
    side->skus[0] = world->workload.events[event].sku;
    side->targets_count = 1;
    side->version = record.version;
    in.u.record = record;
    worker_step(world, w, &in);
}

void shell_fetch(struct world *world, uint32_t w)
{
    struct worker *worker = &world->workers[w];
    uint32_t start = (uint32_t)rng_below(&world->rng, world->kafka.tps);

    worker->fetching = false;
    if (world->kafka.down || !core_can_accept(worker->core))
        return;
    for (uint32_t i = 0; i < world->kafka.tps; i++) {
        uint32_t tp = (start + i) % world->kafka.tps;
        struct worker_partition *part = &worker->parts[tp];
        const struct log_record *log = world->kafka.logs[tp].records;
        struct record record;
        uint32_t index = part->position;

        if (!fetchable(world, worker, tp))
            continue;
        if (part->paused)
            part->after_pause--;
        part->position++;
        record = record_of(world, log[index].event, (uint8_t)tp, log[index].offset);
        record.assignment = part->assignment;
        if (log[index].results > 0)
            world->marks->count[MARK_REDELIVERED]++;
        give(world, w, record, log[index].event, (uint8_t)tp, index);
        return;
    }
}

void shell_straggler(struct world *world, uint32_t w, uint32_t tp)
{
    const struct worker_partition *part = &world->workers[w].parts[tp];
    const struct partition_log *log = &world->kafka.logs[tp];
    struct effect *effect;
    uint32_t event;

    if (world->choose || part->position >= log->count || !rng_chance(&world->rng, 300))
        return;
    event = log->records[part->position].event;
    effect = effect_for(world, E_STRAGGLER, world->now + rng_range(&world->rng, 0, 300) * ms, w);
    effect->u.input.u.record = record_of(world, event, (uint8_t)tp, log->records[part->position].offset);
    effect->u.input.u.record.assignment = part->assignment;
}

void shell_straggler_comes(struct world *world, uint32_t w, const struct input *record)
{
    const struct record *rec = &record->u.record;
    uint8_t tp = (uint8_t)rec->partition;
    uint32_t index = fake_kafka_seek(&world->kafka, tp, rec->at.offset);

    if (!core_can_accept(world->workers[w].core))
        return;
    world->marks->count[MARK_STRAGGLER]++;
    give(world, w, *rec, world->kafka.logs[tp].records[index].event, tp, index);
}

void shell_flow(struct world *world, uint32_t w, const struct output *out)
{
    struct worker_partition *part = &world->workers[w].parts[out->u.partition.partition];

    if (!part->assigned || part->assignment != out->u.partition.assignment)
        return;
    part->paused = out->type == OUT_PAUSE;
    if (part->paused) {
        world->marks->count[MARK_PAUSED]++;
        part->after_pause = world->choose ? 0 : (uint32_t)rng_below(&world->rng, DELIVERED_WHILE_PAUSED + 1);
        return;
    }
    world->marks->count[MARK_RESUMED]++;
    if (world_fate(world, FATE_RESUME)) { /* librdkafka before 2.4 may step back */
        uint32_t back = (uint32_t)rng_range(&world->rng, 1, 5);

        part->position = part->position > part->start + back ? part->position - back : part->start;
        world->marks->count[MARK_STEPPED_BACK]++;
    }
}

void shell_repair(struct world *world, uint32_t w, struct op_id op)
{
    struct side *side = worker_side(world, w, op);
    const struct fstore_product *product;
    const struct event *event;

    world->marks->count[MARK_REPAIR]++;
    if (!side)
        oracle_fail(world, "repair", "w%u repairs for an op that holds nothing", w);
    event = &world->workload.events[side->event];
    product = fstore_find_product(&world->store, event->catalog, key_product(event->catalog, event->product));
    if (!product || product->v == 0 || product->partition < 0)
        return; /* unknown, or its version is an operator's */
    effect_for(world, E_REPAIR, world->now + world_about(world, 20 * ms), w)->u.arg =
        (uint64_t)(product->topic * world->kafka.parts + (uint32_t)product->partition) << 32 |
        (uint64_t)product->offset;
}

/* The newest event, found by memory's position, comes as a record of no partition. */
void shell_repair_fetched(struct world *world, uint32_t w, uint64_t where)
{
    struct worker *worker = &world->workers[w];
    uint8_t tp = (uint8_t)(where >> 32);
    int64_t offset = (int64_t)(where & UINT32_MAX);
    uint32_t index = fake_kafka_seek(&world->kafka, tp, offset);
    struct record record;

    if (world->kafka.down || !core_can_accept(worker->core) || index == world->kafka.logs[tp].count ||
        world->kafka.logs[tp].records[index].offset != offset)
        return;
    record = record_of(world, world->kafka.logs[tp].records[index].event, tp, offset);
    if (record.local != LOCAL_NONE)
        return; /* it moved the version, but wants nothing of the catalog */
    record.partition = PARTITION_NONE;
    world->marks->count[MARK_REPAIR_FED]++;
    give(world, w, record, world->kafka.logs[tp].records[index].event, tp, index);
}

static struct result result_of(struct world *world, uint32_t w, const struct side *side,
                               const struct output *out)
{
    struct result r = {
        .tp = side->tp,
        .record = side->record,
        .event = side->event,
        .outcome = out->u.publish.outcome,
        .reason = out->u.publish.stored ? side->stored_reason : out->u.publish.reason,
        .stored = out->u.publish.stored,
        .granted = side->fence != 0,
        .superseded_by = out->u.publish.outcome == OUTCOME_SUPERSEDED ? side->superseded_by : 0,
        .version = side->version,
        .skus_count = side->targets_count,
        .finished_at = side->finished_at ? side->finished_at : world->now,

        .losses = side->has_verdict ? side->verdict_losses : world->losses,
        .worker = w,
        .incarnation = world->workers[w].incarnation,
    };

    memcpy(r.skus, side->skus, sizeof r.skus);
    if (r.outcome == OUTCOME_CREATED || r.outcome == OUTCOME_UPDATED || r.outcome == OUTCOME_DELETED ||
        r.outcome == OUTCOME_UNCHANGED) {
        r.item_state = side->after;
        r.item = side->ids[0];
    }
    return r;
}

void shell_publish(struct world *world, uint32_t w, const struct output *out)
{
    struct side *side = worker_side(world, w, out->op);
    struct effect *effect;

    if (!side)
        oracle_fail(world, "publish", "w%u publishes for an op that holds nothing", w);
    oracle_publish(world, side, out);
    effect = effect_for(world, E_PUBLISH_ARRIVE,
                        world->now + world_about(world, world->set.publish_latency_us), w);
    effect->u.publish.op = out->op;
    effect->u.publish.kind = out->type == OUT_PUBLISH_DEAD ? PUBLISH_DEAD : PUBLISH_RESULT;
    effect->u.publish.sent_at = world->now;
    effect->u.publish.fate = world_fate(world, FATE_PUBLISH);
    effect->u.publish.result = result_of(world, w, side, out);
}

static void append(struct world *world, const struct publish_msg *msg)
{
    struct fake_kafka *kafka = &world->kafka;

    if (msg->kind == PUBLISH_DEAD) {
        oracle_dead(world, &msg->result);
        return;
    }
    ASSERT(kafka->results_count < KAFKA_RESULTS_MAX);
    kafka->results[kafka->results_count] = msg->result;
    kafka->results[kafka->results_count++].at = world->now;
    oracle_result(world, kafka->results_count - 1);
}

void shell_publish_arrive(struct world *world, struct effect *effect)
{
    struct publish_msg *msg = &effect->u.publish;
    const struct worker *worker = &world->workers[effect->worker];
    bool alive = worker->up && worker->incarnation == effect->incarnation;
    bool ok = msg->fate == PUBLISH_WORKS || msg->fate == PUBLISH_SLOW;
    struct effect *report;

    if (!alive && rng_chance(&world->rng, 500))
        return; /* it died in the producer's queue */
    if (world->kafka.down && world->now - msg->sent_at < message_timeout_us) {
        effect_push_again(world, effect, world->now + 500 * ms);
        return;
    }
    if (msg->fate == PUBLISH_SLOW && !msg->arrived_once) {
        msg->arrived_once = true;
        effect_push_again(world, effect, world->now + rng_range(&world->rng, 100, 5000) * ms);
        return;
    }
    if (world->kafka.down)
        ok = false;
    else if (msg->fate != PUBLISH_LOST)
        append(world, msg);
    if (!ok)
        world->marks->count[MARK_PUBLISH_FAILED]++;
    report = effect_new(world, E_INPUT, world->now + world_about(world, ok ? ms : 300 * ms));
    report->worker = effect->worker;
    report->incarnation = effect->incarnation;
    report->u.input.type = IN_PUBLISHED;
    report->u.input.u.published.op = msg->op;
    report->u.input.u.published.kind = msg->kind;
    report->u.input.u.published.ok = ok;
    report->u.input.u.published.op = msg->op;
    if (!world->choose && rng_chance(&world->rng, 50)) {
        struct effect *again = effect_new(world, E_ECHO, report->at + rng_range(&world->rng, 1, 3000) * ms);

        again->worker = effect->worker;
        again->incarnation = effect->incarnation;
        again->u.input = report->u.input;
        again->u.input.u.published.ok = true;
    }
}

void shell_commit(struct world *world, uint32_t w, const struct output *out)
{
    struct effect *effect;

    oracle_core_commit(world, w, out);
    world->workers[w].parts[out->u.partition.partition].commit_tried = out->u.partition.offset;
    if (world->workers[w].last_commit < world->now)
        world->workers[w].last_commit = world->now;
    world->workers[w].last_commit +=
        1 + world_about(world, 2 * ms); /* one connection: commits keep their order */
    effect = effect_for(world, E_COMMIT_ARRIVE, world->workers[w].last_commit, w);
    effect->u.commit = (struct commit_msg){
        .tp = (uint8_t)out->u.partition.partition,
        .assignment = out->u.partition.assignment,
        .offset = out->u.partition.offset,
        .fate = world_fate(world, FATE_COMMIT),
        .meta_run = world->workers[w].run_seen,
        .meta_number = world->workers[w].acked_no,
        .meta_epoch = world->workers[w].acked_epoch,
    };
}

static bool commit_taken(struct world *world, const struct effect *effect)
{
    const struct commit_msg *msg = &effect->u.commit;
    struct group_partition *group = &world->kafka.logs[msg->tp].group;
    int member = fake_kafka_member(&world->kafka, effect->worker, effect->incarnation);

    if (world->kafka.down || msg->fate == COMMIT_FAILS)
        return false;
    if (member == KAFKA_NOBODY || group->owner != member || group->assignment != msg->assignment) {
        world->marks->count[MARK_ZOMBIE_COMMIT_REFUSED]++;
        return false;
    }
    oracle_committed(world, msg->tp, group->committed, msg->offset);
    group->committed = msg->offset;
    group->meta_run = msg->meta_run;
    group->meta_incarnation = effect->incarnation;
    group->meta_number = msg->meta_number;
    group->meta_epoch = msg->meta_epoch;
    return true;
}

void shell_commit_arrive(struct world *world, struct effect *effect)
{
    const struct commit_msg *msg = &effect->u.commit;
    bool ok = commit_taken(world, effect);
    struct effect *report;

    if (msg->fate == COMMIT_ANSWER_LOST)
        ok = false;
    if (!ok)
        world->marks->count[MARK_COMMIT_FAILED]++;
    report =
        effect_new(world, E_INPUT, world->now + world_about(world, world->kafka.down ? 500 * ms : 2 * ms));
    report->worker = effect->worker;
    report->incarnation = effect->incarnation;
    report->u.input.type = IN_COMMITTED;
    report->u.input.u.committed.partition = msg->tp;
    report->u.input.u.committed.assignment = msg->assignment;
    report->u.input.u.committed.ok = ok;
    report->u.input.u.committed.offset = msg->offset;
}
