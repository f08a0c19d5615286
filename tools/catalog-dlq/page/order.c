#include "order.h"

#include "edit.h"

#include "common/textsafe.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const others[] = {"set", "why", "who",  "force", "follow", "private",
                                     "all", "max", "rate", "form",  "chosen", NULL};

/* One PATH=VALUE a line. */
static bool read_edits(struct order *order, struct request *r)
{
    const char *text = query_get(&r->query, "set");
    char *at, *rest;

    order->edit_text = strdup(text ? text : "");
    at = order->edit_text;
    while (at && (at = strtok_r(at, "\r\n", &rest)) != NULL) {
        if (order->edit_count == ORDER_EDITS_MAX) {
            frame_failed(r, 400, "Too many changes", "One event takes 32 changes at most.");
            return false;
        }
        order->edits[order->edit_count++] = at;
        at = NULL;
        if (rest && *rest)
            at = rest;
    }
    return order->edit_text != NULL;
}

/* Who signs: the name that was typed, which nobody checks, and whoever runs the page. */
static void read_actor(struct order *order, const struct query *query)
{
    const char *who = query_get(query, "who");
    char runs[KIT_ACTOR_SIZE], text[KIT_ACTOR_SIZE + 4 * ORDER_WHO_CHARS + 16];

    kit_actor(runs);
    if (who)
        snprintf(text, sizeof text, "%.*s (page of %s)", ORDER_WHO_CHARS, who, runs);
    else
        snprintf(text, sizeof text, "%s", runs);
    textsafe_copy(order->actor, sizeof order->actor, text, strlen(text));
}

bool order_read(struct order *order, struct request *r, enum resolve_action action)
{
    *order = (struct order){.action = action};
    if (!page_filter(r, others, &order->filter) || !read_edits(order, r))
        return false;
    if (query_get(&r->query, "chosen") && order->filter.key_count == 0) {
        frame_failed(r, 400, "Nothing is chosen", "Tick the dead letters first, then Replay or Drop.");
        return false;
    }
    read_actor(order, &r->query);
    order->why = query_get(&r->query, "why");
    order->force = query_get(&r->query, "force") != NULL;
    order->follow = query_get(&r->query, "follow") != NULL;
    order->private_audit = query_get(&r->query, "private") != NULL;
    order->all = query_get(&r->query, "all") != NULL;
    order->max = query_number(&r->query, "max", 1, INT64_MAX, 0);
    order->rate = (double)query_number(&r->query, "rate", 0, 1000000, 0);
    return true;
}

void order_free(struct order *order)
{
    free(order->edit_text);
    *order = (struct order){.edit_count = 0};
}

void order_settings(const struct order *order, const struct app *app, int64_t now_ms, struct resolve *out)
{
    const struct options *o = &app->options;

    out->config = &app->config;
    out->settings = (struct resolve_settings){.action = order->action,
                                              .filter = &order->filter,
                                              .why = order->why,
                                              .actor = order->actor,
                                              .force = order->force,
                                              .any_topic = o->any_topic,
                                              .private_audit = order->private_audit,
                                              .max = order->max,
                                              .rate = order->rate,
                                              .replays_max = o->replays_max,
                                              .keep = o->keep,
                                              .keep_count = o->keep_count,
                                              .now_ms = now_ms};
}

enum resolve_change order_change(const struct order *order, const struct letter *letter, struct sbuf *out,
                                 char why[RESOLVE_WHY_SIZE])
{
    if (order->edit_count == 0)
        return CHANGE_NONE;
    return edit_set(letter, order->edits, order->edit_count, letter_replay_value(letter), out, why)
               ? CHANGE_DONE
               : CHANGE_SKIP;
}
