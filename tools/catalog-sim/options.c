#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPT_LISTEN = 256,
    OPT_PORT_FILE,
    OPT_CATALOG,
    OPT_TOKEN,
    OPT_TOKEN_FILE,
    OPT_SECRET,
    OPT_SECRET_FILE,
    OPT_PROOF,
    OPT_SEED,
    OPT_SET,
    OPT_CONFIG,
    OPT_HELP,
    OPT_VERSION
};

static const struct option long_options[] = {
    {"listen", required_argument, NULL, OPT_LISTEN},
    {"port-file", required_argument, NULL, OPT_PORT_FILE},
    {"catalog", required_argument, NULL, OPT_CATALOG},
    {"token", required_argument, NULL, OPT_TOKEN},
    {"token-file", required_argument, NULL, OPT_TOKEN_FILE},
    {"app-secret", required_argument, NULL, OPT_SECRET},
    {"app-secret-file", required_argument, NULL, OPT_SECRET_FILE},
    {"proof", required_argument, NULL, OPT_PROOF},
    {"seed", required_argument, NULL, OPT_SEED},
    {"set", required_argument, NULL, OPT_SET},
    {"config", required_argument, NULL, OPT_CONFIG},
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {NULL, 0, NULL, 0},
};

static void print_help(void)
{
    fputs("Usage: catalog-sim [OPTION]...\n"
          "\n"
          "The Meta catalog API, simulated: create, update, delete, read and look up product items over "
          "HTTP, with\n"
          "latencies, faults and limits that can be changed while it runs (GET and POST /_sim/settings).\n"
          "\n"
          "  --listen HOST:PORT      where to listen (127.0.0.1:0; port 0: any free port)\n"
          "  --port-file FILE        write the port there once listening\n"
          "  --catalog ID            a catalog; may be repeated (1000000000001)\n"
          "  --token TOKEN           an accepted access token; may be repeated (sim-token)\n"
          "  --token-file FILE       accepted tokens, one a line\n"
          "  --app-secret SECRET     the app secret that proofs are checked with\n"
          "  --app-secret-file FILE  likewise, from a file\n"
          "  --proof MODE            off, verify or require; the same as --set proof=MODE\n"
          "  --seed N                what all chance is drawn from; the same as --set seed=N\n"
          "  --set KEY=VALUE         set one of the settings below; may be repeated\n"
          "  --config FILE           settings from KEY=VALUE lines\n"
          "  --help, --version\n"
          "\n"
          "Settings, with their defaults:\n",
          stdout);
    knobs_help(stdout);
    fputs("\nExit status: 0 stopped by SIGTERM or SIGINT, 1 failed, 2 wrong usage or settings.\n", stdout);
}

static bool set_secret(struct sim *sim, const char *value, char *why, size_t why_size)
{
    size_t len = strlen(value);
    if (len == 0 || len >= sizeof sim->tokens.secret) {
        snprintf(why, why_size, "the app secret must have 1 to %zu characters",
                 sizeof sim->tokens.secret - 1);
        return false;
    }
    memcpy(sim->tokens.secret, value, len + 1);
    return true;
}

static bool add_token(struct sim *sim, const char *value, char *why, size_t why_size)
{
    if (tokens_add(&sim->tokens, value))
        return true;
    snprintf(why, why_size, "tokens must have 1 to %d characters, and there can be %d", TOKEN_SIZE - 1,
             TOKENS_MAX);
    return false;
}

/* Gives each line of a file that is not blank to `take`. */
static bool read_lines(struct sim *sim, const char *path,
                       bool (*take)(struct sim *sim, const char *value, char *why, size_t why_size),
                       char *why, size_t why_size)
{
    FILE *file = fopen(path, "r");
    if (!file) {
        snprintf(why, why_size, "%s: cannot open: %s", path, strerror(errno));
        return false;
    }
    char line[1024];
    bool ok = true, any = false;
    while (ok && fgets(line, sizeof line, file)) {
        char *value = line + strspn(line, " \t");
        size_t len = strcspn(value, "\r\n");
        while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
            len--;
        value[len] = '\0';
        if (len == 0)
            continue;
        any = true;
        ok = take(sim, value, why, why_size);
    }
    fclose(file);
    if (ok && !any)
        snprintf(why, why_size, "%s: the file is empty", path);
    return ok && any;
}

static bool set_pair(struct sim *sim, const char *pair, char *why, size_t why_size)
{
    char key[128];
    const char *equals = strchr(pair, '=');
    if (!equals || (size_t)(equals - pair) >= sizeof key) {
        snprintf(why, why_size, "--set needs KEY=VALUE, not '%.60s'", pair);
        return false;
    }
    memcpy(key, pair, (size_t)(equals - pair));
    key[equals - pair] = '\0';
    return knobs_set(&sim->knobs, key, equals + 1, false, why, why_size);
}

static bool take(int option, const char *value, struct options *o, struct sim *sim, char *why,
                 size_t why_size)
{
    switch (option) {
    case OPT_LISTEN: o->listen = value; return true;
    case OPT_PORT_FILE: o->port_file = value; return true;
    case OPT_CATALOG:
        if (store_add_catalog(&sim->store, value))
            return true;
        snprintf(why, why_size, "--catalog '%.40s': needs 1 to 20 digits, each id once, at most %d", value,
                 CATALOGS_MAX);
        return false;
    case OPT_TOKEN: return add_token(sim, value, why, why_size);
    case OPT_TOKEN_FILE: return read_lines(sim, value, add_token, why, why_size);
    case OPT_SECRET: return set_secret(sim, value, why, why_size);
    case OPT_SECRET_FILE: return read_lines(sim, value, set_secret, why, why_size);
    case OPT_PROOF: return knobs_set(&sim->knobs, "proof", value, false, why, why_size);
    case OPT_SEED: return knobs_set(&sim->knobs, "seed", value, false, why, why_size);
    case OPT_SET: return set_pair(sim, value, why, why_size);
    default: return knobs_load(&sim->knobs, value, why, why_size);
    }
}

static int usage_error(const char *why)
{
    fprintf(stderr, "catalog-sim: %s\n", why);
    return 2;
}

int options_read(int argc, char **argv, struct options *o, struct sim *sim)
{
    char why[512];
    *o = (struct options){.listen = "127.0.0.1:0"};
    for (int option; (option = getopt_long(argc, argv, "", long_options, NULL)) != -1;) {
        if (option == '?')
            return 2;
        if (option == OPT_HELP) {
            print_help();
            return 0;
        }
        if (option == OPT_VERSION) {
            puts("catalog-sim " CATALOG_SYNC_VERSION);
            return 0;
        }
        if (!take(option, optarg, o, sim, why, sizeof why))
            return usage_error(why);
    }
    if (optind < argc) {
        snprintf(why, sizeof why, "unexpected argument '%.60s' (see --help)", argv[optind]);
        return usage_error(why);
    }
    if (sim->knobs.proof != PROOF_OFF && !sim->tokens.secret[0])
        return usage_error("proof needs --app-secret or --app-secret-file");
    if (sim->store.catalog_count == 0)
        store_add_catalog(&sim->store, "1000000000001");
    if (sim->tokens.count == 0)
        tokens_add(&sim->tokens, "sim-token");
    return -1;
}
