#include "route.h"

#include "http.h"

#include "page_assets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static const struct {
    const char *path, *type, *text;
    size_t len;
} assets[] = {
    {"/style.css", "text/css; charset=utf-8", asset_style, sizeof asset_style - 1},
    {"/page.js", "text/javascript; charset=utf-8", asset_page, sizeof asset_page - 1},
    {"/icon.svg", "image/svg+xml", asset_icon, sizeof asset_icon - 1},
};

struct view {
    const char *path;
    void (*show)(struct request *r);
    bool form;    /* takes a form, else an address */
    bool open;    /* also for whoever has no session yet */
    bool reads;   /* Kafka or Redis: one at a time */
    bool changes; /* only with --allow-changes */
};

static const struct view views[] = {
    {"/", view_causes, false, false, true, false},
    {"/letters", view_letters, false, false, true, false},
    {"/letter", view_letter, false, false, true, false},
    {"/product", view_product, false, false, true, false},
    {"/sign-in", view_sign_in, false, true, false, false},
    {"/sign-in", view_signed_in, true, true, false, false},
    {"/replay", view_replay, false, false, true, true},
    {"/replay", view_start_replay, true, false, false, true},
    {"/drop", view_drop, false, false, true, true},
    {"/drop", view_start_drop, true, false, false, true},
    {"/job", view_job, false, false, false, true},
    {"/progress", view_progress, false, false, false, true},
    {"/stop", view_stop, true, false, false, true},
};

static bool answer_asset(const char *path, struct answer *answer)
{
    for (size_t i = 0; i < sizeof assets / sizeof assets[0]; i++) {
        if (strcmp(path, assets[i].path) != 0)
            continue;
        *answer = (struct answer){.status = 200,
                                  .type = assets[i].type,
                                  .fixed = assets[i].text,
                                  .len = assets[i].len,
                                  .cached = true};
        return true;
    }
    return false;
}

/* ---- who asks ---- */

/* A session that came, or, where no token is wanted, a new one. False: there is none. */
static bool find_session(struct request *r, const char *cookie)
{
    const struct guard *guard = &r->serve->guard;

    if (guard_session(guard, cookie)) {
        memcpy(r->session, cookie, GUARD_SESSION_SIZE);
        return true;
    }
    if (guard->token[0])
        return false;
    r->fresh_session = guard_new_session(guard, r->session);
    return r->fresh_session;
}

/* A form's own proofs, and what it holds. */
static bool take_form(struct request *r, const struct asked *asked, const struct view *view)
{
    static const char type[] = "application/x-www-form-urlencoded";
    const struct guard *guard = &r->serve->guard;
    char why[QUERY_WHY_SIZE];

    if (!guard_origin(guard, asked->host, asked->origin, asked->fetch_site)) {
        frame_failed(r, 403, "Refused", "This form was not sent by this page (its Origin is another one).");
        return false;
    }
    if (!asked->form_whole) {
        frame_failed(r, 413, "Too much", "The form holds more than this page takes.");
        return false;
    }
    if (!asked->content_type || strncasecmp(asked->content_type, type, sizeof type - 1) != 0) {
        frame_failed(r, 415, "Refused", "This page takes forms alone.");
        return false;
    }
    query_free(&r->query);
    if (!query_read(&r->query, asked->form, asked->form_len, why)) {
        frame_failed(r, 400, "This cannot be asked for", why);
        return false;
    }
    if (!view->open &&
        (r->fresh_session || !guard_form_fits(guard, r->session, query_get(&r->query, "form")))) {
        frame_failed(r, 403, "Refused",
                     "The form is too old, or not from this page: catalog-dlq was started anew since, or "
                     "another tab signed out. Nothing was done; go back, reload, and try again.");
        return false;
    }
    return true;
}

static void wants_sign_in(struct request *r)
{
    if (r->is_post) {
        frame_failed(r, 403, "Sign in first", "This page wants its token.");
        return;
    }
    r->status = 303;
    snprintf(r->location, sizeof r->location, "/sign-in");
}

/* ---- views ---- */

static void show(struct request *r, const struct view *view)
{
    struct timespec until;

    if (!view->reads) {
        view->show(r);
        return;
    }
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += HTTP_READING_WAIT_S;
    if (pthread_mutex_timedlock(&r->serve->reading, &until) != 0) {
        frame_failed(r, 503, "Busy", "Other pages are being read from Kafka: try again in some seconds.");
        return;
    }
    view->show(r);
    pthread_mutex_unlock(&r->serve->reading);
}

static const struct view *find_view(const struct asked *asked, bool is_post, unsigned *status)
{
    *status = 404;
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++) {
        if (strcmp(views[i].path, asked->path) != 0)
            continue;
        if (views[i].form == is_post)
            return &views[i];
        *status = 405;
    }
    return NULL;
}

static void answer_request(struct request *r, const struct asked *asked)
{
    unsigned status;
    const struct view *view = find_view(asked, r->is_post, &status);
    char why[QUERY_WHY_SIZE];

    if (!guard_host(&r->serve->guard, asked->host))
        frame_failed(r, 421, "This is not this page's name",
                     "The browser asked for a name that is not this page's. If it is one of yours, start "
                     "catalog-dlq serve with --public-url.");
    else if (strcmp(asked->method, "GET") != 0 && strcmp(asked->method, "HEAD") != 0 && !r->is_post)
        frame_failed(r, 405, "Refused", "GET, HEAD and POST are what this page answers.");
    else if (!view)
        frame_failed(r, status, status == 405 ? "Refused" : "There is no such page",
                     status == 405 ? "This page is asked in the other way." : "Nothing is here.");
    else if (view->changes && !r->serve->changes)
        frame_failed(r, 403, "Refused",
                     "This page is read-only: catalog-dlq serve was started without --allow-changes.");
    else if (!query_read(&r->query, asked->query, strlen(asked->query), why))
        frame_failed(r, 400, "This cannot be asked for", why);
    else if (!find_session(r, asked->cookie) && !view->open)
        wants_sign_in(r);
    else if (!r->is_post || take_form(r, asked, view))
        show(r, view);
}

static void put_cookie(const struct request *r, struct answer *answer)
{
    snprintf(answer->cookie, sizeof answer->cookie, "%s=%s; Path=/; HttpOnly; SameSite=Strict%s",
             r->serve->cookie_name, r->session,
             strncmp(r->serve->guard.public_origin, "https:", 6) == 0 ? "; Secure" : "");
}

void route(struct serve *serve, const struct asked *asked, struct answer *answer)
{
    struct request r = {.serve = serve,
                        .path = asked->path,
                        .is_post = strcmp(asked->method, "POST") == 0,
                        .now_ms = kit_wall_ms(),
                        .status = 200};

    if (!r.is_post && guard_host(&serve->guard, asked->host) && answer_asset(asked->path, answer))
        return;
    sbuf_init(&r.out, PAGE_BYTES_MAX);
    answer_request(&r, asked);
    if (!sbuf_ok(&r.out))
        frame_failed(&r, 500, "Too much", "This page would be larger than a browser shows well.");
    *answer = (struct answer){
        .status = r.status, .type = r.type ? r.type : "text/html; charset=utf-8", .len = r.out.len};
    snprintf(answer->location, sizeof answer->location, "%s", r.location);
    if (r.fresh_session)
        put_cookie(&r, answer);
    answer->text = sbuf_take(&r.out);
    if (!answer->text) {
        answer->fixed = "";
        answer->len = 0;
    }
    query_free(&r.query);
}
