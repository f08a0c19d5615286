/* What the parts of the configuration share; for common/config*.c only. */
#ifndef COMMON_CONFIG_PARTS_H
#define COMMON_CONFIG_PARTS_H

#include "common/config.h"
#include "common/sbuf.h"

enum config_type {
    KEY_SECTION,
    KEY_STR,
    KEY_LIST,
    KEY_URL,
    KEY_INT,
    KEY_MS,
    KEY_BYTES,
    KEY_BOOL,
    KEY_ENUM,
    KEY_SECRET
};

/* A row of the table. A section has a name only. */
struct config_key {
    const char *name;
    enum config_type type;
    size_t offset; /* of the field in struct config, or in struct config_catalog */
    const char *fallback;
    int64_t min, max;
    const char *unit; /* of a number; the choices of an ENUM */
    const char *help;
};

#define CONFIG_ONE_(...)         +1 /* NOLINT(bugprone-macro-parentheses): a sum of ones */
#define CONFIG_ONE_SECTION_(...) +1 /* NOLINT(bugprone-macro-parentheses) */
enum {
    CONFIG_GLOBAL_ROWS = 0 CONFIG_GLOBAL_TABLE(CONFIG_ONE_, CONFIG_ONE_SECTION_),
    CONFIG_CATALOG_ROWS = 0 CONFIG_CATALOG_TABLE(CONFIG_ONE_),
    CONFIG_KEY_MAX_BYTES = 128,
    CONFIG_VALUE_MAX_BYTES = 8192,
    CONFIG_ERRORS_MAX = 20,
};

extern const struct config_key config_global_keys[CONFIG_GLOBAL_ROWS];
extern const struct config_key config_catalog_keys[CONFIG_CATALOG_ROWS];

enum config_from { FROM_DEFAULT, FROM_FILE, FROM_ENV, FROM_SET };

/* A value as it was given, before it is understood. */
struct config_raw {
    char *value; /* owned; NULL: not given */
    char *place; /* owned: file:line, the variable's name, or --set */
    enum config_from from;
    int line;
};

/* Two slots a key: the value, and the `.file` twin of a secret. */
struct config_raw_catalog {
    char name[CONFIG_CATALOG_NAME_MAX + 1];
    struct config_raw keys[CONFIG_CATALOG_ROWS][2];
};

/* catalogs[0] is the one named default, given or not. */
struct config_origin {
    struct config_raw globals[CONFIG_GLOBAL_ROWS][2];
    struct config_raw_catalog catalogs[CONFIG_CATALOGS_MAX + 1];
    size_t catalog_count;
    struct config_raw kafka[CONFIG_KAFKA_MAX];
    char *kafka_names[CONFIG_KAFKA_MAX]; /* owned, without the prefix */
    size_t kafka_count;
};

struct config_loader {
    struct config *config;
    struct config_origin *raw;
    struct sbuf errors;
    int error_count;
};

/* Adds one mistake; too many are only counted. */
void config_mistake(struct config_loader *l, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same about one value: `key=value (place): ` and the text. A secret's value is masked. */
void config_mistake_at(struct config_loader *l, const char *key, const struct config_raw *raw, bool secret,
                       const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Where a value comes from, in words: "default" where it was not given. */
const char *config_place(const struct config_raw *raw);

/* Keeps what one source says of one key; what the key should be is found out here, unknown ones are mistakes.
 */
void config_give(struct config_loader *l, const char *key, const char *value, enum config_from from, int line,
                 const char *place);

/* Reads the sources into the raw values, in rising order of weight. */
void config_read_file(struct config_loader *l, const char *path);
void config_read_env(struct config_loader *l, const char *const *env);
void config_read_sets(struct config_loader *l, const char *const *sets, size_t count);

/* The slot of a catalog by name, made where it is new; NULL (and a mistake) where there are too many or the
 * name is bad. */
struct config_raw_catalog *config_raw_catalog(struct config_loader *l, const char *name, const char *place);

/* The key's row, and whether the name is that of the `.file` twin. NULL: there is no such key. */
const struct config_key *config_find(const struct config_key *keys, size_t count, const char *name,
                                     bool *twin);

/* The known name nearest to a wrong one (given as in a file), or NULL where none is near. */
const char *config_nearest(const char *name);

/* Understands `text` as a value of the key and puts it into *field (owned texts). False with what is wrong
 * and the mend in `why`; then *field is as it was. SECRETs are not handled here. */
bool config_parse(const struct config_key *key, const char *text, void *field, char *why, size_t why_bytes);
void config_release(const struct config_key *key, void *field);

/* Sets a secret from its value or from its file, and registers it. False with `why`. */
bool config_secret_open(struct config_secret *secret, const char *value, const char *file, char *why,
                        size_t why_bytes);
void config_secret_close(struct config_secret *secret);

/* True for `kafka.*` names whose values are never shown. */
bool config_kafka_is_secret(const char *name);

/* The environment variable of a key: CATALOG_SYNC_CALL_TIMEOUT_MS. */
void config_env_name(const char *key, char *out, size_t out_bytes);

/* Whether a catalog takes what it does not say of this key from `catalog.*`. */
bool config_inherits(const struct config_key *key);

/* The full name of a catalog's key, such as catalogs.outlet.topic.events, in out. */
const char *config_catalog_key(const struct config_catalog *catalog, const char *suffix, char *out,
                               size_t out_bytes);

/* config_shadow.c: with catalog.mode=plan-only, adds CONFIG_SHADOW_SUFFIX to the names of group, result
 * topic, dead-letter topic and Redis prefix, where it is not there; else refuses names that end in it. So
 * whatever is configured, a real and a plan-only worker never read or write each other's. */
void config_shadow_names(struct config_loader *l);

/* config_topics.c: every topic has one use, every catalog has a topic, and there are not too many. */
void config_check_topics(struct config_loader *l);

/* Contradictions, required keys, names that clash: all that concerns more than one value. */
void config_check(struct config_loader *l, unsigned needs);

#endif
