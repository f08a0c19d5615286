#include "found.h"

#include "jsonl.h"
#include "reading.h"

#include <stdio.h>
#include <stdlib.h>

struct search {
    struct found *found;
    const struct filter *filter;
};

/* A letter that outlives its message. */
static void *look(void *arg, const struct letter *letter)
{
    struct sbuf text;

    if (!filter_matches(((struct search *)arg)->filter, letter))
        return NULL;
    sbuf_init(&text, FOUND_LETTER_MAX);
    jsonl_put(&text, letter, false);
    return sbuf_take(&text);
}

static bool tell(void *arg, void *seen)
{
    struct found *found = ((struct search *)arg)->found;

    found->lines[found->count++] = seen;
    return found->count < found->wanted;
}

bool found_read(struct found *found, rd_kafka_t *reader, const struct config *config,
                const struct filter *filter, char error[KAFKA_ERROR_SIZE])
{
    struct search search = {.found = found, .filter = filter};
    struct backwards reading = {
        .reader = reader, .topic = config->topic_dlq, .only = -1, .look = look, .tell = tell, .arg = &search};

    *found = (struct found){.wanted = filter->key_count};
    found->lines = calloc(found->wanted, sizeof *found->lines);
    if (!found->lines) {
        snprintf(error, KAFKA_ERROR_SIZE, "no memory");
        return false;
    }
    return read_backwards(&reading, error);
}

void found_free(struct found *found)
{
    for (size_t i = 0; i < found->count; i++)
        free(found->lines[i]);
    free(found->lines);
    *found = (struct found){.count = 0};
}
