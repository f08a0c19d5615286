#include "common/deadletter.h"
#include "common/assertx.h"
#include "common/iso8601.h"
#include "common/sbuf.h"
#include "common/textsafe.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *const names[DLQ_HEADER_COUNT] = {
#define X(symbol, name, holds) name,
    DEADLETTER_HEADER_TABLE(X)
#undef X
};

static const char prefix[] = "dlq-";
enum { REPLAYS_MAX = 1000000, NUMBER_BYTES = 24 };

/* Texts of ours, all at their caps, and the numbers and times fit into the scratch. */
_Static_assert(12 * (DEADLETTER_TEXT_MAX_BYTES + 1) + 14 * (ISO8601_TEXT_BYTES + 1) <=
                   DEADLETTER_SCRATCH_BYTES,
               "the scratch holds every header");

struct list {
    struct record_header *out;
    size_t count;
    char *next, *end; /* scratch */
};

const char *deadletter_header_name(enum deadletter_header header)
{
    ASSERT((unsigned)header < DLQ_HEADER_COUNT);
    return names[header];
}

bool deadletter_key(const struct deadletter *letter, struct sbuf *out)
{
    if (letter->event_source && letter->event_id && !letter->identity_reused) {
        sbuf_put_percent(out, letter->event_source, strlen(letter->event_source));
        sbuf_putc(out, '/');
        sbuf_put_percent(out, letter->event_id, strlen(letter->event_id));
    } else {
        sbuf_puts(out, letter->topic);
        sbuf_putc(out, '/');
        sbuf_put_i64(out, letter->partition);
        sbuf_putc(out, '/');
        sbuf_put_i64(out, letter->offset);
    }
    return sbuf_ok(out);
}

static void add(struct list *list, enum deadletter_header header, const void *value, size_t bytes)
{
    ASSERT(list->count < DEADLETTER_HEADERS_MAX);
    list->out[list->count++] = (struct record_header){names[header], value, bytes};
}

/* A text of ours: secrets masked, control characters made safe, cut; absent where there is none. */
static void add_text(struct list *list, enum deadletter_header header, const char *text)
{
    size_t room = (size_t)(list->end - list->next), n;

    if (!text || !text[0])
        return;
    ASSERT(room > DEADLETTER_TEXT_MAX_BYTES);
    n = textsafe_copy(list->next, DEADLETTER_TEXT_MAX_BYTES + 1, text, strlen(text));
    add(list, header, list->next, n);
    list->next += n + 1;
}

static void add_number(struct list *list, enum deadletter_header header, int64_t n)
{
    int len;

    ASSERT(list->end - list->next >= NUMBER_BYTES);
    len = snprintf(list->next, NUMBER_BYTES, "%lld", (long long)n);
    add(list, header, list->next, (size_t)len);
    list->next += len + 1;
}

static void add_time(struct list *list, enum deadletter_header header, int64_t ms)
{
    ASSERT(list->end - list->next >= ISO8601_TEXT_BYTES);
    add(list, header, list->next, iso8601_format_ms(ms, list->next));
    list->next += ISO8601_TEXT_BYTES;
}

/* Room for the record's own headers. */
struct room {
    size_t count, bytes;
};

static bool take_room(struct room *room, const struct record_header *header)
{
    size_t size = strlen(header->name) + header->value_bytes;

    if (room->count == 0 || size > room->bytes)
        return false;
    room->count--;
    room->bytes -= size;
    return true;
}

static bool is_ours(const struct record_header *header)
{
    return strncasecmp(header->name, prefix, sizeof(prefix) - 1) == 0;
}

/* Without these the record would be no event any more, and could not be replayed. */
static bool makes_the_event(const struct record_header *header)
{
    return strncasecmp(header->name, "ce_", 3) == 0 || strcasecmp(header->name, "content-type") == 0;
}

/* The record's own headers in their order, as many as fit, those that make the event before all others.
 * Returns how many did not. */
static size_t add_originals(struct list *list, const struct deadletter *letter)
{
    struct room others = {DEADLETTER_ORIGINAL_MAX, DEADLETTER_ORIGINAL_MAX_BYTES}, kept;
    size_t dropped = letter->headers_unread;

    for (size_t i = 0; i < letter->header_count; i++) {
        if (makes_the_event(&letter->headers[i]))
            take_room(&others, &letter->headers[i]);
    }
    kept =
        (struct room){DEADLETTER_ORIGINAL_MAX - others.count, DEADLETTER_ORIGINAL_MAX_BYTES - others.bytes};
    for (size_t i = 0; i < letter->header_count; i++) {
        const struct record_header *header = &letter->headers[i];

        if (is_ours(header))
            continue;
        if (take_room(makes_the_event(header) ? &kept : &others, header))
            list->out[list->count++] = *header;
        else
            dropped++;
    }
    return dropped;
}

static void add_place(struct list *list, const struct deadletter *letter)
{
    size_t key_bytes =
        letter->key_bytes < DEADLETTER_KEY_MAX_BYTES ? letter->key_bytes : DEADLETTER_KEY_MAX_BYTES;

    if (letter->key)
        add(list, DLQ_KEY, letter->key, key_bytes);
    else
        add(list, DLQ_KEY_NULL, "1", 1);
    add_text(list, DLQ_TOPIC, letter->topic);
    add_number(list, DLQ_PARTITION, letter->partition);
    add_number(list, DLQ_OFFSET, letter->offset);
    if (letter->timestamp_ms >= 0)
        add_time(list, DLQ_TIMESTAMP, letter->timestamp_ms);
}

static void add_error(struct list *list, const struct deadletter *letter)
{
    add_text(list, DLQ_CLASS, letter->class_name);
    if (letter->code)
        add_number(list, DLQ_CODE, letter->code);
    if (letter->subcode)
        add_number(list, DLQ_SUBCODE, letter->subcode);
    if (letter->http_status)
        add_number(list, DLQ_HTTP_STATUS, letter->http_status);
    add_text(list, DLQ_REASON, letter->reason);
    add_text(list, DLQ_MESSAGE, letter->message);
    add_text(list, DLQ_USER_MESSAGE, letter->user_message);
    add_text(list, DLQ_FBTRACE_ID, letter->fbtrace_id);
}

size_t deadletter_headers(const struct deadletter *letter, struct record_header *out, char *scratch)
{
    struct list list = {.out = out, .next = scratch, .end = scratch + DEADLETTER_SCRATCH_BYTES};
    size_t dropped = add_originals(&list, letter);

    add_place(&list, letter);
    add_error(&list, letter);
    add_text(&list, DLQ_PRODUCT_ID, letter->product_id);
    add_text(&list, DLQ_SKU, letter->sku);
    add_text(&list, DLQ_CATALOG, letter->catalog);
    add_number(&list, DLQ_ATTEMPTS, letter->attempts);
    add_time(&list, DLQ_FIRST_SEEN, letter->first_seen_ms);
    add_time(&list, DLQ_DIED_AT, letter->died_at_ms);
    add_text(&list, DLQ_WORKER, letter->worker);
    add_number(&list, DLQ_REPLAYS, letter->replays);
    if (letter->value_null)
        add(&list, DLQ_NULL_VALUE, "1", 1);
    if (letter->value_left_out)
        add_number(&list, DLQ_TRUNCATED, (int64_t)letter->value_bytes);
    if (dropped)
        add_number(&list, DLQ_HEADERS_DROPPED, (int64_t)dropped);
    return list.count;
}

int64_t deadletter_replays(const struct record_header *headers, size_t header_count)
{
    for (size_t i = header_count; i > 0; i--) {
        const struct record_header *header = &headers[i - 1];
        const char *digits = header->value;
        int64_t n = 0;

        if (strcmp(header->name, names[DLQ_REPLAYS]) != 0)
            continue;
        for (size_t d = 0; d < header->value_bytes; d++) {
            if (digits[d] < '0' || digits[d] > '9' || n > REPLAYS_MAX)
                return 0;
            n = n * 10 + (digits[d] - '0');
        }
        return n <= REPLAYS_MAX ? n : 0;
    }
    return 0;
}
