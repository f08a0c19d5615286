#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "Usage: dev-kafka [options]\n"
    "An embedded Kafka for laptops and quick tests: librdkafka's mock cluster as a process. It listens on "
    "an\n"
    "ephemeral port of 127.0.0.1, keeps everything in memory, and prints one line when it is ready:\n"
    "  dev-kafka: bootstrap.servers=127.0.0.1:PORT\n"
    "\n"
    "  --brokers N           brokers of the cluster, 1 to 9 (default 1)\n"
    "  --partitions N        partitions of the project's topics, and of a --topic without a number (default "
    "4);\n"
    "                        any other topic a client asks for gets 4, which the mock gives no knob for\n"
    "  --topic NAME[:N]      create this topic at start, with N partitions; may be repeated, up to 64 times\n"
    "  --address-file FILE   write host:port there when ready (the file appears whole, or not at all)\n"
    "  --commands            read commands from stdin: 'topic NAME[:N]', 'down', 'up', 'rtt MS'; each is "
    "answered\n"
    "                        on stdout with 'ok ...' or 'error ...'\n"
    "  --die-with-parent     stop when the process that started this one ends\n"
    "  --help, --version\n"
    "\n"
    "Limits: about 5 MB a partition are kept, after which the mock drops the oldest records without a word; "
    "dev-kafka\n"
    "watches for that and stops with exit code 1, since what was dropped cannot be accounted for. No "
    "transactions\n"
    "worth the name (a read_committed reader sees aborted records). For more, use Apache Kafka.\n"
    "Exit codes: 0 stopped by SIGTERM or SIGINT, 1 failed, 2 wrong usage.\n";

/* The topics catalog-sync uses by default, created at start so that --partitions holds for them. */
static const char *const project_topics[] = {"product-events", "product-events.bulk", "product-sync-results",
                                             "product-events.dlq", "catalog-sync.audit"};

static bool parse_int(int *out, const char *text, int min, int max)
{
    char *end = NULL;
    long value;

    errno = 0;
    value = strtol(text, &end, 10);
    if (errno || end == text || *end || value < min || value > max)
        return false;
    *out = (int)value;
    return true;
}

static bool name_ok(const char *name, size_t len)
{
    static const char legal[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

    return len > 0 && len <= TOPIC_NAME_MAX && strspn(name, legal) >= len;
}

bool topic_spec_parse(struct topic_spec *spec, const char *text, int partitions_default)
{
    const char *colon = strchr(text, ':');
    size_t len = colon ? (size_t)(colon - text) : strlen(text);

    if (!name_ok(text, len)) {
        fprintf(stderr, "dev-kafka: \"%s\" is no topic name: 1 to 249 of a-z A-Z 0-9 . _ -\n", text);
        return false;
    }
    memcpy(spec->name, text, len);
    spec->name[len] = '\0';
    spec->partitions = partitions_default;
    if (colon && !parse_int(&spec->partitions, colon + 1, 1, PARTITIONS_MAX)) {
        fprintf(stderr, "dev-kafka: topic %s: \"%s\" is no number of partitions (1 to %d)\n", spec->name,
                colon + 1, PARTITIONS_MAX);
        return false;
    }
    return true;
}

static bool has_topic(const struct options *options, const char *name)
{
    for (int i = 0; i < options->topics_count; i++)
        if (!strcmp(options->topics[i].name, name))
            return true;
    return false;
}

static bool add_topic(struct options *options, const char *text)
{
    struct topic_spec spec;

    if (!topic_spec_parse(&spec, text, options->partitions))
        return false;
    if (has_topic(options, spec.name)) {
        fprintf(stderr, "dev-kafka: --topic %s is given twice\n", spec.name);
        return false;
    }
    if (options->topics_count == TOPICS_MAX) {
        fprintf(stderr, "dev-kafka: more than %d topics\n", TOPICS_MAX);
        return false;
    }
    options->topics[options->topics_count++] = spec;
    return true;
}

/* The named topics come last, when --partitions is known, wherever it stood on the line. */
static bool add_topics(struct options *options, char **named, int named_count)
{
    for (int i = 0; i < named_count; i++)
        if (!add_topic(options, named[i]))
            return false;
    for (size_t i = 0; i < sizeof(project_topics) / sizeof(project_topics[0]); i++)
        if (!has_topic(options, project_topics[i]) && !add_topic(options, project_topics[i]))
            return false;
    return true;
}

static bool take_int(int *out, const char *option, const char *text, int max)
{
    if (parse_int(out, text, 1, max))
        return true;
    fprintf(stderr, "dev-kafka: %s wants a number from 1 to %d, not \"%s\"\n", option, max, text);
    return false;
}

enum options_verdict options_parse(struct options *options, int argc, char **argv)
{
    static const struct option known[] = {{"brokers", required_argument, NULL, 'b'},
                                          {"partitions", required_argument, NULL, 'p'},
                                          {"topic", required_argument, NULL, 't'},
                                          {"address-file", required_argument, NULL, 'a'},
                                          {"commands", no_argument, NULL, 'c'},
                                          {"die-with-parent", no_argument, NULL, 'd'},
                                          {"help", no_argument, NULL, 'h'},
                                          {"version", no_argument, NULL, 'v'},
                                          {NULL, 0, NULL, 0}};
    char *named[TOPICS_MAX];
    int named_count = 0, opt;

    memset(options, 0, sizeof(*options));
    options->brokers = 1;
    options->partitions = PARTITIONS_DEFAULT;
    while ((opt = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (opt) {
        case 'b':
            if (!take_int(&options->brokers, "--brokers", optarg, BROKERS_MAX))
                return OPTIONS_WRONG;
            break;
        case 'p':
            if (!take_int(&options->partitions, "--partitions", optarg, PARTITIONS_MAX))
                return OPTIONS_WRONG;
            break;
        case 't':
            if (named_count == TOPICS_MAX) {
                fprintf(stderr, "dev-kafka: more than %d --topic\n", TOPICS_MAX);
                return OPTIONS_WRONG;
            }
            named[named_count++] = optarg;
            break;
        case 'a': options->address_file = optarg; break;
        case 'c': options->commands = true; break;
        case 'd': options->die_with_parent = true; break;
        case 'h': fputs(help, stdout); return OPTIONS_DONE;
        case 'v': puts("dev-kafka " CATALOG_SYNC_VERSION); return OPTIONS_DONE;
        default: fputs("dev-kafka: see dev-kafka --help\n", stderr); return OPTIONS_WRONG;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "dev-kafka: \"%s\" is not an option; see dev-kafka --help\n", argv[optind]);
        return OPTIONS_WRONG;
    }
    return add_topics(options, named, named_count) ? OPTIONS_RUN : OPTIONS_WRONG;
}
