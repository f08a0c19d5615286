#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXAMPLES_DEFAULT = 3 };

static const int64_t products_max = INT64_C(1) << 40;

static void usage(void)
{
    fputs(
        "catalog-shadow: what a shadow would have done, against what the catalog holds\n\n"
        "usage: catalog-shadow --config FILE [options]\n\n"
        "Reads the results of workers with catalog.mode=plan-only, takes each product's last plan, looks its "
        "item up\n"
        "(100 a call, at catalog.rate.per.hour), and says where plan and catalog agree, and where not. "
        "Changes nothing.\n\n"
        "  --config FILE, --set KEY=VALUE   the shadow's own configuration\n"
        "  --list KIND        a line for each product of the kind; all, or differing: of all those that "
        "differ\n"
        "  --examples N       products shown of each kind (default 3, at most 100)\n"
        "  --ignore FIELD     do not compare this field (may be repeated)\n"
        "  --max N            look up N products at most: a first glance, not the whole answer\n"
        "  --json             for programs: one object; with --list one object a line, the last one with "
        "\"summary\":true\n"
        "  --quiet            no progress\n"
        "  --version, --help\n\n"
        "Kinds:\n",
        stdout);
    for (int kind = 0; kind < SHADOW_KIND_COUNT; kind++)
        printf("  %-10s %s\n", shadow_kind_name((enum shadow_kind)kind),
               shadow_kind_words((enum shadow_kind)kind));
    fputs("\nExit codes: 0 complete and all agree, 1 failed, 2 wrong usage or configuration, 3 something "
          "differs, or the\nanswer is not complete (it says what is missing). More: docs/cutover.md.\n",
          stdout);
}

static bool number(const struct shadow_options *options, const char *name, const char *text, int64_t min,
                   int64_t max, int64_t *out)
{
    char *end;

    errno = 0;
    *out = strtoll(text, &end, 10);
    if (end != text && *end == '\0' && errno == 0 && *out >= min && *out <= max)
        return true;
    kit_complain(&options->cli, "%s: \"%.40s\" is no whole number from %lld to %lld", name, text,
                 (long long)min, (long long)max);
    return false;
}

static bool take_kind(struct shadow_options *options, const char *text)
{
    bool found = false;

    options->list = true;
    for (int i = 0; i < SHADOW_KIND_COUNT; i++) {
        enum shadow_kind kind = (enum shadow_kind)i;
        bool differing = strcmp(text, "differing") == 0 && !shadow_kind_agrees(kind) && i != KIND_UNSEEN;

        if (differing || strcmp(text, "all") == 0 || strcmp(text, shadow_kind_name(kind)) == 0)
            options->listed[i] = found = true;
    }
    if (!found)
        kit_complain(&options->cli, "--list %.40s: no such kind; see catalog-shadow --help", text);
    return found;
}

static bool take_ignored(struct shadow_options *options, const char *text)
{
    size_t len = strlen(options->ignored);

    if (!text[0] || text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_")] ||
        len + strlen(text) + 2 > sizeof options->ignored) {
        kit_complain(&options->cli, "--ignore %.40s: want the name of a field as the catalog API has it",
                     text);
        return false;
    }
    snprintf(options->ignored + len, sizeof options->ignored - len, "%s%s", len ? "," : "", text);
    return true;
}

/* False: said on stderr. */
static bool take(struct shadow_options *options, int opt)
{
    switch (opt) {
    case 'c': options->cli.config_file = optarg; return true;
    case 's': return kit_cli_set(&options->cli, optarg);
    case 'l': return take_kind(options, optarg);
    case 'e': return number(options, "--examples", optarg, 0, SHADOW_EXAMPLES_MAX, &options->examples);
    case 'i': return take_ignored(options, optarg);
    case 'm': return number(options, "--max", optarg, 1, products_max, &options->max);
    case 'j': options->json = true; return true;
    case 'q': options->quiet = true; return true;
    default: kit_complain(&options->cli, "see catalog-shadow --help"); return false;
    }
}

int shadow_options(struct shadow_options *options, int argc, char **argv)
{
    static const struct option longs[] = {
        {"config", required_argument, NULL, 'c'},
        {"set", required_argument, NULL, 's'},
        {"list", required_argument, NULL, 'l'},
        {"examples", required_argument, NULL, 'e'},
        {"ignore", required_argument, NULL, 'i'},
        {"max", required_argument, NULL, 'm'},
        {"json", no_argument, NULL, 'j'},
        {"quiet", no_argument, NULL, 'q'},
        {"version", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int opt;

    *options = (struct shadow_options){.cli = {.program = "catalog-shadow"}, .examples = EXAMPLES_DEFAULT};
    while ((opt = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        if (opt == 'h') {
            usage();
            return KIT_DONE;
        }
        if (opt == 'v') {
            puts("catalog-shadow " CATALOG_SYNC_VERSION);
            return KIT_DONE;
        }
        if (!take(options, opt))
            return KIT_USAGE;
    }
    if (optind == argc)
        return -1;
    kit_complain(&options->cli, "what is \"%.100s\"? see catalog-shadow --help", argv[optind]);
    return KIT_USAGE;
}
