#include "checkpoint.h"

#include "common/hash128.h"
#include "common/sbuf.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX_BYTES = 4096, RUN_MAX_BYTES = 1024 * 1024 };

static const char magic[] = "catalog-publish checkpoint 1";

static void put(struct sbuf *out, const char *text)
{
    sbuf_puts(out, text ? text : "");
    sbuf_putc(out, '\0');
}

static void put_all(struct sbuf *out, const char *const *texts, int count)
{
    for (int i = 0; i < count; i++)
        put(out, texts[i]);
    sbuf_putc(out, '\1');
}

struct key128 checkpoint_run(const struct options *options, const char *topic)
{
    struct sbuf out;
    struct key128 run;

    sbuf_init(&out, RUN_MAX_BYTES);
    put(&out, topic);
    put(&out, options->source);
    put(&out, options->id_prefix);
    put(&out, options->ids_file);
    put(&out, options->skus_file);
    put_all(&out, options->skus, options->skus_count);
    put_all(&out, options->products, options->products_count);
    put_all(&out, options->columns.maps, options->columns.map_count);
    put_all(&out, options->columns.ignored, options->columns.ignored_count);
    put_all(&out, (const char *const *)options->inputs, options->inputs_count);
    sbuf_printf(&out, "%d %d %d %d %d %d %d %c%c", options->type, options->mode, options->format,
                options->raw, options->unchecked, options->columns.ignore_unknown, options->stamp != 0,
                options->delimiter, options->columns.list_separator);
    if (options->stamp > 0)
        sbuf_put_i64(&out, options->stamp);
    run = hash128(HASH_BODY, out.data, out.len);
    sbuf_free(&out);
    return run;
}

/* ---- reading ---- */

/* The value of "name=" at the beginning of a line, up to its end; NULL: there is no such line. */
static const char *value_of(const char *text, const char *name, char out[OPTION_TEXT_SIZE])
{
    size_t len = strlen(name);

    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, len) == 0 && line[len] == '=') {
            snprintf(out, OPTION_TEXT_SIZE, "%.*s", (int)strcspn(line + len + 1, "\n"), line + len + 1);
            return out;
        }
    }
    return NULL;
}

static bool take_number(const char *text, const char *name, uint64_t *out)
{
    char value[OPTION_TEXT_SIZE], *end;

    if (!value_of(text, name, value) || value[0] < '0' || value[0] > '9')
        return false;
    errno = 0;
    *out = strtoull(value, &end, 10);
    return !errno && !*end;
}

static bool take_key(const char *text, const char *name, struct key128 *out)
{
    char value[OPTION_TEXT_SIZE];

    if (!value_of(text, name, value))
        return false;
    if (strcmp(value, "-") == 0) {
        *out = (struct key128){0, 0};
        return true;
    }
    return hash128_from_hex(value, strlen(value), out);
}

static bool parse(struct checkpoint *checkpoint, const char *text)
{
    uint64_t stamp = 0, done = 0;
    bool ok = strncmp(text, magic, sizeof magic - 1) == 0 && take_key(text, "run", &checkpoint->run) &&
              take_number(text, "rows", &checkpoint->rows) && take_key(text, "hash", &checkpoint->hash) &&
              take_number(text, "invalid", &checkpoint->invalid) &&
              value_of(text, "id_prefix", checkpoint->id_prefix) && take_number(text, "stamp", &stamp) &&
              take_number(text, "done", &done);

    checkpoint->stamp = (int64_t)stamp;
    checkpoint->done = done == 1;
    return ok;
}

int checkpoint_read(struct checkpoint *checkpoint, const struct options *options, struct key128 run)
{
    char text[FILE_MAX_BYTES + 1];
    FILE *file = fopen(options->resume, "r");
    size_t len;

    memset(checkpoint, 0, sizeof *checkpoint);
    checkpoint->run = run;
    if (!file && errno == ENOENT)
        return 0;
    if (!file) {
        kit_complain(&options->cli, "--resume %s: %s", options->resume, strerror(errno));
        return -1;
    }
    len = fread(text, 1, FILE_MAX_BYTES, file);
    text[len] = '\0';
    fclose(file);
    if (!parse(checkpoint, text)) {
        kit_complain(&options->cli,
                     "--resume %s: the file is no checkpoint of catalog-publish; it is left alone",
                     options->resume);
        return -1;
    }
    if (!key128_eq(checkpoint->run, run)) {
        kit_complain(
            &options->cli,
            "--resume %s: it was begun with other files or options: repeat those, or name another file",
            options->resume);
        return -1;
    }
    return 1;
}

/* ---- writing ---- */

static void put_key(struct sbuf *out, const char *name, struct key128 key)
{
    char hex[HASH_HEX_BYTES] = "-";

    if (!key128_none(key))
        hash128_hex(key, hex);
    sbuf_printf(out, "%s=%s\n", name, hex);
}

static bool write_file(const char *path, const char *text, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    bool ok = fd >= 0;

    while (ok && len > 0) {
        ssize_t n = write(fd, text, len);

        ok = n >= 0 || errno == EINTR;
        text += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    ok = ok && fsync(fd) == 0;
    return fd >= 0 && close(fd) == 0 && ok;
}

bool checkpoint_write(const struct checkpoint *checkpoint, const struct options *options)
{
    char memory[FILE_MAX_BYTES], path[OPTION_TEXT_SIZE + 8];
    struct sbuf out;

    sbuf_init_fixed(&out, memory, sizeof memory);
    sbuf_printf(&out, "%s\n# how far catalog-publish --resume came; delete it to begin anew\n", magic);
    put_key(&out, "run", checkpoint->run);
    sbuf_printf(&out, "rows=%" PRIu64 "\n", checkpoint->rows);
    put_key(&out, "hash", checkpoint->hash);
    sbuf_printf(&out, "invalid=%" PRIu64 "\nid_prefix=%s\nstamp=%" PRId64 "\ndone=%d\n", checkpoint->invalid,
                checkpoint->id_prefix, checkpoint->stamp, checkpoint->done);
    snprintf(path, sizeof path, "%s.new", options->resume);
    if (sbuf_ok(&out) && write_file(path, out.data, out.len) && rename(path, options->resume) == 0)
        return true;
    kit_complain(&options->cli, "--resume %s: %s", options->resume, strerror(errno));
    return false;
}
