/* The configuration shown: what is in force, and what there is. */
#include "common/config_parts.h"

#include <string.h>

static const char *type_name(const struct config_key *key)
{
    switch (key->type) {
    case KEY_LIST: return "list";
    case KEY_URL: return "URL";
    case KEY_INT: return "integer";
    case KEY_MS: return "duration, ms";
    case KEY_BYTES: return "size, bytes";
    case KEY_BOOL: return "true, false";
    case KEY_ENUM: return "choice";
    case KEY_SECRET: return "secret";
    default: return "text";
    }
}

/* A URL with the password inside it masked. */
static void print_url(FILE *out, const char *url)
{
    const char *host = strstr(url, "://"), *at = host ? strrchr(host + 3, '@') : NULL;
    const char *colon = at ? memchr(host + 3, ':', (size_t)(at - host - 3)) : NULL;

    if (colon)
        fprintf(out, "%.*s" CONFIG_MASK "%s", (int)(colon + 1 - url), url, at);
    else
        fputs(url, out);
}

static void print_value(FILE *out, const struct config_key *key, const void *field)
{
    switch (key->type) {
    case KEY_STR: fputs(*(char *const *)field, out); break;
    case KEY_URL: print_url(out, *(char *const *)field); break;
    case KEY_INT:
    case KEY_MS:
    case KEY_BYTES: fprintf(out, "%lld", (long long)*(const int64_t *)field); break;
    case KEY_BOOL: fputs(*(const bool *)field ? "true" : "false", out); break;
    case KEY_ENUM: fputs(config_enum_name(key->name, *(const int *)field), out); break;
    case KEY_LIST: {
        const struct config_list *list = field;

        for (size_t i = 0; i < list->count; i++)
            fprintf(out, "%s%s", i ? "," : "", list->items[i]);
        break;
    }
    case KEY_SECTION:
    case KEY_SECRET: break;
    }
}

static void print_place(FILE *out, const struct config_raw *raw)
{
    if (raw->value)
        fprintf(out, "# %s\n", raw->place);
}

static void print_secret(FILE *out, const char *prefix, const char *name, const struct config_secret *secret,
                         const struct config_raw raw[2])
{
    if (secret->file) {
        print_place(out, &raw[1]);
        fprintf(out, "%s%s.file=%s\n", prefix, name, secret->file);
    } else {
        if (secret->value)
            print_place(out, &raw[0]);
        fprintf(out, "%s%s=%s\n", prefix, name, secret->value ? CONFIG_MASK : "");
    }
}

/* A name that is not as it was given: shadow mode made it longer. */
static void print_renaming(FILE *out, const struct config *config, const struct config_key *key,
                           const struct config_raw *raw)
{
    const char *given = raw->value ? raw->value : key->fallback;

    if (key->type == KEY_STR && config->catalog_mode == CONFIG_MODE_PLAN_ONLY &&
        strcmp(given, *(char *const *)((const char *)config + key->offset)) != 0)
        fprintf(out, "# %s, and " CONFIG_SHADOW_SUFFIX " of catalog.mode=plan-only\n", given);
}

static void print_key(FILE *out, const char *prefix, const struct config_key *key, const void *base,
                      const struct config_raw raw[2])
{
    const void *field = (const char *)base + key->offset;

    if (key->type == KEY_SECTION) {
        fprintf(out, "\n# --- %s\n", key->name);
    } else if (key->type == KEY_SECRET) {
        print_secret(out, prefix, key->name, field, raw);
    } else {
        print_place(out, &raw[0]);
        fprintf(out, "%s%s=", prefix, key->name);
        print_value(out, key, field);
        fputc('\n', out);
    }
}

static const struct config_raw_catalog *raw_catalog(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->origins->catalog_count; i++)
        if (strcmp(config->origins->catalogs[i].name, name) == 0)
            return &config->origins->catalogs[i];
    return &config->origins->catalogs[0];
}

static void print_catalog(FILE *out, const struct config *config, const struct config_catalog *catalog)
{
    const struct config_raw_catalog *own = raw_catalog(config, catalog->name);
    const struct config_raw_catalog *base = &config->origins->catalogs[0];
    char prefix[CONFIG_KEY_MAX_BYTES];

    fprintf(out, "\n# --- Catalog %s\n", catalog->name);
    if (own == base)
        snprintf(prefix, sizeof(prefix), "catalog.");
    else
        snprintf(prefix, sizeof(prefix), "catalogs.%s.", catalog->name);
    for (size_t i = 0; i < CONFIG_CATALOG_ROWS; i++) {
        const struct config_key *key = &config_catalog_keys[i];
        bool is_own = own->keys[i][0].value || own->keys[i][1].value || !config_inherits(key);

        print_key(out, prefix, key, catalog, is_own ? own->keys[i] : base->keys[i]);
    }
}

void config_print(const struct config *config, FILE *out)
{
    const struct config_origin *raw = config->origins;

    fputs("# What is in force. A comment above a key says where its value comes from; without one it is the "
          "default.\n",
          out);
    for (size_t i = 0; i < CONFIG_GLOBAL_ROWS; i++) {
        print_renaming(out, config, &config_global_keys[i], &raw->globals[i][0]);
        print_key(out, "", &config_global_keys[i], config, raw->globals[i]);
    }
    if (raw->kafka_count)
        fputs("\n# --- Passed through to librdkafka\n", out);
    for (size_t i = 0; i < raw->kafka_count; i++) {
        print_place(out, &raw->kafka[i]);
        fprintf(out, "kafka.%s=%s\n", raw->kafka_names[i],
                !raw->kafka[i].value                          ? ""
                : config_kafka_is_secret(raw->kafka_names[i]) ? CONFIG_MASK
                                                              : raw->kafka[i].value);
    }
    for (size_t i = 0; i < config->catalog_count; i++)
        print_catalog(out, config, &config->catalogs[i]);
}

static void markdown_bounds(FILE *out, const struct config_key *key)
{
    switch (key->type) {
    case KEY_INT:
    case KEY_MS:
    case KEY_BYTES: fprintf(out, "%lld to %lld", (long long)key->min, (long long)key->max); break;
    case KEY_ENUM:
        for (const char *choice = key->unit; *choice;) {
            size_t len = strcspn(choice, "|");

            fprintf(out, "%s`%.*s`", choice == key->unit ? "" : ", ", (int)len, choice);
            choice += len + (choice[len] == '|');
        }
        break;
    case KEY_STR:
    case KEY_LIST:
    case KEY_URL: fprintf(out, "at most %lld bytes", (long long)key->max); break;
    default: break;
    }
}

/* 86400000 ms means little to a reader: say a day as well. */
static void markdown_default(FILE *out, const struct config_key *key)
{
    static const struct {
        int64_t size;
        const char *one, *many;
    } units[] = {{CONFIG_DAY, "day", "days"},
                 {CONFIG_HOUR, "hour", "hours"},
                 {CONFIG_MINUTE, "minute", "minutes"},
                 {CONFIG_SECOND, "second", "seconds"}},
      sizes[] = {{CONFIG_MIB, "MiB", "MiB"}, {CONFIG_KIB, "KiB", "KiB"}};
    bool ms = key->type == KEY_MS;
    size_t count = ms ? sizeof(units) / sizeof(units[0]) : sizeof(sizes) / sizeof(sizes[0]);
    int64_t value = 0;

    fprintf(out, key->fallback[0] ? "`%s`" : "%s", key->fallback);
    if (!ms && key->type != KEY_BYTES)
        return;
    for (const char *digit = key->fallback; *digit; digit++)
        value = value * 10 + (*digit - '0');
    for (size_t i = 0; i < count; i++) {
        int64_t size = ms ? units[i].size : sizes[i].size, n = value / size;

        if (value == 0 || value % size)
            continue;
        fprintf(out, " (%lld %s)", (long long)n,
                ms ? (n == 1 ? units[i].one : units[i].many) : (n == 1 ? sizes[i].one : sizes[i].many));
        return;
    }
}

static void markdown_row(FILE *out, const struct config_key *key, const char *prefix)
{
    fprintf(out, "| `%s%s`", prefix, key->name);
    if (key->type == KEY_SECRET)
        fprintf(out, "<br>`%s%s.file`", prefix, key->name);
    fprintf(out, " | %s | ", type_name(key));
    markdown_default(out, key);
    fputs(" | ", out);
    markdown_bounds(out, key);
    fprintf(out, " | %s |\n", key->help);
}

static void markdown_section(FILE *out, const char *title)
{
    fprintf(out, "\n## %s\n\n| Key | Type | Default | Bounds | Meaning |\n|---|---|---|---|---|\n", title);
}

static void markdown_checks(FILE *out)
{
    static const struct {
        const char *keys, *text;
    } checks[] = {
#define X(holds, keys, text) {keys, text},
        CONFIG_CHECK_TABLE(X)
#undef X
    };

    fputs("\n## What must fit together\n\nChecked at start; a contradiction is an error that shows the "
          "values and where "
          "they come from.\n\n| Keys | Rule |\n|---|---|\n",
          out);
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        fputs("| `", out);
        for (const char *c = checks[i].keys; *c; c++)
            *c == ',' ? fputs("`, `", out) : fputc(*c, out);
        fprintf(out, "` | %s |\n", checks[i].text);
    }
}

static const char intro[] =
    "# Configuration\n\n"
    "<!-- Generated by `catalog-worker --print-config-markdown`; do not edit. -->\n\n"
    "Every key has one row here, from the same table that the programs read. Sources, each over the one "
    "before:\n\n"
    "1. the default;\n"
    "2. a `.properties` file named by `--config`: `key=value` lines in UTF-8, `#` or `!` starts a comment "
    "line, values "
    "are taken as they stand (no escapes, no continuation lines), a key stands once;\n"
    "3. the environment: `" CONFIG_ENV_PREFIX
    "` and the key in upper case, dots (and hyphens) as underscores: "
    "`" CONFIG_ENV_PREFIX "CALL_TIMEOUT_MS`;\n"
    "4. `--set key=value` on the command line (not for secrets: other users of a machine can read command "
    "lines).\n\n"
    "Durations are whole milliseconds and their keys end in `.ms`; sizes are bytes and end in `.bytes`. An "
    "unknown key, a "
    "value out of bounds or settings that contradict each other end the program with exit code 2 and name "
    "every mistake "
    "at once. `catalog-worker --print-config` shows what is in force and where each value comes from.\n\n"
    "A secret is given as such, or better by its `.file` twin: the file holds the secret alone, white space "
    "around it is "
    "cut off, and it is read again when it changes. Of the two, the one from the heavier source counts. "
    "Secrets are shown "
    "nowhere: `" CONFIG_MASK "` stands for them.\n\n"
    "Any other `kafka.*` key goes to librdkafka without its prefix: `kafka.security.protocol=sasl_ssl`.\n";

static const char catalogs_text[] =
    "\n`catalog.*` configures the catalog named `default`, which events "
    "without a `catalog` mean. More catalogs have a name "
    "(1 to 32 letters, digits, `-`, `_`) and the same keys under "
    "`catalogs.<name>.`: `catalogs.outlet.id=42`. What such a "
    "catalog does not set it takes from `catalog.*`, all but its id and its topics; "
    "`catalogs.default.*` is `catalog.*`. In the "
    "environment: `" CONFIG_ENV_PREFIX "CATALOGS_OUTLET_ID`.\n";

void config_print_markdown(FILE *out)
{
    fputs(intro, out);
    for (size_t i = 0; i < CONFIG_GLOBAL_ROWS; i++) {
        if (config_global_keys[i].type == KEY_SECTION)
            markdown_section(out, config_global_keys[i].name);
        else
            markdown_row(out, &config_global_keys[i], "");
    }
    markdown_section(out, "Catalogs");
    for (size_t i = 0; i < CONFIG_CATALOG_ROWS; i++)
        markdown_row(out, &config_catalog_keys[i], "catalog.");
    fputs(catalogs_text, out);
    markdown_checks(out);
}
