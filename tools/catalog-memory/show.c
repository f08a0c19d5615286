/* show: what is remembered, in words or as JSON. */
#include "memory.h"

#include "common/iso8601.h"
#include "common/textsafe.h"

#include <inttypes.h>
#include <string.h>

enum { JSON_MAX_BYTES = 1 << 20 };

/* Ids are whatever a shop sent: control characters must not reach the terminal. */
static const char *safe(const char *text)
{
    static char copies[4][KIT_MEMORY_TEXT_SIZE * 4];
    static unsigned next;
    char *copy = copies[next++ % 4];

    textsafe_copy(copy, sizeof copies[0], text, strlen(text));
    return copy;
}

static void put_moment(FILE *out, const char *name, int64_t at_ms, int64_t now_ms)
{
    char text[ISO8601_TEXT_BYTES];
    int64_t away_ms = at_ms - now_ms;

    if (at_ms <= 0)
        return;
    text[iso8601_format_ms(at_ms, text)] = '\0';
    if (away_ms > 0)
        fprintf(out, "  %-16s %s, in %.1f s\n", name, text, (double)away_ms / 1000);
    else
        fprintf(out, "  %-16s %s\n", name, text);
}

static void show_sku(const struct kit_sku *record, int64_t now_ms, FILE *out)
{
    fprintf(out, "SKU %s\n", safe(record->sku));
    if (!record->exists) {
        fprintf(out, "  nothing is remembered\n");
        return;
    }
    fprintf(out, "  %-16s %s\n", "owner", record->owner[0] ? safe(record->owner) : "none");
    fprintf(out, "  %-16s %s\n", "catalog id", record->item_id[0] ? safe(record->item_id) : "not known");
    if (record->lease_token[0]) {
        put_moment(out, "leased until", record->lease_until_ms, now_ms);
        if (record->lease_until_ms <= now_ms)
            fprintf(out, "  %-16s %s\n", "", "(that lease ran out without an outcome)");
        fprintf(out, "  %-16s worker %.16s\n", "leased by", safe(record->lease_token));
    }
    if (record->uncertain_until_ms > now_ms)
        put_moment(out, "uncertain until", record->uncertain_until_ms, now_ms);
    put_moment(out, "last written", record->written_at_ms, now_ms);
}

static void show_position(const struct kit_memory *memory, FILE *out)
{
    if (memory->event_id[0])
        fprintf(out, "  %-16s %s\n", "last event", safe(memory->event_id));
    if (memory->source[0])
        fprintf(out, "  %-16s %s, offset %" PRId64 "\n", "read from", safe(memory->source), memory->offset);
}

void show_memory(const struct kit_memory *memory, FILE *out)
{
    fprintf(out, "product %s of catalog %s\n", safe(memory->product_id), memory->catalog);
    if (!memory->exists) {
        fprintf(out, "  nothing is remembered\n");
        return;
    }
    fprintf(out, "  %-16s %" PRId64 "\n", "last version", memory->last_version);
    if (memory->current_version > 0)
        fprintf(out, "  %-16s version %" PRId64 "\n", "catalog shows", memory->current_version);
    else
        fprintf(out, "  %-16s not known by version\n", "catalog shows");
    fprintf(out, "  %-16s %s\n", "item", kit_item_state_name(memory->item_state));
    fprintf(out, "  %-16s %s\n", "memory",
            memory->clean ? "clean: what the catalog shows is known"
                          : "dirty: the next event is written in any case");
    if (memory->late_write)
        fprintf(out, "  %-16s a late call may have changed the item\n", "");
    fprintf(out, "  %-16s %s\n", "SKU", memory->sku[0] ? safe(memory->sku) : "none");
    show_position(memory, out);
    put_moment(out, "confirmed", memory->confirmed_at_ms, memory->now_ms);
    if (memory->epoch > 0)
        fprintf(out, "  %-16s %" PRId64 "\n", "epoch", memory->epoch);
    if (memory->claims > 0)
        fprintf(out, "  %-16s %" PRIu32 " workers ended while they worked on the last event\n", "claims",
                memory->claims);
    for (uint32_t i = 0; i < memory->records_count; i++)
        show_sku(&memory->records[i], memory->now_ms, out);
}

static void show_epoch(const struct kit_epoch *epoch, FILE *out)
{
    if (!epoch->exists) {
        fprintf(
            out,
            "no memory of this fleet: no worker has ever used this Redis with this redis.prefix, or it was "
            "emptied\n");
        return;
    }
    fprintf(out, "  %-16s %" PRId64 "%s\n", "epoch", epoch->epoch, epoch->first ? " (the first)" : "");
    fprintf(out, "  %-16s %s\n", "state",
            epoch->ready ? "ready: claims are served" : "not ready: workers wait");
    if (!epoch->ready && epoch->quiet_until_ms > epoch->now_ms)
        put_moment(out, "quiet until", epoch->quiet_until_ms, epoch->now_ms);
    if (!epoch->ready && epoch->builder[0])
        fprintf(out, "  %-16s %s, %s\n", "builder", epoch->builder,
                epoch->builder_until_ms > epoch->now_ms ? "alive" : "gone: the next worker takes over");
    fprintf(out, "  %-16s %s\n", "leases granted", epoch->fences[0] ? epoch->fences : "0");
}

static void epoch_json(const struct kit_epoch *epoch, struct sbuf *out)
{
    char text[ISO8601_TEXT_BYTES];

    sbuf_printf(out, "{\"exists\":%s,\"epoch\":%" PRId64 ",\"ready\":%s,\"first\":%s",
                epoch->exists ? "true" : "false", epoch->epoch, epoch->ready ? "true" : "false",
                epoch->first ? "true" : "false");
    if (!epoch->ready && epoch->quiet_until_ms > 0) {
        text[iso8601_format_ms(epoch->quiet_until_ms, text)] = '\0';
        sbuf_printf(out, ",\"quiet_until\":\"%s\"", text);
    }
    if (!epoch->ready && epoch->builder[0])
        sbuf_printf(out, ",\"builder\":\"%.16s\",\"builder_alive\":%s", epoch->builder,
                    epoch->builder_until_ms > epoch->now_ms ? "true" : "false");
    sbuf_printf(out, ",\"leases_granted\":%s}", epoch->fences[0] ? epoch->fences : "0");
}

static int whole_epoch(struct tool *tool)
{
    char error[KIT_REDIS_ERROR_SIZE];
    struct kit_epoch epoch;
    struct sbuf json;

    if (!kit_memory_read_epoch(&tool->redis, tool->config, &epoch, error))
        return tool_failed(tool, error);
    if (!tool->options->json) {
        show_epoch(&epoch, stdout);
    } else {
        sbuf_init(&json, JSON_MAX_BYTES);
        epoch_json(&epoch, &json);
        puts(sbuf_str(&json));
        sbuf_free(&json);
    }
    return epoch.exists ? KIT_DONE : KIT_FAILED;
}

static int one_sku(struct tool *tool, struct kit_sku *record)
{
    char error[KIT_REDIS_ERROR_SIZE];
    struct kit_epoch now; /* for Redis' clock */
    struct sbuf json;

    if (!kit_memory_read_sku(&tool->redis, tool->config, tool->catalog, tool->options->sku, record, error) ||
        !kit_memory_read_epoch(&tool->redis, tool->config, &now, error))
        return tool_failed(tool, error);
    if (!tool->options->json) {
        show_sku(record, now.now_ms, stdout);
    } else {
        sbuf_init(&json, JSON_MAX_BYTES);
        kit_memory_sku_json(record, &json);
        puts(sbuf_str(&json));
        sbuf_free(&json);
    }
    return record->exists ? KIT_DONE : KIT_FAILED;
}

static int one_product(struct tool *tool, const char *product)
{
    static struct kit_memory memory;
    char error[KIT_REDIS_ERROR_SIZE];
    struct sbuf json;

    if (!kit_memory_read(&tool->redis, tool->config, tool->catalog, product, &memory, error))
        return tool_failed(tool, error);
    if (!tool->options->json) {
        show_memory(&memory, stdout);
    } else {
        sbuf_init(&json, JSON_MAX_BYTES);
        kit_memory_json(&memory, &json);
        puts(sbuf_str(&json));
        sbuf_free(&json);
    }
    return memory.exists ? KIT_DONE : KIT_FAILED;
}

int command_show(struct tool *tool)
{
    struct kit_sku record;
    char error[KIT_REDIS_ERROR_SIZE];

    if (tool->options->product)
        return one_product(tool, tool->options->product);
    if (!tool->options->sku)
        return whole_epoch(tool);
    if (!kit_memory_read_sku(&tool->redis, tool->config, tool->catalog, tool->options->sku, &record, error))
        return tool_failed(tool, error);
    return record.owner[0] ? one_product(tool, record.owner) : one_sku(tool, &record);
}
