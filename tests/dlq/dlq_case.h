/* A dead letter made by hand, for tests. */
#ifndef TESTS_DLQ_CASE_H
#define TESTS_DLQ_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/catalog-dlq/letter.h"

#include <stdlib.h>
#include <string.h>

struct letter_case {
    struct record_header headers[LETTER_HEADERS_MAX];
    struct letter letter;
};

static inline struct bytes text_bytes(const char *text)
{
    return (struct bytes){text, text ? strlen(text) : 0};
}

/* Takes NAME, VALUE pairs up to NULL. */
static inline struct letter *case_letter(struct letter_case *c, const char *key, const char *value, ...)
{
    const char *name;
    va_list list;

    memset(c, 0, sizeof *c);
    c->letter.timestamp_ms = 1795000000000;
    c->letter.key = text_bytes(key);
    c->letter.value = text_bytes(value);
    c->letter.headers = c->headers;
    va_start(list, value);
    while ((name = va_arg(list, const char *)) != NULL) {
        const char *text = va_arg(list, const char *);

        c->headers[c->letter.header_count++] = (struct record_header){name, text, strlen(text)};
    }
    va_end(list);
    letter_parse(&c->letter);
    return &c->letter;
}

#define ORIGIN "dlq-topic", "product-events", "dlq-partition", "3", "dlq-key", "7"

#endif
