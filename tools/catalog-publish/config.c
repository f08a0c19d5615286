/* The keys this program shares with the worker: kafka.*, topic.events, topic.events.bulk. */
#include "settings.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LINE_SIZE 4096

extern char **environ;

static bool copy_text(char *out, const char *text)
{
    size_t n = strlen(text);

    if (n >= TEXT_MAX)
        return false;
    memcpy(out, text, n + 1);
    return true;
}

bool config_put(struct config_keys *keys, const char *key, const char *value)
{
    struct kafka_setting *slot = NULL;

    if (!strcmp(key, "topic.events"))
        return copy_text(keys->topic_events, value);
    if (!strcmp(key, "topic.events.bulk"))
        return copy_text(keys->topic_bulk, value);
    /* The group is the worker's; a producer has none. */
    if (strncmp(key, "kafka.", 6) != 0 || strncmp(key, "kafka.group.", 12) == 0)
        return true;
    for (int i = 0; i < keys->kafka_count && !slot; i++)
        if (!strcmp(keys->kafka[i].key, key + 6))
            slot = &keys->kafka[i];
    if (!slot) {
        if (keys->kafka_count == KAFKA_KEYS_MAX)
            return false;
        slot = &keys->kafka[keys->kafka_count++];
    }
    return copy_text(slot->key, key + 6) && copy_text(slot->value, value);
}

static char *trim(char *text)
{
    size_t n;

    while (isspace((unsigned char)*text))
        text++;
    n = strlen(text);
    while (n > 0 && isspace((unsigned char)text[n - 1]))
        text[--n] = '\0';
    return text;
}

static bool read_lines(struct config_keys *keys, FILE *file, const char *path)
{
    char line[LINE_SIZE];

    for (int number = 1; fgets(line, sizeof(line), file); number++) {
        char *text = trim(line), *equals;

        if (strlen(line) == sizeof(line) - 1 && !feof(file)) {
            fprintf(stderr, "catalog-publish: %s line %d: longer than %d bytes\n", path, number,
                    LINE_SIZE - 2);
            return false;
        }
        if (!*text || *text == '#' || *text == '!')
            continue;
        equals = strchr(text, '=');
        if (!equals) {
            fprintf(stderr, "catalog-publish: %s line %d: no key=value\n", path, number);
            return false;
        }
        *equals = '\0';
        if (!config_put(keys, trim(text), trim(equals + 1))) {
            fprintf(stderr, "catalog-publish: %s line %d: %s is too long, or one kafka.* key too many\n",
                    path, number, trim(text));
            return false;
        }
    }
    return true;
}

bool config_read_file(struct config_keys *keys, const char *path)
{
    FILE *file = fopen(path, "r");
    bool ok;

    if (!file) {
        fprintf(stderr, "catalog-publish: --config %s: %s\n", path, strerror(errno));
        return false;
    }
    ok = read_lines(keys, file, path);
    fclose(file);
    return ok;
}

bool config_read_environment(struct config_keys *keys)
{
    static const char prefix[] = "CATALOG_SYNC_";

    for (char **entry = environ; *entry; entry++) {
        char key[TEXT_MAX];
        const char *name = *entry + sizeof(prefix) - 1, *equals = strchr(*entry, '=');
        size_t n;

        if (strncmp(*entry, prefix, sizeof(prefix) - 1) != 0 || !equals)
            continue;
        n = (size_t)(equals - name);
        if (n >= sizeof(key))
            continue;
        for (size_t i = 0; i < n; i++)
            key[i] = name[i] == '_' ? '.' : (char)tolower((unsigned char)name[i]);
        key[n] = '\0';
        if (!config_put(keys, key, equals + 1)) {
            fprintf(stderr, "catalog-publish: the environment's %.*s is too long\n", (int)(equals - *entry),
                    *entry);
            return false;
        }
    }
    return true;
}
