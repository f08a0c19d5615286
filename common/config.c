#include "common/config_parts.h"
#include "common/redact.h"
#include "common/textsafe.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static void add_line(struct config_loader *l, const char *text)
{
    if (l->error_count++ < CONFIG_ERRORS_MAX) {
        sbuf_puts(&l->errors, text);
        sbuf_putc(&l->errors, '\n');
    }
}

void config_mistake(struct config_loader *l, const char *format, ...)
{
    char line[1024], safe[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    textsafe_copy(safe, sizeof(safe), line, strlen(line));
    add_line(l, safe);
}

const char *config_place(const struct config_raw *raw)
{
    return raw && raw->value ? raw->place : "default";
}

void config_mistake_at(struct config_loader *l, const char *key, const struct config_raw *raw, bool secret,
                       const char *format, ...)
{
    const char *value = raw && raw->value ? raw->value : "";
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    config_mistake(l, "%s=%.80s%s (%s): %s", key, secret && *value ? CONFIG_MASK : value,
                   !secret && strlen(value) > 80 ? "..." : "", config_place(raw), text);
}

static bool given(const struct config_raw *raw)
{
    return raw->value && raw->value[0];
}

/* A secret is given as a value or as a file; of two sources the heavier one counts. */
static void resolve_secret(struct config_loader *l, const char *name, const struct config_raw raw[2],
                           struct config_secret *secret, bool wanted)
{
    bool value = given(&raw[0]), file = given(&raw[1]);
    char why[512];

    if (value && file && raw[0].from == raw[1].from) {
        config_mistake(l, "%s (%s) and %s.file (%s): both are set: keep one of them", name, raw[0].place,
                       name, raw[1].place);
        return;
    }
    if (value && file)
        *(raw[0].from > raw[1].from ? &file : &value) = false;
    if (config_secret_open(secret, value ? raw[0].value : NULL, file ? raw[1].value : NULL, why,
                           sizeof(why)) ||
        !wanted)
        return;
    if (file)
        config_mistake(l, "%s.file=%s (%s): %s", name, raw[1].value, raw[1].place, why);
    else
        config_mistake_at(l, name, &raw[0], true, "%s: put the secret there, on one line", why);
}

/* A value that is refused is shown, but for a URL that may hold a password in front of its host or in its
 * query. */
static void resolve_value(struct config_loader *l, const char *name, const struct config_key *key,
                          const struct config_raw *raw, void *field)
{
    const char *text = raw->value ? raw->value : key->fallback;
    char why[256];

    if (config_parse(key, text, field, why, sizeof(why)))
        return;
    config_mistake_at(l, name, raw, key->type == KEY_URL && strpbrk(text, "@?"), "%s", why);
    config_parse(key, key->fallback, field, why, sizeof(why));
}

/* The password inside a URL is a secret as any other. */
static void register_password(const char *url)
{
    const char *host = strstr(url, "://"), *at = host ? strrchr(host + 3, '@') : NULL;
    const char *colon = at ? memchr(host + 3, ':', (size_t)(at - host - 3)) : NULL;
    char *password = colon ? strndup(colon + 1, (size_t)(at - colon - 1)) : NULL;

    redact_add(password);
    free(password);
}

static void resolve_globals(struct config_loader *l)
{
    for (size_t i = 0; i < CONFIG_GLOBAL_ROWS; i++) {
        const struct config_key *key = &config_global_keys[i];
        void *field = (char *)l->config + key->offset;

        if (key->type == KEY_SECRET)
            resolve_secret(l, key->name, l->raw->globals[i], field, true);
        else if (key->type != KEY_SECTION)
            resolve_value(l, key->name, key, &l->raw->globals[i][0], field);
    }
    register_password(l->config->redis_url);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct config_raw_catalog *)a)->name, ((const struct config_raw_catalog *)b)->name);
}

/* What a catalog does not say is taken from `catalog.*`, all but its id and its topics. */
bool config_inherits(const struct config_key *key)
{
    return strcmp(key->name, "id") != 0 && strncmp(key->name, "topic.", 6) != 0;
}

static const struct config_raw *inherited(const struct config_origin *raw,
                                          const struct config_raw_catalog *own, size_t i)
{
    bool is_set = own->keys[i][0].value || own->keys[i][1].value;

    return is_set || !config_inherits(&config_catalog_keys[i]) ? own->keys[i] : raw->catalogs[0].keys[i];
}

static void resolve_catalog(struct config_loader *l, const struct config_raw_catalog *raw, unsigned needs)
{
    struct config_catalog *catalog = &l->config->catalogs[l->config->catalog_count++];

    memcpy(catalog->name, raw->name, sizeof(raw->name));
    for (size_t i = 0; i < CONFIG_CATALOG_ROWS; i++) {
        const struct config_key *key = &config_catalog_keys[i];
        const struct config_raw *value = inherited(l->raw, raw, i);
        void *field = (char *)catalog + key->offset;
        char name[CONFIG_KEY_MAX_BYTES + 1];

        if (raw == &l->raw->catalogs[0])
            snprintf(name, sizeof(name), "catalog.%s", key->name);
        else
            snprintf(name, sizeof(name), "catalogs.%s.%s", raw->name, key->name);
        if (key->type == KEY_SECRET)
            resolve_secret(l, name, value, field, needs & CONFIG_NEEDS_TOKEN);
        else
            resolve_value(l, name, key, value, field);
    }
}

static void resolve_catalogs(struct config_loader *l, unsigned needs)
{
    struct config_origin *raw = l->raw;

    qsort(raw->catalogs + 1, raw->catalog_count - 1, sizeof(raw->catalogs[0]), by_name);
    for (size_t i = 0; i < raw->catalog_count; i++)
        if (i > 0 || given(&raw->catalogs[0].keys[0][0]) || raw->catalog_count == 1)
            resolve_catalog(l, &raw->catalogs[i], needs);
}

static void give_kafka(struct config_loader *l, const char *name, const char *value)
{
    struct config_kafka *kafka = &l->config->kafka[l->config->kafka_count];

    kafka->name = strdup(name);
    kafka->value = strdup(value);
    kafka->secret = config_kafka_is_secret(name);
    l->config->kafka_count++;
    if (!kafka->name || !kafka->value)
        config_mistake(l, "kafka.%s: out of memory", name);
}

static void resolve_kafka(struct config_loader *l)
{
    if (l->config->kafka_bootstrap_servers[0])
        give_kafka(l, "bootstrap.servers", l->config->kafka_bootstrap_servers);
    give_kafka(l, "group.id", l->config->kafka_group_id);
    for (size_t i = 0; i < l->raw->kafka_count; i++)
        if (l->raw->kafka[i].value)
            give_kafka(l, l->raw->kafka_names[i], l->raw->kafka[i].value);
}

static bool load(struct config_loader *l, const struct config_sources *sources)
{
    unsigned needs = sources->needs;

    config_raw_catalog(l, "default", "default");
    if (sources->file)
        config_read_file(l, sources->file);
    config_read_env(l, sources->env);
    config_read_sets(l, sources->sets, sources->set_count);
    resolve_globals(l);
    config_shadow_names(l);
    if (l->config->catalog_mode == CONFIG_MODE_PLAN_ONLY)
        needs &= ~(unsigned)CONFIG_NEEDS_TOKEN;
    resolve_catalogs(l, needs);
    resolve_kafka(l);
    if (l->error_count == 0)
        config_check(l, needs);
    return l->error_count == 0;
}

bool config_load(struct config *config, const struct config_sources *sources, char *errors,
                 size_t errors_bytes)
{
    struct config_loader l = {.config = config};
    bool ok;

    memset(config, 0, sizeof(*config));
    sbuf_init_fixed(&l.errors, errors, errors_bytes);
    errors[0] = '\0';
    config->origins = l.raw = calloc(1, sizeof(*l.raw));
    if (!l.raw) {
        sbuf_puts(&l.errors, "configuration: out of memory\n");
        return false;
    }
    ok = load(&l, sources);
    if (l.error_count > CONFIG_ERRORS_MAX)
        sbuf_printf(&l.errors, "and %d more mistakes\n", l.error_count - CONFIG_ERRORS_MAX);
    if (!ok)
        config_free(config);
    return ok;
}

static void free_raw(struct config_raw *raw, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (raw[i].value)
            explicit_bzero(raw[i].value, strlen(raw[i].value));
        free(raw[i].value);
        free(raw[i].place);
    }
}

void config_free(struct config *config)
{
    struct config_origin *raw = config->origins;

    for (size_t i = 0; i < CONFIG_GLOBAL_ROWS; i++)
        config_release(&config_global_keys[i], (char *)config + config_global_keys[i].offset);
    for (size_t c = 0; c < config->catalog_count; c++)
        for (size_t i = 0; i < CONFIG_CATALOG_ROWS; i++)
            config_release(&config_catalog_keys[i],
                           (char *)&config->catalogs[c] + config_catalog_keys[i].offset);
    for (size_t i = 0; i < config->kafka_count; i++) {
        if (config->kafka[i].value)
            explicit_bzero(config->kafka[i].value, strlen(config->kafka[i].value));
        free(config->kafka[i].name);
        free(config->kafka[i].value);
    }
    if (raw) {
        free_raw(&raw->globals[0][0], (size_t)CONFIG_GLOBAL_ROWS * 2);
        for (size_t i = 0; i < raw->catalog_count; i++)
            free_raw(&raw->catalogs[i].keys[0][0], (size_t)CONFIG_CATALOG_ROWS * 2);
        free_raw(raw->kafka, raw->kafka_count);
        for (size_t i = 0; i < raw->kafka_count; i++)
            free(raw->kafka_names[i]);
    }
    free(raw);
    memset(config, 0, sizeof(*config));
}

const struct config_catalog *config_catalog(const struct config *config, const char *name)
{
    if (!name || !*name)
        name = "default";
    for (size_t i = 0; i < config->catalog_count; i++)
        if (strcmp(config->catalogs[i].name, name) == 0)
            return &config->catalogs[i];
    return NULL;
}

const char *config_kafka(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->kafka_count; i++)
        if (strcmp(config->kafka[i].name, name) == 0)
            return config->kafka[i].value;
    return NULL;
}
