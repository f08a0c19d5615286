#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t version_max = (INT64_C(1) << 53) - 1;

enum { WAIT_DEFAULT_MS = 60 * 1000, WAIT_MAX_MS = 3600 * 1000 };

static void usage(FILE *out)
{
    fputs(
        "catalog-memory: what Redis remembers of products, shown and changed by hand\n\n"
        "usage: catalog-memory show [PRODUCT | --sku SKU] [--catalog NAME] [--json]\n"
        "       catalog-memory reset-version PRODUCT --to N --why TEXT [--catalog NAME] [--dry-run]\n"
        "       catalog-memory forget PRODUCT | --sku SKU | --all  --why TEXT [--catalog NAME] [--dry-run]\n"
        "       catalog-memory rebuild --why TEXT [--catalog NAME] [--dry-run]\n\n"
        "  show           a product's memory, its SKUs, leases and item; without a product: the epoch\n"
        "  reset-version  the product's last version becomes N: events above it are taken again\n"
        "  forget         nothing is remembered of the product, the SKU's owner, or all products of the "
        "catalog\n"
        "  rebuild        streams the result topic back into Redis, as workers do after a loss; they wait "
        "meanwhile\n\n"
        "  --catalog NAME     a configured catalog (default: default); rebuild: only this one\n"
        "  --why TEXT         the reason, for the audit topic; every change wants one\n"
        "  --dry-run          say what would be done, change nothing\n"
        "  --wait-ms MS       how long a worker's lease on the product is waited for (60000)\n"
        "  --json             show: one JSON object\n"
        "  --quiet            no progress\n"
        "  --config FILE, --set KEY=VALUE   as catalog-worker has them\n"
        "  --version, --help\n\n"
        "Every change is written to the audit topic and to the result topic, so that a rebuild does not undo "
        "it.\n"
        "Exit codes: 0 done, 1 failed or nothing found, 2 usage or configuration. More: docs/memory.md.\n",
        out);
}

static enum command command_of(const char *name)
{
    static const struct {
        const char *name;
        enum command command;
    } commands[] = {{"show", COMMAND_SHOW},
                    {"reset-version", COMMAND_RESET},
                    {"forget", COMMAND_FORGET},
                    {"rebuild", COMMAND_REBUILD}};

    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(commands[i].name, name) == 0)
            return commands[i].command;
    return COMMAND_NONE;
}

static bool number(const struct options *options, const char *name, const char *text, int64_t max,
                   int64_t *out)
{
    char *end;

    errno = 0;
    *out = strtoll(text, &end, 10);
    if (end != text && *end == '\0' && errno == 0 && *out >= 0 && *out <= max)
        return true;
    kit_complain(&options->cli, "%s: \"%s\" is no whole number from 0 to %lld", name, text, (long long)max);
    return false;
}

static int wrong(const struct options *options, const char *what)
{
    kit_complain(&options->cli, "%s; see --help", what);
    return KIT_USAGE;
}

static int check_target(const struct options *options)
{
    int named = (options->product != NULL) + (options->sku != NULL) + options->all;

    switch (options->command) {
    case COMMAND_SHOW:
        if (options->all || named > 1)
            return wrong(options, "show takes one product, or --sku, or neither");
        return -1;
    case COMMAND_RESET:
        if (!options->product || named > 1)
            return wrong(options, "reset-version wants one product id");
        return options->to < 0 ? wrong(options, "reset-version wants --to N") : -1;
    case COMMAND_FORGET:
        return named == 1 ? -1 : wrong(options, "forget wants one of: a product id, --sku SKU, --all");
    case COMMAND_REBUILD: return named == 0 ? -1 : wrong(options, "rebuild takes no product");
    case COMMAND_NONE: break;
    }
    return wrong(options, "say what to do: show, reset-version, forget or rebuild");
}

static int check(const struct options *options)
{
    int code = check_target(options);

    if (code >= 0)
        return code;
    if (options->command != COMMAND_RESET && options->to >= 0)
        return wrong(options, "--to belongs to reset-version");
    if (options->command != COMMAND_SHOW && !options->dry_run && (!options->why || !options->why[0]))
        return wrong(options, "a change wants --why TEXT: it goes to the audit topic");
    if (options->product && !options->product[0])
        return wrong(options, "the product id is empty");
    return options->sku && !options->sku[0] ? wrong(options, "--sku is empty") : -1;
}

static int take_words(int argc, char **argv, struct options *options)
{
    if (optind < argc)
        options->command = command_of(argv[optind]);
    if (optind < argc && options->command == COMMAND_NONE) {
        kit_complain(&options->cli, "what is \"%s\"? commands are show, reset-version, forget, rebuild",
                     argv[optind]);
        return KIT_USAGE;
    }
    if (optind + 1 < argc)
        options->product = argv[optind + 1];
    if (optind + 2 < argc) {
        kit_complain(&options->cli, "one product at a time: what is \"%s\"?", argv[optind + 2]);
        return KIT_USAGE;
    }
    return check(options);
}

int options_parse(int argc, char **argv, struct options *options)
{
    static const struct option longs[] = {
        {"config", required_argument, NULL, 'c'},  {"set", required_argument, NULL, 's'},
        {"catalog", required_argument, NULL, 'C'}, {"sku", required_argument, NULL, 'S'},
        {"to", required_argument, NULL, 't'},      {"why", required_argument, NULL, 'w'},
        {"wait-ms", required_argument, NULL, 'W'}, {"all", no_argument, NULL, 'a'},
        {"json", no_argument, NULL, 'j'},          {"dry-run", no_argument, NULL, 'n'},
        {"quiet", no_argument, NULL, 'q'},         {"version", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0},
    };
    int opt;

    *options = (struct options){.cli = {.program = "catalog-memory"}, .to = -1, .wait_ms = WAIT_DEFAULT_MS};
    while ((opt = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        switch (opt) {
        case 'c': options->cli.config_file = optarg; break;
        case 's':
            if (!kit_cli_set(&options->cli, optarg))
                return KIT_USAGE;
            break;
        case 'C': options->catalog = optarg; break;
        case 'S': options->sku = optarg; break;
        case 't':
            if (!number(options, "--to", optarg, version_max, &options->to))
                return KIT_USAGE;
            break;
        case 'w': options->why = optarg; break;
        case 'W':
            if (!number(options, "--wait-ms", optarg, WAIT_MAX_MS, &options->wait_ms))
                return KIT_USAGE;
            break;
        case 'a': options->all = true; break;
        case 'j': options->json = true; break;
        case 'n': options->dry_run = true; break;
        case 'q': options->quiet = true; break;
        case 'v': printf("catalog-memory %s\n", CATALOG_SYNC_VERSION); return KIT_DONE;
        case 'h': usage(stdout); return KIT_DONE;
        default: return KIT_USAGE;
        }
    }
    return take_words(argc, argv, options);
}
