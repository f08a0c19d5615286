#include "common/redact.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* A secret in one of its written forms. */
struct form {
    char *text; /* owned */
    size_t len;
};

enum { FORMS = 3 }; /* plain, JSON-escaped, percent-encoded */

struct secret {
    struct form forms[FORMS]; /* an equal form is left empty */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct secret secrets[REDACT_SECRETS_MAX];
static size_t secret_count;

static void forget(struct secret *secret)
{
    for (int i = 0; i < FORMS; i++) {
        if (secret->forms[i].text)
            explicit_bzero(secret->forms[i].text, secret->forms[i].len);
        free(secret->forms[i].text);
    }
    memset(secret, 0, sizeof(*secret));
}

static char *escape_json(const char *text)
{
    static const char hex[] = "0123456789abcdef";
    char *out = malloc(strlen(text) * 6 + 1), *p = out;

    if (!out)
        return NULL;
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c == '"' || *c == '\\') {
            *p++ = '\\';
            *p++ = (char)*c;
        } else if (*c < 0x20) {
            memcpy(p, "\\u00", 4);
            p[4] = hex[*c >> 4];
            p[5] = hex[*c & 15];
            p += 6;
        } else {
            *p++ = (char)*c;
        }
    }
    *p = '\0';
    return out;
}

static char *escape_percent(const char *text)
{
    static const char hex[] = "0123456789ABCDEF";
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    char *out = malloc(strlen(text) * 3 + 1), *p = out;

    if (!out)
        return NULL;
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (strchr(plain, *c)) {
            *p++ = (char)*c;
        } else {
            *p++ = '%';
            *p++ = hex[*c >> 4];
            *p++ = hex[*c & 15];
        }
    }
    *p = '\0';
    return out;
}

/* Keeps `text` (taken over) as a form, unless it is equal to the plain one. */
static void set_form(struct secret *secret, int index, char *text)
{
    if (text && index > 0 && strcmp(text, secret->forms[0].text) == 0) {
        free(text);
        text = NULL;
    }
    secret->forms[index].text = text;
    secret->forms[index].len = text ? strlen(text) : 0;
}

static bool known(const char *text)
{
    for (size_t i = 0; i < secret_count; i++)
        if (strcmp(secrets[i].forms[0].text, text) == 0)
            return true;
    return false;
}

bool redact_add(const char *text)
{
    size_t len = text ? strlen(text) : 0;
    struct secret *secret;
    char *plain;

    if (len < REDACT_SECRET_MIN_BYTES || len > REDACT_SECRET_MAX_BYTES)
        return false;
    plain = strdup(text);
    if (!plain)
        return false;
    pthread_mutex_lock(&lock);
    if (known(text)) {
        free(plain);
    } else {
        if (secret_count == REDACT_SECRETS_MAX) {
            forget(&secrets[0]);
            memmove(&secrets[0], &secrets[1], sizeof(secrets) - sizeof(secrets[0]));
            memset(&secrets[REDACT_SECRETS_MAX - 1], 0, sizeof(secrets[0]));
            secret_count--;
        }
        secret = &secrets[secret_count++];
        set_form(secret, 0, plain);
        set_form(secret, 1, escape_json(text));
        set_form(secret, 2, escape_percent(text));
    }
    pthread_mutex_unlock(&lock);
    return true;
}

void redact_clear(void)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < secret_count; i++)
        forget(&secrets[i]);
    secret_count = 0;
    pthread_mutex_unlock(&lock);
}

static size_t mask_form(char *text, size_t len, const struct form *form)
{
    size_t mask = form->len < sizeof(REDACT_MASK) - 1 ? form->len : sizeof(REDACT_MASK) - 1;
    char *from = text, *at;

    while (form->text && (at = memmem(from, len - (size_t)(from - text), form->text, form->len))) {
        size_t rest = len - (size_t)(at - text) - form->len;

        memset(at, '*', mask);
        memmove(at + mask, at + form->len, rest);
        len -= form->len - mask;
        from = at + mask;
    }
    return len;
}

size_t redact_bytes(char *text, size_t len)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < secret_count; i++)
        for (int j = 0; j < FORMS; j++)
            len = mask_form(text, len, &secrets[i].forms[j]);
    pthread_mutex_unlock(&lock);
    return len;
}

void redact_text(char *text)
{
    if (text)
        text[redact_bytes(text, strlen(text))] = '\0';
}

/* The start of a form that lies across `cut`, or `cut` itself: it starts before the cut and ends after it. */
static size_t before_form(const char *text, size_t len, size_t cut, const struct form *form)
{
    size_t start = cut >= form->len ? cut - form->len + 1 : 0;
    size_t end = cut + form->len - 1 < len ? cut + form->len - 1 : len;
    const char *at = memmem(text + start, end - start, form->text, form->len);

    return at ? (size_t)(at - text) : cut;
}

size_t redact_cut(const char *text, size_t len, size_t cap)
{
    size_t cut = cap, last;

    if (len <= cap)
        return len;
    pthread_mutex_lock(&lock);
    do { /* moving the cut for one secret may bring it into another */
        last = cut;
        for (size_t i = 0; i < secret_count * FORMS; i++)
            if (secrets[i / FORMS].forms[i % FORMS].text && cut > 0)
                cut = before_form(text, len, cut, &secrets[i / FORMS].forms[i % FORMS]);
    } while (cut != last);
    pthread_mutex_unlock(&lock);
    return cut;
}
