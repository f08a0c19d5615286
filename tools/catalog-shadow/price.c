#include "price.h"

#include <stddef.h>
#include <string.h>

enum { DIGITS_MAX = 15, GROUP = 3 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int decimals_of(unsigned offset)
{
    int decimals = 0;

    for (; offset > 1; offset /= 10)
        decimals++;
    return decimals;
}

/* Digits behind the last point or comma, where those are decimals; else 0. */
static int decimals_shown(const char *from, const char *to, int decimals)
{
    const char *at = to;
    int count;

    while (at > from && is_digit(at[-1]))
        at--;
    if (at == from || (at[-1] != '.' && at[-1] != ','))
        return 0;
    count = (int)(to - at);
    return count < GROUP || (count == decimals && decimals >= GROUP) ? count : 0;
}

bool price_read(const char *shown, unsigned offset, int64_t *amount)
{
    const char *from = shown + strcspn(shown, "0123456789"), *to = shown + strlen(shown);
    int decimals = decimals_of(offset), given, digits = 0;
    int64_t n = 0;

    while (to > from && !is_digit(to[-1]))
        to--;
    if (to == from)
        return false;
    given = decimals_shown(from, to, decimals);
    for (const char *at = from; at < to; at++) {
        if (!is_digit(*at))
            continue;
        if (++digits > DIGITS_MAX)
            return false;
        n = n * 10 + (*at - '0');
    }
    for (; given < decimals; given++)
        n *= 10;
    for (; given > decimals; given--) {
        if (n % 10)
            return false;
        n /= 10;
    }
    *amount = n;
    return true;
}
