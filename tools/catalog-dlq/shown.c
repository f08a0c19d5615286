#include "shown.h"

#include "jsonspan.h"

#include <stdio.h>
#include <string.h>

enum { PAYLOAD_MAX = 512 << 20 };

static void copy_text(char *out, size_t size, struct bytes text)
{
    snprintf(out, size, "%.*s", (int)(text.len < size ? text.len : size - 1), text.ptr ? text.ptr : "");
}

static void explain_letter(const struct letter *letter, struct explanation *out)
{
    char reason[128], message[CAUSE_MESSAGE_MAX];

    copy_text(reason, sizeof reason, letter->fields[DLQ_REASON]);
    copy_text(message, sizeof message, letter->fields[DLQ_MESSAGE]);
    explain(reason, letter->code, letter->subcode, letter->http_status, message, out);
}

static size_t count_lines(const char *text, size_t len)
{
    size_t lines = 1;

    for (size_t i = 0; i < len; i++)
        lines += text[i] == '\n';
    return lines;
}

static void lay_out(struct shown *s, bool full)
{
    struct bytes value = s->letter->value;
    size_t marks[2] = {s->point.from, s->point.to > s->point.from ? s->point.to - 1 : s->point.from}, there;

    s->null_value = s->letter->fields[DLQ_NULL_VALUE].ptr != NULL;
    sbuf_init(&s->text, PAYLOAD_MAX);
    if (s->null_value || value.len == 0)
        return;
    if (s->point.is_json) {
        jsonspan_pretty(value.ptr, value.len, &s->text, marks, 2);
        s->point.from = marks[0];
        s->point.to = marks[1] + 1;
    } else {
        sbuf_put(&s->text, value.ptr, value.len);
    }
    s->lines = count_lines(sbuf_str(&s->text), s->text.len);
    s->first = 1;
    s->last = s->lines;
    if (full || s->lines <= SHOWN_LINES_MAX)
        return;
    there = s->point.known ? count_lines(s->text.data, s->point.from) : 1;
    s->first = there > SHOWN_AROUND ? there - SHOWN_AROUND : 1;
    s->last = s->first + 2 * SHOWN_AROUND < s->lines ? s->first + 2 * SHOWN_AROUND : s->lines;
}

void shown_make(struct shown *s, const struct judge *judge, const struct letter *letter, bool full)
{
    *s = (struct shown){.letter = letter, .cannot = letter_not_replayable(letter)};
    point_find(judge, letter, &s->point);
    explain_letter(letter, &s->why);
    cause_fingerprint(letter, s->fingerprint);
    s->advice = s->cannot ? s->cannot
                : s->point.valid_now
                    ? "the event itself is valid by this configuration: mend the cause, then replay"
                    : "it would fail again as it is: use --set or --edit, or mend what publishes it";
    lay_out(s, full);
}

void shown_free(struct shown *s)
{
    sbuf_free(&s->text);
}

/* A very long line is shown around the place alone. */
static void cut(struct shown_line *line)
{
    size_t start = 0, end = line->len;

    if (end > SHOWN_LINE_BYTES && line->here && line->from > SHOWN_LINE_BYTES / 2)
        start = line->from - SHOWN_LINE_BYTES / 2;
    if (end - start > SHOWN_LINE_BYTES)
        end = start + SHOWN_LINE_BYTES;
    while (start > 0 && ((unsigned char)line->text[start] & 0xc0) == 0x80)
        start--;
    line->more = line->len - end;
    line->text += start;
    line->len = end - start;
    line->from -= line->here ? start : 0;
    line->to = line->here ? (line->to < end ? line->to : end) - start : 0;
}

void shown_lines(const struct shown *s, void (*tell)(void *arg, const struct shown_line *line), void *arg)
{
    const char *text = sbuf_str(&s->text);
    const struct point *point = &s->point;
    size_t len = s->text.len, at = 0;

    for (size_t number = 1; number <= s->last && at <= len; number++) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t to = end ? (size_t)(end - text) : len;
        struct shown_line line = {.number = number, .text = text + at, .len = to - at};

        line.here = point->known && point->from >= at && point->from <= to;
        if (line.here) {
            line.from = point->from - at;
            line.to = (point->to < to ? point->to : to) - at;
        }
        cut(&line);
        if (number >= s->first)
            tell(arg, &line);
        at = to + 1;
    }
}
