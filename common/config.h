/* The configuration (design.md section 5): one table of keys (common/config_table.h), read from, in rising
 * order of weight: the defaults, a `.properties` file, the environment (CATALOG_SYNC_ and the key in upper
 * case, dots as underscores), and
 * --set key=value. Every mistake found is reported at once, each with key, value, bound, source and the mend.
 */
#ifndef COMMON_CONFIG_H
#define COMMON_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/config_table.h"

#define CONFIG_CATALOGS_MAX     32
#define CONFIG_CATALOG_NAME_MAX 32 /* bytes of a catalog's name: letters, digits, '-' and '_' */
#define CONFIG_LIST_MAX         64
#define CONFIG_KAFKA_MAX        128
#define CONFIG_TOPICS_MAX       64 /* of events, all together: as many as the worker's core takes */
#define CONFIG_FILE_MAX_BYTES   1048576
#define CONFIG_SECRET_MAX_BYTES 4096
#define CONFIG_MASK             "********"
#define CONFIG_SHADOW_SUFFIX    ".shadow" /* of the names that plan-only workers write under */
#define CONFIG_ENV_PREFIX       "CATALOG_SYNC_"

struct config_list {
    size_t count;
    char *items[CONFIG_LIST_MAX]; /* owned, never empty */
};

/* A value that is never shown. Either given as such, or read from `file` (surrounding white space cut off).
 */
struct config_secret {
    char *value; /* owned; NULL: not set */
    char *file;  /* owned; NULL: not from a file */
    /* what the file looked like when it was read, to see that it changed */
    int64_t file_mtime_ns, file_size;
    uint64_t file_inode;
};

/* The C type of each type in the table. ENUM is the index of the choice, in the table's order. */
#define CONFIG_C_STR    char *
#define CONFIG_C_URL    char *
#define CONFIG_C_LIST   struct config_list
#define CONFIG_C_INT    int64_t
#define CONFIG_C_MS     int64_t
#define CONFIG_C_BYTES  int64_t
#define CONFIG_C_BOOL   bool
#define CONFIG_C_ENUM   int
#define CONFIG_C_SECRET struct config_secret

#define CONFIG_FIELD_(field, key, type, fallback, min, max, unit, help) CONFIG_C_##type field;
#define CONFIG_NO_SECTION_(title)

struct config_catalog {
    char name[CONFIG_CATALOG_NAME_MAX + 1];
    CONFIG_CATALOG_TABLE(CONFIG_FIELD_)
};

/* One `kafka.*` setting, without the prefix, for librdkafka. */
struct config_kafka {
    char *name, *value; /* owned */
    bool secret;        /* never shown */
};

struct config_origin;

/* Everything owned; texts are never NULL (empty where not set), except a secret's. */
struct config {
    CONFIG_GLOBAL_TABLE(CONFIG_FIELD_, CONFIG_NO_SECTION_)
    size_t catalog_count; /* catalogs[0] is the one named default, where there is one */
    struct config_catalog catalogs[CONFIG_CATALOGS_MAX];
    size_t kafka_count; /* kafka.bootstrap.servers and kafka.group.id included */
    struct config_kafka kafka[CONFIG_KAFKA_MAX];
    struct config_origin *origins; /* private: where each value came from */
};

/* The choices of ENUM keys, in the table's order. */
enum config_delivery { CONFIG_AT_LEAST_ONCE, CONFIG_EXACTLY_ONCE };
enum config_mode { CONFIG_MODE_REAL, CONFIG_MODE_PLAN_ONLY };
enum config_inactive { CONFIG_INACTIVE_HIDE, CONFIG_INACTIVE_SKIP, CONFIG_INACTIVE_DELETE };
enum config_unknown_type { CONFIG_UNKNOWN_TYPE_SKIP, CONFIG_UNKNOWN_TYPE_FAIL };
enum config_unknown_fields { CONFIG_UNKNOWN_FIELDS_FAIL, CONFIG_UNKNOWN_FIELDS_IGNORE };
enum config_version_source { CONFIG_VERSION_DATA, CONFIG_VERSION_TIME, CONFIG_VERSION_RECORD };

/* What a program cannot do without; what it does not need may be missing. */
enum { CONFIG_NEEDS_KAFKA = 1u << 0, CONFIG_NEEDS_CATALOG = 1u << 1, CONFIG_NEEDS_TOKEN = 1u << 2 };
#define CONFIG_NEEDS_ALL (CONFIG_NEEDS_KAFKA | CONFIG_NEEDS_CATALOG | CONFIG_NEEDS_TOKEN)

struct config_sources {
    const char *file;        /* path of the .properties file; NULL: none */
    const char *const *env;  /* NAME=value strings ended by NULL, e.g. environ; NULL: no environment */
    const char *const *sets; /* the arguments of --set, in order */
    size_t set_count;
    unsigned needs; /* CONFIG_NEEDS_* */
};

/* Reads and checks everything. On success returns true, and the caller calls config_free later. On failure
 * returns false with all mistakes (20 at most) in `errors`, one a line, each complete in itself; nothing is
 * to be freed. Secrets are registered with redact_add, and shown nowhere. Warnings (tls.verify=false, unknown
 * CATALOG_SYNC_ variables that look like Kubernetes' own) are not errors; see config_warnings. */
bool config_load(struct config *config, const struct config_sources *sources, char *errors,
                 size_t errors_bytes);
void config_free(struct config *config);

/* What should be logged at start although it is allowed: calls `warn` once for each. */
void config_warnings(const struct config *config, void (*warn)(void *arg, const char *text), void *arg);

/* The catalog of that name (NULL or "" means default); NULL where it is not configured. */
const struct config_catalog *config_catalog(const struct config *config, const char *name);

/* A topic of product events. */
struct config_topic {
    const char *name;                     /* the configuration's */
    const struct config_catalog *catalog; /* whose own it is; NULL: shared by all */
    bool bulk;
};

/* All topics of product events: the shared ones, then each catalog's own, each with those of lower weight
 * last. Fills at most CONFIG_TOPICS_MAX; returns how many there are, which a loaded configuration keeps at or
 * below that. */
size_t config_event_topics(const struct config *config, struct config_topic topics[CONFIG_TOPICS_MAX]);

/* A `kafka.*` setting by its name without the prefix; NULL where it is not set. */
const char *config_kafka(const struct config *config, const char *name);

/* Looks whether a secret's file changed since it was read, and reads it. Returns 1 where the value is another
 * now (and registered with redact_add), 0 where nothing changed, -1 where the file cannot be read or is empty
 * (the old value stays; `why` says what is wrong and names the file, never its content). For a secret without
 * file: always 0. */
int config_secret_refresh(struct config_secret *secret, char *why, size_t why_bytes);

/* What is in force, as a .properties file with where each value came from as comment; secrets as CONFIG_MASK.
 */
void config_print(const struct config *config, FILE *out);

/* docs/configuration.md, from the table. */
void config_print_markdown(FILE *out);

/* The name of an ENUM value, e.g. config_enum_name("log.level", config->log_level); "" for an unknown key or
 * value. */
const char *config_enum_name(const char *key, int value);

#endif
