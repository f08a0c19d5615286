#include "cause.h"

#include "common/hash128.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { CANON_BYTES = 2048, FIRST_SLOTS = 256, HEX_WORD_MIN = 8 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* Length of a quoted text from its opening quote on; 0 where it is not closed. A quote inside a word is an
 * apostrophe. */
static size_t quoted(const char *text, size_t len)
{
    for (size_t i = 1; i < len; i++) {
        if (text[i] == '\\' && i + 1 < len)
            i++;
        else if (text[i] == text[0])
            return i + 1;
    }
    return 0;
}

static size_t url(const char *text, size_t len)
{
    size_t n = 0;

    if (len < 8 || (strncmp(text, "http://", 7) != 0 && strncmp(text, "https://", 8) != 0))
        return 0;
    while (n < len && !isspace((unsigned char)text[n]) && text[n] != '"' && text[n] != ',')
        n++;
    return n;
}

/* A number, or a word of hex digits and dashes that is long and holds a digit (ids, hashes, UUIDs). */
static size_t number_or_id(const char *text, size_t len)
{
    size_t n = 0, hex = 0;
    bool digit = false;

    while (hex < len && (isxdigit((unsigned char)text[hex]) || text[hex] == '-')) {
        digit = digit || is_digit(text[hex]);
        hex++;
    }
    if (digit && hex >= HEX_WORD_MIN && (hex == len || !is_word(text[hex])))
        return hex;
    while (n < len && (is_digit(text[n]) ||
                       (n > 0 && (text[n] == '.' || text[n] == ',') && n + 1 < len && is_digit(text[n + 1]))))
        n++;
    return n;
}

void cause_normalise(struct sbuf *out, const char *message, size_t len)
{
    for (size_t i = 0; i < len;) {
        bool inside = i > 0 && is_word(message[i - 1]);
        size_t n = 0;

        if ((message[i] == '"' || (message[i] == '\'' && !inside)) &&
            (n = quoted(message + i, len - i)) > 0) {
            sbuf_puts(out, "\"…\"");
        } else if (!inside && (n = url(message + i, len - i)) > 0) {
            sbuf_puts(out, "<url>");
        } else if ((!inside || is_digit(message[i])) && (n = number_or_id(message + i, len - i)) > 0) {
            sbuf_putc(out, '#');
        } else {
            sbuf_putc(out, message[i]);
            n = 1;
        }
        i += n;
    }
}

static struct bytes message_of(const struct letter *letter)
{
    struct bytes message = letter->fields[DLQ_MESSAGE];

    if (message.len > CAUSE_MESSAGE_MAX)
        message.len = CAUSE_MESSAGE_MAX;
    return message;
}

static struct key128 fingerprint(const struct letter *letter)
{
    char memory[CANON_BYTES];
    struct sbuf text;
    struct bytes message = message_of(letter), class_name = letter->fields[DLQ_CLASS],
                 reason = letter->fields[DLQ_REASON];

    sbuf_init_fixed(&text, memory, sizeof memory);
    sbuf_put(&text, class_name.ptr ? class_name.ptr : "", class_name.len < 64 ? class_name.len : 64);
    sbuf_putc(&text, '\n');
    sbuf_put_i64(&text, letter->code);
    sbuf_putc(&text, '\n');
    sbuf_put_i64(&text, letter->subcode);
    sbuf_putc(&text, '\n');
    sbuf_put(&text, reason.ptr ? reason.ptr : "", reason.len < 256 ? reason.len : 256);
    sbuf_putc(&text, '\n');
    cause_normalise(&text, message.ptr ? message.ptr : "", message.len);
    return hash128(HASH_BODY, text.data, text.len);
}

/* The same of what the fingerprint is made of, before anything is taken out. */
static struct key128 raw_of(const struct letter *letter)
{
    struct bytes message = message_of(letter), reason = letter->fields[DLQ_REASON],
                 class_name = letter->fields[DLQ_CLASS];
    struct key128 first = hash128_parts(HASH_BODY, class_name.ptr, class_name.len, reason.ptr, reason.len,
                                        (uint64_t)(uint32_t)letter->code << 32 | (uint32_t)letter->subcode);

    return hash128_parts(HASH_BODY, message.ptr, message.len, &first, sizeof first, 0);
}

static void name_of(struct key128 hash, char id[CAUSE_ID_BYTES])
{
    char hex[HASH_HEX_BYTES];

    hash128_hex(hash, hex);
    memcpy(id, hex, CAUSE_ID_BYTES - 1);
    id[CAUSE_ID_BYTES - 1] = '\0';
}

void cause_fingerprint(const struct letter *letter, char id[CAUSE_ID_BYTES])
{
    name_of(fingerprint(letter), id);
}

void cause_table_free(struct cause_table *table)
{
    for (uint32_t i = 0; i < table->count; i++) {
        free(table->list[i].class_name);
        free(table->list[i].reason);
        free(table->list[i].message);
    }
    free(table->list);
    free(table->slots);
    *table = (struct cause_table){0};
}

static char *copy(struct bytes text, size_t max)
{
    return text.ptr ? strndup(text.ptr, text.len < max ? text.len : max) : strdup("");
}

static uint32_t slot_of(const struct cause_table *table, const char *id)
{
    uint32_t slot = (uint32_t)hash128(HASH_BODY, id, CAUSE_ID_BYTES - 1).lo & (table->slot_count - 1);

    while (table->slots[slot] && strcmp(table->list[table->slots[slot] - 1].id, id) != 0)
        slot = (slot + 1) & (table->slot_count - 1);
    return slot;
}

/* Slots are never more than half full. */
static bool grow(struct cause_table *table)
{
    uint32_t slot_count = table->slot_count ? table->slot_count * 2 : FIRST_SLOTS;
    struct cause *list = realloc(table->list, (size_t)slot_count / 2 * sizeof *list);
    uint32_t *slots = list ? calloc(slot_count, sizeof *slots) : NULL;

    if (list)
        table->list = list;
    if (!slots)
        return false;
    free(table->slots);
    table->slots = slots;
    table->slot_count = slot_count;
    table->room = slot_count / 2;
    for (uint32_t i = 0; i < table->count; i++)
        table->slots[slot_of(table, table->list[i].id)] = i + 1;
    return true;
}

static uint32_t find(struct cause_table *table, const struct letter *letter)
{
    struct cause fresh = {.code = letter->code, .subcode = letter->subcode, .example_offset = -1};
    uint32_t slot;

    cause_fingerprint(letter, fresh.id);
    if (table->slot_count > 0) {
        slot = slot_of(table, fresh.id);
        if (table->slots[slot])
            return table->slots[slot] - 1;
    }
    if (table->count == CAUSE_COUNT_MAX || (table->count == table->room && !grow(table))) {
        table->beyond++;
        return UINT32_MAX;
    }
    fresh.class_name = copy(letter->fields[DLQ_CLASS], 64);
    fresh.reason = copy(letter->fields[DLQ_REASON], 256);
    fresh.message = copy(message_of(letter), CAUSE_MESSAGE_MAX);
    if (!fresh.class_name || !fresh.reason || !fresh.message) {
        free(fresh.class_name);
        free(fresh.reason);
        free(fresh.message);
        table->beyond++;
        return UINT32_MAX;
    }
    table->list[table->count++] = fresh;
    table->slots[slot_of(table, fresh.id)] = table->count;
    return table->count - 1;
}

uint32_t cause_table_find(struct cause_table *table, const struct letter *letter)
{
    struct key128 raw = raw_of(letter);
    struct cause_recent *recent = &table->recent[raw.lo % CAUSE_RECENT];
    uint32_t index;

    if (key128_eq(recent->raw, raw))
        return recent->index;
    index = find(table, letter);
    if (index != UINT32_MAX)
        *recent = (struct cause_recent){raw, index};
    return index;
}
