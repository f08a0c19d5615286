/* A growing text: the bodies of answers are built in it. Running out of memory stops the program (the
 * simulator has nothing useful to do without memory), so nothing here returns an error. */
#ifndef CATALOG_SIM_TEXT_H
#define CATALOG_SIM_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero is an empty text. `at` is NUL-terminated once something was added. */
struct text {
    char *at;
    size_t len, cap;
};

/* Makes room for so many more bytes, exactly, if nothing is there yet. */
void text_reserve(struct text *t, size_t more_bytes);
void text_add(struct text *t, const void *bytes, size_t len_bytes);
void text_str(struct text *t, const char *s);
void text_char(struct text *t, char c);
void text_int(struct text *t, int64_t v);
void text_fmt(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Adds a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD, so that the output always
 * parses. */
void text_json(struct text *t, const char *s);
void text_json_n(struct text *t, const char *s, size_t len_bytes);

/* Adds the key of an object member: a comma first unless one is not due, then "key": . */
void text_key(struct text *t, const char *key);

/* Drops the content and keeps the memory. */
void text_clear(struct text *t);
void text_free(struct text *t);

/* Copies as much of s as fits, NUL-terminated. */
void copy_short(char *to, size_t size_bytes, const char *s);

/* Copies of strings and zeroed memory that cannot fail. The caller frees. */
char *copy_str(const char *s);
char *copy_mem(const char *s, size_t len_bytes);
void *zalloc(size_t count, size_t size_bytes);

#endif
