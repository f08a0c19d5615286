#include "edit.h"

#include "jsonspan.h"
#include "visible.h"

#include "common/jsonscan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DEPTH = 64, TEXT_MAX = 64 << 20, PATH_SIZE = 512, CONTEXT_LINES = 2 };

bool edit_is_binary(const struct letter *letter)
{
    for (size_t i = 0; i < letter->header_count; i++)
        if (strcasecmp(letter->headers[i].name, "ce_specversion") == 0)
            return true;
    return false;
}

static bool wrong(char *why, const char *what, const char *detail)
{
    snprintf(why, RESOLVE_WHY_SIZE, "%.120s: %.120s", what, detail);
    return false;
}

/* path, and its value as JSON. "data." leads nowhere in binary mode, where the value is data itself. */
static bool read_pair(const char *pair, bool binary, char path[PATH_SIZE], struct sbuf *json, char *why)
{
    const char *equals = strchr(pair, '=');
    size_t len = equals ? (size_t)(equals - pair) : 0;
    bool raw = len > 0 && pair[len - 1] == ':';
    size_t skip = 0;
    struct jsonscan scan;

    if (!equals || len - raw == 0 || len >= PATH_SIZE)
        return wrong(why, pair, "want PATH=TEXT or PATH:=JSON, such as data.price=19.99");
    if (binary && strncmp(pair, "data", 4) == 0 && (pair[4] == '.' || pair[4] == '[' || len - raw == 4))
        skip = pair[4] == '.' ? 5 : 4;
    else if (binary)
        return wrong(why, pair,
                     "this event has its attributes in headers (binary mode): only data can be set");
    memcpy(path, pair + skip, len - raw - skip);
    path[len - raw - skip] = '\0';
    if (!raw) {
        sbuf_put_json(json, equals + 1, strlen(equals + 1));
        return true;
    }
    sbuf_puts(json, equals + 1);
    if (!jsonscan(equals + 1, strlen(equals + 1), DEPTH, NULL, &scan))
        return wrong(why, pair, "what stands behind := is no JSON; use = for a text");
    return true;
}

bool edit_set(const struct letter *letter, const char *const *pairs, size_t count, struct bytes value,
              struct sbuf *out, char why[RESOLVE_WHY_SIZE])
{
    struct sbuf from, json;
    struct jsonscan scan;
    char path[PATH_SIZE];
    bool ok = true;

    if (!value.ptr || !jsonscan(value.ptr, value.len, DEPTH, NULL, &scan))
        return wrong(why, "its value is no JSON", "--set has nothing to work on; use --edit");
    sbuf_init(&from, TEXT_MAX);
    sbuf_init(&json, TEXT_MAX);
    sbuf_put(&from, value.ptr, value.len);
    for (size_t i = 0; i < count && ok; i++) {
        sbuf_reset(&json);
        sbuf_reset(out);
        ok = read_pair(pairs[i], edit_is_binary(letter), path, &json, why) &&
             jsonspan_set(from.data, from.len, path, sbuf_str(&json), out, why);
        sbuf_reset(&from);
        sbuf_put(&from, sbuf_str(out), out->len);
    }
    sbuf_free(&from);
    sbuf_free(&json);
    return ok;
}

static bool is_json(struct bytes value)
{
    struct jsonscan scan;

    return value.ptr && jsonscan(value.ptr, value.len, DEPTH, NULL, &scan);
}

static bool write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

static bool read_file(const char *path, struct sbuf *out)
{
    FILE *file = fopen(path, "re");
    char part[8192];
    size_t n;

    if (!file)
        return false;
    while ((n = fread(part, 1, sizeof part, file)) > 0)
        sbuf_put(out, part, n);
    fclose(file);
    return sbuf_ok(out);
}

/* The editor may be a command with arguments, so a shell reads it. */
static bool run_editor(const char *path, char *why)
{
    const char *visual = getenv("VISUAL"), *plain = getenv("EDITOR");
    const char *editor = visual && visual[0] ? visual : plain && plain[0] ? plain : "vi";
    char command[1024];
    int status;
    pid_t child;

    snprintf(command, sizeof command, "%.900s \"$1\"", editor);
    child = fork();
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", command, "sh", path, (char *)NULL);
        _exit(127);
    }
    if (child < 0)
        return wrong(why, editor, strerror(errno));
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return (WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
           wrong(why, editor, "the editor ended with an error, so the event was left alone");
}

/* What the editor left behind, in the form that the value had. */
static int take_back(struct bytes value, const char *path, const struct sbuf *shown, struct sbuf *out,
                     char *why)
{
    bool had_lines = value.len > 0 && memchr(value.ptr, '\n', value.len);
    struct sbuf text;
    int rc = 1;

    sbuf_init(&text, TEXT_MAX);
    if (!read_file(path, &text)) {
        wrong(why, path, "cannot be read back");
        rc = -1;
    } else if (text.len == shown->len && memcmp(sbuf_str(&text), sbuf_str(shown), text.len) == 0) {
        rc = 0;
    } else if (!had_lines && is_json((struct bytes){sbuf_str(&text), text.len})) {
        jsonspan_compact(text.data, text.len, out);
    } else {
        sbuf_put(out, sbuf_str(&text), text.len);
    }
    sbuf_free(&text);
    return rc;
}

int edit_open(struct bytes value, struct sbuf *out, char why[RESOLVE_WHY_SIZE])
{
    const char *folder = getenv("TMPDIR");
    char path[300];
    struct sbuf shown;
    int fd, rc = -1;

    snprintf(path, sizeof path, "%.200s/catalog-dlq-XXXXXX.json", folder && folder[0] ? folder : "/tmp");
    fd = mkstemps(path, 5); /* for its owner alone */
    if (fd < 0) {
        wrong(why, path, strerror(errno));
        return -1;
    }
    sbuf_init(&shown, TEXT_MAX);
    if (is_json(value)) {
        jsonspan_pretty(value.ptr, value.len, &shown, NULL, 0);
        sbuf_putc(&shown, '\n');
    } else if (value.ptr) {
        sbuf_put(&shown, value.ptr, value.len);
    }
    if (!write_all(fd, sbuf_str(&shown), shown.len))
        wrong(why, path, strerror(errno));
    else if (run_editor(path, why))
        rc = take_back(value, path, &shown, out, why);
    close(fd);
    unlink(path);
    sbuf_free(&shown);
    return rc;
}

static void by_lines(struct bytes value, struct sbuf *out)
{
    if (is_json(value))
        jsonspan_pretty(value.ptr, value.len, out, NULL, 0);
    else if (value.ptr)
        sbuf_put(out, value.ptr, value.len);
    sbuf_putc(out, '\n');
}

static size_t line_end(const struct sbuf *text, size_t at)
{
    const char *end = memchr(text->data + at, '\n', text->len - at);

    return end ? (size_t)(end - text->data) + 1 : text->len;
}

static void put_lines(const struct sbuf *text, size_t from, size_t to, char sign, struct sbuf *out)
{
    while (from < to) {
        size_t end = line_end(text, from);

        sbuf_putc(out, sign);
        sbuf_putc(out, ' ');
        visible_put(out, text->data + from, end - from - (text->data[end - 1] == '\n'), 0);
        sbuf_putc(out, '\n');
        from = end;
    }
}

/* Edits are small and in one place: what is equal before and behind is left out, and the rest is shown. */
void edit_diff(struct bytes before, struct bytes after, struct sbuf *out)
{
    struct sbuf a, b;
    size_t at = 0, a_end, b_end;

    sbuf_init(&a, TEXT_MAX);
    sbuf_init(&b, TEXT_MAX);
    by_lines(before, &a);
    by_lines(after, &b);
    while (at < a.len && at < b.len) {
        size_t end = line_end(&a, at);

        if (end > b.len || line_end(&b, at) != end || memcmp(a.data + at, b.data + at, end - at) != 0)
            break;
        at = end;
    }
    a_end = a.len;
    b_end = b.len;
    while (a_end > at && b_end > at && a.data[a_end - 1] == b.data[b_end - 1]) {
        a_end--;
        b_end--;
    }
    /* back to the ends of whole lines */
    while (a_end < a.len &&
           ((a_end > 0 && a.data[a_end - 1] != '\n') || (b_end > 0 && b.data[b_end - 1] != '\n'))) {
        a_end++;
        b_end++;
    }
    put_lines(&a, at, a_end, '-', out);
    put_lines(&b, at, b_end, '+', out);
    sbuf_free(&a);
    sbuf_free(&b);
}
