#include "page.h"

#include "job.h"

#include <stdarg.h>
#include <stdio.h>

static const char head[] = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                           "<link rel=\"icon\" href=\"/icon.svg\" type=\"image/svg+xml\">\n"
                           "<link rel=\"stylesheet\" href=\"/style.css\">\n"
                           "<script src=\"/page.js\" defer></script>\n<title>";

static void tab(struct request *r, const char *path, const char *name, bool here)
{
    sbuf_printf(&r->out, "<a href=\"%s\"%s>%s</a>\n", path, here ? " aria-current=\"page\"" : "", name);
}

static void put_search(struct request *r, enum page_tab here)
{
    const char *asked = here == TAB_PRODUCT ? query_get(&r->query, "id") : NULL;

    sbuf_puts(&r->out, "<form class=\"search\" role=\"search\" action=\"/product\">"
                       "<label for=\"where\">Where is product</label> "
                       "<input id=\"where\" name=\"id\" required placeholder=\"ID or SKU\" value=\"");
    html_value(&r->out, asked ? asked : "");
    sbuf_puts(&r->out, "\"> <button>Find</button></form>\n");
}

static void put_running(struct request *r)
{
    uint32_t running = r->serve->jobs ? jobs_running(r->serve->jobs) : 0;

    if (running > 0 && strcmp(r->path, "/job") != 0)
        sbuf_printf(&r->out, "<p><a href=\"/job?n=%u\">A replay or drop is under way</a></p>\n", running);
}

void frame_begin(struct request *r, const char *title, enum page_tab here)
{
    sbuf_puts(&r->out, head);
    html_word(&r->out, title);
    sbuf_puts(&r->out, " – catalog-dlq</title>\n</head>\n<body>\n"
                       "<a class=\"skip\" href=\"#content\">Skip to the content</a>\n<header>\n"
                       "<p class=\"brand\">catalog-dlq</p>\n<nav aria-label=\"Pages\">\n");
    tab(r, "/", "Causes", here == TAB_CAUSES);
    tab(r, "/letters", "Dead letters", here == TAB_LETTERS);
    sbuf_puts(&r->out, "</nav>\n");
    put_search(r, here);
    put_running(r);
    sbuf_puts(&r->out, "</header>\n<main id=\"content\" tabindex=\"-1\">\n<h1>");
    html_word(&r->out, title);
    sbuf_puts(&r->out, "</h1>\n");
}

void frame_end(struct request *r)
{
    sbuf_puts(&r->out, "</main>\n<footer><p>Topic <code>");
    html_word(&r->out, r->serve->app->config.topic_dlq);
    sbuf_printf(&r->out, "</code>, times in UTC. %s catalog-dlq %s.</p></footer>\n</body>\n</html>\n",
                r->serve->changes ? "Changes are allowed, each with its audit record."
                                  : "Read-only: start it with <code>--allow-changes</code> to replay and "
                                    "drop here.",
                CATALOG_SYNC_VERSION);
}

void frame_failed(struct request *r, unsigned status, const char *title, const char *text)
{
    sbuf_reset(&r->out);
    r->status = status;
    r->type = NULL;
    frame_begin(r, title, TAB_NONE);
    sbuf_puts(&r->out, "<p role=\"alert\" class=\"alert\">");
    html_word(&r->out, text);
    sbuf_puts(&r->out, "</p>\n<p><a href=\"/\">Back to the causes</a></p>\n");
    frame_end(r);
}

bool page_filter(struct request *r, const char *const *others, struct filter *filter)
{
    char why[QUERY_WHY_SIZE];

    if (query_filter(&r->query, others, r->now_ms, filter, why))
        return true;
    frame_failed(r, 400, "This cannot be asked for", why);
    return false;
}

/* ---- filters ---- */

static const struct {
    const char *name, *label, *hint;
} fields[] = {
    {"class", "Class", "invalid, perm*"},
    {"reason", "Reason", "price_*"},
    {"code", "Code", "100"},
    {"subcode", "Subcode", ""},
    {"fingerprint", "Fingerprint", "of a cause"},
    {"product", "Product", "4711"},
    {"sku", "SKU", ""},
    {"catalog", "Catalog", "default"},
    {"since", "Died since", "2h, 7d, 2026-11-22"},
    {"until", "Died before", "30m"},
    {"replays", "Replays", "0, 2+, 1-3"},
    {"text", "Text anywhere", ""},
};

void frame_filters(struct request *r, const char *path)
{
    struct sbuf *out = &r->out;

    sbuf_printf(out,
                "<details class=\"filters\"><summary>Filters</summary>\n<form action=\"%s\">"
                "<div class=\"fields\">\n",
                path);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        const char *value = query_get(&r->query, fields[i].name);

        sbuf_printf(out,
                    "<label>%s <input name=\"%s\" placeholder=\"%s\" autocomplete=\"off\" "
                    "spellcheck=\"false\" value=\"",
                    fields[i].label, fields[i].name, fields[i].hint);
        html_value(out, value ? value : "");
        sbuf_puts(out, "\"></label>\n");
    }
    sbuf_puts(out, "</div><p class=\"buttons\"><button>Show what matches all</button></p></form>\n"
                   "</details>\n");
}

void frame_asked(struct request *r, const struct filter *filter, const char *path)
{
    struct sbuf text;

    if (filter_is_empty(filter))
        return;
    sbuf_init(&text, PAGE_BYTES_MAX);
    filter_describe(filter, &text);
    sbuf_puts(&r->out, "<p class=\"asked\">Only <code>");
    html_value(&r->out, sbuf_str(&text)); /* visible already */
    sbuf_printf(&r->out, "</code> <a href=\"%s\">show all</a></p>\n", path);
    sbuf_free(&text);
}

static void action(struct request *r, const struct query *query, const char *path, const char *words,
                   const char *name, const char *value)
{
    sbuf_puts(&r->out, "<a class=\"button\" href=\"");
    query_link(&r->out, path, query, name, value);
    sbuf_printf(&r->out, "\">%s</a>\n", words);
}

void frame_actions(struct request *r, const struct query *query, const char *name, const char *value)
{
    if (!r->serve->changes)
        return;
    action(r, query, "/replay", "Replay…", name, value);
    action(r, query, "/drop", "Drop…", name, value);
}
