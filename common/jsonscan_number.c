#include "common/jsonscan_parts.h"

#include <float.h>
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

/* True where digits and power of ten are both exact as doubles: one operation then rounds as strtod would. */
static bool exact_double(const struct decimal *d, double *number)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    enum { EXACT_POWERS = sizeof(powers) / sizeof(powers[0]) };
    const uint64_t exact_max = UINT64_C(1) << 53;
    uint64_t digits = 0;

    if (FLT_EVAL_METHOD != 0 || d->count > 18 || d->power >= EXACT_POWERS || d->power <= -EXACT_POWERS)
        return false;
    for (int i = 0; i < d->count; i++)
        digits = digits * 10 + (uint64_t)(d->digits[i] - '0');
    if (digits > exact_max && d->power != 0)
        return false;
    *number = (double)digits;
    if (d->power > 0)
        *number *= powers[d->power];
    else if (d->power < 0)
        *number /= powers[-d->power];
    if (d->negative)
        *number = -*number;
    return true;
}

/* The number as a double. Refuses what a double cannot hold, and what it would silently round to a whole
 * number. */
static bool to_double(struct scan *s, size_t start, const struct decimal *d, double *number)
{
    bool near_whole = d->power < 0 && d->count > 15;
    char text[JSONSCAN_NUMBER_MAX + 1];

    if (!exact_double(d, number)) {
        memcpy(text, s->p + start, s->at - start);
        text[s->at - start] = '\0';
        *number = strtod(text, NULL);
    }
    if (isinf(*number))
        return jsonscan_fail(s, JSONSCAN_NUMBER_RANGE, start);
    if (near_whole && *number != 0 && json_is_whole(*number))
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

bool jsonscan_number(struct scan *s, uint64_t seed, double *number, XXH128_hash_t *hash)
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
    if (!to_double(s, start, &d, number))
        return false;
    xxh_put_le64(bytes, (uint64_t)d.power);
    bytes[8] = d.negative;
    memcpy(bytes + 9, d.digits, (size_t)d.count);
    *hash = XXH3_128bits_withSeed(bytes, 9 + (size_t)d.count, seed);
    return true;
}

bool jsonscan_literal(struct scan *s, uint64_t seed, int *type, XXH128_hash_t *hash)
{
    static const struct {
        const char *text;
        int type;
    } literals[] = {{"true", cJSON_True}, {"false", cJSON_False}, {"null", cJSON_NULL}};

    for (int i = 0; i < 3; i++) {
        const char *text = literals[i].text;
        size_t n = strlen(text), left = s->len - s->at;

        if (s->p[s->at] != (unsigned char)text[0])
            continue;
        for (size_t j = 0; j < n; j++) {
            if (j >= left || s->p[s->at + j] != (unsigned char)text[j]) {
                s->at += j;
                return jsonscan_fail_here(s);
            }
        }
        s->at += n;
        *type = literals[i].type;
        *hash = XXH3_128bits_withSeed(text, n, seed);
        return true;
    }
    return jsonscan_fail_here(s);
}
