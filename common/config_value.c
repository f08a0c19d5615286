#include "common/config_parts.h"
#include "common/url.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct why {
    char *text;
    size_t bytes;
};

static bool wrong(struct why why, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool wrong(struct why why, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(why.text, why.bytes, format, args);
    va_end(args);
    return false;
}

static bool parse_number(const struct config_key *key, const char *text, int64_t *out, struct why why)
{
    const char *unit = key->type == KEY_MS ? "milliseconds" : key->type == KEY_BYTES ? "bytes" : key->unit;
    char *end;
    long long value;

    errno = 0;
    value = strtoll(text, &end, 10);
    if (*text == '\0' || *end != '\0' || *text == ' ' || *text == '+')
        return wrong(why, "is no whole number of %s: write digits only, such as %s", unit, key->fallback);
    if (errno || value < key->min)
        return wrong(why, "is %s: take %lld to %lld %s", errno && value > 0 ? "too large" : "too small",
                     (long long)key->min, (long long)key->max, unit);
    if (value > key->max)
        return wrong(why, "is too large: take %lld to %lld %s", (long long)key->min, (long long)key->max,
                     unit);
    *out = value;
    return true;
}

static bool parse_enum(const struct config_key *key, const char *text, int *out, struct why why)
{
    const char *choice = key->unit;

    for (int i = 0; *choice; i++) {
        size_t len = strcspn(choice, "|");

        if (strlen(text) == len && memcmp(choice, text, len) == 0) {
            *out = i;
            return true;
        }
        choice += len + (choice[len] == '|');
    }
    return wrong(why, "is none of its choices: take one of %s", key->unit);
}

static bool parse_bool(const char *text, bool *out, struct why why)
{
    *out = strcmp(text, "true") == 0;
    return *out || strcmp(text, "false") == 0 || wrong(why, "is neither true nor false: write one of them");
}

static bool only(const char *text, const char *allowed)
{
    return text[strspn(text, allowed)] == '\0';
}

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS  "0123456789"

static bool is_port(const char *text)
{
    long port = only(text, DIGITS) && *text && strlen(text) <= 5 ? strtol(text, NULL, 10) : -1;

    return port >= 0 && port <= 65535;
}

/* Topic names as Kafka takes them. */
static bool check_topic(const char *text, struct why why)
{
    if (strlen(text) > 249 || !only(text, LETTERS DIGITS "._-") || strcmp(text, ".") == 0 ||
        strcmp(text, "..") == 0)
        return wrong(why, "is no topic name: use at most 249 letters, digits, '.', '_' and '-'");
    return true;
}

static bool check_listen(const char *text, struct why why)
{
    const char *colon = strrchr(text, ':');

    if (*text && (!colon || !is_port(colon + 1)))
        return wrong(why, "is no address to listen on: write host:port or :port, such as 127.0.0.1:9464");
    return true;
}

static bool check_version(const char *text, struct why why)
{
    size_t major = text[0] == 'v' ? strspn(text + 1, DIGITS) : 0;
    const char *minor = text + 1 + major;

    if (major == 0 || major > 3 || minor[0] != '.' || minor[1] == '\0' || !only(minor + 1, DIGITS))
        return wrong(why, "is no version of the API: write it as v25.0");
    return true;
}

static bool check_currency(const char *text, struct why why)
{
    if (*text && (strlen(text) != 3 || !only(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")))
        return wrong(why, "is no currency code: write three capital letters, such as USD");
    return true;
}

static bool check_readable(const char *text, struct why why)
{
    if (*text && access(text, R_OK) != 0)
        return wrong(why, "cannot be read (%s): name a PEM file that this process may read", strerror(errno));
    return true;
}

/* What a text must look like beyond its length. */
static bool check_text(const char *key, const char *text, struct why why)
{
    if (strncmp(key, "topic.", 6) == 0)
        return check_topic(text, why);
    if (strcmp(key, "admin.listen") == 0)
        return check_listen(text, why);
    if (strcmp(key, "api.version") == 0)
        return check_version(text, why);
    if (strcmp(key, "default.currency") == 0)
        return check_currency(text, why);
    if (strcmp(key, "tls.ca.file") == 0)
        return check_readable(text, why);
    if (strcmp(key, "id") == 0 && !only(text, DIGITS))
        return wrong(why, "is no catalog id: it has digits only");
    if (strcmp(key, "redis.prefix") == 0 && !only(text, LETTERS DIGITS "._-"))
        return wrong(why, "is no key prefix: use letters, digits, '.', '_' and '-'");
    return true;
}

static bool check_length(const struct config_key *key, const char *text, struct why why)
{
    size_t len = strlen(text);

    if (len > (size_t)key->max)
        return wrong(why, "is too long: take at most %lld bytes", (long long)key->max);
    if (len < (size_t)key->min && key->fallback[0])
        return len == 0 ? wrong(why, "must not be empty: its default is %s", key->fallback)
                        : wrong(why, "is too short: take at least %lld bytes", (long long)key->min);
    return true;
}

static bool check_url(const char *key, const char *text, struct why why)
{
    if (*text == '\0')
        return true;
    if (strcmp(key, "redis.url") == 0) {
        const char *host = strncmp(text, "redis://", 8) == 0    ? text + 8
                           : strncmp(text, "rediss://", 9) == 0 ? text + 9
                                                                : NULL;
        if (!host || !*host || strpbrk(text, " \t"))
            return wrong(why, "is no Redis URL: write redis://host:port/database, or rediss:// for TLS");
        return true;
    }
    if (url_check(text, strlen(text)) != URL_OK)
        return wrong(why, "is no URL that can be used: it %s", url_fault_text(url_check(text, strlen(text))));
    if (strcmp(key, "base.url") == 0 && strpbrk(text, "?#"))
        return wrong(
            why, "is no URL that can be used: it must end before any ? or #, since paths are appended to it");
    return true;
}

static bool set_text(const char *text, char **out, struct why why)
{
    char *copy = strdup(text);

    if (!copy)
        return wrong(why, "cannot be kept: out of memory");
    *out = copy;
    return true;
}

static void free_list(struct config_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    list->count = 0;
}

static bool add_item(struct config_list *list, const char *key, const char *start, size_t len, struct why why)
{
    char *item;

    if (list->count == CONFIG_LIST_MAX)
        return wrong(why, "has too many entries: take at most %d", CONFIG_LIST_MAX);
    item = strndup(start, len);
    if (!item)
        return wrong(why, "cannot be kept: out of memory");
    list->items[list->count++] = item;
    return check_text(key, item, why);
}

static bool parse_list(const struct config_key *key, const char *text, struct config_list *out,
                       struct why why)
{
    struct config_list list = {0};

    while (*text) {
        size_t len = strcspn(text, ","), end = len, start = strspn(text, " \t");

        while (end > start && strchr(" \t", text[end - 1]))
            end--;
        if (start >= end) {
            free_list(&list);
            return wrong(why, "has an empty entry: put one comma between two names and none at the end");
        }
        if (!add_item(&list, key->name, text + start, end - start, why)) {
            free_list(&list);
            return false;
        }
        text += len;
        if (*text == ',' && *++text == '\0') {
            free_list(&list);
            return wrong(why, "ends in a comma: put one comma between two names and none at the end");
        }
    }
    *out = list;
    return true;
}

static bool has_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return true;
    return false;
}

bool config_parse(const struct config_key *key, const char *text, void *field, char *why_text,
                  size_t why_bytes)
{
    struct why why = {why_text, why_bytes};

    if (has_control(text))
        return wrong(why, "holds a control character: remove it");
    switch (key->type) {
    case KEY_INT:
    case KEY_MS:
    case KEY_BYTES: return parse_number(key, text, field, why);
    case KEY_BOOL: return parse_bool(text, field, why);
    case KEY_ENUM: return parse_enum(key, text, field, why);
    case KEY_STR:
        return check_length(key, text, why) && (!*text || check_text(key->name, text, why)) &&
               set_text(text, field, why);
    case KEY_URL:
        return check_length(key, text, why) && check_url(key->name, text, why) && set_text(text, field, why);
    case KEY_LIST: return check_length(key, text, why) && parse_list(key, text, field, why);
    case KEY_SECTION:
    case KEY_SECRET: break;
    }
    return wrong(why, "cannot be set like this");
}

void config_release(const struct config_key *key, void *field)
{
    switch (key->type) {
    case KEY_STR:
    case KEY_URL: free(*(char **)field); break;
    case KEY_LIST: free_list(field); break;
    case KEY_SECRET: config_secret_close(field); break;
    default: break;
    }
}
