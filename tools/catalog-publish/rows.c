#include "rows.h"

#include "lines.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void rows_begin(struct rows *rows, const struct options *options, struct inputs *inputs, bool again)
{
    memset(rows, 0, sizeof *rows);
    rows->options = options;
    rows->inputs = inputs;
    rows->again = again;
    rows->source.fd = -1;
    sbuf_init(&rows->json, 2 * LINE_MAX_BYTES);
}

void rows_free(struct rows *rows)
{
    if (rows->open && rows->inputs->list[rows->at].kept < 0)
        source_close(&rows->source);
    source_free(&rows->source);
    csv_free(&rows->csv);
    sbuf_free(&rows->json);
}

const char *rows_input(const struct rows *rows)
{
    const char *path = rows->at < rows->inputs->count ? rows->inputs->list[rows->at].path : "";

    return strcmp(path, "-") == 0 ? "standard input" : path;
}

uint64_t rows_bytes(const struct rows *rows)
{
    return rows->bytes_before +
           (rows->open ? rows->source.bytes_read - (rows->source.to - rows->source.from) : 0);
}

const char *rows_column(const struct rows *rows, const char *path)
{
    return rows->has_columns ? columns_header(&rows->columns, path) : NULL;
}

static int open_input(struct rows *rows, struct input_file *input)
{
    if (!input->pipe)
        return source_open(&rows->source, input->path);
    if (input->kept < 0 && !rows->again)
        return source_open(&rows->source, input->path);
    if (input->kept < 0)
        input->kept = source_keep(input->path);
    if (input->kept < 0 || lseek(input->kept, 0, SEEK_SET) != 0)
        return errno;
    return source_attach(&rows->source, input->kept);
}

static void close_input(struct rows *rows)
{
    rows->bytes_before += rows->source.bytes_read;
    if (rows->inputs->list[rows->at].kept < 0)
        source_close(&rows->source);
    rows->open = rows->has_columns = false;
    rows->at++;
}

static void complain(struct rows *rows, int err)
{
    kit_complain(&rows->options->cli, "%s: %s", rows_input(rows), strerror(err));
    rows->failed = true;
}

/* Opens the next input that can be read. False: there is none. */
static bool next_input(struct rows *rows)
{
    for (; rows->at < rows->inputs->count; rows->at++) {
        int err = open_input(rows, &rows->inputs->list[rows->at]);

        if (!err) {
            rows->open = true;
            rows->line = 0;
            csv_begin(&rows->csv, &rows->source, rows->options->delimiter);
            return true;
        }
        if (kit_stop)
            return false;
        complain(rows, err);
    }
    return false;
}

static enum rows_verdict bad(struct rows *rows, const char *why)
{
    snprintf(rows->why, sizeof rows->why, "%s", why);
    return ROWS_BAD;
}

/* ROWS_END: this input's end. */
static enum rows_verdict next_line(struct rows *rows)
{
    switch (lines_next(&rows->source, &rows->line, &rows->text, &rows->len)) {
    case LINES_LINE: return ROWS_ROW;
    case LINES_TOO_LONG: return bad(rows, "longer than 1 MiB");
    case LINES_STOPPED: return ROWS_STOPPED;
    case LINES_FAILED: complain(rows, errno); return ROWS_END;
    case LINES_END: break;
    }
    return ROWS_END;
}

/* What follows cannot be understood: passes by the rest of the input. */
static enum rows_verdict give_up(struct rows *rows)
{
    rows->source.from = rows->source.to;
    rows->source.at_end = true;
    return ROWS_BAD;
}

static enum rows_verdict take_row(struct rows *rows)
{
    if (!rows->has_columns) {
        if (!columns_read(&rows->columns, &rows->csv, &rows->options->columns, rows->why))
            return give_up(rows);
        rows->has_columns = true;
        return ROWS_END;
    }
    sbuf_reset(&rows->json);
    if (!columns_row(&rows->columns, &rows->csv, &rows->json, rows->why))
        return ROWS_BAD;
    rows->text = rows->json.data;
    rows->len = rows->json.len;
    return ROWS_ROW;
}

static enum rows_verdict next_csv(struct rows *rows)
{
    for (;;) {
        enum csv_verdict verdict = csv_next(&rows->csv);
        enum rows_verdict row;

        rows->line = rows->csv.row_line;
        switch (verdict) {
        case CSV_ROW:
            row = take_row(rows);
            if (row == ROWS_END) /* it was the header */
                continue;
            return row;
        case CSV_BAD: bad(rows, rows->csv.why); return rows->has_columns ? ROWS_BAD : give_up(rows);
        case CSV_BROKEN: bad(rows, rows->csv.why); return give_up(rows);
        case CSV_STOPPED: return ROWS_STOPPED;
        case CSV_FAILED: complain(rows, errno); return ROWS_END;
        case CSV_END: return ROWS_END;
        }
    }
}

enum rows_verdict rows_next(struct rows *rows)
{
    for (;;) {
        enum rows_verdict verdict;

        if (kit_stop)
            return ROWS_STOPPED;
        if (!rows->open && !next_input(rows))
            return kit_stop ? ROWS_STOPPED : ROWS_END;
        verdict = rows->inputs->list[rows->at].csv ? next_csv(rows) : next_line(rows);
        if (verdict != ROWS_END)
            return verdict;
        close_input(rows);
    }
}
