/* catalog-worker: options, configuration, and the reactor's run. */
#include "common/config.h"
#include "common/field_table.h"
#include "common/log.h"
#include "worker/adapters/redis_url.h"
#include "worker/check/check.h"
#include "worker/runtime/admin.h"
#include "worker/runtime/reactor.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <getopt.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

enum { SETS_MAX = 256, EXIT_USAGE = 2, ERRORS_BYTES = 8192 };

struct options {
    const char *config_file;
    const char *sets[SETS_MAX];
    size_t set_count;
    const char *accept; /* of --check */
    bool print_config, print_markdown, print_fields, health, status, check, json;
};

static void usage(FILE *out)
{
    fputs(
        "catalog-worker: product events from Kafka to the Meta catalog, results back to Kafka\n\n"
        "usage: catalog-worker [--config FILE] [--set KEY=VALUE]...\n\n"
        "  --config FILE            read a .properties file\n"
        "  --set KEY=VALUE          set one key; outranks the environment, which outranks the file\n"
        "  --check                  look at Kafka, Redis, each catalog and this machine, change nothing: a\n"
        "                           line a question, ok or the mend; 0 if all is ok (docs/check.md)\n"
        "  --accept LIST            with --check: lines that are known and meant, by id, or all that are\n"
        "                           \"warn\" or \"unknown\": --accept unknown,kafka.replicas\n"
        "  --json                   with --check: one JSON object\n"
        "  --print-config           print what is in force (secrets masked) and exit\n"
        "  --print-config-markdown  print docs/configuration.md and exit\n"
        "  --print-fields-markdown  print docs/fields.md and exit\n"
        "  --health                 ask a running worker's admin endpoint; 0 when it is ready\n"
        "  --status                 ask it why nothing moves, and what each catalog and partition waits for\n"
        "  --version, --help\n\n"
        "Environment: CATALOG_SYNC_ and a key in upper case with underscores, such as\n"
        "CATALOG_SYNC_KAFKA_BOOTSTRAP_SERVERS. All keys: docs/configuration.md.\n"
        "Exit codes: 0 stopped as asked, 1 failed, 2 usage or configuration.\n",
        out);
}

static int parse(int argc, char **argv, struct options *options)
{
    static const struct option longs[] = {
        {"config", required_argument, NULL, 'c'},
        {"set", required_argument, NULL, 's'},
        {"print-config", no_argument, NULL, 'p'},
        {"print-config-markdown", no_argument, NULL, 'm'},
        {"print-fields-markdown", no_argument, NULL, 'f'},
        {"health", no_argument, NULL, 'H'},
        {"status", no_argument, NULL, 'S'},
        {"check", no_argument, NULL, 'C'},
        {"accept", required_argument, NULL, 'a'},
        {"json", no_argument, NULL, 'j'},
        {"version", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int opt;

    while ((opt = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        switch (opt) {
        case 'c': options->config_file = optarg; break;
        case 's':
            if (options->set_count == SETS_MAX) {
                fprintf(stderr, "more than %d --set options: put them into a file and use --config\n",
                        SETS_MAX);
                return EXIT_USAGE;
            }
            options->sets[options->set_count++] = optarg;
            break;
        case 'p': options->print_config = true; break;
        case 'm': options->print_markdown = true; break;
        case 'f': options->print_fields = true; break;
        case 'H': options->health = true; break;
        case 'S': options->status = true; break;
        case 'C': options->check = true; break;
        case 'a': options->accept = optarg; break;
        case 'j': options->json = true; break;
        case 'v': printf("catalog-worker %s\n", CATALOG_SYNC_VERSION); exit(0);
        case 'h': usage(stdout); exit(0);
        default: usage(stderr); return EXIT_USAGE;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "what is \"%s\"? catalog-worker takes options only, see --help\n", argv[optind]);
        return EXIT_USAGE;
    }
    if ((options->accept || options->json) && !options->check) {
        fprintf(stderr, "--accept and --json belong to --check\n");
        return EXIT_USAGE;
    }
    return 0;
}

static void warn(void *arg, const char *text)
{
    (void)arg;
    log_warn(text);
}

/* What no other program's table of keys can see: addresses, sizes that must fit, librdkafka's own settings.
 */
static bool understand(const struct config *config, struct worker_settings *settings)
{
    struct redis_url redis;
    char error[1024];

    if (!redis_url_parse(config->redis_url, &redis, error, sizeof error)) {
        bool harmless = !strpbrk(config->redis_url, "@?"); /* holds no password */

        fprintf(stderr, "configuration: redis.url%s%s%s\n", harmless ? "=" : "",
                harmless ? config->redis_url : "", error + strlen("redis.url"));
        return false;
    }
    if (worker_settings_fill(config, settings, error, sizeof error) &&
        kafka_conf_check(&settings->kafka, error))
        return true;
    fprintf(stderr, "configuration: %s\n", error);
    return false;
}

static int run(const struct config *config, const struct worker_settings *settings)
{
    int code;

    log_init(STDERR_FILENO, (enum log_level)config->log_level, (enum log_format)config->log_format);
    config_warnings(config, warn, NULL);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    code = reactor_run(config, settings);
    curl_global_cleanup();
    log_flush();
    return code;
}

/* What is in force is shown even where the worker would not start with it. */
static int show(const struct config *config, struct worker_settings *settings)
{
    config_print(config, stdout);
    fflush(stdout);
    if (!understand(config, settings))
        return EXIT_USAGE;
    worker_settings_print(config, settings, stdout);
    return 0;
}

static int check(const struct config *config, const struct worker_settings *settings,
                 const struct options *options)
{
    bool hanging;
    int code = check_run(config, settings, options->accept, options->json, &hanging);

    if (hanging)
        _exit(code); /* threads still wait for answers: nothing is taken from under them */
    return code;
}

/* Started with one of them closed, the first sockets would take the standard numbers, and the log would be
 * written to Kafka. */
static bool fill_standard_fds(void)
{
    int fd;

    do {
        fd = open("/dev/null", O_RDWR);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd < 0)
        return false;
    close(fd);
    return true;
}

/* One arena: what librdkafka's threads allocate, this thread frees, and each arena would keep its own holes.
 * Large blocks always as mappings of their own, instead of a threshold that grows: librdkafka unpacks each
 * batch into room for the largest record, and pages never touched should cost nothing. */
static void bound_malloc(void)
{
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, 128 * 1024);
}

int main(int argc, char **argv)
{
    static struct config config;
    static struct worker_settings settings;
    static char errors[ERRORS_BYTES];
    struct options options = {0};
    int code;

    if (!fill_standard_fds()) {
        fputs("catalog-worker: /dev/null cannot be opened: this root wants a /dev\n", stderr);
        return 1;
    }
    code = parse(argc, argv, &options);
    if (code)
        return code;
    bound_malloc();
    if (options.print_markdown) {
        config_print_markdown(stdout);
        return 0;
    }
    if (options.print_fields) {
        field_print_markdown(stdout);
        return 0;
    }
    if (!config_load(&config,
                     &(struct config_sources){
                         .file = options.config_file,
                         .env = (const char *const *)environ,
                         .sets = options.sets,
                         .set_count = options.set_count,
                         .needs = options.health || options.status ? 0 : CONFIG_NEEDS_ALL,
                     },
                     errors, sizeof errors)) {
        fputs(errors, stderr);
        return EXIT_USAGE;
    }
    if (options.print_config)
        code = show(&config, &settings);
    else if (options.health)
        code = admin_ask(config.admin_listen);
    else if (options.status)
        code = admin_show_status(config.admin_listen);
    else if (!understand(&config, &settings))
        code = EXIT_USAGE;
    else if (options.check)
        code = check(&config, &settings, &options);
    else
        code = run(&config, &settings);
    config_free(&config);
    return code;
}
