#include "settings.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "Usage: catalog-publish --bootstrap-servers HOST:PORT [options] FILE...\n"
    "Publishes product events from JSON lines (a file, or - for standard input). Each line is one of\n"
    "  a CloudEvent      {\"specversion\":\"1.0\",\"id\":...,\"source\":...,\"type\":...,\"data\":{...}}\n"
    "  its data alone    {\"product_id\":7,\"version\":12,\"sku\":\"A-7\",...}; id, source, type and time "
    "are made for it\n"
    "                    (with \"deleted\":true it becomes product.deleted)\n"
    "  a tombstone       {\"product_id\":7,\"tombstone\":true}; the key with a null value\n"
    "The key is the product id. A line that is wrong is reported with its number and not sent; the others "
    "are.\n"
    "\n"
    "  --bootstrap-servers LIST  Kafka's brokers, the same as --set kafka.bootstrap.servers=LIST\n"
    "  --config FILE             a .properties file; kafka.*, topic.events and topic.events.bulk are taken "
    "from it\n"
    "  --set KEY=VALUE           one such key; outranks the environment (CATALOG_SYNC_...), and that the "
    "file\n"
    "  --topic NAME              default topic.events (product-events), with --resync topic.events.bulk\n"
    "  --type created|updated|deleted   of lines that are data alone (default updated, or deleted if they "
    "say so)\n"
    "  --delete                  the same as --type deleted\n"
    "  --resync                  product.resync: written to the catalog even where nothing seems to have "
    "changed\n"
    "  --source URI              of lines that are data alone (default urn:catalog-publish)\n"
    "  --id-prefix TEXT          before the made ids (PRODUCT-vVERSION-TYPE), to repeat on purpose what was "
    "sent before:\n"
    "                            the same id again is a duplicate and changes nothing\n"
    "  --mode structured|binary  of CloudEvents (default structured)\n"
    "  --rate N                  at most N events a second\n"
    "  --raw                     for tests: lines are "
    "{\"key\",\"value\",\"headers\",\"topic\",\"partition\"}, sent unchecked\n"
    "  --json                    close with one line of JSON on standard output\n"
    "  --quiet                   no progress, no summary for people\n"
    "  --help, --version\n"
    "\n"
    "Every record is confirmed by all in-sync replicas before it counts. Exit codes: 0 all sent, 1 something "
    "was not (bad\n"
    "lines, failed deliveries, Ctrl-C), 2 wrong usage or configuration.\n";

struct arguments {
    struct config_keys from_line; /* --set and --bootstrap-servers: outrank the rest */
    const char *config, *topic;
};

static bool copy_text(char *out, const char *option, const char *text)
{
    if (snprintf(out, TEXT_MAX, "%s", text) < TEXT_MAX)
        return true;
    fprintf(stderr, "catalog-publish: %s: longer than %d bytes\n", option, TEXT_MAX - 1);
    return false;
}

static bool take_set(struct config_keys *keys, const char *text)
{
    char key[TEXT_MAX];
    const char *equals = strchr(text, '=');

    if (!equals || equals == text || (size_t)(equals - text) >= sizeof(key)) {
        fputs("catalog-publish: --set wants KEY=VALUE\n", stderr);
        return false;
    }
    memcpy(key, text, (size_t)(equals - text));
    key[equals - text] = '\0';
    if (strncmp(key, "kafka.", 6) != 0 && strcmp(key, "topic.events") != 0 &&
        strcmp(key, "topic.events.bulk") != 0) {
        fprintf(stderr,
                "catalog-publish: --set %s: the keys are kafka.*, topic.events and topic.events.bulk\n", key);
        return false;
    }
    if (config_put(keys, key, equals + 1))
        return true;
    fprintf(stderr, "catalog-publish: --set %s: too long, or one kafka.* key too many\n", key);
    return false;
}

static bool take_type(struct settings *settings, const char *text)
{
    static const char *const names[] = {
        [TYPE_CREATED] = "created", [TYPE_UPDATED] = "updated", [TYPE_DELETED] = "deleted"};

    for (int i = TYPE_CREATED; i <= TYPE_DELETED; i++) {
        if (!strcmp(text, names[i])) {
            settings->type = (enum event_type)i;
            return true;
        }
    }
    fprintf(stderr, "catalog-publish: --type is created, updated or deleted, not \"%s\"\n", text);
    return false;
}

static bool take_mode(struct settings *settings, const char *text)
{
    settings->mode = strcmp(text, "binary") ? MODE_STRUCTURED : MODE_BINARY;
    if (settings->mode == MODE_BINARY || !strcmp(text, "structured"))
        return true;
    fprintf(stderr, "catalog-publish: --mode is structured or binary, not \"%s\"\n", text);
    return false;
}

static bool take_rate(struct settings *settings, const char *text)
{
    char *end = NULL;

    errno = 0;
    settings->rate = strtod(text, &end);
    if (!errno && end != text && !*end && settings->rate >= 0.01 && settings->rate <= 1e7)
        return true;
    fprintf(stderr, "catalog-publish: --rate wants events a second, 0.01 to 10000000, not \"%s\"\n", text);
    return false;
}

static bool take_option(struct settings *settings, struct arguments *arguments, int opt)
{
    switch (opt) {
    case 'b':
        if (config_put(&arguments->from_line, "kafka.bootstrap.servers", optarg))
            return true;
        fputs("catalog-publish: --bootstrap-servers is too long\n", stderr);
        return false;
    case 'c': arguments->config = optarg; return true;
    case 's': return take_set(&arguments->from_line, optarg);
    case 't': arguments->topic = optarg; return true;
    case 'y': return take_type(settings, optarg);
    case 'd': settings->type = TYPE_DELETED; return true;
    case 'r': settings->type = TYPE_RESYNC; return true;
    case 'o': return copy_text(settings->source, "--source", optarg);
    case 'i': return copy_text(settings->id_prefix, "--id-prefix", optarg);
    case 'm': return take_mode(settings, optarg);
    case 'n': return take_rate(settings, optarg);
    case 'w': settings->raw = true; return true;
    case 'j': settings->json = true; return true;
    case 'q': settings->quiet = true; return true;
    default: fputs("catalog-publish: see catalog-publish --help\n", stderr); return false;
    }
}

static bool has_servers(const struct config_keys *keys)
{
    for (int i = 0; i < keys->kafka_count; i++)
        if (!strcmp(keys->kafka[i].key, "bootstrap.servers") && keys->kafka[i].value[0])
            return true;
    return false;
}

/* File, then environment, then command line: what comes later outranks. */
static bool merge(struct settings *settings, const struct arguments *arguments)
{
    static struct config_keys keys;
    const char *topic;

    memset(&keys, 0, sizeof(keys));
    config_put(&keys, "topic.events", "product-events");
    config_put(&keys, "topic.events.bulk", "product-events.bulk");
    if ((arguments->config && !config_read_file(&keys, arguments->config)) || !config_read_environment(&keys))
        return false;
    for (int i = 0; i < arguments->from_line.kafka_count; i++) {
        char key[TEXT_MAX + 6];

        snprintf(key, sizeof(key), "kafka.%s", arguments->from_line.kafka[i].key);
        if (!config_put(&keys, key, arguments->from_line.kafka[i].value)) {
            fputs("catalog-publish: one kafka.* key too many\n", stderr);
            return false;
        }
    }
    if (arguments->from_line.topic_events[0])
        config_put(&keys, "topic.events", arguments->from_line.topic_events);
    if (arguments->from_line.topic_bulk[0])
        config_put(&keys, "topic.events.bulk", arguments->from_line.topic_bulk);
    if (!has_servers(&keys)) {
        fputs("catalog-publish: which Kafka? Give --bootstrap-servers HOST:PORT, or --config FILE with "
              "kafka.bootstrap.servers\n",
              stderr);
        return false;
    }
    memcpy(settings->kafka, keys.kafka, sizeof(keys.kafka));
    settings->kafka_count = keys.kafka_count;
    topic = settings->type == TYPE_RESYNC ? keys.topic_bulk : keys.topic_events;
    return copy_text(settings->topic, "--topic", arguments->topic ? arguments->topic : topic);
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
                                      {NULL, 0, NULL, 0}};

enum settings_verdict settings_read(struct settings *settings, int argc, char **argv)
{
    static struct arguments arguments;
    int opt;

    memset(settings, 0, sizeof(*settings));
    memset(&arguments, 0, sizeof(arguments));
    copy_text(settings->source, "--source", "urn:catalog-publish");
    while ((opt = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (opt == 'h') {
            fputs(help, stdout);
            return SETTINGS_DONE;
        }
        if (opt == 'v') {
            puts("catalog-publish " CATALOG_SYNC_VERSION);
            return SETTINGS_DONE;
        }
        if (!take_option(settings, &arguments, opt))
            return SETTINGS_WRONG;
    }
    settings->inputs = argv + optind;
    settings->inputs_count = argc - optind;
    if (settings->inputs_count == 0) {
        fputs("catalog-publish: publish what? Name a file of JSON lines, or - for standard input\n", stderr);
        return SETTINGS_WRONG;
    }
    return merge(settings, &arguments) ? SETTINGS_RUN : SETTINGS_WRONG;
}
