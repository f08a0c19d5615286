/* The sources: what was given, where, not yet understood. */
#include "common/config_parts.h"
#include "common/redact.h"
#include "common/utf8.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char kafka_prefix[] = "kafka.";

static bool catalog_name_ok(const char *name)
{
    size_t len = strlen(name);

    if (len == 0 || len > CONFIG_CATALOG_NAME_MAX)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)name[i]) && name[i] != '-' && name[i] != '_')
            return false;
    return true;
}

struct config_raw_catalog *config_raw_catalog(struct config_loader *l, const char *name, const char *place)
{
    struct config_origin *raw = l->raw;

    for (size_t i = 0; i < raw->catalog_count; i++)
        if (strcmp(raw->catalogs[i].name, name) == 0)
            return &raw->catalogs[i];
    if (!catalog_name_ok(name)) {
        config_mistake(l, "catalogs.%s (%s): no name for a catalog: use 1 to %d letters, digits, '-' and '_'",
                       name, place, CONFIG_CATALOG_NAME_MAX);
        return NULL;
    }
    if (raw->catalog_count == CONFIG_CATALOGS_MAX) {
        config_mistake(l,
                       "catalogs.%s (%s): more than %d catalogs: run another group of workers for the rest",
                       name, place, CONFIG_CATALOGS_MAX);
        return NULL;
    }
    memcpy(raw->catalogs[raw->catalog_count].name, name, strlen(name) + 1);
    return &raw->catalogs[raw->catalog_count++];
}

/* The slot of a kafka.* setting that is none of the table's. */
static struct config_raw *kafka_slot(struct config_loader *l, const char *name, const char *place)
{
    struct config_origin *raw = l->raw;
    char *copy;

    for (size_t i = 0; i < raw->kafka_count; i++)
        if (strcmp(raw->kafka_names[i], name) == 0)
            return &raw->kafka[i];
    if (raw->kafka_count == CONFIG_KAFKA_MAX - 2 || !*name || !(copy = strdup(name))) {
        config_mistake(l, "kafka.%s (%s): %s", name, place,
                       *name ? "more kafka.* settings than fit: set fewer"
                             : "names no setting of librdkafka");
        return NULL;
    }
    raw->kafka_names[raw->kafka_count] = copy;
    return &raw->kafka[raw->kafka_count++];
}

struct target {
    struct config_raw *slot;
    bool secret; /* never to be shown */
    bool twin;   /* names a file that holds it */
};

static bool catalog_slot(struct config_loader *l, const char *name, const char *suffix, const char *place,
                         struct target *to)
{
    const struct config_key *key = config_find(config_catalog_keys, CONFIG_CATALOG_ROWS, suffix, &to->twin);
    struct config_raw_catalog *catalog = key ? config_raw_catalog(l, name, place) : NULL;

    if (!key)
        return false;
    to->slot = catalog ? &catalog->keys[key - config_catalog_keys][to->twin] : NULL;
    to->secret = key->type == KEY_SECRET && !to->twin;
    return true;
}

/* Where a key's value goes. False: there is no such key. */
static bool find_slot(struct config_loader *l, const char *name, const char *place, struct target *to)
{
    const struct config_key *key = config_find(config_global_keys, CONFIG_GLOBAL_ROWS, name, &to->twin);

    if (key) {
        to->slot = &l->raw->globals[key - config_global_keys][to->twin];
        to->secret = key->type == KEY_SECRET && !to->twin;
        return true;
    }
    if (strncmp(name, kafka_prefix, sizeof(kafka_prefix) - 1) == 0) {
        name += sizeof(kafka_prefix) - 1;
        *to = (struct target){kafka_slot(l, name, place), config_kafka_is_secret(name), false};
        return true;
    }
    if (strncmp(name, "catalog.", 8) == 0)
        return catalog_slot(l, "default", name + 8, place, to);
    if (strncmp(name, "catalogs.", 9) == 0 && strchr(name + 9, '.')) {
        char catalog[CONFIG_KEY_MAX_BYTES + 1];

        snprintf(catalog, sizeof(catalog), "%.*s", (int)strcspn(name + 9, "."), name + 9);
        return catalog_slot(l, catalog, strchr(name + 9, '.') + 1, place, to);
    }
    return false;
}

/* A password inside a URL, such as redis://user:password@host. */
static bool url_has_password(const char *value)
{
    const char *host = strstr(value, "://"), *at = host ? strchr(host + 3, '@') : NULL;

    return at && memchr(host + 3, ':', (size_t)(at - host - 3));
}

static void keep(struct config_loader *l, const char *name, const struct target *to, const char *value,
                 enum config_from from, int line, const char *place)
{
    struct config_raw *slot = to->slot;
    char *copy = strdup(value), *where = strdup(place);

    if (!copy || !where) {
        config_mistake(l, "%s: out of memory", name);
        free(copy);
        free(where);
        return;
    }
    if (slot->value && slot->from == FROM_FILE && from == FROM_FILE)
        config_mistake(l, "%s: set twice, at %s and at line %d: keep one of them", name, slot->place, line);
    free(slot->value);
    free(slot->place);
    *slot = (struct config_raw){.value = copy, .place = where, .from = from, .line = line};
}

void config_give(struct config_loader *l, const char *name, const char *value, enum config_from from,
                 int line, const char *place)
{
    struct target to = {0};
    const char *near;

    if (utf8_valid_up_to(name, strlen(name)) != strlen(name) ||
        utf8_valid_up_to(value, strlen(value)) != strlen(value)) {
        config_mistake(l, "%.64s (%s): its value is no UTF-8 text: write it in UTF-8", name, place);
        return;
    }
    if (strlen(name) > CONFIG_KEY_MAX_BYTES || strlen(value) > CONFIG_VALUE_MAX_BYTES) {
        config_mistake(l, "%.64s (%s): too long: take at most %d bytes for a key and %d for its value", name,
                       place, CONFIG_KEY_MAX_BYTES, CONFIG_VALUE_MAX_BYTES);
        return;
    }
    if (!find_slot(l, name, place, &to)) {
        near = config_nearest(name);
        config_mistake(l, "%s (%s): no such key%s%s%s", name, place, near ? ": did you mean " : "",
                       near ? near : "", near ? "?" : ": docs/configuration.md lists them all");
        return;
    }
    if (!to.slot)
        return;
    if (to.secret)
        redact_add(value);
    if (from == FROM_SET && (to.secret || url_has_password(value))) {
        config_mistake(
            l,
            "%s (--set): a secret on the command line can be read by every user of the machine: use %s, the "
            "environment or the file",
            name, to.secret && strncmp(name, kafka_prefix, 6) != 0 ? "its .file key" : "another source");
        return;
    }
    if (to.secret && strcmp(value, CONFIG_MASK) == 0) {
        config_mistake(
            l, "%s (%s): this is the mask that stands for a secret when it is printed: put the secret here",
            name, place);
        return;
    }
    keep(l, name, &to, value, from, line, place);
}

static char *trim(char *text)
{
    size_t len;

    text += strspn(text, " \t\r");
    len = strlen(text);
    while (len > 0 && strchr(" \t\r", text[len - 1]))
        text[--len] = '\0';
    return text;
}

static void read_line(struct config_loader *l, const char *path, int line, char *text)
{
    char place[512], *equals;

    snprintf(place, sizeof(place), "%s:%d", path, line);
    text = trim(text);
    if (*text == '\0' || *text == '#' || *text == '!')
        return;
    equals = strchr(text, '=');
    if (!equals) {
        config_mistake(l, "%s: this line is no setting: write key=value, or # before a comment", place);
        return;
    }
    *equals = '\0';
    config_give(l, trim(text), trim(equals + 1), FROM_FILE, line, place);
}

/* The file's text with a closing NUL, owned by the caller; NULL after a mistake. */
static char *read_whole(struct config_loader *l, const char *path)
{
    FILE *file = fopen(path, "re");
    char *text = malloc(CONFIG_FILE_MAX_BYTES + 1);
    size_t len = 0;

    if (file && text)
        len = fread(text, 1, CONFIG_FILE_MAX_BYTES + 1, file);
    if (!file || !text || ferror(file))
        config_mistake(l, "--config %s: cannot be read (%s): name a file that this process may read", path,
                       strerror(errno));
    else if (len > CONFIG_FILE_MAX_BYTES)
        config_mistake(l, "--config %s: larger than %d bytes: this is no configuration file", path,
                       CONFIG_FILE_MAX_BYTES);
    else if (memchr(text, '\0', len) || utf8_valid_up_to(text, len) != len)
        config_mistake(l, "--config %s: byte %zu is no UTF-8 text: save the file as UTF-8", path,
                       utf8_valid_up_to(text, memchr(text, '\0', len) ? strlen(text) : len) + 1);
    else {
        text[len] = '\0';
        fclose(file);
        return text;
    }
    if (file)
        fclose(file);
    free(text);
    return NULL;
}

void config_read_file(struct config_loader *l, const char *path)
{
    char *text = read_whole(l, path), *next = text;

    if (text && strncmp(text, "\xef\xbb\xbf", 3) == 0)
        next += 3;
    for (int line = 1; next; line++) {
        char *start = next;

        next = strchr(start, '\n');
        if (next)
            *next++ = '\0';
        read_line(l, path, line, start);
    }
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

/* Variables of our prefix that are no keys: our own tools' (BIN; ACTOR, who asks, in audit records) and those
 * that Kubernetes makes for a service that is named catalog-sync (CATALOG_SYNC_SERVICE_HOST,
 * CATALOG_SYNC_PORT_8080_TCP_ADDR and the like). */
static bool not_ours(const char *name, const char *value)
{
    return strcmp(name, "BIN") == 0 || strcmp(name, "ACTOR") == 0 || strstr(name, "SERVICE_HOST") ||
           strstr(name, "SERVICE_PORT") ||
           (strncmp(name, "PORT_", 5) == 0 && isdigit((unsigned char)name[5])) ||
           ((strcmp(name, "PORT") == 0 || strncmp(name, "PORT_", 5) == 0) && strstr(value, "://"));
}

static bool env_matches(const char *variable, const char *key, const char *suffix)
{
    char full[CONFIG_KEY_MAX_BYTES * 2], wanted[CONFIG_KEY_MAX_BYTES * 2];

    snprintf(full, sizeof(full), "%s%s", key, suffix);
    config_env_name(full, wanted, sizeof(wanted));
    return strcmp(wanted + sizeof(CONFIG_ENV_PREFIX) - 1, variable) == 0;
}

/* The key of a variable among the table's. */
static bool env_key(const struct config_key *keys, size_t count, const char *prefix, const char *variable,
                    char *out, size_t out_bytes)
{
    for (size_t i = 0; i < count; i++) {
        for (int twin = 0; twin <= (keys[i].type == KEY_SECRET); twin++) {
            char name[CONFIG_KEY_MAX_BYTES];

            snprintf(name, sizeof(name), "%s%s", prefix, keys[i].name);
            if (keys[i].type == KEY_SECTION || !env_matches(variable, name, twin ? ".file" : ""))
                continue;
            snprintf(out, out_bytes, "%s%s", name, twin ? ".file" : "");
            return true;
        }
    }
    return false;
}

/* CATALOGS_NAME_KEY: the key is known by its end, the name is what is left; one already given is recognised
 * whatever its case and hyphens. */
static bool env_catalog_key(struct config_loader *l, const char *variable, char *out, size_t out_bytes)
{
    const char *rest = variable + sizeof("CATALOGS_") - 1;

    if (strncmp(variable, "CATALOGS_", sizeof("CATALOGS_") - 1) != 0)
        return false;
    for (size_t len = 1; len < strlen(rest) && len <= CONFIG_CATALOG_NAME_MAX; len++) {
        char name[CONFIG_CATALOG_NAME_MAX + 1], prefix[CONFIG_CATALOG_NAME_MAX + 16];

        if (rest[len] != '_')
            continue;
        for (size_t i = 0; i <= len; i++)
            name[i] = i < len ? (char)tolower((unsigned char)rest[i]) : '\0';
        for (size_t i = 0; i < l->raw->catalog_count; i++) {
            char known[CONFIG_KEY_MAX_BYTES];

            config_env_name(l->raw->catalogs[i].name, known, sizeof(known));
            if (strlen(known) == sizeof(CONFIG_ENV_PREFIX) - 1 + len &&
                strncmp(known + sizeof(CONFIG_ENV_PREFIX) - 1, rest, len) == 0)
                memcpy(name, l->raw->catalogs[i].name, len + 1);
        }
        snprintf(prefix, sizeof(prefix), "catalogs.%s.", name);
        if (env_key(config_catalog_keys, CONFIG_CATALOG_ROWS, prefix, variable, out, out_bytes))
            return true;
    }
    return false;
}

static void lower_dots(const char *variable, char *out, size_t out_bytes)
{
    size_t i;

    for (i = 0; variable[i] && i < out_bytes - 1; i++)
        out[i] = variable[i] == '_' ? '.' : (char)tolower((unsigned char)variable[i]);
    out[i] = '\0';
}

static void read_variable(struct config_loader *l, const char *variable, const char *value)
{
    char key[CONFIG_KEY_MAX_BYTES * 2], full[CONFIG_KEY_MAX_BYTES * 3], near_name[CONFIG_KEY_MAX_BYTES * 2];
    const char *near;

    if (strlen(variable) > CONFIG_KEY_MAX_BYTES) {
        config_mistake(l, CONFIG_ENV_PREFIX "%.40s... in the environment: no such key: its name is too long",
                       variable);
        return;
    }
    snprintf(full, sizeof(full), CONFIG_ENV_PREFIX "%s", variable);
    if (!env_key(config_global_keys, CONFIG_GLOBAL_ROWS, "", variable, key, sizeof(key)) &&
        !env_key(config_catalog_keys, CONFIG_CATALOG_ROWS, "catalog.", variable, key, sizeof(key)) &&
        !env_catalog_key(l, variable, key, sizeof(key))) {
        if (not_ours(variable, value))
            return;
        lower_dots(variable, key, sizeof(key));
        if (strncmp(key, kafka_prefix, sizeof(kafka_prefix) - 1) != 0) {
            near = config_nearest(key);
            if (near)
                config_env_name(near, near_name, sizeof(near_name));
            config_mistake(l, "%s in the environment: no such key%s%s%s", full, near ? ": did you mean " : "",
                           near ? near_name : "", near ? "?" : ": docs/configuration.md lists them all");
            return;
        }
    }
    config_give(l, key, value, FROM_ENV, 0, full);
}

void config_read_env(struct config_loader *l, const char *const *env)
{
    for (; env && *env; env++) {
        const char *name = *env + sizeof(CONFIG_ENV_PREFIX) - 1, *equals = strchr(*env, '=');
        char variable[CONFIG_KEY_MAX_BYTES * 2];

        if (strncmp(*env, CONFIG_ENV_PREFIX, sizeof(CONFIG_ENV_PREFIX) - 1) != 0 || !equals || equals < name)
            continue;
        snprintf(variable, sizeof(variable), "%.*s", (int)(equals - name), name);
        read_variable(l, variable, equals + 1);
    }
}

void config_read_sets(struct config_loader *l, const char *const *sets, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *equals = strchr(sets[i], '=');
        char key[CONFIG_KEY_MAX_BYTES + 2];

        if (!equals || equals == sets[i]) {
            config_mistake(l, "--set %.64s: no setting: write --set key=value", sets[i]);
            continue;
        }
        snprintf(key, sizeof(key), "%.*s", (int)(equals - sets[i]), sets[i]);
        config_give(l, key, equals + 1, FROM_SET, 0, "--set");
    }
}
