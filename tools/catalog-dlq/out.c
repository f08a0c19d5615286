#include "out.h"

#include "visible.h"

#include "common/iso8601.h"
#include "common/redact.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { TEXT_MAX = 64 << 20, FLUSH_BYTES = 16384, WIDTH_MIN = 60 };

void out_init(struct out *out)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    struct winsize size;

    *out = (struct out){.terminal = isatty(STDOUT_FILENO)};
    sbuf_init(&out->text, TEXT_MAX);
    out->colour = out->terminal && !(no_color && no_color[0]) && !(term && strcmp(term, "dumb") == 0);
    if (out->terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        out->width = size.ws_col < WIDTH_MIN ? WIDTH_MIN : size.ws_col;
}

void out_free(struct out *out)
{
    sbuf_free(&out->text);
}

bool out_flush(struct out *out)
{
    size_t at = 0;

    while (!out->broken && at < out->text.len) {
        ssize_t n = write(STDOUT_FILENO, out->text.data + at, out->text.len - at);

        if (n > 0)
            at += (size_t)n;
        else if (n < 0 && errno != EINTR)
            out->broken = true;
    }
    if (!sbuf_ok(&out->text))
        out->broken = true;
    sbuf_reset(&out->text);
    return !out->broken;
}

bool out_flush_some(struct out *out)
{
    return out->text.len < FLUSH_BYTES ? !out->broken : out_flush(out);
}

void out_style(struct out *out, enum out_style style)
{
    static const char *const codes[] = {"\033[0m",  "\033[1m",  "\033[2m", "\033[31m",
                                        "\033[32m", "\033[33m", "\033[36m"};

    if (out->colour)
        sbuf_puts(&out->text, codes[style]);
}

void out_text(struct out *out, enum out_style style, const void *text, size_t len, size_t max)
{
    if (style != OUT_PLAIN)
        out_style(out, style);
    visible_put(&out->text, text ? text : "", text ? len : 0, max);
    if (style != OUT_PLAIN)
        out_style(out, OUT_PLAIN);
}

void out_word(struct out *out, enum out_style style, const char *text)
{
    out_text(out, style, text, strlen(text), 0);
}

void out_cell(struct out *out, enum out_style style, const void *text, size_t len, size_t width, bool right)
{
    struct sbuf cell;
    size_t columns;

    sbuf_init(&cell, TEXT_MAX);
    visible_put(&cell, text ? text : "", text ? len : 0, width);
    columns = visible_columns(cell.data, cell.len);
    if (columns > width) { /* the sign that it was cut stands outside */
        sbuf_reset(&cell);
        visible_put(&cell, text, len, width - 1);
        columns = visible_columns(cell.data, cell.len);
    }
    if (style != OUT_PLAIN)
        out_style(out, style);
    for (size_t i = columns; right && i < width; i++)
        sbuf_putc(&out->text, ' ');
    sbuf_put(&out->text, sbuf_str(&cell), cell.len);
    for (size_t i = columns; !right && i < width; i++)
        sbuf_putc(&out->text, ' ');
    if (style != OUT_PLAIN)
        out_style(out, OUT_PLAIN);
    sbuf_free(&cell);
}

void out_printf(struct out *out, const char *format, ...)
{
    char text[2048];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    sbuf_puts(&out->text, text);
}

/* Bytes of the character at `at`, or of a colour's code, which takes no column. */
static size_t piece(const char *text, size_t len, size_t at, size_t *columns)
{
    size_t size = 1;

    if (text[at] == '\033') {
        while (at + size < len && text[at + size - 1] != 'm')
            size++;
        return size;
    }
    while (at + size < len && ((unsigned char)text[at + size] & 0xc0) == 0x80)
        size++;
    ++*columns;
    return size;
}

void out_fit(struct out *out, size_t from)
{
    size_t columns = 0, cut = from, at = from;

    if (out->width <= 0 || !sbuf_ok(&out->text))
        return;
    while (at < out->text.len && columns <= (size_t)out->width) {
        at += piece(out->text.data, out->text.len, at, &columns);
        if (columns < (size_t)out->width)
            cut = at;
    }
    if (columns <= (size_t)out->width)
        return;
    out->text.len = cut;
    sbuf_puts(&out->text, "…");
    out_style(out, OUT_PLAIN);
}

void out_time(struct out *out, int64_t ms)
{
    char text[ISO8601_TEXT_BYTES];

    if (ms < 0) {
        sbuf_puts(&out->text, "unknown            ");
        return;
    }
    iso8601_format_ms(ms, text);
    text[10] = ' ';
    sbuf_put(&out->text, text, 19);
}

void json_time(struct sbuf *out, const char *name, int64_t ms)
{
    char text[ISO8601_TEXT_BYTES];

    if (ms < 0) {
        sbuf_printf(out, ",\"%s\":null", name);
        return;
    }
    iso8601_format_ms(ms, text);
    sbuf_printf(out, ",\"%s\":\"%s\"", name, text);
}

void json_text(struct sbuf *out, const char *name, struct bytes text)
{
    size_t from;

    if (!text.ptr)
        return;
    sbuf_printf(out, ",\"%s\":", name);
    from = out->len;
    sbuf_put_json(out, text.ptr, text.len);
    if (sbuf_ok(out))
        out->len = from + redact_bytes(out->data + from, out->len - from);
}
