#include "line.h"

#include "cause.h"
#include "filter.h"
#include "jsonl.h"
#include "visible.h"

#include "common/utf8.h"

#include <stdio.h>
#include <string.h>

enum {
    CLASS_WIDTH = 11,
    CODE_WIDTH = 7,
    REASON_WIDTH = 22,
    PRODUCT_WIDTH = 14,
    REPLAYS_WIDTH = 3,
    KEY_WIDTH = 40
};
enum { NAME_MAX_BYTES = 4 * DEADLETTER_KEY_MAX_BYTES };

void line_head(struct out *out)
{
    size_t from = out->text.len;

    out_style(out, OUT_DIM);
    out_printf(out, "%-19s  %-11s %7s %-22s %3s  %-14s %-40s  %s", "DIED (UTC)", "CLASS", "CODE", "REASON",
               "RE", "PRODUCT", "KEY", "MESSAGE");
    out_style(out, OUT_PLAIN);
    out_fit(out, from);
    out_printf(out, "\n");
}

static void cell(struct out *out, enum out_style style, struct bytes text, size_t width)
{
    out_cell(out, style, text.ptr, text.len, width, false);
    out_printf(out, " ");
}

/* What is wrong with the record itself stands before what was wrong with the event. */
static void put_faults(struct out *out, const struct letter *letter)
{
    bool first = true;

    for (int i = 0; i < LETTER_FAULT_COUNT; i++) {
        if (!letter_has_fault(letter, (enum letter_fault)i))
            continue;
        out_printf(out, "%s", first ? "[" : ", ");
        out_word(out, OUT_YELLOW, letter_fault_name((enum letter_fault)i));
        first = false;
    }
    if (!first)
        out_printf(out, "] ");
}

void line_put(struct out *out, const struct letter *letter)
{
    struct bytes message = letter->fields[DLQ_MESSAGE], product = letter->fields[DLQ_PRODUCT_ID];
    char number[24] = "", replays[24] = "";
    struct sbuf key;
    size_t from = out->text.len;

    sbuf_init(&key, NAME_MAX_BYTES);
    letter_name(letter, &key);
    if (letter->code)
        snprintf(number, sizeof number, "%d", letter->code);
    if (letter->replays)
        snprintf(replays, sizeof replays, "%lld", (long long)letter->replays);
    out_time(out, letter->died_ms);
    out_printf(out, "  ");
    cell(out, OUT_PLAIN, letter->fields[DLQ_CLASS], CLASS_WIDTH);
    out_cell(out, OUT_PLAIN, number, strlen(number), CODE_WIDTH, true);
    out_printf(out, " ");
    cell(out, OUT_BOLD, letter->fields[DLQ_REASON], REASON_WIDTH);
    out_cell(out, OUT_YELLOW, replays, strlen(replays), REPLAYS_WIDTH, true);
    out_printf(out, "  ");
    cell(out, OUT_PLAIN, product, PRODUCT_WIDTH);
    if (out->width > 0) { /* on a terminal columns stand straight; elsewhere a key is whole */
        out_cell(out, OUT_CYAN, key.data, key.len, KEY_WIDTH, false);
    } else {
        out_word(out, OUT_CYAN, sbuf_str(&key));
        for (size_t i = visible_columns(key.data, key.len); i < KEY_WIDTH; i++)
            out_printf(out, " ");
    }
    out_printf(out, "  ");
    put_faults(out, letter);
    out_text(out, OUT_PLAIN, message.ptr, message.len, 0);
    out_fit(out, from);
    out_printf(out, "\n");
    sbuf_free(&key);
}

void json_key(struct sbuf *out, const char *name, struct bytes key)
{
    jsonl_text_or_base64(out, name, key, key.ptr && utf8_valid_up_to(key.ptr, key.len) == key.len);
}

static void json_origin(struct sbuf *out, const struct letter *letter)
{
    sbuf_puts(out, ",\"origin\":{");
    json_key(out, "key", letter->fields[DLQ_KEY]);
    json_text(out, "topic", letter->fields[DLQ_TOPIC]);
    if (letter->origin_partition >= 0)
        sbuf_printf(out, ",\"partition\":%d", letter->origin_partition);
    if (letter->origin_offset >= 0)
        sbuf_printf(out, ",\"offset\":%lld", (long long)letter->origin_offset);
    json_time(out, "timestamp", letter->origin_ms);
    sbuf_putc(out, '}');
}

static void json_faults(struct sbuf *out, const struct letter *letter)
{
    bool first = true;

    sbuf_puts(out, ",\"wrong\":[");
    for (int i = 0; i < LETTER_FAULT_COUNT; i++) {
        if (!letter_has_fault(letter, (enum letter_fault)i))
            continue;
        sbuf_printf(out, "%s\"%s\"", first ? "" : ",", letter_fault_name((enum letter_fault)i));
        first = false;
    }
    sbuf_putc(out, ']');
}

void line_json(struct sbuf *out, const struct letter *letter)
{
    char id[CAUSE_ID_BYTES];

    cause_fingerprint(letter, id);
    json_key(out, "key", letter->key);
    sbuf_printf(out, ",\"partition\":%d,\"offset\":%lld,\"fingerprint\":\"%s\"", letter->partition,
                (long long)letter->offset, id);
    json_text(out, "class", letter->fields[DLQ_CLASS]);
    sbuf_printf(out, ",\"code\":%d,\"subcode\":%d,\"http_status\":%d", letter->code, letter->subcode,
                letter->http_status);
    json_text(out, "reason", letter->fields[DLQ_REASON]);
    json_text(out, "message", letter->fields[DLQ_MESSAGE]);
    json_text(out, "user_message", letter->fields[DLQ_USER_MESSAGE]);
    json_text(out, "fbtrace_id", letter->fields[DLQ_FBTRACE_ID]);
    json_text(out, "product_id", letter->fields[DLQ_PRODUCT_ID]);
    json_text(out, "sku", letter->fields[DLQ_SKU]);
    json_text(out, "catalog", letter->fields[DLQ_CATALOG]);
    sbuf_printf(out, ",\"attempts\":%lld,\"replays\":%lld", (long long)letter->attempts,
                (long long)letter->replays);
    json_time(out, "died_at", letter->died_ms);
    json_time(out, "first_seen", letter->first_seen_ms);
    json_text(out, "worker", letter->fields[DLQ_WORKER]);
    json_origin(out, letter);
    sbuf_printf(out, ",\"value_bytes\":%zu", letter->value.len);
    json_faults(out, letter);
}
