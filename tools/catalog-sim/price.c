/* Prices as the API shows them: localised strings (catalog-api.md section 1, "Price trap"). */
#include "fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct currency {
    char code[4];
    const char *symbol;
    char thousands, decimal;
};

static const struct currency currencies[] = {
    {"USD", "$", ',', '.'},  {"EUR", "€", ',', '.'},   {"GBP", "£", ',', '.'}, {"JPY", "¥", ',', '.'},
    {"IDR", "Rp", '.', ','}, {"INR", "₹", ',', '.'},   {"KRW", "₩", ',', '.'}, {"BRL", "R$", '.', ','},
    {"ZAR", "R", ' ', '.'},  {"MXN", "MX$", ',', '.'},
};

static bool is_zero_decimal(const char *code)
{
    return strstr("CLP COP CRC HUF ISK IDR JPY KRW PYG TWD VND", code) != NULL;
}

void price_text(struct text *out, int64_t minor_units, const char *currency, bool cents_always)
{
    struct currency found = {"", NULL, ',', '.'};
    for (size_t i = 0; i < sizeof currencies / sizeof currencies[0]; i++) {
        if (strcmp(currencies[i].code, currency) == 0)
            found = currencies[i];
    }
    bool zero_decimal = is_zero_decimal(currency);
    int64_t whole = zero_decimal && !cents_always ? minor_units : minor_units / 100;
    int cents = zero_decimal ? 0 : (int)(minor_units % 100);
    char digits[24], grouped[40];
    int n = snprintf(digits, sizeof digits, "%lld", (long long)whole), at = 0;
    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            grouped[at++] = found.thousands;
        grouped[at++] = digits[i];
    }
    grouped[at] = '\0';
    text_str(out, found.symbol ? found.symbol : currency);
    text_str(out, grouped);
    if (!zero_decimal)
        text_fmt(out, "%c%02d", found.decimal, cents);
}

const char *price_parse(const char *s, bool cents_always, int64_t *minor_units, char currency[4])
{
    size_t whole = strspn(s, "0123456789"), decimals = 0;
    const char *after = s + whole;
    int64_t cents = 0;
    if (*after == '.') {
        decimals = strspn(after + 1, "0123456789");
        after += 1 + decimals;
    }
    if (whole == 0 || whole > 12 || (decimals == 0 && after != s + whole) || *after != ' ' ||
        strlen(after + 1) != 3 || strspn(after + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3)
        return "must be a decimal, a space and an ISO 4217 currency code, such as \"9.99 USD\"";
    bool zero_decimal = is_zero_decimal(after + 1);
    for (size_t i = 0; i < decimals; i++) {
        int digit = s[whole + 1 + i] - '0';
        if (digit && (zero_decimal || i >= 2))
            return "has more decimals than its currency";
        cents += i == 0 ? digit * 10 : i == 1 ? digit : 0;
    }
    memcpy(currency, after + 1, 4);
    *minor_units = strtoll(s, NULL, 10);
    if (!zero_decimal || cents_always)
        *minor_units = *minor_units * 100 + cents;
    return NULL;
}
