#include "report.h"

#include "missing.h"

enum { CAUSES_SHOWN = 20, FAILURES_SHOWN = 50, MESSAGE_CHARS = 160 };

static unsigned long long count(uint64_t n)
{
    return n;
}

static bool is_replay(const struct resolve *r)
{
    return r->settings.action == RESOLVE_REPLAY;
}

static void put_link(struct sbuf *out, const char *key)
{
    sbuf_puts(out, "<a href=\"/letter?key=");
    sbuf_put_percent(out, key, strlen(key));
    sbuf_puts(out, "\">");
    html_word(out, key);
    sbuf_puts(out, "</a>");
}

static void put_refusals(struct sbuf *out, const struct resolve *r)
{
    for (size_t i = 0; i < r->refusal_count; i++) {
        sbuf_printf(out, "<li class=\"warn\">%llu refused: ", count(r->refusals[i].count));
        html_word(out, r->refusals[i].why);
        sbuf_puts(out, " (for example ");
        put_link(out, r->refusals[i].example);
        sbuf_puts(out, ")</li>\n");
    }
    if (r->gone)
        sbuf_printf(out, "<li>%llu gone: a newer record of their key came meanwhile</li>\n", count(r->gone));
}

/* ---- before ---- */

static void put_causes(struct sbuf *out, const struct resolve *r)
{
    uint32_t shown = 0;

    sbuf_puts(out, "<ul class=\"account\">\n");
    for (uint32_t i = 0; i < r->table.causes.count; i++) {
        const struct cause *cause = &r->table.causes.list[i];

        if (cause->count == 0 || shown++ >= CAUSES_SHOWN)
            continue;
        sbuf_printf(out, "<li><span class=\"count\">%llu</span> <strong>", count(cause->count));
        html_word(out, cause->reason[0] ? cause->reason : "(no reason)");
        sbuf_puts(out, "</strong> ");
        html_text(out, cause->message, strlen(cause->message), MESSAGE_CHARS);
        sbuf_puts(out, "</li>\n");
    }
    if (shown > CAUSES_SHOWN)
        sbuf_printf(out, "<li>and %u more causes</li>\n", shown - CAUSES_SHOWN);
    sbuf_puts(out, "</ul>\n");
}

static void put_targets(struct sbuf *out, const struct resolve *r)
{
    for (size_t i = 0; i < r->target_count; i++) {
        if (r->targets[i].count == 0)
            continue;
        sbuf_printf(out, "<li>%llu would go to topic <code>", count(r->targets[i].count));
        html_word(out, r->targets[i].topic);
        sbuf_puts(out, "</code></li>\n");
    }
}

void report_dry(struct sbuf *out, const struct resolve *r)
{
    put_causes(out, r);
    sbuf_puts(out, "<ul class=\"account\">\n");
    if (is_replay(r)) {
        put_targets(out, r);
        if (r->calls && r->calls == r->products)
            sbuf_printf(out, "<li>%llu catalog call%s</li>\n", count(r->calls), r->calls == 1 ? "" : "s");
        else if (r->calls)
            sbuf_printf(out,
                        "<li>%llu to %llu catalog calls: %llu events of %llu products (waiting events of one "
                        "product become one call)</li>\n",
                        count(r->products), count(r->calls), count(r->calls), count(r->products));
        if (r->no_call)
            sbuf_printf(out, "<li>%llu need no call</li>\n", count(r->no_call));
        if (r->still_invalid)
            sbuf_printf(out,
                        "<li class=\"bad\">%llu %s invalid still by this configuration and would fail again: "
                        "change %s below, or mend what publishes it</li>\n",
                        count(r->still_invalid), r->still_invalid == 1 ? "is" : "are",
                        r->still_invalid == 1 ? "it" : "them");
    } else {
        sbuf_puts(out,
                  "<li>Nothing is sent: what is dropped is given up. The audit topic keeps it, with your "
                  "reason.</li>\n");
    }
    put_refusals(out, r);
    sbuf_puts(out, "</ul>\n");
}

/* ---- behind ---- */

static void put_followed(struct sbuf *out, const struct follow *follow)
{
    size_t shown = 0;

    sbuf_printf(out, "<li><strong class=\"good\">%llu synced</strong>, %llu superseded, %llu skipped, ",
                count(follow_synced(follow)), count(follow->outcomes[RESULT_SUPERSEDED]),
                count(follow->outcomes[RESULT_SKIPPED]));
    sbuf_printf(out, "%llu failed again, %llu without an outcome yet</li>\n",
                count(follow->outcomes[RESULT_FAILED]), count(follow->open));
    for (size_t i = 0; i < follow->count && shown < FAILURES_SHOWN; i++) {
        const struct followed *f = follow->list[i];

        if (f->outcome != RESULT_FAILED)
            continue;
        sbuf_puts(out, "<li class=\"bad\">failed again: ");
        put_link(out, f->name ? f->name : "?");
        sbuf_putc(out, ' ');
        html_word(out, f->detail);
        sbuf_puts(out, "</li>\n");
        shown++;
    }
}

void report_done(struct sbuf *out, const struct resolve *r, const struct follow *follow, const char *error,
                 int64_t took_ms)
{
    char missing[MISSING_SIZE];

    if (error) {
        sbuf_puts(out, "<p role=\"alert\" class=\"alert\">Failed: ");
        html_word(out, error);
        sbuf_puts(out, "</p>\n");
    }
    sbuf_printf(out, "<ul class=\"account\">\n<li><strong>%llu of %llu %s</strong>", count(r->done),
                count(r->table.matching), is_replay(r) ? "replayed" : "dropped");
    if (r->changed)
        sbuf_printf(out, " (%llu changed before)", count(r->changed));
    sbuf_printf(out, " in %.1f s, each with its audit record</li>\n", (double)took_ms / 1000);
    if (r->still_invalid && is_replay(r))
        sbuf_printf(out, "<li class=\"warn\">%llu of them invalid still by this configuration</li>\n",
                    count(r->still_invalid));
    put_refusals(out, r);
    if (follow)
        put_followed(out, follow);
    sbuf_puts(out, "</ul>\n");
    missing_of(r, follow, missing);
    if (error)
        return;
    sbuf_printf(out, "<p class=\"%s\">%s", missing[0] ? "alert" : "calm",
                missing[0] ? "Partial: " : "Complete.");
    html_word(out, missing);
    sbuf_puts(out, "</p>\n");
}
