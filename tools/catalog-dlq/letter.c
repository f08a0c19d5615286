#include "letter.h"

#include "common/iso8601.h"
#include "common/utf8.h"

#include <string.h>

static void fault(struct letter *letter, enum letter_fault which)
{
    letter->faults |= 1u << which;
}

const char *letter_fault_name(enum letter_fault which)
{
    static const char *const names[] = {
#define X(symbol, name, words) name,
        LETTER_FAULT_TABLE(X)
#undef X
    };
    return (unsigned)which < LETTER_FAULT_COUNT ? names[which] : "";
}

const char *letter_fault_words(enum letter_fault which)
{
    switch (which) {
#define X(symbol, name, words)                                                                               \
    case LETTER_##symbol: return words;
        LETTER_FAULT_TABLE(X)
#undef X
    case LETTER_FAULT_COUNT: break;
    }
    return "";
}

/* The worker writes its headers in the table's order, so the search begins behind the one found last. */
static int header_index(const char *name, int after)
{
    for (int n = 0; n < DLQ_HEADER_COUNT; n++) {
        int i = (after + 1 + n) % DLQ_HEADER_COUNT;

        if (strcmp(name, deadletter_header_name((enum deadletter_header)i)) == 0)
            return i;
    }
    return -1;
}

/* A whole number in decimal; `fallback`, and a fault, for anything else that is there. */
static int64_t number(struct letter *letter, enum deadletter_header header, int64_t max, int64_t fallback)
{
    struct bytes text = letter->fields[header];
    int64_t n = 0;

    if (!text.ptr)
        return fallback;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9' || n > (max - (text.ptr[i] - '0')) / 10) {
            fault(letter, LETTER_BAD_NUMBER);
            return fallback;
        }
        n = n * 10 + (text.ptr[i] - '0');
    }
    if (text.len == 0)
        fault(letter, LETTER_BAD_NUMBER);
    return text.len ? n : fallback;
}

/* The API's codes may be negative. */
static int32_t code(struct letter *letter, enum deadletter_header header)
{
    struct bytes text = letter->fields[header];
    int32_t n;

    if (!text.ptr || text.len == 0 || text.ptr[0] != '-')
        return (int32_t)number(letter, header, INT32_MAX, 0);
    letter->fields[header] = (struct bytes){text.ptr + 1, text.len - 1};
    n = (int32_t)-number(letter, header, INT32_MAX, 0);
    letter->fields[header] = text;
    return n;
}

static int64_t time_ms(struct letter *letter, enum deadletter_header header)
{
    struct bytes text = letter->fields[header];
    int64_t us;

    if (!text.ptr)
        return -1;
    if (iso8601_parse_us(text.ptr, text.len, &us))
        return us / 1000;
    fault(letter, LETTER_BAD_TIME);
    return -1;
}

/* Asked of every header of every letter, so it is no call. */
static bool is_ours(const char *name)
{
    return name[0] == 'd' && name[1] == 'l' && name[2] == 'q' && name[3] == '-';
}

static void find_fields(struct letter *letter)
{
    int last = -1;
    bool any = false;

    for (size_t i = 0; i < letter->header_count; i++) {
        const struct record_header *header = &letter->headers[i];
        int index;

        if (!is_ours(header->name))
            continue;
        index = header_index(header->name, last);
        if (index < 0)
            continue;
        last = index;
        any = true;
        if (letter->fields[index].ptr)
            fault(letter, LETTER_DOUBLED);
        letter->fields[index] = (struct bytes){header->value, header->value_bytes};
        if (index != DLQ_KEY && header->value &&
            utf8_valid_up_to(header->value, header->value_bytes) < header->value_bytes)
            fault(letter, LETTER_BAD_TEXT);
    }
    if (!any)
        fault(letter, LETTER_FOREIGN);
}

void letter_parse(struct letter *letter)
{
    memset(letter->fields, 0, sizeof letter->fields);
    letter->faults = 0;
    find_fields(letter);
    letter->code = code(letter, DLQ_CODE);
    letter->subcode = code(letter, DLQ_SUBCODE);
    letter->http_status = (int32_t)number(letter, DLQ_HTTP_STATUS, 999, 0);
    letter->origin_partition = (int32_t)number(letter, DLQ_PARTITION, INT32_MAX, -1);
    letter->origin_offset = number(letter, DLQ_OFFSET, INT64_MAX, -1);
    letter->attempts = number(letter, DLQ_ATTEMPTS, INT32_MAX, 0);
    letter->replays = number(letter, DLQ_REPLAYS, LETTER_REPLAYS_MAX, 0);
    letter->origin_ms = time_ms(letter, DLQ_TIMESTAMP);
    letter->first_seen_ms = time_ms(letter, DLQ_FIRST_SEEN);
    letter->died_ms = time_ms(letter, DLQ_DIED_AT);
    if (letter->died_ms < 0)
        letter->died_ms = letter->timestamp_ms;
    if (!letter->key.ptr)
        fault(letter, LETTER_NO_KEY);
    if (!letter->fields[DLQ_TOPIC].ptr || letter->fields[DLQ_TOPIC].len == 0 || letter->origin_partition < 0)
        fault(letter, LETTER_NO_ORIGIN);
    if ((letter->fields[DLQ_KEY].ptr != NULL) == (letter->fields[DLQ_KEY_NULL].ptr != NULL))
        fault(letter, LETTER_NO_ORIGINAL_KEY);
    if (letter->fields[DLQ_TRUNCATED].ptr)
        fault(letter, LETTER_LEFT_OUT);
    if (letter->fields[DLQ_HEADERS_DROPPED].ptr)
        fault(letter, LETTER_HEADERS_DROPPED);
}

void letter_of_message(const rd_kafka_message_t *message, struct record_header headers[LETTER_HEADERS_MAX],
                       struct letter *letter)
{
    rd_kafka_timestamp_type_t type;
    rd_kafka_headers_t *list = NULL;
    size_t count = 0;
    bool more = false;

    letter->partition = message->partition;
    letter->offset = message->offset;
    letter->timestamp_ms = rd_kafka_message_timestamp(message, &type);
    letter->key = (struct bytes){message->key, message->key_len};
    letter->value = (struct bytes){message->payload, message->len};
    if (rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        const char *name;
        const void *value;
        size_t size;

        while (count < LETTER_HEADERS_MAX &&
               !rd_kafka_header_get_all(list, count, &headers[count].name, &headers[count].value,
                                        &headers[count].value_bytes))
            count++;
        more = count == LETTER_HEADERS_MAX && !rd_kafka_header_get_all(list, count, &name, &value, &size);
    }
    letter->headers = headers;
    letter->header_count = count;
    letter_parse(letter);
    if (more)
        fault(letter, LETTER_MANY_HEADERS);
}

struct bytes letter_replay_value(const struct letter *letter)
{
    if (letter->fields[DLQ_NULL_VALUE].ptr && letter->value.len == 0)
        return (struct bytes){NULL, 0};
    return letter->value;
}

const char *letter_not_replayable(const struct letter *letter)
{
    static const enum letter_fault reasons[] = {LETTER_FOREIGN,         LETTER_NO_KEY,   LETTER_NO_ORIGIN,
                                                LETTER_NO_ORIGINAL_KEY, LETTER_LEFT_OUT, LETTER_MANY_HEADERS};

    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (letter_has_fault(letter, reasons[i]))
            return letter_fault_words(reasons[i]);
    return NULL;
}
