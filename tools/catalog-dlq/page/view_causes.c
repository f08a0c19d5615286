/* The first page: causes first, then what they are about. */
#include "page.h"

#include "stats.h"

#include <stdio.h>
#include <stdlib.h>

enum { GROUPS_SHOWN = 20, HOURS_SHOWN = 48, TITLE_SIZE = 128 };

static const char *const no_others[] = {NULL};

/* value "" asks for nothing that a filter could find */
static void link_to(struct request *r, const char *name, const char *value, const char *words, uint64_t count)
{
    sbuf_puts(&r->out, "<li>");
    if (value[0]) {
        sbuf_puts(&r->out, "<a href=\"");
        query_link(&r->out, "/letters", &r->query, name, value);
        sbuf_puts(&r->out, "\">");
    }
    html_word(&r->out, words);
    sbuf_printf(&r->out, "%s %llu</li>\n", value[0] ? "</a>" : "", (unsigned long long)count);
}

static void put_cause_head(struct request *r, const struct cause *cause)
{
    char code[STATS_GROUP_SIZE];

    stats_code(cause, code);
    sbuf_printf(&r->out, "<article class=\"cause\"><h2><span class=\"count\">%llu</span> ",
                (unsigned long long)cause->count);
    html_word(&r->out, cause->class_name[0] ? cause->class_name : "(no class)");
    sbuf_printf(&r->out, "%s%s ", code[0] ? " " : "", code);
    html_word(&r->out, cause->reason[0] ? cause->reason : "(no reason)");
    sbuf_puts(&r->out, "</h2>\n<p class=\"message\">");
    html_word(&r->out, cause->message[0] ? cause->message : "(no message)");
    sbuf_puts(&r->out, "</p>\n");
}

static void put_cause(struct request *r, const struct stats *s, size_t i)
{
    const struct cause *cause = s->causes[i];
    struct sbuf *out = &r->out;
    struct explanation why;

    stats_explain(cause, &why);
    put_cause_head(r, cause);
    sbuf_puts(out, "<dl class=\"terms\">\n");
    html_term_word(out, "Means", "", why.words);
    html_term_word(out, "Mend", "good", why.mend);
    sbuf_puts(out, "<dt>Died</dt><dd>");
    html_time(out, cause->first_ms);
    if (cause->last_ms != cause->first_ms) {
        sbuf_puts(out, " to ");
        html_time(out, cause->last_ms);
    }
    sbuf_printf(out, " (by hour)</dd>\n<dt>Fingerprint</dt><dd><code>%s</code></dd>\n</dl>\n", cause->id);
    sbuf_puts(out, "<p class=\"buttons\"><a class=\"button\" href=\"");
    query_link(out, "/letters", &r->query, "fingerprint", cause->id);
    sbuf_printf(out, "\">Show %s</a>\n", cause->count == 1 ? "it" : "them");
    if (i < STATS_EXAMPLES_MAX && s->examples[i] && cause->count > 1) {
        sbuf_puts(out, "<a class=\"button\" href=\"/letter?key=");
        sbuf_put_percent(out, s->examples[i], strlen(s->examples[i]));
        sbuf_puts(out, "\">An example</a>\n");
    }
    frame_actions(r, &r->query, "fingerprint", cause->id);
    sbuf_puts(out, "</p></article>\n");
}

static void put_groups(struct request *r, const struct stats *s, enum stats_by by, const char *title,
                       const char *filter)
{
    struct stats_group *groups = calloc(STATS_GROUPS_MAX, sizeof *groups);
    size_t count = groups ? stats_group(s, by, groups) : 0;

    sbuf_printf(&r->out, "<section><h2>%s</h2><ul class=\"groups\">\n", title);
    for (size_t i = 0; i < count && i < GROUPS_SHOWN; i++) {
        char value[STATS_GROUP_SIZE];
        /* "100/33" is code and subcode; the code alone leads there */
        int len = (int)(by == STATS_BY_CODE ? strcspn(groups[i].name, "/") : strlen(groups[i].name));

        snprintf(value, sizeof value, "%.*s", len, groups[i].name);
        link_to(r, filter,
                strcmp(value, "none") == 0 ? "0"
                : value[0] == '('          ? ""
                                           : value,
                groups[i].name, groups[i].count);
    }
    if (count > GROUPS_SHOWN)
        sbuf_printf(&r->out, "<li>and %zu more</li>\n", count - GROUPS_SHOWN);
    sbuf_puts(&r->out, "</ul></section>\n");
    free(groups);
}

static void put_products(struct request *r, const struct stats *s)
{
    sbuf_puts(&r->out, "<section><h2>By product</h2><ul class=\"groups\">\n");
    for (size_t i = 0; i < s->product_shown; i++)
        if (s->products[i].product)
            link_to(r, "product", s->products[i].product, s->products[i].name, s->products[i].count);
    if (s->product_count > s->product_shown)
        sbuf_printf(&r->out, "<li>and %zu more products</li>\n", s->product_count - s->product_shown);
    sbuf_puts(&r->out, "</ul></section>\n");
}

static void put_hours(struct request *r, const struct stats *s)
{
    size_t from = s->hour_count > HOURS_SHOWN ? s->hour_count - HOURS_SHOWN : 0;
    uint64_t most = 1;

    for (size_t i = from; i < s->hour_count; i++)
        most = s->hours[i].count > most ? s->hours[i].count : most;
    sbuf_puts(&r->out, "<section><h2>By hour of death</h2><table class=\"hours\"><thead><tr>"
                       "<th scope=\"col\">Hour</th><th scope=\"col\" class=\"number\">Dead letters</th>"
                       "<td></td></tr></thead><tbody>\n");
    for (size_t i = s->hour_count; i > from; i--) {
        const struct stats_hour *hour = &s->hours[i - 1];

        sbuf_puts(&r->out, "<tr><th scope=\"row\">");
        html_time(&r->out, (int64_t)hour->hour * STATS_HOUR_MS);
        sbuf_printf(&r->out,
                    "</th><td class=\"number\">%llu</td><td><meter aria-hidden=\"true\" min=\"0\" "
                    "max=\"%llu\" value=\"%llu\"></meter></td></tr>\n",
                    (unsigned long long)hour->count, (unsigned long long)most,
                    (unsigned long long)hour->count);
    }
    sbuf_puts(&r->out, "</tbody></table>\n");
    if (from > 0)
        sbuf_printf(&r->out, "<p>and %zu hours before</p>\n", from);
    sbuf_puts(&r->out, "</section>\n");
}

static void put_all(struct request *r, const struct stats *s, const struct filter *filter)
{
    char title[TITLE_SIZE];
    size_t shown = s->cause_count < STATS_EXAMPLES_MAX ? s->cause_count : STATS_EXAMPLES_MAX;

    snprintf(title, sizeof title, "%llu dead letter%s, %zu cause%s", (unsigned long long)s->table.matching,
             s->table.matching == 1 ? "" : "s", s->cause_count, s->cause_count == 1 ? "" : "s");
    frame_begin(r, title, TAB_CAUSES);
    frame_asked(r, filter, "/");
    frame_filters(r, "/");
    if (s->table.matching == 0)
        sbuf_puts(&r->out, filter_is_empty(filter) ? "<p class=\"calm\">Nothing is broken.</p>\n"
                                                   : "<p class=\"calm\">Nothing matches.</p>\n");
    for (size_t i = 0; i < shown; i++)
        put_cause(r, s, i);
    if (s->cause_count > shown)
        sbuf_printf(&r->out, "<p>and %zu more causes: use filters</p>\n", s->cause_count - shown);
    if (s->table.matching > 0) {
        sbuf_puts(&r->out, "<div class=\"columns\">\n");
        put_groups(r, s, STATS_BY_CLASS, "By class", "class");
        put_groups(r, s, STATS_BY_CODE, "By code", "code");
        put_groups(r, s, STATS_BY_REASON, "By reason", "reason");
        put_products(r, s);
        sbuf_puts(&r->out, "</div>\n");
        put_hours(r, s);
    }
    if (s->table.causes.beyond > 0)
        sbuf_printf(&r->out,
                    "<p class=\"alert\">Partial: %llu dead letters belong to causes beyond the first "
                    "%d.</p>\n",
                    (unsigned long long)s->table.causes.beyond, CAUSE_COUNT_MAX);
    sbuf_printf(&r->out, "<p class=\"complete\">%llu records read, %llu open in all.</p>\n",
                (unsigned long long)s->table.records, (unsigned long long)s->table.open);
    frame_end(r);
}

void view_causes(struct request *r)
{
    struct stats *s = calloc(1, sizeof *s);
    char error[KAFKA_ERROR_SIZE] = "no memory";
    struct filter filter;

    if (page_filter(r, no_others, &filter)) {
        if (s && stats_read(s, &r->serve->app->config, &filter, NULL, NULL, error))
            put_all(r, s, &filter);
        else
            frame_failed(r, 502, "The dead letters cannot be read", error);
    }
    if (s)
        stats_free(s);
    free(s);
}
