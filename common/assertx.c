#include "common/assertx.h"

#include <stdio.h>
#include <stdlib.h>

static void (*hook_fn)(void *);
static void *hook_arg;

void assertx_set_hook(void (*hook)(void *), void *arg)
{
    hook_fn = hook;
    hook_arg = arg;
}

void assertx_failed(const char *file, int line, const char *what)
{
    void (*hook)(void *) = hook_fn;

    hook_fn = NULL;
    fprintf(stderr, "catalog-sync: internal error, please report: %s:%d: %s\n", file, line, what);
    if (hook)
        hook(hook_arg);
    abort();
}
