#include "stats.h"

#include "reading.h"
#include "visible.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_BYTES = 4096 };

static int by_count(const void *a, const void *b)
{
    const struct cause *x = *(struct cause *const *)a, *y = *(struct cause *const *)b;

    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return strcmp(x->id, y->id);
}

static bool sort_causes(struct stats *s)
{
    s->causes = malloc((s->table.causes.count + 1) * sizeof(struct cause *));
    if (!s->causes)
        return false;
    for (uint32_t i = 0; i < s->table.causes.count; i++)
        if (s->table.causes.list[i].count > 0)
            s->causes[s->cause_count++] = &s->table.causes.list[i];
    qsort(s->causes, s->cause_count, sizeof(struct cause *), by_count);
    return true;
}

static int by_hour(const void *a, const void *b)
{
    const struct stats_hour *x = a, *y = b;

    return x->hour < y->hour ? -1 : x->hour > y->hour;
}

static void count_hours(struct stats *s)
{
    for (uint32_t i = 0; i < s->table.count; i++) {
        const struct open_entry *entry = &s->table.list[i];
        size_t h = 0;

        if (!entry->open || !entry->matches)
            continue;
        /* letters of one hour lie together, so the search begins at the end */
        for (h = s->hour_count; h > 0 && s->hours[h - 1].hour != entry->hour; h--)
            ;
        if (h > 0) {
            s->hours[h - 1].count++;
        } else if (s->hour_count < STATS_HOURS_MAX) {
            s->hours[s->hour_count++] = (struct stats_hour){entry->hour, 1};
        }
    }
    qsort(s->hours, s->hour_count, sizeof s->hours[0], by_hour);
}

static char *text_of(struct bytes text)
{
    struct sbuf out;

    if (!text.ptr)
        return NULL;
    sbuf_init(&out, NAME_MAX_BYTES);
    visible_put(&out, text.ptr, text.len, 256);
    return sbuf_take(&out);
}

/* The letter at a place: its key, or its product, as wanted. Nothing where it cannot be read (any more). */
static void look_up(rd_kafka_t *reader, const char *topic, struct place place, struct sbuf *key,
                    struct stats_product *product)
{
    struct record_header headers[LETTER_HEADERS_MAX];
    struct picker picker;
    rd_kafka_message_t *message;
    struct letter letter;
    char error[KAFKA_ERROR_SIZE];

    picker_start(&picker, reader, topic, &place, 1);
    if (picker_next(&picker, &message, error) != 1)
        return;
    letter_of_message(message, headers, &letter);
    if (key)
        letter_name(&letter, key);
    if (product) {
        product->catalog = text_of(letter.fields[DLQ_CATALOG]);
        product->product = text_of(letter.fields[DLQ_PRODUCT_ID]);
    }
    rd_kafka_message_destroy(message);
}

static void name_product(struct stats_product *product)
{
    struct sbuf name;

    if (!product->product) {
        product->name = strdup("");
        return;
    }
    sbuf_init(&name, NAME_MAX_BYTES);
    if (product->catalog)
        sbuf_printf(&name, "%.256s/", product->catalog);
    sbuf_puts(&name, product->product);
    product->name = sbuf_take(&name);
}

/* No payload was kept, so the few that are named are read again. */
static void name_examples(struct stats *s, rd_kafka_t *reader, const char *topic)
{
    struct open_product found[STATS_PRODUCTS_MAX];
    struct sbuf key;

    sbuf_init(&key, 4 * (size_t)DEADLETTER_KEY_MAX_BYTES);
    for (size_t i = 0; i < s->cause_count && i < STATS_EXAMPLES_MAX; i++) {
        struct place place = {s->causes[i]->example_partition, s->causes[i]->example_offset};

        sbuf_reset(&key);
        look_up(reader, topic, place, &key, NULL);
        if (key.len > 0)
            s->examples[i] = strdup(sbuf_str(&key));
    }
    s->product_count = open_products(&s->table, found, STATS_PRODUCTS_MAX, &s->product_shown);
    for (size_t i = 0; i < s->product_shown; i++) {
        s->products[i].count = found[i].count;
        look_up(reader, topic, found[i].example, NULL, &s->products[i]);
        name_product(&s->products[i]);
    }
    sbuf_free(&key);
}

bool stats_read(struct stats *s, const struct config *config, const struct filter *filter,
                void (*on_progress)(void *arg, int64_t done, int64_t total), void *arg,
                char error[KAFKA_ERROR_SIZE])
{
    rd_kafka_t *reader = kit_kafka_reader(config, "catalog-dlq", READING_PREFETCH_BYTES, error);
    bool ok;

    if (!reader)
        return false;
    s->table.filter = filter;
    ok = open_read(&s->table, reader, config->topic_dlq, on_progress, arg, error);
    if (ok && !sort_causes(s)) {
        snprintf(error, KAFKA_ERROR_SIZE, "no memory");
        ok = false;
    }
    if (ok) {
        count_hours(s);
        name_examples(s, reader, config->topic_dlq);
    }
    kit_kafka_reader_close(reader);
    return ok;
}

void stats_free(struct stats *s)
{
    for (size_t i = 0; i < STATS_EXAMPLES_MAX; i++)
        free(s->examples[i]);
    for (size_t i = 0; i < s->product_shown; i++) {
        free(s->products[i].name);
        free(s->products[i].catalog);
        free(s->products[i].product);
    }
    free(s->causes);
    open_free(&s->table);
    *s = (struct stats){.cause_count = 0};
}

void stats_explain(const struct cause *cause, struct explanation *out)
{
    explain(cause->reason, cause->code, cause->subcode, 0, cause->message, out);
}

void stats_code(const struct cause *cause, char out[STATS_GROUP_SIZE])
{
    out[0] = '\0';
    if (cause->code && cause->subcode)
        snprintf(out, STATS_GROUP_SIZE, "%d/%d", cause->code, cause->subcode);
    else if (cause->code)
        snprintf(out, STATS_GROUP_SIZE, "%d", cause->code);
}

static void name_of(const struct cause *cause, enum stats_by by, char out[STATS_GROUP_SIZE])
{
    if (by == STATS_BY_CODE) {
        stats_code(cause, out);
        if (!out[0])
            snprintf(out, STATS_GROUP_SIZE, "none");
    } else {
        const char *text = by == STATS_BY_CLASS ? cause->class_name : cause->reason;

        snprintf(out, STATS_GROUP_SIZE, "%.40s", text[0] ? text : "(none)");
    }
}

size_t stats_group(const struct stats *s, enum stats_by by, struct stats_group out[STATS_GROUPS_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < s->cause_count; i++) {
        char name[STATS_GROUP_SIZE];
        size_t g = 0;

        name_of(s->causes[i], by, name);
        while (g < count && strcmp(out[g].name, name) != 0)
            g++;
        if (g == STATS_GROUPS_MAX)
            continue;
        if (g == count) {
            out[count].count = 0;
            memcpy(out[count++].name, name, sizeof name);
        }
        out[g].count += s->causes[i]->count;
    }
    return count;
}
