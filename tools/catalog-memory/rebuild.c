/* rebuild: the worker's own rebuild, by hand: a new epoch, quiet time, the result topic streamed into Redis.
 */
#include "rebuild.h"

#include "tools/kit/audit.h"
#include "tools/kit/progress.h"
#include "tools/kit/topic.h"
#include "worker/adapters/result_row.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { ERROR_BYTES = 1024, FLUSH_MS = 65 * 1000, JSON_BYTES = 512, TURN_EVERY = 64, ALIVE_MS = 1000 };

struct rebuild {
    struct tool *tool;
    struct builder builder;
    struct kit_progress progress;
    struct result_row_space space;
    uint64_t records, rows, forgotten, resets, others, bad;
    int64_t alive_ms;
    bool other_mode; /* a result of the other catalog.mode was read */
    bool counting;   /* dry run: nothing is loaded */
};

static void show(struct rebuild *r, int64_t done, int64_t total, bool last)
{
    char text[80];

    snprintf(text, sizeof text, "%" PRIu64 " results", r->rows);
    kit_progress_show(&r->progress, (uint64_t)done, (uint64_t)total, text, last);
}

static void on_quiet(void *arg, int64_t left_ms)
{
    struct rebuild *r = arg;
    char text[100];

    snprintf(text, sizeof text, "waiting %" PRId64 " s, until every call of before must have ended",
             (left_ms + 999) / 1000);
    kit_progress_show(&r->progress, 0, 0, text, false);
}

static bool wanted(const struct rebuild *r, const struct store_row *row)
{
    return !r->tool->catalog || strcmp(r->tool->catalog, r->tool->config->catalogs[row->catalog].name) == 0;
}

/* The builder's lease is kept once a second; the store's answers are taken as they come. */
static bool keep_up(struct rebuild *r)
{
    if (r->counting || (r->records % TURN_EVERY != 0 && kit_now_ms() - r->alive_ms < ALIVE_MS))
        return true;
    if (kit_now_ms() - r->alive_ms < ALIVE_MS) {
        loop_run_once(r->builder.loop, loop_clock_us());
        return !r->builder.lost;
    }
    r->alive_ms = kit_now_ms();
    return builder_turn(&r->builder);
}

static bool on_record(void *arg, const rd_kafka_message_t *message)
{
    struct rebuild *r = arg;
    struct store_row row;
    char why[256];

    r->records++;
    switch (result_row_read(r->tool->config, message, &r->space, &row, why, sizeof why)) {
    case RESULT_ROW: break;
    case RESULT_ROW_NONE: r->others++; return keep_up(r);
    case RESULT_ROW_BAD: r->bad++; return keep_up(r);
    case RESULT_ROW_OTHER_MODE: r->other_mode = true; return false;
    }
    if (!wanted(r, &row)) {
        r->others++;
        return keep_up(r);
    }
    r->rows++;
    r->forgotten += row.kind == STORE_ROW_FORGOTTEN;
    r->resets += row.kind == STORE_ROW_RESET;
    if (!r->counting && !builder_load(&r->builder, &row))
        return false;
    return keep_up(r);
}

static void on_progress(void *arg, int64_t done, int64_t total)
{
    show(arg, done, total, false);
}

static bool scan(struct rebuild *r, char *error)
{
    const struct kit_scan scan = {.topic = r->tool->config->topic_results,
                                  .on_record = on_record,
                                  .on_progress = on_progress,
                                  .arg = r};
    rd_kafka_t *reader = kit_kafka_reader(r->tool->config, "catalog-memory", 0, error);
    bool ok;

    if (!reader)
        return false;
    ok = kit_topic_scan(reader, &scan, error);
    if (ok && r->other_mode) {
        snprintf(
            error, ERROR_BYTES,
            "topic %.249s holds results of the other catalog.mode: real and plan-only workers need topics "
            "of their own; nothing of it is taken for memory",
            scan.topic);
        ok = false;
    }
    show(r, 1, 1, true);
    kit_kafka_reader_close(reader);
    return ok;
}

static void tell(const struct rebuild *r, const char *what)
{
    printf("%s: %" PRIu64 " results of %" PRIu64 " records", what, r->rows, r->records);
    if (r->resets + r->forgotten > 0)
        printf(" (%" PRIu64 " resets and %" PRIu64 " forgotten products by hand among them)", r->resets,
               r->forgotten);
    printf("\n");
    if (r->others > 0)
        printf("%" PRIu64 " records of other catalogs, or without a product, were passed over\n", r->others);
    if (r->bad > 0)
        printf("%" PRIu64 " records are no result events and were passed over\n", r->bad);
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    (void)rk;
    *(bool *)opaque = !message->err;
}

/* An audit record at the beginning and at the end: a rebuild that died shows as one without the second. */
static bool audit(const struct rebuild *r, const char *action, char *error)
{
    char actor[KIT_ACTOR_SIZE], after[JSON_BYTES];
    bool delivered = false, ok;
    rd_kafka_t *producer = kit_kafka_producer(r->tool->config,
                                              &(struct kit_producer_settings){.client_id = "catalog-memory",
                                                                              .on_delivery = on_delivery,
                                                                              .opaque = &delivered},
                                              error);

    if (!producer)
        return false;
    kit_actor(actor);
    snprintf(after, sizeof after, "{\"epoch\":%" PRIu64 ",\"results\":%" PRIu64 ",\"records\":%" PRIu64 "}",
             r->builder.view.epoch, r->rows, r->records);
    ok = kit_audit_produce(producer, r->tool->config->topic_audit,
                           &(struct kit_audit){.tool = "catalog-memory",
                                               .action = action,
                                               .actor = actor,
                                               .why = r->tool->options->why,
                                               .catalog = r->tool->catalog,
                                               .subject = "rebuild",
                                               .after_json = after,
                                               .at_ms = kit_wall_ms()},
                           NULL, error);
    rd_kafka_flush(producer, FLUSH_MS);
    if (ok && !delivered) {
        snprintf(error, ERROR_BYTES, "topic %.249s: the audit record was not acknowledged",
                 r->tool->config->topic_audit);
        ok = false;
    }
    rd_kafka_destroy(producer);
    return ok;
}

static bool build(struct rebuild *r, char *error)
{
    const struct config *config = r->tool->config;
    struct builder *b = &r->builder;
    usec_t quiet_us = (config->lease_ms + config->call_late_max_ms) * 1000;

    if (!builder_begin(b, quiet_us, error, ERROR_BYTES) || !audit(r, "rebuild", error) ||
        !builder_quiet(b, on_quiet, r, error, ERROR_BYTES) || !scan(r, error))
        return false;
    return builder_finish(b, error, ERROR_BYTES) && audit(r, "rebuild-done", error);
}

static int dry_run(struct rebuild *r)
{
    char error[ERROR_BYTES];

    r->counting = true;
    if (!scan(r, error))
        return tool_failed(r->tool, error);
    tell(r, "would be restored");
    printf("workers would wait %" PRId64
           " s and as long as the reading takes\ndry run: nothing was changed\n",
           (r->tool->config->lease_ms + r->tool->config->call_late_max_ms) / 1000);
    return KIT_DONE;
}

int command_rebuild(struct tool *tool)
{
    struct rebuild *r = calloc(1, sizeof *r);
    char error[ERROR_BYTES] = "out of memory";
    int code;

    if (!r)
        return tool_failed(tool, error);
    r->tool = r->builder.tool = tool;
    kit_progress_start(&r->progress, tool->options->quiet);
    if (tool->options->dry_run) {
        code = dry_run(r);
    } else if (!builder_open(&r->builder, error, sizeof error) || !build(r, error)) {
        code = tool_failed(tool, error);
    } else {
        tell(r, "restored");
        printf("epoch %" PRIu64 " is ready: workers go on\n", r->builder.view.epoch);
        code = KIT_DONE;
    }
    builder_close(&r->builder);
    free(r);
    return code;
}
