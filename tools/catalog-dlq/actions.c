/* catalog-dlq replay and drop: the engine of resolve.h with questions before, progress meanwhile, an account
 * behind. */
#include "actions.h"

#include "app.h"
#include "edit.h"
#include "follow.h"
#include "missing.h"
#include "resolve.h"
#include "visible.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DIFF_MAX = 1 << 20, LINE_SIZE = 16 };

struct action {
    struct app *app;
    struct resolve resolve;
    struct follow follow;
    char actor[KIT_ACTOR_SIZE];
    int64_t started_ms;
};

static bool is_replay(const struct action *a)
{
    return a->resolve.settings.action == RESOLVE_REPLAY;
}

/* ---- hooks ---- */

static void on_reading(void *arg, int64_t done, int64_t total)
{
    app_progress(((struct action *)arg)->app, done, total);
}

static void on_resolving(void *arg, uint64_t done, uint64_t total)
{
    struct action *a = arg;
    char text[96];
    double seconds = (double)(kit_now_ms() - a->started_ms) / 1000;

    snprintf(text, sizeof text, "%llu of %llu, %.0f/s", (unsigned long long)done, (unsigned long long)total,
             seconds > 0 ? (double)done / seconds : 0.0);
    kit_progress_show(&a->app->progress, done, total, text, false);
}

static bool on_following(void *arg)
{
    struct action *a = arg;
    char text[96];

    snprintf(text, sizeof text, "waiting for outcomes: %llu of %zu are there",
             (unsigned long long)(a->follow.placed - a->follow.open), a->follow.placed);
    kit_progress_show(&a->app->progress, a->follow.placed - a->follow.open, a->follow.placed, text, false);
    return true;
}

static void *on_sending(void *arg, const struct letter *letter, const char *topic)
{
    return follow_add(&((struct action *)arg)->follow, letter, topic);
}

static void on_sent(void *arg, void *opaque, int32_t partition, int64_t offset)
{
    (void)arg;
    follow_sent(opaque, partition, offset);
}

/* One letter typed, in lower case; `fallback` for Enter; 'q' where input is over. */
static char ask(const char *question, char fallback)
{
    char line[LINE_SIZE];
    size_t len;

    fprintf(stderr, "%s ", question);
    fflush(stderr);
    if (!fgets(line, sizeof line, stdin))
        return 'q';
    len = strlen(line);
    if (len == sizeof line - 1 && line[len - 1] != '\n') /* the rest of a long line answers nothing */
        for (int c = getchar(); c != EOF && c != '\n'; c = getchar())
            ;
    return line[0] == '\n' ? fallback : (char)(line[0] | 0x20);
}

static void show_diff(const struct letter *letter, struct bytes before, struct bytes after)
{
    struct sbuf text;

    sbuf_init(&text, DIFF_MAX);
    letter_name(letter, &text);
    sbuf_putc(&text, '\n');
    edit_diff(before, after, &text);
    fputs(sbuf_str(&text), stderr);
    sbuf_free(&text);
}

/* True if the event is good now; says on standard error what is wrong otherwise. */
static bool say_if_invalid(const struct letter *letter, const struct judge *judge, struct bytes value)
{
    struct event *event = judge_decode(judge, letter, value);
    bool good = event && event->kind != EVENT_BROKEN;
    struct sbuf text;

    if (event && !good) {
        sbuf_init(&text, DIFF_MAX);
        visible_put(&text, event->broken.message.ptr, event->broken.message.len, 0);
        fprintf(stderr, "still invalid: %s\n", sbuf_str(&text));
        sbuf_free(&text);
    }
    event_free(event);
    return good;
}

static bool can_ask(const struct app *app)
{
    return !app->options.yes && isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

/* The editor, again and again until the event is good, or given up. */
static enum resolve_change edit(struct action *a, const struct letter *letter, const struct judge *judge,
                                struct bytes original, struct sbuf *out, char why[RESOLVE_WHY_SIZE])
{
    struct sbuf text;
    enum resolve_change verdict = CHANGE_SKIP;
    bool again = true;

    sbuf_init(&text, DIFF_MAX * 64);
    snprintf(why, RESOLVE_WHY_SIZE, "left as it was in the editor: not sent");
    while (again && !kit_stop) {
        struct bytes now = out->len ? (struct bytes){out->data, out->len} : original;
        int rc = edit_open(now, &text, why);
        bool good;

        again = false;
        if (rc < 0 || (rc == 0 && out->len == 0))
            break;
        if (rc > 0) {
            sbuf_reset(out);
            sbuf_put(out, sbuf_str(&text), text.len);
            sbuf_reset(&text);
        }
        now = (struct bytes){sbuf_str(out), out->len};
        kit_progress_clear(&a->app->progress);
        show_diff(letter, original, now);
        good = say_if_invalid(letter, judge, now);
        verdict = CHANGE_DONE; /* what is invalid is refused by the engine */
        if (!can_ask(a->app))
            break;
        switch (ask(good ? "send it? [Y]es, [e]dit again, [s]kip, [q]uit:" : "[E]dit again, [s]kip, [q]uit:",
                    good ? 'y' : 'e')) {
        case 'y': break;
        case 'e': again = true; break;
        case 'q': verdict = CHANGE_STOP; break;
        default: verdict = CHANGE_SKIP; snprintf(why, RESOLVE_WHY_SIZE, "skipped by hand");
        }
    }
    sbuf_free(&text);
    return verdict;
}

static enum resolve_change on_change(void *arg, const struct letter *letter, const struct judge *judge,
                                     struct sbuf *out, char why[RESOLVE_WHY_SIZE])
{
    struct action *a = arg;
    const struct options *o = &a->app->options;
    struct bytes original = letter_replay_value(letter);

    if (o->edit_count > 0 && !edit_set(letter, o->edits, o->edit_count, original, out, why))
        return CHANGE_SKIP;
    return a->resolve.settings.one_by_one ? edit(a, letter, judge, original, out, why) : CHANGE_DONE;
}

/* ---- before ---- */

static int usage(struct app *app, const char *text)
{
    kit_complain(&app->cli, "%s", text);
    return KIT_USAGE;
}

/* KIT_DONE, or what is wrong with the command line. */
static int check_options(struct app *app, enum resolve_action action)
{
    const struct options *o = &app->options;

    if (filter_is_empty(&o->filter) && !o->all)
        return usage(
            app, "say which: keys, filters such as --fingerprint ID, or --all; stats shows what there is");
    if (action == RESOLVE_DROP && !o->dry_run && (!o->why || !o->why[0]))
        return usage(app, "drop wants a reason: --why TEXT; it goes into the audit record");
    if (action == RESOLVE_DROP && (o->edit || o->edit_count || o->follow))
        return usage(app, "--edit, --follow and --set data.* belong to replay");
    return KIT_DONE;
}

static bool may_go_on(struct action *a)
{
    struct sbuf text;
    char answer;

    if (a->resolve.place_count == 0 || !can_ask(a->app) || a->app->options.edit)
        return true;
    kit_progress_clear(&a->app->progress);
    sbuf_init(&text, 8192);
    sbuf_printf(&text, "%s %zu dead letter%s (", is_replay(a) ? "Replay" : "Drop", a->resolve.place_count,
                a->resolve.place_count == 1 ? "" : "s");
    filter_describe(&a->app->options.filter, &text);
    sbuf_puts(&text, ")? [y]es, [N]o:");
    answer = ask(sbuf_str(&text), 'n');
    sbuf_free(&text);
    return answer == 'y';
}

static void prepare(struct action *a, struct app *app, enum resolve_action action)
{
    const struct options *o = &app->options;
    bool edits = o->edit && !o->dry_run; /* a dry run opens no editor, and shows what --set does */

    kit_actor(a->actor);
    a->app = app;
    a->resolve.config = &app->config;
    a->resolve.settings = (struct resolve_settings){
        .action = action,
        .filter = &o->filter,
        .why = o->why,
        .actor = a->actor,
        .force = o->force,
        .any_topic = o->any_topic,
        .private_audit = o->private_audit,
        .one_by_one = edits,
        .max = o->max,
        .rate = o->rate,
        .replays_max = o->replays_max,
        .keep = o->keep,
        .keep_count = o->keep_count,
        .now_ms = app->now_ms,
    };
    a->resolve.hooks = (struct resolve_hooks){
        .arg = a,
        .reading = on_reading,
        .resolving = on_resolving,
        .change = edits || o->edit_count ? on_change : NULL,
        .sending = o->follow ? on_sending : NULL,
        .sent = o->follow ? on_sent : NULL,
    };
    kit_progress_start(&app->progress, o->quiet || o->json);
}

/* ---- behind ---- */

static void note_missing(struct action *a, bool dry)
{
    char text[MISSING_SIZE];

    missing_of(&a->resolve, dry || !a->follow.reader ? NULL : &a->follow, text);
    if (text[0])
        app_partial(a->app, "%s", text);
}

static int run_dry(struct action *a)
{
    char error[KAFKA_ERROR_SIZE];

    if (!resolve_prepare(&a->resolve, true, error) || !resolve_dry(&a->resolve, error))
        return app_failed(a->app, error);
    kit_progress_clear(&a->app->progress);
    note_missing(a, true);
    account_dry(a->app, &a->resolve);
    return app_end(a->app);
}

static int run(struct action *a)
{
    char error[KAFKA_ERROR_SIZE];
    struct app *app = a->app;
    struct resolve *r = &a->resolve;
    bool ok;

    if (!resolve_prepare(r, false, error) ||
        (app->options.follow && is_replay(a) && !follow_open(&a->follow, &app->config, error)))
        return app_failed(app, error);
    if (r->table.matching == 0 && app->options.filter.key_count > 0)
        return app_failed(app,
                          "no open dead letter has such a key: it was replayed or dropped before, or never "
                          "was there; see catalog-dlq list");
    if (!may_go_on(a))
        return app_failed(app, "nothing was done");
    a->started_ms = kit_now_ms();
    ok = resolve_go(r, error);
    kit_progress_clear(&app->progress);
    if (ok && a->follow.reader && !r->stopped)
        ok = follow_wait(&a->follow, app->options.follow_ms, on_following, a, error);
    kit_progress_clear(&app->progress);
    if (!ok)
        app_partial(app, "%s", error);
    note_missing(a, false);
    account(app, r, a->follow.reader ? &a->follow : NULL, kit_now_ms() - a->started_ms);
    if (!ok)
        app_failed(app, error);
    return ok ? app_end(app) : KIT_FAILED;
}

static int act(struct app *app, enum resolve_action action)
{
    static struct action a;
    int rc = check_options(app, action);

    if (rc != KIT_DONE)
        return rc;
    prepare(&a, app, action);
    rc = app->options.dry_run ? run_dry(&a) : run(&a);
    resolve_free(&a.resolve);
    follow_close(&a.follow);
    return rc;
}

int command_replay(struct app *app)
{
    return act(app, RESOLVE_REPLAY);
}

int command_drop(struct app *app)
{
    return act(app, RESOLVE_DROP);
}
