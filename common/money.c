#include "common/money.h"

#include "common/assertx.h"

#include <string.h>

#define AMOUNT_MAX ((INT64_C(1) << 53) - 1)

const struct money_table money_table_builtin = {
    .count = 11,
    .rows = {{"CLP", 1},
             {"COP", 1},
             {"CRC", 1},
             {"HUF", 1},
             {"ISK", 1},
             {"IDR", 1},
             {"JPY", 1},
             {"KRW", 1},
             {"PYG", 1},
             {"TWD", 1},
             {"VND", 1}},
};

bool money_currency_valid(const char *text, size_t len)
{
    if (len != 3)
        return false;
    for (size_t i = 0; i < 3; i++) {
        if (text[i] < 'A' || text[i] > 'Z')
            return false;
    }
    return true;
}

static bool table_set(struct money_table *table, const char *currency, unsigned offset)
{
    uint32_t row = 0;

    while (row < table->count && memcmp(table->rows[row].currency, currency, 3) != 0)
        row++;
    if (row == MONEY_CURRENCIES_MAX)
        return false;
    memcpy(table->rows[row].currency, currency, 3);
    table->rows[row].currency[3] = '\0';
    table->rows[row].offset = (uint16_t)offset;
    if (row == table->count)
        table->count++;
    return true;
}

/* Length of an offset's digits at text and its value; 0: none of the four. */
static size_t read_offset(const char *text, unsigned *offset)
{
    size_t len = 0;

    *offset = 1;
    if (text[len++] != '1')
        return 0;
    for (; text[len] == '0' && *offset < 10000; len++)
        *offset *= 10;
    return text[len] >= '0' && text[len] <= '9' ? 0 : len;
}

bool money_table_extend(struct money_table *table, const char *text, size_t *bad_at)
{
    struct money_table changed = *table;
    size_t at = 0;

    *bad_at = 0;
    while (text[at]) {
        unsigned offset;
        size_t len;

        while (text[at] == ' ')
            at++;
        *bad_at = at;
        if (strnlen(text + at, 5) < 5 || !money_currency_valid(text + at, 3) || text[at + 3] != '=')
            return false;
        len = read_offset(text + at + 4, &offset);
        if (len == 0 || !table_set(&changed, text + at, offset))
            return false;
        at += 4 + len;
        *bad_at = at;
        if (text[at] == ',' && text[at + 1])
            at++;
        else if (text[at])
            return false;
    }
    *table = changed;
    return true;
}

unsigned money_offset(const struct money_table *table, const char currency[3])
{
    if (!table)
        table = &money_table_builtin;
    for (uint32_t i = 0; i < table->count; i++) {
        if (memcmp(table->rows[i].currency, currency, 3) == 0)
            return table->rows[i].offset;
    }
    return 100;
}

/* What a character that is neither digit nor point means, for a clear reason. */
static enum money_fault odd_character(char c, size_t at)
{
    if (c == '-' || c == '+')
        return at == 0 ? MONEY_SIGN : MONEY_CHARACTER;
    if (c == 'e' || c == 'E')
        return at == 0 ? MONEY_CHARACTER : MONEY_EXPONENT;
    if (c == ',' || c == '\'' || c == ' ' || c == '_')
        return MONEY_SEPARATOR;
    return MONEY_CHARACTER;
}

/* The text's form; *point is the index of the decimal point, or len. */
static enum money_fault check_form(const char *text, size_t len, size_t *point)
{
    *point = len;
    if (len == 0)
        return MONEY_EMPTY;
    if (len > MONEY_TEXT_MAX)
        return MONEY_TOO_LONG;
    for (size_t i = 0; i < len; i++) {
        if (text[i] >= '0' && text[i] <= '9')
            continue;
        if (text[i] != '.')
            return odd_character(text[i], i);
        if (*point != len || i == 0 || i == len - 1)
            return MONEY_POINT;
        *point = i;
    }
    return MONEY_OK;
}

enum money_fault money_parse(const char *text, size_t len, unsigned offset, int64_t *amount)
{
    int64_t sum = 0;
    unsigned scale = 1; /* of the decimals taken so far: reaches offset */
    size_t point;
    enum money_fault fault = check_form(text, len, &point);

    ASSERT(offset == 1 || offset == 10 || offset == 100 || offset == 1000 || offset == 10000);
    if (fault != MONEY_OK)
        return fault;
    for (size_t i = 0; i < len; i++) {
        if (i == point)
            continue;
        if (i > point && scale == offset) {
            if (text[i] != '0')
                return MONEY_DECIMALS;
            continue;
        }
        if (i > point)
            scale *= 10;
        sum = sum * 10 + (text[i] - '0');
        if (sum > AMOUNT_MAX)
            return MONEY_TOO_LARGE;
    }
    for (; scale < offset; scale *= 10)
        sum *= 10; /* sum is below 2^53 and offset at most 10^4: no overflow */
    if (sum > AMOUNT_MAX)
        return MONEY_TOO_LARGE;
    *amount = sum;
    return MONEY_OK;
}

const char *money_fault_text(enum money_fault fault)
{
    static const char *const texts[] = {
        [MONEY_OK] = "is fine",
        [MONEY_EMPTY] = "is empty",
        [MONEY_SIGN] = "must not have a sign",
        [MONEY_EXPONENT] = "must not have an exponent",
        [MONEY_SEPARATOR] = "must not have thousands separators, spaces or a decimal comma",
        [MONEY_CHARACTER] = "must be digits and at most one decimal point",
        [MONEY_POINT] = "must have digits on both sides of one decimal point",
        [MONEY_TOO_LONG] = "has too many digits",
        [MONEY_DECIMALS] = "has more decimals than its currency",
        [MONEY_TOO_LARGE] = "is too large to be kept exact",
    };

    ASSERT(fault < MONEY_FAULT_COUNT);
    return texts[fault];
}
