/* Times as RFC 3339 text, the profile of ISO 8601 that CloudEvents uses. UTC inside, no time zone data, no
 * locale. */
#ifndef COMMON_ISO8601_H
#define COMMON_ISO8601_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that iso8601_format_ms writes, the closing NUL included: 2026-11-22T21:38:49.123Z */
#define ISO8601_TEXT_BYTES 25

/* The years this module speaks: 1970 to 9999, as microseconds since 1970-01-01T00:00:00Z. */
#define ISO8601_MIN_US INT64_C(0)
#define ISO8601_MAX_US INT64_C(253402300799999999)

/* Reads `len` bytes of `text`: date, `T` (or `t`, or a space), time, optional fraction (any length; digits
 * after the sixth are cut), then `Z`/`z` or an offset such as +02:00. A leap second (:60) counts as
 * :59.999999. Returns false, and leaves *unix_us alone, for anything else: a wrong shape, an impossible date,
 * a year before 1970. */
bool iso8601_parse_us(const char *text, size_t len, int64_t *unix_us);

/* Writes `unix_ms` (milliseconds since 1970, clamped to the years above) as UTC with three decimals and a
 * closing NUL. Returns the length without the NUL, always ISO8601_TEXT_BYTES - 1. */
size_t iso8601_format_ms(int64_t unix_ms, char out[ISO8601_TEXT_BYTES]);

#endif
