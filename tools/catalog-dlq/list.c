/* catalog-dlq list: one line a dead letter, newest first, from the tails of the topic. tail: as they come. */
#include "app.h"
#include "line.h"
#include "reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 1 << 20, POLL_MS = 200 };

struct listing {
    struct app *app;
    struct out line; /* one line, built here */
    int64_t shown;
    bool more; /* --max was reached and another came */
};

static char *line_of(struct listing *l, const struct letter *letter)
{
    sbuf_reset(&l->line.text);
    if (l->app->options.json) {
        sbuf_putc(&l->line.text, '{');
        line_json(&l->line.text, letter);
        sbuf_puts(&l->line.text, "}\n");
    } else {
        line_put(&l->line, letter);
    }
    return strdup(sbuf_ok(&l->line.text) ? sbuf_str(&l->line.text)
                                         : "(a dead letter too large to be shown in a line)\n");
}

static void *look(void *arg, const struct letter *letter)
{
    struct listing *l = arg;

    return filter_matches(&l->app->options.filter, letter) ? line_of(l, letter) : NULL;
}

/* What can be shown is shown at once: whoever waits sees the newest before the rest is read. */
static bool tell(void *arg, void *seen)
{
    struct listing *l = arg;
    int64_t max = l->app->options.max;

    if (max > 0 && l->shown == max) {
        free(seen);
        l->more = true;
        return false;
    }
    if (l->shown++ == 0 && !l->app->options.json)
        line_head(&l->app->out);
    sbuf_puts(&l->app->out.text, seen);
    free(seen);
    return l->shown % 50 == 0 ? out_flush(&l->app->out) : out_flush_some(&l->app->out);
}

static void start(struct listing *l, struct app *app)
{
    *l = (struct listing){.app = app, .line = app->out};
    sbuf_init(&l->line.text, LINE_MAX_BYTES);
}

static int end(struct listing *l, const char *word)
{
    struct app *app = l->app;
    struct sbuf *out = &app->out.text;

    sbuf_free(&l->line.text);
    if (app->options.json) {
        sbuf_printf(out, "{\"summary\":true,\"%s\":%lld,", word, (long long)l->shown);
        app_json_end(app, out);
        sbuf_puts(out, "}\n");
    } else if (app->partial[0]) {
        out_printf(&app->out, "partial: %lld %s; %s\n", (long long)l->shown, word, app->partial);
    } else {
        out_printf(&app->out, "complete: %lld %s\n", (long long)l->shown, word);
    }
    return app_end(app);
}

int command_list(struct app *app)
{
    struct listing l;
    char error[KAFKA_ERROR_SIZE];
    rd_kafka_t *reader = kit_kafka_reader(&app->config, "catalog-dlq", READING_PREFETCH_BYTES, error);
    struct backwards reading = {
        .reader = reader, .topic = app->config.topic_dlq, .only = -1, .look = look, .tell = tell, .arg = &l};
    bool ok;

    if (!reader)
        return app_failed(app, error);
    start(&l, app);
    ok = read_backwards(&reading, error);
    kit_kafka_reader_close(reader);
    if (!ok && l.shown == 0) {
        sbuf_free(&l.line.text);
        return app_failed(app, error);
    }
    if (!ok)
        app_partial(app, "%s", error);
    else if (l.more)
        app_partial(app, "--max was reached and there are older ones");
    return end(&l, "shown");
}

/* Assigns all partitions at their ends, or at --since. */
static bool assign_ends(struct app *app, rd_kafka_t *reader, char *error)
{
    struct kit_topic *topic = calloc(1, sizeof *topic);
    rd_kafka_topic_partition_list_t *list;
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_NO_ERROR;

    if (!topic || !kit_topic_look(reader, app->config.topic_dlq, topic, error)) {
        free(topic);
        return false;
    }
    list = rd_kafka_topic_partition_list_new(topic->partitions);
    for (int32_t i = 0; i < topic->partitions; i++)
        rd_kafka_topic_partition_list_add(list, app->config.topic_dlq, i)->offset =
            app->options.filter.since_ms > 0 ? app->options.filter.since_ms : topic->end[i];
    if (app->options.filter.since_ms > 0) {
        err = rd_kafka_offsets_for_times(reader, list, KIT_REQUEST_TIMEOUT_MS);
        for (int32_t i = 0; i < topic->partitions && !err; i++)
            if (list->elems[i].offset < 0)
                list->elems[i].offset = topic->end[list->elems[i].partition];
    }
    if (!err)
        err = rd_kafka_assign(reader, list);
    if (err)
        snprintf(error, KAFKA_ERROR_SIZE, "topic %.249s: %s", app->config.topic_dlq, rd_kafka_err2str(err));
    rd_kafka_topic_partition_list_destroy(list);
    free(topic);
    return !err;
}

static void take(struct listing *l, const rd_kafka_message_t *message)
{
    struct record_header headers[LETTER_HEADERS_MAX];
    struct letter letter;
    char *line;

    if (message->err || !message->payload)
        return;
    letter_of_message(message, headers, &letter);
    if (!filter_matches(&l->app->options.filter, &letter))
        return;
    line = line_of(l, &letter);
    sbuf_puts(&l->app->out.text, line);
    free(line);
    l->shown++;
    out_flush(&l->app->out);
}

int command_tail(struct app *app)
{
    struct listing l;
    char error[KAFKA_ERROR_SIZE];
    rd_kafka_t *reader = kit_kafka_reader(&app->config, "catalog-dlq", 0, error);

    if (!reader)
        return app_failed(app, error);
    if (!assign_ends(app, reader, error)) {
        kit_kafka_reader_close(reader);
        return app_failed(app, error);
    }
    start(&l, app);
    if (!app->options.json)
        line_head(&app->out);
    out_flush(&app->out);
    while (!kit_stop && !app->out.broken && (app->options.max == 0 || l.shown < app->options.max)) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(reader, POLL_MS);

        if (message) {
            take(&l, message);
            rd_kafka_message_destroy(message);
        }
    }
    kit_kafka_reader_close(reader);
    return end(&l, "shown");
}
