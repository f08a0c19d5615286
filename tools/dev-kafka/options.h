/* What dev-kafka was asked to do on its command line. */
#ifndef DEV_KAFKA_OPTIONS_H
#define DEV_KAFKA_OPTIONS_H

#include <stdbool.h>

#define TOPICS_MAX         64
#define TOPIC_NAME_MAX     249 /* Kafka's own limit of a topic's name */
#define PARTITIONS_MAX     128
#define BROKERS_MAX        9
#define PARTITIONS_DEFAULT 4

struct topic_spec {
    char name[TOPIC_NAME_MAX + 1];
    int partitions; /* 1 to PARTITIONS_MAX */
};

struct options {
    struct topic_spec topics[TOPICS_MAX];
    int topics_count;
    int brokers;              /* 1 to BROKERS_MAX */
    int partitions;           /* of topics whose count is not given */
    const char *address_file; /* NULL: none; points into argv */
    bool die_with_parent;
    bool commands; /* read commands from stdin */
};

enum options_verdict { OPTIONS_RUN, OPTIONS_DONE, OPTIONS_WRONG };

/* Reads argv into *options (all fields set). OPTIONS_DONE: --help or --version was answered on stdout, exit
 * 0. OPTIONS_WRONG: a message that names the argument was printed to stderr, exit 2. */
enum options_verdict options_parse(struct options *options, int argc, char **argv);

/* Parses NAME or NAME:PARTITIONS into *spec. Returns false, and prints why to stderr, when it is no such
 * thing. */
bool topic_spec_parse(struct topic_spec *spec, const char *text, int partitions_default);

#endif
