/* Where in a text that passed the scan a value stands: for messages that name the byte. Slow and simple; only
 * for what is refused. */
#include "common/jsonscan.h"

#include <string.h>

struct walk {
    const char *at, *end;
};

static void skip_space(struct walk *w)
{
    while (w->at < w->end && memchr(" \n\r\t", *w->at, 4))
        w->at++;
}

/* Moves behind a string; at stands on its quote. */
static void skip_string(struct walk *w)
{
    for (w->at++; w->at < w->end && *w->at != '"'; w->at++)
        w->at += *w->at == '\\';
    w->at++;
}

/* Moves behind a value of any kind: to the comma or bracket that ends it, those inside of it left out. */
static void skip_value(struct walk *w)
{
    unsigned depth = 0;

    while (w->at < w->end) {
        char c = *w->at;

        if (c == '"') {
            skip_string(w);
            continue;
        }
        if (c == '{' || c == '[')
            depth++;
        else if (depth == 0 && (c == ',' || c == '}' || c == ']'))
            return;
        else if (c == '}' || c == ']')
            depth--;
        w->at++;
    }
}

/* Moves to the value of a member; len bytes of name as they stand in the text. False: there is none. */
static bool enter_member(struct walk *w, const char *name, size_t len)
{
    if (w->at >= w->end || *w->at != '{')
        return false;
    do {
        const char *key;
        bool same;

        w->at++; /* the brace, or a comma */
        skip_space(w);
        if (w->at >= w->end || *w->at != '"')
            return false; /* an empty object */
        key = w->at + 1;
        skip_string(w);
        same = (size_t)(w->at - 1 - key) == len && memcmp(key, name, len) == 0;
        skip_space(w);
        w->at++; /* the colon */
        skip_space(w);
        if (same)
            return true;
        skip_value(w);
    } while (w->at < w->end && *w->at == ',');
    return false;
}

static bool enter_index(struct walk *w, unsigned long index)
{
    if (w->at >= w->end || *w->at != '[')
        return false;
    for (w->at++; index > 0; index--) {
        skip_value(w);
        if (w->at >= w->end || *w->at != ',')
            return false;
        w->at++;
    }
    skip_space(w);
    return w->at < w->end && *w->at != ']';
}

size_t jsonscan_find(const void *text, size_t len, const char *path)
{
    struct walk w = {text, (const char *)text + len};

    skip_space(&w);
    while (*path) {
        size_t part = strcspn(path, ".[");

        if (*path == '[') {
            unsigned long index = 0;

            for (path++; *path >= '0' && *path <= '9' && index < JSONSCAN_INDEX_MAX; path++)
                index = index * 10 + (unsigned long)(*path - '0');
            if (*path++ != ']' || !enter_index(&w, index))
                return SIZE_MAX;
        } else if (!enter_member(&w, path, part)) {
            return SIZE_MAX;
        } else {
            path += part;
        }
        path += *path == '.';
    }
    return w.at < w.end ? (size_t)(w.at - (const char *)text) : SIZE_MAX;
}
