/* Forms of single values that further fields ask for. Pure; text need not be NUL-terminated. */
#ifndef COMMON_FIELD_FORM_H
#define COMMON_FIELD_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum gtin_fault { GTIN_OK, GTIN_CHARACTER, GTIN_LENGTH, GTIN_CHECK_DIGIT };

/* A GTIN of 8, 12, 13 or 14 digits whose last digit is the check digit (GS1 General Specifications,
 * section 7.9). With GTIN_CHECK_DIGIT, *expected is the digit it should be. */
enum gtin_fault gtin_check(const char *text, size_t len, char *expected);

/* A calendar day, or one with a time of day and an offset behind it: 2026-11-22, 2026-11-22T08:00+01:00,
 * 2026-11-22T07:00:00Z. *unix_us is its first moment since 1970, a day without offset counted in UTC; *is_day
 * tells whether the whole day is meant. */
bool date_check(const char *text, size_t len, int64_t *unix_us, bool *is_day);

/* Two capital letters that are a country's code in ISO 3166-1 (officially assigned). */
bool country_check(const char *text, size_t len);

#endif
