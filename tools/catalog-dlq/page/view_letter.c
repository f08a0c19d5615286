/* One dead letter: what is wrong and where, in plain words, with the usual mend, and what became of it. */
#include "page.h"

#include "found.h"
#include "history.h"
#include "jsonl.h"
#include "reading.h"
#include "shown.h"

#include <stdio.h>
#include <stdlib.h>

enum { HEADER_CHARS = 400, TITLE_SIZE = 300 };

static const char *const others[] = {"full", NULL};

struct look {
    struct request *r;
    const struct letter *letter;
    struct judge judge;
    struct shown shown;
    struct history *history;
    const char *key; /* as it was asked for */
    char history_error[KAFKA_ERROR_SIZE];
    bool full, asked_history;
};

/* ---- the payload ---- */

static void put_span(struct sbuf *out, const struct shown_line *line, size_t from, size_t to)
{
    html_text(out, line->text + from, to - from, 0);
}

static void put_line(void *arg, const struct shown_line *line)
{
    const struct look *l = arg;
    const struct point *point = &l->shown.point;
    struct sbuf *out = &l->r->out;

    sbuf_printf(out, "<span class=\"line%s\"><span class=\"n\">%zu</span>", line->here ? " here" : "",
                line->number);
    put_span(out, line, 0, line->here ? line->from : line->len);
    if (line->here) {
        sbuf_puts(out, "<mark id=\"field\">");
        put_span(out, line, line->from, line->to);
        sbuf_puts(out, "</mark>");
        put_span(out, line, line->to, line->len);
    }
    if (line->more)
        sbuf_printf(out, "… (%zu bytes more in this line)", line->more);
    sbuf_puts(out, "\n</span>");
    if (!line->here)
        return;
    sbuf_puts(out, "<strong class=\"point\"><span aria-hidden=\"true\">↑ </span>");
    if (point->missing) {
        html_word(out, point->field);
        sbuf_puts(out, " belongs in here: ");
    }
    html_word(out, point->words);
    sbuf_puts(out, "\n</strong>");
}

static void put_payload(struct look *l)
{
    struct sbuf *out = &l->r->out;
    const struct shown *shown = &l->shown;
    size_t bytes = shown->letter->value.len;

    sbuf_puts(out, "<section><h2>Payload</h2>\n");
    if (shown->null_value || bytes == 0) {
        sbuf_printf(out, "<p>%s</p></section>\n",
                    shown->null_value ? "None: the event was a bare tombstone." : "Empty.");
        return;
    }
    sbuf_printf(out, "<p>%zu bytes%s.", bytes,
                shown->point.is_json ? ", shown with line breaks" : ", no valid JSON");
    if (shown->point.known)
        sbuf_puts(out, " <a href=\"#field\">To the field at fault</a>");
    if (shown->last - shown->first + 1 < shown->lines) {
        sbuf_printf(out, " Lines %zu to %zu of %zu; <a href=\"/letter?full=1&amp;key=", shown->first,
                    shown->last, shown->lines);
        sbuf_put_percent(out, l->key, strlen(l->key));
        sbuf_puts(out, "\">show all</a>");
    }
    sbuf_puts(out, "</p>\n<pre class=\"payload\" tabindex=\"0\" role=\"region\" aria-label=\"Payload\">");
    shown_lines(shown, put_line, l);
    sbuf_puts(out, "</pre></section>\n");
}

/* ---- what is known of it ---- */

/* In words of this page: the command line's name its options. */
static const char *advice_of(const struct look *l)
{
    if (l->shown.cannot || l->shown.point.valid_now || !l->r->serve->changes)
        return l->shown.advice;
    return "it would fail again as it is: change the field before it is sent, or mend what publishes it";
}

static void put_error(struct look *l)
{
    struct sbuf *out = &l->r->out;
    const struct letter *letter = l->letter;

    sbuf_puts(out, "<dl class=\"terms\">\n");
    for (int i = 0; i < LETTER_FAULT_COUNT; i++)
        if (letter_has_fault(letter, (enum letter_fault)i))
            html_term_word(out, "Damaged", "warn", letter_fault_words((enum letter_fault)i));
    html_term(out, "Class", "", letter->fields[DLQ_CLASS]);
    html_term(out, "Reason", "", letter->fields[DLQ_REASON]);
    if (letter->code || letter->http_status)
        sbuf_printf(out, "<dt>Code</dt><dd>%d, subcode %d, HTTP %d</dd>\n", letter->code, letter->subcode,
                    letter->http_status);
    html_term(out, "Message", "bad", letter->fields[DLQ_MESSAGE]);
    html_term(out, "The API says", "", letter->fields[DLQ_USER_MESSAGE]);
    html_term(out, "fbtrace id", "", letter->fields[DLQ_FBTRACE_ID]);
    if (!letter_has_fault(letter, LETTER_FOREIGN)) {
        html_term_word(out, "Means", "", l->shown.why.words);
        html_term_word(out, "Mend", "good", l->shown.why.mend);
    }
    html_term_word(out, "A replay", l->shown.cannot ? "warn" : "", advice_of(l));
    if (!l->shown.cannot && !l->shown.point.valid_now &&
        strcmp(l->shown.point.now, l->shown.point.words) != 0)
        html_term_word(out, "Judged now", "bad", l->shown.point.now);
    if (!l->shown.point.known)
        html_term_word(out, "Field", "bad", l->shown.point.field);
    sbuf_puts(out, "</dl>\n");
}

static void put_event_key(struct sbuf *out, const struct letter *letter)
{
    struct bytes key = letter->fields[DLQ_KEY];

    if (!key.ptr)
        sbuf_puts(out, letter->fields[DLQ_KEY_NULL].ptr ? "none" : "not known");
    else if (key.len == 0)
        sbuf_puts(out, "empty");
    else
        html_bytes(out, key, HEADER_CHARS);
}

static void put_product(struct sbuf *out, const struct letter *letter)
{
    struct bytes product = letter->fields[DLQ_PRODUCT_ID], catalog = letter->fields[DLQ_CATALOG];

    if (!product.ptr)
        return;
    sbuf_puts(out, "<dt>Product</dt><dd><a href=\"/product?id=");
    sbuf_put_percent(out, product.ptr, product.len);
    if (catalog.ptr) {
        sbuf_puts(out, "&amp;catalog=");
        sbuf_put_percent(out, catalog.ptr, catalog.len);
    }
    sbuf_puts(out, "\">");
    html_bytes(out, product, HEADER_CHARS);
    sbuf_puts(out, "</a></dd>\n");
}

static void put_headers(struct sbuf *out, const struct letter *letter)
{
    for (size_t i = 0; i < letter->header_count; i++) {
        const struct record_header *header = &letter->headers[i];

        if (strncmp(header->name, "dlq-", 4) == 0)
            continue;
        sbuf_puts(out, "<dt>Header</dt><dd><code>");
        html_text(out, header->name, strlen(header->name), HEADER_CHARS);
        sbuf_puts(out, "</code> ");
        if (header->value)
            html_text(out, header->value, header->value_bytes, HEADER_CHARS);
        else
            sbuf_puts(out, "(null)");
        sbuf_puts(out, "</dd>\n");
    }
}

static void put_place(struct look *l)
{
    struct sbuf *out = &l->r->out;
    const struct letter *letter = l->letter;

    sbuf_puts(out, "<section><h2>Where it belongs</h2><dl class=\"terms\">\n");
    put_product(out, letter);
    html_term(out, "SKU", "", letter->fields[DLQ_SKU]);
    html_term(out, "Catalog", "", letter->fields[DLQ_CATALOG]);
    sbuf_puts(out, "<dt>Cause</dt><dd><a href=\"/letters?fingerprint=");
    sbuf_printf(out, "%s\">%s</a></dd>\n<dt>Event</dt><dd>", l->shown.fingerprint, l->shown.fingerprint);
    html_bytes(out, letter->fields[DLQ_TOPIC], HEADER_CHARS);
    sbuf_printf(out, " partition %d offset %lld, key ", letter->origin_partition,
                (long long)letter->origin_offset);
    put_event_key(out, letter);
    sbuf_printf(out, "</dd>\n<dt>Dead letter</dt><dd>partition %d offset %lld</dd>\n", letter->partition,
                (long long)letter->offset);
    put_headers(out, letter);
    sbuf_puts(out, "</dl></section>\n");
}

/* ---- its history ---- */

static void put_moment(struct sbuf *out, int64_t ms, const char *what)
{
    if (ms < 0)
        return;
    sbuf_puts(out, "<li>");
    html_time(out, ms);
    sbuf_printf(out, " %s</li>\n", what);
}

static void put_entry(struct sbuf *out, const struct history_entry *entry)
{
    sbuf_puts(out, "<li><time>");
    html_text(out, entry->at, strlen(entry->at), 10);
    sbuf_putc(out, ' ');
    if (strlen(entry->at) > 11)
        html_text(out, entry->at + 11, strlen(entry->at + 11) < 8 ? strlen(entry->at + 11) : 8, 0);
    sbuf_puts(out, "</time> <strong>");
    html_word(out, entry->action);
    sbuf_puts(out, "</strong> by ");
    html_word(out, entry->actor);
    if (entry->detail[0]) {
        sbuf_puts(out, ", ");
        html_word(out, entry->detail);
    }
    if (entry->why[0]) {
        sbuf_puts(out, ": ");
        html_word(out, entry->why);
    }
    sbuf_puts(out, "</li>\n");
}

static void put_history(struct look *l)
{
    struct sbuf *out = &l->r->out;
    const struct letter *letter = l->letter;

    sbuf_printf(out, "<section><h2>History</h2><p>%lld attempt%s, %lld replay%s", (long long)letter->attempts,
                letter->attempts == 1 ? "" : "s", (long long)letter->replays,
                letter->replays == 1 ? "" : "s");
    if (letter->fields[DLQ_WORKER].ptr) {
        sbuf_puts(out, "; given up by worker ");
        html_bytes(out, letter->fields[DLQ_WORKER], HEADER_CHARS);
    }
    sbuf_puts(out, ".</p><ol class=\"history\">\n");
    put_moment(out, letter->origin_ms, "the event was published");
    put_moment(out, letter->first_seen_ms, "a worker took it");
    put_moment(out, letter->died_ms, "given up");
    if (l->history->more)
        sbuf_printf(out, "<li>%llu older records of what was done by hand</li>\n",
                    (unsigned long long)l->history->more);
    for (size_t i = 0; i < l->history->count; i++)
        put_entry(out, &l->history->list[i]);
    sbuf_puts(out, "</ol>\n");
    if (l->history_error[0]) {
        sbuf_puts(out, "<p class=\"alert\">What was done by hand before is not known: ");
        html_word(out, l->history_error);
        sbuf_puts(out, "</p>\n");
    }
    sbuf_puts(out, "</section>\n");
}

static void put_commands(struct look *l)
{
    struct sbuf *out = &l->r->out;

    sbuf_puts(out, "<section><h2>Mend it</h2>\n");
    if (l->r->serve->changes) {
        sbuf_puts(out, "<p class=\"buttons\">");
        frame_actions(l->r, &l->r->query, NULL, NULL);
        sbuf_puts(out, "</p></section>\n");
        return;
    }
    sbuf_puts(out, "<p>This page is read-only. On the command line:</p>\n<pre class=\"commands\">");
    if (!l->shown.cannot) {
        sbuf_puts(out, "catalog-dlq replay ");
        html_shell(out, l->key);
        if (!l->shown.point.valid_now && l->shown.point.field[0]) {
            sbuf_puts(out, " --set ");
            html_shell(out, l->shown.point.field);
            sbuf_puts(out, "=…");
        }
        sbuf_puts(out, " --follow\n");
    }
    sbuf_puts(out, "catalog-dlq drop ");
    html_shell(out, l->key);
    sbuf_puts(out, " --why '…'\n</pre></section>\n");
}

static void put_letter(struct look *l)
{
    char title[TITLE_SIZE];

    snprintf(title, sizeof title, "%.*s", TITLE_SIZE - 4, l->key);
    shown_make(&l->shown, &l->judge, l->letter, l->full);
    frame_begin(l->r, title, TAB_LETTERS);
    put_error(l);
    put_payload(l);
    put_commands(l);
    put_history(l);
    put_place(l);
    frame_end(l->r);
    shown_free(&l->shown);
}

/* ---- reading ---- */

static void show_line(struct look *l, rd_kafka_t *reader, const char *line)
{
    const struct config *config = &l->r->serve->app->config;
    struct jsonl *letter = calloc(1, sizeof *letter);
    char error[KAFKA_ERROR_SIZE] = "no memory";

    l->history = calloc(1, sizeof *l->history);
    if (!letter || !l->history || !jsonl_read(letter, line, strlen(line), error)) {
        frame_failed(l->r, 500, "This dead letter cannot be shown", error);
    } else if (!judge_init(&l->judge, config, l->r->now_ms, error, sizeof error)) {
        frame_failed(l->r, 500, "This dead letter cannot be judged", error);
    } else {
        l->letter = &letter->letter;
        if (l->letter->key.ptr)
            history_read(reader, config, l->letter, l->history, l->history_error);
        put_letter(l);
        judge_free(&l->judge);
    }
    if (letter)
        jsonl_free(letter);
    free(letter);
    free(l->history);
}

static void find_and_show(struct look *l, rd_kafka_t *reader, const struct filter *filter)
{
    char error[KAFKA_ERROR_SIZE];
    struct found found;

    if (!found_read(&found, reader, &l->r->serve->app->config, filter, error))
        frame_failed(l->r, 502, "The dead letters cannot be read", error);
    else if (found.count == 0 || !found.lines[0])
        frame_failed(l->r, 404, "No open dead letter has this key",
                     "It was replayed or dropped, or never was there.");
    else
        show_line(l, reader, found.lines[0]);
    found_free(&found);
}

void view_letter(struct request *r)
{
    struct look l = {
        .r = r, .key = query_get(&r->query, "key"), .full = query_get(&r->query, "full") != NULL};
    char error[KAFKA_ERROR_SIZE];
    struct filter filter;
    rd_kafka_t *reader;

    if (!page_filter(r, others, &filter))
        return;
    if (filter.key_count != 1) {
        frame_failed(r, 400, "Which dead letter?", "This page shows one: it wants one key.");
        return;
    }
    reader = kit_kafka_reader(&r->serve->app->config, "catalog-dlq", READING_PREFETCH_BYTES, error);
    if (reader)
        find_and_show(&l, reader, &filter);
    else
        frame_failed(r, 502, "The dead letters cannot be read", error);
    kit_kafka_reader_close(reader);
}
