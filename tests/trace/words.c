/* Lines into words, names into numbers. */
#include "tests/trace/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char names[TRACE_NAMES_MAX][TRACE_NAME_BYTES];
static uint32_t names_count;

_Noreturn void trace_fail(const struct words *words, const char *what, const char *which)
{
    fprintf(stderr, "%s:%d: %s: '%s' (tests/trace/README.md lists the words)\n", words->file, words->line,
            what, which);
    exit(2);
}

void words_cut(struct words *words, const char *file, int line, char *text)
{
    char *rest = text, *word;

    *words = (struct words){.file = file, .line = line};
    while ((word = strsep(&rest, " \t")) != NULL) {
        if (*word == '\0')
            continue;
        if (words->count == TRACE_WORDS_MAX)
            trace_fail(words, "too many words in a line, from", word);
        words->word[words->count++] = word;
    }
}

const char *words_take(struct words *words, const char *what)
{
    if (words->next == words->count)
        trace_fail(words, "the line ends where a word is expected", what);
    words->used[words->next] = true;
    return words->word[words->next++];
}

bool words_flag(struct words *words, const char *flag)
{
    for (uint32_t i = words->next; i < words->count; i++) {
        if (!words->used[i] && strcmp(words->word[i], flag) == 0) {
            words->used[i] = true;
            return true;
        }
    }
    return false;
}

const char *words_value(struct words *words, const char *key)
{
    size_t length = strlen(key);

    for (uint32_t i = words->next; i < words->count; i++) {
        if (!words->used[i] && strncmp(words->word[i], key, length) == 0 && words->word[i][length] == '=') {
            words->used[i] = true;
            return words->word[i] + length + 1;
        }
    }
    return NULL;
}

int64_t words_parse(const struct words *words, const char *digits)
{
    const char *at = *digits == '-' ? digits + 1 : digits;
    size_t length = strlen(at);

    if (length < 1 || length > 15 || strspn(at, "0123456789") != length)
        trace_fail(words, "not a whole number", digits);
    return strtoll(digits, NULL, 10);
}

int64_t words_number(struct words *words, const char *key, int64_t otherwise)
{
    const char *value = words_value(words, key);

    return value ? words_parse(words, value) : otherwise;
}

uint32_t words_choice(const struct words *words, const char *word, const char *const *list, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(word, list[i]) == 0)
            return i;
    }
    trace_fail(words, "not a word known here", word);
}

void words_end(const struct words *words)
{
    for (uint32_t i = 0; i < words->count; i++) {
        if (!words->used[i])
            trace_fail(words, "not a word known here", words->word[i]);
    }
}

uint64_t name_number(const struct words *words, const char *name)
{
    for (uint32_t i = 0; i < names_count; i++) {
        if (strcmp(names[i], name) == 0)
            return i + 1;
    }
    if (names_count == TRACE_NAMES_MAX || strlen(name) >= TRACE_NAME_BYTES)
        trace_fail(words, "too many names, or too long a name", name);
    memcpy(names[names_count], name, strlen(name) + 1);
    return ++names_count;
}

struct key128 name_key(const struct words *words, const char *name)
{
    return (struct key128){.hi = 1, .lo = name_number(words, name)};
}

const char *name_of(struct key128 key)
{
    return key.hi == 1 && key.lo >= 1 && key.lo <= names_count ? names[key.lo - 1] : "-";
}
