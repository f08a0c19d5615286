/* Replay and drop: first what would come of it, then, on a form that was sent, the start of it. */
#include "page.h"

#include "edit.h"
#include "job.h"
#include "point.h"
#include "report.h"

#include <stdio.h>
#include <stdlib.h>

enum { DIFF_MAX = 1 << 20, TITLE_SIZE = 96, FOLLOW_DEFAULT_MAX = 1000 };

struct preview {
    struct request *r;
    struct order order;
    struct resolve resolve;
    /* of the first letter */
    bool looked;
    char field[POINT_TEXT_SIZE]; /* at fault; "": none */
    struct sbuf diff;
};

static const char *path_of(enum resolve_action action)
{
    return action == RESOLVE_REPLAY ? "/replay" : "/drop";
}

static enum resolve_change on_change(void *arg, const struct letter *letter, const struct judge *judge,
                                     struct sbuf *out, char why[RESOLVE_WHY_SIZE])
{
    struct preview *p = arg;
    enum resolve_change change = order_change(&p->order, letter, out, why);
    struct point point;

    if (p->looked)
        return change;
    p->looked = true;
    point_find(judge, letter, &point);
    if (!point.valid_now)
        snprintf(p->field, sizeof p->field, "%s", point.field);
    if (change == CHANGE_DONE)
        edit_diff(letter_replay_value(letter), (struct bytes){sbuf_str(out), out->len}, &p->diff);
    return change;
}

/* ---- the page that asks ---- */

static void put_diff(struct sbuf *out, const struct sbuf *diff, bool one)
{
    const char *at = sbuf_str(diff);

    if (!at[0])
        return;
    sbuf_printf(out, "<p>%s would change so:</p>\n<pre class=\"diff\">", one ? "It" : "The first of them");
    while (*at) {
        size_t len = strcspn(at, "\n");

        sbuf_printf(out, "<span class=\"%s\">", at[0] == '-' ? "removed" : at[0] == '+' ? "added" : "");
        html_text(out, at, len, 0);
        sbuf_puts(out, "</span>\n");
        at += len + (at[len] == '\n');
    }
    sbuf_puts(out, "</pre>\n");
}

static void put_edits(struct preview *p)
{
    struct sbuf *out = &p->r->out;
    const char *set = query_get(&p->r->query, "set");

    sbuf_printf(out, "<section><h2>Change %s before sending</h2>\n",
                p->resolve.place_count == 1 ? "it" : "them");
    put_diff(out, &p->diff, p->resolve.place_count == 1);
    sbuf_puts(out, "<form class=\"stack\" action=\"/replay\">");
    query_fields(out, &p->r->query);
    sbuf_puts(out,
              "<label for=\"set\">Fields of the event, one a line: <code>data.price=19.99</code> for a text, "
              "<code>data.active:=true</code> for JSON. Every other byte stays.</label>"
              "<textarea id=\"set\" name=\"set\" rows=\"3\" spellcheck=\"false\" autocomplete=\"off\">\n");
    if (set) {
        html_value(out, set);
    } else if (p->field[0] && p->resolve.place_count == 1) {
        html_word(out, p->field);
        sbuf_putc(out, '=');
    }
    sbuf_puts(out,
              "</textarea><p class=\"buttons\"><button>Check the change</button></p></form></section>\n");
}

static void put_check(struct sbuf *out, const char *name, const char *words, bool on, bool required)
{
    sbuf_printf(out, "<label><input type=\"checkbox\" name=\"%s\" value=\"1\"%s%s> %s</label>\n", name,
                on ? " checked" : "", required ? " required" : "", words);
}

static void put_hidden(struct preview *p)
{
    struct sbuf *out = &p->r->out;
    const char *set = query_get(&p->r->query, "set");
    char form[GUARD_FORM_SIZE];

    query_fields(out, &p->r->query);
    if (set) {
        sbuf_puts(out, "<input type=\"hidden\" name=\"set\" value=\"");
        html_value(out, set);
        sbuf_puts(out, "\">");
    }
    guard_form(&p->r->serve->guard, p->r->session, form);
    sbuf_printf(out,
                "<input type=\"hidden\" name=\"max\" value=\"%zu\">"
                "<input type=\"hidden\" name=\"form\" value=\"%s\">\n",
                p->resolve.place_count, form);
}

static void put_confirm(struct preview *p)
{
    struct sbuf *out = &p->r->out;
    size_t count = p->resolve.place_count;
    bool replay = p->order.action == RESOLVE_REPLAY;

    sbuf_printf(out, "<section><h2>Confirm</h2>\n<form class=\"stack\" method=\"post\" action=\"%s\">",
                path_of(p->order.action));
    put_hidden(p);
    sbuf_printf(out, "<label>Why? It goes into the audit record%s. <input name=\"why\"%s></label>\n",
                replay ? "" : ", and is required", replay ? "" : " required");
    sbuf_puts(out, "<label>Your name, for the audit record <input name=\"who\" maxlength=\"60\" "
                   "autocomplete=\"name\"></label>\n");
    if (replay) {
        put_check(out, "follow", "Wait for the outcomes (2 minutes at most)", count <= FOLLOW_DEFAULT_MAX,
                  false);
        put_check(out, "force", "Also what was replayed too often, or is invalid after a change", false,
                  false);
        if (count > 1)
            sbuf_puts(out,
                      "<label>Events a second (0: as fast as it goes) <input name=\"rate\" type=\"number\" "
                      "min=\"0\" max=\"1000000\" value=\"0\"></label>\n");
    } else {
        put_check(out, "private", "Leave the payload out of the audit record", false, false);
    }
    if (filter_is_empty(&p->order.filter))
        put_check(out, "all", "Yes, <strong>all</strong> that are open: no filter is set", false, true);
    sbuf_printf(out,
                "<p class=\"buttons\"><button id=\"confirm\" class=\"%s\">%s %zu dead "
                "letter%s</button></p></form></section>\n",
                replay ? "primary" : "danger", replay ? "Replay" : "Drop", count, count == 1 ? "" : "s");
}

static void put_preview(struct preview *p)
{
    struct request *r = p->r;
    const struct resolve *resolve = &p->resolve;
    bool replay = p->order.action == RESOLVE_REPLAY, mock = txn_is_mock(resolve->reader);
    char title[TITLE_SIZE];

    snprintf(title, sizeof title, "%s %zu dead letter%s?", replay ? "Replay" : "Drop", resolve->place_count,
             resolve->place_count == 1 ? "" : "s");
    frame_begin(r, title, TAB_LETTERS);
    frame_asked(r, &p->order.filter, "/letters");
    if (resolve->place_count == 0) {
        sbuf_puts(&r->out,
                  "<p class=\"calm\">Nothing open matches: it was replayed or dropped before.</p>\n");
    } else {
        report_dry(&r->out, resolve);
        if (replay)
            put_edits(p);
        if (mock)
            sbuf_printf(&r->out, "<p class=\"alert\">It cannot be done here: %s.</p>\n", txn_mock_refusal);
        else
            put_confirm(p);
    }
    frame_end(r);
}

static void preview(struct request *r, enum resolve_action action)
{
    struct preview *p = calloc(1, sizeof *p);
    char error[KAFKA_ERROR_SIZE];

    if (!p) {
        frame_failed(r, 500, "This failed", "no memory");
        return;
    }
    p->r = r;
    sbuf_init(&p->diff, DIFF_MAX);
    if (order_read(&p->order, r, action)) {
        order_settings(&p->order, r->serve->app, r->now_ms, &p->resolve);
        p->resolve.hooks = (struct resolve_hooks){.arg = p, .change = on_change};
        if (resolve_prepare(&p->resolve, true, error) && resolve_dry(&p->resolve, error))
            put_preview(p);
        else
            frame_failed(r, 502, "The dead letters cannot be read", error);
        resolve_free(&p->resolve);
    }
    order_free(&p->order);
    sbuf_free(&p->diff);
    free(p);
}

void view_replay(struct request *r)
{
    preview(r, RESOLVE_REPLAY);
}

void view_drop(struct request *r)
{
    preview(r, RESOLVE_DROP);
}

/* ---- the form that was sent ---- */

/* What the command line demands as well. */
static bool is_whole(const struct order *order, struct request *r)
{
    if (filter_is_empty(&order->filter) && !order->all) {
        frame_failed(r, 400, "Which dead letters?", "No filter is set, and all of them was not confirmed.");
        return false;
    }
    if (order->action == RESOLVE_DROP && !order->why) {
        frame_failed(r, 400, "Why?", "A drop wants a reason: it goes into the audit record.");
        return false;
    }
    return true;
}

static void start(struct request *r, enum resolve_action action)
{
    struct order order;
    uint32_t number, running;

    if (order_read(&order, r, action) && is_whole(&order, r)) {
        number = jobs_start(r->serve->jobs, &order, &r->query, &running);
        if (number > 0) {
            r->status = 303;
            snprintf(r->location, sizeof r->location, "/job?n=%u", number);
        } else {
            frame_failed(r, running ? 409 : 500, running ? "Another one is under way" : "This failed",
                         running
                             ? "One replay or drop goes on at a time: wait for its end, or stop it. Nothing "
                               "was done."
                             : "No memory for it. Nothing was done.");
        }
    }
    order_free(&order);
}

void view_start_replay(struct request *r)
{
    start(r, RESOLVE_REPLAY);
}

void view_start_drop(struct request *r)
{
    start(r, RESOLVE_DROP);
}
