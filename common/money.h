/* Money as exact decimal text and as the integer of the catalog API: never a float. Source: catalog-api.md
 * section 1, "Price trap", with Meta's table of currency offsets. */
#ifndef COMMON_MONEY_H
#define COMMON_MONEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MONEY_CURRENCIES_MAX = 64, MONEY_TEXT_MAX = 64 };

/* How many units of the API's integer make one unit of a currency: a power of ten from 1 to 10000. */
struct money_table {
    uint32_t count;
    struct {
        char currency[4];
        uint16_t offset;
    } rows[MONEY_CURRENCIES_MAX]; /* currencies not listed: 100 */
};

enum money_fault {
    MONEY_OK,
    MONEY_EMPTY,
    MONEY_SIGN,      /* + or - in front */
    MONEY_EXPONENT,  /* 1e3 */
    MONEY_SEPARATOR, /* a comma, an apostrophe, a space inside */
    MONEY_CHARACTER, /* anything else that is no digit and no point */
    MONEY_POINT,     /* .5, 5., 1.2.3 */
    MONEY_TOO_LONG,  /* more than MONEY_TEXT_MAX characters */
    MONEY_DECIMALS,  /* more decimals than the currency has: 19.999 USD, 100.50 JPY */
    MONEY_TOO_LARGE, /* above 2^53-1, which not every JSON reader keeps exact */
    MONEY_FAULT_COUNT
};

/* The built-in table: offset 1 for CLP COP CRC HUF ISK IDR JPY KRW PYG TWD VND, 100 for all others. */
extern const struct money_table money_table_builtin;

/* Applies a configured text such as "JPY=100,XXX=1" over the table. False, and *table as it was, if the text
 * is not of that form, an offset is none of those, or the table is full; *bad_at is then the byte
 * at fault. An empty text changes nothing. */
bool money_table_extend(struct money_table *table, const char *text, size_t *bad_at);

/* Offset of a currency (three capital letters); table NULL: the built-in one. */
unsigned money_offset(const struct money_table *table, const char currency[3]);

/* True for three capital letters A to Z: the form of ISO 4217. */
bool money_currency_valid(const char *text, size_t len);

/* Turns a plain decimal ("19.99", "100", "100.00") into offset times its value, exactly. Zeros behind the
 * last decimal that counts are fine ("100.00" with offset 1). Leading zeros are fine too. *amount is set only
 * with MONEY_OK. */
enum money_fault money_parse(const char *text, size_t len, unsigned offset, int64_t *amount);

/* What a fault means, for people: "must not have an exponent". */
const char *money_fault_text(enum money_fault fault);

#endif
