/* reset-version and forget of one product. */
#include "memory.h"
#include "tools/kit/memory_change.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { JSON_MAX_BYTES = 1 << 20 };

/* One change on its way. */
struct change {
    struct tool *tool;
    struct kit_changer changer;
    struct kit_memory before;
    struct kit_change one;
    struct sbuf before_json, after_json;
    enum kit_change_kind kind;
};

static const char *action_of(enum kit_change_kind kind)
{
    return kind == KIT_CHANGE_RESET ? "reset-version" : "forget";
}

/* What memory will hold, as the result record is to tell it. */
static void plan(struct change *change)
{
    const struct kit_memory *before = &change->before;
    const struct options *options = change->tool->options;

    if (change->kind == KIT_CHANGE_FORGET) {
        sbuf_puts(&change->after_json, "{\"known\":false}");
        return;
    }
    change->one.last_version = options->to;
    change->one.current_version = before->current_version > options->to ? 0 : before->current_version;
    change->one.item_state = before->item_state;
    change->one.sku = before->sku[0] ? before->sku : NULL;
    for (uint32_t i = 0; i < before->records_count; i++) {
        const struct kit_sku *record = &before->records[i];

        if (before->sku[0] && strcmp(record->sku, before->sku) == 0 && record->item_id[0])
            change->one.item_id = record->item_id;
    }
    sbuf_printf(&change->after_json,
                "{\"known\":true,\"last_version\":%" PRId64 ",\"current_version\":%" PRId64
                ",\"state\":\"dirty\"}",
                change->one.last_version, change->one.current_version);
}

static int dry_run(const struct change *change)
{
    const struct kit_memory *before = &change->before;
    int64_t leased_ms = kit_memory_leased_until(before) - before->now_ms;

    show_memory(before, stdout);
    if (leased_ms > 0)
        printf("\na worker holds it for up to %.1f s more; that would be waited for\n",
               (double)leased_ms / 1000);
    if (change->kind == KIT_CHANGE_FORGET)
        printf("\nwould be forgotten; the next event of it finds its item in the catalog by its SKU\n");
    else
        printf("\nthe last version would become %" PRId64 "; events above it would be taken again\n",
               change->tool->options->to);
    printf("dry run: nothing was changed\n");
    return KIT_DONE;
}

static bool write_audit(struct change *change, char *error)
{
    char actor[KIT_ACTOR_SIZE];
    const struct kit_memory *before = &change->before;

    kit_actor(actor);
    return kit_change_audit(&change->changer,
                            &(struct kit_audit){.tool = "catalog-memory",
                                                .action = action_of(change->kind),
                                                .actor = actor,
                                                .why = change->tool->options->why,
                                                .catalog = change->tool->catalog,
                                                .product_id = before->product_id,
                                                .sku = before->sku[0] ? before->sku : NULL,
                                                .before_json = sbuf_str(&change->before_json),
                                                .after_json = sbuf_str(&change->after_json),
                                                .at_ms = kit_wall_ms()},
                            error);
}

static int tell(const struct change *change)
{
    const struct options *options = change->tool->options;

    switch (change->one.status) {
    case KIT_CHANGE_DONE:
        if (change->kind == KIT_CHANGE_FORGET)
            printf("product %s of catalog %s is forgotten\n", change->before.product_id,
                   change->tool->catalog);
        else
            printf("product %s of catalog %s: last version %" PRId64 " became %" PRId64 "\n",
                   change->before.product_id, change->tool->catalog, change->before.last_version,
                   options->to);
        return KIT_DONE;
    case KIT_CHANGE_BUSY:
        kit_complain(&options->cli,
                     "product %s is being worked on for up to %" PRId64
                     " ms more, and --wait-ms is over: nothing was "
                     "changed; try again",
                     change->before.product_id, change->one.wait_ms);
        return KIT_FAILED;
    default:
        kit_complain(&options->cli, "nothing is remembered of product %s of catalog %s: nothing to do",
                     change->before.product_id, change->tool->catalog);
        return change->kind == KIT_CHANGE_FORGET ? KIT_DONE : KIT_FAILED;
    }
}

/* Under the hold the picture stands still: it is read again, written down, and then changed. */
static int carry_out(struct change *change)
{
    struct tool *tool = change->tool;
    char error[KIT_CHANGE_ERROR_SIZE];

    if (!kit_change_hold(&change->changer, &change->one, 1, tool->options->wait_ms, error))
        return tool_failed(tool, error);
    if (change->one.status != KIT_CHANGE_PENDING)
        return tell(change);
    if (!kit_memory_read(&tool->redis, tool->config, tool->catalog, change->one.product_id, &change->before,
                         error)) {
        kit_change_drop(&change->changer, &change->one, 1);
        return tool_failed(tool, error);
    }
    plan(change);
    kit_memory_json(&change->before, &change->before_json);
    if (!write_audit(change, error) || !kit_change_record(&change->changer, &change->one, 1, error)) {
        kit_change_drop(&change->changer, &change->one, 1);
        return tool_failed(tool, error);
    }
    if (!kit_change_apply(&change->changer, &change->one, 1, error))
        return tool_failed(tool, error);
    return tell(change);
}

static int run(struct change *change, const char *product)
{
    struct tool *tool = change->tool;
    char error[KIT_CHANGE_ERROR_SIZE];
    int code;

    if (!kit_memory_read(&tool->redis, tool->config, tool->catalog, product, &change->before, error))
        return tool_failed(tool, error);
    change->one.product_id = product;
    if (!change->before.exists)
        return tell(change);
    if (tool->options->dry_run)
        return dry_run(change);
    if (!kit_changer_open(&change->changer, tool->config, &tool->redis, tool->catalog, change->kind, error))
        return tool_failed(tool, error);
    code = carry_out(change);
    kit_changer_close(&change->changer);
    return code;
}

static int change_product(struct tool *tool, const char *product, enum kit_change_kind kind)
{
    static struct change change;
    int code;

    memset(&change, 0, sizeof change);
    change.tool = tool;
    change.kind = kind;
    sbuf_init(&change.before_json, JSON_MAX_BYTES);
    sbuf_init(&change.after_json, JSON_MAX_BYTES);
    change.one.status = KIT_CHANGE_PENDING;
    code = run(&change, product);
    sbuf_free(&change.before_json);
    sbuf_free(&change.after_json);
    return code;
}

int command_reset(struct tool *tool)
{
    return change_product(tool, tool->options->product, KIT_CHANGE_RESET);
}

int command_forget(struct tool *tool)
{
    static struct kit_sku record;
    char error[KIT_REDIS_ERROR_SIZE];

    if (tool->options->product)
        return change_product(tool, tool->options->product, KIT_CHANGE_FORGET);
    if (!kit_memory_read_sku(&tool->redis, tool->config, tool->catalog, tool->options->sku, &record, error))
        return tool_failed(tool, error);
    if (record.owner[0])
        return change_product(tool, record.owner, KIT_CHANGE_FORGET);
    kit_complain(&tool->options->cli, "SKU %s of catalog %s belongs to no product: nothing to do",
                 tool->options->sku, tool->catalog);
    return KIT_DONE;
}
