#include "common/jsonscan_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A number as its digits, without zeros at either end, times ten to a power. */
struct decimal {
    bool negative;
    char digits[JSONSCAN_NUMBER_MAX];
    int count;
    int64_t power;
};

static void add_digit(struct decimal *d, char c, bool fraction)
{
    if (fraction)
        d->power--;
    if (d->count == 0 && c == '0')
        return;
    d->digits[d->count++] = c;
}

static void strip_zeros(struct decimal *d)
{
    while (d->count && d->digits[d->count - 1] == '0') {
        d->count--;
        d->power++;
    }
    if (d->count == 0) { /* zero, however it was written */
        d->power = 0;
        d->negative = false;
    }
}

static bool is_digit(const struct scan *s)
{
    return s->at < s->len && s->p[s->at] >= '0' && s->p[s->at] <= '9';
}

static bool scan_exponent(struct scan *s, struct decimal *d)
{
    bool negative = false;
    int64_t power = 0;

    s->at++;
    if (s->at < s->len && (s->p[s->at] == '+' || s->p[s->at] == '-'))
        negative = s->p[s->at++] == '-';
    if (!is_digit(s))
        return jsonscan_fail_here(s);
    for (; is_digit(s); s->at++) {
        if (power < 100000)
            power = power * 10 + (s->p[s->at] - '0');
    }
    d->power += negative ? -power : power;
    return true;
}

/* Refuses what a double cannot hold, and what it would silently round to a whole number. */
static bool check_double(struct scan *s, size_t start, const struct decimal *d)
{
    bool huge = d->count + d->power >= 309;
    bool near_whole = d->power < 0 && d->count > 15;
    char text[JSONSCAN_NUMBER_MAX + 1];
    double value;

    if (!huge && !near_whole)
        return true;
    memcpy(text, s->p + start, s->at - start);
    text[s->at - start] = '\0';
    value = strtod(text, NULL);
    if (isinf(value))
        return jsonscan_fail(s, JSONSCAN_NUMBER_RANGE, start);
    if (near_whole && value != 0 && json_is_whole(value))
        return jsonscan_fail(s, JSONSCAN_NUMBER_INEXACT, start);
    return true;
}

/* Integer part, fraction and exponent of RFC 8259 section 6. */
static bool read_number(struct scan *s, struct decimal *d)
{
    if (s->p[s->at] == '-') {
        d->negative = true;
        s->at++;
    }
    if (!is_digit(s))
        return jsonscan_fail_here(s);
    if (s->p[s->at] == '0') {
        s->at++;
        if (is_digit(s))
            return jsonscan_fail_here(s); /* leading zero */
    }
    for (; is_digit(s); s->at++)
        add_digit(d, (char)s->p[s->at], false);
    if (s->at < s->len && s->p[s->at] == '.') {
        s->at++;
        if (!is_digit(s))
            return jsonscan_fail_here(s);
        for (; is_digit(s); s->at++)
            add_digit(d, (char)s->p[s->at], true);
    }
    if (s->at < s->len && (s->p[s->at] | 32) == 'e')
        return scan_exponent(s, d);
    return true;
}

static bool number_character(unsigned char c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || (c | 32) == 'e';
}

bool jsonscan_number(struct scan *s, uint64_t seed, XXH128_hash_t *hash)
{
    struct decimal d = {.count = 0};
    unsigned char bytes[JSONSCAN_NUMBER_MAX + 9];
    size_t start = s->at, end = start;

    while (end < s->len && number_character(s->p[end])) {
        if (++end - start > JSONSCAN_NUMBER_MAX)
            return jsonscan_fail(s, JSONSCAN_NUMBER_RANGE, start);
    }
    if (!read_number(s, &d))
        return false;
    strip_zeros(&d);
    if (!check_double(s, start, &d))
        return false;
    xxh_put_le64(bytes, (uint64_t)d.power);
    bytes[8] = d.negative;
    memcpy(bytes + 9, d.digits, (size_t)d.count);
    *hash = XXH3_128bits_withSeed(bytes, 9 + (size_t)d.count, seed);
    return true;
}

bool jsonscan_literal(struct scan *s, uint64_t seed, XXH128_hash_t *hash)
{
    static const char *const literals[] = {"true", "false", "null"};

    for (int i = 0; i < 3; i++) {
        size_t n = strlen(literals[i]), left = s->len - s->at;

        if (s->p[s->at] != (unsigned char)literals[i][0])
            continue;
        for (size_t j = 0; j < n; j++) {
            if (j >= left || s->p[s->at + j] != (unsigned char)literals[i][j]) {
                s->at += j;
                return jsonscan_fail_here(s);
            }
        }
        s->at += n;
        *hash = XXH3_128bits_withSeed(literals[i], n, seed);
        return true;
    }
    return jsonscan_fail_here(s);
}
