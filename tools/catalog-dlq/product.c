#include "product.h"

#include "app.h"
#include "line.h"
#include "visible.h"

#include "common/jsonmend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEAD_LINE_MAX = 1 << 20, LABEL_WIDTH = 20 };

static struct bytes bytes_of(const char *text)
{
    return (struct bytes){text, strlen(text)};
}

static void title(struct out *out, const char *text)
{
    out_word(out, OUT_BOLD, text);
    out_printf(out, "\n");
}

static void row(struct out *out, const char *name, const char *text)
{
    if (!text || !text[0])
        return;
    out_printf(out, "  ");
    out_cell(out, OUT_DIM, name, strlen(name), LABEL_WIDTH, false);
    out_word(out, OUT_PLAIN, text);
    out_printf(out, "\n");
}

static bool print_error(struct out *out, const char *error)
{
    if (!error[0])
        return false;
    out_printf(out, "  ");
    out_word(out, OUT_YELLOW, "not known: ");
    out_word(out, OUT_PLAIN, error);
    out_printf(out, "\n");
    return true;
}

static void print_version(struct out *out, const char *name, int64_t version)
{
    char text[32];

    if (version <= 0)
        return;
    snprintf(text, sizeof text, "%lld", (long long)version);
    row(out, name, text);
}

static void print_memory(struct out *out, const struct product_look *look)
{
    const struct kit_memory *memory = look->memory;

    title(out, "What Redis remembers");
    if (print_error(out, look->memory_error))
        return;
    if (!memory->exists) {
        out_printf(out,
                   "  nothing: no event of it ended in anything but a failure, or memory was lost since\n");
        return;
    }
    row(out, "item", kit_item_state_name(memory->item_state));
    row(out, "sku", memory->sku);
    row(out, "item id", look->item_id);
    print_version(out, "last version", memory->last_version);
    print_version(out, "shown version", memory->current_version);
    row(out, "state",
        memory->clean ? "clean: what the catalog shows is known" : "dirty: a call is, or was, under way");
    row(out, "last event", memory->event_id);
    if (kit_memory_leased_until(memory) > memory->now_ms)
        row(out, "lease", "held: a worker is at it now");
}

static void print_results(struct out *out, const struct product_look *look)
{
    title(out, "Last outcomes");
    if (print_error(out, look->results_error))
        return;
    if (look->result_count == 0)
        out_printf(out, "  none: no event of it was done, or its result was removed\n");
    for (size_t i = 0; i < look->result_count; i++) {
        const struct product_result *result = &look->results[i];

        out_printf(out, "  ");
        out_text(out, OUT_PLAIN, result->at, strlen(result->at), 19);
        out_printf(out, "  ");
        out_cell(out, strcmp(result->outcome, "failed") == 0 ? OUT_RED : OUT_GREEN, result->outcome,
                 strlen(result->outcome), 11, false);
        out_printf(out, " version %lld  event ", (long long)result->version);
        out_word(out, OUT_PLAIN, result->event_id);
        out_printf(out, "%s", result->reason[0] ? "  " : "");
        out_word(out, OUT_PLAIN, result->reason);
        out_printf(out, "%s", result->message[0] ? ": " : "");
        out_word(out, OUT_PLAIN, result->message);
        out_printf(out, "\n");
    }
}

static void print_dead(struct out *out, const struct product_look *look)
{
    title(out, "Open dead letters");
    if (print_error(out, look->dead_error))
        return;
    if (look->dead_count == 0)
        out_printf(out, "  none\n");
    else
        line_head(out);
    for (size_t i = 0; i < look->dead_count; i++)
        sbuf_puts(&out->text, look->dead[i]);
    if (look->dead_more)
        out_printf(out, "  and %zu more\n", look->dead_more);
}

static void print_item(struct out *out, const struct product_look *look)
{
    const cJSON *errors = cJSON_GetObjectItemCaseSensitive(look->item, "errors"), *error;

    title(out, "What the catalog says now");
    if (print_error(out, look->catalog_error))
        return;
    if (!look->item) {
        out_printf(out, "  it has no such item\n");
        return;
    }
    for (size_t i = 0; product_item_fields[i]; i++)
        row(out, product_item_fields[i], jsonmend_string(look->item, product_item_fields[i]));
    cJSON_ArrayForEach(error, errors)
    {
        row(out, "error", jsonmend_string(error, "title"));
        row(out, "", jsonmend_string(error, "description"));
    }
}

static void print_people(struct app *app, const struct product_look *look)
{
    struct out *out = &app->out;

    out_word(out, OUT_CYAN, look->catalog);
    out_printf(out, "/");
    out_word(out, OUT_CYAN, look->product_id);
    out_printf(out, "\n\n");
    print_memory(out, look);
    out_printf(out, "\n");
    print_results(out, look);
    out_printf(out, "\n");
    print_dead(out, look);
    out_printf(out, "\n");
    print_item(out, look);
    out_printf(out, "\n%s%s\n", app->partial[0] ? "partial: " : "complete", app->partial);
}

static void json_part(struct sbuf *out, const char *name, const char *error)
{
    sbuf_printf(out, ",\"%s_error\":", name);
    if (error[0])
        sbuf_put_json(out, error, strlen(error));
    else
        sbuf_puts(out, "null");
}

static void json_results(const struct product_look *look, struct sbuf *out)
{
    sbuf_puts(out, ",\"results\":[");
    for (size_t i = 0; i < look->result_count; i++) {
        const struct product_result *result = &look->results[i];

        sbuf_printf(out, "%s{\"version\":%lld", i ? "," : "", (long long)result->version);
        json_text(out, "finished_at", bytes_of(result->at));
        json_text(out, "outcome", bytes_of(result->outcome));
        json_text(out, "reason", bytes_of(result->reason));
        json_text(out, "event_id", bytes_of(result->event_id));
        json_text(out, "message", bytes_of(result->message));
        sbuf_putc(out, '}');
    }
    sbuf_puts(out, "]");
}

static void print_json(struct app *app, const struct product_look *look)
{
    struct sbuf *out = &app->out.text;
    char *item = look->item ? cJSON_PrintUnformatted(look->item) : NULL;

    sbuf_putc(out, '{');
    app_json_end(app, out);
    json_text(out, "catalog", bytes_of(look->catalog));
    json_text(out, "product_id", bytes_of(look->product_id));
    json_text(out, "sku", bytes_of(look->sku));
    json_text(out, "item_id", bytes_of(look->item_id));
    json_part(out, "memory", look->memory_error);
    sbuf_puts(out, ",\"memory\":");
    if (look->memory && look->memory->exists)
        kit_memory_json(look->memory, out);
    else
        sbuf_puts(out, "null");
    json_part(out, "results", look->results_error);
    json_results(look, out);
    json_part(out, "dead_letters", look->dead_error);
    sbuf_puts(out, ",\"dead_letters\":[");
    for (size_t i = 0; i < look->dead_count; i++)
        sbuf_printf(out, "%s%s", i ? "," : "", look->dead[i]);
    sbuf_printf(out, "],\"dead_letters_more\":%zu", look->dead_more);
    json_part(out, "item", look->catalog_error);
    sbuf_printf(out, ",\"item\":");
    sbuf_puts(out, item ? item : "null");
    sbuf_puts(out, "}\n");
    free(item);
}

struct lines {
    struct app *app;
    struct out line; /* one, built here */
};

static char *dead_line(void *arg, const struct letter *letter)
{
    struct lines *lines = arg;

    sbuf_reset(&lines->line.text);
    if (lines->app->options.json) {
        sbuf_putc(&lines->line.text, '{');
        line_json(&lines->line.text, letter);
        sbuf_putc(&lines->line.text, '}');
    } else {
        line_put(&lines->line, letter);
    }
    return strdup(sbuf_str(&lines->line.text));
}

int command_product(struct app *app)
{
    struct lines lines = {.app = app, .line = app->out};
    static struct product_look look;
    const char *missing[4] = {NULL};
    int rc;

    if (app->options.input_count != 1) {
        kit_complain(&app->cli, "product wants one product id or SKU");
        return KIT_USAGE;
    }
    look.asked = app->options.inputs[0];
    look.in_catalog = app->options.filter.catalog;
    look.line = dead_line;
    look.arg = &lines;
    sbuf_init(&lines.line.text, DEAD_LINE_MAX);
    product_look(&app->config, &look);
    sbuf_free(&lines.line.text);
    missing[0] = look.memory_error[0] ? " Redis," : "";
    missing[1] = look.results_error[0] ? " results," : "";
    missing[2] = look.dead_error[0] ? " dead letters," : "";
    missing[3] = look.catalog_error[0] ? " the catalog," : "";
    if (missing[0][0] || missing[1][0] || missing[2][0] || missing[3][0]) {
        app_partial(app, "could not be asked:%s%s%s%s", missing[0], missing[1], missing[2], missing[3]);
        app->partial[strlen(app->partial) - 1] = '\0'; /* the last comma */
    }
    if (app->options.json)
        print_json(app, &look);
    else
        print_people(app, &look);
    product_look_free(&look);
    rc = app_end(app);
    return rc;
}
