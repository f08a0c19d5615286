#include "open.h"

#include "common/hash128.h"
#include "tools/kit/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 1024, HOUR_MS = 3600000, HEADERS = LETTER_HEADERS_MAX };

_Static_assert(sizeof(struct open_entry) == 40, "a million entries are 40 MB");

/* One key, one problem, by partition: a tombstone in another partition resolves nothing. A record without key
 * stands for itself. */
static struct key128 key_of(const rd_kafka_message_t *message)
{
    if (message->key)
        return hash128_parts(HASH_RECORD, message->key, message->key_len, "k", 1,
                             (uint64_t)message->partition);
    return hash128_parts(HASH_RECORD, &message->offset, sizeof message->offset, "o", 1,
                         (uint64_t)message->partition);
}

static uint32_t slot_of(const struct open_table *table, uint64_t hi, uint32_t lo)
{
    uint32_t slot = lo & (table->slot_count - 1);

    for (uint32_t i; (i = table->slots[slot]) > 0; slot = (slot + 1) & (table->slot_count - 1))
        if (table->list[i - 1].key_hi == hi && table->list[i - 1].key_lo == lo)
            break;
    return slot;
}

/* Slots are at most three quarters full; the list grows by half, so that little of it is ever empty. */
static bool grow_slots(struct open_table *table)
{
    uint32_t count = table->slot_count ? table->slot_count * 2 : FIRST_SLOTS;
    uint32_t *slots = calloc(count, sizeof *slots);

    if (!slots)
        return false;
    free(table->slots);
    table->slots = slots;
    table->slot_count = count;
    for (uint32_t i = 0; i < table->count; i++)
        table->slots[slot_of(table, table->list[i].key_hi, table->list[i].key_lo)] = i + 1;
    return true;
}

static bool grow(struct open_table *table)
{
    if (table->count == table->room) {
        uint32_t room = table->room ? table->room + table->room / 2 : FIRST_SLOTS;
        struct open_entry *list = realloc(table->list, (size_t)room * sizeof *list);

        if (!list)
            return false;
        table->list = list;
        table->room = room;
    }
    return table->count < table->slot_count / 4 * 3 || grow_slots(table);
}

static struct open_entry *find(struct open_table *table, struct key128 key)
{
    uint32_t slot;

    if (table->slot_count == 0)
        return NULL;
    slot = slot_of(table, key.hi, (uint32_t)key.lo);
    return table->slots[slot] ? &table->list[table->slots[slot] - 1] : NULL;
}

static struct open_entry *add(struct open_table *table, struct key128 key)
{
    struct open_entry *entry;

    if (!grow(table)) {
        table->no_memory = true;
        return NULL;
    }
    table->slots[slot_of(table, key.hi, (uint32_t)key.lo)] = table->count + 1;
    entry = &table->list[table->count++];
    *entry = (struct open_entry){.key_hi = key.hi, .key_lo = (uint32_t)key.lo};
    return entry;
}

static uint64_t product_of(const struct letter *letter)
{
    struct bytes product = letter->fields[DLQ_PRODUCT_ID], catalog = letter->fields[DLQ_CATALOG];

    if (!product.ptr)
        return 0;
    return hash128_parts(HASH_PRODUCT, catalog.ptr ? catalog.ptr : "", catalog.len, product.ptr, product.len,
                         0)
        .hi;
}

void open_take(struct open_table *table, const rd_kafka_message_t *message)
{
    struct record_header headers[HEADERS];
    struct key128 key = key_of(message);
    struct open_entry *entry = find(table, key);
    struct letter letter;

    table->records++;
    if (!message->payload) {
        table->tombstones++;
        if (entry)
            entry->open = false;
        return;
    }
    if (!entry && !(entry = add(table, key)))
        return;
    letter_of_message(message, headers, &letter);
    entry->offset = message->offset;
    entry->partition = (uint16_t)message->partition;
    entry->open = true;
    entry->matches = filter_matches(table->filter, &letter);
    if (!entry->matches)
        return;
    entry->product = product_of(&letter);
    entry->hour = letter.died_ms > 0 ? (uint32_t)(letter.died_ms / HOUR_MS) : 0;
    entry->cause = cause_table_find(&table->causes, &letter);
}

static void count_cause(struct cause *cause, const struct open_entry *entry)
{
    int64_t ms = (int64_t)entry->hour * HOUR_MS;

    if (cause->count++ == 0 || ms < cause->first_ms)
        cause->first_ms = ms;
    if (ms >= cause->last_ms) {
        cause->last_ms = ms;
        cause->example_partition = entry->partition;
        cause->example_offset = entry->offset;
    }
}

void open_finish(struct open_table *table)
{
    table->open = table->matching = 0;
    for (uint32_t i = 0; i < table->causes.count; i++)
        table->causes.list[i].count = 0;
    for (uint32_t i = 0; i < table->count; i++) {
        const struct open_entry *entry = &table->list[i];

        table->open += entry->open;
        if (!entry->open || !entry->matches)
            continue;
        table->matching++;
        if (entry->cause != UINT32_MAX)
            count_cause(&table->causes.list[entry->cause], entry);
    }
}

void open_free(struct open_table *table)
{
    cause_table_free(&table->causes);
    free(table->list);
    free(table->slots);
    *table = (struct open_table){0};
}

static bool on_record(void *arg, const rd_kafka_message_t *message)
{
    struct open_table *table = arg;

    open_take(table, message);
    return !table->no_memory;
}

struct progress {
    struct open_table *table;
    void (*tell)(void *arg, int64_t done, int64_t total);
    void *arg;
};

static bool take_record(void *arg, const rd_kafka_message_t *message)
{
    return on_record(((struct progress *)arg)->table, message);
}

static void tell_progress(void *arg, int64_t done, int64_t total)
{
    const struct progress *progress = arg;

    if (progress->tell)
        progress->tell(progress->arg, done, total);
}

bool open_read(struct open_table *table, rd_kafka_t *reader, const char *topic,
               void (*on_progress)(void *arg, int64_t done, int64_t total), void *arg,
               char error[KAFKA_ERROR_SIZE])
{
    struct progress progress = {.table = table, .tell = on_progress, .arg = arg};
    struct kit_scan scan = {
        .topic = topic, .on_record = take_record, .on_progress = tell_progress, .arg = &progress};

    if (!kit_topic_scan(reader, &scan, error))
        return false;
    if (table->no_memory) {
        snprintf(error, KAFKA_ERROR_SIZE, "topic %.249s: no memory for its table of open problems", topic);
        return false;
    }
    open_finish(table);
    return true;
}

static int by_place(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    if (x->partition != y->partition)
        return x->partition < y->partition ? -1 : 1;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

struct place *open_places(const struct open_table *table, size_t *count)
{
    struct place *places = table->matching ? malloc(table->matching * sizeof *places) : NULL;

    *count = 0;
    if (!places)
        return NULL;
    for (uint32_t i = 0; i < table->count; i++)
        if (table->list[i].open && table->list[i].matches)
            places[(*count)++] =
                (struct place){.partition = table->list[i].partition, .offset = table->list[i].offset};
    qsort(places, *count, sizeof *places, by_place);
    return places;
}

static int by_hash(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

/* Keeps `out` sorted by count; the smallest falls out. */
static void rank(struct open_product *out, size_t max, size_t *found, struct open_product fresh)
{
    size_t at = *found;

    if (at == max && (max == 0 || out[max - 1].count >= fresh.count))
        return;
    if (at == max)
        at--;
    else
        (*found)++;
    while (at > 0 && out[at - 1].count < fresh.count) {
        out[at] = out[at - 1];
        at--;
    }
    out[at] = fresh;
}

static bool counts(const struct open_entry *entry)
{
    return entry->open && entry->matches && entry->product;
}

/* Where one letter of each lies. */
static void find_examples(const struct open_table *table, struct open_product *out, size_t count)
{
    for (uint32_t i = 0; i < table->count; i++) {
        const struct open_entry *entry = &table->list[i];

        for (size_t k = 0; k < count && counts(entry); k++)
            if (out[k].hash == entry->product)
                out[k].example = (struct place){entry->partition, entry->offset};
    }
}

size_t open_products(const struct open_table *table, struct open_product *out, size_t max, size_t *found)
{
    uint64_t *hashes = malloc(((size_t)table->matching + 1) * sizeof *hashes);
    size_t n = 0, products = 0;

    *found = 0;
    if (!hashes)
        return 0;
    for (uint32_t i = 0; i < table->count; i++)
        if (counts(&table->list[i]))
            hashes[n++] = table->list[i].product;
    qsort(hashes, n, sizeof *hashes, by_hash);
    for (size_t i = 0; i < n;) {
        struct open_product fresh = {.hash = hashes[i]};

        for (; i < n && hashes[i] == fresh.hash; i++)
            fresh.count++;
        products++;
        rank(out, max, found, fresh);
    }
    free(hashes);
    find_examples(table, out, *found);
    return products;
}
