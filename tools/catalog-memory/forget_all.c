/* forget --all: every product of a catalog, in bounded batches found by SCAN. */
#include "memory.h"
#include "tools/kit/memory_change.h"
#include "tools/kit/progress.h"
#include "worker/adapters/redis_resp.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { SCAN_COUNT = 500, PATTERN_MAX_BYTES = 1024 };

struct batch {
    struct tool *tool;
    struct kit_changer changer;
    struct kit_change list[KIT_CHANGE_BATCH_MAX];
    char ids[KIT_CHANGE_BATCH_MAX][KIT_MEMORY_TEXT_SIZE];
    size_t count;
    struct kit_progress progress;
    uint64_t seen, forgotten, busy;
};

static int complain_stop(const struct batch *batch)
{
    kit_complain(&batch->tool->options->cli,
                 "stopped: %" PRIu64 " products are forgotten; run the command again to go on",
                 batch->forgotten);
    return KIT_FAILED;
}

static void show(struct batch *batch, bool last)
{
    char text[80];

    snprintf(text, sizeof text, "%" PRIu64 " products forgotten", batch->forgotten);
    kit_progress_show(&batch->progress, batch->forgotten, 0, text, last);
}

/* Hold, record, change; the audit record of the whole came before. */
static bool flush(struct batch *batch, char *error)
{
    struct kit_changer *changer = &batch->changer;
    bool ok = true;

    if (batch->count == 0 || batch->tool->options->dry_run) {
        batch->count = 0;
        return true;
    }
    ok = kit_change_hold(changer, batch->list, batch->count, batch->tool->options->wait_ms, error);
    if (ok && !kit_change_record(changer, batch->list, batch->count, error)) {
        kit_change_drop(changer, batch->list, batch->count);
        ok = false;
    }
    ok = ok && kit_change_apply(changer, batch->list, batch->count, error);
    for (size_t i = 0; ok && i < batch->count; i++) {
        batch->forgotten += batch->list[i].status == KIT_CHANGE_DONE;
        batch->busy += batch->list[i].status == KIT_CHANGE_BUSY;
    }
    batch->count = 0;
    show(batch, false);
    return ok;
}

static bool add(struct batch *batch, const char *id, size_t len, char *error)
{
    char *copy = batch->ids[batch->count];

    batch->seen++;
    if (len >= KIT_MEMORY_TEXT_SIZE)
        return true; /* none of ours: the worker takes no such ids */
    memcpy(copy, id, len);
    copy[resp_decode(copy, len)] = '\0';
    batch->list[batch->count++] = (struct kit_change){.product_id = copy, .item_state = 'a'};
    return batch->count < KIT_CHANGE_BATCH_MAX || flush(batch, error);
}

static bool take_page(struct batch *batch, const redisReply *page, size_t base_len, char *error)
{
    for (size_t i = 0; i < page->elements; i++) {
        const redisReply *key = page->element[i];

        if (key->type == REDIS_REPLY_STRING && (size_t)key->len > base_len &&
            !add(batch, key->str + base_len, (size_t)key->len - base_len, error))
            return false;
    }
    return true;
}

/* The keys' common start, and the pattern that finds them: characters with a meaning in patterns are escaped.
 */
static void put_pattern(const struct tool *tool, struct sbuf *base, struct sbuf *pattern)
{
    sbuf_printf(base, "{%s}:1:c:%s:p:", tool->config->redis_prefix, tool->catalog);
    for (size_t i = 0; i < base->len; i++) {
        if (strchr("*?[]\\^", base->data[i]))
            sbuf_putc(pattern, '\\');
        sbuf_putc(pattern, base->data[i]);
    }
    sbuf_putc(pattern, '*');
}

static bool scan(struct batch *batch, const char *pattern, size_t base_len, char *error)
{
    char cursor[24] = "0", count[12];
    bool ok = true;

    snprintf(count, sizeof count, "%d", SCAN_COUNT);
    do {
        redisReply *reply =
            kit_redis_ask(&batch->tool->redis, 6,
                          (const char *[]){"SCAN", cursor, "MATCH", pattern, "COUNT", count}, NULL, error);

        if (!reply)
            return false;
        snprintf(cursor, sizeof cursor, "%.20s", reply->element[0]->str);
        ok = take_page(batch, reply->element[1], base_len, error);
        freeReplyObject(reply);
    } while (ok && strcmp(cursor, "0") != 0 && !kit_stop);
    return ok && (kit_stop || flush(batch, error));
}

static bool write_audit(struct batch *batch, char *error)
{
    char actor[KIT_ACTOR_SIZE], subject[80];

    kit_actor(actor);
    snprintf(subject, sizeof subject, "catalog/%.64s", batch->tool->catalog);
    return kit_change_audit(&batch->changer,
                            &(struct kit_audit){.tool = "catalog-memory",
                                                .action = "forget",
                                                .actor = actor,
                                                .why = batch->tool->options->why,
                                                .catalog = batch->tool->catalog,
                                                .subject = subject,
                                                .after_json = "{\"products\":0}",
                                                .at_ms = kit_wall_ms()},
                            error);
}

static int run(struct batch *batch)
{
    char error[KIT_CHANGE_ERROR_SIZE];
    struct sbuf base, pattern;
    bool ok;

    if (!batch->tool->options->dry_run && !write_audit(batch, error))
        return tool_failed(batch->tool, error);
    sbuf_init(&base, PATTERN_MAX_BYTES);
    sbuf_init(&pattern, PATTERN_MAX_BYTES);
    put_pattern(batch->tool, &base, &pattern);
    kit_progress_start(&batch->progress, batch->tool->options->quiet);
    ok = scan(batch, sbuf_str(&pattern), base.len, error);
    show(batch, true);
    sbuf_free(&base);
    sbuf_free(&pattern);
    if (!ok)
        return tool_failed(batch->tool, error);
    if (kit_stop)
        return complain_stop(batch);
    if (batch->tool->options->dry_run)
        printf("%" PRIu64 " products of catalog %s would be forgotten\ndry run: nothing was changed\n",
               batch->seen, batch->tool->catalog);
    else
        printf("%" PRIu64 " products of catalog %s are forgotten\n", batch->forgotten, batch->tool->catalog);
    if (batch->busy == 0)
        return KIT_DONE;
    kit_complain(&batch->tool->options->cli,
                 "%" PRIu64 " products were being worked on and were left: run the command "
                 "again",
                 batch->busy);
    return KIT_FAILED;
}

int command_forget_all(struct tool *tool)
{
    struct batch *batch = calloc(1, sizeof *batch);
    char error[KIT_CHANGE_ERROR_SIZE];
    int code;

    if (!batch)
        return tool_failed(tool, "out of memory");
    batch->tool = tool;
    if (!tool->options->dry_run && !kit_changer_open(&batch->changer, tool->config, &tool->redis,
                                                     tool->catalog, KIT_CHANGE_FORGET, error))
        code = tool_failed(tool, error);
    else
        code = run(batch);
    kit_changer_close(&batch->changer);
    free(batch);
    return code;
}
