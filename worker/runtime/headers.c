#include "worker/runtime/headers.h"

#include "common/assertx.h"

#include <string.h>
#include <strings.h>

enum { ROOM_LEAST = 16 };

static bool next_header(const rd_kafka_headers_t *list, size_t index, struct event_header *to)
{
    return !rd_kafka_header_get_all(list, index, &to->name, &to->value, &to->len);
}

/* Where a header that counts goes: over an earlier one of its name, else over the last of the others, else
 * behind all. */
static size_t place_of(const struct event_header *to, size_t count, size_t max, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(to[i].name, name) == 0)
            return i;
    }
    for (size_t i = count; count == max && i > 0; i--) {
        if (!event_header_known(to[i - 1].name))
            return i - 1;
    }
    return count;
}

/* The headers behind the first max: only those that count still find a place. */
static void read_rest(const rd_kafka_headers_t *list, struct event_header *to, size_t max,
                      struct record_headers *read)
{
    struct event_header header;

    for (size_t i = max; next_header(list, i, &header); i++) {
        read->size_bytes += strlen(header.name) + header.len;
        read->left_out++; /* it, or the one it takes the place of */
        if (event_header_known(header.name)) {
            size_t place = place_of(to, read->count, max, header.name);

            ASSERT(place < max); /* known names are fewer than ROOM_LEAST */
            to[place] = header;
        }
    }
}

struct record_headers headers_read(const rd_kafka_message_t *message, struct event_header *to, size_t max)
{
    struct record_headers read = {0};
    rd_kafka_headers_t *list = NULL;

    ASSERT(max >= ROOM_LEAST);
    if (rd_kafka_message_headers(message, &list) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return read;
    while (read.count < max && next_header(list, read.count, &to[read.count])) {
        read.size_bytes += strlen(to[read.count].name) + to[read.count].len;
        read.count++;
    }
    if (read.count == max)
        read_rest(list, to, max, &read);
    return read;
}
