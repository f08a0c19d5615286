/* catalog-dlq stats: causes first. */
#include "stats.h"
#include "app.h"

#include <stdio.h>
#include <string.h>

enum { GROUPS_SHOWN = 12, HOURS_SHOWN = 24, BAR = 30 };

/* ---- for people ---- */

static void print_cause(struct app *app, const struct stats *s, size_t i)
{
    struct out *out = &app->out;
    const struct cause *cause = s->causes[i];
    struct explanation why;
    char code[STATS_GROUP_SIZE];

    stats_code(cause, code);
    stats_explain(cause, &why);
    out_printf(out, "%8llu  ", (unsigned long long)cause->count);
    out_word(out, OUT_CYAN, cause->id);
    out_printf(out, "  ");
    out_word(out, OUT_BOLD, cause->class_name[0] ? cause->class_name : "(no class)");
    out_word(out, OUT_BOLD, code[0] ? " " : "");
    out_word(out, OUT_BOLD, code);
    out_printf(out, "  ");
    out_word(out, OUT_BOLD, cause->reason[0] ? cause->reason : "(no reason)");
    out_printf(out, "\n          ");
    out_word(out, OUT_RED, cause->message[0] ? cause->message : "(no message)");
    out_printf(out, "\n          means:   %s\n", why.words);
    if (why.mend[0])
        out_printf(out, "          mend:    %s\n", why.mend);
    out_printf(out, "          hours:   ");
    out_time(out, cause->first_ms);
    out_printf(out, " to ");
    out_time(out, cause->last_ms);
    out_printf(out, "\n");
    if (i < STATS_EXAMPLES_MAX && s->examples[i]) {
        out_printf(out, "          example: catalog-dlq show ");
        out_word(out, OUT_PLAIN, s->examples[i]);
        out_printf(out, "\n");
    }
}

static const struct {
    const char *title, *json, *member;
} groupings[STATS_BY_COUNT] = {[STATS_BY_CLASS] = {"by class", "by_class", "class"},
                               [STATS_BY_CODE] = {"by code", "by_code", "code"},
                               [STATS_BY_REASON] = {"by reason", "by_reason", "reason"}};

static void print_groups(struct app *app, const struct stats *s)
{
    struct stats_group groups[STATS_GROUPS_MAX];
    struct out *out = &app->out;

    for (size_t k = 0; k < STATS_BY_COUNT; k++) {
        size_t count = stats_group(s, (enum stats_by)k, groups);

        out_cell(out, OUT_DIM, groupings[k].title, strlen(groupings[k].title), 12, false);
        for (size_t g = 0; g < count && g < GROUPS_SHOWN; g++) {
            out_printf(out, "%s", g ? ", " : "");
            out_word(out, OUT_PLAIN, groups[g].name);
            out_printf(out, " %llu", (unsigned long long)groups[g].count);
        }
        if (count > GROUPS_SHOWN)
            out_printf(out, ", %zu more", count - GROUPS_SHOWN);
        out_printf(out, "\n");
    }
}

static void print_products(struct app *app, const struct stats *s)
{
    struct out *out = &app->out;

    out_cell(out, OUT_DIM, "by product", 10, 12, false);
    for (size_t i = 0; i < s->product_shown; i++) {
        out_printf(out, "%s", i ? ", " : "");
        out_word(out, OUT_PLAIN, s->products[i].name && s->products[i].name[0] ? s->products[i].name : "?");
        out_printf(out, " %u", s->products[i].count);
    }
    if (s->product_count > s->product_shown)
        out_printf(out, ", %zu more products", s->product_count - s->product_shown);
    out_printf(out, "%s\n", s->product_count ? "" : "none could be read");
}

static void print_hours(struct app *app, const struct stats *s)
{
    struct out *out = &app->out;
    size_t from = s->hour_count > HOURS_SHOWN ? s->hour_count - HOURS_SHOWN : 0;
    uint64_t most = 1;

    for (size_t i = from; i < s->hour_count; i++)
        most = s->hours[i].count > most ? s->hours[i].count : most;
    for (size_t i = from; i < s->hour_count; i++) {
        int bar = (int)((s->hours[i].count * BAR + most - 1) / most);

        out_cell(out, OUT_DIM, i == from ? "by hour" : "", i == from ? 7 : 0, 12, false);
        out_time(out, (int64_t)s->hours[i].hour * STATS_HOUR_MS);
        out_printf(out, " %8llu ", (unsigned long long)s->hours[i].count);
        for (int k = 0; k < bar; k++)
            out_printf(out, "#");
        out_printf(out, "\n");
    }
    if (from > 0)
        out_printf(out, "            and %zu hours before\n", from);
}

static void print_people(struct app *app, const struct stats *s)
{
    struct out *out = &app->out;
    char first[128];

    snprintf(first, sizeof first, "%llu dead letter%s, %zu cause%s", (unsigned long long)s->table.matching,
             s->table.matching == 1 ? "" : "s", s->cause_count, s->cause_count == 1 ? "" : "s");
    out_word(out, s->table.matching ? OUT_BOLD : OUT_GREEN, first);
    if (s->table.matching != s->table.open)
        out_printf(out, " (of %llu open)", (unsigned long long)s->table.open);
    out_printf(out, "\n\n");
    for (size_t i = 0; i < s->cause_count && i < STATS_EXAMPLES_MAX; i++)
        print_cause(app, s, i);
    if (s->cause_count > STATS_EXAMPLES_MAX)
        out_printf(out, "          %zu more causes: use filters, or --json\n",
                   s->cause_count - STATS_EXAMPLES_MAX);
    if (s->cause_count > 0) {
        out_printf(out, "\n");
        print_groups(app, s);
        print_products(app, s);
        print_hours(app, s);
        out_printf(out, "\n");
    }
    if (app->partial[0])
        out_printf(out, "partial: %s\n", app->partial);
    else
        out_printf(out, "complete: %llu records of %s read to its end\n",
                   (unsigned long long)s->table.records, app->config.topic_dlq);
}

/* ---- for programs ---- */

static struct bytes bytes_of(const char *text)
{
    return (struct bytes){text, text ? strlen(text) : 0};
}

static void json_cause(const struct stats *s, size_t i, struct sbuf *out)
{
    const struct cause *cause = s->causes[i];
    struct explanation why;

    stats_explain(cause, &why);
    sbuf_printf(out, "%s{\"fingerprint\":\"%s\",\"count\":%llu", i ? "," : "", cause->id,
                (unsigned long long)cause->count);
    json_text(out, "class", bytes_of(cause->class_name));
    sbuf_printf(out, ",\"code\":%d,\"subcode\":%d", cause->code, cause->subcode);
    json_text(out, "reason", bytes_of(cause->reason));
    json_text(out, "message", bytes_of(cause->message));
    json_text(out, "words", bytes_of(why.words));
    json_text(out, "mend", bytes_of(why.mend));
    json_time(out, "first_hour", cause->first_ms);
    json_time(out, "last_hour", cause->last_ms);
    if (i < STATS_EXAMPLES_MAX)
        json_text(out, "example_key", bytes_of(s->examples[i]));
    sbuf_printf(out, ",\"example_partition\":%d,\"example_offset\":%lld}", cause->example_partition,
                (long long)cause->example_offset);
}

static void json_groups(const struct stats *s, struct sbuf *out)
{
    struct stats_group groups[STATS_GROUPS_MAX];

    for (size_t k = 0; k < STATS_BY_COUNT; k++) {
        size_t count = stats_group(s, (enum stats_by)k, groups);

        sbuf_printf(out, ",\"%s\":[", groupings[k].json);
        for (size_t g = 0; g < count; g++) {
            sbuf_printf(out, "%s{\"count\":%llu", g ? "," : "", (unsigned long long)groups[g].count);
            json_text(out, groupings[k].member, bytes_of(groups[g].name));
            sbuf_putc(out, '}');
        }
        sbuf_putc(out, ']');
    }
}

static void print_json(struct app *app, const struct stats *s)
{
    struct sbuf *out = &app->out.text;

    sbuf_printf(out,
                "{\"dead_letters\":%llu,\"open\":%llu,\"causes\":%zu,\"records\":%llu,\"tombstones\":%llu,",
                (unsigned long long)s->table.matching, (unsigned long long)s->table.open, s->cause_count,
                (unsigned long long)s->table.records, (unsigned long long)s->table.tombstones);
    app_json_end(app, out);
    sbuf_puts(out, ",\"by_cause\":[");
    for (size_t i = 0; i < s->cause_count; i++)
        json_cause(s, i, out);
    sbuf_puts(out, "]");
    json_groups(s, out);
    sbuf_printf(out, ",\"products\":%zu,\"by_product\":[", s->product_count);
    for (size_t i = 0; i < s->product_shown; i++) {
        sbuf_printf(out, "%s{\"count\":%u", i ? "," : "", s->products[i].count);
        json_text(out, "product", bytes_of(s->products[i].name));
        sbuf_putc(out, '}');
    }
    sbuf_puts(out, "],\"by_hour\":[");
    for (size_t i = 0; i < s->hour_count; i++) {
        sbuf_printf(out, "%s{\"count\":%llu", i ? "," : "", (unsigned long long)s->hours[i].count);
        json_time(out, "hour", (int64_t)s->hours[i].hour * STATS_HOUR_MS);
        sbuf_putc(out, '}');
    }
    sbuf_puts(out, "]}\n");
}

int command_stats(struct app *app)
{
    static struct stats s;
    char error[KAFKA_ERROR_SIZE];

    kit_progress_start(&app->progress, app->options.quiet || app->options.json);
    if (!stats_read(&s, &app->config, &app->options.filter, app_progress, app, error)) {
        stats_free(&s);
        return app_failed(app, error);
    }
    kit_progress_clear(&app->progress);
    if (s.table.causes.beyond > 0)
        app_partial(app, "more than %d kinds of causes: %llu dead letters belong to none that is listed",
                    CAUSE_COUNT_MAX, (unsigned long long)s.table.causes.beyond);
    if (app->options.json)
        print_json(app, &s);
    else
        print_people(app, &s);
    stats_free(&s);
    return app_end(app);
}
