#include "csv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { ROW_MAX_BYTES = 4 * 1024 * 1024, NO_BYTE = -1 };

enum place { AT_START, IN_PLAIN, IN_QUOTES, BEHIND_QUOTE };

struct parse {
    enum place place;
    enum csv_verdict trouble; /* CSV_ROW: none yet */
    uint64_t quote_line;      /* where the open quote stands */
    size_t cell_from;
    bool quoted; /* the cell had quotes, so it is a cell even if empty */
};

void csv_begin(struct csv *csv, struct source *source, char delimiter)
{
    if (!csv->text.data)
        sbuf_init(&csv->text, ROW_MAX_BYTES);
    csv->source = source;
    csv->delimiter = delimiter;
    csv->line = 1;
    csv->row_line = 0;
    csv->count = 0;
}

void csv_free(struct csv *csv)
{
    sbuf_free(&csv->text);
}

/* The next byte, not taken yet. NO_BYTE: the end, or trouble (*verdict). */
static int peek(struct csv *csv, enum csv_verdict *verdict)
{
    struct source *source = csv->source;

    while (source->from == source->to) {
        switch (source_fill(source)) {
        case SOURCE_MORE: break;
        case SOURCE_END: *verdict = CSV_END; return NO_BYTE;
        case SOURCE_STOPPED: *verdict = CSV_STOPPED; return NO_BYTE;
        case SOURCE_FAILED: *verdict = CSV_FAILED; return NO_BYTE;
        }
    }
    return (unsigned char)source->buffer[source->from];
}

/* Keeps the first fault of a row; the row is read to its end all the same. */
static void __attribute__((format(printf, 3, 4)))
fault(struct csv *csv, struct parse *p, const char *format, ...)
{
    va_list list;

    if (p->trouble != CSV_ROW)
        return;
    p->trouble = CSV_BAD;
    va_start(list, format);
    vsnprintf(csv->why, sizeof csv->why, format, list);
    va_end(list);
}

static void add(struct csv *csv, struct parse *p, int byte)
{
    if (csv->text.len - p->cell_from >= CSV_CELL_MAX_BYTES || csv->text.len >= ROW_MAX_BYTES)
        fault(csv, p, "cell %d is larger than %d KiB", csv->count + 1, CSV_CELL_MAX_BYTES / 1024);
    else
        sbuf_putc(&csv->text, (char)byte);
}

static void end_cell(struct csv *csv, struct parse *p)
{
    if (csv->count == CSV_COLUMNS_MAX)
        fault(csv, p, "more than %d cells", CSV_COLUMNS_MAX);
    else
        csv->ends[csv->count++] = csv->text.len;
    p->cell_from = csv->text.len;
    p->place = AT_START;
}

/* One byte inside a row, line ends within quotes included. */
static void take(struct csv *csv, struct parse *p, int byte)
{
    switch (p->place) {
    case AT_START:
        if (byte == '"') {
            p->place = IN_QUOTES;
            p->quote_line = csv->line;
            p->quoted = true;
            return;
        }
        p->place = IN_PLAIN;
        break;
    case IN_PLAIN: break;
    case IN_QUOTES:
        if (byte == '"')
            p->place = BEHIND_QUOTE;
        else
            add(csv, p, byte);
        return;
    case BEHIND_QUOTE:
        if (byte == '"') {
            p->place = IN_QUOTES;
            add(csv, p, byte);
            return;
        }
        if (byte != csv->delimiter)
            fault(csv, p, "cell %d goes on behind its closing quote: a quote inside a cell is doubled (\"\")",
                  csv->count + 1);
        p->place = IN_PLAIN;
        break;
    }
    if (byte == csv->delimiter)
        end_cell(csv, p);
    else if (byte == '"')
        fault(csv, p,
              "cell %d holds a quote, but does not begin with one: put the cell into quotes, and "
              "double the quote",
              csv->count + 1);
    else
        add(csv, p, byte);
}

/* Passes a line end; CRLF is one. */
static void pass_line_end(struct csv *csv, int byte)
{
    enum csv_verdict verdict;

    csv->source->from++;
    csv->line++;
    if (byte == '\r' && peek(csv, &verdict) == '\n')
        csv->source->from++;
}

static enum csv_verdict broken(struct csv *csv, const char *what)
{
    snprintf(csv->why, sizeof csv->why, "%s", what);
    return CSV_BROKEN;
}

/* Files of other encodings are told by their first bytes. */
static enum csv_verdict pass_mark(struct csv *csv)
{
    struct source *source = csv->source;
    enum csv_verdict verdict = CSV_ROW;
    const unsigned char *at;

    while (source->to - source->from < 3 && !source->at_end)
        if (source_fill(source) >= SOURCE_STOPPED)
            return CSV_ROW; /* seen again by whoever reads on */
    at = (const unsigned char *)source->buffer + source->from;
    if (source->to - source->from >= 2 &&
        ((at[0] == 0xff && at[1] == 0xfe) || (at[0] == 0xfe && at[1] == 0xff)))
        verdict = broken(csv, "the file is UTF-16: save it as CSV UTF-8");
    else if (source->to - source->from >= 3 && at[0] == 0xef && at[1] == 0xbb && at[2] == 0xbf)
        source->from += 3;
    return verdict;
}

static enum csv_verdict end_row(struct csv *csv, struct parse *p)
{
    if (p->place == IN_QUOTES) {
        snprintf(csv->why, sizeof csv->why, "the quote opened in cell %d on line %llu is never closed",
                 csv->count + 1, (unsigned long long)p->quote_line);
        return CSV_BROKEN;
    }
    end_cell(csv, p);
    return p->trouble;
}

static bool is_empty(const struct csv *csv, const struct parse *p)
{
    return csv->count == 0 && p->place == AT_START && !p->quoted && p->trouble == CSV_ROW;
}

enum csv_verdict csv_next(struct csv *csv)
{
    struct parse p = {.trouble = CSV_ROW};

    if (csv->row_line == 0) {
        csv->row_line = 1;
        if (pass_mark(csv) == CSV_BROKEN)
            return CSV_BROKEN;
    }
    sbuf_reset(&csv->text);
    csv->count = 0;
    csv->row_line = csv->line;
    for (;;) {
        enum csv_verdict verdict = CSV_ROW;
        int byte = peek(csv, &verdict);

        if (byte == NO_BYTE && (verdict != CSV_END || is_empty(csv, &p)))
            return verdict;
        if (byte == NO_BYTE)
            return end_row(csv, &p);
        if ((byte == '\n' || byte == '\r') && p.place != IN_QUOTES) {
            pass_line_end(csv, byte);
            if (!is_empty(csv, &p))
                return end_row(csv, &p);
            csv->row_line = csv->line;
            continue;
        }
        csv->line += byte == '\n';
        csv->source->from++;
        take(csv, &p, byte);
    }
}

const char *csv_cell(const struct csv *csv, int index, size_t *len)
{
    size_t from = index > 0 ? csv->ends[index - 1] : 0;

    *len = csv->ends[index] - from;
    return sbuf_str(&csv->text) + from;
}
