/* catalog-dlq export and import: JSON lines that lose nothing. */
#include "app.h"
#include "jsonl.h"
#include "open.h"
#include "reading.h"

#include "tools/kit/audit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FLUSH_MS = 60000 };

static bool write_line(FILE *file, struct sbuf *line)
{
    sbuf_putc(line, '\n');
    return sbuf_ok(line) && fwrite(line->data, 1, line->len, file) == line->len;
}

struct exporting {
    struct app *app;
    rd_kafka_t *reader;
    struct open_table table;
    struct place *places;
    size_t count;
    uint64_t written, gone;
};

static bool export_all(struct exporting *e, FILE *file, char *error)
{
    struct record_header headers[LETTER_HEADERS_MAX];
    rd_kafka_message_t *message;
    struct picker picker;
    struct letter letter;
    struct sbuf line;
    bool ok = true;
    int got = 0;

    sbuf_init(&line, JSONL_LINE_MAX);
    picker_start(&picker, e->reader, e->app->config.topic_dlq, e->places, e->count);
    while (ok && !kit_stop && (got = picker_next(&picker, &message, error)) > 0) {
        letter_of_message(message, headers, &letter);
        sbuf_reset(&line);
        jsonl_put(&line, &letter, false);
        ok = write_line(file, &line);
        e->written += ok;
        rd_kafka_message_destroy(message);
    }
    if (!ok)
        snprintf(error, KAFKA_ERROR_SIZE, "export: a line could not be written: %s", strerror(errno));
    e->gone = picker.gone;
    sbuf_free(&line);
    return ok && got >= 0;
}

/* On standard error: standard output may be the export itself. */
static int end_transfer(struct app *app, const char *word, uint64_t done, bool ok, const char *error)
{
    struct sbuf text;

    sbuf_init(&text, 4096);
    if (!ok)
        app_partial(app, "%s", error);
    if (app->options.json) {
        sbuf_printf(&text, "{\"%s\":%llu,", word, (unsigned long long)done);
        app_json_end(app, &text);
        sbuf_putc(&text, '}');
    } else {
        sbuf_printf(&text, "catalog-dlq: %s: %llu %s%s%s", app->partial[0] ? "partial" : "complete",
                    (unsigned long long)done, word, app->partial[0] ? "; " : "", app->partial);
    }
    fprintf(stderr, "%s\n", sbuf_str(&text));
    sbuf_free(&text);
    return !ok ? KIT_FAILED : app->partial[0] ? KIT_PARTIAL : KIT_DONE;
}

static bool begin_export(struct exporting *e, char *error)
{
    struct app *app = e->app;

    e->reader = kit_kafka_reader(&app->config, "catalog-dlq", READING_PREFETCH_BYTES, error);
    e->table.filter = &app->options.filter;
    kit_progress_start(&app->progress, app->options.quiet || app->options.json);
    if (!e->reader || !open_read(&e->table, e->reader, app->config.topic_dlq, app_progress, app, error))
        return false;
    kit_progress_clear(&app->progress);
    e->places = open_places(&e->table, &e->count);
    if (e->count < e->table.matching) {
        snprintf(error, KAFKA_ERROR_SIZE, "no memory");
        return false;
    }
    if (app->options.max > 0 && e->count > (uint64_t)app->options.max) {
        app_partial(app, "%llu more match and were left (--max)",
                    (unsigned long long)(e->count - (uint64_t)app->options.max));
        e->count = (size_t)app->options.max;
    }
    return true;
}

int command_export(struct app *app)
{
    struct exporting e = {.app = app};
    const char *path = app->options.output;
    char error[KAFKA_ERROR_SIZE];
    bool ok = begin_export(&e, error);
    FILE *file = stdout;

    if (ok && path && !(file = fopen(path, "wxe"))) {
        snprintf(error, sizeof error, "%.300s: %s", path,
                 errno == EEXIST ? "is there already, and is not written over" : strerror(errno));
        ok = false;
    }
    ok = ok && export_all(&e, file, error);
    if (file && (file == stdout ? fflush(file) : fclose(file)) != 0 && ok) {
        snprintf(error, sizeof error, "export: %s", strerror(errno));
        ok = false;
    }
    if (kit_stop)
        app_partial(app, "stopped");
    kit_kafka_reader_close(e.reader);
    open_free(&e.table);
    free(e.places);
    return end_transfer(app, "exported", e.written, ok, error);
}

/* ---- import ---- */

struct importing {
    struct app *app;
    rd_kafka_t *producer;
    char actor[KIT_ACTOR_SIZE];
    uint64_t sent, confirmed, failed, wrong;
    char first_error[256];
};

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    struct importing *i = opaque;

    (void)rk;
    if (!message->_private) /* an audit record: its loss is a failure, its arrival no letter */
        i->failed += message->err != 0;
    else if (message->err)
        i->failed++;
    else
        i->confirmed++;
    if (message->err && !i->first_error[0])
        snprintf(i->first_error, sizeof i->first_error, "%s", rd_kafka_err2str(message->err));
}

static bool send_letter(struct importing *i, const struct letter *letter, char *why)
{
    rd_kafka_resp_err_t err;

    for (;;) {
        rd_kafka_headers_t *headers = rd_kafka_headers_new(letter->header_count + 1);

        for (size_t h = 0; h < letter->header_count; h++)
            rd_kafka_header_add(headers, letter->headers[h].name, -1, letter->headers[h].value,
                                (ssize_t)letter->headers[h].value_bytes);
        err = rd_kafka_producev(i->producer, RD_KAFKA_V_TOPIC(i->app->config.topic_dlq),
                                RD_KAFKA_V_KEY((void *)(uintptr_t)letter->key.ptr, letter->key.len),
                                RD_KAFKA_V_VALUE((void *)(uintptr_t)letter->value.ptr, letter->value.len),
                                RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(i),
                                RD_KAFKA_V_TIMESTAMP(letter->timestamp_ms > 0 ? letter->timestamp_ms : 0),
                                RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
        if (!err)
            return true;
        rd_kafka_headers_destroy(headers);
        if (err != RD_KAFKA_RESP_ERR__QUEUE_FULL || kit_stop > 1)
            break;
        rd_kafka_poll(i->producer, 50);
    }
    snprintf(why, JSONL_WHY_SIZE, "%s", rd_kafka_err2str(err));
    return false;
}

static bool take_line(struct importing *i, const char *line, size_t len, char *why)
{
    static struct jsonl letter;
    bool ok = jsonl_read(&letter, line, len, why);

    if (ok && !letter.letter.value.ptr) {
        snprintf(why, JSONL_WHY_SIZE, "value: is null, which would be a tombstone: use drop");
        ok = false;
    }
    if (ok && !letter.letter.key.ptr) {
        snprintf(why, JSONL_WHY_SIZE, "key: is null, which a compacted topic does not take");
        ok = false;
    }
    ok = ok && send_letter(i, &letter.letter, why);
    jsonl_free(&letter);
    i->sent += ok;
    return ok;
}

static bool import_file(struct importing *i, FILE *file, const char *name)
{
    char why[JSONL_WHY_SIZE], *line = NULL;
    size_t room = 0;
    ssize_t len;

    for (uint64_t number = 1; !kit_stop && (len = getline(&line, &room, file)) >= 0; number++) {
        while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
            len--;
        if (len > 0 && !take_line(i, line, (size_t)len, why)) {
            i->wrong++;
            kit_complain(&i->app->cli, "%s line %llu: %s", name, (unsigned long long)number, why);
        }
        rd_kafka_poll(i->producer, 0);
    }
    free(line);
    return !ferror(file);
}

/* One audit record for the whole import: what came back is in the topic itself. */
static void audit_import(struct importing *i)
{
    char error[KAFKA_ERROR_SIZE], after[64];
    struct kit_audit audit = {.tool = "catalog-dlq",
                              .action = "import",
                              .actor = i->actor,
                              .why = i->app->options.why,
                              .subject = i->app->config.topic_dlq,
                              .after_json = after,
                              .at_ms = kit_wall_ms()};

    snprintf(after, sizeof after, "{\"imported\":%llu}", (unsigned long long)i->confirmed);
    if (!kit_audit_produce(i->producer, i->app->config.topic_audit, &audit, NULL, error))
        app_partial(i->app, "%s", error);
    rd_kafka_flush(i->producer, FLUSH_MS);
}

int command_import(struct app *app)
{
    static struct importing i;
    struct kit_producer_settings settings = {
        .client_id = "catalog-dlq", .on_delivery = on_delivery, .opaque = &i};
    char error[KAFKA_ERROR_SIZE] = "";
    bool ok = true;

    i.app = app;
    kit_actor(i.actor);
    if (app->options.input_count == 0) {
        kit_complain(&app->cli, "import wants files, or - for standard input");
        return KIT_USAGE;
    }
    i.producer = kit_kafka_producer(&app->config, &settings, error);
    if (!i.producer)
        return app_failed(app, error);
    for (size_t n = 0; ok && !kit_stop && n < app->options.input_count; n++) {
        const char *name = app->options.inputs[n];
        bool is_stdin = strcmp(name, "-") == 0;
        FILE *file = is_stdin ? stdin : fopen(name, "re");

        ok = file && import_file(&i, file, is_stdin ? "standard input" : name);
        if (!ok)
            snprintf(error, sizeof error, "%.300s: %s", name, strerror(errno));
        if (file && !is_stdin)
            fclose(file);
    }
    rd_kafka_flush(i.producer, FLUSH_MS);
    audit_import(&i);
    if (kit_stop)
        app_partial(app, "stopped");
    if (i.wrong)
        app_partial(app, "%llu lines were not taken", (unsigned long long)i.wrong);
    if (ok && (i.failed || i.confirmed < i.sent)) {
        uint64_t missing = i.confirmed < i.sent ? i.sent - i.confirmed : i.failed;

        snprintf(error, sizeof error, "%llu were not confirmed: %s", (unsigned long long)missing,
                 i.first_error[0] ? i.first_error : "no answer in time");
        ok = false;
    }
    rd_kafka_destroy(i.producer);
    return end_transfer(app, "imported", i.confirmed, ok, error);
}
