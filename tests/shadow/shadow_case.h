/* Results as a shadow writes them, for tests of its report. */
#ifndef TESTS_SHADOW_CASE_H
#define TESTS_SHADOW_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/catalog-shadow/plan.h"

#include <stdio.h>
#include <string.h>

#define CASE_PLAN(calls)                                                                                     \
    "\"planned\":{\"outcome\":\"updated\",\"calls\":[" calls "],\"fields\":{\"name\":\"Lamp\"}}"

/* The plan of a result of product 1, catalog default; members: further ones of its data. */
static inline struct plan case_plan(const char *members)
{
    char value[2048];
    struct plan plan;
    int n =
        snprintf(value, sizeof value,
                 "{\"specversion\":\"1.0\",\"data\":{\"product_id\":1,\"catalog\":\"default\",%s}}", members);

    assert_true(n > 0 && (size_t)n < sizeof value);
    assert_true(plan_read(value, (size_t)n, &plan));
    return plan;
}

#endif
