#include "common/iso8601.h"

#define DAY_MS   INT64_C(86400000)
#define DAY_US   INT64_C(86400000000)
#define DAYS_MAX INT64_C(2932896) /* 9999-12-31 */

/* Days since 1970-01-01 of a date in the Gregorian calendar: years are counted from March, so that the leap
 * day is the last of its year, and 400 years are always 146,097 days. */
static int64_t days_of_date(int year, int month, int day)
{
    int64_t y = month > 2 ? year : year - 1;
    int64_t era = y / 400, in_era = y - era * 400;
    int64_t from_march = (month + 9) % 12;
    int64_t in_year = (153 * from_march + 2) / 5 + day - 1;

    return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + in_year - 719468;
}

static void date_of_days(int64_t days, int *year, int *month, int *day)
{
    int64_t z = days + 719468;
    int64_t era = z / 146097, of_era = z - era * 146097;
    int64_t in_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t in_year = of_era - (365 * in_era + in_era / 4 - in_era / 100);
    int64_t from_march = (5 * in_year + 2) / 153;

    *day = (int)(in_year - (153 * from_march + 2) / 5 + 1);
    *month = (int)(from_march < 10 ? from_march + 3 : from_march - 9);
    *year = (int)(in_era + era * 400 + (*month <= 2));
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month == 2 && leap ? 29 : days[month - 1];
}

/* Reads exactly `digits` decimal digits, or fails. */
static bool take_number(const char **p, const char *end, int digits, int *out)
{
    int value = 0;

    if (end - *p < digits)
        return false;
    for (int i = 0; i < digits; i++) {
        char c = *(*p)++;
        if (c < '0' || c > '9')
            return false;
        value = value * 10 + (c - '0');
    }
    *out = value;
    return true;
}

static bool take_char(const char **p, const char *end, char wanted)
{
    if (*p == end || **p != wanted)
        return false;
    (*p)++;
    return true;
}

/* The digits after the point, as microseconds. */
static bool take_fraction(const char **p, const char *end, int64_t *us)
{
    int64_t value = 0;
    int digits = 0;

    for (; *p < end && **p >= '0' && **p <= '9'; (*p)++) {
        if (digits < 6)
            value = value * 10 + (**p - '0');
        digits++;
    }
    for (int i = digits; i < 6; i++)
        value *= 10;
    *us = value;
    return digits > 0;
}

/* `Z`, or +hh:mm / -hh:mm as minutes east of UTC. */
static bool take_zone(const char **p, const char *end, int *minutes)
{
    int hours, mins, sign;

    if (take_char(p, end, 'Z') || take_char(p, end, 'z')) {
        *minutes = 0;
        return true;
    }
    if (take_char(p, end, '+'))
        sign = 1;
    else if (take_char(p, end, '-'))
        sign = -1;
    else
        return false;
    if (!take_number(p, end, 2, &hours) || !take_char(p, end, ':') || !take_number(p, end, 2, &mins))
        return false;
    *minutes = sign * (hours * 60 + mins);
    return hours <= 23 && mins <= 59;
}

bool iso8601_parse_us(const char *text, size_t len, int64_t *unix_us)
{
    const char *p = text, *end = text + len;
    int year, month, day, hour, minute, second, zone;
    int64_t fraction = 0, us;

    if (!take_number(&p, end, 4, &year) || !take_char(&p, end, '-') || !take_number(&p, end, 2, &month) ||
        !take_char(&p, end, '-') || !take_number(&p, end, 2, &day))
        return false;
    if (!take_char(&p, end, 'T') && !take_char(&p, end, 't') && !take_char(&p, end, ' '))
        return false;
    if (!take_number(&p, end, 2, &hour) || !take_char(&p, end, ':') || !take_number(&p, end, 2, &minute) ||
        !take_char(&p, end, ':') || !take_number(&p, end, 2, &second))
        return false;
    if (take_char(&p, end, '.') && !take_fraction(&p, end, &fraction))
        return false;
    if (!take_zone(&p, end, &zone) || p != end)
        return false;
    if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) || hour > 23 || minute > 59 ||
        second > 60)
        return false;
    if (second == 60) {
        second = 59;
        fraction = 999999;
    }
    us = days_of_date(year, month, day) * DAY_US;
    us += ((hour * 60 + minute - zone) * INT64_C(60) + second) * 1000000 + fraction;
    if (us < ISO8601_MIN_US || us > ISO8601_MAX_US)
        return false;
    *unix_us = us;
    return true;
}

static char *put_digits(char *out, int value, int digits)
{
    for (int i = digits - 1; i >= 0; i--) {
        out[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return out + digits;
}

size_t iso8601_format_ms(int64_t unix_ms, char out[ISO8601_TEXT_BYTES])
{
    int year, month, day;
    int64_t days, in_day;
    char *p = out;

    if (unix_ms < 0)
        unix_ms = 0;
    days = unix_ms / DAY_MS;
    in_day = unix_ms % DAY_MS;
    if (days > DAYS_MAX) {
        days = DAYS_MAX;
        in_day = DAY_MS - 1;
    }
    date_of_days(days, &year, &month, &day);
    p = put_digits(p, year, 4);
    *p++ = '-';
    p = put_digits(p, month, 2);
    *p++ = '-';
    p = put_digits(p, day, 2);
    *p++ = 'T';
    p = put_digits(p, (int)(in_day / 3600000), 2);
    *p++ = ':';
    p = put_digits(p, (int)(in_day / 60000 % 60), 2);
    *p++ = ':';
    p = put_digits(p, (int)(in_day / 1000 % 60), 2);
    *p++ = '.';
    p = put_digits(p, (int)(in_day % 1000), 3);
    *p++ = 'Z';
    *p = '\0';
    return (size_t)(p - out);
}
