/* A replay or drop under way, live, and its report. */
#include "page.h"

#include "job.h"

#include <stdio.h>
#include <stdlib.h>

enum { WORDS_SIZE = 160 };

static uint32_t number_of(const struct request *r)
{
    return (uint32_t)query_number(&r->query, "n", 1, UINT32_MAX, 0);
}

static const char *action_name(const struct job_look *look)
{
    return look->action == RESOLVE_REPLAY ? "Replay" : "Drop";
}

/* Such as "1200 of 4000, 480/s, 6 s left". */
static void resolving_words(const struct job_look *look, char out[WORDS_SIZE])
{
    double rate = look->phase_ms > 0 ? (double)look->done * 1000 / (double)look->phase_ms : 0;
    int len = snprintf(out, WORDS_SIZE, "%s: %llu of %llu",
                       look->action == RESOLVE_REPLAY ? "Replaying" : "Dropping",
                       (unsigned long long)look->done, (unsigned long long)look->total);

    if (rate > 0 && look->total >= look->done)
        snprintf(out + len, WORDS_SIZE - (size_t)len, ", %.0f/s, %.0f s left", rate,
                 (double)(look->total - look->done) / rate);
}

static void words_of(const struct job_look *look, char out[WORDS_SIZE])
{
    if (look->stopping)
        snprintf(out, WORDS_SIZE, "Stopping: what is complete is committed");
    else if (look->phase == JOB_READING)
        snprintf(out, WORDS_SIZE, "Reading the topic: %llu of %llu offsets", (unsigned long long)look->done,
                 (unsigned long long)look->total);
    else if (look->phase == JOB_RESOLVING)
        resolving_words(look, out);
    else if (look->phase == JOB_FOLLOWING)
        snprintf(out, WORDS_SIZE, "Waiting for outcomes: %llu of %llu are there",
                 (unsigned long long)look->done, (unsigned long long)look->total);
    else
        snprintf(out, WORDS_SIZE, "Ended");
}

static void put_running(struct request *r, const struct job_look *look, uint32_t number)
{
    char words[WORDS_SIZE], form[GUARD_FORM_SIZE];

    words_of(look, words);
    guard_form(&r->serve->guard, r->session, form);
    sbuf_printf(&r->out,
                "<section data-job=\"%u\"><p role=\"status\" id=\"job-words\">%s</p>\n"
                "<progress id=\"job-bar\" aria-label=\"Progress\" max=\"%llu\" value=\"%llu\"></progress>\n"
                "<noscript><p><a href=\"/job?n=%u\">Look again</a></p></noscript></section>\n",
                number, words, (unsigned long long)(look->total ? look->total : 1),
                (unsigned long long)look->done, number);
    sbuf_printf(
        &r->out,
        "<form method=\"post\" action=\"/stop\"><input type=\"hidden\" name=\"n\" value=\"%u\">"
        "<input type=\"hidden\" name=\"form\" value=\"%s\"><p class=\"buttons\"><button>Stop</button> "
        "What is complete stays done; the rest stays open.</p></form>\n",
        number, form);
}

static bool look_at(struct request *r, struct job_look *look)
{
    if (jobs_look(r->serve->jobs, number_of(r), look))
        return true;
    frame_failed(r, 404, "There is no such replay or drop",
                 "The page keeps the reports of its last ones; the audit topic keeps all of them.");
    return false;
}

void view_job(struct request *r)
{
    struct job_look look;
    char title[64];

    if (!look_at(r, &look))
        return;
    snprintf(title, sizeof title, "%s %s", action_name(&look),
             look.phase == JOB_ENDED ? "ended" : "under way");
    frame_begin(r, title, TAB_NONE);
    if (look.phase == JOB_ENDED) {
        sbuf_puts(&r->out, "<div id=\"report\">");
        sbuf_puts(&r->out, look.report ? look.report : "<p>Its report was lost: no memory.</p>");
        sbuf_puts(&r->out, "</div>\n<p><a href=\"/\">Back to the causes</a></p>\n");
    } else {
        put_running(r, &look, number_of(r));
    }
    frame_end(r);
    free(look.report);
}

void view_progress(struct request *r)
{
    struct job_look look;
    char words[WORDS_SIZE];

    if (!look_at(r, &look))
        return;
    words_of(&look, words);
    free(look.report);
    r->type = "application/json";
    sbuf_printf(&r->out, "{\"ended\":%s,\"done\":%llu,\"total\":%llu,\"words\":",
                look.phase == JOB_ENDED ? "true" : "false", (unsigned long long)look.done,
                (unsigned long long)look.total);
    sbuf_put_json(&r->out, words, strlen(words));
    sbuf_puts(&r->out, "}\n");
}

void view_stop(struct request *r)
{
    jobs_stop(r->serve->jobs, number_of(r));
    r->status = 303;
    snprintf(r->location, sizeof r->location, "/job?n=%u", number_of(r));
}
