/* Where is product X? What Redis remembers, its last outcomes, its open dead letters, the catalog itself. */
#include "page.h"

#include "product.h"
#include "rows.h"

#include "common/jsonmend.h"

#include <stdio.h>
#include <stdlib.h>

enum { TITLE_SIZE = 300 };

static const char *const others[] = {"id", NULL};

static void section(struct sbuf *out, const char *title)
{
    sbuf_printf(out, "<section><h2>%s</h2>\n", title);
}

static bool put_unknown(struct sbuf *out, const char *error)
{
    if (!error[0])
        return false;
    sbuf_puts(out, "<p class=\"alert\">Not known: ");
    html_word(out, error);
    sbuf_puts(out, "</p></section>\n");
    return true;
}

static void term_number(struct sbuf *out, const char *name, int64_t n)
{
    if (n > 0)
        sbuf_printf(out, "<dt>%s</dt><dd>%lld</dd>\n", name, (long long)n);
}

static void put_memory(struct sbuf *out, const struct product_look *look)
{
    const struct kit_memory *memory = look->memory;

    section(out, "What Redis remembers");
    if (put_unknown(out, look->memory_error))
        return;
    if (!memory->exists) {
        sbuf_puts(out, "<p>Nothing: no event of it ended in anything but a failure, or memory was lost "
                       "since.</p></section>\n");
        return;
    }
    sbuf_puts(out, "<dl class=\"terms\">\n");
    html_term_word(out, "Item", "", kit_item_state_name(memory->item_state));
    html_term_word(out, "SKU", "", memory->sku);
    html_term_word(out, "Item id", "", look->item_id);
    term_number(out, "Last version", memory->last_version);
    term_number(out, "Shown version", memory->current_version);
    html_term_word(out, "State", "",
                   memory->clean ? "clean: what the catalog shows is known"
                                 : "dirty: a call is, or was, under way");
    html_term_word(out, "Last event", "", memory->event_id);
    if (kit_memory_leased_until(memory) > memory->now_ms)
        html_term_word(out, "Lease", "", "held: a worker is at it now");
    sbuf_puts(out, "</dl></section>\n");
}

static void put_result(struct sbuf *out, const struct product_result *result)
{
    bool failed = strcmp(result->outcome, "failed") == 0;

    sbuf_puts(out, "<li><time>");
    html_text(out, result->at, strlen(result->at) < 10 ? strlen(result->at) : 10, 0);
    sbuf_putc(out, ' ');
    if (strlen(result->at) > 19)
        html_text(out, result->at + 11, 8, 0);
    sbuf_printf(out, "</time> <strong class=\"%s\">", failed ? "bad" : "good");
    html_word(out, result->outcome);
    sbuf_printf(out, "</strong> version %lld, event ", (long long)result->version);
    html_word(out, result->event_id);
    sbuf_puts(out, result->reason[0] ? ", " : "");
    html_word(out, result->reason);
    sbuf_puts(out, result->message[0] ? ": " : "");
    html_word(out, result->message);
    sbuf_puts(out, "</li>\n");
}

static void put_results(struct sbuf *out, const struct product_look *look)
{
    section(out, "Last outcomes");
    if (put_unknown(out, look->results_error))
        return;
    if (look->result_count == 0)
        sbuf_puts(out, "<p>None: no event of it was done, or its result was removed.</p>\n");
    sbuf_puts(out, "<ol class=\"history\">\n");
    for (size_t i = 0; i < look->result_count; i++)
        put_result(out, &look->results[i]);
    sbuf_puts(out, "</ol></section>\n");
}

static void put_dead(struct sbuf *out, const struct product_look *look)
{
    section(out, "Open dead letters");
    if (put_unknown(out, look->dead_error))
        return;
    if (look->dead_count == 0)
        sbuf_puts(out, "<p class=\"calm\">None.</p>\n");
    else
        rows_begin(out, "Of this product", false);
    for (size_t i = 0; i < look->dead_count; i++)
        sbuf_puts(out, look->dead[i] ? look->dead[i] : "");
    if (look->dead_count > 0)
        rows_end(out);
    if (look->dead_more)
        sbuf_printf(out, "<p>and %zu more</p>\n", look->dead_more);
    sbuf_puts(out, "</section>\n");
}

static void put_item(struct sbuf *out, const struct product_look *look)
{
    const cJSON *errors = cJSON_GetObjectItemCaseSensitive(look->item, "errors"), *error;

    section(out, "What the catalog says now");
    if (put_unknown(out, look->catalog_error))
        return;
    if (!look->item) {
        sbuf_puts(out, "<p>It has no such item.</p></section>\n");
        return;
    }
    sbuf_puts(out, "<dl class=\"terms\">\n");
    for (size_t i = 0; product_item_fields[i]; i++)
        html_term_word(out, product_item_fields[i], "", jsonmend_string(look->item, product_item_fields[i]));
    cJSON_ArrayForEach(error, errors)
    {
        html_term_word(out, "error", "bad", jsonmend_string(error, "title"));
        html_term_word(out, "error", "", jsonmend_string(error, "description"));
    }
    sbuf_puts(out, "</dl></section>\n");
}

static char *dead_row(void *arg, const struct letter *letter)
{
    (void)arg;
    return rows_of(letter, false);
}

static void look_and_show(struct request *r, struct product_look *look)
{
    char title[TITLE_SIZE];

    product_look(&r->serve->app->config, look);
    snprintf(title, sizeof title, "%s/%.200s", look->catalog, look->product_id);
    frame_begin(r, title, TAB_PRODUCT);
    put_dead(&r->out, look);
    put_results(&r->out, look);
    put_item(&r->out, look);
    put_memory(&r->out, look);
    frame_end(r);
    product_look_free(look);
}

void view_product(struct request *r)
{
    struct product_look *look;
    struct filter filter;

    if (!page_filter(r, others, &filter))
        return;
    if (!query_get(&r->query, "id")) {
        frame_failed(r, 400, "Which product?", "This page wants a product's id, or its SKU.");
        return;
    }
    look = calloc(1, sizeof *look);
    if (!look) {
        frame_failed(r, 500, "This failed", "no memory");
        return;
    }
    look->asked = query_get(&r->query, "id");
    look->in_catalog = filter.catalog;
    look->line = dead_row;
    look_and_show(r, look);
    free(look);
}
