/* Assertions that stay on in production: a broken invariant of ours stops the process before it does harm.
 * What goes wrong in the world (a broken record, a refused call) is never an assertion: it is a value or an
 * input. */
#ifndef COMMON_ASSERTX_H
#define COMMON_ASSERTX_H

/* Prints file, line and the broken condition to stderr, calls the hook if one is set, and aborts. */
_Noreturn void assertx_failed(const char *file, int line, const char *what);

/* A hook run once before abort, for a last dump (flight recorder). NULL clears it. Reactor thread only. */
void assertx_set_hook(void (*hook)(void *), void *arg);

#define ASSERT(cond)     ((cond) ? (void)0 : assertx_failed(__FILE__, __LINE__, #cond))
#define UNREACHABLE(why) assertx_failed(__FILE__, __LINE__, "unreachable: " why)

#endif
