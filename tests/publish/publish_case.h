/* A CSV text as an input, for tests. */
#ifndef TESTS_PUBLISH_CASE_H
#define TESTS_PUBLISH_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/catalog-publish/csv.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct csv_case {
    FILE *file;
    struct source source;
    struct csv csv;
};

static inline void case_open(struct csv_case *c, const void *text, size_t len, char delimiter)
{
    memset(c, 0, sizeof *c);
    c->file = tmpfile();
    assert_non_null(c->file);
    assert_int_equal(fwrite(text, 1, len, c->file), len);
    assert_int_equal(fflush(c->file), 0);
    assert_int_equal(lseek(fileno(c->file), 0, SEEK_SET), 0);
    assert_int_equal(source_attach(&c->source, fileno(c->file)), 0);
    csv_begin(&c->csv, &c->source, delimiter);
}

static inline void case_close(struct csv_case *c)
{
    csv_free(&c->csv);
    source_free(&c->source);
    fclose(c->file);
}

#endif
