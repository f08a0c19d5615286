/* catalog-dlq show: one dead letter in full. What is wrong and where, what usually mends it, its history. */
#include "app.h"
#include "found.h"
#include "history.h"
#include "jsonl.h"
#include "line.h"
#include "reading.h"
#include "shown.h"
#include "visible.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_TEXT_MAX = 16 * SHOWN_LINE_BYTES, NAME_MAX = 4 * DEADLETTER_KEY_MAX_BYTES };

struct showing {
    struct app *app;
    struct judge judge;
    rd_kafka_t *reader;
};

static void label(struct out *out, const char *name)
{
    out_cell(out, OUT_DIM, name, strlen(name), 12, false);
}

static void row(struct out *out, const char *name, enum out_style style, struct bytes text)
{
    if (!text.ptr)
        return;
    label(out, name);
    out_text(out, style, text.ptr, text.len, 0);
    out_printf(out, "\n");
}

static void row_word(struct out *out, const char *name, enum out_style style, const char *text)
{
    row(out, name, style, (struct bytes){text, strlen(text)});
}

/* ---- the payload, with the place pointed at ---- */

static void caret(struct out *out, const struct shown_line *line, const struct point *point)
{
    struct sbuf before, under;

    sbuf_init(&before, LINE_TEXT_MAX);
    sbuf_init(&under, LINE_TEXT_MAX);
    visible_put(&before, line->text, line->from, 0);
    visible_put(&under, line->text + line->from, line->to - line->from, 0);
    out_printf(out, "      ");
    for (size_t i = visible_columns(before.data, before.len); i > 0; i--)
        out_printf(out, " ");
    out_style(out, OUT_RED);
    for (size_t i = 0, n = visible_columns(under.data, under.len); i < (n ? n : 1) && i < SHOWN_LINE_BYTES;
         i++)
        out_printf(out, "^");
    out_style(out, OUT_PLAIN);
    out_printf(out, " ");
    if (point->missing) {
        out_word(out, OUT_RED, point->field);
        out_word(out, OUT_RED, " belongs in here: ");
    }
    out_word(out, OUT_RED, point->words);
    out_printf(out, "\n");
    sbuf_free(&before);
    sbuf_free(&under);
}

struct lines {
    struct out *out;
    const struct point *point;
};

static void put_line(void *arg, const struct shown_line *line)
{
    const struct lines *lines = arg;
    struct out *out = lines->out;

    out_style(out, OUT_DIM);
    out_printf(out, "%4zu  ", line->number);
    out_style(out, OUT_PLAIN);
    out_text(out, OUT_PLAIN, line->text, line->len, 0);
    if (line->more)
        out_printf(out, "… (%zu bytes more in this line)", line->more);
    out_printf(out, "\n");
    if (line->here)
        caret(out, line, lines->point);
}

static void put_payload(struct showing *s, const struct shown *shown)
{
    struct out *out = &s->app->out;
    size_t bytes = shown->letter->value.len;
    struct lines lines = {out, &shown->point};

    out_printf(out, "\n");
    label(out, "payload");
    if (shown->null_value) {
        out_printf(out, "none: the event was a bare tombstone\n");
        return;
    }
    out_printf(out, "%zu bytes%s\n", bytes,
               shown->point.is_json ? ", shown with line breaks"
               : bytes              ? ", no valid JSON"
                                    : "");
    shown_lines(shown, put_line, &lines);
    if (shown->last - shown->first + 1 < shown->lines)
        out_printf(out, "      (lines %zu to %zu of %zu; --full shows all)\n", shown->first, shown->last,
                   shown->lines);
}

/* ---- the rest ---- */

static void put_wrong(struct out *out, const struct letter *letter)
{
    for (int i = 0; i < LETTER_FAULT_COUNT; i++)
        if (letter_has_fault(letter, (enum letter_fault)i))
            row_word(out, "damaged", OUT_YELLOW, letter_fault_words((enum letter_fault)i));
}

static void put_error(struct showing *s, const struct shown *shown)
{
    struct out *out = &s->app->out;
    const struct letter *letter = shown->letter;
    char numbers[96];

    put_wrong(out, letter);
    row(out, "class", OUT_BOLD, letter->fields[DLQ_CLASS]);
    row(out, "reason", OUT_BOLD, letter->fields[DLQ_REASON]);
    if (letter->code || letter->http_status) {
        snprintf(numbers, sizeof numbers, "%d, subcode %d, HTTP %d", letter->code, letter->subcode,
                 letter->http_status);
        row_word(out, "code", OUT_PLAIN, numbers);
    }
    row(out, "message", OUT_RED, letter->fields[DLQ_MESSAGE]);
    row(out, "the API says", OUT_PLAIN, letter->fields[DLQ_USER_MESSAGE]);
    row(out, "fbtrace id", OUT_PLAIN, letter->fields[DLQ_FBTRACE_ID]);
    if (!letter_has_fault(letter, LETTER_FOREIGN)) {
        row_word(out, "means", OUT_PLAIN, shown->why.words);
        if (shown->why.mend[0])
            row_word(out, "mend", OUT_GREEN, shown->why.mend);
    }
    row_word(out, "fingerprint", OUT_CYAN, shown->fingerprint);
}

static void put_place(struct showing *s, const struct letter *letter)
{
    struct out *out = &s->app->out;

    row(out, "product", OUT_PLAIN, letter->fields[DLQ_PRODUCT_ID]);
    row(out, "sku", OUT_PLAIN, letter->fields[DLQ_SKU]);
    row(out, "catalog", OUT_PLAIN, letter->fields[DLQ_CATALOG]);
    label(out, "event");
    out_text(out, OUT_PLAIN, letter->fields[DLQ_TOPIC].ptr, letter->fields[DLQ_TOPIC].len, 0);
    out_printf(out, " partition %d offset %lld, key ", letter->origin_partition,
               (long long)letter->origin_offset);
    if (letter->fields[DLQ_KEY].ptr)
        out_text(out, OUT_PLAIN, letter->fields[DLQ_KEY].ptr, letter->fields[DLQ_KEY].len, 200);
    else
        out_printf(out, letter->fields[DLQ_KEY_NULL].ptr ? "none" : "not known");
    if (letter->fields[DLQ_KEY].ptr && letter->fields[DLQ_KEY].len == 0)
        out_printf(out, "(empty)");
    out_printf(out, "\n");
    label(out, "dead letter");
    out_text(out, OUT_PLAIN, s->app->config.topic_dlq, strlen(s->app->config.topic_dlq), 0);
    out_printf(out, " partition %d offset %lld\n", letter->partition, (long long)letter->offset);
}

static void put_moment(struct out *out, int64_t ms, const char *what)
{
    if (ms < 0)
        return;
    out_printf(out, "            ");
    out_time(out, ms);
    out_printf(out, " UTC  %s\n", what);
}

static void put_history(struct showing *s, const struct letter *letter)
{
    struct out *out = &s->app->out;
    char error[KAFKA_ERROR_SIZE], text[96];
    static struct history history;

    out_printf(out, "\n");
    label(out, "history");
    snprintf(text, sizeof text, "%lld attempt%s, %lld replay%s", (long long)letter->attempts,
             letter->attempts == 1 ? "" : "s", (long long)letter->replays, letter->replays == 1 ? "" : "s");
    out_printf(out, "%s\n", text);
    put_moment(out, letter->origin_ms, "the event was published");
    put_moment(out, letter->first_seen_ms, "a worker took it");
    snprintf(text, sizeof text, "given up");
    put_moment(out, letter->died_ms, text);
    row(out, "worker", OUT_PLAIN, letter->fields[DLQ_WORKER]);
    if (s->app->options.no_history || !letter->key.ptr)
        return;
    if (!history_read(s->reader, &s->app->config, letter, &history, error)) {
        app_partial(s->app, "its history is not known: %s", error);
        return;
    }
    if (history.more)
        out_printf(out, "            %llu older records, and\n", (unsigned long long)history.more);
    for (size_t i = 0; i < history.count; i++) {
        const struct history_entry *entry = &history.list[i];

        out_printf(out, "            ");
        out_text(out, OUT_PLAIN, entry->at, strlen(entry->at), 19);
        out_printf(out, "      ");
        out_word(out, OUT_BOLD, entry->action);
        out_printf(out, " by ");
        out_word(out, OUT_PLAIN, entry->actor);
        if (entry->detail[0]) {
            out_printf(out, ", ");
            out_word(out, OUT_PLAIN, entry->detail);
        }
        if (entry->why[0]) {
            out_printf(out, ": ");
            out_word(out, OUT_PLAIN, entry->why);
        }
        out_printf(out, "\n");
    }
}

static void put_headers(struct showing *s, const struct letter *letter)
{
    struct out *out = &s->app->out;

    for (size_t i = 0; i < letter->header_count; i++) {
        const struct record_header *header = &letter->headers[i];

        if (strncmp(header->name, "dlq-", 4) == 0)
            continue;
        label(out, "header");
        out_text(out, OUT_PLAIN, header->name, strlen(header->name), 100);
        out_printf(out, ": ");
        if (header->value)
            out_text(out, OUT_PLAIN, header->value, header->value_bytes, s->app->options.full ? 0 : 200);
        else
            out_printf(out, "(null)");
        out_printf(out, "\n");
    }
}

static void put_people(struct showing *s, const struct letter *letter)
{
    struct out *out = &s->app->out;
    struct shown shown;
    struct sbuf name;

    shown_make(&shown, &s->judge, letter, s->app->options.full);
    sbuf_init(&name, NAME_MAX);
    letter_name(letter, &name);
    out_word(out, OUT_CYAN, sbuf_str(&name));
    out_printf(out, "\n");
    put_error(s, &shown);
    put_place(s, letter);
    put_headers(s, letter);
    if (!shown.point.known && shown.point.field[0])
        row_word(out, "field", OUT_RED, shown.point.field);
    put_payload(s, &shown);
    put_history(s, letter);
    out_printf(out, "\n");
    row_word(out, "replay", shown.cannot ? OUT_YELLOW : OUT_PLAIN, shown.advice);
    if (!shown.cannot && !shown.point.valid_now && strcmp(shown.point.now, shown.point.words) != 0)
        row_word(out, "judged now", OUT_RED, shown.point.now);
    shown_free(&shown);
    sbuf_free(&name);
}

static void put_json(struct showing *s, const struct letter *letter)
{
    struct sbuf *out = &s->app->out.text;
    struct shown shown;
    struct point point;

    shown_make(&shown, &s->judge, letter, true);
    point_find(&s->judge, letter, &point); /* shown's is of the payload with line breaks */
    sbuf_putc(out, '{');
    line_json(out, letter);
    json_text(out, "words", (struct bytes){shown.why.words, strlen(shown.why.words)});
    json_text(out, "mend", (struct bytes){shown.why.mend, strlen(shown.why.mend)});
    sbuf_printf(out, ",\"valid_now\":%s,\"replayable\":%s", point.valid_now ? "true" : "false",
                shown.cannot ? "false" : "true");
    if (point.field[0])
        json_text(out, "field", (struct bytes){point.field, strlen(point.field)});
    if (point.words[0])
        json_text(out, "field_words", (struct bytes){point.words, strlen(point.words)});
    if (point.known)
        sbuf_printf(out, ",\"field_from\":%zu,\"field_to\":%zu,\"field_missing\":%s", point.from, point.to,
                    point.missing ? "true" : "false");
    sbuf_puts(out, ",\"record\":");
    jsonl_put(out, letter, false);
    sbuf_puts(out, "}\n");
    shown_free(&shown);
}

static int show_found(struct showing *s, const struct found *found)
{
    static struct jsonl letter;
    char why[JSONL_WHY_SIZE];

    for (size_t i = 0; i < found->count; i++) {
        if (!jsonl_read(&letter, found->lines[i], strlen(found->lines[i]), why)) {
            jsonl_free(&letter);
            return app_failed(s->app, why);
        }
        if (i > 0 && !s->app->options.json)
            out_printf(&s->app->out, "\n");
        if (s->app->options.json)
            put_json(s, &letter.letter);
        else
            put_people(s, &letter.letter);
        jsonl_free(&letter);
        out_flush(&s->app->out);
    }
    if (found->count < found->wanted)
        app_partial(s->app, "%zu of the keys are no open dead letters", found->wanted - found->count);
    if (s->app->partial[0])
        kit_complain(&s->app->cli, "partial: %s", s->app->partial);
    return app_end(s->app);
}

static int find_and_show(struct showing *s)
{
    struct app *app = s->app;
    char error[KAFKA_ERROR_SIZE];
    struct found found;
    int rc;

    if (!found_read(&found, s->reader, &app->config, &app->options.filter, error))
        rc = app_failed(app, error);
    else if (found.count == 0)
        rc = app_failed(
            app, "no open dead letter has such a key: it was replayed or dropped, or never was there; see "
                 "catalog-dlq list");
    else
        rc = show_found(s, &found);
    found_free(&found);
    return rc;
}

int command_show(struct app *app)
{
    struct showing s = {.app = app};
    char error[KAFKA_ERROR_SIZE];
    int rc;

    if (app->options.filter.key_count == 0) {
        kit_complain(&app->cli, "show wants a key, as list shows it");
        return KIT_USAGE;
    }
    s.reader = kit_kafka_reader(&app->config, "catalog-dlq", READING_PREFETCH_BYTES, error);
    if (!s.reader || !judge_init(&s.judge, &app->config, app->now_ms, error, sizeof error)) {
        kit_kafka_reader_close(s.reader);
        return app_failed(app, error);
    }
    rc = find_and_show(&s);
    judge_free(&s.judge);
    kit_kafka_reader_close(s.reader);
    return rc;
}
