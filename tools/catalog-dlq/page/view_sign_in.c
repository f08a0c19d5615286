/* The token's page: for every listen address but this machine itself. */
#include "page.h"

#include <stdio.h>
#include <time.h>

enum { WRONG_WAIT_MS = 1000 /* a second for each wrong token, on that connection */ };

static void put_form(struct request *r, const char *complaint)
{
    frame_begin(r, "Sign in", TAB_NONE);
    if (complaint)
        sbuf_printf(&r->out, "<p role=\"alert\" class=\"alert\">%s</p>\n", complaint);
    sbuf_puts(&r->out,
              "<form method=\"post\" action=\"/sign-in\" class=\"sign-in\">"
              "<label>Token of this page <input type=\"password\" name=\"token\" required "
              "autofocus autocomplete=\"current-password\"></label> <button>Sign in</button></form>\n"
              "<p>It is in the file or environment variable that catalog-dlq serve was started "
              "with.</p>\n");
    frame_end(r);
}

void view_sign_in(struct request *r)
{
    put_form(r, NULL);
}

void view_signed_in(struct request *r)
{
    const struct timespec wait = {WRONG_WAIT_MS / 1000, 0};

    if (!guard_token(&r->serve->guard, query_get(&r->query, "token"))) {
        nanosleep(&wait, NULL);
        r->status = 403;
        put_form(r, "This is not the token.");
        return;
    }
    r->fresh_session = guard_new_session(&r->serve->guard, r->session);
    r->status = 303;
    snprintf(r->location, sizeof r->location, "/");
}
