/* What catalog-publish was told: its command line, the environment, a properties file. */
#ifndef CATALOG_PUBLISH_SETTINGS_H
#define CATALOG_PUBLISH_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#define TEXT_MAX       512
#define KAFKA_KEYS_MAX 128

enum event_type { TYPE_BY_CONTENT, TYPE_CREATED, TYPE_UPDATED, TYPE_DELETED, TYPE_RESYNC };
enum event_mode { MODE_STRUCTURED, MODE_BINARY };

struct kafka_setting {
    char key[TEXT_MAX]; /* without the leading "kafka." */
    char value[TEXT_MAX];
};

struct settings {
    struct kafka_setting kafka[KAFKA_KEYS_MAX]; /* bootstrap.servers among them */
    int kafka_count;
    char topic[TEXT_MAX]; /* where all of it goes */
    char source[TEXT_MAX];
    char id_prefix[TEXT_MAX];
    enum event_type type;
    enum event_mode mode;
    double rate; /* events/s, 0 for no limit */
    bool raw, json, quiet;
    char **inputs; /* points into argv; "-" is stdin */
    int inputs_count;
};

enum settings_verdict { SETTINGS_RUN, SETTINGS_DONE, SETTINGS_WRONG };

/* Reads argv, the environment and the file that --config names into *settings; the command line outranks the
 * environment, and that the file. SETTINGS_DONE: --help or --version was answered. SETTINGS_WRONG: a message
 * is on stderr, exit 2. */
enum settings_verdict settings_read(struct settings *settings, int argc, char **argv);

/* One key of the project's configuration. Takes kafka.*, topic.events and topic.events.bulk; the worker's
 * other keys are left alone, since both read the same file. Returns false when a text is too long or there
 * are too many. */
struct config_keys {
    struct kafka_setting kafka[KAFKA_KEYS_MAX];
    int kafka_count;
    char topic_events[TEXT_MAX], topic_bulk[TEXT_MAX];
};
bool config_put(struct config_keys *keys, const char *key, const char *value);

/* Reads a .properties file of key=value lines (# and ! start a comment). Returns false with the reason on
 * stderr. */
bool config_read_file(struct config_keys *keys, const char *path);

/* Reads CATALOG_SYNC_KAFKA_... and CATALOG_SYNC_TOPIC_EVENTS[_BULK] from the environment. */
bool config_read_environment(struct config_keys *keys);

#endif
