#include "common/jsonmend.h"
#include "common/utf8.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { EXACT_DIGITS = 15 }; /* every integer of so many digits is exact as a double */

static const char replacement[] = "\xef\xbf\xbd";

struct mend {
    const unsigned char *p, *end;
    char *out;
    int depth;
};

static int hex_value(unsigned char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* The code unit of a \uXXXX at p, or -1. */
static int unicode_escape(const unsigned char *p, const unsigned char *end)
{
    int value = 0;

    if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
        return -1;
    for (int i = 2; i < 6; i++) {
        int digit = hex_value(p[i]);
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

static void copy(struct mend *m, size_t len)
{
    memcpy(m->out, m->p, len);
    m->out += len;
    m->p += len;
}

static void replace(struct mend *m, size_t len)
{
    memcpy(m->out, replacement, 3);
    m->out += 3;
    m->p += len;
}

static void mend_escape(struct mend *m)
{
    int unit = unicode_escape(m->p, m->end), next;

    if (unit < 0) { /* an escape of one character, or a broken one that cJSON refuses */
        copy(m, m->end - m->p >= 2 ? 2 : 1);
        return;
    }
    next = unit >= 0xd800 && unit < 0xdc00 ? unicode_escape(m->p + 6, m->end) : -1;
    if (next >= 0xdc00 && next < 0xe000)
        copy(m, 12);
    else if (unit == 0 || (unit >= 0xd800 && unit < 0xe000))
        replace(m, 6);
    else
        copy(m, 6);
}

static void mend_string(struct mend *m)
{
    copy(m, 1);
    while (m->p < m->end && *m->p != '"') {
        size_t len;

        if (*m->p == '\\') {
            mend_escape(m);
        } else if (*m->p == '\0') {
            replace(m, 1);
        } else {
            len = utf8_sequence(m->p, (size_t)(m->end - m->p));
            if (len)
                copy(m, len);
            else
                replace(m, 1);
        }
    }
    if (m->p < m->end)
        copy(m, 1);
}

static void mend_number(struct mend *m)
{
    const unsigned char *start = m->p, *digits = start + (*start == '-');
    const unsigned char *p = digits;
    bool quote;

    while (p < m->end && *p >= '0' && *p <= '9')
        p++;
    quote = p - digits > EXACT_DIGITS && (p == m->end || !strchr(".eE", *p));
    while (p < m->end && *p && strchr("0123456789.eE+-", *p))
        p++;
    if (quote)
        *m->out++ = '"';
    copy(m, (size_t)(p - start));
    if (quote)
        *m->out++ = '"';
}

static bool mend_all(struct mend *m)
{
    while (m->p < m->end) {
        unsigned char c = *m->p;

        if (c == '"') {
            mend_string(m);
        } else if (c == '-' || (c >= '0' && c <= '9')) {
            mend_number(m);
        } else {
            m->depth += (c == '{' || c == '[') - (c == '}' || c == ']');
            if (m->depth > JSONMEND_DEPTH_MAX || c == '\0')
                return false;
            copy(m, 1);
        }
    }
    return true;
}

cJSON *jsonmend_parse(const char *text, size_t len)
{
    struct mend m = {.p = (const unsigned char *)text, .end = (const unsigned char *)text + len};
    cJSON *json = NULL;
    char *mended;

    while (m.p < m.end && m.end[-1] && strchr(" \t\r\n", m.end[-1]))
        m.end--;
    if (m.p == m.end)
        return NULL;
    mended = malloc(len * 3 + 1); /* worst case: every byte becomes U+FFFD */
    if (!mended)
        return NULL;
    m.out = mended;
    if (mend_all(&m)) {
        const char *stopped = NULL;

        *m.out = '\0';
        json = cJSON_ParseWithLengthOpts(mended, (size_t)(m.out - mended), &stopped, 0);
        if (json && stopped != m.out) {
            cJSON_Delete(json);
            json = NULL;
        }
    }
    free(mended);
    return json;
}

const char *jsonmend_string(const cJSON *object, const char *name)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);

    return cJSON_IsString(member) && member->valuestring[0] ? member->valuestring : NULL;
}

long long jsonmend_integer(const cJSON *object, const char *name, long long min, long long max,
                           long long fallback)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);
    long long value;

    if (cJSON_IsNumber(member)) {
        double number = member->valuedouble;

        if (!(number >= -9e15 && number <= 9e15) || number != (double)(long long)number)
            return fallback;
        value = (long long)number;
    } else if (cJSON_IsString(member) && member->valuestring[0]) {
        char *end;

        errno = 0;
        value = strtoll(member->valuestring, &end, 10);
        if (*end || errno || strchr(" \t\n+", member->valuestring[0]))
            return fallback;
    } else {
        return fallback;
    }
    return value >= min && value <= max ? value : fallback;
}
