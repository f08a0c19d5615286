#include "query.h"

#include "html.h"

#include "common/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In the order of the form. */
static const char *const names[] = {"key", "class",   "reason", "code",  "subcode", "fingerprint", "product",
                                    "sku", "catalog", "since",  "until", "replays", "text"};

bool query_is_filter(const char *name)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
        return (c | 0x20) - 'a' + 10;
    return -1;
}

/* Decodes text[*at..] up to one of the stops into *to, which is at or before *at. False: broken. */
static bool decode(char *text, size_t len, size_t *at, char **to, const char *stops)
{
    while (*at < len && !strchr(stops, text[*at])) {
        char c = text[(*at)++];

        if (c == '+') {
            c = ' ';
        } else if (c == '%') {
            int high = *at + 1 < len ? digit(text[*at]) : -1, low = high < 0 ? -1 : digit(text[*at + 1]);

            if (low < 0 || (high == 0 && low == 0))
                return false;
            c = (char)(high * 16 + low);
            *at += 2;
        }
        *(*to)++ = c;
    }
    return true;
}

static bool is_text(const char *text)
{
    return utf8_valid_up_to(text, strlen(text)) == strlen(text);
}

/* One pair. In place: what is decoded is never longer, and there is room for each NUL where a sign stood. */
static bool read_pair(struct query *query, size_t len, size_t *at, char **to, char *why)
{
    struct query_pair *pair = &query->pairs[query->count];

    pair->name = *to;
    if (!decode(query->text, len, at, to, "=&"))
        return snprintf(why, QUERY_WHY_SIZE, "the address has a broken percent-escape"), false;
    if (*at < len && query->text[*at] == '=') {
        (*at)++;
        *(*to)++ = '\0';
        pair->value = *to;
        if (!decode(query->text, len, at, to, "&"))
            return snprintf(why, QUERY_WHY_SIZE, "the address has a broken percent-escape"), false;
    } else {
        pair->value = "";
    }
    (*at)++; /* the sign &, or the end */
    *(*to)++ = '\0';
    if (!is_text(pair->name) || !is_text(pair->value))
        return snprintf(why, QUERY_WHY_SIZE, "the address holds bytes that are no UTF-8"), false;
    query->count += pair->name[0] != '\0';
    return true;
}

bool query_read(struct query *query, const char *text, size_t len, char why[QUERY_WHY_SIZE])
{
    size_t at = 0;
    char *to;

    *query = (struct query){.count = 0};
    if (memchr(text, 0, len))
        return snprintf(why, QUERY_WHY_SIZE, "the address holds a NUL"), false;
    query->text = malloc(len + 1);
    if (!query->text)
        return snprintf(why, QUERY_WHY_SIZE, "no memory"), false;
    memcpy(query->text, text, len);
    query->text[len] = '\0';
    to = query->text;
    while (at < len) {
        if (query->count == QUERY_PAIRS_MAX)
            return snprintf(why, QUERY_WHY_SIZE, "more than %d values at once", QUERY_PAIRS_MAX), false;
        if (!read_pair(query, len, &at, &to, why))
            return false;
    }
    return true;
}

void query_free(struct query *query)
{
    free(query->text);
    *query = (struct query){.count = 0};
}

const char *query_get(const struct query *query, const char *name)
{
    for (size_t i = 0; i < query->count; i++)
        if (strcmp(query->pairs[i].name, name) == 0 && query->pairs[i].value[0])
            return query->pairs[i].value;
    return NULL;
}

int64_t query_number(const struct query *query, const char *name, int64_t min, int64_t max, int64_t fallback)
{
    const char *text = query_get(query, name);
    char *end;
    long long n;

    if (!text || text[0] < '0' || text[0] > '9')
        return fallback;
    n = strtoll(text, &end, 10);
    return *end || n < min || n > max ? fallback : n;
}

static bool is_in(const char *const *list, const char *name)
{
    for (; *list; list++)
        if (strcmp(*list, name) == 0)
            return true;
    return false;
}

/* 1: taken; 0: no filter; -1: a bad value. */
static int take(struct filter *filter, const struct query_pair *pair, int64_t now_ms, char *why)
{
    char text[FILTER_WHY_SIZE];
    int rc;

    if (strcmp(pair->name, "key") == 0) {
        filter->keys[filter->key_count++] = pair->value; /* fewer pairs than a filter has keys */
        return 1;
    }
    rc = filter_option(filter, pair->name, pair->value, now_ms, text);
    if (rc < 0)
        snprintf(why, QUERY_WHY_SIZE, "%s", text + strspn(text, "-"));
    return rc;
}

_Static_assert((int)QUERY_PAIRS_MAX <= (int)FILTER_KEYS_MAX, "every pair may be a key");

bool query_filter(const struct query *query, const char *const *others, int64_t now_ms, struct filter *filter,
                  char why[QUERY_WHY_SIZE])
{
    *filter = (struct filter){.key_count = 0};
    for (size_t i = 0; i < query->count; i++) {
        const struct query_pair *pair = &query->pairs[i];
        int rc;

        if (is_in(others, pair->name) || (query_is_filter(pair->name) && !pair->value[0]))
            continue;
        rc = take(filter, pair, now_ms, why);
        if (rc == 0)
            snprintf(why, QUERY_WHY_SIZE, "%.60s: there is no such filter", pair->name);
        if (rc <= 0)
            return false;
    }
    return true;
}

static void put(struct sbuf *out, bool *first, const char *name, const char *value)
{
    sbuf_puts(out, *first ? "?" : "&amp;");
    sbuf_printf(out, "%s=", name);
    sbuf_put_percent(out, value, strlen(value));
    *first = false;
}

void query_link(struct sbuf *out, const char *path, const struct query *query, const char *name,
                const char *value)
{
    bool first = true;

    sbuf_puts(out, path);
    for (size_t i = 0; i < query->count; i++) {
        const struct query_pair *pair = &query->pairs[i];

        if (query_is_filter(pair->name) && pair->value[0] && !(name && strcmp(pair->name, name) == 0))
            put(out, &first, pair->name, pair->value);
    }
    if (name && value)
        put(out, &first, name, value);
}

void query_fields(struct sbuf *out, const struct query *query)
{
    for (size_t i = 0; i < query->count; i++) {
        const struct query_pair *pair = &query->pairs[i];

        if (!query_is_filter(pair->name) || !pair->value[0])
            continue;
        sbuf_printf(out, "<input type=\"hidden\" name=\"%s\" value=\"", pair->name);
        html_value(out, pair->value);
        sbuf_puts(out, "\">");
    }
}
