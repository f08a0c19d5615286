#include "actions.h"

#include "explain.h"

#include <string.h>

enum { CAUSES_SHOWN = 20, FAILURES_SHOWN = 20 };

static struct bytes bytes_of(const char *text)
{
    return (struct bytes){text, text ? strlen(text) : 0};
}

static unsigned long long count(uint64_t n)
{
    return n;
}

/* ---- for people ---- */

static void print_refusals(struct out *out, const struct resolve *r)
{
    for (size_t i = 0; i < r->refusal_count; i++) {
        out_printf(out, "%8llu  ", count(r->refusals[i].count));
        out_word(out, OUT_YELLOW, "refused: ");
        out_word(out, OUT_PLAIN, r->refusals[i].why);
        out_printf(out, " (for example ");
        out_word(out, OUT_CYAN, r->refusals[i].example);
        out_printf(out, ")\n");
    }
    if (r->gone)
        out_printf(out, "%8llu  are gone: a newer record of their key came meanwhile\n", count(r->gone));
}

static void print_causes(struct out *out, const struct resolve *r)
{
    uint32_t shown = 0;

    for (uint32_t i = 0; i < r->table.causes.count; i++) {
        const struct cause *cause = &r->table.causes.list[i];

        if (cause->count == 0 || shown++ >= CAUSES_SHOWN)
            continue;
        out_printf(out, "%8llu  ", count(cause->count));
        out_word(out, OUT_CYAN, cause->id);
        out_printf(out, "  ");
        out_word(out, OUT_BOLD, cause->reason[0] ? cause->reason : "(no reason)");
        out_printf(out, "  ");
        out_text(out, OUT_PLAIN, cause->message, strlen(cause->message), 100);
        out_printf(out, "\n");
    }
    if (shown > CAUSES_SHOWN)
        out_printf(out, "          and %u more causes\n", shown - CAUSES_SHOWN);
}

static void print_end(struct app *app)
{
    if (app->partial[0]) {
        out_word(&app->out, OUT_YELLOW, "partial: ");
        out_word(&app->out, OUT_PLAIN, app->partial);
    } else {
        out_word(&app->out, OUT_GREEN, "complete");
    }
    out_printf(&app->out, "\n");
}

static void print_dry(struct app *app, const struct resolve *r)
{
    struct out *out = &app->out;
    bool replay = r->settings.action == RESOLVE_REPLAY;

    out_printf(out, "dry run: nothing is sent. %llu of %llu open dead letters match",
               count(r->table.matching), count(r->table.open));
    if (r->left)
        out_printf(out, ", %zu would be done (--max)", r->place_count);
    out_printf(out, "\n");
    print_causes(out, r);
    if (replay) {
        out_printf(out, "would go to\n");
        for (size_t i = 0; i < r->target_count; i++) {
            if (r->targets[i].count == 0)
                continue;
            out_printf(out, "%8llu  ", count(r->targets[i].count));
            out_word(out, OUT_BOLD, r->targets[i].topic);
            out_printf(out, "\n");
        }
        out_printf(
            out,
            "would cost\n%8llu  to %llu catalog calls: %llu events of %llu products (waiting events of one "
            "product become one call)\n",
            count(r->products), count(r->calls), count(r->calls), count(r->products));
        if (r->no_call)
            out_printf(out, "%8llu  need no call\n", count(r->no_call));
        if (r->still_invalid)
            out_printf(out,
                       "%8llu  are invalid still by this configuration and would fail again: mend them with "
                       "--set or "
                       "--edit\n",
                       count(r->still_invalid));
    }
    print_refusals(out, r);
    print_end(app);
}

static void print_followed(struct out *out, const struct follow *follow)
{
    size_t shown = 0;
    out_printf(out, "%8llu  synced, %llu superseded, %llu skipped, %llu failed again, %llu still open\n",
               count(follow_synced(follow)), count(follow->outcomes[RESULT_SUPERSEDED]),
               count(follow->outcomes[RESULT_SKIPPED]), count(follow->outcomes[RESULT_FAILED]),
               count(follow->open));
    for (size_t i = 0; i < follow->count && shown < FAILURES_SHOWN; i++) {
        const struct followed *f = follow->list[i];

        if (f->outcome != RESULT_FAILED)
            continue;
        out_printf(out, "          ");
        out_word(out, OUT_RED, "failed again ");
        out_word(out, OUT_CYAN, f->name ? f->name : "?");
        out_printf(out, "  ");
        out_word(out, OUT_PLAIN, f->detail);
        out_printf(out, "\n");
        shown++;
    }
}

static void print_done(struct app *app, const struct resolve *r, const struct follow *follow, int64_t took_ms)
{
    struct out *out = &app->out;

    out_printf(out, "%8llu  of %llu %s", count(r->done), count(r->table.matching),
               r->settings.action == RESOLVE_REPLAY ? "replayed" : "dropped");
    if (r->changed)
        out_printf(out, " (%llu changed before)", count(r->changed));
    out_printf(out, " in %.1f s, each with its audit record\n", (double)took_ms / 1000);
    if (r->still_invalid && r->settings.action == RESOLVE_REPLAY)
        out_printf(out,
                   "%8llu  of them are invalid still by this configuration, and will likely fail again\n",
                   count(r->still_invalid));
    print_refusals(out, r);
    if (follow)
        print_followed(out, follow);
    print_end(app);
}

/* ---- for programs ---- */

static void json_head(struct app *app, const struct resolve *r, struct sbuf *out)
{
    sbuf_printf(out, "{\"action\":\"%s\",\"dry_run\":%s,",
                r->settings.action == RESOLVE_REPLAY ? "replay" : "drop",
                app->options.dry_run ? "true" : "false");
    app_json_end(app, out);
    sbuf_printf(
        out, ",\"open\":%llu,\"matching\":%llu,\"left\":%llu,\"refused\":%llu,\"gone\":%llu,\"refusals\":[",
        count(r->table.open), count(r->table.matching), count(r->left), count(r->refused), count(r->gone));
    for (size_t i = 0; i < r->refusal_count; i++) {
        sbuf_printf(out, "%s{\"count\":%llu", i ? "," : "", count(r->refusals[i].count));
        json_text(out, "why", bytes_of(r->refusals[i].why));
        json_text(out, "example_key", bytes_of(r->refusals[i].example));
        sbuf_putc(out, '}');
    }
    sbuf_puts(out, "],\"targets\":[");
    for (size_t i = 0, n = 0; i < r->target_count; i++) {
        if (r->targets[i].count == 0)
            continue;
        sbuf_printf(out, "%s{\"count\":%llu", n++ ? "," : "", count(r->targets[i].count));
        json_text(out, "topic", bytes_of(r->targets[i].topic));
        sbuf_putc(out, '}');
    }
    sbuf_putc(out, ']');
}

static void json_followed(const struct follow *follow, struct sbuf *out)
{
    bool first = true;

    sbuf_puts(out, ",\"outcomes\":{");
    for (int i = RESULT_CREATED; i < RESULT_KIND_COUNT; i++)
        sbuf_printf(out, "\"%s\":%llu,", result_kind_name((enum result_kind)i), count(follow->outcomes[i]));
    sbuf_printf(out, "\"open\":%llu},\"failed_again\":[", count(follow->open));
    for (size_t i = 0; i < follow->count; i++) {
        if (follow->list[i]->outcome != RESULT_FAILED)
            continue;
        sbuf_puts(out, first ? "{\"outcome\":\"failed\"" : ",{\"outcome\":\"failed\"");
        json_text(out, "key", bytes_of(follow->list[i]->name));
        json_text(out, "why", bytes_of(follow->list[i]->detail));
        sbuf_putc(out, '}');
        first = false;
    }
    sbuf_putc(out, ']');
}

void account_dry(struct app *app, const struct resolve *r)
{
    struct sbuf *out = &app->out.text;
    bool first = true;

    if (!app->options.json) {
        print_dry(app, r);
        return;
    }
    json_head(app, r, out);
    sbuf_printf(
        out, ",\"calls_min\":%llu,\"calls_max\":%llu,\"no_call\":%llu,\"still_invalid\":%llu,\"by_cause\":[",
        count(r->products), count(r->calls), count(r->no_call), count(r->still_invalid));
    for (uint32_t i = 0; i < r->table.causes.count; i++) {
        const struct cause *cause = &r->table.causes.list[i];

        if (cause->count == 0)
            continue;
        sbuf_printf(out, "%s{\"fingerprint\":\"%s\",\"count\":%llu", first ? "" : ",", cause->id,
                    count(cause->count));
        json_text(out, "reason", bytes_of(cause->reason));
        json_text(out, "message", bytes_of(cause->message));
        sbuf_putc(out, '}');
        first = false;
    }
    sbuf_puts(out, "]}\n");
}

void account(struct app *app, const struct resolve *r, const struct follow *follow, int64_t took_ms)
{
    struct sbuf *out = &app->out.text;

    if (!app->options.json) {
        print_done(app, r, follow, took_ms);
        out_flush(&app->out);
        return;
    }
    json_head(app, r, out);
    sbuf_printf(out, ",\"%s\":%llu,\"changed\":%llu,\"still_invalid\":%llu,\"seconds\":%.3f",
                r->settings.action == RESOLVE_REPLAY ? "replayed" : "dropped", count(r->done),
                count(r->changed), count(r->still_invalid), (double)took_ms / 1000);
    if (follow)
        json_followed(follow, out);
    sbuf_puts(out, "}\n");
    out_flush(&app->out);
}
