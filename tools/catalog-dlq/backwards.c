/* The topic from its tails: newest letters first, without reading what is older. */
#include "reading.h"

#include "common/hash128.h"
#include "tools/kit/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    POLL_MS = 100,
    BATCH = 256,
    STALL_MS = 30000,
    CHUNK_FIRST = 64,   /* offsets read of a partition at first; doubled each time */
    HELD_MAX = 1 << 16, /* records of all partitions whose lines are held at once */
    SEEN_FIRST = 1 << 10,
};

struct row {
    int64_t timestamp_ms;
    struct key128 key;
    void *seen; /* NULL: nothing to tell */
};

struct tail {
    int64_t begin, low; /* offsets: the topic's first, and the lowest read so far */
    int64_t from, to;   /* the chunk being read */
    int64_t chunk;
    bool filling;
    struct row *rows; /* of the last chunk, oldest first */
    size_t count, room;
};

struct seen_set {
    struct key128 *slots;
    size_t count, slot_count;
};

struct reading {
    struct backwards *b;
    struct tail *tails;
    int32_t partitions, filling;
    int64_t chunk_max;
    struct seen_set seen;
    struct kit_topic topic;
};

static bool wrong(const struct reading *r, char *error, const char *what)
{
    snprintf(error, KAFKA_ERROR_SIZE, "topic %.249s: %.200s", r->b->topic, what);
    return false;
}

static size_t seen_slot(const struct seen_set *set, struct key128 key)
{
    size_t slot = key.lo & (set->slot_count - 1);

    while (!key128_none(set->slots[slot]) && !key128_eq(set->slots[slot], key))
        slot = (slot + 1) & (set->slot_count - 1);
    return slot;
}

static bool seen_grow(struct seen_set *set)
{
    struct seen_set bigger = {.count = set->count,
                              .slot_count = set->slot_count ? set->slot_count * 2 : SEEN_FIRST};

    bigger.slots = calloc(bigger.slot_count, sizeof *bigger.slots);
    if (!bigger.slots)
        return false;
    for (size_t i = 0; i < set->slot_count; i++)
        if (!key128_none(set->slots[i]))
            bigger.slots[seen_slot(&bigger, set->slots[i])] = set->slots[i];
    free(set->slots);
    *set = bigger;
    return true;
}

/* 1: added; 0: it was there; -1: no memory. */
static int seen_add(struct seen_set *set, struct key128 key)
{
    size_t slot;

    if (set->count >= set->slot_count / 4 * 3 && !seen_grow(set))
        return -1;
    slot = seen_slot(set, key);
    if (!key128_none(set->slots[slot]))
        return 0;
    set->slots[slot] = key;
    set->count++;
    return 1;
}

static void drop(const struct reading *r, void *seen)
{
    if (seen && r->b->drop)
        r->b->drop(seen);
    else
        free(seen);
}

static void stop_filling(struct reading *r, struct tail *tail)
{
    if (!tail->filling)
        return;
    tail->filling = false;
    tail->low = tail->from;
    r->filling--;
}

/* The next older chunk of every partition that has no rows left. */
static bool begin_fill(struct reading *r, char *error)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(r->partitions);
    rd_kafka_resp_err_t err;

    for (int32_t i = 0; i < r->partitions; i++) {
        struct tail *tail = &r->tails[i];

        if (tail->count > 0 || tail->low <= tail->begin)
            continue;
        tail->to = tail->low;
        tail->from = tail->low - tail->chunk > tail->begin ? tail->low - tail->chunk : tail->begin;
        tail->chunk = tail->chunk * 2 < r->chunk_max ? tail->chunk * 2 : r->chunk_max;
        tail->filling = true;
        r->filling++;
        rd_kafka_topic_partition_list_add(list, r->b->topic, i)->offset = tail->from;
    }
    err = rd_kafka_assign(r->b->reader, list);
    rd_kafka_topic_partition_list_destroy(list);
    return err ? wrong(r, error, rd_kafka_err2str(err)) : true;
}

static struct row *add_row(struct tail *tail)
{
    if (tail->count == tail->room) {
        size_t room = tail->room ? tail->room * 2 : CHUNK_FIRST;
        struct row *rows = realloc(tail->rows, room * sizeof *rows);

        if (!rows)
            return NULL;
        tail->rows = rows;
        tail->room = room;
    }
    return &tail->rows[tail->count++];
}

static bool take(struct reading *r, const rd_kafka_message_t *message)
{
    struct record_header headers[LETTER_HEADERS_MAX];
    struct tail *tail = &r->tails[message->partition];
    struct letter letter;
    struct row *row;

    if (!tail->filling || message->offset < tail->from)
        return true; /* left over from the chunk before */
    if (message->offset >= tail->to) {
        stop_filling(r, tail);
        return true;
    }
    row = add_row(tail);
    if (!row)
        return false;
    r->b->records++;
    letter_of_message(message, headers, &letter);
    row->timestamp_ms = letter.timestamp_ms;
    row->key = message->key ? hash128(HASH_RECORD, message->key, message->key_len)
                            : hash128_parts(HASH_RECORD, &message->offset, sizeof message->offset, "", 0, 0);
    row->key.hi ^= (uint64_t)message->partition;
    row->seen = message->payload ? r->b->look(r->b->arg, &letter) : NULL;
    if (message->offset + 1 == tail->to)
        stop_filling(r, tail);
    return true;
}

static bool weigh(struct reading *r, const rd_kafka_message_t *message, char *error)
{
    switch (message->err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR: return take(r, message) || wrong(r, error, "no memory");
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        if (message->partition < r->partitions)
            stop_filling(r, &r->tails[message->partition]);
        return true;
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__TIMED_OUT: return true;
    default: return wrong(r, error, rd_kafka_message_errstr(message));
    }
}

static bool fill(struct reading *r, char *error)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(r->b->reader);
    rd_kafka_message_t *batch[BATCH];
    int64_t moved_ms = kit_now_ms();
    bool ok = begin_fill(r, error);

    while (ok && r->filling > 0) {
        ssize_t count = rd_kafka_consume_batch_queue(queue, POLL_MS, batch, BATCH);

        for (ssize_t i = 0; i < count; i++) {
            ok = ok && weigh(r, batch[i], error);
            rd_kafka_message_destroy(batch[i]);
        }
        if (count > 0)
            moved_ms = kit_now_ms();
        if (ok && kit_stop)
            ok = wrong(r, error, "stopped");
        else if (ok && kit_now_ms() - moved_ms > STALL_MS)
            ok = wrong(r, error, "nothing came within the time allowed: are the brokers up?");
    }
    rd_kafka_queue_destroy(queue);
    return ok;
}

static bool wants_fill(const struct reading *r)
{
    for (int32_t i = 0; i < r->partitions; i++)
        if (r->tails[i].count == 0 && r->tails[i].low > r->tails[i].begin)
            return true;
    return false;
}

static struct tail *newest(const struct reading *r)
{
    struct tail *best = NULL;

    for (int32_t i = 0; i < r->partitions; i++) {
        struct tail *tail = &r->tails[i];

        if (tail->count > 0 &&
            (!best || tail->rows[tail->count - 1].timestamp_ms > best->rows[best->count - 1].timestamp_ms))
            best = tail;
    }
    return best;
}

/* Tells the newest row. *more is false where there is none, or no more is wanted. */
static bool tell(struct reading *r, bool *more, char *error)
{
    struct tail *tail = newest(r);
    struct row row;
    int fresh;

    if (!tail) {
        *more = false;
        r->b->complete = true;
        return true;
    }
    row = tail->rows[--tail->count];
    fresh = r->b->every ? 1 : seen_add(&r->seen, row.key);
    if (fresh > 0 && row.seen)
        *more = r->b->tell(r->b->arg, row.seen);
    else
        drop(r, row.seen);
    return fresh >= 0 || wrong(r, error, "no memory");
}

static bool begin(struct reading *r, char *error)
{
    if (!kit_topic_look(r->b->reader, r->b->topic, &r->topic, error))
        return false;
    r->partitions = r->topic.partitions;
    r->tails = calloc((size_t)r->partitions, sizeof *r->tails);
    if (!r->tails)
        return wrong(r, error, "no memory");
    r->chunk_max = HELD_MAX / r->partitions;
    for (int32_t i = 0; i < r->partitions; i++) {
        bool wanted = r->b->only < 0 || r->b->only == i;

        r->tails[i] = (struct tail){.begin = r->topic.begin[i],
                                    .low = wanted ? r->topic.end[i] : r->topic.begin[i],
                                    .chunk = CHUNK_FIRST};
    }
    return true;
}

static void end(struct reading *r)
{
    rd_kafka_assign(r->b->reader, NULL);
    for (int32_t i = 0; r->tails && i < r->partitions; i++) {
        for (size_t k = 0; k < r->tails[i].count; k++)
            drop(r, r->tails[i].rows[k].seen);
        free(r->tails[i].rows);
    }
    free(r->tails);
    free(r->seen.slots);
    free(r);
}

bool read_backwards(struct backwards *reading, char error[KAFKA_ERROR_SIZE])
{
    struct reading *r = calloc(1, sizeof *r);
    bool ok, more = true;

    reading->records = 0;
    reading->complete = false;
    if (!r) {
        snprintf(error, KAFKA_ERROR_SIZE, "no memory");
        return false;
    }
    r->b = reading;
    ok = begin(r, error);
    while (ok && more) {
        if (kit_stop)
            ok = wrong(r, error, "stopped");
        else if (wants_fill(r))
            ok = fill(r, error);
        else
            ok = tell(r, &more, error);
    }
    end(r);
    return ok;
}
