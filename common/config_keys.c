#include "common/config_parts.h"
#include "common/edits.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define SECTION_(title) {.name = (title), .type = KEY_SECTION},
#define GLOBAL_(field, key, type, fallback, min, max, unit, help)                                            \
    {key, KEY_##type, offsetof(struct config, field), fallback, min, max, unit, help},
#define CATALOG_(field, key, type, fallback, min, max, unit, help)                                           \
    {key, KEY_##type, offsetof(struct config_catalog, field), fallback, min, max, unit, help},

const struct config_key config_global_keys[CONFIG_GLOBAL_ROWS] = {CONFIG_GLOBAL_TABLE(GLOBAL_, SECTION_)};
const struct config_key config_catalog_keys[CONFIG_CATALOG_ROWS] = {CONFIG_CATALOG_TABLE(CATALOG_)};

static const char twin_suffix[] = ".file";

const struct config_key *config_find(const struct config_key *keys, size_t count, const char *name,
                                     bool *twin)
{
    size_t len = strlen(name), suffix = sizeof(twin_suffix) - 1;

    for (size_t i = 0; i < count; i++) {
        const struct config_key *key = &keys[i];
        size_t own = strlen(key->name);

        if (key->type == KEY_SECTION || strncmp(key->name, name, own) != 0)
            continue;
        *twin = len == own + suffix && key->type == KEY_SECRET && strcmp(name + own, twin_suffix) == 0;
        if (len == own || *twin)
            return key;
    }
    return NULL;
}

void config_env_name(const char *key, char *out, size_t out_bytes)
{
    size_t n = (size_t)snprintf(out, out_bytes, CONFIG_ENV_PREFIX "%s", key);

    for (size_t i = sizeof(CONFIG_ENV_PREFIX) - 1; i < n && i < out_bytes - 1; i++)
        out[i] = out[i] == '.' || out[i] == '-' ? '_' : (char)toupper((unsigned char)out[i]);
}

bool config_kafka_is_secret(const char *name)
{
    static const char *const parts[] = {"password", "secret", "ssl.key.pem", "jaas", "token"};

    if (strstr(name, ".url") ||
        strstr(name, ".method")) /* sasl.oauthbearer.token.endpoint.url and the like */
        return false;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (strstr(name, parts[i]))
            return true;
    return false;
}

struct nearest {
    const char *wrong;
    size_t distance;
    char name[CONFIG_KEY_MAX_BYTES + 1];
};

static void consider(struct nearest *best, const char *prefix, const char *name, const char *suffix)
{
    char candidate[CONFIG_KEY_MAX_BYTES + 1];
    size_t distance;

    snprintf(candidate, sizeof(candidate), "%s%s%s", prefix, name, suffix);
    distance = edits_between(best->wrong, candidate);
    if (distance < best->distance) {
        best->distance = distance;
        memcpy(best->name, candidate, sizeof(candidate));
    }
}

static void consider_all(struct nearest *best, const char *prefix, const struct config_key *keys,
                         size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (keys[i].type == KEY_SECTION)
            continue;
        consider(best, prefix, keys[i].name, "");
        if (keys[i].type == KEY_SECRET)
            consider(best, prefix, keys[i].name, twin_suffix);
    }
}

const char *config_nearest(const char *name)
{
    static struct nearest best;
    char prefix[CONFIG_KEY_MAX_BYTES + 1];
    size_t len = strlen(name);
    const char *dot = strncmp(name, "catalogs.", 9) == 0 ? strchr(name + 9, '.') : NULL;

    if (len > CONFIG_KEY_MAX_BYTES)
        return NULL;
    best = (struct nearest){.wrong = name, .distance = len / 3 + 1};
    consider_all(&best, "", config_global_keys, CONFIG_GLOBAL_ROWS);
    consider_all(&best, "catalog.", config_catalog_keys, CONFIG_CATALOG_ROWS);
    if (dot) {
        snprintf(prefix, sizeof(prefix), "%.*s", (int)(dot + 1 - name), name);
        consider_all(&best, prefix, config_catalog_keys, CONFIG_CATALOG_ROWS);
    }
    return best.name[0] ? best.name : NULL;
}

const char *config_enum_name(const char *key, int value)
{
    static char name[64];
    bool twin;
    const struct config_key *row = config_find(config_global_keys, CONFIG_GLOBAL_ROWS, key, &twin);
    const char *choice = row && row->type == KEY_ENUM && value >= 0 ? row->unit : "";

    for (; value > 0 && *choice; value--) {
        choice += strcspn(choice, "|");
        choice += *choice == '|';
    }
    snprintf(name, sizeof(name), "%.*s", (int)strcspn(choice, "|"), choice);
    return name;
}
