#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool wrong(const struct options *options, const char *what, const char *value)
{
    kit_complain(&options->cli, "%s, not \"%.200s\"", what, value);
    return false;
}

/* One of the names, by its index; -1: none of them. */
static int choice(const char *text, const char *const *names, int count)
{
    for (int i = 0; i < count; i++)
        if (strcmp(text, names[i]) == 0)
            return i;
    return -1;
}

static bool take_type(struct options *options, const char *text)
{
    int index = choice(text, (const char *const[]){"created", "updated", "deleted"}, 3);

    if (index < 0)
        return wrong(options, "--type is created, updated or deleted", text);
    options->type = (enum event_type)(TYPE_CREATED + index);
    return true;
}

static bool take_mode(struct options *options, const char *text)
{
    int index = choice(text, (const char *const[]){"structured", "binary"}, 2);

    if (index < 0)
        return wrong(options, "--mode is structured or binary", text);
    options->mode = (enum event_mode)index;
    return true;
}

static bool take_format(struct options *options, const char *text)
{
    int index = choice(text, (const char *const[]){"json", "csv"}, 2);

    if (index < 0)
        return wrong(options, "--format is json or csv", text);
    options->format = (enum input_format)(FORMAT_JSON + index);
    return true;
}

static bool take_rate(struct options *options, const char *text)
{
    char *end = NULL;

    errno = 0;
    options->rate = strtod(text, &end);
    if (!errno && end != text && !*end && options->rate >= 0.01 && options->rate <= 1e7)
        return true;
    return wrong(options, "--rate wants events a second, 0.01 to 10000000", text);
}

static bool take_stamp(struct options *options, const char *text)
{
    char *end = NULL;

    options->stamp = -1;
    if (strcmp(text, "now") == 0)
        return true;
    errno = 0;
    options->stamp = strtoll(text, &end, 10);
    if (!errno && end != text && !*end && options->stamp >= 1 && options->stamp < INT64_C(1) << 53)
        return true;
    return wrong(options, "--row-version is now, or a number from 1 to 9007199254740991", text);
}

/* A character that parts cells or links. */
static bool take_char(const struct options *options, const char *name, const char *text, char *out)
{
    if (strcmp(text, "tab") == 0)
        text = "\t";
    *out = text[0];
    if (text[0] && !text[1] && text[0] != '"' && text[0] != '\n' && text[0] != '\r')
        return true;
    kit_complain(&options->cli, "%s is one character (or the word tab), and no quote, not \"%.200s\"", name,
                 text);
    return false;
}

static bool take_map(struct options *options, const char *text)
{
    const char *equals = strchr(text, '=');
    char field[COLUMN_NAME_SIZE] = "";

    if (options->columns.map_count == COLUMN_MAPS_MAX)
        return wrong(options, "at most 64 --map are taken", text);
    if (equals)
        snprintf(field, sizeof field, "%.*s", (int)(equals - text), text);
    if (!equals || !equals[1] || !columns_known(field))
        return wrong(options, "--map wants FIELD=COLUMN with a field of the event, such as sku=Artikel",
                     text);
    options->columns.maps[options->columns.map_count++] = text;
    return true;
}

static bool take_ignored(struct options *options, const char *text)
{
    if (options->columns.ignored_count == COLUMN_MAPS_MAX)
        return wrong(options, "at most 64 --ignore are taken: use --ignore-unknown", text);
    options->columns.ignored[options->columns.ignored_count++] = text;
    return true;
}

static bool take_only(const struct options *options, const char **list, int *count, const char *text)
{
    if (*count == OPTION_LIST_MAX)
        return wrong(options, "too many --only options: put the ids into a file", text);
    list[(*count)++] = text;
    return true;
}

static bool take_servers(struct options *options, const char *text)
{
    int n = snprintf(options->servers, sizeof options->servers, "kafka.bootstrap.servers=%s", text);

    if (n >= (int)sizeof options->servers)
        return wrong(options, "--bootstrap-servers is at most 4000 bytes", text);
    return kit_cli_set(&options->cli, options->servers);
}

static bool take_text(const struct options *options, const char *name, const char **out, const char *text)
{
    *out = text;
    if (text[0] && strlen(text) < OPTION_TEXT_SIZE)
        return true;
    kit_complain(&options->cli, "%s wants 1 to %d bytes", name, OPTION_TEXT_SIZE - 1);
    return false;
}

static const struct option known[] = {{"bootstrap-servers", required_argument, NULL, 'b'},
                                      {"config", required_argument, NULL, 'c'},
                                      {"set", required_argument, NULL, 's'},
                                      {"topic", required_argument, NULL, 't'},
                                      {"type", required_argument, NULL, 'y'},
                                      {"delete", no_argument, NULL, 'd'},
                                      {"resync", no_argument, NULL, 'r'},
                                      {"source", required_argument, NULL, 'o'},
                                      {"id-prefix", required_argument, NULL, 'i'},
                                      {"mode", required_argument, NULL, 'm'},
                                      {"rate", required_argument, NULL, 'n'},
                                      {"raw", no_argument, NULL, 'w'},
                                      {"json", no_argument, NULL, 'j'},
                                      {"quiet", no_argument, NULL, 'q'},
                                      {"help", no_argument, NULL, 'h'},
                                      {"version", no_argument, NULL, 'v'},
                                      {"format", required_argument, NULL, 'f'},
                                      {"map", required_argument, NULL, 'M'},
                                      {"ignore", required_argument, NULL, 'I'},
                                      {"ignore-unknown", no_argument, NULL, 'U'},
                                      {"delimiter", required_argument, NULL, 'D'},
                                      {"list-separator", required_argument, NULL, 'L'},
                                      {"row-version", required_argument, NULL, 'V'},
                                      {"only-sku", required_argument, NULL, 'k'},
                                      {"only-product", required_argument, NULL, 'p'},
                                      {"ids-from", required_argument, NULL, 'P'},
                                      {"skus-from", required_argument, NULL, 'K'},
                                      {"strict", no_argument, NULL, 'S'},
                                      {"unchecked", no_argument, NULL, 'u'},
                                      {"dry-run", no_argument, NULL, 'N'},
                                      {"resume", required_argument, NULL, 'R'},
                                      {"force", no_argument, NULL, 'F'},
                                      {"adopt", no_argument, NULL, 'a'},
                                      {"yes", no_argument, NULL, 'Y'},
                                      {"report", required_argument, NULL, 'e'},
                                      {NULL, 0, NULL, 0}};

static bool take_reading(struct options *options, int opt)
{
    switch (opt) {
    case 'f': return take_format(options, optarg);
    case 'M': return take_map(options, optarg);
    case 'I': return take_ignored(options, optarg);
    case 'U': options->columns.ignore_unknown = true; return true;
    case 'D': return take_char(options, "--delimiter", optarg, &options->delimiter);
    case 'L': return take_char(options, "--list-separator", optarg, &options->columns.list_separator);
    case 'V': return take_stamp(options, optarg);
    case 'k': return take_only(options, options->skus, &options->skus_count, optarg);
    case 'p': return take_only(options, options->products, &options->products_count, optarg);
    case 'P': return take_text(options, "--ids-from", &options->ids_file, optarg);
    case 'K': return take_text(options, "--skus-from", &options->skus_file, optarg);
    default: kit_complain(&options->cli, "see catalog-publish --help"); return false;
    }
}

static bool take_flag(struct options *options, int opt)
{
    switch (opt) {
    case 'd': options->type = TYPE_DELETED; return true;
    case 'r': options->type = TYPE_RESYNC; return true;
    case 'w': options->raw = true; return true;
    case 'j': options->json = true; return true;
    case 'q': options->quiet = true; return true;
    case 'S': options->strict = true; return true;
    case 'u': options->unchecked = true; return true;
    case 'N': options->dry_run = true; return true;
    case 'F': options->force = true; return true;
    case 'a': options->adopt = true; return true;
    case 'Y': options->yes = true; return true;
    default: return take_reading(options, opt);
    }
}

static bool take_option(struct options *options, int opt)
{
    switch (opt) {
    case 'b': return take_servers(options, optarg);
    case 'c': options->cli.config_file = optarg; return true;
    case 's': return kit_cli_set(&options->cli, optarg);
    case 't': return take_text(options, "--topic", &options->topic, optarg);
    case 'y': return take_type(options, optarg);
    case 'o': return take_text(options, "--source", &options->source, optarg);
    case 'i': return take_text(options, "--id-prefix", &options->id_prefix, optarg);
    case 'm': return take_mode(options, optarg);
    case 'n': return take_rate(options, optarg);
    case 'R': return take_text(options, "--resume", &options->resume, optarg);
    case 'e': return take_text(options, "--report", &options->report, optarg);
    default: return take_flag(options, opt);
    }
}

/* Options that say two things at once. */
static bool check(const struct options *options)
{
    const char *what = NULL;

    if (options->inputs_count == 0)
        what = "publish what? Name a file of JSON lines or CSV, a folder, or - for standard input";
    else if (options->raw && (options->type != TYPE_BY_CONTENT || options->stamp))
        what = "--raw sends lines as they are: it goes with no type and no --row-version";
    else if (options->adopt && (options->raw || options->type != TYPE_BY_CONTENT || options->resume))
        what = "--adopt goes with neither --raw, a type, --resync nor --resume (it may just be run again)";
    else if ((options->yes || options->report) && !options->adopt)
        what = "--yes and --report belong to --adopt";
    else if (options->force && options->type != TYPE_RESYNC)
        what = "--force belongs to --resync";
    else if (options->strict && options->unchecked)
        what = "--strict and --unchecked contradict each other";
    if (what)
        kit_complain(&options->cli, "%s", what);
    return !what;
}

enum options_verdict options_read(struct options *options, int argc, char **argv)
{
    int opt;

    memset(options, 0, sizeof *options);
    options->cli.program = "catalog-publish";
    options->source = "urn:catalog-publish";
    options->delimiter = ',';
    options->columns.list_separator = '|';
    while ((opt = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (opt == 'h') {
            options_help();
            return OPTIONS_DONE;
        }
        if (opt == 'v') {
            puts("catalog-publish " CATALOG_SYNC_VERSION);
            return OPTIONS_DONE;
        }
        if (!take_option(options, opt))
            return OPTIONS_WRONG;
    }
    options->inputs = argv + optind;
    options->inputs_count = argc - optind;
    return check(options) ? OPTIONS_RUN : OPTIONS_WRONG;
}
