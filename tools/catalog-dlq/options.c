#include "app.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPLAYS_DEFAULT = 3, FOLLOW_DEFAULT_MS = 120000, SERVERS_MAX = 4096 };

static const char help_top[] =
    "Usage: catalog-dlq [options] COMMAND [options]\n"
    "What is still broken, why, and how it gets mended: the topic of dead letters as a table of open "
    "problems.\n"
    "\n"
    "  stats                 causes first: how many dead letters, of what, of which products, since when\n"
    "  list                  one line a dead letter, newest first\n"
    "  show KEY...           one in full: what is wrong and where, the usual mend, its history\n"
    "  replay KEY... | filters | --all   sends the events again; each once, whatever happens meanwhile\n"
    "  drop KEY... | filters | --all --why TEXT   gives them up, for a reason\n"
    "  export                JSON lines, byte for byte; import FILE... writes them back\n"
    "  tail                  shows dead letters as they come\n"
    "  product ID|SKU        where is it? Redis' memory, last outcome, open dead letters, the catalog\n"
    "  serve                 all of it as a web page, for this machine alone unless --listen says otherwise\n"
    "\n";

static const char help_rest[] =
    "\n"
    "replay:\n"
    "  --dry-run             says what would be sent, and what calls it will cost; sends nothing\n"
    "  --rate N              at most N events a second (default 0: as fast as it goes)\n"
    "  --max N               at most N letters (also of list, export, drop, tail)\n"
    "  --edit                opens each event in $EDITOR; shows the difference and checks it before it is "
    "sent\n"
    "  --set data.FIELD=TEXT a text in the event's JSON; data.FIELD:=JSON for numbers, true, null, objects\n"
    "  --follow              waits for the outcomes: synced, skipped, superseded, failed again\n"
    "  --follow-timeout SECONDS   how long (default 120)\n"
    "  --max-replays N       the loop guard: letters replayed N times already are refused (default 3)\n"
    "  --force               lets the loop guard pass, and events that this program finds invalid\n"
    "  --keep-header NAME    a further header of the event to carry on (default: content-type, ce_*, "
    "traceparent,\n"
    "                        tracestate, baggage)\n"
    "  --any-topic           also to topics that are neither topic.events nor topic.events.bulk\n"
    "drop:\n"
    "  --why TEXT            required; goes into the audit record (also of replay)\n"
    "  --before TIME         only what died before: the same as --until\n"
    "  --private             the audit record does not hold the payload\n"
    "Both:\n"
    "  --all                 without any filter\n"
    "  --yes                 no question before it is done (asked on a terminal only)\n"
    "show: --full (a long payload whole), --no-history    export: --output FILE\n"
    "serve:\n"
    "  --listen HOST:PORT    where (default 127.0.0.1:8470)\n"
    "  --allow-changes       the page also replays and drops; without, it is read-only\n"
    "  --token-file FILE     the token that the page asks for; required, here or in CATALOG_DLQ_TOKEN, where "
    "other\n"
    "                        machines reach it\n"
    "  --public-url URL      what browsers ask for, if a proxy stands before it: https://dlq.shop.example\n"
    "\n"
    "  --config FILE         a .properties file as catalog-worker has it\n"
    "  --set KEY=VALUE       one of its keys; outranks the environment (CATALOG_SYNC_...), and that the "
    "file\n"
    "  --bootstrap-servers LIST   the same as --set kafka.bootstrap.servers=LIST\n"
    "  --json                for programs: docs/dead-letters.md lists the fields\n"
    "  --quiet               no progress\n"
    "  --help, --version\n"
    "\n"
    "Exit codes: 0 complete, 1 failed, 2 wrong usage or configuration, 3 partial (the summary says what is "
    "missing).\n"
    "NO_COLOR switches colours off. CATALOG_SYNC_ACTOR names who asks, in audit records.\n";

struct parse {
    struct app *app;
    int argc, at;
    char **argv;
    bool wrong;
};

static void complain(struct parse *p, const char *what, const char *detail)
{
    kit_complain(&p->app->cli, "%s%s; see catalog-dlq --help", what, detail);
    p->wrong = true;
}

static bool is(const char *name, const char *option)
{
    return strcmp(name, option) == 0;
}

static double number(struct parse *p, const char *name, const char *value, double min, double max)
{
    char *end;
    double n = strtod(value, &end);

    if (end == value || *end || !(n >= min && n <= max)) {
        kit_complain(&p->app->cli, "--%s %.100s: want a number from %g to %g", name, value, min, max);
        p->wrong = true;
        return min;
    }
    return n;
}

/* Paths of an event begin with these; no key of the configuration does. */
static bool is_event_path(const char *pair)
{
    static const char *const starts[] = {
        "data.", "data[", "data=",  "data:=",   "id=",         "source=",
        "type=", "time=", "time:=", "subject=", "dataschema=", "specversion="};

    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++)
        if (strncmp(pair, starts[i], strlen(starts[i])) == 0)
            return true;
    return false;
}

static void take_set(struct parse *p, const char *pair)
{
    struct options *o = &p->app->options;

    if (!is_event_path(pair)) {
        p->wrong = !kit_cli_set(&p->app->cli, pair) || p->wrong;
    } else if (o->edit_count == APP_EDITS_MAX) {
        complain(p, "too many --set for one event", "");
    } else {
        o->edits[o->edit_count++] = pair;
    }
}

static void take_servers(struct parse *p, const char *list)
{
    static char pair[SERVERS_MAX];

    snprintf(pair, sizeof pair, "kafka.bootstrap.servers=%s", list);
    p->wrong = !kit_cli_set(&p->app->cli, pair) || p->wrong;
}

/* Switches; true if name is one. */
static bool take_switch(struct options *o, const char *name)
{
    const struct {
        const char *name;
        bool *flag;
    } switches[] = {{"json", &o->json},
                    {"quiet", &o->quiet},
                    {"all", &o->all},
                    {"yes", &o->yes},
                    {"dry-run", &o->dry_run},
                    {"force", &o->force},
                    {"edit", &o->edit},
                    {"follow", &o->follow},
                    {"private", &o->private_audit},
                    {"full", &o->full},
                    {"no-history", &o->no_history},
                    {"any-topic", &o->any_topic},
                    {"allow-changes", &o->allow_changes}};

    for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++) {
        if (is(name, switches[i].name)) {
            *switches[i].flag = true;
            return true;
        }
    }
    return false;
}

static bool take_valued(struct parse *p, const char *name, const char *value)
{
    struct options *o = &p->app->options;
    char why[FILTER_WHY_SIZE];
    int rc;

    if (is(name, "config"))
        p->app->cli.config_file = value;
    else if (is(name, "set"))
        take_set(p, value);
    else if (is(name, "bootstrap-servers"))
        take_servers(p, value);
    else if (is(name, "max"))
        o->max = (int64_t)number(p, name, value, 1, 1e15);
    else if (is(name, "rate"))
        o->rate = number(p, name, value, 0, 1e6);
    else if (is(name, "max-replays"))
        o->replays_max = (int64_t)number(p, name, value, 0, LETTER_REPLAYS_MAX);
    else if (is(name, "follow-timeout"))
        o->follow_ms = (int64_t)(number(p, name, value, 1, 86400) * 1000);
    else if (is(name, "why"))
        o->why = value;
    else if (is(name, "output"))
        o->output = value;
    else if (is(name, "listen"))
        o->listen = value;
    else if (is(name, "token-file"))
        o->token_file = value;
    else if (is(name, "public-url"))
        o->public_url = value;
    else if (is(name, "keep-header") && o->keep_count < APP_KEEP_MAX)
        o->keep[o->keep_count++] = value;
    else {
        rc = filter_option(&o->filter, is(name, "before") ? "until" : name, value, p->app->now_ms, why);
        if (rc < 0) {
            kit_complain(&p->app->cli, "%s", why);
            p->wrong = true;
        }
        return rc != 0;
    }
    return true;
}

static void take_option(struct parse *p, char *word)
{
    char *equals = strchr(word, '=');
    const char *name = word + 2, *value;

    if (!equals && take_switch(&p->app->options, name))
        return;
    if (equals)
        *equals = '\0';
    value = equals ? equals + 1 : p->at + 1 < p->argc ? p->argv[p->at + 1] : NULL;
    if (!value) {
        complain(p, word, ": unknown, or its value is missing");
        return;
    }
    if (!take_valued(p, name, value))
        complain(p, word, ": unknown option");
    else if (!equals)
        p->at++;
}

static void take_word(struct parse *p, char *word)
{
    struct options *o = &p->app->options;

    if (!o->command) {
        o->command = word;
    } else if (is(o->command, "import") || is(o->command, "product")) {
        if (o->input_count == APP_INPUTS_MAX)
            complain(p, "too many arguments", "");
        else
            o->inputs[o->input_count++] = word;
    } else if (o->filter.key_count == FILTER_KEYS_MAX) {
        complain(p, "too many keys at once", ": use filters");
    } else {
        o->filter.keys[o->filter.key_count++] = word;
    }
}

int options_read(struct app *app, int argc, char **argv)
{
    struct parse p = {.app = app, .argc = argc, .argv = argv, .at = 1};
    bool plain = false; /* behind -- */

    app->options.replays_max = REPLAYS_DEFAULT;
    app->options.follow_ms = FOLLOW_DEFAULT_MS;
    for (; p.at < argc && !p.wrong; p.at++) {
        char *word = argv[p.at];

        if (!plain && is(word, "--")) {
            plain = true;
        } else if (!plain && (is(word, "--help") || is(word, "-h"))) {
            printf("%s%s%s", help_top, filter_help, help_rest);
            return KIT_DONE;
        } else if (!plain && is(word, "--version")) {
            printf("catalog-dlq %s\n", CATALOG_SYNC_VERSION);
            return KIT_DONE;
        } else if (!plain && strncmp(word, "--", 2) == 0) {
            take_option(&p, word);
        } else if (!plain && word[0] == '-' && word[1]) {
            complain(&p, word, ": unknown option");
        } else {
            take_word(&p, word);
        }
    }
    if (!p.wrong && !app->options.command) {
        fprintf(stderr, "%s%s%s", help_top, filter_help, help_rest);
        return KIT_USAGE;
    }
    return p.wrong ? KIT_USAGE : -1;
}
