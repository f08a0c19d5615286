/* /status for people: what catalog-worker --status prints. */
#ifndef RUNTIME_STATUS_PRINT_H
#define RUNTIME_STATUS_PRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Prints the JSON of /status. False, with a line on stderr, where it is none of a worker's. */
bool status_print(const char *json, size_t len, FILE *out);

#endif
