#include "jsonspan.h"

#include "common/jsonscan.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { PATH_MAX_BYTES = 512 };

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t skip_space(const char *text, size_t len, size_t at)
{
    while (at < len && is_space(text[at]))
        at++;
    return at;
}

/* Behind the string that begins at `at`. */
static size_t skip_string(const char *text, size_t len, size_t at)
{
    for (at++; at < len && text[at] != '"'; at++)
        if (text[at] == '\\')
            at++;
    return at < len ? at + 1 : len;
}

/* Behind the value that begins at `at`: containers are counted, strings passed over. */
static size_t skip_value(const char *text, size_t len, size_t at)
{
    size_t depth = 0;

    while (at < len) {
        char c = text[at];

        if (c == '"') {
            at = skip_string(text, len, at);
            if (depth == 0)
                return at;
            continue;
        }
        if (c == '{' || c == '[') {
            depth++;
        } else if (c == '}' || c == ']') {
            if (depth == 0)
                return at;
            if (--depth == 0)
                return at + 1;
        } else if (depth == 0 && (c == ',' || is_space(c))) {
            return at;
        }
        at++;
    }
    return len;
}

/* Where the last part of the path begins: behind its last point or at its last bracket; 0: it has one part.
 */
static size_t last_part(const char *path, size_t len)
{
    while (len > 0 && path[len - 1] != '.' && path[len - 1] != '[')
        len--;
    return len > 0 && path[len - 1] == '[' ? len - 1 : len;
}

void jsonspan_find(const char *text, size_t len, const char *path, struct jsonspan *out)
{
    char part[PATH_MAX_BYTES];
    size_t used = strlen(path), at;

    *out = (struct jsonspan){.found = true, .lost_at = used};
    snprintf(part, sizeof part, "%s", path);
    used = strlen(part);
    while ((at = jsonscan_find(text, len, part)) == SIZE_MAX && used > 0) {
        out->found = false;
        out->lost_at = last_part(part, used);
        used = out->lost_at > 0 && part[out->lost_at - 1] == '.' ? out->lost_at - 1 : out->lost_at;
        part[used] = '\0';
    }
    if (at == SIZE_MAX)
        at = 0;
    out->from = at;
    out->to = skip_value(text, len, at);
    out->in_object = at < len && text[at] == '{' && path[out->lost_at] != '[';
}

bool jsonspan_set(const char *text, size_t len, const char *path, const char *value, struct sbuf *out,
                  char why[JSONSPAN_WHY_SIZE])
{
    struct jsonspan span;
    const char *rest;
    size_t behind;

    jsonspan_find(text, len, path, &span);
    if (span.found) {
        sbuf_put(out, text, span.from);
        sbuf_puts(out, value);
        sbuf_put(out, text + span.to, len - span.to);
        return true;
    }
    rest = path + span.lost_at;
    if (!span.in_object || strpbrk(rest, ".[")) {
        snprintf(why, JSONSPAN_WHY_SIZE, "%.150s: the event has no such place (it ends at %.60s)", path,
                 span.lost_at ? path : "its beginning");
        return false;
    }
    behind = skip_space(text, len, span.from + 1);
    sbuf_put(out, text, span.from + 1);
    sbuf_put_json(out, rest, strlen(rest));
    sbuf_printf(out, ":");
    sbuf_puts(out, value);
    if (behind < len && text[behind] != '}')
        sbuf_putc(out, ',');
    sbuf_put(out, text + span.from + 1, len - span.from - 1);
    return true;
}

static void new_line(struct sbuf *out, size_t depth)
{
    sbuf_putc(out, '\n');
    for (size_t i = 0; i < depth && i < JSONSPAN_DEPTH_MAX; i++)
        sbuf_puts(out, "  ");
}

/* Empty containers stay on one line. */
static bool closes(const char *text, size_t len, size_t at)
{
    at = skip_space(text, len, at + 1);
    return at < len && (text[at] == '}' || text[at] == ']');
}

struct marks {
    size_t *list, count;
    bool done[4];
};

static void move_marks(struct marks *marks, size_t at, size_t to, size_t out)
{
    for (size_t i = 0; i < marks->count && i < sizeof marks->done; i++) {
        if (!marks->done[i] && marks->list[i] >= at && marks->list[i] < to) {
            marks->list[i] = out + (marks->list[i] - at);
            marks->done[i] = true;
        }
    }
}

void jsonspan_pretty(const char *text, size_t len, struct sbuf *out, size_t *mark, size_t marks)
{
    struct marks all = {.list = mark, .count = marks};
    size_t depth = 0, at = 0;

    while (at < len) {
        char c = text[at];
        size_t to = at + 1;

        if (is_space(c)) {
            at++;
            continue;
        }
        if (c == '"')
            to = skip_string(text, len, at);
        if ((c == '}' || c == ']') && depth > 0 &&
            (out->len == 0 || (out->data[out->len - 1] != '{' && out->data[out->len - 1] != '[')))
            new_line(out, depth - 1);
        move_marks(&all, at, to, out->len);
        sbuf_put(out, text + at, to - at);
        if (c == '{' || c == '[') {
            depth++;
            if (!closes(text, len, at))
                new_line(out, depth);
        } else if ((c == '}' || c == ']') && depth > 0) {
            depth--;
        } else if (c == ',') {
            new_line(out, depth);
        } else if (c == ':') {
            sbuf_putc(out, ' ');
        }
        at = to;
    }
    move_marks(&all, len, len + 1, out->len);
}

void jsonspan_compact(const char *text, size_t len, struct sbuf *out)
{
    size_t at = 0;

    while (at < len) {
        size_t to = at + 1;

        if (text[at] == '"')
            to = skip_string(text, len, at);
        if (!is_space(text[at]))
            sbuf_put(out, text + at, to - at);
        at = to;
    }
}
