/* Prices as the catalog shows them: texts in somebody's language, such as "$1,999.00" or "Rp460.000". */
#ifndef CATALOG_SHADOW_PRICE_H
#define CATALOG_SHADOW_PRICE_H

#include <stdbool.h>
#include <stdint.h>

/* Reads the amount as the API's integer: offset (common/money.h) times its value. A separator with one or two
 * digits behind it, or with as many as the offset has, is the decimal point. False where there are no digits,
 * too many, or decimals that the offset does not have. */
bool price_read(const char *shown, unsigned offset, int64_t *amount);

#endif
